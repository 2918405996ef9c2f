-- name: find_report    a frozen report with where it stands
SELECT account_id, id, version, position, status, period_start, period_end, log_position, metric_versions, sha256,
       release, restates, restated_by, frozen_at, frozen_by, attested_at, attested_by, statement, submitted_at,
       reference, restated_at, reason, body
FROM reports WHERE id = %(id)s AND frozen_at <= %(at)s;

-- name: count_reports
SELECT count(*) FROM reports WHERE account_id = %(account_id)s AND frozen_at <= %(at)s;

-- name: list_reports    newest first
SELECT account_id, id, version, position, status, period_start, period_end, log_position, metric_versions, sha256,
       release, restates, restated_by, frozen_at, frozen_by, attested_at, attested_by, statement, submitted_at,
       reference, restated_at, reason, NULL
FROM reports WHERE account_id = %(account_id)s AND frozen_at <= %(at)s
ORDER BY frozen_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: position_at    the last position that was recorded by an instant
SELECT position FROM events WHERE recorded_at <= %(instant)s ORDER BY recorded_at DESC, position DESC LIMIT 1;

-- name: events_between    the events of some patients after one position, up to another
SELECT position, topic, originator_id, recorded_at, actor FROM events
WHERE account_id = %(account_id)s AND position > %(after)s AND position <= %(upto)s
  AND originator_id = ANY(%(originator_ids)s)
ORDER BY position;

-- name: erased_since    how many patients of a position have been erased after it
SELECT count(*) FROM events e
WHERE e.account_id = %(account_id)s AND e.topic = 'patient.erased' AND e.position > %(position)s
  AND EXISTS (SELECT FROM events f WHERE f.originator_id = e.originator_id AND f.originator_version = 1
              AND f.position <= %(position)s);
