-- The dashboard: who is signed in, and what only a person may know. None of it is rebuilt from the log.

CREATE TABLE attestor_keys.passwords (
    user_id  bigint NOT NULL PRIMARY KEY,
    hash     text   NOT NULL                                -- argon2id, as its own text says
);

CREATE TABLE sessions (
    hash        bytea       NOT NULL PRIMARY KEY,           -- SHA-256 of what the cookie holds
    user_id     bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE one_time_links (                               -- to set a password with
    hash        bytea       NOT NULL PRIMARY KEY,           -- SHA-256 of what the link holds
    user_id     bigint      NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE TABLE sign_in_failures (                             -- of the last quarter of an hour
    subject  bytea       NOT NULL,                          -- SHA-256 of an email or an address
    at       timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_of_subject ON sign_in_failures (subject, at);
