-- roles/lacking: the privileges that a role needs here and lacks. The one list of all privileges.
--
-- Events are read through their parent, so a new partition needs no grant. Views read with their owner's
-- rights, so gati_bi reads no table. Only the owner may DELETE. gati_ingest may not change a run's run_id,
-- received_on, created_at and renamed, nor an agent's description, nor an event's keys and time. gati_read reads api_keys, the hashes of 32 random
-- bytes, to authenticate reads. A column that a migration still has to add is left out.
--
-- params   role     text  whose list: gati_ingest, gati_read or gati_bi
-- params   grantee  name  who has to be allowed: that role, or another login in its place
-- returns  privilege text, object text, column_name text, may_grant boolean
-- rows     one per privilege that is lacking
-- plan     a few look-ups in the catalog for each privilege, sort
-- try      \set role gati_read \set grantee gati_read

WITH listed (role, privilege, objects, columns) AS (
    VALUES ('gati_ingest', 'SELECT',
            '{agents, runs, events, scores, span_messages, expired_runs, run_metrics, run_fields, metric_names, model_prices,
              price_providers, price_patterns}', '{NULL}'),
           ('gati_ingest', 'INSERT', '{agents, runs, events, metric_deltas, metric_names, scores, span_messages}',
            '{NULL}'),
           ('gati_ingest', 'UPDATE', '{scores}',
            '{event_id, name, kind, value_number, value_text, comment, metadata, source, timestamp,
              updated_at}'),
           ('gati_ingest', 'UPDATE', '{agents}', '{run_counter, updated_at}'),
           ('gati_ingest', 'UPDATE', '{runs}',
            '{agent_name, run_name, environment, environment_at, requested_name, requested_at,
              owner_is_root, owner_at, owner_tie, owner_event_id, owner_parent_id, metadata, metadata_bytes, moved_xid,
              started_at, ended_at, last_event_at, duration_us, pending_ends, awaited_spans, status, event_count, error_count,
              total_cost, tokens_in, tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
              session_id, user_id, tags, version, first_error, field_sources, updated_at}'),
           ('gati_ingest', 'UPDATE', '{events}',
            '{agent_name, event_type, model, tool, tokens_in, tokens_out, cached_tokens, cache_write_tokens, reasoning_tokens,
              cost, cost_source, latency_us, is_error,
              error_fingerprint, priced_as, repeats, data}'),
           ('gati_ingest', 'EXECUTE', '{latency_edges, latency_bucket}', '{NULL}'),
           ('gati_read', 'SELECT',
            '{agents, runs, events, expired_runs, run_details, listed_runs, event_details,
              priced_events, exported_runs, error_texts, scores, score_details, retired_scores, shown_runs,
              paged_runs, written_runs,
              latency_buckets, metric_deltas, retired_versions, fold_state, refresh_leader,
              agent_totals_live, model_totals_live, daily_totals_live, daily_rollups_live,
              daily_rollups_parts, daily_metrics_parts, daily_metrics_live, quarter_hour_metrics_parts,
              quarter_hour_metrics_live, latency_rollups_live, daily_latency_rollups_parts,
              daily_latency_rollups_live, daily_latency_parts, daily_latency_live,
              quarter_hour_latency_parts, quarter_hour_latency_live,
              api_keys, model_prices, price_providers, price_patterns, _yoyo_migration}', '{NULL}'),
           ('gati_read', 'EXECUTE', '{latency_percentiles, latency_bucket, latency_edges}', '{NULL}'),
           ('gati_bi', 'SELECT',
            '{agent_totals_live, model_totals_live, event_type_totals_live, daily_totals_live,
              daily_agent_totals_live, daily_model_totals_live, daily_event_type_totals_live,
              daily_metrics_live, quarter_hour_metrics_live, daily_latency_live,
              quarter_hour_latency_live, latency_buckets}', '{NULL}')
),
wanted AS MATERIALIZED (  -- has_column_privilege raises for a column that is not there
    SELECT l.privilege, o.object, c.column_name
      FROM listed AS l
     CROSS JOIN unnest(l.objects::text[]) AS o (object)
     CROSS JOIN unnest(l.columns::text[]) AS c (column_name)
     WHERE l.role = :'role'::text
       AND (c.column_name IS NULL
            OR EXISTS (SELECT FROM pg_attribute AS a
                        WHERE a.attrelid = to_regclass(o.object)
                          AND a.attname  = c.column_name))
     UNION ALL
    SELECT 'CONNECT', current_database()::text, NULL
     UNION ALL
    SELECT 'USAGE', coalesce(current_schema(), 'public')::text, NULL
),
found AS (
    SELECT w.privilege, w.object, w.column_name,
           CASE w.privilege
               WHEN 'CONNECT' THEN has_database_privilege(:'grantee'::name, w.object, 'CONNECT')
               WHEN 'USAGE'   THEN has_schema_privilege(:'grantee'::name, w.object, 'USAGE')
               WHEN 'EXECUTE' THEN has_function_privilege(
                                       :'grantee'::name, to_regproc(w.object)::oid, 'EXECUTE')
               WHEN 'UPDATE'  THEN has_column_privilege(
                                       :'grantee'::name, to_regclass(w.object)::oid,
                                       w.column_name, 'UPDATE')
               ELSE has_table_privilege(
                        :'grantee'::name, to_regclass(w.object)::oid, w.privilege)
           END AS has,
           CASE w.privilege
               WHEN 'CONNECT' THEN (SELECT d.datdba
                                      FROM pg_database AS d
                                     WHERE d.datname = w.object)
               WHEN 'USAGE'   THEN (SELECT n.nspowner
                                      FROM pg_namespace AS n
                                     WHERE n.nspname = w.object)
               WHEN 'EXECUTE' THEN (SELECT p.proowner
                                      FROM pg_proc AS p
                                     WHERE p.oid = to_regproc(w.object)::oid)
               ELSE (SELECT c.relowner
                       FROM pg_class AS c
                      WHERE c.oid = to_regclass(w.object)::oid)
           END AS owner
      FROM wanted AS w
)
SELECT f.privilege, f.object, f.column_name,
       coalesce(pg_has_role(f.owner, 'USAGE'), false) AS may_grant
  FROM found AS f
 WHERE f.has IS NOT TRUE
 ORDER BY f.privilege, f.object, f.column_name;
