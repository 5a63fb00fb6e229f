"""What `python -m service capacity` prints."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from service.cli.capacity import costs as measured
from service.cli.capacity.advice import advice
from service.cli.capacity.arithmetic import Section, Step, Wish, figures, plan, shown
from service.cli.capacity.costs import Costs
from service.config import Config, ConfigError
from service.core.failure import Failure

WORDS = (
    "Not in it: reads, and what Citus itself takes. The rate is taken to last day and night; CPU "
    "goes by the peak, disk by the mean."
)


def run(config: Config, options: argparse.Namespace) -> int:
    """Print the plan."""
    days = options.retention_days or config.retention_days
    if not days:
        raise ConfigError("RETENTION_DAYS is 0: say how long, such as --retention-days 30")
    costs = measured.costs(document(options), options.batch)
    if options.event_bytes:
        costs = costs.of_size(options.event_bytes)
    wish = Wish(
        options.events_per_second, days, options.cores, options.share / 100, options.disk_tb
    )
    sections = plan(wish, costs)
    print(as_json(wish, costs, sections) if options.json else as_text(wish, costs, sections))
    return 0


def document(options: argparse.Namespace) -> Mapping[str, Any]:
    """The bench's results that are asked for; nothing where the accepted figures are."""
    if options.accepted:
        return {}
    if options.results and not options.results.exists():
        raise Failure(f"{options.results} is not there")
    return measured.read(options.results or measured.RESULTS)


def as_json(wish: Wish, costs: Costs, sections: list[Section]) -> str:
    """Every figure by its key, as one object."""
    asked = {"events_per_second": wish.events_per_second, "retention_days": wish.retention_days}
    found = figures(sections)
    said = {"batch": costs.batch, "sources": costs.sources, "advice": advice(wish, found)}
    return json.dumps(asked | found | said, indent=2, ensure_ascii=False)


def as_text(wish: Wish, costs: Costs, sections: list[Section]) -> str:
    """Each section with its sums, then what to do."""
    lines = [*costs.sources]
    for title, steps in sections:
        lines += ["", title, *map(line, steps)]
    return "\n".join([*lines, "", *advice(wish, figures(sections)), WORDS])


def line(step: Step) -> str:
    """A step in one line: the figures that all begins with have no sum."""
    found = f"{shown(step.value)} {step.unit}".rstrip()
    return f"  {step.what:29}{f'{step.how:60}= ' if step.how else ''}{found}"
