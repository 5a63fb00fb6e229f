"""The offered run: how long requests took at a stated rate, percentile by percentile."""

from typing import Any

from bench.offered import PERCENTILES
from bench.report_page import style
from bench.report_page.markup import section
from bench.verdict import shown

P99_LIMIT_MS = 100


def html(found: dict[str, Any]) -> str:
    """The section."""
    row = found["rows"][0]
    words = (
        f"{row['offered_per_second']:,} events/s in batches of {row['batch']} for "
        f"{row['seconds']:.0f} s, each request due at a moment of its own; a request that finds "
        f"all {row['clients']} connections busy waits, and its wait counts. {row['refused']:,} "
        f"requests were refused; {row['acknowledged']:,} events were acknowledged, "
        f"{row['stored']:,} stored."
    )
    return section("Latency at a stated rate", found, words, percentiles(row))


def percentiles(row: dict[str, Any]) -> str:
    """The latencies at each percentile, spread so that the slowest are seen."""
    figure, (axes,) = style.panels(3.0)
    values = [float(row[f"at_{share}_ms"]) for share in PERCENTILES]
    places = range(len(values))
    axes.plot(places, values, color=style.SERVICE, linewidth=2, marker="o", markersize=5)
    for place, value in zip(places, values, strict=True):
        axes.annotate(shown(value), (place, value), (0, 7), textcoords="offset points", ha="center")
    place = PERCENTILES.index(0.99)
    axes.hlines(P99_LIMIT_MS, place - 0.4, place + 0.4, style.LIMIT, linewidth=2)
    axes.annotate("limit of p99", (place + 0.45, P99_LIMIT_MS), color=style.LIMIT, va="center")
    axes.set_xticks(places, [*(f"p{100 * share:g}" for share in PERCENTILES[:-1]), "longest"])
    axes.set_ylabel("milliseconds")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.minorticks_off()
    axes.margins(y=0.18)
    axes.tick_params(length=0)
    axes.grid(axis="y")
    return style.svg(figure, "Latency percentiles of the offered run")
