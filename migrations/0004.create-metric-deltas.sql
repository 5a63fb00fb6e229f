-- Create metric_deltas, and count into it what is stored already.
-- locks    runs, against writers, while it counts: about 5 s per million events
-- old code not safe: what it stores afterwards is not counted (python -m service verify --repair)

LOCK TABLE runs IN SHARE MODE;

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

CREATE TABLE metric_deltas (
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
    latency_counts  bigint[]    NOT NULL DEFAULT '{}'
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

COMMENT ON TABLE metric_deltas IS 'Appended in the transaction that stores or deletes, so that every snapshot adds up; no key, so nobody waits. Only DELETE: TRUNCATE would show wrong numbers to older snapshots.';

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

INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, events, errors, tokens_in,
                           tokens_out, cost, latency_us, runs, completed, failed, duration_us,
                           latency_buckets, latency_counts)
SELECT c.quarter_hour, c.agent_name, c.event_type, c.model,
       sum(c.events), sum(c.errors), sum(c.tokens_in), sum(c.tokens_out), sum(c.cost),
       sum(c.latency_us), sum(c.runs), sum(c.completed), sum(c.failed), sum(c.duration_us),
       coalesce(array_agg(c.latency_bucket) FILTER (WHERE c.latency_bucket IS NOT NULL), '{}'),
       coalesce(array_agg(c.events) FILTER (WHERE c.latency_bucket IS NOT NULL), '{}')
  FROM (SELECT m.quarter_hour, m.agent_name, m.event_type, m.model, m.latency_bucket,
               sum(m.events) AS events, sum(m.errors) AS errors, sum(m.tokens_in) AS tokens_in,
               sum(m.tokens_out) AS tokens_out, sum(m.cost) AS cost,
               sum(m.latency_us) AS latency_us, sum(m.runs) AS runs,
               sum(m.completed) AS completed, sum(m.failed) AS failed,
               sum(m.duration_us) AS duration_us
          FROM run_metrics AS m
         GROUP BY m.quarter_hour, m.agent_name, m.event_type, m.model, m.latency_bucket) AS c
 GROUP BY c.quarter_hour, c.agent_name, c.event_type, c.model;
