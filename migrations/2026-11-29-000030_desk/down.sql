ALTER TABLE campaigns RENAME CONSTRAINT campaigns_second_person TO campaigns_check2;
DROP INDEX data_request_steps_again;
DROP INDEX data_request_withheld_again;
DROP INDEX data_requests_received;
DROP INDEX data_requests_unacknowledged;
DROP INDEX data_requests_kind;
DROP INDEX data_requests_ended_kind;
DROP INDEX data_requests_open_kind;
DROP INDEX data_requests_ended;
DROP INDEX data_requests_due;
CREATE TABLE data_request_claims (
    request_id uuid PRIMARY KEY REFERENCES data_requests (id) ON DELETE CASCADE,
    staff_id uuid NOT NULL,
    claimed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > claimed_at)
);
INSERT INTO data_request_claims (request_id, staff_id, claimed_at, expires_at)
    SELECT c.item_id, c.staff_id, c.claimed_at, c.expires_at FROM desk_claims c
    WHERE c.queue = 'requests' AND EXISTS (SELECT FROM data_requests r WHERE r.id = c.item_id);

CREATE OR REPLACE FUNCTION take_data_request_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r data_requests;
    under_way CONSTANT text[] := '{received,verifying,open,extended}';
    allowed text[];
    target text;
BEGIN
    SELECT * INTO STRICT r FROM data_requests WHERE id = NEW.request_id FOR UPDATE;
    IF NEW.seen_version IS NOT NULL AND NEW.seen_version <> r.version THEN
        PERFORM refuse_data_request('data_requests_stale', 'somebody else acted on this request meanwhile');
    END IF;
    IF (r.version = 0) <> (NEW.act = 'received') THEN
        PERFORM refuse_data_request('data_requests_transition', 'the first step, and it alone, receives the request');
    END IF;
    allowed := CASE NEW.act
        WHEN 'verification_started' THEN '{received}'
        WHEN 'verified' THEN '{received,verifying}'
        WHEN 'recast' THEN '{received,verifying}'
        WHEN 'confirmed' THEN '{open,extended}'
        WHEN 'extended' THEN '{open}'
        WHEN 'fulfilled' THEN '{open,extended}'
        WHEN 'partly_fulfilled' THEN '{open,extended}'
        WHEN 'expired' THEN '{received,verifying,open,extended}'
        WHEN 'noted' THEN under_way || '{fulfilled,partly_fulfilled,denied,withdrawn,expired}'
        WHEN 'looked_again' THEN '{partly_fulfilled,denied}'
        ELSE under_way END;
    IF NOT r.state = ANY (allowed) THEN
        -- What is asked of a request that nobody verified has a name of its own.
        PERFORM refuse_data_request(
            CASE WHEN NEW.act IN ('fulfilled', 'partly_fulfilled') AND r.state IN ('received', 'verifying')
                THEN 'data_requests_unverified' ELSE 'data_requests_transition' END,
            format('%s does not follow %s', NEW.act, r.state));
    END IF;
    target := CASE NEW.act
        WHEN 'verification_started' THEN 'verifying'
        WHEN 'verified' THEN 'open'
        WHEN 'extended' THEN 'extended'
        WHEN 'fulfilled' THEN 'fulfilled'
        WHEN 'partly_fulfilled' THEN 'partly_fulfilled'
        WHEN 'denied' THEN 'denied'
        WHEN 'withdrawn' THEN 'withdrawn'
        WHEN 'expired' THEN 'expired'
        ELSE r.state END;

    IF NEW.actor_kind = 'staff' AND NEW.act IN ('extended', 'fulfilled', 'partly_fulfilled', 'denied') AND NOT EXISTS (
        SELECT FROM data_request_claims c WHERE c.request_id = r.id AND c.staff_id = NEW.actor_id AND c.expires_at > NEW.at) THEN
        PERFORM refuse_data_request('data_requests_claim', 'whoever decides has claimed the request');
    END IF;
    IF NEW.act = 'verified' THEN
        PERFORM check_data_request_verification(r, NEW);
    ELSIF NEW.act = 'recast' AND r.kind NOT IN ('access', 'portability') THEN
        PERFORM refuse_data_request('data_requests_transition', 'only a question for specifics becomes one for categories');
    ELSIF NEW.act = 'confirmed' AND (r.kind NOT IN ('deletion', 'item_deletion') OR r.confirmed_at IS NOT NULL) THEN
        PERFORM refuse_data_request('data_requests_transition', 'a deletion is confirmed, and once');
    ELSIF NEW.act = 'confirmed' AND r.kind = 'deletion' AND NEW.until < NEW.at + interval '168 hours' THEN
        PERFORM refuse_data_request('data_requests_grace', 'a deletion can be undone for seven days');
    ELSIF NEW.act = 'extended' AND (NEW.at > r.due_at OR r.longest_due_at <= r.due_at) THEN
        PERFORM refuse_data_request('data_requests_due', 'a request is extended before it is due');
    ELSIF NEW.act = 'expired' AND r.state IN ('open', 'extended') AND NOT (r.kind IN ('deletion', 'item_deletion') AND r.confirmed_at IS NULL) THEN
        PERFORM refuse_data_request('data_requests_transition', 'a verified request does not expire');
    ELSIF NEW.act = 'customer_agreed' AND r.customer_informed_at IS NULL THEN
        PERFORM refuse_data_request('data_requests_customer', 'our customer is informed first');
    ELSIF NEW.act IN ('customer_informed', 'informing_barred', 'customer_agreed') AND r.kind <> 'end_user' THEN
        PERFORM refuse_data_request('data_requests_transition', 'only an end user''s request concerns a customer');
    ELSIF NEW.act IN ('fulfilled', 'partly_fulfilled') THEN
        PERFORM check_data_request_fulfilment(r, NEW);
    END IF;

    UPDATE data_requests SET
        version = version + 1,
        state = target,
        kind = CASE WHEN NEW.act = 'recast' THEN 'categories' ELSE kind END,
        due_at = CASE WHEN NEW.act = 'extended' THEN longest_due_at ELSE due_at END,
        reminded = CASE WHEN NEW.act = 'extended' THEN 0 ELSE reminded END,
        acknowledged_at = CASE WHEN NEW.act = 'acknowledged' THEN coalesce(acknowledged_at, NEW.at) ELSE acknowledged_at END,
        verified_at = CASE WHEN NEW.act = 'verified' THEN NEW.at ELSE verified_at END,
        verified_how = CASE WHEN NEW.act = 'verified' THEN NEW.how ELSE verified_how END,
        agent_permission_at = CASE WHEN NEW.act = 'verified' AND NEW.how = 'agent' THEN NEW.at ELSE agent_permission_at END,
        confirmed_at = CASE WHEN NEW.act = 'confirmed' THEN NEW.at ELSE confirmed_at END,
        grace_until = CASE WHEN NEW.act = 'confirmed' THEN NEW.until ELSE grace_until END,
        fraud_suspected_at = CASE NEW.act WHEN 'fraud_suspected' THEN NEW.at WHEN 'fraud_cleared' THEN NULL ELSE fraud_suspected_at END,
        customer_informed_at = CASE WHEN NEW.act = 'customer_informed' THEN coalesce(customer_informed_at, NEW.at) ELSE customer_informed_at END,
        informing_barred_at = CASE WHEN NEW.act = 'informing_barred' THEN coalesce(informing_barred_at, NEW.at) ELSE informing_barred_at END,
        customer_agreed_at = CASE WHEN NEW.act = 'customer_agreed' THEN coalesce(customer_agreed_at, NEW.at) ELSE customer_agreed_at END,
        closed_at = CASE WHEN target IN ('fulfilled', 'partly_fulfilled', 'denied', 'withdrawn', 'expired') THEN coalesce(closed_at, NEW.at) END
    WHERE id = r.id;
    IF target <> r.state AND NOT target = ANY (under_way) THEN
        DELETE FROM data_request_claims WHERE request_id = r.id;
        DELETE FROM data_request_codes WHERE request_id = r.id;
    END IF;
    NEW.seq := r.version + 1;
    NEW.state := target;
    RETURN NEW;
END $$;

DROP FUNCTION end_desk_claim(text, uuid);
DROP FUNCTION holds_desk_claim(text, uuid, uuid, timestamptz);
DROP TABLE saved_views;
DROP TABLE desk_looks;
DROP TABLE desk_claims;
