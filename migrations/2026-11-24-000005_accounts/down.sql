DROP TABLE account_handovers, account_invitations, account_members, account_states;
DROP FUNCTION refuse_owner_as_member;
ALTER TABLE accounts DROP COLUMN leak_response, DROP COLUMN contact_id;
ALTER TABLE audit_events DROP CONSTRAINT audit_events_actor_kind_check;
ALTER TABLE audit_events ADD CONSTRAINT audit_events_actor_kind_check
    CHECK (actor_kind IN ('visitor', 'customer', 'staff', 'system')) NOT VALID;
