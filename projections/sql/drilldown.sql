-- name: members    the patients whose cells meet a condition, with how many there are in all
WITH fresh (patient_id, cells) AS MATERIALIZED (
    /* compiled */
),
chosen AS (SELECT * FROM fresh WHERE /* condition */)
SELECT whole.total, page.patient_id, page.name, page.external_id, page.cells
FROM (SELECT count(*) AS total FROM chosen) AS whole
LEFT JOIN (
    SELECT c.patient_id, p.name, p.external_id, c.cells FROM chosen c
    JOIN patients p ON p.id = c.patient_id AND p.from_position <= %(position)s AND p.to_position > %(position)s
    WHERE c.patient_id > %(after_id)s
    ORDER BY c.patient_id LIMIT %(limit)s
) AS page ON true
ORDER BY page.patient_id;

-- name: one_member    a patient's cells, null where the measure does not look at the patient at all
SELECT p.id, p.name, p.external_id, fresh.cells
FROM patients p LEFT JOIN (
    /* compiled */
) AS fresh (patient_id, cells) ON fresh.patient_id = p.id
WHERE p.id = %(patient_id)s AND p.from_position <= %(position)s AND p.to_position > %(position)s;

-- name: observations_shown
SELECT o.id, o.variable_id, v.name, o.is_proven, o.body FROM observations o
JOIN variables v ON v.id = o.variable_id AND v.from_position <= %(position)s AND v.to_position > %(position)s
WHERE o.id = ANY(%(ids)s);

-- name: names_of    variables
SELECT id, name FROM variables
WHERE id = ANY(%(ids)s) AND from_position <= %(position)s AND to_position > %(position)s ORDER BY id;
