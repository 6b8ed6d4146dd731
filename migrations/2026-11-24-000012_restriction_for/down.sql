DROP FUNCTION restriction_for(uuid, bigint[]);
