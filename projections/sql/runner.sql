-- name: register    the checkpoint's row, made when it is missing; the version it was made with
WITH made AS (
    INSERT INTO projections (name, version) VALUES (%(name)s, %(version)s) ON CONFLICT (name) DO NOTHING
)
SELECT version FROM projections WHERE name = %(name)s;

-- name: reset    to the beginning, where no line has stopped yet
WITH forgotten AS (DELETE FROM projection_stops WHERE projection = %(name)s)
UPDATE projections SET position = 0, version = %(version)s, updated_at = now() WHERE name = %(name)s;

-- name: position
SELECT position FROM projections WHERE name = %(name)s;

-- name: lag    how many positions there are after the checkpoint
SELECT (SELECT coalesce(max(position), 0) FROM events) - position FROM projections WHERE name = %(name)s;

-- name: next_entries    the log after a position
SELECT position, account_id, originator_id, originator_version, topic, state, recorded_at
FROM events WHERE position > %(after)s AND account_id IS NOT NULL ORDER BY position LIMIT %(limit)s;

-- name: line_of_account    the log of one account between two positions
SELECT position, account_id, originator_id, originator_version, topic, state, recorded_at
FROM events WHERE account_id = %(account_id)s AND position > %(after)s AND position <= %(upto)s ORDER BY position;

-- name: move    the checkpoint, if nobody else moved it
UPDATE projections SET position = %(new)s, updated_at = now() WHERE name = %(name)s AND position = %(old)s;

-- name: heartbeat
UPDATE projections SET heartbeat = now() WHERE name = ANY(%(names)s);

-- name: stopped    the accounts whose line stands still
SELECT account_id FROM projection_stops WHERE projection = %(name)s;

-- name: stop
INSERT INTO projection_stops (projection, account_id, position, error)
VALUES (%(name)s, %(account_id)s, %(position)s, %(error)s)
ON CONFLICT (projection, account_id) DO NOTHING;

-- name: stop_of    where an account stopped, and how far the others have come
SELECT s.position, p.position FROM projection_stops s JOIN projections p ON p.name = s.projection
WHERE s.projection = %(name)s AND s.account_id = %(account_id)s FOR UPDATE;

-- name: forget_stop
DELETE FROM projection_stops WHERE projection = %(name)s AND account_id = %(account_id)s;

-- name: status    every projection with its lag
SELECT p.name, p.version, p.position, (SELECT coalesce(max(position), 0) FROM events) - p.position,
       extract(epoch FROM now() - p.heartbeat)::float8,
       coalesce((SELECT extract(epoch FROM now() - e.recorded_at)::float8 FROM events e
                 WHERE e.position > p.position ORDER BY e.position LIMIT 1), 0),
       (SELECT count(*) FROM projection_stops s WHERE s.projection = p.name)
FROM projections p ORDER BY p.name;
