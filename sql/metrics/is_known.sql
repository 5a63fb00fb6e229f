-- metrics/is_known: whether any event has this model, or this event type.
--
-- The events of runs that retention removed count too.
--
-- params   dimension  text  model or event_type
-- params   name       text  the model or event type
-- returns  is_known boolean
-- rows     one
-- index    daily_rollups_pkey
-- plan     index scan of the days of the one name, and the deltas
-- try      \set dimension model \set name gpt-4o

SELECT EXISTS (
    SELECT
      FROM daily_rollups_live AS r
     WHERE r.dimension = :'dimension'
       AND r.name      = :'name'
       AND r.events    > 0
) AS is_known;
