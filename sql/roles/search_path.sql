-- roles/search_path: the schemas that this session searches, in their order, as a value of search_path.
--
-- The owner's: the roles get the same for each connection, because each may set another for itself.
--
-- returns  search_path text
-- rows     one; null where none of its schemas exists
-- plan     a function call, sort of a few names

SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position) AS search_path
  FROM unnest(current_schemas(false)) WITH ORDINALITY AS s (name, position);
