-- verify/quarter_hours_from: whether the first quarter hour that is kept lies ahead of where it could be, by more than a day.
--
-- It could be where now() has it, yet not before a day that retention may have summed up: what such a day counted for
-- stands at its beginning, as do the runs of its first quarter hour.
--
-- params   days  integer  how many days are kept
-- returns  relation text, key jsonb, stored jsonb, counted jsonb
-- rows     one; none when all is well
-- plan     one row, one pass over retired_metrics
-- try      \set days 93

WITH possible AS (
    SELECT greatest(date_trunc('day', now(), 'UTC') - :'days'::integer * interval '1 day',
                    (SELECT max(t.quarter_hour) + interval '1 day'
                       FROM retired_metrics AS t
                      WHERE t.quarter_hour < (SELECT f.quarter_hours_from FROM fold_state AS f)
                        AND t.quarter_hour = date_trunc('day', t.quarter_hour, 'UTC'))) AS kept_from
)
SELECT 'fold_state' AS relation,
       '{}'::jsonb  AS key,
       jsonb_build_object('quarter_hours_from', s.quarter_hours_from) AS stored,
       jsonb_build_object('quarter_hours_from', p.kept_from)          AS counted
  FROM fold_state AS s
 CROSS JOIN possible AS p
 WHERE s.quarter_hours_from > p.kept_from + interval '1 day';
