-- name: chart    of patient p: the current values as two JSON arrays in the order of the variables' ids
SELECT '[' || coalesce(string_agg(
           '{"id":' || c.id || ',"name":' || c.name || ',"units":' || c.units || ',' || c.rest,
           ',' ORDER BY c.id) FILTER (WHERE c.kind = 'number'), '') || ']' AS variables,
       '[' || coalesce(string_agg(
           '{"id":' || c.id || ',"name":' || c.name || ',"patient_id":' || p.id || ',"date_variable_id":' || c.id
           || ',"date_variable_name":' || c.name || ',"patient_name":' || coalesce(to_json(p.name)::text, 'null')
           || ',' || c.rest,
           ',' ORDER BY c.id) FILTER (WHERE c.kind = 'date'), '') || ']' AS date_variables
FROM (  -- of each variable the value of the latest clinical day, there the last recorded
    SELECT DISTINCT ON (o.variable_id) o.variable_id AS id, v.kind, to_json(v.name)::text AS name,
           coalesce((v.body -> 'units')::text, 'null') AS units, substr(o.body, 2) AS rest
    FROM observations o JOIN variables v ON v.id = o.variable_id AND v.to_position = 9223372036854775807
    WHERE o.patient_id = p.id AND o.to_position = 9223372036854775807
    ORDER BY o.variable_id, o.day DESC, o.from_position DESC, o.id DESC
) AS c;

-- name: find_patient    with the chart
SELECT p.id, p.account_id, h.version, h.position, h.created_at, h.updated_at, p.body::text,
       h.document_id, h.summary::text, chart.variables, chart.date_variables
FROM patients p JOIN patient_heads h ON h.id = p.id CROSS JOIN LATERAL (/* chart */) AS chart
WHERE p.id = %(id)s AND p.to_position = 9223372036854775807;

-- name: charts    of these patients
SELECT p.id, chart.variables, chart.date_variables
FROM patients p CROSS JOIN LATERAL (/* chart */) AS chart
WHERE p.id = ANY(%(ids)s::bigint[]) AND p.to_position = 9223372036854775807;

-- name: count_all    kept with each registration
SELECT patient_count FROM accounts WHERE id = %(account_id)s;

-- name: list_all    a page of all patients of the account
SELECT p.id, p.account_id, h.version, h.position, h.created_at, h.updated_at, p.body::text,
       h.document_id, h.summary::text
FROM patients p JOIN patient_heads h ON h.id = p.id
WHERE p.account_id = %(account_id)s AND p.to_position = 9223372036854775807
  AND p.id > coalesce(%(after_id)s::bigint, 0)
ORDER BY p.id /* sort */ LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_matching
SELECT count(*) FROM patients p
WHERE p.account_id = %(account_id)s AND p.to_position = 9223372036854775807
  AND (%(q)s::text IS NULL OR strpos(lower(p.name), lower(%(q)s::text)) > 0 OR p.external_id = %(q)s::text)
  AND (%(name)s::text IS NULL OR p.name = %(name)s::text)
  AND (%(sex)s::text IS NULL OR p.sex = %(sex)s::text)
  AND (%(dob)s::text IS NULL OR p.dob = %(dob)s::text::date)
  AND (%(external_id)s::text IS NULL OR p.external_id = %(external_id)s::text);

-- name: list_matching    a page of the patients that match every filter
SELECT p.id, p.account_id, h.version, h.position, h.created_at, h.updated_at, p.body::text,
       h.document_id, h.summary::text
FROM patients p JOIN patient_heads h ON h.id = p.id
WHERE p.account_id = %(account_id)s AND p.to_position = 9223372036854775807
  AND (%(q)s::text IS NULL OR strpos(lower(p.name), lower(%(q)s::text)) > 0 OR p.external_id = %(q)s::text)
  AND (%(name)s::text IS NULL OR p.name = %(name)s::text)
  AND (%(sex)s::text IS NULL OR p.sex = %(sex)s::text)
  AND (%(dob)s::text IS NULL OR p.dob = %(dob)s::text::date)
  AND (%(external_id)s::text IS NULL OR p.external_id = %(external_id)s::text)
  AND p.id > coalesce(%(after_id)s::bigint, 0)
ORDER BY p.id /* sort */ LIMIT %(limit)s OFFSET %(offset)s;

-- name: find_document
SELECT account_id, id, patient_id, sha256, filename, bytes, created_at, status, reason, pages
FROM documents WHERE id = %(id)s;

-- name: list_documents    oldest first
SELECT account_id, id, patient_id, sha256, filename, bytes, created_at, status, reason, pages
FROM documents WHERE patient_id = %(id)s ORDER BY position;

-- name: account_of_patient
SELECT account_id FROM patient_heads WHERE id = %(id)s;

-- name: patients_by_external_id    the account's patients with these external ids
SELECT external_id, id FROM patients
WHERE account_id = %(account_id)s AND external_id = ANY(%(external_ids)s) AND to_position = 9223372036854775807;

-- name: next_document_to_read    the oldest that is still to be read
SELECT id, account_id, patient_id, sha256 FROM documents WHERE status = 'processing' ORDER BY position LIMIT 1;
