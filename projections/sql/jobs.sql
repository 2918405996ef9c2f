-- name: find_job    with its first 100 problems
SELECT j.account_id, j.id, j.kind, j.status, j.lines_total, j.lines_done, j.lines_failed,
       j.result, j.created_at, j.finished_at,
       coalesce((SELECT jsonb_agg(jsonb_build_object('line', p.line) || p.problem ORDER BY p.line)
                 FROM (SELECT * FROM job_problems p WHERE p.job_id = j.id ORDER BY p.line LIMIT 100) p), '[]')
FROM jobs j WHERE j.id = %(job_id)s;

-- name: next_job    the oldest that is not finished
SELECT j.id, j.account_id, j.kind, j.request, j.lines_done, a.zone
FROM jobs j JOIN accounts a ON a.id = j.account_id
WHERE j.status IN ('waiting', 'running') ORDER BY j.id LIMIT 1;

-- name: list_jobs    of an account, the newest first, with its problems counted
SELECT j.id, j.kind, j.status, j.lines_total, j.lines_done, j.lines_failed, j.created_at, j.finished_at
FROM jobs j WHERE j.account_id = %(account_id)s ORDER BY j.created_at DESC, j.id DESC LIMIT %(limit)s;
