-- What customers own together: the state of an account, its members, and how both change.

-- The point of contact of the business behind an account (S96); nobody means its owner.
ALTER TABLE accounts ADD COLUMN contact_id uuid REFERENCES people (id) ON DELETE SET NULL;
-- What becomes of a secret that was found in the open: it dies either way.
ALTER TABLE accounts ADD COLUMN leak_response text NOT NULL DEFAULT 'revoke'
    CHECK (leak_response IN ('revoke', 'replace'));
CREATE INDEX accounts_contact ON accounts (contact_id);

-- The state of an account is the row that has not ended: who put it there, when and why.
CREATE TABLE account_states (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('trial', 'active', 'suspended', 'closing', 'closed')),
    actor_kind text NOT NULL CHECK (actor_kind IN ('customer', 'staff', 'system')),
    actor_id uuid,
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    began_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= began_at)
);
CREATE UNIQUE INDEX account_states_present ON account_states (account_id) WHERE ended_at IS NULL;
CREATE INDEX account_states_account ON account_states (account_id, id DESC);
INSERT INTO account_states (id, account_id, state, actor_kind, reason, began_at)
    SELECT gen_random_uuid(), id, 'trial', 'system', 'Made with the sign-up', created_at FROM accounts;

-- Members besides the owner, who stands in accounts.owner_id.
CREATE TABLE account_members (
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('developer', 'billing', 'privacy')),
    invited_by uuid,
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, person_id)
);
CREATE INDEX account_members_person ON account_members (person_id);

CREATE TABLE account_invitations (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    email text NOT NULL CHECK (octet_length(email) BETWEEN 3 AND 254),
    role text NOT NULL CHECK (role IN ('developer', 'billing', 'privacy')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    declined_at timestamptz,
    withdrawn_at timestamptz,
    CHECK (num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1)
);
CREATE UNIQUE INDEX account_invitations_one_open ON account_invitations (account_id, lower(email))
    WHERE accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX account_invitations_account ON account_invitations (account_id, id DESC);

-- Ownership or the point of contact is offered by one side and taken by the other.
CREATE TABLE account_handovers (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    what text NOT NULL CHECK (what IN ('ownership', 'contact')),
    from_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    to_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    declined_at timestamptz,
    withdrawn_at timestamptz,
    CHECK (from_id <> to_id),
    CHECK (num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1)
);
CREATE UNIQUE INDEX account_handovers_one_open ON account_handovers (account_id, what)
    WHERE accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX account_handovers_from ON account_handovers (from_id);
CREATE INDEX account_handovers_to ON account_handovers (to_id);

-- The owner of an account is nobody's member of it, so that nobody has two roles.
CREATE FUNCTION refuse_owner_as_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts WHERE id = NEW.account_id AND owner_id = NEW.person_id) THEN
        RAISE EXCEPTION 'the owner of an account is no member of it' USING ERRCODE = 'check_violation', CONSTRAINT = 'account_members_not_owner';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_members_not_owner BEFORE INSERT OR UPDATE ON account_members
    FOR EACH ROW EXECUTE FUNCTION refuse_owner_as_member();

-- Programs act too: a credential is named in the audit log as what it is.
ALTER TABLE audit_events DROP CONSTRAINT audit_events_actor_kind_check;
ALTER TABLE audit_events ADD CONSTRAINT audit_events_actor_kind_check
    CHECK (actor_kind IN ('visitor', 'customer', 'staff', 'program', 'system'));
