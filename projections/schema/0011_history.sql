-- What an aggregate was at a position of the log, and what happened to it.

CREATE INDEX events_of_aggregate ON events (originator_id, position);

-- The id that a public number of this kind has in the log (domain/ids.py).
CREATE FUNCTION aggregate_id(kind integer, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('000000000000' || to_hex(32768 + kind) || to_hex(number | (-9223372036854775807 - 1)))::uuid
$$;
