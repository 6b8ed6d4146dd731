-- Since when no message of a campaign is in the hands of a worker, dead or alive, once it is paused or cancelled: then there
-- is nothing left to see to. Null for those that ended before; they are looked at once.
ALTER TABLE campaigns ADD at_rest_since timestamptz,
    ADD CONSTRAINT campaigns_at_rest CHECK (at_rest_since IS NULL OR state IN ('paused', 'cancelled'));
