-- transactions/allow_bitmap_scans: allow bitmap scans for the rest of this transaction.
--
-- For a search of text, where a DBA has created the index of sql/optional/search_text.sql.
--
-- returns  enable_bitmapscan text
-- rows     one
-- plan     a function call

SELECT set_config('enable_bitmapscan', 'on', true) AS enable_bitmapscan;
