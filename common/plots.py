"""Figures for the projector: large text, 16:9, lines that everyone can tell apart.

The title of a figure is its finding: the first sentence of `lab.conclude`. Two drawings
do for most sections: `curves` (a line per condition along the epochs) and `scores` (a
dot per seed, a row per condition).
"""

import itertools
import math

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.transforms import ScaledTranslation

from common import runs
from common.classroom.lettering import (
    LINE_NAME,
    MEAN,
    letters_beside,
    texts_of,
    wrapped,
)
from common.classroom.startup import IN_NOTEBOOK
from common.text import NAMES, is_share, number, percent

if not IN_NOTEBOOK:
    matplotlib.use("Agg")  # figures are files

SIZE = (16, 9)  # inches
DPI = 120  # dots an inch: a figure has 1920 x 1080 pixels
FONT = 18  # points; the smallest text, that of the ticks, has 92 % of it
PANEL_SPACE = 0.06  # between two panels, as a share of their width

ACCENT, GREY = "C0", "grey"  # the two colours where rows or labels name the group
MARKERS = "osD^vPX"  # of the lines, in their order
MANY_POINTS = 15  # a line with more points has no markers
EPOCH_STEPS = {1: 10, 2: 15, 5: 50, 10: 100, 20: 200, 100: 1_000, 1_000: math.inf}
NAME_PLACE = 22  # points between an axes and the names of its lines
NAMED, NOTE = "named", "note"  # the gid of a line that has its name, and of a note

matplotlib.rcdefaults()  # whatever matplotlibrc says: usetex, savefig.bbox
sns.set_theme(context="talk", style="whitegrid", palette="colorblind")
plt.rcParams.update({
    "figure.figsize": SIZE,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.wspace": PANEL_SPACE,
    "figure.constrained_layout.hspace": PANEL_SPACE,
    "font.size": FONT,
    "axes.labelsize": FONT,
    "xtick.labelsize": FONT - 1.5,
    "ytick.labelsize": FONT - 1.5,
    "legend.fontsize": FONT - 1.5,
    "legend.title_fontsize": FONT - 1.5,
    "axes.titlesize": FONT + 1,
    "figure.titlesize": FONT + 6,
    "figure.titleweight": "bold",
    "axes.unicode_minus": False,
})


def figure(rows: int = 1, columns: int = 1, *, title: str | None = None, **options):
    """Make a 16:9 figure.

    Args:
        rows, columns: how many rows and columns of panels it has.
        title: None: `lab.save` writes the first sentence of `lab.conclude`.
        options: further options of `plt.subplots`.

    Returns:
        (fig, axes) like `plt.subplots`.

    Example:
        fig, (left, right) = plots.figure(1, 2, sharey=True)
    """
    fig, axes = plt.subplots(rows, columns, **options)
    if title:
        fig.suptitle(title)
    return fig, axes


def mosaic(layout: str, *, title: str | None = None):
    """Make a 16:9 figure whose panels are laid out by letters.

    Args:
        layout: as for `plt.subplot_mosaic`.
        title: as for `figure`.

    Returns:
        (fig, {letter: axes}).

    Example:
        fig, axes = plots.mosaic("AB;AC")
    """
    fig, axes = plt.subplot_mosaic(layout)
    if title:
        fig.suptitle(title)
    return fig, axes


def curves(frame, y: str, ax, x: str = "epoch") -> None:
    """Draw the course of the runs: a line per condition, named at its end.

    The line is the mean over the seeds, the band is their std (n - 1).

    Args:
        frame: a frame like `Runs.frame`.
        y: the column that is drawn.
        ax: the axes on which it is drawn.
        x: the column along which it is drawn, e.g. "epoch". Where this is a condition
            with numbers, the ends of the runs are drawn.

    Example:
        plots.curves(runs, "val_accuracy", ax)
    """
    conditions = runs.conditions(frame)
    shown = runs.ends(frame) if x in conditions else frame
    others = [name for name in conditions if name != x]
    if others:
        names = runs.labels(shown[[*others, runs.SEED]])
    else:
        names = shown[runs.SEED].map(lambda _: NAMES.get(y, y))
    seeds = shown[runs.SEED].nunique()
    few = shown[x].nunique() <= MANY_POINTS
    for name, part in shown.groupby(names, sort=False):
        along = part.groupby(x)[y].agg(["mean", "std"])
        marker = MARKERS[len(ax.lines) % len(MARKERS)]
        (line,) = ax.plot(along.index, along["mean"], linewidth=3.5, label=name)
        if few:
            line.set(marker=marker, markersize=11)
        if seeds > 1:
            low = along["mean"] - along["std"]
            high = along["mean"] + along["std"]
            look = {"color": line.get_color(), "alpha": 0.2, "linewidth": 0}
            ax.fill_between(along.index, low, high, **look)
    ax.set(xlabel=x, ylabel=y if _has_numbers(ax) else "")
    ax.margins(x=0.03)
    if others:
        label_lines(ax)
    if seeds > 1:
        note(ax, f"bant: {seeds} tohum ± std")
    if x == "epoch":
        whole_epochs(ax, int(shown[x].max()))


