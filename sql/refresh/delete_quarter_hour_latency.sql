-- refresh/delete_quarter_hour_latency: remove quarter_hour_latency that are no longer kept.
--
-- params   quarter_hours_from  timestamptz  the first that is kept
-- plan     index scan on quarter_hour; or one pass, where most go
-- try      \set quarter_hours_from '2026-08-22 00:00:00+00'

DELETE FROM quarter_hour_latency AS q
 WHERE q.quarter_hour < :'quarter_hours_from'::timestamptz;
