-- scores/store: store scores, in the order of their keys; one that is stored already is replaced, with updated_ats only by a newer one.
--
-- Scores of runs that retention removed are left out. retention/lock_scores, which this waits for, comes
-- before that of a removal's commit, so none of them slips in meanwhile.
--
-- params   run_ids     uuid[]         their runs, which may not be there yet
-- params   score_ids   text[]         their ids; no key may come twice
-- params   event_ids   uuid[]         the events that they are about; NULL: the whole run
-- params   names       text[]         their names
-- params   kinds       text[]         number, boolean or category
-- params   numbers     numeric[]      of numbers, and of booleans as 0 or 1; else NULL
-- params   texts       text[]         of categories; else NULL
-- params   comments    text[]         or NULL
-- params   metadata    jsonb[]        objects, or NULL
-- params   sources     text[]         api, user or evaluator
-- params   timestamps  timestamptz[]  when they were made
-- params   updated_ats timestamptz[]  optional: when they last came, elsewhere; then none replaces one that came then or later
-- returns  run_id uuid, score_id text, is_new boolean
-- rows     one per score that is stored now; none of one that stays as it was
-- index    expired_runs_pkey
-- plan     an index scan of expired_runs, sort, one insertion into each index per score
-- try      \set run_ids '{8552f8ec-923d-432c-9bc4-802c92078534}' \set score_ids '{accuracy-1}' \set event_ids '{NULL}' \set names '{accuracy}' \set kinds '{number}' \set numbers '{0.5}' \set texts '{NULL}' \set comments '{NULL}' \set metadata '{NULL}' \set sources '{api}' \set timestamps '{2026-11-22 12:00:00+00}' \set updated_ats '{2026-11-22 12:00:00+00}'

WITH expired AS MATERIALIZED (
    SELECT x.run_id
      FROM expired_runs AS x
     WHERE x.run_id = ANY (:'run_ids'::uuid[])
)
INSERT INTO scores AS s (run_id, score_id, event_id, name, kind, value_number, value_text, comment,
                         metadata, source, timestamp, created_at, updated_at)
SELECT k.run_id, k.score_id, k.event_id, k.name, k.kind, k.value_number, k.value_text, k.comment,
\if :{?updated_ats}
       k.metadata, k.source, k.timestamp, least(k.updated_at, now()), least(k.updated_at, now())
\else
       k.metadata, k.source, k.timestamp, now(), now()
\endif
  FROM unnest(:'run_ids'::uuid[], :'score_ids'::text[], :'event_ids'::uuid[], :'names'::text[],
              :'kinds'::text[], :'numbers'::numeric[], :'texts'::text[], :'comments'::text[],
\if :{?updated_ats}
              :'metadata'::jsonb[], :'sources'::text[], :'timestamps'::timestamptz[],
              :'updated_ats'::timestamptz[])
    AS k (run_id, score_id, event_id, name, kind, value_number, value_text, comment, metadata,
          source, timestamp, updated_at)
\else
              :'metadata'::jsonb[], :'sources'::text[], :'timestamps'::timestamptz[])
    AS k (run_id, score_id, event_id, name, kind, value_number, value_text, comment, metadata,
          source, timestamp)
\endif
 WHERE k.run_id NOT IN (SELECT x.run_id FROM expired AS x)
 ORDER BY k.run_id, k.score_id COLLATE "C"
    ON CONFLICT (run_id, score_id) DO UPDATE
   SET event_id     = excluded.event_id,
       name         = excluded.name,
       kind         = excluded.kind,
       value_number = excluded.value_number,
       value_text   = excluded.value_text,
       comment      = excluded.comment,
       metadata     = excluded.metadata,
       source       = excluded.source,
       timestamp    = excluded.timestamp,
       updated_at   = excluded.updated_at
\if :{?updated_ats}
 WHERE s.updated_at < excluded.updated_at
\endif
RETURNING s.run_id, s.score_id, s.created_at = s.updated_at AS is_new;
