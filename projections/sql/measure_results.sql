-- name: account_today    the calendar day in the account's zone
SELECT (now() AT TIME ZONE zone)::date FROM accounts WHERE id = %(account_id)s;

-- name: accounts_today    with the checkpoint
SELECT a.id, (now() AT TIME ZONE a.zone)::date, p.position
FROM accounts a CROSS JOIN projections p
WHERE p.name = 'measure_results'
  AND NOT EXISTS (SELECT FROM projection_stops s WHERE s.projection = p.name AND s.account_id = a.id);

-- name: metrics_at    the metrics of an account that were valid at a position
SELECT id, version, body FROM metrics
WHERE account_id = %(account_id)s AND from_position <= %(position)s AND to_position > %(position)s ORDER BY id;

-- name: variables_at
SELECT id, kind, name, is_interval FROM variables
WHERE account_id = %(account_id)s AND from_position <= %(position)s AND to_position > %(position)s ORDER BY id;

-- name: metrics_lacking_periods
SELECT m.id FROM metrics m
WHERE m.account_id = %(account_id)s AND m.from_position <= %(position)s AND m.to_position > %(position)s
  AND (SELECT count(*) FROM cms_reports r WHERE r.metric_id = m.id AND r.metric_version = m.version)
      <> %(periods)s;

-- name: drop_other_periods
WITH kept AS (SELECT * FROM unnest(%(starts)s::date[], %(ends)s::date[]) AS k (period_start, period_end)),
reports AS (
    DELETE FROM cms_reports r WHERE r.account_id = %(account_id)s
    AND NOT EXISTS (SELECT FROM kept k WHERE k.period_start = r.period_start AND k.period_end = r.period_end)
    RETURNING r.metric_id, r.period_start, r.period_end
)
DELETE FROM measure_results m USING reports r
WHERE m.metric_id = r.metric_id AND m.period_start = r.period_start AND m.period_end = r.period_end;

-- name: changed_values    the variables whose values a batch changed, each with the patients
SELECT variable_id, array_agg(DISTINCT patient_id) FROM observations
WHERE patient_id = ANY(%(patient_ids)s::bigint[])
  AND (from_position BETWEEN %(since)s AND %(position)s OR to_position BETWEEN %(since)s AND %(position)s)
GROUP BY variable_id;

-- name: totals    of one metric and period
SELECT metric_version, totals FROM cms_reports
WHERE metric_id = %(metric_id)s AND period_start = %(start)s AND period_end = %(end)s;

-- name: forget_results
DELETE FROM measure_results
WHERE metric_id = %(metric_id)s AND period_start = %(start)s AND period_end = %(end)s;

-- name: move_results    write what changed of the compiled statement's rows, and by how much each total moves
WITH fresh (patient_id, cells) AS MATERIALIZED (
    /* compiled */
),
changed AS (
    SELECT f.patient_id, f.cells AS now, b.cells AS then
    FROM fresh f LEFT JOIN LATERAL (
        SELECT r.cells FROM measure_results r
        WHERE r.metric_id = %(metric_id)s AND r.period_start = %(start)s AND r.period_end = %(end)s
          AND r.patient_id = f.patient_id OFFSET 0
    ) b ON true
    WHERE b.cells IS DISTINCT FROM f.cells
),
written AS (
    INSERT INTO measure_results AS m (account_id, metric_id, period_start, period_end, patient_id, cells)
    SELECT %(account_id)s, %(metric_id)s, %(start)s, %(end)s, c.patient_id, c.now FROM changed c
    ON CONFLICT (metric_id, period_start, period_end, patient_id) DO UPDATE SET cells = excluded.cells
)
SELECT sum(coalesce(c.now[n], 0) - coalesce(c.then[n], 0))
FROM changed c CROSS JOIN generate_series(1, %(width)s::integer) AS n GROUP BY n ORDER BY n;

-- name: spread    every value of one cell
SELECT cells[%(index)s::integer] FROM measure_results
WHERE metric_id = %(metric_id)s AND period_start = %(start)s AND period_end = %(end)s
  AND cells[%(index)s::integer] IS NOT NULL;

-- name: rates    of some periods of a metric
SELECT r.period_start, r.period_end, (r.body::json ->> 'performance_rate')::numeric
FROM cms_reports r JOIN unnest(%(starts)s::date[], %(ends)s::date[]) AS k (period_start, period_end)
     ON k.period_start = r.period_start AND k.period_end = r.period_end
WHERE r.metric_id = %(metric_id)s;

-- name: write_report
INSERT INTO cms_reports AS r (account_id, metric_id, period_start, period_end, metric_version, totals, body)
VALUES (%(account_id)s, %(metric_id)s, %(start)s, %(end)s, %(version)s, %(totals)s::numeric[], %(body)s)
ON CONFLICT (metric_id, period_start, period_end) DO UPDATE
SET metric_version = excluded.metric_version, totals = excluded.totals, body = excluded.body;
