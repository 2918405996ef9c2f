-- name: find_patient
SELECT p.id, p.account_id, h.version, h.position, h.created_at, h.updated_at, p.name, p.body::text,
       h.document_id, h.summary::text
FROM patients p JOIN patient_heads h ON h.id = p.id
WHERE p.id = %(id)s AND p.to_position = 9223372036854775807
ORDER BY p.from_position DESC LIMIT 1;

-- name: heads_then    what patient_heads said of a patient p when the log ended at a position
LATERAL (
    SELECT p.id, e.originator_version AS version, e.position, now.created_at, e.recorded_at AS updated_at,
           (SELECT d.id FROM documents d WHERE d.patient_id = p.id AND d.position <= %(position)s
            ORDER BY d.position DESC LIMIT 1) AS document_id,
           (SELECT jsonb_build_object('document_id', d.id, 'status', d.status) || d.summary FROM documents d
            WHERE d.patient_id = p.id AND d.read_position <= %(position)s AND d.summary IS NOT NULL
            ORDER BY d.read_position DESC LIMIT 1) AS summary
    FROM patient_heads now JOIN events e ON e.originator_id = aggregate_id(3, p.id) AND e.position <= %(position)s
    WHERE now.id = p.id
    ORDER BY e.position DESC LIMIT 1
);

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

-- name: list_documents    that were there at a position, as they were then, oldest first
SELECT account_id, id, patient_id, sha256, filename, bytes, created_at,
       CASE WHEN read_position <= %(position)s THEN status ELSE 'processing' END,
       CASE WHEN read_position <= %(position)s THEN reason END,
       CASE WHEN read_position <= %(position)s THEN pages END
FROM documents WHERE patient_id = %(id)s AND documents.position <= %(position)s ORDER BY documents.position;

-- name: account_of_patient
SELECT account_id FROM patient_heads WHERE id = %(id)s;

-- name: patients_by_external_id    the account's patients with these external ids
SELECT external_id, id FROM patients
WHERE account_id = %(account_id)s AND external_id = ANY(%(external_ids)s) AND to_position = 9223372036854775807;

-- name: is_soon_read    whether a process reads documents, and at most so many are waiting
SELECT EXISTS (
    SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.objid::bigint = %(lock)s AND l.granted AND d.datname = current_database()
) AND (
    SELECT count(*) FROM (SELECT FROM documents WHERE status = 'processing' LIMIT %(waiting)s + 1) AS waiting
) <= %(waiting)s;

-- name: version_of_patient
SELECT version FROM patient_heads WHERE id = %(id)s;

-- name: next_document_to_read    the oldest that is still to be read
SELECT id, account_id, patient_id, sha256 FROM documents WHERE status = 'processing' ORDER BY position LIMIT 1;

-- name: list_incomplete    patients that have values of fewer variables than there are
SELECT p.id, p.name, p.external_id, held.variables,
       (SELECT count(*) FROM documents d WHERE d.patient_id = p.id)
FROM patients p CROSS JOIN LATERAL (
    SELECT count(DISTINCT o.variable_id) AS variables FROM observations o
    WHERE o.patient_id = p.id AND o.to_position = 9223372036854775807
) held
WHERE p.account_id = %(account_id)s AND p.to_position = 9223372036854775807
  AND p.id > %(after_id)s AND held.variables < %(variables)s
ORDER BY p.id LIMIT %(limit)s;

-- name: patients_with_documents    by id
SELECT DISTINCT patient_id FROM documents WHERE account_id = %(account_id)s AND status <> 'refused'
ORDER BY patient_id LIMIT %(limit)s;
