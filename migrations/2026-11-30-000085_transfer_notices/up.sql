-- Whoever owns an account is told of a business transfer before its day, and nothing goes over before they all were (S124).
CREATE TABLE transfer_notices (
    disclosure_id uuid NOT NULL REFERENCES disclosures (id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    -- When the mail was written; nothing while that is to come.
    told_at timestamptz,
    PRIMARY KEY (disclosure_id, person_id)
);
CREATE INDEX transfer_notices_person ON transfer_notices (person_id);
CREATE INDEX transfer_notices_untold ON transfer_notices (disclosure_id, person_id) WHERE told_at IS NULL;

-- The day has come, and every owner was told before it; whose account is of the last day or later, at all.
CREATE OR REPLACE FUNCTION may_transfer(disclosure uuid, today date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT d.transfer_on <= today AND NOT EXISTS (
        SELECT FROM accounts a WHERE NOT EXISTS (
            SELECT FROM transfer_notices n WHERE n.disclosure_id = d.id AND n.person_id = a.owner_id
                AND (n.told_at < d.transfer_on::timestamp AT TIME ZONE 'UTC'
                    OR (n.told_at IS NOT NULL AND a.created_at >= (d.transfer_on - 1)::timestamp AT TIME ZONE 'UTC'))))
    FROM disclosures d WHERE d.id = disclosure
$$;

-- What was shown to whom lately is published by kind alone, from this log too.
CREATE INDEX subscriber_record_shares_lately ON subscriber_record_shares (recipient_kind, shared_on);

-- A transfer is approved thirty days ahead, so that everybody hears of it in time.
CREATE FUNCTION require_time_for_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act = 'approved' AND EXISTS (SELECT FROM disclosures d
        WHERE d.id = NEW.disclosure_id AND d.transfer_on < (NEW.at AT TIME ZONE 'UTC')::date + 30) THEN
        PERFORM refuse_disclosure('disclosures_ahead', 'a transfer is approved thirty days before its day');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disclosure_steps_ahead BEFORE INSERT ON disclosure_steps FOR EACH ROW EXECUTE FUNCTION require_time_for_notices();
