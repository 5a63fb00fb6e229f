"""How the plots look: colours that mean the same everywhere, thin grids, text that stays text."""

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SERVICE, POSTGRES, CLIENT = "#2f6db5", "#e39a3b", "#b3bcc6"
LIGHT_SERVICE = "#a9c6e8"
COPY, LIMIT, TEXT, FAINT = "#3e4c59", "#c9372c", "#1f2933", "#7b8794"
SERIES = (SERVICE, POSTGRES, "#4b9a6b", "#8a63b8", "#c9567f", "#5aa7b5", "#8c7a5b")
SETTINGS: Any = {
    "svg.fonttype": "none",  # text, not outlines: it can be read out, searched and copied
    "svg.hashsalt": "bench",  # the same figures, the same bytes
    "font.family": "DejaVu Sans",  # matplotlib measures with its own; the page's is narrower
    "font.size": 11,
    "text.color": TEXT,
    "axes.edgecolor": "#cbd2d9",
    "axes.labelcolor": FAINT,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": "#cbd2d9",
    "ytick.color": "#cbd2d9",
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "grid.color": "#e9ecef",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
}
WIDTH_INCHES = 10.0
mpl.rcParams.update(SETTINGS)


def panels(height_inches: float, columns: int = 1, **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure of the page's width with panels side by side."""
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False, **options)
    return figure, list(axes[0])


def svg(figure: Figure, title: str) -> str:
    """The figure as inline SVG, which a narrow screen scrolls; `title` is for who cannot see it."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    picture = text.getvalue()
    start = picture.index("<svg")
    named = picture[start:].replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
    return f'<div class="plot">{named}</div>'


def legend_above(axes: Axes, columns: int = 4) -> None:
    """The legend in one line over the panel, out of the way of the data."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        handlelength=1.4,
        columnspacing=1.6,
        fontsize=10.5,
    )
