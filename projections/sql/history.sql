-- name: account_of    whose an aggregate is
SELECT account_id FROM events WHERE originator_id = %(id)s AND originator_version = 1;

-- name: version    when a version of an aggregate came to be
SELECT position, recorded_at FROM events WHERE originator_id = %(id)s AND originator_version = %(version)s;

-- name: newest_version
SELECT max(originator_version) FROM events WHERE originator_id = %(id)s;
