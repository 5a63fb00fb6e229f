-- 0018.retired-versions: keep what runs that retention removes add up to by version.
--
-- locks    no existing table
-- safe     yes: older processes do not know the table; what their retention removes is in no version

SET LOCAL lock_timeout = '2s';

CREATE TABLE retired_versions (
    retired_id      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    agent_name      text        NOT NULL,
    day             date        NOT NULL,
    version         text        NOT NULL,
    duration_bucket smallint    NOT NULL,
    runs            bigint      NOT NULL,
    completed       bigint      NOT NULL,
    failed          bigint      NOT NULL,
    events          numeric     NOT NULL,
    errors          numeric     NOT NULL,
    tokens_in       numeric     NOT NULL,
    tokens_out      numeric     NOT NULL,
    cost            numeric     NOT NULL,
    first_seen      timestamptz NOT NULL,
    last_seen       timestamptz NOT NULL,
    CONSTRAINT retired_versions_pkey PRIMARY KEY (retired_id),
    CONSTRAINT retired_versions_sign_check CHECK (least(runs, completed, failed, events, errors, tokens_in, tokens_out,
                                                        cost) >= 0)
);

CREATE INDEX retired_versions_agent_name_idx ON retired_versions (agent_name, day);

COMMENT ON TABLE retired_versions IS 'What runs that retention removed add up to by version, written in the transaction that dropped them. Each drop appends.';

COMMENT ON COLUMN retired_versions.day IS 'Of the run''s started_at, in UTC';

COMMENT ON COLUMN retired_versions.version IS 'Empty: the run had none';

COMMENT ON COLUMN retired_versions.duration_bucket IS 'latency_bucket of the run''s duration';
