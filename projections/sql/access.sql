-- name: find_key    the key with this hash, with its account's zone
SELECT k.id, k.account_id, a.zone, k.scopes, k.expires_at, k.revoked_at
FROM api_keys k JOIN accounts a ON a.id = k.account_id
WHERE k.hash = %(hash)s;

-- name: find_account
SELECT id, version, position, name, zone, submitter FROM accounts WHERE id = %(account_id)s;

-- name: count_keys
SELECT count(*) FROM api_keys WHERE account_id = %(account_id)s;

-- name: list_keys
SELECT k.id, k.account_id, k.version, k.position, k.name, k.prefix, k.last4, k.scopes,
       k.created_at, k.expires_at, k.revoked_at,
       (SELECT max(u.last_at) FROM key_usage u WHERE u.key_id = k.id)
FROM api_keys k WHERE k.account_id = %(account_id)s
ORDER BY k.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: find_key_of
SELECT k.id, k.account_id, k.version, k.position, k.name, k.prefix, k.last4, k.scopes,
       k.created_at, k.expires_at, k.revoked_at,
       (SELECT max(u.last_at) FROM key_usage u WHERE u.key_id = k.id)
FROM api_keys k WHERE k.id = %(key_id)s;

-- name: key_usage    calls by day, endpoint and status
SELECT to_char(hour, 'YYYY-MM-DD'), endpoint, status, sum(calls)::bigint
FROM key_usage
WHERE key_id = %(key_id)s AND hour >= now() - make_interval(days => %(days)s)
GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3;

-- name: add_usage    one row per key, hour, endpoint and status
INSERT INTO key_usage AS u (key_id, hour, endpoint, status, calls, last_at)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::integer[], %s::bigint[], %s::timestamptz[])
ON CONFLICT (key_id, hour, endpoint, status) DO UPDATE
SET calls = u.calls + excluded.calls, last_at = greatest(u.last_at, excluded.last_at);

-- name: usage_by_hour    calls and failures of every key of an account, by hour
SELECT u.key_id, u.hour, sum(u.calls)::bigint, coalesce(sum(u.calls) FILTER (WHERE u.status >= 400), 0)::bigint
FROM key_usage u JOIN api_keys k ON k.id = u.key_id
WHERE k.account_id = %(account_id)s AND u.hour > %(since)s
GROUP BY 1, 2;
