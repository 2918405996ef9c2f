-- The log: what happened, in one order, for ever. Everything else in this schema can be rebuilt from it.

CREATE TABLE events (
    position            bigint      NOT NULL PRIMARY KEY,   -- 1, 2, 3 … without a gap, in commit order
    originator_id       uuid        NOT NULL,
    originator_version  bigint      NOT NULL,
    topic               text        NOT NULL,
    state               bytea       NOT NULL,               -- of a patient: encrypted with that patient's key
    account_id          bigint,
    actor               text,
    request_id          text,
    recorded_at         timestamptz NOT NULL,               -- database clock, never before its predecessor's
    UNIQUE (originator_id, originator_version)
);
CREATE INDEX events_by_account ON events (account_id, position);
CREATE INDEX events_by_time ON events (recorded_at, position);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed (% on %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER events_are_for_ever BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE SEQUENCE public_ids INCREMENT BY 1;                  -- every public number of the service comes from here

CREATE TABLE idempotency (
    account_id   bigint      NOT NULL,
    scope        bytea       NOT NULL,                      -- SHA-256 of method, path and key
    fingerprint  bytea       NOT NULL,                      -- SHA-256 of the parsed body
    answer       bytea       NOT NULL,                      -- encrypted with the account's key
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, scope)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Wrapped keys live apart from the log, so that a copy of the log alone reads nothing.
CREATE TABLE attestor_keys.account_keys (
    account_id bigint NOT NULL PRIMARY KEY,
    wrapped    bytea  NOT NULL
);
CREATE TABLE attestor_keys.patient_keys (
    patient_id bigint NOT NULL PRIMARY KEY,
    account_id bigint NOT NULL,
    wrapped    bytea  NOT NULL
);
