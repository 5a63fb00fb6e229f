-- 0002.metrics: create the deltas, the tables and views that they fold into, and the leader's lease.
--
-- locks    nothing that exists
-- safe     yes: no code runs before the first release
--
-- The key of metric_deltas costs 1.7 µs of CPU per delta (4.2 in place of 2.5). The folded tables have no
-- CHECK on signs: a wrong sum is for verify to find, and must not stop folds.

SET LOCAL lock_timeout = '2s';

CREATE FUNCTION latency_edges() RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CAST('{1,2,3,4,5,6,7,8,9,10,12,14,16,19,22,26,31,37,44,52,62,74,88,105,126,151,181,217,260,312,374,
    448,537,644,772,926,1111,1333,1599,1918,2301,2761,3313,3975,4770,5724,6868,8241,9889,11866,
    14239,17086,20503,24603,29523,35427,42512,51014,61216,73459,88150,105780,126936,152323,
    182787,219344,263212,315854,379024,454828,545793,654951,785941,943129,1131754,1358104,
    1629724,1955668,2346801,2816161,3379393,4055271,4866325,5839590,7007508,8409009,10090810,
    12108972,14530766,17436919,20924302,25109162,30130994,36157192,43388630,52066356,62479627,
    74975552,89970662,107964794,129557752,155469302,186563162,223875794,268650952,322381142,
    386857370,464228844,557074612,668489534,802187440,962624928,1155149913,1386179895,
    1663415874,1996099048,2395318857,2874382628,3449259153,4139110983,4966933179,5960319814,
    7152383776,8582860531,10299432637,12359319164,14831182996,17797419595,21356903514,
    25628284216,30753941059,36904729270,44285675124,53142810148,63771372177,76525646612,
    91830775934,110196931120,132236317344,158683580812,190420296974,228504356368,274205227641,
    329046273169,394855527802,473826633362,568591960034,682310352040,818772422448,982526906937,
    1179032288324,1414838745988,1697806495185,2037367794222,2444841353066,2933809623679,
    3520571548414,4224685858096,5069623029715,6083547635658,7300257162789,8760308595346,
    10512370314415,12614844377298,15137813252757,18165375903308,21798451083969,26158141300762,
    31389769560914,37667723473096,45201268167715,54241521801258,65089826161509,78107791393810,
    93729349672572,112475219607086,134970263528503,161964316234203,194357179481043,
    233228615377251,279874338452701,335849206143241,403019047371889,483622856846266,
    580347428215519,696416913858622,835700296630346,1002840355956415}' AS bigint[]);

COMMENT ON FUNCTION latency_edges() IS 'The lower ends of the latency buckets from 1 on, in microseconds: each the next whole number, or a fifth more';

CREATE FUNCTION latency_bucket(latency_us bigint) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN width_bucket(latency_us, latency_edges())::smallint;

COMMENT ON FUNCTION latency_bucket(bigint) IS 'The bucket of a latency; compared with constants and never computed with ln(), so every server gives the same';

CREATE TABLE latency_buckets (
    latency_bucket smallint         NOT NULL,
    from_us        bigint           NOT NULL,
    to_us          bigint           NOT NULL,
    middle_us      double precision NOT NULL,
    CONSTRAINT latency_buckets_pkey PRIMARY KEY (latency_bucket)
);

INSERT INTO latency_buckets (latency_bucket, from_us, to_us, middle_us)
SELECT b.latency_bucket, b.from_us, b.to_us, sqrt(b.from_us::double precision * b.to_us)
  FROM (SELECT e.ordinality AS latency_bucket, e.edge AS from_us,
               lead(e.edge) OVER (ORDER BY e.ordinality) - 1 AS to_us
          FROM unnest(latency_edges()) WITH ORDINALITY AS e (edge, ordinality)
         UNION ALL
        SELECT 0, 0, 0) AS b
 WHERE b.to_us IS NOT NULL;

COMMENT ON TABLE latency_buckets IS 'What each latency bucket holds: latencies from from_us to to_us, both included';

COMMENT ON COLUMN latency_buckets.middle_us IS 'The geometric middle, which percentiles answer: within 9.6 % of every latency in the bucket';

