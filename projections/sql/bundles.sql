-- name: charts_known    the events that a patient's demographics of a position come from
SELECT id, from_position FROM patients
WHERE id = ANY(%(ids)s) AND from_position <= %(position)s AND to_position > %(position)s;

-- name: observations_known    values with the events that recorded them
SELECT o.id, o.patient_id, o.variable_id, v.name, o.from_position, o.is_proven, o.body, d.sha256, d.position
FROM observations o
JOIN variables v ON v.id = o.variable_id AND v.from_position <= %(position)s AND v.to_position > %(position)s
LEFT JOIN documents d ON d.id = o.body::jsonb ->> 'document_id'
WHERE o.id = ANY(%(ids)s) ORDER BY o.id;

-- name: definitions_known    the events that made metrics and variables what they were at a position
SELECT 'metric', id, version, from_position FROM metrics
WHERE id = ANY(%(metric_ids)s) AND from_position <= %(position)s AND to_position > %(position)s
UNION ALL
SELECT 'variable', id, version, from_position FROM variables
WHERE id = ANY(%(variable_ids)s) AND from_position <= %(position)s AND to_position > %(position)s;

-- name: positions_of_aggregate
SELECT position FROM events WHERE originator_id = %(originator_id)s ORDER BY originator_version;

-- name: positions_of_topic    in an account, after a position
SELECT position FROM events
WHERE account_id = %(account_id)s AND position > %(after)s AND topic = %(topic)s ORDER BY position;

-- name: events_at
SELECT position, originator_id, originator_version, topic, recorded_at, account_id, actor, request_id, state
FROM events WHERE position = ANY(%(positions)s) AND account_id = %(account_id)s ORDER BY position;
