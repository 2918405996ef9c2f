-- name: sealed    how many events have their hashes in the tiles
SELECT sealed FROM transparency_head;

-- name: pending    how many events have no hashes in the tiles yet; below zero when sealed events are gone
SELECT (SELECT coalesce(max(position), 0) FROM events) - coalesce(max(sealed), 0) FROM transparency_head;

-- name: take_turn    the same; nobody else seals, signs or changes keys until this transaction ends
SELECT sealed FROM transparency_head FOR UPDATE;

-- name: advance
UPDATE transparency_head SET sealed = %(new)s WHERE sealed = %(old)s;

-- name: put_tiles
INSERT INTO transparency_tiles (level, index, hashes)
SELECT level, index, hashes FROM unnest(%(levels)s::smallint[], %(indexes)s::bigint[], %(contents)s::bytea[])
    AS t (level, index, hashes)
ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes;

-- name: tiles
SELECT level, index, hashes FROM transparency_tiles
JOIN unnest(%(levels)s::smallint[], %(indexes)s::bigint[]) AS wanted (level, index) USING (level, index);

-- name: last_checkpoint
SELECT size, root, note, signed_at, key_id FROM transparency_checkpoints ORDER BY size DESC LIMIT 1;

-- name: checkpoint_of    the checkpoint of exactly this size
SELECT size, root, note, signed_at, key_id FROM transparency_checkpoints WHERE size = %(size)s;

-- name: count_checkpoints
SELECT count(*) FROM transparency_checkpoints;

-- name: list_checkpoints    the largest first
SELECT size, root, note, signed_at, key_id FROM transparency_checkpoints
WHERE %(before)s::bigint IS NULL OR size < %(before)s::bigint
ORDER BY size DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: add_checkpoint
INSERT INTO transparency_checkpoints (size, root, note, signed_at, key_id)
VALUES (%(size)s, %(root)s, %(note)s, %(signed_at)s, %(key_id)s);

-- name: keys    the one that signs now first, then as they were retired
SELECT vkey, valid_from, retired_at, handover FROM transparency_keys ORDER BY retired_at DESC NULLS FIRST;

-- name: add_key
INSERT INTO transparency_keys (key_id, vkey, valid_from, handover)
VALUES (%(key_id)s, %(vkey)s, %(valid_from)s, %(handover)s);

-- name: retire_key
UPDATE transparency_keys SET retired_at = %(retired_at)s WHERE retired_at IS NULL;

-- name: has_frozen_report    whether a report was frozen after one position, up to another
SELECT EXISTS (SELECT FROM events WHERE position > %(after)s AND position <= %(upto)s AND topic = %(topic)s);

-- name: account_of_event
SELECT account_id FROM events WHERE position = %(position)s;

-- name: undelivered    the checkpoints that the sink lacks, the smallest first
SELECT size, note FROM transparency_checkpoints
WHERE size > (SELECT delivered FROM transparency_head) ORDER BY size LIMIT %(limit)s;

-- name: delivered
UPDATE transparency_head SET delivered = %(size)s WHERE delivered < %(size)s;

-- name: add_trouble
INSERT INTO transparency_troubles AS t (what, detail) VALUES (%(what)s, %(detail)s)
ON CONFLICT (what) DO UPDATE SET detail = excluded.detail;

-- name: end_trouble
DELETE FROM transparency_troubles WHERE what = %(what)s;

-- name: status
SELECT h.sealed, (SELECT coalesce(max(position), 0) FROM events),
       coalesce((SELECT extract(epoch FROM now() - e.recorded_at)::float8 FROM events e
                 WHERE e.position > h.sealed ORDER BY e.position LIMIT 1), 0),
       c.size, extract(epoch FROM now() - c.signed_at)::float8,
       (SELECT coalesce(json_object_agg(what, detail), '{}') FROM transparency_troubles)
FROM (SELECT coalesce(max(sealed), 0) AS sealed FROM transparency_head) h
LEFT JOIN LATERAL (SELECT size, signed_at FROM transparency_checkpoints ORDER BY size DESC LIMIT 1) c ON true;
