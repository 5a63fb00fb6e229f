"""Named figures as bars, one below the other."""

from collections.abc import Sequence

from bench.report_page import style


def bars(names: Sequence[str], values: Sequence[float], colours: Sequence[str], unit: str) -> str:
    """The plot as SVG; `unit` is the short one, written beside each figure."""
    figure, (axes,) = style.panels(0.36 * len(names) + 0.6)
    drawn = axes.barh(range(len(names)), values, 0.6, color=colours)
    axes.bar_label(
        drawn, [f"{value:,.0f} {unit}" for value in values], padding=4, fontweight="bold"
    )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xlabel(unit)
    axes.grid(axis="x")
    axes.margins(x=0.1)
    return style.svg(figure, f"{len(names)} figures, {unit}")
