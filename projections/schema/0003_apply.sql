-- How folded rows become read models. The append calls apply_views in its own transaction; a rebuild calls
-- the same functions with another search_path. A row's "position" counts from `base`; `at` is null in a rebuild,
-- where each row brings its own recorded_at.

CREATE FUNCTION utc_text(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE FUNCTION apply_accounts(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO accounts (id, position, name, zone, created_at)
    SELECT r.id, base + r.position, r.name, r.zone, coalesce(at, r.recorded_at)
    FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint, name text, zone text, recorded_at timestamptz)
$$;

CREATE FUNCTION apply_account_changes(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE accounts a SET submitter = last.submitter, version = last.version, position = base + last.position
    FROM (SELECT DISTINCT ON (r.id) r.* FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint, version bigint,
          submitter jsonb) ORDER BY r.id, r.position DESC) AS last
    WHERE a.id = last.id
$$;

CREATE FUNCTION apply_api_keys(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO api_keys (id, account_id, position, version, name, hash, prefix, last4, scopes, created_at, expires_at)
    SELECT r.id, r.account_id, base + r.position, r.version, r.name, decode(r.hash, 'hex'), r.prefix, r.last4,
           r.scopes, coalesce(at, r.recorded_at), r.expires_at
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, position bigint, version bigint, name text,
         hash text, prefix text, last4 text, scopes text[], expires_at timestamptz, recorded_at timestamptz)
$$;

CREATE FUNCTION apply_api_key_changes(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    FOR r IN SELECT * FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint, version bigint,
             expires_at timestamptz, is_revoked boolean, recorded_at timestamptz) ORDER BY position LOOP
        UPDATE api_keys k
        SET position = base + r.position,
            version = r.version,
            expires_at = coalesce(r.expires_at, k.expires_at),
            revoked_at = CASE WHEN r.is_revoked THEN coalesce(at, r.recorded_at) ELSE k.revoked_at END
        WHERE k.id = r.id;
    END LOOP;
END $$;

CREATE FUNCTION apply_users(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO users (id, account_id, position, version, email, name, role, created_at)
    SELECT r.id, r.account_id, base + r.position, 1, r.email, r.name, r.role, coalesce(at, r.recorded_at)
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, position bigint, email text, name text,
         role text, recorded_at timestamptz)
$$;

CREATE FUNCTION apply_user_changes(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    FOR r IN SELECT * FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint, version bigint, role text,
             is_disabled boolean, is_signed_in boolean, recorded_at timestamptz) ORDER BY position LOOP
        UPDATE users u
        SET position = base + r.position,
            version = r.version,
            role = coalesce(r.role, u.role),
            is_disabled = coalesce(r.is_disabled, u.is_disabled),
            signed_in_at = CASE WHEN r.is_signed_in THEN coalesce(at, r.recorded_at) ELSE u.signed_in_at END
        WHERE u.id = r.id;
    END LOOP;
END $$;

-- Rows are ended one by one: where a table has no statistics yet, a plan for a set reads all of it, under the append lock.
CREATE FUNCTION apply_patients(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE ended record;
BEGIN
    FOR ended IN SELECT r.id, min(r.position) AS position
                 FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint, is_new boolean)
                 WHERE NOT r.is_new GROUP BY r.id LOOP
        UPDATE patients p SET to_position = base + ended.position
        WHERE p.id = ended.id AND p.to_position = 9223372036854775807;
    END LOOP;

    INSERT INTO patients (id, account_id, from_position, to_position, external_id, name, dob, sex, attributes, body)
    SELECT r.id, r.account_id, base + r.position,
           coalesce(base + lead(r.position) OVER (PARTITION BY r.id ORDER BY r.position), 9223372036854775807),
           r.external_id, r.name, r.dob, r.sex, r.attributes, r.body
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, position bigint, external_id text, name text,
         dob date, sex text, attributes jsonb, body jsonb);

    UPDATE accounts a SET patient_count = patient_count + added.patients
    FROM (SELECT r.account_id, count(*) AS patients
          FROM jsonb_to_recordset(rows) AS r (account_id bigint, is_new boolean)
          WHERE r.is_new GROUP BY r.account_id) AS added
    WHERE a.id = added.account_id;
END $$;

CREATE FUNCTION apply_patient_heads(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO patient_heads AS h (id, account_id, version, position, created_at, updated_at, document_id, summary)
    SELECT r.id, r.account_id, r.version, base + r.position, coalesce(at, r.created_at, r.recorded_at),
           coalesce(at, r.recorded_at), r.document_id, r.summary
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, version bigint, position bigint,
         created_at timestamptz, recorded_at timestamptz, document_id text, summary jsonb)
    ON CONFLICT (id) DO UPDATE SET
        version = excluded.version,
        position = excluded.position,
        updated_at = excluded.updated_at,
        document_id = coalesce(excluded.document_id, h.document_id),
        summary = coalesce(excluded.summary, h.summary)
