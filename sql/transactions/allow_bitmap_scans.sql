-- transactions/allow_bitmap_scans: let the rest of this transaction use an index that gives bitmaps.
--
-- For a search of text, where a DBA has made one: sql/optional/search_text.sql.
--
-- params   none
-- returns  enable_bitmapscan text
-- rows     one
-- index    none
-- plan     a function call
-- try      (no parameters)

SELECT set_config('enable_bitmapscan', 'on', true) AS enable_bitmapscan;
