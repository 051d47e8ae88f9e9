"""Projektör için şekiller: büyük yazı, 16:9, renk görmeyenin de okuyacağı çizgiler."""

import contextlib
import importlib.util
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

import keras
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, ScalarFormatter

from common.text import NAMES, is_share, number, percent

IN_NOTEBOOK = "ipykernel" in sys.modules
_window: list[subprocess.Popen] = []  # --goster: en çok bir pencere
if not IN_NOTEBOOK:
    matplotlib.use("Agg")  # pencere yalnız --goster ile

SIZE, DPI = (16, 9), 120  # inç x nokta/inç = 1920 x 1080 piksel
FONT = 18  # punto; en küçük yazı olan eksen sayıları bunun %92'si

BOX_FONT = FONT - 1.5  # model çizgesinde kutu yazısı (punto); aşağıdakiler de punto
BOX_PAD, BOX_GAP = 10, 36  # kutunun yazıdan yüksekliği, yan yana iki yazının arası
ARROW, LANE = 16, 24  # iki kutu arasındaki en kısa ok, atlayan okun şeridi
BOX_LINE = 1.3  # satır aralığı, puntonun katı

sns.set_theme(context="talk", style="whitegrid", palette="colorblind")
plt.rcParams.update(
    {
        "figure.figsize": SIZE,
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.w_pad": 0.12,
        "figure.constrained_layout.h_pad": 0.08,
        **dict.fromkeys(["font.size", "axes.labelsize"], FONT),
        **dict.fromkeys(["xtick.labelsize", "ytick.labelsize"], FONT - 1.5),
        **dict.fromkeys(["legend.fontsize", "legend.title_fontsize"], FONT - 1.5),
        "axes.titlesize": FONT + 1,
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


def shades(name: str, low: float, high: float):
    """What `fig.colorbar` needs for values from `low` to `high` in the colour map `name`."""
    return plt.cm.ScalarMappable(plt.Normalize(low, high), name)


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


def graph_of(model: keras.Model) -> tuple[dict, list[tuple[str, str]]]:
    """The model as a directed acyclic graph: (layers by name in topological order, edges).

    An edge (from, to) is one tensor; a layer that is called twice is one layer with the edges of
    both calls.
    """
    flat = keras.Model(model.inputs, model.outputs)  # Sequential'ın girdi katmanı da görünür
    edges = []
    for layer in flat.get_config()["layers"]:
        sources = re.findall(r"'keras_history': [\[(]'(.+?)'", str(layer["inbound_nodes"]))
        edges += [(source, layer["name"]) for source in sources]
    return {layer.name: layer for layer in flat.operations}, edges


def _label(layer) -> list[str]:
    """Two lines of a box: what it is (with its name, if it was given one); shape, parameters."""
    kind = type(layer).__name__.removesuffix("Layer")
    automatic = re.sub(r"_\d+$|_", "", layer.name) == type(layer).__name__.lower()
    name = kind if automatic else layer.name if kind == "Input" else f"{layer.name}: {kind}"
    shape = "×".join(str(size) for size in layer.output.shape[1:])
    count = layer.count_params()
    return [name, f"({shape})" + (f" · {count} par." if count else "")]


def _place(names, edges: list, width: float) -> tuple[dict, list]:
    """Lay boxes of this width out: (item -> (x, level), the way of each edge as items).

    A box stands one level below its deepest source, an input just above its first reader. An edge
    that passes levels keeps a lane beside the boxes of each: the item (number of the edge, level).
    """
    level = {}
    for name in names:
        level[name] = 1 + max((level[s] for s, t in edges if t == name), default=-1)
    for name in set(names) - {target for _, target in edges}:
        level[name] = min((level[t] for s, t in edges if s == name), default=1) - 1
    ways, above = [], {}
    for i, (source, target) in enumerate(edges):
        lanes = [(i, n) for n in range(level[source] + 1, level[target])]
        ways.append([source, *lanes, target])
        for one, item in itertools.pairwise(ways[-1]):
            above.setdefault(item, []).append(one)
    place = {}
    for n in range(1 + max(level.values())):
        boxes = [name for name in names if level[name] == n]
        wish = {}
        for item in boxes + [lane for lane in above if lane[1] == n]:
            sources = [one for one in above.get(item, ()) if one in level] or above.get(item, ())
            wish[item] = np.mean([place[one][0] for one in sources] or 0)
        x, end = {}, -np.inf
        for item in sorted(wish, key=wish.get):  # kaynağının altında; yer yoksa sağında
            half = (width if item in level else LANE) / 2
            x[item] = max(wish[item], end + half)
            end = x[item] + half
        shift = np.mean([wish[name] - x[name] for name in boxes])
        place |= {item: (at + shift, n) for item, at in x.items()}
    return place, ways


def model_graph(model: keras.Model, title: str = "", ax=None) -> plt.Figure:
    """Draw a model: its layers from the inputs down, its tensors as arrows; returns the figure.

    Boxes (inputs round, outputs thick, merges grey) hold name, output shape and parameters: in two
    lines where there is room, else in one. Up to 15 boxes one below the other are readable.

    Args:
        title: of the figure, or of the axes where they are given.
        ax: draw here (last: the other axes must have their final size).
    """
    if ax is None:
        _, ax = figure(title)
    else:
        ax.set_title(title)
    ax.axis("off")
    ax.figure.draw_without_rendering()  # yerleşim bitsin: kutular eksenin gerçek boyutuna sığacak
    room = ax.get_window_extent().size * 72 / ax.figure.dpi
    layers, edges = graph_of(model)
    for separator in "\n ":
        texts = {name: separator.join(_label(layer)) for name, layer in layers.items()}
        lines = [line for text in texts.values() for line in text.split("\n")]
        wide = max(TextPath((0, 0), line, size=BOX_FONT).get_extents().width for line in lines)
        place, ways = _place(layers, edges, wide + BOX_GAP)
        tall = (len(lines) / len(texts)) * BOX_FONT * BOX_LINE + BOX_PAD
        levels = 1 + max(n for _, n in place.values())
        if levels * (tall + ARROW) <= room[1]:
            break
    pitch = min(room[1] / levels, tall + 3 * ARROW)
    middle = np.mean([(min(at), max(at)) for at in zip(*place.values(), strict=True)], axis=1)
    x, y = middle * (1, pitch)
    ax.set(xlim=(x - room[0] / 2, x + room[0] / 2), ylim=(y + room[1] / 2, y - room[1] / 2))
    for i, way in enumerate(ways):  # aynı iki kutu arasındaki oklar yan yana
        twins = [j for j, other in enumerate(edges) if other == edges[i]]
        aside = LANE * (twins.index(i) - (len(twins) - 1) / 2)
        stops = [(place[item][0] + aside * (item in layers), place[item][1]) for item in way]
        points = [(x, n * pitch + half) for x, n in stops for half in (-tall / 2, tall / 2)][1:-1]
        look = {"arrowstyle": "-|>", "mutation_scale": 20, "linewidth": 2, "color": "black"}
        ax.add_patch(FancyArrowPatch(path=Path(points), shrinkA=0, shrinkB=0, **look))
    sources, targets = zip(*edges, strict=True)
    for name, text in texts.items():
        box = {"boxstyle": "round,pad=0.25" if name not in targets else "square,pad=0.25"}
        box |= {"facecolor": "lightgrey" if targets.count(name) > 1 else "white"}
        box |= {"edgecolor": "black", "linewidth": 1.5 if name in sources else 4}
        x, n = place[name]
        ax.text(x, n * pitch, text, size=BOX_FONT, ha="center", va="center", bbox=box)
    return ax.figure


def _short_percent(share: float, _) -> str:
    """'%98', '%97,5': as many digits as the tick needs."""
    return percent(share).removesuffix(",0")


def finish(fig: plt.Figure) -> None:
    """Translate Keras' names on axes and in legends; ticks get percent or a decimal comma."""
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            name = axis.get_label_text()
            axis.set_label_text(NAMES.get(name, name))
            if not isinstance(axis.get_major_formatter(), ScalarFormatter):
                continue
            if is_share(name):
                axis.set_major_formatter(FuncFormatter(_short_percent))
            elif axis.get_scale() == "linear":
                axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        if legend := ax.get_legend():
            for text in [legend.get_title(), *legend.get_texts()]:
                text.set_text(NAMES.get(text.get_text(), text.get_text()))


def open_window() -> str:
    """Open the one window of `--goster`; returns why that cannot be, or an empty string.

    It is a process of its own: it repaints while Keras trains, and closing it does no harm.
    """
    linux = sys.platform.startswith("linux")
    if linux and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "ekran yok"
    if importlib.util.find_spec("tkinter") is None:
        return "bu Python'da tkinter yok"
    viewer = pathlib.Path(__file__).with_name("window.py")
    command = [sys.executable, "-P", str(viewer)]
    _window.append(subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL))
    return ""


def present(path: pathlib.Path, title: str) -> None:
    """Show a saved figure: in the window of `--goster`, or under the cell."""
    if _window:
        with contextlib.suppress(OSError):  # pencerenin süreci bitmiş: şekil dosyada duruyor
            _window[0].stdin.write(json.dumps([title, str(path)]).encode() + b"\n")
            _window[0].stdin.flush()
    if IN_NOTEBOOK:
        from IPython.display import Image, display

        display(Image(filename=path, width=SIZE[0] * 60))


def close_window() -> None:
    """Close the window, if there is one."""
    while _window:
        process = _window.pop()
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.wait()
