-- transactions/look_up: let this transaction go by keys alone, whatever a plan thinks of scans.
--
-- For statements that look up thousands of rows, each by its key, or go from one key on. Their plan is made once for a
-- connection: made while the tables were small, it would scan them for every key, and for ever.
--
-- returns  seqscan text, bitmapscan text, hashjoin text
-- rows     one
-- plan     a function call for each setting

SELECT set_config('enable_seqscan', 'off', true)    AS seqscan,
       set_config('enable_bitmapscan', 'off', true) AS bitmapscan,
       set_config('enable_hashjoin', 'off', true)   AS hashjoin;
