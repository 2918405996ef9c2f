-- name: current_values    of each patient and variable the value of the latest clinical day, ties by position
SELECT DISTINCT ON (o.patient_id, o.variable_id)
       o.patient_id, o.variable_id, v.kind, (v.body -> 'name')::text, (v.body -> 'units')::text, o.body
FROM observations o
JOIN variables v ON v.id = o.variable_id AND v.to_position = 9223372036854775807
WHERE o.patient_id = ANY(%(patient_ids)s::bigint[]) AND o.to_position = 9223372036854775807
ORDER BY o.patient_id, o.variable_id, o.day DESC, o.from_position DESC, o.id DESC;

-- name: observations_then    every value of the patients that stood at a position; OFFSET 0 keeps the two ways apart
SELECT * FROM observations
WHERE patient_id = ANY(%(patient_ids)s::bigint[]) AND to_position = 9223372036854775807
  AND from_position + 0 <= %(position)s -- a filter: as an index condition it would skip from day to day
UNION ALL
SELECT ended.* FROM unnest(%(patient_ids)s::bigint[]) AS wanted (patient_id) JOIN observations ended
ON box(point(ended.patient_id, ended.from_position), point(ended.patient_id, ended.to_position - 1))
   && box(point(wanted.patient_id, %(position)s::bigint), point(wanted.patient_id, %(position)s::bigint))
   AND ended.to_position < 9223372036854775807
OFFSET 0;

-- name: count_observations
SELECT count(*) FROM observations o
WHERE o.patient_id = %(patient_id)s AND o.to_position = 9223372036854775807
  AND (%(variable_id)s::bigint IS NULL OR o.variable_id = %(variable_id)s::bigint);

-- name: list_observations    standing values, latest clinical day first
SELECT o.id, o.variable_id, v.name, v.kind, o.body
FROM observations o
JOIN variables v ON v.id = o.variable_id AND v.to_position = 9223372036854775807
WHERE o.patient_id = %(patient_id)s AND o.to_position = 9223372036854775807
  AND (%(variable_id)s::bigint IS NULL OR o.variable_id = %(variable_id)s::bigint)
ORDER BY o.day DESC, o.from_position DESC, o.id DESC LIMIT %(limit)s OFFSET %(offset)s;