CREATE FUNCTION latency_percentiles(latency_buckets smallint[], latency_counts bigint[])
    RETURNS TABLE (p50_ms double precision, p95_ms double precision, p99_ms double precision)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT min(b.middle_us) FILTER (WHERE r.up_to_here * 100 >= 50 * r.events) / 1000,
           min(b.middle_us) FILTER (WHERE r.up_to_here * 100 >= 95 * r.events) / 1000,
           min(b.middle_us) FILTER (WHERE r.up_to_here * 100 >= 99 * r.events) / 1000
      FROM (SELECT c.latency_bucket,
                   sum(c.events::float8) OVER (ORDER BY c.latency_bucket) AS up_to_here,
                   sum(c.events::float8) OVER ()                          AS events
              FROM unnest($1, $2) AS c (latency_bucket, events)) AS r
      JOIN latency_buckets AS b
        ON b.latency_bucket = r.latency_bucket;
$$;

COMMENT ON FUNCTION latency_percentiles(smallint[], bigint[]) IS 'The percentiles of a histogram in milliseconds: the middle of the bucket in which each lies, within 10 % of the exact latency. Counts are summed as float8, exact up to 2^53 and several times as fast as numeric. The planner inlines it.';

CREATE TABLE metric_deltas (
    delta_id        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    quarter_hour    timestamptz NOT NULL,
    agent_name      text        NOT NULL,
    event_type      text        NOT NULL DEFAULT '',
    model           text        NOT NULL DEFAULT '',
    events          bigint      NOT NULL DEFAULT 0,
    errors          bigint      NOT NULL DEFAULT 0,
    tokens_in       numeric     NOT NULL DEFAULT 0,
    tokens_out      numeric     NOT NULL DEFAULT 0,
    cost            numeric     NOT NULL DEFAULT 0,
    latency_us      numeric     NOT NULL DEFAULT 0,
    runs            bigint      NOT NULL DEFAULT 0,
    completed       bigint      NOT NULL DEFAULT 0,
    failed          bigint      NOT NULL DEFAULT 0,
    duration_us     numeric     NOT NULL DEFAULT 0,
    latency_buckets smallint[]  NOT NULL DEFAULT '{}',
    latency_counts  bigint[]    NOT NULL DEFAULT '{}',
    CONSTRAINT metric_deltas_pkey PRIMARY KEY (delta_id),
    CONSTRAINT metric_deltas_latency_check CHECK (cardinality(latency_buckets) = cardinality(latency_counts))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

COMMENT ON TABLE metric_deltas IS 'Appended in the transaction that stores or deletes, so that every snapshot adds up. Only DELETE: TRUNCATE would show wrong numbers to older snapshots. Sums have any sign: deletes of runs subtract.';

COMMENT ON COLUMN metric_deltas.delta_id IS 'For the replica identity alone: a published table without a key refuses DELETE. No fold goes by it, because ids are not in the order of commits.';

COMMENT ON COLUMN metric_deltas.quarter_hour IS 'Of the event''s timestamp; of a run''s created_at in the rows that count runs, whose event_type and model are empty';

COMMENT ON COLUMN metric_deltas.agent_name IS 'The agent that the run belongs to, whatever the event says';

COMMENT ON COLUMN metric_deltas.model IS 'Empty: none';

COMMENT ON COLUMN metric_deltas.latency_buckets IS 'The latency buckets in which something changed, with the changes in latency_counts';

CREATE VIEW run_metrics AS
SELECT r.run_id, r.received_on, r.agent_name,
       date_bin('15 minutes', e.timestamp, '1970-01-01 00:00:00+00') AS quarter_hour,
       e.event_type,
       coalesce(e.model, '')          AS model,
       latency_bucket(e.latency_us)   AS latency_bucket,
       1                              AS events,
       e.is_error::integer            AS errors,
       coalesce(e.tokens_in, 0)       AS tokens_in,
       coalesce(e.tokens_out, 0)      AS tokens_out,
       coalesce(e.cost, 0)            AS cost,
       coalesce(e.latency_us, 0)      AS latency_us,
       0                              AS runs,
       0                              AS completed,
       0                              AS failed,
       0::bigint                      AS duration_us
  FROM runs   AS r
  JOIN events AS e
    ON e.received_on = r.received_on
   AND e.run_id      = r.run_id
 UNION ALL
SELECT r.run_id, r.received_on, r.agent_name,
       date_bin('15 minutes', r.created_at, '1970-01-01 00:00:00+00'),
       '', '', NULL, 0, 0, 0, 0, 0, 0,
       1,
       (r.status = 'completed')::integer,
       (r.status = 'failed')::integer,
       r.duration_us
  FROM runs AS r;

COMMENT ON VIEW run_metrics IS 'What each run contributes to the metrics, a row per event and one for the run itself. Metrics are its sums; ask with run_id.';

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
    CONSTRAINT refresh_leader_pkey PRIMARY KEY (only_row),
    CONSTRAINT refresh_leader_only_row_check CHECK (only_row)
) WITH (fillfactor = 10);

