"""Prices for tests, and what each event has to cost by them: a recount in SQL, in numeric."""

from datetime import UTC, datetime
from typing import Any

from service.db.queries import Connection, Row
from service.prices.price_file import read_prices
from service.prices.window import Window

EVER = Window(datetime(1970, 1, 1, tzinfo=UTC))
HEADER = (
    "model,aliases,valid_from,input_per_million,output_per_million,"
    "cache_read_per_million,cache_write_per_million,source,checked_on"
)
FIRST = ["gpt-4o,gpt-4o-dated,1990-01-01,2.5,10,1.25,,,", "gpt-4o,,2026-11-22,5,20,0.000001,6.25,,"]
SECOND = [
    "gpt-4o,,1971-01-01,0.3,0.7,,,,",
    "claude,,1960-01-01,3,15,0.3,3.75,https://x.test,2026-01-02",
]

WRONG = """
WITH stored AS MATERIALIZED (
    SELECT event_id, model, timestamp, tokens_in, tokens_out, cost, cost_source, data
      FROM events
)
SELECT e.event_id, e.model, e.timestamp, e.cost, e.cost_source, w.cost AS wanted
  FROM stored AS e
  LEFT JOIN LATERAL (SELECT *
                       FROM model_prices AS p
                      WHERE p.model = e.model
                        AND p.valid_from <= (e.timestamp AT TIME ZONE 'UTC')::date
                      ORDER BY p.valid_from DESC
                      LIMIT 1) AS p ON true
 CROSS JOIN LATERAL (SELECT coalesce(e.tokens_in, 0) AS tokens,
                            coalesce((e.data ->> 'cache_read_tokens')::numeric, 0) AS read,
                            coalesce((e.data ->> 'cache_write_tokens')::numeric, 0) AS written) AS c
 CROSS JOIN LATERAL (SELECT least(c.read, c.tokens) AS read,
                            least(c.written, c.tokens - least(c.read, c.tokens)) AS written) AS k
 CROSS JOIN LATERAL (SELECT 0.000001 * (
            (c.tokens - k.read - k.written) * p.input_per_million
            + k.read    * coalesce(p.cache_read_per_million,  p.input_per_million)
            + k.written * coalesce(p.cache_write_per_million, p.input_per_million)
            + coalesce(e.tokens_out, 0) * p.output_per_million) AS cost
      WHERE num_nonnulls(e.tokens_in, e.tokens_out) > 0
      UNION ALL
     SELECT NULL
      WHERE num_nonnulls(e.tokens_in, e.tokens_out) = 0) AS w
 WHERE CASE WHEN e.data ->> 'cost' IS NOT NULL
            THEN (e.cost, e.cost_source) IS DISTINCT FROM ((e.data ->> 'cost')::numeric, 'client')
            ELSE e.cost IS DISTINCT FROM w.cost
              OR e.cost_source IS DISTINCT FROM CASE WHEN w.cost IS NOT NULL THEN 'computed' END END
"""


NOT_SAID = """
SELECT e.event_id, e.model, e.priced_as, p.valid_from
  FROM events AS e
  LEFT JOIN LATERAL (SELECT *
                       FROM model_prices AS p
                      WHERE p.model = e.model
                        AND p.valid_from <= (e.timestamp AT TIME ZONE 'UTC')::date
                      ORDER BY p.valid_from DESC
                      LIMIT 1) AS p ON e.cost_source = 'computed'
 WHERE e.priced_as IS DISTINCT FROM CASE WHEN e.cost_source = 'computed'
           THEN jsonb_build_object('model', p.model, 'valid_from', p.valid_from) END
"""


def prices(lines: list[str]) -> list[Row]:
    """The rows of a file with these lines."""
    return read_prices("test.csv", [HEADER, *lines])


def wrong_costs(conn: Connection) -> list[Row]:
    """Events that do not cost what was sent, or, without that, what the prices say."""
    return conn.execute(WRONG).fetchall()


def wrong_prices(conn: Connection) -> list[Row]:
    """The events that do not say from which of the operator's prices their cost is."""
    return conn.execute(NOT_SAID).fetchall()


def call(model: Any = "gpt-4o", tokens_in: Any = 1_000_000, **data: Any) -> dict[str, Any]:
    """The `data` of a call of a model, a million tokens in, and none out."""
    return {"model": model, "tokens_in": tokens_in, **data}
