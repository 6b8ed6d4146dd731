DROP TABLE audit_verifications;
DROP INDEX people_name;
DROP TABLE record_views;
DROP TABLE staff_invitations;
DROP TABLE staff_roles;
