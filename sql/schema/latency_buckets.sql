-- latency_buckets: the buckets in which latencies are counted, so that percentiles can be added up.
-- Each is at most a fifth wider than its lower end, so its middle is within 10 % of all its latencies.
-- The edges never change, because stored rows hold bucket numbers.

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
SELECT m.latency_bucket, m.from_us, m.to_us,
       round(m.exact_us, least(0, 3 - length(trunc(m.exact_us)::text)))
  FROM (SELECT b.latency_bucket, b.from_us, b.to_us,
               coalesce(2.0 * b.from_us * b.to_us / nullif(b.from_us + b.to_us, 0), 0) AS exact_us
          FROM (SELECT e.ordinality AS latency_bucket, e.edge AS from_us,
                       lead(e.edge) OVER (ORDER BY e.ordinality) - 1 AS to_us
                  FROM unnest(latency_edges()) WITH ORDINALITY AS e (edge, ordinality)
                 UNION ALL
                SELECT 0, 0, 0) AS b) AS m
 WHERE m.to_us IS NOT NULL;

COMMENT ON TABLE latency_buckets IS 'What each latency bucket holds: latencies from from_us to to_us, both included';

COMMENT ON COLUMN latency_buckets.middle_us IS 'What percentiles answer: the harmonic mean of both ends in whole microseconds of three digits, within 9.6 % of every latency in the bucket';

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
