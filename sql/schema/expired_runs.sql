-- expired_runs: the ids of runs that retention removed, for 90 days.

CREATE TABLE expired_runs (
    run_id     uuid        NOT NULL,
    expired_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT expired_runs_pkey PRIMARY KEY (run_id)
);

COMMENT ON TABLE expired_runs IS 'Runs that retention removed in the last 90 days: events that come late for them are refused, for they would make half a run and count twice';
