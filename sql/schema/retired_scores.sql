-- retired_scores: what the scores of runs that retention removed summed up to.

CREATE TABLE retired_scores (
    retired_id bigint  NOT NULL GENERATED ALWAYS AS IDENTITY,
    agent_name text    NOT NULL,
    version    text    NOT NULL,
    day        date    NOT NULL,
    name       text    NOT NULL,
    kind       text    NOT NULL,
    source     text    NOT NULL,
    value_text text,
    scores     bigint  NOT NULL,
    value_sum  numeric,
    value_min  numeric,
    value_max  numeric,
    CONSTRAINT retired_scores_pkey PRIMARY KEY (retired_id),
    CONSTRAINT retired_scores_sign_check CHECK (scores > 0)
);

CREATE INDEX retired_scores_agent_name_idx ON retired_scores (agent_name, day);

CREATE INDEX retired_scores_day_idx ON retired_scores (day);

COMMENT ON TABLE retired_scores IS 'Sums of the scores of runs that retention removed, added in the transaction that removed them: the metrics of scores still have them. Each drop appends, so a key may have several rows.';

COMMENT ON COLUMN retired_scores.version IS 'Of the run; empty: none';

COMMENT ON COLUMN retired_scores.day IS 'Of the score''s timestamp, in UTC';
