-- roles/settings_of_owner: what this session, the owner's, searches, and what its commits wait for.
--
-- The roles get the same for each connection, because each may set another for itself.
--
-- returns  search_path text, synchronous_commit text
-- rows     one; search_path is null where none of its schemas exists
-- plan     function calls, sort of a few names

SELECT (SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.position)
          FROM unnest(current_schemas(false)) WITH ORDINALITY AS s (name, position)) AS search_path,
       current_setting('synchronous_commit')                                         AS synchronous_commit;
