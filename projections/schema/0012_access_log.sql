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
