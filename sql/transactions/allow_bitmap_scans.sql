-- transactions/allow_bitmap_scans: let the rest of this transaction use an index that gives bitmaps.
--
-- For a search of text, where a DBA has made one: sql/optional/search_text.sql.
--
-- returns  enable_bitmapscan text
-- rows     one
-- plan     a function call

SELECT set_config('enable_bitmapscan', 'on', true) AS enable_bitmapscan;
