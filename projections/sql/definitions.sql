-- name: find_variable    with the number of patients that have a value
SELECT v.id, v.account_id, v.version, v.from_position, v.body,
       (SELECT count(DISTINCT o.patient_id) FROM observations o
        WHERE o.account_id = v.account_id AND o.variable_id = v.id AND o.to_position = 9223372036854775807)
FROM variables v
WHERE v.id = %(id)s AND v.kind = %(kind)s AND v.to_position = 9223372036854775807;

-- name: definition_of    what a value is checked against
SELECT account_id, body FROM variables
WHERE id = %(id)s AND kind = %(kind)s AND to_position = 9223372036854775807;

-- name: count_variables
SELECT count(*) FROM variables
WHERE account_id = %(account_id)s AND kind = %(kind)s AND to_position = 9223372036854775807;

-- name: list_variables    a page, with the number of patients that have a value
SELECT v.id, v.account_id, v.version, v.from_position, v.body,
       (SELECT count(DISTINCT o.patient_id) FROM observations o
        WHERE o.account_id = v.account_id AND o.variable_id = v.id AND o.to_position = 9223372036854775807)
FROM variables v
WHERE v.account_id = %(account_id)s AND v.kind = %(kind)s AND v.to_position = 9223372036854775807
ORDER BY v.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: variable_names
SELECT id, kind, name, is_interval FROM variables
WHERE account_id = %(account_id)s AND to_position = 9223372036854775807 ORDER BY id;

-- name: all_variables
SELECT id, kind, body FROM variables
WHERE account_id = %(account_id)s AND to_position = 9223372036854775807 ORDER BY id;

-- name: find_metric    with the number of patients that have a value of one of its variables
SELECT m.id, m.account_id, m.version, m.from_position, m.body,
       (SELECT count(DISTINCT o.patient_id) FROM observations o
        WHERE o.account_id = m.account_id AND o.to_position = 9223372036854775807
          AND o.variable_id IN (SELECT value::bigint FROM jsonb_each_text(m.body -> 'references')))
FROM metrics m WHERE m.id = %(id)s AND m.to_position = 9223372036854775807;

-- name: count_metrics
SELECT count(*) FROM metrics WHERE account_id = %(account_id)s AND to_position = 9223372036854775807;

-- name: list_metrics
SELECT m.id, m.account_id, m.version, m.from_position, m.body,
       (SELECT count(DISTINCT o.patient_id) FROM observations o
        WHERE o.account_id = m.account_id AND o.to_position = 9223372036854775807
          AND o.variable_id IN (SELECT value::bigint FROM jsonb_each_text(m.body -> 'references')))
FROM metrics m WHERE m.account_id = %(account_id)s AND m.to_position = 9223372036854775807
ORDER BY m.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: cms_of_metrics
SELECT id, body -> 'cms' FROM metrics
WHERE account_id = %(account_id)s AND to_position = 9223372036854775807 ORDER BY id;

-- name: names_of_variables
SELECT id, kind, name, is_interval FROM variables WHERE id = ANY(%(ids)s) AND to_position = 9223372036854775807;

-- name: metric_versions    every version of a metric, the newest first, with who made it and when
SELECT m.version, m.from_position, m.body, e.recorded_at, e.actor
FROM metrics m JOIN events e ON e.position = m.from_position
WHERE m.id = %(id)s ORDER BY m.from_position DESC;
