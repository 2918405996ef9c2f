-- name: find_session
SELECT u.id, u.account_id, a.zone, u.name, u.role, s.created_at, s.seen_at
FROM sessions s JOIN users u ON u.id = s.user_id JOIN accounts a ON a.id = u.account_id
WHERE s.hash = %(hash)s AND NOT u.is_disabled;

-- name: open_session
INSERT INTO sessions (hash, user_id, created_at, seen_at) VALUES (%(hash)s, %(user_id)s, %(at)s, %(at)s);

-- name: touch_session
UPDATE sessions SET seen_at = %(at)s WHERE hash = %(hash)s;

-- name: end_session
DELETE FROM sessions WHERE hash = %(hash)s;

-- name: end_sessions_of
DELETE FROM sessions WHERE user_id = %(user_id)s;

-- name: remove_sessions
DELETE FROM sessions WHERE seen_at < %(seen_before)s;

-- name: put_link
INSERT INTO one_time_links (hash, user_id, expires_at) VALUES (%(hash)s, %(user_id)s, %(expires_at)s);

-- name: user_of_link
SELECT user_id FROM one_time_links WHERE hash = %(hash)s AND expires_at > %(at)s;

-- name: remove_links_of
DELETE FROM one_time_links WHERE user_id = %(user_id)s;

-- name: find_password
SELECT hash FROM attestor_keys.passwords WHERE user_id = %(user_id)s;

-- name: put_password
INSERT INTO attestor_keys.passwords (user_id, hash) VALUES (%(user_id)s, %(hash)s)
ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash;

-- name: note_failure
INSERT INTO sign_in_failures (subject, at) VALUES (%(subject)s, %(at)s);

-- name: count_failures
SELECT count(*) FROM sign_in_failures WHERE subject = %(subject)s AND at > %(since)s;

-- name: forget_failures
DELETE FROM sign_in_failures WHERE subject = %(subject)s OR at < %(before)s;
