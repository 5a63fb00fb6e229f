-- run_fields: the fields of each run as its events give them: of each the value, and the event that it is from.
-- runs holds the same, found as events come in. service/writer/run_fields.py says which event wins.

CREATE VIEW run_fields AS
SELECT n.run_id, n.agent_name,
       coalesce(jsonb_object_agg(n.field, n.value)  FILTER (WHERE n.field IS NOT NULL), '{}') AS fields,
       coalesce(jsonb_object_agg(n.field, n.source) FILTER (WHERE n.field IS NOT NULL), '{}') AS sources
  FROM (SELECT DISTINCT ON (r.run_id, r.agent_name, f.field)
               r.run_id, r.agent_name, f.field, f.value,
               jsonb_build_array(k.rank, (extract(epoch FROM f.timestamp) * 1000000)::bigint, f.tie, f.event_id) AS source
          FROM runs AS r
          LEFT JOIN event_fields AS f
            ON f.received_on = r.received_on
           AND f.run_id      = r.run_id
         CROSS JOIN LATERAL (
               SELECT CASE WHEN r.owner_is_root AND f.event_id = r.owner_event_id AND f.field <> 'first_error'
                           THEN 0 ELSE 1 END AS rank) AS k
         ORDER BY r.run_id, r.agent_name, f.field, k.rank, f.timestamp, f.tie, f.event_id) AS n
 GROUP BY n.run_id, n.agent_name;

COMMENT ON VIEW run_fields IS 'The fields of each run, found among its events: the root''s, else the earliest event''s that has one; of errors the earliest. A source is 0 for the root, else 1, the time in microseconds, the tie and the id of its event. Ask with run_id or agent_name.';
