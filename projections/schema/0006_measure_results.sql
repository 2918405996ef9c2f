-- What the measures say of each patient, and the sums of that. A rebuild runs this file in a schema of its own.

CREATE TABLE measure_results (
    account_id      bigint    NOT NULL,
    metric_id       bigint    NOT NULL,
    period_start    date      NOT NULL,
    period_end      date      NOT NULL,
    patient_id      bigint    NOT NULL,
    cells           numeric[] NOT NULL,
    PRIMARY KEY (metric_id, period_start, period_end, patient_id)
);

CREATE TABLE cms_reports (
    account_id      bigint    NOT NULL,
    metric_id       bigint    NOT NULL,
    period_start    date      NOT NULL,
    period_end      date      NOT NULL,
    metric_version  bigint    NOT NULL,
    totals          numeric[] NOT NULL,
    body            text      NOT NULL,                       -- JSON, as the API answers it
    PRIMARY KEY (metric_id, period_start, period_end)
);
CREATE INDEX cms_reports_of_account ON cms_reports (account_id, period_start, period_end, metric_id);
