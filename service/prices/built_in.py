"""The built-in prices: those of the package genai-prices, as rows of the price tables.

The package knows some 2,300 models of 47 providers, with dates and with tiers by input tokens, and
which names mean each. Not taken over: prices by the hour of the day, by service tier or batch, and
of audio, images and searches, since events do not tell them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from service.db.queries import Row
from service.prices.price import MAX_PRICE, PLACES

FIRST_DAY = date(2000, 1, 1)  # of a price without a start
# Our columns, and the package's names of them.
PRICES = {
    "input_per_million": "input_mtok",
    "output_per_million": "output_mtok",
    "cache_read_per_million": "cache_read_mtok",
    "cache_write_per_million": "cache_write_mtok",
}
# The package takes none of these for anyone's.
MORE_MODELS = {"openai": "^text-embedding-|^chatgpt-"}
# Patterns of the package's simple clauses.
ANCHORS = {"starts_with": "^{}", "ends_with": "{}$", "contains": "{}", "equals": "^{}$"}


@dataclass
class BuiltIn:
    """The rows of one version of the package."""

    version: str
    prices: list[Row] = field(default_factory=list)
    providers: list[Row] = field(default_factory=list)
    patterns: list[Row] = field(default_factory=list)


def read_package() -> BuiltIn:
    """Read the installed package. It is imported here, since that takes 0.2 s and 20 MB."""
    package = import_module("genai_prices")
    found = BuiltIn(package.__version__)
    for position, provider in enumerate(import_module("genai_prices.data").providers):
        found.providers.append(
            {
                "provider": provider.id,
                "position": position,
                "name_pattern": optional_pattern(provider.provider_match),
                "model_pattern": models_of(provider),
                "fallbacks": list(provider.fallback_model_providers or ()),
            }
        )
        for number, model in enumerate(provider.models):
            rows = list(rows_of(model, provider.id, f"genai-prices {found.version}"))
            if not rows:
                continue
            found.prices += rows
            found.patterns.append(
                {
                    "provider": provider.id,
                    "position": number,
                    "model": model.id,
                    "pattern": pattern(model.match),
                }
            )
    return found


def rows_of(model: Any, provider: str, source: str) -> Iterator[Row]:
    """The rows of a model: one per day from which on, and tokens above which, it costs that."""
    for first_day, prices in dated(model.prices):
        for above_tokens in sorted(thresholds(prices)):
            row = {column: at(prices, name, above_tokens) for column, name in PRICES.items()}
            if row["input_per_million"] is None and row["output_per_million"] is None:
                continue
            row["input_per_million"] = row["input_per_million"] or Decimal(0)
            row["output_per_million"] = row["output_per_million"] or Decimal(0)
            yield row | {
                "provider": provider,
                "model": model.id,
                "valid_from": first_day,
                "above_tokens": above_tokens,
                "source": source,
                "checked_on": None,
            }


def dated(prices: Any) -> Iterator[tuple[date, Any]]:
    """Each price with its first day; of those of one day the last, without those by the hour."""
    if not isinstance(prices, list):
        yield FIRST_DAY, prices
        return
    days = {}
    for each in prices:
        if each.constraint is None:
            days[FIRST_DAY] = each.prices
        elif hasattr(each.constraint, "start_date"):
            days[each.constraint.start_date] = each.prices
    yield from days.items()


def thresholds(prices: Any) -> set[int]:
    """The numbers of input tokens above which something costs otherwise, and 0."""
    values = [getattr(prices, name) for name in PRICES.values()]
    return {0} | {tier.start for value in values for tier in getattr(value, "tiers", ())}


def at(prices: Any, name: str, above_tokens: int) -> Decimal | None:
    """A price of calls with more than that many input tokens, as the table can hold it."""
    value = getattr(prices, name)
    if hasattr(value, "tiers"):
        reached = [tier.price for tier in value.tiers if tier.start <= above_tokens]
        value = reached[-1] if reached and above_tokens else value.base
    return None if value is None or value >= MAX_PRICE else round(value, PLACES)


def models_of(provider: Any) -> str | None:
    """The pattern of the models that are taken for a provider's where none is named."""
    patterns = filter(None, (optional_pattern(provider.model_match), MORE_MODELS.get(provider.id)))
    return "|".join(f"(?:{each})" for each in patterns) or None


def optional_pattern(clause: Any) -> str | None:
    """The pattern of a clause, if there is one."""
    return None if clause is None else pattern(clause)


def pattern(clause: Any) -> str:
    """A clause of the package as a regular expression that is searched in lower-case text."""
    kind = type(clause).__name__
    if kind in ("ClauseOr", "ClauseAnd"):
        parts = [pattern(part) for part in (clause.or_ if kind == "ClauseOr" else clause.and_)]
        if kind == "ClauseOr":
            return "|".join(f"(?:{part})" for part in parts)
        return "^" + "".join(f"(?=(?s:.*?)(?:{part}))" for part in parts)
    if kind == "ClauseRegex":
        return str(clause.regex)
    [(operation, text)] = vars(clause).items()
    return ANCHORS[operation].format(re.escape(text.lower()))
