-- Reference data that CMS publishes each year, loaded from its files; no event tells of it, and no rebuild touches it.

CREATE TABLE benchmarks (
    performance_year         integer   NOT NULL,
    measure_id               text      NOT NULL,
    submission_method        text      NOT NULL,
    benchmark_year           integer   NOT NULL,
    bounds                   numeric[] NOT NULL,              -- where deciles 2 to 10 begin, from worst to best
    worst                    numeric   NOT NULL,              -- where decile 1 begins
    is_inverse               boolean   NOT NULL,
    is_topped_out            boolean   NOT NULL,
    is_topped_out_by_program boolean   NOT NULL,
    average                  numeric,
    source                   text      NOT NULL,              -- hex SHA-256 of the file
    PRIMARY KEY (performance_year, measure_id, submission_method)
);
