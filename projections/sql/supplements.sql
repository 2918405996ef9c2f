-- name: divided    of each cell the patients that are in it, by what is written of them
WITH fresh (patient_id, cells) AS MATERIALIZED (
    /* compiled */
)
SELECT n, p.sex, p.body::json ->> 'race', p.body::json ->> 'ethnicity', p.body::json ->> 'payer', count(*)
FROM fresh f
CROSS JOIN generate_series(1, %(width)s::integer) AS n
JOIN patients p ON p.id = f.patient_id AND p.from_position <= %(position)s AND p.to_position > %(position)s
WHERE f.cells[n] > 0
GROUP BY 1, 2, 3, 4, 5;
