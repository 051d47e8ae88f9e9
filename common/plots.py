"""Projektör için şekiller: büyük yazı, 16:9, renk görmeyenin de okuyacağı çizgiler."""

import itertools
import os
import sys

import keras
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.ticker import FuncFormatter, MaxNLocator

IN_NOTEBOOK = "ipykernel" in sys.modules
if not IN_NOTEBOOK:
    matplotlib.use("Agg")  # pencere yalnız --goster ile

SIZE, DPI = (16, 9), 120  # inç x nokta/inç = 1920 x 1080 piksel
FONT = 18  # punto; en küçük yazı olan eksen sayıları bunun %92'si
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

MAX_MARKERS = 20  # bir eğride bundan çok işaret birbirine karışır

sns.set_theme(context="talk", style="whitegrid", palette="colorblind")
COLORS = sns.color_palette("colorblind")
plt.rcParams.update(
    {
        "figure.figsize": SIZE,
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.w_pad": 0.12,
        "figure.constrained_layout.h_pad": 0.08,
        "font.size": FONT,
        "axes.labelsize": FONT,
        "axes.titlesize": FONT + 1,
        "xtick.labelsize": FONT - 1.5,
        "ytick.labelsize": FONT - 1.5,
        "legend.fontsize": FONT - 1.5,
        "legend.title_fontsize": FONT - 1.5,
        "figure.titlesize": FONT + 6,
        "figure.titleweight": "bold",
        "axes.unicode_minus": False,
    }
)


def figure(title: str, rows: int = 1, columns: int = 1, **options):
    """A 16:9 figure with its question as title: (fig, axes) like `plt.subplots`."""
    fig, axes = plt.subplots(rows, columns, **options)
    fig.suptitle(title)
    return fig, axes


def mosaic(title: str, layout: str):
    """Like `figure`, with the axes laid out by letters: (fig, {letter: axes})."""
    fig, axes = plt.subplot_mosaic(layout)
    fig.suptitle(title)
    return fig, axes


def look(i: int) -> dict:
    """Colour, line style and marker of the i-th curve: any one of them tells it apart."""
    return {
        "color": COLORS[i % len(COLORS)],
        "linestyle": LINE_STYLES[i % len(LINE_STYLES)],
        "marker": MARKERS[i % len(MARKERS)],
        "markersize": 9,
    }


def curves(ax, values: dict, xlabel: str, ylabel: str, legend: bool = True) -> None:
    """One curve per entry over 1, 2, 3, ... (epochs, layers).

    Args:
        values: label -> sequence of numbers.
    """
    for i, (label, numbers) in enumerate(values.items()):
        every = max(1, -(-len(numbers) // MAX_MARKERS))
        ax.plot(range(1, len(numbers) + 1), numbers, label=label, markevery=every, **look(i))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if legend:
        ax.legend()


def percent_axis(axis, digits: int = 0) -> None:
    """Write the shares on an axis (`ax.xaxis` or `ax.yaxis`) as '%98'."""
    axis.set_major_formatter(
        FuncFormatter(lambda share, _: f"%{share * 100:.{digits}f}".replace(".", ","))
    )


def shades(name: str, low: float, high: float):
    """What `fig.colorbar` needs for values from `low` to `high` in the colour map `name`."""
    return plt.cm.ScalarMappable(plt.Normalize(low, high), name)


def learning_curves(history: keras.callbacks.History, names: dict[str, str], title: str):
    """Training and validation curve of each metric, side by side: (fig, axes).

    Args:
        history: what `fit` returned, with validation data.
        names: metric -> Turkish axis label, e.g. {"loss": "kayıp (binary cross-entropy)"}.
        title: figure title.
    """
    fig, axes = figure(title, 1, len(names), squeeze=False)
    for ax, (metric, label) in zip(axes[0], names.items(), strict=True):
        parts = {"eğitim": history.history[metric], "doğrulama": history.history[f"val_{metric}"]}
        curves(ax, parts, "epoch", label)
    return fig, axes[0]


def digits(axes, images: np.ndarray, titles=()) -> None:
    """Draw one MNIST image on each axes.

    Args:
        axes: as many axes as wanted; those without an image stay empty.
        images: shape (n, 784) or (n, 28, 28), values in [0, 1].
        titles: what to write above each.
    """
    for ax, image, title in itertools.zip_longest(np.ravel(axes), images, titles, fillvalue=None):
        ax.axis("off")
        if image is not None:
            ax.imshow(np.reshape(image, (28, 28)), cmap="gray_r", vmin=0, vmax=1)
            ax.set_title(title or "")


def with_sizes(fig: plt.Figure, data) -> plt.Figure:
    """Write below the figure on how many images it rests; returns the figure."""
    fig.supxlabel(
        f"{len(data.x_train)} eğitim, {len(data.x_val)} doğrulama görüntüsü", size=FONT - 1.5
    )
    return fig


def use_window() -> str:
    """Switch to figure windows; returns why that cannot be, or an empty string."""
    linux = sys.platform.startswith("linux")
    if linux and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "ekran yok"
    try:
        plt.switch_backend("macosx" if sys.platform == "darwin" else "TkAgg")
    except ImportError as error:
        return str(error)
    return ""


def present(fig: plt.Figure, window: bool) -> None:
    """After saving: show in a window that does not block, in the notebook, or close."""
    if window:
        fig.show()
        fig.canvas.flush_events()
        return
    if IN_NOTEBOOK:
        from IPython.display import display

        display(fig)
    plt.close(fig)