INSERT INTO refresh_leader DEFAULT VALUES;

COMMENT ON TABLE refresh_leader IS 'The lease of the process that folds. It spares the others the work; that two never fold at once is fold_state''s doing.';

CREATE TABLE daily_metrics (
    agent_name  text    NOT NULL,
    day         date    NOT NULL,
    event_type  text    NOT NULL,
    model       text    NOT NULL,
    events      bigint  NOT NULL DEFAULT 0,
    errors      bigint  NOT NULL DEFAULT 0,
    tokens_in   numeric NOT NULL DEFAULT 0,
    tokens_out  numeric NOT NULL DEFAULT 0,
    cost        numeric NOT NULL DEFAULT 0,
    latency_us  numeric NOT NULL DEFAULT 0,
    runs        bigint  NOT NULL DEFAULT 0,
    completed   bigint  NOT NULL DEFAULT 0,
    failed      bigint  NOT NULL DEFAULT 0,
    duration_us numeric NOT NULL DEFAULT 0,
    CONSTRAINT daily_metrics_pkey PRIMARY KEY (agent_name, day, event_type, model)
) WITH (fillfactor = 80);

CREATE INDEX daily_metrics_day_idx ON daily_metrics (day);

COMMENT ON TABLE daily_metrics IS 'Sums by agent, day (UTC), type and model of the event, without what still waits in metric_deltas: ask daily_metrics_live';

CREATE VIEW daily_metrics_live AS
SELECT p.agent_name, p.day, p.event_type, p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.runs)::bigint          AS runs,
       sum(p.completed)::bigint     AS completed,
       sum(p.failed)::bigint        AS failed,
       sum(p.duration_us)           AS duration_us
  FROM (SELECT d.agent_name, d.day, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us
          FROM daily_metrics AS d
         UNION ALL
        SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model;

COMMENT ON VIEW daily_metrics_live IS 'Sums by agent, day (UTC), type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their created_at.';

CREATE TABLE quarter_hour_metrics (
    agent_name   text        NOT NULL,
    quarter_hour timestamptz NOT NULL,
    event_type   text        NOT NULL,
    model        text        NOT NULL,
    events       bigint      NOT NULL DEFAULT 0,
    errors       bigint      NOT NULL DEFAULT 0,
    tokens_in    numeric     NOT NULL DEFAULT 0,
    tokens_out   numeric     NOT NULL DEFAULT 0,
    cost         numeric     NOT NULL DEFAULT 0,
    latency_us   numeric     NOT NULL DEFAULT 0,
    runs         bigint      NOT NULL DEFAULT 0,
    completed    bigint      NOT NULL DEFAULT 0,
    failed       bigint      NOT NULL DEFAULT 0,
    duration_us  numeric     NOT NULL DEFAULT 0,
    CONSTRAINT quarter_hour_metrics_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model)
) WITH (fillfactor = 80);

CREATE INDEX quarter_hour_metrics_quarter_hour_idx ON quarter_hour_metrics (quarter_hour);

COMMENT ON TABLE quarter_hour_metrics IS 'Sums by agent, quarter hour, type and model of the event, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_metrics_live';

CREATE VIEW quarter_hour_metrics_live AS
SELECT p.agent_name, p.quarter_hour, p.event_type, p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.runs)::bigint          AS runs,
       sum(p.completed)::bigint     AS completed,
       sum(p.failed)::bigint        AS failed,
       sum(p.duration_us)           AS duration_us
  FROM (SELECT d.agent_name, d.quarter_hour, d.event_type, d.model,
               d.events, d.errors, d.tokens_in, d.tokens_out, d.cost, d.latency_us, d.runs,
               d.completed, d.failed, d.duration_us
          FROM quarter_hour_metrics AS d
         UNION ALL
        SELECT m.agent_name, m.quarter_hour, m.event_type, m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model;

COMMENT ON VIEW quarter_hour_metrics_live IS 'Sums by agent, quarter hour, type and model of the event (empty: no model), exact in every snapshot. Runs are in the rows whose event_type is empty, at their created_at.';

CREATE TABLE daily_latency (
    agent_name     text     NOT NULL,
    day            date     NOT NULL,
    event_type     text     NOT NULL,
    model          text     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT daily_latency_pkey PRIMARY KEY (agent_name, day, event_type, model, latency_bucket)
) WITH (fillfactor = 80);

CREATE INDEX daily_latency_day_idx ON daily_latency (day);

COMMENT ON TABLE daily_latency IS 'Events by agent, day (UTC), type, model and latency bucket, without what still waits in metric_deltas: ask daily_latency_live';

CREATE VIEW daily_latency_live AS
SELECT p.agent_name, p.day, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT d.agent_name, d.day, d.event_type, d.model, d.latency_bucket, d.events
          FROM daily_latency AS d
         UNION ALL
        SELECT m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date, m.event_type, m.model, b.latency_bucket, b.events
          FROM metric_deltas AS m
         CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)) AS p
 GROUP BY p.agent_name, p.day, p.event_type, p.model, p.latency_bucket;

