-- scores: how good a run, or an event of it, was found to be.
-- score_details: a score as the API returns it.

CREATE TABLE scores (
    run_id       uuid        NOT NULL,
    score_id     text        COLLATE "C" NOT NULL,
    event_id     uuid,
    name         text        NOT NULL,
    kind         text        NOT NULL,
    value_number numeric,
    value_text   text,
    comment      text,
    metadata     jsonb,
    source       text        NOT NULL,
    timestamp    timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT scores_pkey PRIMARY KEY (run_id, score_id),
    CONSTRAINT scores_source_check CHECK (source IN ('api', 'user', 'evaluator')),
    CONSTRAINT scores_value_check CHECK (
        CASE kind
            WHEN 'number'   THEN value_number IS NOT NULL AND value_text IS NULL
            WHEN 'boolean'  THEN value_number IS NOT NULL AND value_number IN (0, 1) AND value_text IS NULL
            WHEN 'category' THEN value_number IS NULL AND value_text IS NOT NULL
            ELSE false END)
);

CREATE INDEX scores_score_id_idx ON scores (score_id);

CREATE INDEX scores_timestamp_idx ON scores (timestamp, run_id, score_id);

CREATE INDEX scores_name_timestamp_idx ON scores (name, timestamp, run_id, score_id);

COMMENT ON TABLE scores IS 'How good runs and their events were found to be. No foreign key to runs: a score may come before its run, and belongs to it as soon as that is there. Nothing is derived from scores, so metrics of scores are computed from here and retired_scores.';

COMMENT ON COLUMN scores.score_id IS 'The client''s id, else one that the service made. Sent again, the score is replaced';

COMMENT ON COLUMN scores.event_id IS 'The event that the score is about; NULL: the whole run';

COMMENT ON COLUMN scores.value_number IS 'Of a number itself, of a boolean 0 or 1';

COMMENT ON COLUMN scores.value_text IS 'Of a category';

COMMENT ON COLUMN scores.timestamp IS 'When the judgement was made, as the client says; else when it came';

COMMENT ON COLUMN scores.updated_at IS 'When it last came';

CREATE VIEW score_details AS
SELECT s.run_id, s.score_id, s.event_id, s.name, s.kind,
       CASE s.kind
           WHEN 'number'  THEN to_jsonb(s.value_number)
           WHEN 'boolean' THEN to_jsonb(s.value_number = 1)
           ELSE to_jsonb(s.value_text) END AS value,
       s.comment, s.metadata, s.source, s.timestamp, s.created_at, s.updated_at
  FROM scores AS s;

COMMENT ON VIEW score_details IS 'Scores as the API returns them';
