-- Async projections: how far each has come, which accounts' lines stand still, and how often keys are used.

CREATE TABLE projections (
    name        text        NOT NULL PRIMARY KEY,
    version     integer     NOT NULL,
    position    bigint      NOT NULL DEFAULT 0,             -- the checkpoint: every event up to it is folded in
    heartbeat   timestamptz,                                -- of the runner that leads it
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projection_stops (                             -- an account whose line stopped at an event it cannot take
    projection  text        NOT NULL,
    account_id  bigint      NOT NULL,
    position    bigint      NOT NULL,                       -- the last position that is folded in for this account
    error       text        NOT NULL,                       -- the kind of error, without data
    stopped_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, account_id)
);

CREATE TABLE key_usage (
    key_id    bigint      NOT NULL,
    hour      timestamptz NOT NULL,
    endpoint  text        NOT NULL,
    status    integer     NOT NULL,
    calls     bigint      NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (key_id, hour, endpoint, status)
);

CREATE TABLE report_schedules (                             -- reports that are frozen when their period is over
    account_id  bigint   NOT NULL,
    every       text     NOT NULL CHECK (every IN ('month', 'quarter', 'year')),
    metric_ids  bigint[],                                   -- null: all metrics of the account
    PRIMARY KEY (account_id, every)
);
