-- migrations/column_values: in how many rows a column has a value, which is neither NULL, empty nor 0.
--
-- params   relation  identifier  the table
-- params   column    identifier  its column
-- returns  rows bigint
-- rows     one
-- plan     a pass over the table
-- try      \set relation retired_metrics \set column tool

SELECT count(*) AS rows
  FROM :"relation" AS t
 WHERE t.:"column"::text NOT IN ('', '0', '{}');
