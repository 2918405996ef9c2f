-- Who read or changed patient data, and who was refused. Reads are no events: this is no part of the log, and no
-- rebuild touches it. It only grows, until a record is older than the law asks for.

CREATE TABLE access_log (
    id           bigint      NOT NULL PRIMARY KEY,          -- 1, 2, 3 … without a gap, in commit order
    at           timestamptz NOT NULL,
    account_id   bigint,                                    -- null: nobody was recognised
    actor        text,                                      -- as in events, key:7; null: nobody was recognised
    operation    text        NOT NULL,
    status       smallint    NOT NULL,                      -- as HTTP tells it
    patient_id   bigint,                                    -- of a request for one patient
    shown        integer,                                   -- of a list: how many entries the answer had
    filter       jsonb,                                     -- of a list: by which fields, and a keyed hash of the values
    client       text        NOT NULL,                      -- network address
    request_id   text        NOT NULL,
    times        integer     NOT NULL                       -- of what was refused unseen: so often in a second
);
CREATE INDEX access_log_of_account ON access_log (account_id, id);
CREATE INDEX access_log_of_patient ON access_log (patient_id, id) WHERE patient_id IS NOT NULL;
CREATE INDEX access_log_by_age ON access_log USING brin (at);

CREATE FUNCTION append_access(records json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE last bigint;
BEGIN
    -- Without this lock a reader could see number 8 before 7 is committed, and never look back.
    PERFORM pg_advisory_xact_lock(61274412);
    SELECT coalesce(max(id), 0) INTO last FROM access_log;

    INSERT INTO access_log (id, at, account_id, actor, operation, status, patient_id, shown, filter, client,
                            request_id, times)
    SELECT last + row_number() OVER (), r.*
    FROM json_to_recordset(records) AS r (at timestamptz, account_id bigint, actor text, operation text,
         status smallint, patient_id bigint, shown integer, filter jsonb, client text, request_id text, times integer);
END $$;

CREATE FUNCTION refuse_loss_of_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is kept for at least six years (% on %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER access_is_never_rewritten BEFORE UPDATE ON access_log
    FOR EACH ROW EXECUTE FUNCTION refuse_loss_of_access();
CREATE TRIGGER access_is_kept_six_years BEFORE DELETE ON access_log
    FOR EACH ROW WHEN (OLD.at > now() - interval '6 years') EXECUTE FUNCTION refuse_loss_of_access();
CREATE TRIGGER access_is_never_emptied BEFORE TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss_of_access();

-- The one way for the service to remove a record; its own role may not delete.
CREATE FUNCTION forget_access(years integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = attestor, pg_temp AS $$
    WITH gone AS (
        DELETE FROM access_log WHERE years >= 6 AND at < now() - make_interval(years => years) RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

-- Erasure: a patient's key is destroyed, and its row stays to say so.

ALTER TABLE attestor_keys.patient_keys ALTER COLUMN wrapped DROP NOT NULL;
ALTER TABLE attestor_keys.patient_keys ADD COLUMN destroyed_at timestamptz;
ALTER TABLE attestor_keys.patient_keys ADD CONSTRAINT patient_keys_destroyed
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL));
CREATE INDEX patient_keys_destroyed_lately ON attestor_keys.patient_keys (destroyed_at) WHERE destroyed_at IS NOT NULL;

ALTER TABLE idempotency ADD COLUMN patient_id bigint;       -- of an answer that shows a patient
CREATE INDEX idempotency_of_patient ON idempotency (patient_id) WHERE patient_id IS NOT NULL;

CREATE FUNCTION apply_patient_erasures(rows jsonb, base bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE erased record;
BEGIN
    FOR erased IN SELECT r.id, r.account_id FROM jsonb_to_recordset(rows) AS r (id bigint, account_id bigint) LOOP
        DELETE FROM observations WHERE patient_id = erased.id;
        DELETE FROM documents WHERE patient_id = erased.id;
        DELETE FROM patients WHERE id = erased.id;
        DELETE FROM patient_heads WHERE id = erased.id;
        -- A rebuild never counted a patient of whom it can read nothing.
        IF FOUND THEN
            UPDATE accounts SET patient_count = patient_count - 1 WHERE id = erased.account_id;
        END IF;
        IF at IS NOT NULL THEN
            DELETE FROM idempotency WHERE patient_id = erased.id;
            UPDATE attestor_keys.patient_keys SET wrapped = NULL, destroyed_at = now() WHERE patient_id = erased.id;
        END IF;
    END LOOP;
END $$;
