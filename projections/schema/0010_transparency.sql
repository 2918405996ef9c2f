-- The transparency log: the hashes of all events as tiles, and signed checkpoints. See docs/transparency.md.

CREATE TABLE transparency_head (                            -- one row
    is_only    boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (is_only),
    sealed     bigint  NOT NULL DEFAULT 0,                  -- events 1 to this have their hashes in the tiles
    delivered  bigint  NOT NULL DEFAULT 0                   -- size of the last checkpoint that the sink has
);
INSERT INTO transparency_head DEFAULT VALUES;

CREATE TABLE transparency_tiles (
    level   smallint NOT NULL,
    index   bigint   NOT NULL,
    hashes  bytea    NOT NULL,                              -- up to 256 of 32 bytes; the last tile of a level grows
    PRIMARY KEY (level, index)
);
ALTER TABLE transparency_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE transparency_checkpoints (
    size       bigint      NOT NULL PRIMARY KEY,            -- how many events it is over
    root       bytea       NOT NULL,
    note       text        NOT NULL,                        -- as it was signed
    signed_at  timestamptz NOT NULL,
    key_id     bytea       NOT NULL
);
CREATE TRIGGER checkpoints_are_for_ever BEFORE UPDATE OR DELETE ON transparency_checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoints_are_never_emptied BEFORE TRUNCATE ON transparency_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE transparency_keys (                            -- public keys; the private ones are files
    key_id      bytea       NOT NULL PRIMARY KEY,
    vkey        text        NOT NULL UNIQUE,
    valid_from  timestamptz NOT NULL,
    retired_at  timestamptz,                                -- null: signs now
    handover    text                                        -- a note by the key before, of this key
);
CREATE UNIQUE INDEX transparency_keys_one_signs ON transparency_keys ((true)) WHERE retired_at IS NULL;

CREATE TABLE transparency_troubles (                        -- what keeps the log from being sealed or handed out
    what    text        NOT NULL PRIMARY KEY,
    detail  text        NOT NULL,
    since   timestamptz NOT NULL DEFAULT now()
);
