-- name: find_patient
SELECT p.id, p.account_id, h.version, h.position, h.created_at, h.updated_at, p.name, p.body::text,
       h.document_id, h.summary::text
FROM patients p JOIN patient_heads h ON h.id = p.id
WHERE p.id = %(id)s AND p.to_position = 9223372036854775807;

-- name: count_all    kept with each registration
SELECT patient_count FROM accounts WHERE id = %(account_id)s;

-- name: list_all    a page of all patients of the account
SELECT p.id, p.account_id, h.version, h.position, h.created_at, h.updated_at, p.name, p.body::text,
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
SELECT p.id, p.account_id, h.version, h.position, h.created_at, h.updated_at, p.name, p.body::text,
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
