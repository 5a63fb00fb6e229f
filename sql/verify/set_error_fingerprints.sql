-- verify/set_error_fingerprints: set the fingerprints of a run's events to those of what they say.
--
-- params   run_id  uuid  the run, held in a statement of its own
-- index    events_pkey
-- plan     index scans of the run's events, in each partition
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

WITH found AS MATERIALIZED (
    SELECT s.received_on, s.run_id, s.event_id, t.counted_fingerprint
      FROM events AS s
      LEFT JOIN error_texts AS t
        ON t.received_on = s.received_on
       AND t.run_id      = s.run_id
       AND t.event_id    = s.event_id
     WHERE s.run_id = :'run_id'::uuid
       AND s.error_fingerprint IS DISTINCT FROM t.counted_fingerprint
)
UPDATE events AS e
   SET error_fingerprint = f.counted_fingerprint
  FROM found AS f
 WHERE e.run_id      = :'run_id'::uuid
   AND e.received_on = f.received_on
   AND e.run_id      = f.run_id
   AND e.event_id    = f.event_id;
