-- name: await_appends    until whoever appends now has committed; later ones are recorded later
SELECT pg_advisory_xact_lock_shared(61274401);

-- name: account_of    whose an aggregate is
SELECT account_id FROM events WHERE originator_id = %(id)s AND originator_version = 1;

-- name: version    when a version of an aggregate came to be
SELECT position, recorded_at FROM events WHERE originator_id = %(id)s AND originator_version = %(version)s;

-- name: newest_version
SELECT max(originator_version) FROM events WHERE originator_id = %(id)s;

-- name: count_events
SELECT count(*) FROM events WHERE /* conditions */;

-- name: count_of_aggregate    all of them: its versions have no gap
SELECT coalesce(max(originator_version), 0) FROM events
WHERE originator_id = %(originator_id)s AND account_id = %(account_id)s;

-- name: list_events    with who asked, which is in clear
SELECT position, account_id, originator_id, originator_version, topic, state, recorded_at, actor, request_id
FROM events WHERE /* conditions */ ORDER BY position /* order */ LIMIT %(limit)s OFFSET %(offset)s;

-- name: event_at
SELECT position, account_id, originator_id, originator_version, topic, state, recorded_at, actor, request_id
FROM events WHERE position = %(position)s;

-- name: events_before    of some events the last one before each, of the same aggregate, with one of some topics
SELECT after.position, b.position, b.account_id, b.originator_id, b.originator_version, b.topic, b.state, b.recorded_at
FROM events after CROSS JOIN LATERAL (
    SELECT * FROM events e
    WHERE e.originator_id = after.originator_id AND e.originator_version < after.originator_version
      AND e.topic = ANY(%(topics)s)
    ORDER BY e.originator_version DESC LIMIT 1
) b
WHERE after.position = ANY(%(positions)s);

-- name: events_of_observations    that recorded some observations
SELECT o.id, e.position, e.account_id, e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at
FROM observations o JOIN events e ON e.position = o.from_position WHERE o.id = ANY(%(ids)s);

-- name: names_of_variables    that some variables ever had, each up to a position
SELECT id, to_position, name, body ->> 'units' FROM variables WHERE id = ANY(%(ids)s) ORDER BY id, to_position;

-- name: names_of_documents
SELECT id, filename FROM documents WHERE id = ANY(%(ids)s);

-- name: names_of_keys
SELECT id, name, last4 FROM api_keys WHERE id = ANY(%(ids)s);

-- name: names_of_users
SELECT id, name FROM users WHERE id = ANY(%(ids)s);
