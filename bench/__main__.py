"""The command line: python -m bench [SECTION] …."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from types import ModuleType

from bench import (
    export,
    growth,
    ingest,
    limits,
    many,
    memory,
    metrics_growth,
    nodes,
    offered,
    otlp,
    overload,
    page,
    reads,
    report,
    rooms,
    scores,
    servers,
    slow_clients,
    soak,
    verdict,
)
from bench.results import Sections

TERMINATED = 128 + signal.SIGTERM
DESCRIPTION = """\
Measures the service on this machine over HTTP, on a scratch PostgreSQL that is removed afterwards.
Every acknowledged event is counted. Exit code 1: an event was lost. Missed goals do not set it.
"""
SECTIONS: dict[str, tuple[ModuleType, str]] = {
    "ingest": (ingest, "what it can take, by batch size and clients, beside raw COPY"),
    "otlp": (otlp, "spans of OpenTelemetry, in the exporters' batches of 512"),
    "offered": (offered, "latency at a stated rate, on a clock"),
    "overload": (overload, "several times what it can take, on a clock"),
    "slow-clients": (slow_clients, "what others wait beside clients that stand still"),
    "reads": (reads, "every path at 1 million events, also while ingest runs"),
    "scores": (scores, "scores in batches of 100, of runs that are stored"),
    "page": (page, "the page in Chromium: first rows, frames, large events, weight"),
    "growth": (growth, "ingest, reads and disk as the store grows"),
    "memory": (memory, "idle, and under eight batches of 10,000 events at once"),
    "export": (export, "exports and an import, and their memory with ten times as much stored"),
    "many": (many, "one node, reads on a replica or through PgBouncer, Citus"),
    "nodes": (nodes, "CPU and statements of each node for an event, also of Citus clusters"),
    "soak": (soak, "an hour of mixed load: memory, descriptors and p99 stay as they are"),
    "servers": (servers, "worker classes, workers, threads, pools, PgBouncer"),
}
# Several sections with what fits: about a quarter of an hour, and about a minute.
PLANS: dict[str, list[list[str]]] = {
    "all": [
        ["ingest", "--repeat", "5"],
        ["otlp"],
        ["offered"],
        ["overload"],
        ["slow-clients"],
        ["reads", "--case-seconds", "0.15"],
        ["growth"],
        ["memory"],
        ["export"],
        ["scores"],
        ["servers", "--rounds", "2", "--round-events", "10000"],
    ],
    "quick": [
        ["ingest", "--repeat", "1", "--events", "40000"],
        ["offered", "--seconds", "5"],
        ["reads", "--main", "--stored", "20000", "--case-seconds", "0.1"],
    ],
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["metrics"]:
        return metrics_growth.main(given[1:])
    if given[:1] == ["rooms"]:
        return rooms.main()
    options = parser().parse_args(given)
    # As after Ctrl-C: the services and databases that were started are stopped, and removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    if options.section == "report":
        return report.main()
    common = given[1:]
    plan = [[*words, *common] for words in PLANS.get(options.section, [])] or [given]
    return judge(run(plan))


def parser() -> argparse.ArgumentParser:
    """Describe every section."""
    root = argparse.ArgumentParser(
        prog="python -m bench",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(dest="section", metavar="SECTION", required=True)
    add_common(commands.add_parser("all", help="everything but metrics; about 15 minutes"))
    add_common(commands.add_parser("quick", help="ingest, offered and reads; about a minute"))
    for name, (module, text) in SECTIONS.items():
        section = commands.add_parser(name, help=text, description=module.__doc__)
        section.formatter_class = argparse.RawDescriptionHelpFormatter
        module.add_arguments(section)
        add_common(section)
    commands.add_parser("metrics", help="what metrics cost as events grow; about 10 minutes")
    commands.add_parser(
        "rooms", help="the way of three requests through the code: calls, files, rooms"
    )
    commands.add_parser("report", help="make the page anew from what is in results.json")
    return root


def add_common(section: argparse.ArgumentParser) -> None:
    """The flags that every section has."""
    add = section.add_argument_group("for every section").add_argument
    add("--url", help="a service that runs already, instead of one of the bench's own")
    add(
        "--seed", type=int, help="the same seed, the same events (1; with --url, another each time)"
    )
    add("--repeat", type=int, default=3, metavar="N", help="medians of N repetitions (3; all: 5)")
    add(
        "--real", action="store_true", help="the recorded traffic of the SDK instead of made events"
    )


def run(plan: list[list[str]]) -> Sections:
    """Run the sections of a plan, one after the other."""
    found: Sections = {}
    for words in plan:
        options = parser().parse_args(words)
        if options.seed is None:
            # A running service may hold the events of seed 1 from the last time.
            options.seed = time.time_ns() if options.url else 1
        print(f"\n{options.section}: {SECTIONS[options.section][1]}", flush=True)
        found[options.section] = SECTIONS[options.section][0].run(options)
    return found


def judge(found: Sections) -> int:
    """Hold what was found against the limits, and make the page; return the exit code."""
    verdicts = [found_of for found_of in limits.check(found) if found_of.limit.section in found]
    print(f"\n{verdict.table(verdicts)}\n")
    print(f"report: {report.write()}")
    if sentence := verdict.sentence(found):
        print(sentence)
    return 1 if verdict.is_broken(verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
