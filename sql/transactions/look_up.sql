-- transactions/look_up: make this transaction use index look-ups only.
--
-- For statements that look up thousands of rows by key, or read from one key on. A connection plans them
-- once. A plan made while the tables were small would scan the tables for every key.
--
-- returns  seqscan text, bitmapscan text, hashjoin text
-- rows     one
-- plan     a function call for each setting

SELECT set_config('enable_seqscan', 'off', true)    AS seqscan,
       set_config('enable_bitmapscan', 'off', true) AS bitmapscan,
       set_config('enable_hashjoin', 'off', true)   AS hashjoin;
