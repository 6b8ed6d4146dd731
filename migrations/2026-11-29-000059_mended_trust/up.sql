-- A suspension that has expired can still be appealed for six months (S129): short ones are looked at by a person too, and
-- a rule that is wrong about many for a day each is found out. What was lifted needs no appeal.

CREATE OR REPLACE FUNCTION take_suspension_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s suspensions;
BEGIN
    SELECT * INTO STRICT s FROM suspensions WHERE id = NEW.suspension_id FOR UPDATE;
    IF (s.version = 0) <> (NEW.step = 'began') THEN
        PERFORM refuse_suspension('suspensions_transition', 'the first step, and it alone, begins a suspension');
    ELSIF s.ended_how = 'lifted' OR ((s.ended_at IS NOT NULL OR (NEW.step <> 'expired' AND s.expires_at <= NEW.at))
        AND NOT (NEW.appeal_id IS NOT NULL AND NEW.step IN ('upheld', 'lifted'))) THEN
        PERFORM refuse_suspension('suspensions_ended', 'the suspension is over');
    ELSIF NEW.seen_version IS NOT NULL AND NEW.seen_version <> s.version THEN
        PERFORM refuse_suspension('suspensions_stale', 'somebody else acted on this suspension meanwhile');
    ELSIF NEW.step = 'expired' AND (s.expires_at IS NULL OR s.expires_at > NEW.at) THEN
        PERFORM refuse_suspension('suspensions_transition', 'the suspension has not expired');
    ELSIF NEW.step = 'shortened' AND (NEW.until <= NEW.at OR NEW.until >= s.expires_at) THEN
        PERFORM refuse_suspension('suspensions_shorter', 'a new end lies ahead, and before the present one');
    END IF;
    NEW.seq := s.version + 1;
    UPDATE suspensions SET
        version = version + 1,
        expires_at = CASE WHEN NEW.step = 'shortened' THEN NEW.until ELSE expires_at END,
        ended_at = coalesce(s.ended_at, CASE WHEN NEW.step IN ('lifted', 'expired') THEN NEW.at END),
        ended_how = CASE WHEN NEW.step IN ('lifted', 'expired') THEN NEW.step ELSE s.ended_how END
    WHERE id = s.id;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION file_appeal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s suspensions;
    answered integer;
BEGIN
    SELECT * INTO STRICT s FROM suspensions WHERE id = NEW.suspension_id FOR UPDATE;
    answered := (SELECT count(*) FROM appeals WHERE suspension_id = s.id AND outcome IN ('upheld', 'shortened'));
    IF NEW.account_id <> s.account_id THEN
        PERFORM refuse_suspension('appeals_account', 'the suspension is of another account');
    ELSIF s.ended_how = 'lifted' THEN
        PERFORM refuse_suspension('suspensions_ended', 'the suspension is over');
    ELSIF NEW.filed_at >= s.appeal_until THEN
        PERFORM refuse_suspension('appeals_late', 'the time to appeal is over');
    ELSIF answered >= 2 THEN
        PERFORM refuse_suspension('appeals_final', 'the second appeal was final');
    ELSIF NEW.outcome IS NOT NULL OR NEW.version <> 0 THEN
        PERFORM refuse_suspension('appeals_transition', 'an appeal begins open');
    END IF;
    NEW.round := answered + 1;
    RETURN NEW;
END $$;

-- An open appeal is over when its suspension is lifted on another way.
CREATE OR REPLACE FUNCTION settle_appeals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.step = 'lifted' THEN
        UPDATE appeals SET outcome = 'moot', decided_at = NEW.at, version = version + 1
            WHERE suspension_id = NEW.suspension_id AND outcome IS NULL;
    END IF;
    RETURN NULL;
END $$;

-- What somebody was restricted for does not restrict them again when that ends: the same day would count twice, also after a
-- person has shortened it. What was before a lifting, or before an alert that was dismissed, does not count at all.
CREATE OR REPLACE FUNCTION rule_counts_since(rule uuid, account uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(
        (SELECT max(CASE WHEN s.ended_how = 'lifted' THEN s.ended_at ELSE s.began_at END) FROM suspensions s
            WHERE s.account_id = account AND s.rule_id = rule),
        (SELECT max(a.decided_at) FROM rule_alerts a WHERE a.account_id = account AND a.rule_id = rule AND a.outcome = 'dismissed'))
$$;

-- What a decision was computed from stays as long as somebody decides about it.
CREATE INDEX suspensions_evaluation ON suspensions (evaluation_id) WHERE evaluation_id IS NOT NULL;

