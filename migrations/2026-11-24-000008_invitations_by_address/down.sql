DROP INDEX account_invitations_email;
