"""The head of the page: the promise, and every limit with what was measured for it."""

from bench.limits import Verdict, shown
from bench.report_page.markup import cell, table

KINDS = {"kept": "kept", "MISSED": "missed", "not measured": "open"}
HEAD = (
    ("section", ""),
    ("limit", ""),
    ("measured", "number"),
    ("goal", "number"),
    ("aim", "number"),
    ("", ""),
)


def promise(text: str | None) -> str:
    """The promise, as large as it matters."""
    if text is None:
        return ""
    return f'<div class="promise {"bad" if "NOT" in text else "good"}">{text}</div>'


def limits(verdicts: list[Verdict]) -> str:
    """The table of limits, section by section."""
    missed = sum(verdict.word == "MISSED" for verdict in verdicts)
    kept = sum(verdict.word == "kept" for verdict in verdicts)
    words = f"{kept} kept, {missed} missed, {len(verdicts) - kept - missed} not measured."
    head = [cell(text, kind, tag="th") for text, kind in HEAD]
    return f"<section><h2>Limits</h2><p>{words}</p>{table(head, map(row, verdicts))}</section>"


def row(verdict: Verdict) -> list[str]:
    """One limit."""
    limit = verdict.limit
    return [
        cell(limit.section),
        cell(limit.what),
        cell("" if verdict.measured is None else shown(verdict.measured), "number"),
        cell(f"{limit.comparison} {shown(limit.goal)} {limit.unit}", "number"),
        cell("" if limit.aim is None else shown(limit.aim), "number"),
        cell(verdict.word, f"word {KINDS[verdict.word]}"),
    ]
