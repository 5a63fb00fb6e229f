-- 0023.rounded-percentiles, backwards: the geometric middle with all its digits.
--
-- locks    no table; the rows of latency_buckets, which nobody else writes
-- loses    nothing
-- again    latency_buckets

SET LOCAL lock_timeout = '2s';

UPDATE latency_buckets
   SET middle_us = sqrt(from_us::double precision * to_us);

COMMENT ON COLUMN latency_buckets.middle_us IS 'The geometric middle, which percentiles answer: within 9.6 % of every latency in the bucket';
