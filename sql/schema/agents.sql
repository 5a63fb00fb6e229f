-- agents: one row per agent name ever seen.

CREATE TABLE agents (
    name        text        NOT NULL,
    description text,
    run_counter bigint      NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT agents_pkey PRIMARY KEY (name),
    CONSTRAINT agents_run_counter_check CHECK (run_counter >= 0)
) WITH (fillfactor = 50);

COMMENT ON TABLE agents IS 'Every agent name seen. The row''s lock serialises the naming of its runs; half-filled pages keep the counter''s updates HOT.';

COMMENT ON COLUMN agents.run_counter IS 'The N of the last `run N` that the service gave; may have gaps';
