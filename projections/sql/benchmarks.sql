-- name: remove_years    what an earlier edition said of these years
DELETE FROM benchmarks WHERE performance_year = ANY(%(years)s);

-- name: insert_benchmarks    all rows of a file, as JSON
INSERT INTO benchmarks (measure_id, submission_method, performance_year, benchmark_year, bounds, worst, is_inverse,
                        is_topped_out, is_topped_out_by_program, average, source)
SELECT row.measure_id, row.submission_method, row.performance_year, row.benchmark_year,
       array(SELECT bound::numeric FROM jsonb_array_elements_text(row.bounds) WITH ORDINALITY AS b (bound, n) ORDER BY n),
       row.worst, row.is_inverse, row.is_topped_out, row.is_topped_out_by_program, row.average, row.source
FROM jsonb_to_recordset(%(rows)s::jsonb) AS row
     (measure_id text, submission_method text, performance_year integer, benchmark_year integer, bounds jsonb,
      worst numeric, is_inverse boolean, is_topped_out boolean, is_topped_out_by_program boolean, average numeric,
      source text);

-- name: find_benchmark    of one measure, one way of submitting, one year
SELECT measure_id, submission_method, performance_year, benchmark_year, bounds, worst, is_inverse,
       is_topped_out, is_topped_out_by_program, average, source
FROM benchmarks
WHERE measure_id = %(measure_id)s AND submission_method = %(submission_method)s
  AND performance_year = %(performance_year)s;

-- name: forget_reports    of CMS measures
DELETE FROM cms_reports WHERE body::json ->> 'measure_id' IS NOT NULL;