def scores(frame, x: str, ax) -> None:
    """Draw how the runs ended: a row per condition, a dot per seed.

    The mean over the seeds is a bar with its number above it.

    Args:
        frame: a frame like `Runs.frame`.
        x: the column that is drawn.
        ax: the axes on which it is drawn.

    Example:
        fig, (left, right) = plots.figure(1, 2, sharey=True)
        plots.scores(runs, "gradyan", left)
        plots.scores(runs, "val_accuracy", right)
    """
    last = runs.ends(frame)
    write = percent if is_share(x) else number
    groups = last.groupby(runs.labels(last), sort=False)[x]
    for row, (_, values) in enumerate(groups):
        mean = values.mean()
        ax.scatter(values, [row] * len(values), s=220, color=ACCENT, alpha=0.6)
        bar = {"marker": "|", "markersize": 46, "markeredgewidth": 4}
        ax.plot([mean], [row], color="black", zorder=3, **bar)
        finite = math.isfinite(mean)
        ax.annotate(
            write(mean), (mean if finite else 0, row), (0, 26),
            xycoords="data" if finite else ax.get_yaxis_transform(),
            textcoords="offset points",
            ha="center", va="bottom", size=FONT + 2, weight="bold",
            annotation_clip=False, in_layout=False, gid=MEAN,
        )  # fmt: skip
    names = [wrapped(str(name), letters_beside(ax)) for name in groups.groups]
    ax.set(xlabel=x, ylabel="", ylim=(len(names) - 0.45, -0.75))
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", labelsize=FONT)
    ax.locator_params(axis="x", nbins=5)
    ax.margins(x=0.08)
    seeds = last[runs.SEED].nunique()
    if seeds > 1 and _has_numbers(ax):
        note(ax, f"nokta: bir tohum, çizgi: {seeds} tohumun ortalaması")


def label_lines(ax, names=None) -> None:
    """Write each line's name beside its right end in its colour, instead of a legend.

    A line that has its name already keeps it. `lab.save` pushes the names apart.

    Args:
        ax: the axes that hold the lines.
        names: the names of the lines, in their order; None: their labels, or those of
            the legend.

    Example:
        sns.lineplot(curves, x="adım", y="formül", label="formül", ax=left)
        plots.label_lines(left)
    """
    drawn = [line for line in ax.lines if len(line.get_xdata())]
    lines = [line for line in drawn if line.get_gid() != NAMED]
    legend = ax.get_legend()
    if names is None:
        labelled = [line for line in lines if not line.get_label().startswith("_")]
        if legend and not labelled:
            names = [text.get_text() for text in legend.get_texts()]
        else:
            lines = labelled
            names = [line.get_label() for line in lines]
    if legend:
        legend.remove()
    gap = ScaledTranslation(NAME_PLACE / 72, 0, ax.figure.dpi_scale_trans)
    for line, name in zip(lines, names, strict=False):
        points = line.get_xydata()
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            continue  # nan from its first point: nothing is seen
        line.set_gid(NAMED)
        ax.annotate(
            wrapped(NAMES.get(name, name), letters_beside(ax)),
            points[-1], (1, 0.5), textcoords=ax.transAxes + gap,
            ha="left", va="center", size=FONT - 1, weight="bold",
            color=line.get_color(), annotation_clip=False, gid=LINE_NAME,
        )  # fmt: skip


def note(ax, text: str) -> None:
    """Write what a reader has to know in small grey letters under the right corner.

    Example:
        plots.note(ax, "gri: rastgele başlangıç")
    """
    for known in texts_of(ax, NOTE):
        if text not in known.get_text():
            known.set_text(f"{known.get_text()} · {text}")
        return
    below = ("axes fraction", ax.xaxis.label)
    ax.annotate(
        text, (1, 0), (0, -4), xycoords=below, textcoords="offset points",
        ha="right", va="top", color="dimgrey", size=FONT - 2, gid=NOTE,
    )  # fmt: skip


def whole_epochs(ax, last: int) -> None:
    """Put about ten ticks at most at whole epochs, from 1 to the last one.

    Example:
        plots.whole_epochs(ax, epochs)
    """
    step = next(size for size, most in EPOCH_STEPS.items() if last <= most)
    start = 1 + step if step < 5 else step  # 1, 3, 5 …; 1, 5, 10 …
    ax.set_xticks([1, *range(start, last + 1, step)])


def digits(axes, images: np.ndarray, titles=()) -> None:
    """Draw one MNIST image on each axes.

    Args:
        axes: as many axes as wanted; those without an image stay empty.
        images: shape (n, 784) or (n, 28, 28), from 0 to 1.
        titles: what is written above each image.

    Example:
        fig, axes = plots.figure(1, 4)
        plots.digits(axes, data.x_val[:4])
    """
    pairs = itertools.zip_longest(np.ravel(axes), images, titles, fillvalue=None)
    for ax, image, title in pairs:
        ax.axis("off")
        if image is not None:
            ax.imshow(np.reshape(image, (28, 28)), cmap="gray_r", vmin=0, vmax=1)
            ax.set_title(title or "")


def _has_numbers(ax) -> bool:
    """Whether numbers stand at the y axis: a shared one has them in the left panel."""
    return ax.yaxis.get_tick_params().get("labelleft", True)
