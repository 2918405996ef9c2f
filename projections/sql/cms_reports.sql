-- name: find_reports    checkpoint, where the account stopped, whether every metric is there, and the entries
SELECT coalesce(p.position, 0),
       (SELECT s.position FROM projection_stops s
        WHERE s.projection = 'measure_results' AND s.account_id = %(account_id)s),
       NOT EXISTS (SELECT FROM metrics m
                   WHERE m.account_id = %(account_id)s
                     AND m.from_position <= p.position AND m.to_position > p.position
                     AND (%(metric_id)s::bigint IS NULL OR m.id = %(metric_id)s::bigint)
                     AND NOT EXISTS (SELECT FROM cms_reports r
                                     WHERE r.metric_id = m.id AND r.metric_version = m.version
                                       AND r.period_start = %(start)s AND r.period_end = %(end)s)),
       (SELECT array_agg(r.body ORDER BY r.metric_id) FROM cms_reports r
        WHERE r.account_id = %(account_id)s AND r.period_start = %(start)s AND r.period_end = %(end)s
          AND (%(metric_id)s::bigint IS NULL OR r.metric_id = %(metric_id)s::bigint))
FROM (SELECT 1) AS one LEFT JOIN projections p ON p.name = 'measure_results';
