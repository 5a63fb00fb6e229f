"""The head of the page: the verdict, and every limit that something was measured for."""

from bench.limits import Verdict
from bench.report_page.markup import cell, table
from bench.verdict import goal_of, shown

KINDS = {"kept": "kept", "met": "kept", "missed": "missed", "BROKEN": "broken"}
HEAD = (("section", ""), ("limit", ""), ("measured", "number"), ("goal", "number"), ("", ""))
FLOORS = "Floors hold on every machine. They alone set the exit code."
GOALS = (
    "What the authors aim at on 2 cores with the client beside the service, at durable settings. "
    "Another machine may miss them, and nothing is wrong with it."
)


def about_the_machine(text: str | None, broken: bool) -> str:
    """The verdict, as large as it matters."""
    if text is None:
        return ""
    return f'<div class="verdict {"bad" if broken else "good"}">{text}</div>'


def limits(verdicts: list[Verdict]) -> str:
    """The floors, then the goals, of what was measured."""
    measured = [verdict for verdict in verdicts if verdict.measured is not None]
    floors = [verdict for verdict in measured if verdict.limit.is_floor]
    goals = [verdict for verdict in measured if not verdict.limit.is_floor]
    met = sum(verdict.word == "met" for verdict in goals)
    return part("Floors", FLOORS, floors) + part(f"Goals: {met} of {len(goals)} met", GOALS, goals)


def part(title: str, words: str, verdicts: list[Verdict]) -> str:
    """A table of verdicts with its title; nothing without any."""
    if not verdicts:
        return ""
    head = [cell(text, kind, tag="th") for text, kind in HEAD]
    rows = table(head, map(row, verdicts))
    return f'<section class="limits"><h2>{title}</h2><p>{words}</p>{rows}</section>'


def row(verdict: Verdict) -> list[str]:
    """One limit."""
    limit = verdict.limit
    return [
        cell(limit.section, "of"),
        cell(limit.what, "what"),
        cell("" if verdict.measured is None else shown(verdict.measured), "number"),
        cell(goal_of(verdict), "number goal"),
        cell(verdict.word, f"word {KINDS[verdict.word]}"),
    ]
