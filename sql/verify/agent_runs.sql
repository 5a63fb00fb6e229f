-- verify/agent_runs: runs of some agents whose totals or fields are not those of their events.
--
-- The status of a run of more than 20,000 events, and the fields of one of more than 1,000, depend on the order in which they came
-- (service/writer/run_outcome.py, run_fields.py), so they are not compared.
--
-- params   agent_names  text[]  the agents
-- returns  relation text, key jsonb, stored jsonb, counted jsonb
-- rows     one per run that differs; none when all is well
-- index    runs_agent_name_run_name_key, or runs_agent_name_started_at_idx on PostgreSQL 15; events_pkey
-- plan     the agents' runs, an index scan for the events of each
-- try      \set agent_names '{Researcher}'

WITH compared AS (
    SELECT r.run_id, r.agent_name, r.run_name,
           jsonb_build_object('event_count', r.event_count, 'error_count', r.error_count,
                              'total_cost', r.total_cost, 'tokens_in', r.tokens_in,
                              'tokens_out', r.tokens_out, 'cached_tokens', r.cached_tokens,
                              'cache_write_tokens', r.cache_write_tokens,
                              'reasoning_tokens', r.reasoning_tokens, 'started_at', r.started_at,
                              'ended_at', r.ended_at, 'last_event_at', r.last_event_at,
                              'duration_us', r.duration_us, 'status', r.status,
                              'pending_ends', r.pending_ends, 'session_id', r.session_id,
                              'user_id', r.user_id, 'tags', r.tags, 'version', r.version,
                              'first_error', r.first_error, 'field_sources', r.field_sources) AS stored,
           jsonb_build_object('event_count', f.event_count, 'error_count', f.error_count,
                              'total_cost', f.total_cost, 'tokens_in', f.tokens_in,
                              'tokens_out', f.tokens_out, 'cached_tokens', f.cached_tokens,
                              'cache_write_tokens', f.cache_write_tokens,
                              'reasoning_tokens', f.reasoning_tokens, 'started_at', f.started_at,
                              'ended_at', f.ended_at, 'last_event_at', f.last_event_at,
                              'duration_us', f.duration_us,
                              'status', CASE WHEN h.is_huge THEN r.status ELSE f.status END,
                              'pending_ends', f.pending_ends)
           || CASE WHEN h.is_large
                   THEN jsonb_build_object('session_id', r.session_id, 'user_id', r.user_id, 'tags', r.tags,
                                           'version', r.version, 'first_error', r.first_error,
                                           'field_sources', r.field_sources)
                   ELSE jsonb_build_object('session_id', s.fields -> 'session_id', 'user_id', s.fields -> 'user_id',
                                           'tags', coalesce(s.fields -> 'tags', '[]'), 'version', s.fields -> 'version',
                                           'first_error', s.fields -> 'first_error', 'field_sources', s.sources)
              END AS counted
      FROM runs      AS r
      JOIN run_facts AS f
        ON f.run_id = r.run_id
      JOIN run_fields AS s
        ON s.run_id = r.run_id
     CROSS JOIN LATERAL (SELECT r.event_count > 20000 AS is_huge, r.event_count > 1000 AS is_large) AS h
     WHERE f.agent_name = ANY (:'agent_names'::text[])
       AND s.agent_name = ANY (:'agent_names'::text[])
)
SELECT 'runs' AS relation,
       jsonb_build_object('agent_name', c.agent_name, 'run_name', c.run_name,
                          'run_id', c.run_id) AS key,
       c.stored, c.counted
  FROM compared AS c
 WHERE c.stored <> c.counted
 ORDER BY c.agent_name, c.run_id;
