-- Frozen reports and where they stand. A rebuild runs this file in a schema of its own.

CREATE TABLE reports (
    id               bigint      NOT NULL PRIMARY KEY,
    account_id       bigint      NOT NULL,
    version          bigint      NOT NULL,
    position         bigint      NOT NULL,                  -- of the last event that touched it
    status           text        NOT NULL,                  -- frozen, attested, submitted, restated
    period_start     date        NOT NULL,
    period_end       date        NOT NULL,
    log_position     bigint      NOT NULL,                  -- it says what was known there
    metric_versions  jsonb       NOT NULL,                  -- [[metric, version], …]
    body             text        NOT NULL,                  -- the rendered bytes
    sha256           text        NOT NULL,
    release          text        NOT NULL,                  -- that computed it
    restates         bigint,
    restated_by      bigint,
    frozen_at        timestamptz NOT NULL,
    frozen_by        text        NOT NULL,
    attested_at      timestamptz,
    attested_by      text,
    statement        text,
    submitted_at     timestamptz,
    reference        text,
    restated_at      timestamptz,
    reason           text
);
CREATE INDEX reports_of_account ON reports (account_id, frozen_at DESC, id DESC);
