-- metrics/lock_names: let no other transaction add names of these agents until this one ends.
--
-- The last locks of a transaction, before metrics/add_names. One of 64 locks for each agent, since PostgreSQL
-- has room for some thousands and a request may hold more agents.
--
-- params   agent_names  text[]  the agents
-- returns  locks bigint
-- rows     one
-- plan     a lock of the coordinator per key, in the order of the keys
-- try      \set agent_names '{Researcher}'

SELECT count(pg_advisory_xact_lock('metric_names'::regclass::oid::integer, k.key)) AS locks
  FROM (SELECT DISTINCT hashtext(a.agent_name) & 63 AS key
          FROM unnest(:'agent_names'::text[]) AS a (agent_name)
         ORDER BY key) AS k;
