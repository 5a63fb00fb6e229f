-- runs/exceeds: whether the events of a run, or the children of one of them, print to more than a limit.
--
-- Bytes are those of `data` as PostgreSQL prints it, and a constant for the other columns. Where the stored
-- sizes are small enough, they decide, and no TOAST is read: a number of 12 bytes prints to 326 at most,
-- and compressed data had up to 90 times its size. Else the data is printed, and the sum ends at the limit.
--
-- params   run_id           uuid    the run
-- params   parent_event_id  uuid    optional: only the children of this event
-- params   bytes_per_event  bigint  of the other columns
-- params   byte_limit       bigint  the limit
-- returns  exceeds boolean
-- rows     one
-- index    runs_pkey, events_pkey
-- plan     index scan on one partition; a second one only where the stored sizes do not decide
-- try      \set run_id 8552f8ec-923d-432c-9bc4-802c92078534 \set parent_event_id 6738206f-76cb-447b-b55e-2647469279a0 \set bytes_per_event 512 \set byte_limit 67108864

SELECT CASE WHEN (SELECT coalesce(sum(pg_column_size(e.data)
                                      * CASE WHEN pg_column_compression(e.data) IS NULL THEN 28 ELSE 2520 END
                                      + :'bytes_per_event'::bigint), 0)
                    FROM runs   AS r
                    JOIN events AS e
                      ON e.received_on = r.received_on
                     AND e.run_id      = r.run_id
                   WHERE r.run_id = :'run_id'::uuid
\if :{?parent_event_id}
                     AND e.parent_event_id = :'parent_event_id'::uuid
\endif
                 ) <= :'byte_limit'::bigint
            THEN false
            ELSE EXISTS (
                 SELECT
                   FROM (SELECT sum(octet_length(e.data::text) + :'bytes_per_event'::bigint)
                                    OVER (ROWS UNBOUNDED PRECEDING) AS bytes
                           FROM runs   AS r
                           JOIN events AS e
                             ON e.received_on = r.received_on
                            AND e.run_id      = r.run_id
                          WHERE r.run_id = :'run_id'::uuid
\if :{?parent_event_id}
                            AND e.parent_event_id = :'parent_event_id'::uuid
\endif
                        ) AS s
                  WHERE s.bytes > :'byte_limit'::bigint)
       END AS exceeds;
