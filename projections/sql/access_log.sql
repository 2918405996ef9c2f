-- name: append
SELECT append_access(%(records)s::text::json);

-- name: forget    what is older than so many years; how many records
SELECT forget_access(%(years)s::integer);

-- name: patient_of_document    of the account itself
SELECT patient_id FROM documents WHERE id = %(document_id)s AND account_id = %(account_id)s;

-- name: count_accesses
SELECT count(*) FROM access_log a
WHERE a.account_id = %(account_id)s
  AND a.actor = ALL(%(actors)s::text[])
  AND (%(patient_id)s::bigint IS NULL OR a.patient_id = %(patient_id)s::bigint)
  AND (%(operation)s::text IS NULL OR a.operation = %(operation)s::text)
  AND a.status BETWEEN %(status_min)s::integer AND %(status_max)s::integer
  AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s::timestamptz)
  AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s::timestamptz);

-- name: list_accesses    newest first
SELECT a.id, a.at, a.actor, coalesce(k.name, u.name), a.operation, a.status, a.patient_id, a.shown, a.filter, a.client,
       a.request_id, a.times
FROM access_log a
LEFT JOIN api_keys k ON k.id = CASE WHEN a.actor LIKE 'key:%%' THEN split_part(a.actor, ':', 2)::bigint END
LEFT JOIN users u ON u.id = CASE WHEN a.actor LIKE 'user:%%' THEN split_part(a.actor, ':', 2)::bigint END
WHERE a.account_id = %(account_id)s
  AND a.id < coalesce(%(before_id)s::bigint, 9223372036854775807)
  AND a.actor = ALL(%(actors)s::text[])
  AND (%(patient_id)s::bigint IS NULL OR a.patient_id = %(patient_id)s::bigint)
  AND (%(operation)s::text IS NULL OR a.operation = %(operation)s::text)
  AND a.status BETWEEN %(status_min)s::integer AND %(status_max)s::integer
  AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s::timestamptz)
  AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s::timestamptz)
ORDER BY a.id DESC LIMIT %(limit)s OFFSET %(offset)s;
