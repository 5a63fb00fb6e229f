"""The report: one self-contained page with plots, from results.json."""

import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from bench import limits, results, verdict
from bench.report_page import (
    export,
    growth,
    ingest,
    many,
    memory,
    nodes,
    offered,
    otlp,
    overload,
    reads,
    servers,
    slow_clients,
    soak,
    ui,
    verdicts,
)

PAGE = Path(__file__).parent / "report_page" / "page.html"
FILE = results.DIRECTORY / "index.html"
SECTIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "ingest": ingest.html,
    "otlp": otlp.html,
    "offered": offered.html,
    "overload": overload.html,
    "slow-clients": slow_clients.html,
    "reads": reads.html,
    "page": ui.html,
    "growth": growth.html,
    "memory": memory.html,
    "export": export.html,
    "servers": servers.html,
    "many": many.html,
    "nodes": nodes.html,
    "soak": soak.html,
}


def main() -> int:
    """Make the page anew; return the exit code."""
    if not results.FILE.exists():
        print("nothing has been measured yet: run make bench-quick, or make bench", file=sys.stderr)
        return 1
    print(write())
    return 0


def write() -> Path:
    """Make the page from what is in the results file; return where it is."""
    FILE.write_text(page(results.read()), encoding="utf-8")
    return FILE


def page(document: dict[str, Any]) -> str:
    """The page."""
    sections = document["sections"]
    made = [html(sections[name]) for name, html in SECTIONS.items() if name in sections]
    missing = [name for name in SECTIONS if name not in sections]
    if missing:
        made.append(f'<p class="from">Not measured yet: {", ".join(missing)}.</p>')
    template = Template(PAGE.read_text(encoding="utf-8"))
    return template.substitute(head=head(document), sections="\n".join(made))


def head(document: dict[str, Any]) -> str:
    """The machine, the verdict about it and the limits."""
    found = results.rows_of(document)
    checked = limits.check(found)
    return (
        f'<p class="machine">{machine(document["machine"])}</p>'
        + verdicts.about_the_machine(verdict.sentence(found), verdict.is_broken(checked))
        + verdicts.limits(checked)
    )


def machine(facts: results.Row) -> str:
    """The machine in one line, and the versions in another."""
    hardware = "{processor}, {cores} cores, {memory_gb} GB, {system}".format(**facts)
    versions = (
        "GATI Backend {service} on PostgreSQL {postgresql}, Python {python}, falcon {falcon}, "
        "gunicorn {gunicorn}, gevent {gevent}, psycopg {psycopg}, orjson {orjson}"
    ).format(**facts)
    return f"{escape(hardware)}<br>{escape(versions)}"
