-- runs/output_digests: a digest of what each event of a run returned, to compare two runs without reading their data.
--
-- The output is that of `output`, else `response`, `completion` or `result` of the data.
--
-- params   run_id  uuid  the run
-- returns  event_id uuid, digest text
-- rows     one per event with an output; none when the run is unknown
-- index    runs_pkey, events_pkey
-- plan     index scan on one partition; reads the data of each event
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534

SELECT o.event_id, o.digest
  FROM (SELECT e.event_id,
               md5(coalesce(nullif(e.data -> 'output',     'null'),
                            nullif(e.data -> 'response',   'null'),
                            nullif(e.data -> 'completion', 'null'),
                            nullif(e.data -> 'result',     'null'))::text) AS digest
          FROM runs   AS r
          JOIN events AS e
            ON e.received_on = r.received_on
           AND e.run_id      = r.run_id
         WHERE r.run_id = :'run_id'::uuid) AS o
 WHERE o.digest IS NOT NULL
 ORDER BY o.event_id;
