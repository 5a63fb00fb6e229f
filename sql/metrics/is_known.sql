-- metrics/is_known: whether any event may have this model, event type or tool.
--
-- Events that count under (other) may have any. The events of runs that retention removed count too.
--
-- params   dimension  text  model, event_type or tool
-- params   name       text  the model, event type or tool
-- returns  is_known boolean
-- rows     one
-- index    daily_rollups_pkey
-- plan     index scan of the days of the two names, and the deltas
-- try      \set dimension model \set name gpt-4o

SELECT EXISTS (
    SELECT
      FROM daily_rollups_live AS r
     WHERE r.dimension = :'dimension'
       AND r.name      IN (:'name', '(other)')
       AND r.events    > 0
) AS is_known;
