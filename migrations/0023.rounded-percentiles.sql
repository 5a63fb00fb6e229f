-- 0023.rounded-percentiles: percentiles have the digits that a latency bucket supports, which are three.
--
-- locks    no table; the rows of latency_buckets, which nobody else writes
-- safe     yes: older processes read the new values

SET LOCAL lock_timeout = '2s';

UPDATE latency_buckets AS b
   SET middle_us = round(m.exact_us, least(0, 3 - length(trunc(m.exact_us)::text)))
  FROM (SELECT e.latency_bucket,
               coalesce(2.0 * e.from_us * e.to_us / nullif(e.from_us + e.to_us, 0), 0) AS exact_us
          FROM latency_buckets AS e) AS m
 WHERE m.latency_bucket = b.latency_bucket;

COMMENT ON COLUMN latency_buckets.middle_us IS 'What percentiles answer: the harmonic mean of both ends in whole microseconds of three digits, within 9.6 % of every latency in the bucket';
