DROP TABLE record_views;
DROP TABLE staff_invitations;
DROP TABLE staff_roles;