COMMENT ON VIEW daily_latency_live IS 'Events by agent, day (UTC), type, model and latency bucket (see latency_buckets), exact in every snapshot';

CREATE TABLE quarter_hour_latency (
    agent_name     text        NOT NULL,
    quarter_hour   timestamptz NOT NULL,
    event_type     text        NOT NULL,
    model          text        NOT NULL,
    latency_bucket smallint    NOT NULL,
    events         bigint      NOT NULL,
    CONSTRAINT quarter_hour_latency_pkey PRIMARY KEY (agent_name, quarter_hour, event_type, model, latency_bucket)
) WITH (fillfactor = 80);

CREATE INDEX quarter_hour_latency_quarter_hour_idx ON quarter_hour_latency (quarter_hour);

COMMENT ON TABLE quarter_hour_latency IS 'Events by agent, quarter hour, type, model and latency bucket, kept for 93 days, without what still waits in metric_deltas: ask quarter_hour_latency_live';

CREATE VIEW quarter_hour_latency_live AS
SELECT p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT d.agent_name, d.quarter_hour, d.event_type, d.model, d.latency_bucket, d.events
          FROM quarter_hour_latency AS d
         UNION ALL
        SELECT m.agent_name, m.quarter_hour, m.event_type, m.model, b.latency_bucket, b.events
          FROM metric_deltas AS m
         CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)) AS p
 GROUP BY p.agent_name, p.quarter_hour, p.event_type, p.model, p.latency_bucket;

COMMENT ON VIEW quarter_hour_latency_live IS 'Events by agent, quarter hour, type, model and latency bucket (see latency_buckets), exact in every snapshot';

CREATE TABLE daily_latency_rollups (
    dimension      text     NOT NULL,
    name           text     NOT NULL,
    day            date     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT daily_latency_rollups_pkey PRIMARY KEY (dimension, name, day, latency_bucket),
    CONSTRAINT daily_latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model'))
) WITH (fillfactor = 80);

CREATE INDEX daily_latency_rollups_dimension_day_idx ON daily_latency_rollups (dimension, day);

COMMENT ON TABLE daily_latency_rollups IS 'Events by day (UTC) and latency bucket: of all, by agent, by event_type, by model. Every event is in it once per dimension: never sum over them.';

CREATE TABLE latency_rollups (
    dimension      text     NOT NULL,
    name           text     NOT NULL,
    latency_bucket smallint NOT NULL,
    events         bigint   NOT NULL,
    CONSTRAINT latency_rollups_pkey PRIMARY KEY (dimension, name, latency_bucket),
    CONSTRAINT latency_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model'))
) WITH (fillfactor = 80);

COMMENT ON TABLE latency_rollups IS 'Events by latency bucket: of all, by agent, by event_type, by model. Every event is in it once per dimension: never sum over them.';

CREATE VIEW waiting_latency_rollups AS
SELECT d.dimension, d.name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day, b.latency_bucket, b.events
  FROM metric_deltas AS m
 CROSS JOIN unnest(m.latency_buckets, m.latency_counts) AS b (latency_bucket, events)
 CROSS JOIN LATERAL (VALUES ('all', ''), ('agent', m.agent_name),
                            ('event_type', m.event_type), ('model', m.model)) AS d (dimension, name);

COMMENT ON VIEW waiting_latency_rollups IS 'What waits in metric_deltas for the latency rollups';

