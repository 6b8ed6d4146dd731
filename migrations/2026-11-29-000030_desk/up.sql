-- Who of the staff works on what, and why somebody looked without working on it; the queues are named in the code.

CREATE TABLE desk_claims (
    queue text NOT NULL CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs')),
    item_id uuid NOT NULL,
    -- With whoever leaves their claims go.
    staff_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    claimed_at timestamptz NOT NULL,
    -- Until then nobody else decides it.
    expires_at timestamptz NOT NULL CHECK (expires_at > claimed_at),
    PRIMARY KEY (queue, item_id)
);
CREATE INDEX desk_claims_staff ON desk_claims (staff_id, queue, expires_at);
CREATE INDEX desk_claims_end ON desk_claims (expires_at);

INSERT INTO desk_claims (queue, item_id, staff_id, claimed_at, expires_at)
    SELECT 'requests', c.request_id, c.staff_id, c.claimed_at, c.expires_at
    FROM data_request_claims c WHERE EXISTS (SELECT FROM people p WHERE p.id = c.staff_id);

-- Why a member of staff sees what they have not claimed, for a quarter of an hour.
CREATE TABLE desk_looks (
    id uuid PRIMARY KEY,
    queue text NOT NULL CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs')),
    item_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 10 AND 500),
    began_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > began_at)
);
CREATE INDEX desk_looks_item ON desk_looks (queue, item_id, staff_id, expires_at);
CREATE INDEX desk_looks_staff ON desk_looks (staff_id);
CREATE INDEX desk_looks_end ON desk_looks (expires_at);

-- Filters that a member of staff uses again and again.
CREATE TABLE saved_views (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    queue text NOT NULL CHECK (queue IN ('requests', 'disputes', 'appeals', 'alerts', 'jobs')),
    name text NOT NULL CHECK (char_length(btrim(name)) BETWEEN 1 AND 60),
    -- As it stands in the address of the queue; empty for what is shown first.
    query text NOT NULL CHECK (octet_length(query) <= 500),
    created_at timestamptz NOT NULL,
    CONSTRAINT saved_views_name UNIQUE (staff_id, queue, name)
);

-- Whether somebody has claimed something: what triggers ask before a decision.
CREATE FUNCTION holds_desk_claim(of_queue text, item uuid, staff uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM desk_claims c WHERE c.queue = of_queue AND c.item_id = item AND c.staff_id = staff AND c.expires_at > at)
$$;

-- Ends the claim on something that was decided, whoever has it.
CREATE FUNCTION end_desk_claim(of_queue text, item uuid) RETURNS void LANGUAGE sql AS $$
    DELETE FROM desk_claims c WHERE c.queue = of_queue AND c.item_id = item
$$;

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

    IF NEW.actor_kind = 'staff' AND NEW.act IN ('extended', 'fulfilled', 'partly_fulfilled', 'denied') AND NOT holds_desk_claim('requests', r.id, NEW.actor_id, NEW.at) THEN
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
        PERFORM end_desk_claim('requests', r.id);
        DELETE FROM data_request_codes WHERE request_id = r.id;
    END IF;
    NEW.seq := r.version + 1;
    NEW.state := target;
    RETURN NEW;
END $$;

DROP TABLE data_request_claims;

-- A page of the queue of requests is read from an index, whichever view and kind is asked for and however many there are.
CREATE INDEX data_requests_due ON data_requests (due_at, id);
CREATE INDEX data_requests_ended ON data_requests (due_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX data_requests_open_kind ON data_requests (kind, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX data_requests_ended_kind ON data_requests (kind, due_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX data_requests_kind ON data_requests (kind, due_at, id);
CREATE INDEX data_requests_unacknowledged ON data_requests (due_at, id) WHERE acknowledged_at IS NULL AND closed_at IS NULL;
CREATE INDEX data_requests_received ON data_requests (received_at);
CREATE INDEX data_request_withheld_again ON data_request_withheld (look_again_on);
CREATE INDEX data_request_steps_again ON data_request_steps (look_again_on) WHERE look_again_on IS NOT NULL;

-- Who writes a campaign does not approve it: the rule has a name, as all rules about two people have.
ALTER TABLE campaigns RENAME CONSTRAINT campaigns_check2 TO campaigns_second_person;
