-- Whoever signs in sees what they are invited to, by their address.
CREATE INDEX account_invitations_email ON account_invitations (lower(email));