$$;

CREATE FUNCTION apply_observations(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO observations (id, account_id, patient_id, variable_id, from_position, day, end_day,
                              number, second, text, is_proven, body)
    SELECT r.id, r.account_id, r.patient_id, r.variable_id, base + r.position, r.day, r.end_day,
           r.number, r.second, r.text, r.is_proven,
           left(r.body, -1) || ', "recorded_at": "' || utc_text(coalesce(at, r.recorded_at)) || '"}'
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, patient_id bigint, variable_id bigint,
         position bigint, day date, end_day date, number numeric, second numeric, text text,
         is_proven boolean, body text, recorded_at timestamptz)
$$;

CREATE FUNCTION apply_observation_ends(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE ended record;
BEGIN
    FOR ended IN SELECT * FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint) LOOP
        UPDATE observations o SET to_position = base + ended.position
        WHERE o.id = ended.id AND o.to_position = 9223372036854775807;
    END LOOP;
END $$;

CREATE FUNCTION apply_documents(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO documents (id, account_id, patient_id, position, sha256, filename, bytes, created_at)
    SELECT r.id, r.account_id, r.patient_id, base + r.position, r.sha256, r.filename, r.bytes,
           coalesce(at, r.recorded_at)
    FROM jsonb_to_recordset(rows) AS r (id text, account_id bigint, patient_id bigint, position bigint, sha256 text,
         filename text, bytes bigint, recorded_at timestamptz)
$$;

CREATE FUNCTION apply_document_readings(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE documents d
    SET read_position = base + r.position, status = r.status, reason = r.reason, pages = r.pages, summary = r.summary
    FROM jsonb_to_recordset(rows) AS r (id text, position bigint, status text, reason text, pages integer,
         summary jsonb)
    WHERE d.id = r.id
$$;

CREATE FUNCTION apply_variables(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE variables v SET to_position = base + first.position
    FROM (SELECT r.id, min(r.position) AS position
          FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint) GROUP BY r.id) AS first
    WHERE v.id = first.id AND v.to_position = 9223372036854775807;

    INSERT INTO variables (id, account_id, from_position, to_position, kind, version, name, is_interval, body)
    SELECT r.id, r.account_id, base + r.position,
           coalesce(base + lead(r.position) OVER (PARTITION BY r.id ORDER BY r.position), 9223372036854775807),
           r.kind, r.version, r.name, r.is_interval, r.body
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, position bigint, kind text, version bigint,
         name text, is_interval boolean, body jsonb)
$$;

CREATE FUNCTION apply_metrics(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE metrics m SET to_position = base + first.position
    FROM (SELECT r.id, min(r.position) AS position
          FROM jsonb_to_recordset(rows) AS r (id bigint, position bigint) GROUP BY r.id) AS first
    WHERE m.id = first.id AND m.to_position = 9223372036854775807;

    INSERT INTO metrics (id, account_id, from_position, to_position, version, body)
    SELECT r.id, r.account_id, base + r.position,
           coalesce(base + lead(r.position) OVER (PARTITION BY r.id ORDER BY r.position), 9223372036854775807),
           r.version, r.body
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, position bigint, version bigint, body jsonb)
$$;

CREATE FUNCTION apply_jobs(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO jobs (id, account_id, position, kind, request, created_at)
    SELECT r.id, r.account_id, base + r.position, r.kind, r.request, coalesce(at, r.recorded_at)
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, position bigint, kind text, request jsonb,
         recorded_at timestamptz)
$$;

CREATE FUNCTION apply_job_ends(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE jobs j
    SET status = r.status, result = r.result, finished_at = coalesce(at, r.recorded_at)
    FROM jsonb_to_recordset(rows) AS r (id bigint, status text, result jsonb, recorded_at timestamptz)
    WHERE j.id = r.id
$$;

CREATE FUNCTION apply_reports(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports (id, account_id, version, position, status, period_start, period_end, log_position,
                         metric_versions, body, sha256, release, restates, frozen_at, frozen_by)
    SELECT r.id, r.account_id, r.version, base + r.position, 'frozen', r.period_start, r.period_end, r.log_position,
           r.metric_versions, r.body, r.sha256, r.release, r.restates, coalesce(at, r.recorded_at), r.frozen_by
    FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint, version bigint, position bigint,
         period_start date, period_end date, log_position bigint, metric_versions jsonb, body text, sha256 text,
         release text, restates bigint, frozen_by text, recorded_at timestamptz);
END $$;

CREATE FUNCTION apply_report_steps(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    FOR r IN SELECT * FROM jsonb_to_recordset(rows) AS r (id bigint, version bigint, position bigint, status text,
             attested_by text, statement text, reference text, restated_by bigint, reason text,
             recorded_at timestamptz) ORDER BY position LOOP
        UPDATE reports p
        SET version = r.version, position = base + r.position, status = r.status,
            attested_at = CASE WHEN r.status = 'attested' THEN coalesce(at, r.recorded_at) ELSE p.attested_at END,
            attested_by = coalesce(r.attested_by, p.attested_by),
            statement = coalesce(r.statement, p.statement),
            submitted_at = CASE WHEN r.status = 'submitted' THEN coalesce(at, r.recorded_at) ELSE p.submitted_at END,
            reference = coalesce(r.reference, p.reference),
            restated_at = CASE WHEN r.status = 'restated' THEN coalesce(at, r.recorded_at) ELSE p.restated_at END,
            restated_by = coalesce(r.restated_by, p.restated_by),
            reason = coalesce(r.reason, p.reason)
        WHERE p.id = r.id;
    END LOOP;
END $$;

-- Not folded from events: an import moves its marker in the transaction of its lines.
CREATE FUNCTION apply_job_progress(rows jsonb) RETURNS void LANGUAGE sql AS $$
    UPDATE jobs j
    SET lines_done = r.lines_done, lines_failed = j.lines_failed + r.lines_failed, status = 'running',
        values_found = j.values_found + coalesce(r.found, 0),
        values_not_found = j.values_not_found + coalesce(r.not_found, 0)
    FROM jsonb_to_recordset(rows) AS r (id bigint, lines_done bigint, lines_failed bigint, found bigint,
         not_found bigint)
    WHERE j.id = r.id;

    INSERT INTO job_problems (job_id, line, problem)
    SELECT r.id, p.line, p.problem
    FROM jsonb_to_recordset(rows) AS r (id bigint, problems jsonb),
         jsonb_to_recordset(r.problems) AS p (line bigint, problem jsonb)
    ON CONFLICT (job_id, line) DO NOTHING
$$;

CREATE FUNCTION apply_views(views jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF views ? 'accounts' THEN PERFORM apply_accounts(views -> 'accounts', base, at); END IF;
    IF views ? 'account_changes' THEN PERFORM apply_account_changes(views -> 'account_changes', base, at); END IF;
    IF views ? 'api_keys' THEN PERFORM apply_api_keys(views -> 'api_keys', base, at); END IF;
    IF views ? 'api_key_changes' THEN PERFORM apply_api_key_changes(views -> 'api_key_changes', base, at); END IF;
    IF views ? 'users' THEN PERFORM apply_users(views -> 'users', base, at); END IF;
    IF views ? 'user_changes' THEN PERFORM apply_user_changes(views -> 'user_changes', base, at); END IF;
    IF views ? 'patient_erasures' THEN PERFORM apply_patient_erasures(views -> 'patient_erasures', base, at); END IF;
    IF views ? 'patients' THEN PERFORM apply_patients(views -> 'patients', base, at); END IF;
    IF views ? 'observations' THEN PERFORM apply_observations(views -> 'observations', base, at); END IF;
    IF views ? 'observation_ends' THEN PERFORM apply_observation_ends(views -> 'observation_ends', base, at); END IF;
    IF views ? 'documents' THEN PERFORM apply_documents(views -> 'documents', base, at); END IF;
    IF views ? 'document_readings' THEN PERFORM apply_document_readings(views -> 'document_readings', base, at); END IF;
    IF views ? 'patient_heads' THEN PERFORM apply_patient_heads(views -> 'patient_heads', base, at); END IF;
    IF views ? 'variables' THEN PERFORM apply_variables(views -> 'variables', base, at); END IF;
    IF views ? 'metrics' THEN PERFORM apply_metrics(views -> 'metrics', base, at); END IF;
    IF views ? 'jobs' THEN PERFORM apply_jobs(views -> 'jobs', base, at); END IF;
    IF views ? 'job_ends' THEN PERFORM apply_job_ends(views -> 'job_ends', base, at); END IF;
    IF views ? 'reports' THEN PERFORM apply_reports(views -> 'reports', base, at); END IF;
    IF views ? 'report_steps' THEN PERFORM apply_report_steps(views -> 'report_steps', base, at); END IF;
    IF views ? 'job_progress' THEN PERFORM apply_job_progress(views -> 'job_progress'); END IF;
END $$;
