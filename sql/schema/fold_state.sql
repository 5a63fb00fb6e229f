-- fold_state: one row that counts the folds; its lock lets one fold happen at a time.
-- fold_gate: what every materialized view reads through, so that none can be written from a snapshot
-- that is older than the last fold. REFRESH takes its snapshot before it waits for its lock: after a
-- fold it would write the old view back, while the deltas are gone. Asked as WHERE (SELECT is_open FROM
-- fold_gate), which is decided before the first row is looked for; joined, it would not be looked
-- through where the table is still empty.

CREATE TABLE fold_state (
    only_row           boolean     NOT NULL DEFAULT true,
    n                  bigint      NOT NULL DEFAULT 0,
    folded_at          timestamptz NOT NULL DEFAULT now(),
    quarter_hours_from timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00',
    CONSTRAINT fold_state_pkey PRIMARY KEY (only_row),
    CONSTRAINT fold_state_only_row_check CHECK (only_row)
) WITH (fillfactor = 10);

INSERT INTO fold_state DEFAULT VALUES;

COMMENT ON TABLE fold_state IS 'The number and time of the last fold of metric_deltas into the metric tables and materialized views';

COMMENT ON COLUMN fold_state.quarter_hours_from IS 'Quarter hours before this are no longer kept';

CREATE FUNCTION fold_is_current(seen bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path FROM CURRENT
AS $$
BEGIN
    IF seen IS DISTINCT FROM (SELECT n FROM fold_state) THEN
        RAISE EXCEPTION 'a fold was committed after this refresh began: run it again'
              USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION fold_is_current(bigint) IS 'Compares the fold that the statement''s snapshot sees with the last one; VOLATILE, so that it has a newer snapshot. Raises 40001 when they differ.';

CREATE VIEW fold_gate AS
WITH gate AS MATERIALIZED (
    SELECT fold_is_current(s.n) AS is_open
      FROM fold_state AS s
)
SELECT g.is_open
  FROM gate AS g;

COMMENT ON VIEW fold_gate IS 'One row, or error 40001 in a REFRESH that began before the last fold was committed';

CREATE TABLE refresh_leader (
    only_row    boolean     NOT NULL DEFAULT true,
    leader      text,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    failed_at   timestamptz,
    failure     text,
    CONSTRAINT refresh_leader_pkey PRIMARY KEY (only_row),
    CONSTRAINT refresh_leader_only_row_check CHECK (only_row)
) WITH (fillfactor = 10);

INSERT INTO refresh_leader DEFAULT VALUES;

COMMENT ON TABLE refresh_leader IS 'The lease of the process that folds. It spares the others the work; that two never fold at once is fold_state''s doing.';

COMMENT ON COLUMN refresh_leader.failed_at IS 'When a fold last failed; it folds again once fold_state.folded_at is later';

COMMENT ON COLUMN refresh_leader.failure IS 'The error''s class and SQLSTATE, nothing of its text';
