-- Inline read models: written in the transaction of the event, so a client can GET back what it has just PUT.
-- Rows of history are valid for log positions from_position <= p < to_position; 2^63 - 1 is the open end.
-- A rebuild runs this file in a schema of its own.

CREATE TABLE accounts (
    id             bigint      NOT NULL PRIMARY KEY,
    position       bigint      NOT NULL,
    name           text        NOT NULL,
    zone           text        NOT NULL,
    patient_count  bigint      NOT NULL DEFAULT 0,
    version        bigint      NOT NULL DEFAULT 1,
    submitter      jsonb       NOT NULL DEFAULT '{}',          -- who submits to CMS for it
    created_at     timestamptz NOT NULL
);

CREATE TABLE api_keys (
    id          bigint      NOT NULL PRIMARY KEY,
    account_id  bigint      NOT NULL,
    position    bigint      NOT NULL,
    version     bigint      NOT NULL,
    name        text        NOT NULL,
    hash        bytea       NOT NULL UNIQUE,                -- SHA-256 of the whole key
    prefix      text        NOT NULL,
    last4       text        NOT NULL,
    scopes      text[]      NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz
);
CREATE INDEX api_keys_of_account ON api_keys (account_id, id);

CREATE TABLE users (                                        -- people who work in the dashboard
    id            bigint      NOT NULL PRIMARY KEY,
    account_id    bigint      NOT NULL,
    position      bigint      NOT NULL,
    version       bigint      NOT NULL,
    email         text        NOT NULL,                     -- in lower case
    name          text        NOT NULL,
    role          text        NOT NULL,
    is_disabled   boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL,
    signed_in_at  timestamptz                               -- last
);
CREATE UNIQUE INDEX users_emails ON users (email);
CREATE INDEX users_of_account ON users (account_id, id);

CREATE TABLE patients (
    id             bigint NOT NULL,
    account_id     bigint NOT NULL,
    from_position  bigint NOT NULL,
    to_position    bigint NOT NULL DEFAULT 9223372036854775807,
    external_id    text,
    name           text,
    dob            date,
    sex            text,                                    -- as sent
    attributes     jsonb  NOT NULL,                         -- additional_variables
    body           jsonb  NOT NULL,                         -- what the API shows of these columns
    PRIMARY KEY (id, from_position)
);
CREATE INDEX patients_now ON patients (account_id, id) WHERE to_position = 9223372036854775807;
CREATE INDEX patients_by_name ON patients (account_id, name, id) WHERE to_position = 9223372036854775807;
CREATE UNIQUE INDEX patients_external_ids ON patients (account_id, external_id)
    WHERE to_position = 9223372036854775807 AND external_id IS NOT NULL;

CREATE TABLE patient_heads (                                -- the newest of each patient, without history
    id           bigint      NOT NULL PRIMARY KEY,
    account_id   bigint      NOT NULL,
    version      bigint      NOT NULL,
    position     bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    document_id  text,                                      -- last uploaded
    summary      jsonb                                      -- of the last document that was read
);

CREATE TABLE observations (
    id             bigint NOT NULL PRIMARY KEY,
    account_id     bigint NOT NULL,
    patient_id     bigint NOT NULL,
    variable_id    bigint NOT NULL,                         -- a variable or a date variable
    from_position  bigint NOT NULL,
    to_position    bigint NOT NULL DEFAULT 9223372036854775807,  -- set when superseded or withdrawn
    day            date   NOT NULL,                         -- clinical day; of a date value: its start
    end_day        date,                                    -- of a date value: its end as sent, else null
    number         numeric,                                 -- of a pair: its first part; null when the value is text
    second         numeric,                                 -- of a pair: its second part
    text           text,                                    -- the value as sent
    is_proven      boolean NOT NULL,                        -- page and box came with this very value, not with an earlier one
    body           text   NOT NULL                          -- JSON as the API shows it, without the variable's name and units
);
CREATE INDEX observations_now ON observations (patient_id, variable_id, day DESC, from_position DESC, id DESC)
    WHERE to_position = 9223372036854775807;
-- Measures read this one alone, for any position: not partial, and with all that they compare.
CREATE INDEX observations_of_variable
    ON observations (account_id, variable_id, patient_id, day DESC, from_position DESC, id DESC)
    INCLUDE (to_position, end_day, number, second);
CREATE INDEX observations_history ON observations (patient_id, from_position);
-- Which of a patient's values that no longer stand did at a position: a point in few of many spans, whatever their number.
CREATE INDEX observations_ended ON observations
    USING gist (box(point(patient_id, from_position), point(patient_id, to_position - 1)))
    WHERE to_position < 9223372036854775807;

CREATE TABLE documents (
    id             text        NOT NULL PRIMARY KEY,        -- "pdf_" and a token
    account_id     bigint      NOT NULL,
    patient_id     bigint      NOT NULL,
    position       bigint      NOT NULL,
    sha256         text        NOT NULL,
    filename       text        NOT NULL,
    bytes          bigint      NOT NULL,
    created_at     timestamptz NOT NULL,
    read_position  bigint,
    status         text        NOT NULL DEFAULT 'processing',
    reason         text,
    pages          integer,
    summary        jsonb
);
CREATE INDEX documents_of_patient ON documents (patient_id, position);
CREATE INDEX documents_to_read ON documents (position) WHERE status = 'processing';

CREATE TABLE variables (
    id             bigint  NOT NULL,
    account_id     bigint  NOT NULL,
    from_position  bigint  NOT NULL,
    to_position    bigint NOT NULL DEFAULT 9223372036854775807,
    kind           text    NOT NULL CHECK (kind IN ('number', 'date')),
    version        bigint  NOT NULL,
    name           text    NOT NULL,
    is_interval    boolean NOT NULL DEFAULT false,
    body           jsonb   NOT NULL,
    PRIMARY KEY (id, from_position)
);
CREATE INDEX variables_now ON variables (account_id, kind, id) WHERE to_position = 9223372036854775807;

CREATE TABLE metrics (
    id             bigint NOT NULL,
    account_id     bigint NOT NULL,
    from_position  bigint NOT NULL,
    to_position    bigint NOT NULL DEFAULT 9223372036854775807,
    version        bigint NOT NULL,
    body           jsonb  NOT NULL,                         -- definition as the API shows it, with "references"
    PRIMARY KEY (id, from_position)
);
CREATE INDEX metrics_now ON metrics (account_id, id) WHERE to_position = 9223372036854775807;

CREATE TABLE jobs (
    id           bigint      NOT NULL PRIMARY KEY,
    account_id   bigint      NOT NULL,
    position     bigint      NOT NULL,
    kind         text        NOT NULL,
    status       text        NOT NULL DEFAULT 'waiting',    -- waiting, running, succeeded, failed
    request      jsonb       NOT NULL,
    lines_total  bigint,
    lines_done   bigint      NOT NULL DEFAULT 0,            -- moved in the transaction of the lines' events
    lines_failed bigint      NOT NULL DEFAULT 0,
    values_found      bigint NOT NULL DEFAULT 0,            -- by a scrape, and
    values_not_found  bigint NOT NULL DEFAULT 0,
    result       jsonb,
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz
);
CREATE INDEX jobs_to_do ON jobs (id) WHERE status IN ('waiting', 'running');
CREATE INDEX jobs_of_account ON jobs (account_id, id);

CREATE TABLE job_problems (
    job_id   bigint NOT NULL,
    line     bigint NOT NULL,
    problem  jsonb  NOT NULL,
    PRIMARY KEY (job_id, line)
);
