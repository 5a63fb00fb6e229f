-- health/missing_tables: which of these tables the database does not have.
--
-- params   tables  text[]  names
-- returns  name text
-- rows     one per missing table, by name
-- plan     a look-up in the catalog for each
-- try      \set tables '{agents,nowhere}'

SELECT t.name
  FROM unnest(:'tables'::text[]) AS t (name)
 WHERE to_regclass(quote_ident(t.name)) IS NULL
 ORDER BY t.name;