CREATE VIEW daily_latency_rollups_live AS
SELECT p.dimension, p.name, p.day, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT r.dimension, r.name, r.day, r.latency_bucket, r.events
          FROM daily_latency_rollups AS r
         UNION ALL
        SELECT w.dimension, w.name, w.day, w.latency_bucket, w.events
          FROM waiting_latency_rollups AS w) AS p
 GROUP BY p.dimension, p.name, p.day, p.latency_bucket;

COMMENT ON VIEW daily_latency_rollups_live IS 'Events by day (UTC) and latency bucket along one dimension at a time, exact in every snapshot. Ask for one dimension.';

CREATE VIEW latency_rollups_live AS
SELECT p.dimension, p.name, p.latency_bucket,
       sum(p.events)::bigint AS events
  FROM (SELECT r.dimension, r.name, r.latency_bucket, r.events
          FROM latency_rollups AS r
         UNION ALL
        SELECT w.dimension, w.name, w.latency_bucket, w.events
          FROM waiting_latency_rollups AS w) AS p
 GROUP BY p.dimension, p.name, p.latency_bucket;

COMMENT ON VIEW latency_rollups_live IS 'Events by latency bucket along one dimension at a time, exact in every snapshot. Ask for one dimension.';

CREATE TABLE daily_rollups (
    dimension   text    NOT NULL,
    name        text    NOT NULL,
    day         date    NOT NULL,
    events      bigint  NOT NULL DEFAULT 0,
    errors      bigint  NOT NULL DEFAULT 0,
    tokens_in   numeric NOT NULL DEFAULT 0,
    tokens_out  numeric NOT NULL DEFAULT 0,
    cost        numeric NOT NULL DEFAULT 0,
    latency_us  numeric NOT NULL DEFAULT 0,
    runs        bigint  NOT NULL DEFAULT 0,
    completed   bigint  NOT NULL DEFAULT 0,
    failed      bigint  NOT NULL DEFAULT 0,
    duration_us numeric NOT NULL DEFAULT 0,
    CONSTRAINT daily_rollups_pkey PRIMARY KEY (dimension, name, day),
    CONSTRAINT daily_rollups_dimension_check
        CHECK (dimension IN ('all', 'agent', 'event_type', 'model'))
) WITH (fillfactor = 80);

CREATE INDEX daily_rollups_dimension_day_idx ON daily_rollups (dimension, day);

COMMENT ON TABLE daily_rollups IS 'Sums by day (UTC): of all, by agent, by event_type, by model (empty: no model). Every event is in it once per dimension: never sum over them.';

CREATE VIEW waiting_rollups AS
SELECT 'all' AS dimension, '' AS name, (m.quarter_hour AT TIME ZONE 'UTC')::date AS day,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 UNION ALL
SELECT 'agent', m.agent_name, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 UNION ALL
SELECT 'event_type', m.event_type, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 WHERE m.event_type <> ''
 UNION ALL
SELECT 'model', m.model, (m.quarter_hour AT TIME ZONE 'UTC')::date,
       m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
       m.completed, m.failed, m.duration_us
  FROM metric_deltas AS m
 WHERE m.event_type <> '';

COMMENT ON VIEW waiting_rollups IS 'What waits in metric_deltas for daily_rollups';

CREATE VIEW daily_rollups_live AS
SELECT p.dimension, p.name, p.day,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.runs)::bigint          AS runs,
       sum(p.completed)::bigint     AS completed,
       sum(p.failed)::bigint        AS failed,
       sum(p.duration_us)           AS duration_us
  FROM (SELECT r.dimension, r.name, r.day,
               r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
               r.completed, r.failed, r.duration_us
          FROM daily_rollups AS r
         UNION ALL
        SELECT w.dimension, w.name, w.day,
               w.events, w.errors, w.tokens_in, w.tokens_out, w.cost, w.latency_us, w.runs,
               w.completed, w.failed, w.duration_us
          FROM waiting_rollups AS w) AS p
 GROUP BY p.dimension, p.name, p.day;

COMMENT ON VIEW daily_rollups_live IS 'Sums by day (UTC) along one dimension at a time, exact in every snapshot. Ask for one dimension; the daily_..._totals_live are cut from it.';

CREATE VIEW daily_totals_live AS
SELECT r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost, r.latency_us, r.runs,
       r.completed, r.failed, r.duration_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'all';

COMMENT ON VIEW daily_totals_live IS 'What all agents did, by day (UTC), exact in every snapshot';

CREATE VIEW daily_agent_totals_live AS
SELECT r.name AS agent_name, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us, r.runs, r.completed, r.failed, r.duration_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'agent';

COMMENT ON VIEW daily_agent_totals_live IS 'Sums by agent and day (UTC), exact in every snapshot';

CREATE VIEW daily_event_type_totals_live AS
SELECT r.name AS event_type, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'event_type';

COMMENT ON VIEW daily_event_type_totals_live IS 'Sums by event type and day (UTC), exact in every snapshot';

CREATE VIEW event_type_totals_live AS
SELECT r.event_type,
       sum(r.events)::bigint AS events,
       sum(r.errors)::bigint AS errors,
       sum(r.tokens_in)      AS tokens_in,
       sum(r.tokens_out)     AS tokens_out,
       sum(r.cost)           AS cost,
       sum(r.latency_us)     AS latency_us
  FROM daily_event_type_totals_live AS r
 GROUP BY r.event_type;

COMMENT ON VIEW event_type_totals_live IS 'What the events of each type add up to, exact in every snapshot';

CREATE VIEW daily_model_totals_live AS
SELECT r.name AS model, r.day, r.events, r.errors, r.tokens_in, r.tokens_out, r.cost,
       r.latency_us
  FROM daily_rollups_live AS r
 WHERE r.dimension = 'model'
   AND r.name <> '';

COMMENT ON VIEW daily_model_totals_live IS 'Sums by model and day (UTC) of the events that name one, exact in every snapshot';

CREATE MATERIALIZED VIEW agent_totals AS
SELECT r.name AS agent_name,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us,
       sum(r.runs)::bigint          AS runs,
       sum(r.completed)::bigint     AS completed,
       sum(r.failed)::bigint        AS failed,
       sum(r.duration_us)           AS duration_us
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'agent'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX agent_totals_key ON agent_totals (agent_name);

COMMENT ON MATERIALIZED VIEW agent_totals IS 'What each agent did in all, without what still waits in metric_deltas: ask agent_totals_live';

CREATE VIEW agent_totals_live AS
SELECT p.agent_name,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us,
       sum(p.runs)::bigint          AS runs,
       sum(p.completed)::bigint     AS completed,
       sum(p.failed)::bigint        AS failed,
       sum(p.duration_us)           AS duration_us
  FROM (SELECT t.agent_name,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us, t.runs,
               t.completed, t.failed, t.duration_us
          FROM agent_totals AS t
         UNION ALL
        SELECT m.agent_name,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us, m.runs,
               m.completed, m.failed, m.duration_us
          FROM metric_deltas AS m) AS p
 GROUP BY p.agent_name;

COMMENT ON VIEW agent_totals_live IS 'What each agent did in all, exact in every snapshot. An agent whose runs are all gone has zeros, or no row.';

CREATE MATERIALIZED VIEW model_totals AS
SELECT r.name AS model,
       sum(r.events)::bigint        AS events,
       sum(r.errors)::bigint        AS errors,
       sum(r.tokens_in)             AS tokens_in,
       sum(r.tokens_out)            AS tokens_out,
       sum(r.cost)                  AS cost,
       sum(r.latency_us)            AS latency_us
  FROM daily_rollups AS r
 WHERE (SELECT g.is_open FROM fold_gate AS g)
   AND r.dimension = 'model'
 GROUP BY r.name
  WITH DATA;

CREATE UNIQUE INDEX model_totals_key ON model_totals (model);

COMMENT ON MATERIALIZED VIEW model_totals IS 'What the events of each model add up to, without what still waits in metric_deltas: ask model_totals_live';

CREATE VIEW model_totals_live AS
SELECT p.model,
       sum(p.events)::bigint        AS events,
       sum(p.errors)::bigint        AS errors,
       sum(p.tokens_in)             AS tokens_in,
       sum(p.tokens_out)            AS tokens_out,
       sum(p.cost)                  AS cost,
       sum(p.latency_us)            AS latency_us
  FROM (SELECT t.model,
               t.events, t.errors, t.tokens_in, t.tokens_out, t.cost, t.latency_us
          FROM model_totals AS t
         UNION ALL
        SELECT m.model,
               m.events, m.errors, m.tokens_in, m.tokens_out, m.cost, m.latency_us
          FROM metric_deltas AS m
         WHERE m.event_type <> '') AS p
 GROUP BY p.model;

COMMENT ON VIEW model_totals_live IS 'What the events of each model add up to, exact in every snapshot. The empty model is: none named.';
