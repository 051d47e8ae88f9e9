"""Projektör için şekiller: büyük yazı, 16:9, renk görmeyenin de okuyacağı çizgiler."""

import contextlib
import functools
import importlib.util
import itertools
import json
import os
import pathlib
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
from matplotlib.ticker import FuncFormatter, MaxNLocator, ScalarFormatter

from common.text import NAMES, is_share, number, percent

IN_NOTEBOOK = "ipykernel" in sys.modules
_window: list[subprocess.Popen] = []  # --goster: en çok bir pencere
if not IN_NOTEBOOK:
    matplotlib.use("Agg")  # pencere yalnız --goster ile

SIZE, DPI = (16, 9), 120  # inç x nokta/inç = 1920 x 1080 piksel
FONT = 18  # punto; en küçük yazı olan eksen sayıları bunun %92'si
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

MAX_MARKERS = 20  # bir eğride bundan çok işaret birbirine karışır

BOX_FONT = FONT - 1.5  # model çizgesinde kutu yazısı (punto); aşağıdakiler de punto
BOX_PAD, BOX_GAP = 10, 36  # kutunun yazıdan yüksekliği, yan yana iki yazının arası
ARROW, LANE = 16, 24  # iki kutu arasındaki en kısa ok, atlayan okun şeridi
BOX_LINE = 1.3  # satır aralığı, puntonun katı
MAX_LEVELS = 15  # bundan çok tek satırlık kutu 1080 piksele alt alta sığmaz
MIDDLE = "…"  # çizime sığmayan katmanların yerine konan kutu

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


def percent_axis(axis, digits: int | None = None) -> None:
    """Write the shares on an axis (`ax.xaxis` or `ax.yaxis`) as '%98', '%97,5'."""
    write = functools.partial(percent, digits=digits) if digits is not None else _short_percent
    axis.set_major_formatter(FuncFormatter(lambda share, _: write(share)))


def _short_percent(share: float) -> str:
    return percent(share).removesuffix(",0")


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


def with_sizes(fig: plt.Figure, data) -> plt.Figure:
    """Write below the figure on how many images it rests; returns the figure."""
    fig.supxlabel(
        f"{len(data.x_train)} eğitim, {len(data.x_val)} doğrulama görüntüsü", size=FONT - 1.5
    )
    return fig


def graph_of(model: keras.Model) -> tuple[dict, list[tuple[str, str]]]:
    """The model as a directed acyclic graph: (layers by name in topological order, edges).

    An edge (from, to) is one tensor; a layer that is called twice is one layer with the edges of
    both calls.
    """
    flat = keras.Model(model.inputs, model.outputs)  # a Sequential has its input layer here too
    calls = {layer["name"]: layer["inbound_nodes"] for layer in flat.get_config()["layers"]}
    layers = {operation.name: operation for operation in flat.operations}
    return layers, [(source, name) for name in layers for source in _sources(calls[name])]


def _sources(call) -> list[str]:
    """Names of the layers whose tensors stand anywhere in a serialized call."""
    if isinstance(call, dict) and "keras_history" in call:
        return [call["keras_history"][0]]
    parts = call.values() if isinstance(call, dict) else call
    if not isinstance(call, dict | list | tuple):
        return []
    return [name for part in parts for name in _sources(part)]


def graph_levels(names, edges) -> dict[str, int]:
    """Longest way from an input to each layer; an input stands just above its first reader."""
    level = {}
    for name in names:
        level[name] = 1 + max((level[s] for s, t in edges if t == name), default=-1)
    for name in set(names) - {target for _, target in edges}:
        level[name] = min((level[t] for s, t in edges if s == name), default=1) - 1
    return level


def _label(layer) -> list[str]:
    """Lines of a box: name (and kind, where the name does not tell it), shape and parameters."""
    kind = type(layer).__name__
    told = layer.name.replace("_", "").startswith(kind.lower()) or kind == "InputLayer"
    shape = "×".join(str(size) for size in layer.output.shape[1:])
    count = layer.count_params() if hasattr(layer, "count_params") else 0
    name = layer.name if told else f"{layer.name}: {kind}"
    return [name, f"({shape})" + (f" · {count} par." if count else "")]


def _abridge(labels: dict, edges: list, rows: int) -> tuple[dict, list]:
    """The same graph in `rows` levels: those in the middle are gathered in one box."""
    level = graph_levels(labels, edges)
    first = rows // 2
    last = max(level.values()) + 2 - (rows - first)
    middle = [name for name in labels if first <= level[name] < last]
    kept = {name: text for name, text in labels.items() if level[name] < first}
    kept[MIDDLE] = [f"{MIDDLE} {len(middle)} katman daha {MIDDLE}"]
    kept |= {name: text for name, text in labels.items() if level[name] >= last}
    pairs = [tuple(MIDDLE if name in middle else name for name in edge) for edge in edges]
    return kept, [pair for pair in dict.fromkeys(pairs) if pair != (MIDDLE, MIDDLE)]


@functools.cache
def _text_width(line: str) -> float:
    return TextPath((0, 0), line, size=BOX_FONT).get_extents().width


def _place(labels: dict, edges: list) -> tuple[dict, list, tuple[float, float]]:
    """Lay the boxes out: (item -> (x in points, level), way of each edge, (width, height)).

    An edge that passes levels keeps a narrow lane free in each of them: the item (edge, level).
    """
    level = graph_levels(labels, edges)
    ways = [
        [source, *((i, n) for n in range(level[source] + 1, level[target])), target]
        for i, (source, target) in enumerate(edges)
    ]
    rows = [[name for name in labels if level[name] == n] for n in range(max(level.values()) + 1)]
    above, width = {}, {}
    for way in ways:
        for one, item in itertools.pairwise(way):
            above.setdefault(item, []).append(one)
            if isinstance(item, tuple):
                rows[item[1]].append(item)
                width[item] = LANE
    for name, lines in labels.items():
        width[name] = max(_text_width(line) for line in lines) + BOX_GAP
    place = {}
    for n, row in enumerate(rows):
        wish = {item: np.mean([place[one][0] for one in above.get(item, ())] or 0) for item in row}
        row.sort(key=wish.get)
        x, end = [], -np.inf
        for item in row:  # altındaki kutu üstündekinin hizasında; sığmazsa sağa
            x.append(max(wish[item], end + width[item] / 2))
            end = x[-1] + width[item] / 2
        shift = np.mean(x) - np.mean(list(wish.values()))
        place |= {item: (at - shift, n) for item, at in zip(row, x, strict=True)}
    left = min(place[item][0] - width[item] / 2 for item in place)
    right = max(place[item][0] + width[item] / 2 for item in place)
    tall = max(len(lines) for lines in labels.values()) * BOX_FONT * BOX_LINE + BOX_PAD
    place = {item: (x - (left + right) / 2, n) for item, (x, n) in place.items()}
    return place, ways, (right - left, tall)


def _drawings(labels: dict, edges: list):
    """The whole graph with two lines a box, then with one; then ever fewer of its levels."""
    flat = {name: [" ".join(lines)] for name, lines in labels.items()}
    yield labels, edges
    yield flat, edges
    depth = 1 + max(graph_levels(labels, edges).values())
    for rows in range(min(depth - 1, MAX_LEVELS), 2, -1):
        yield _abridge(flat, edges, rows)
        yield _abridge(labels, edges, rows)


def model_graph(model: keras.Model, title: str = "", ax=None) -> plt.Figure:
    """Draw a model: its layers from the inputs down, its tensors as arrows; returns the figure.

    Boxes hold name, output shape and number of parameters: in two lines where there is room, else
    in one. Where even that is too tall, the levels in the middle become one box.

    Args:
        title: of the figure, or of the axes where they are given.
        ax: draw here (last: the other axes must have their final size).
    """
    if ax is None:
        fig, ax = figure(title)
    else:
        fig = ax.figure
        ax.set_title(title)
    ax.axis("off")
    fig.draw_without_rendering()  # yerleşim bitsin: kutular eksenin gerçek boyutuna sığacak
    room = ax.get_window_extent().size * 72 / fig.dpi
    layers, edges = graph_of(model)
    labels = {name: _label(layer) for name, layer in layers.items()}
    for boxes, arrows in _drawings(labels, edges):
        place, ways, (wide, tall) = _place(boxes, arrows)
        levels = 1 + max(n for _, n in place.values())
        if wide <= room[0] and levels * (tall + ARROW) - ARROW <= room[1]:
            break
    pitch = min(room[1] / levels, tall + 3 * ARROW)
    middle = room[1] / 2 - (levels - 1) / 2 * pitch
    place = {item: (room[0] / 2 + x, middle + n * pitch) for item, (x, n) in place.items()}
    ax.set(xlim=(0, room[0]), ylim=(room[1], 0))
    _draw_edges(ax, place, ways, tall / 2)
    _draw_boxes(ax, place, boxes, arrows)
    return fig


def _draw_edges(ax, place: dict, ways: list, half: float) -> None:
    """One arrow per edge; the tensors of a layer that is called twice go side by side."""
    for nth, (source, *lanes, target) in enumerate(ways):
        twins = [i for i, way in enumerate(ways) if (way[0], way[-1]) == (source, target)]
        aside = LANE * (twins.index(nth) - (len(twins) - 1) / 2)
        points = [(place[source][0] + aside, place[source][1] + half)]
        for x, y in (place[lane] for lane in lanes):
            points += [(x, y - half), (x, y + half)]
        points.append((place[target][0] + aside, place[target][1] - half))
        look = {"arrowstyle": "-|>", "mutation_scale": 20, "linewidth": 2, "color": "black"}
        ax.add_patch(FancyArrowPatch(path=Path(points), shrinkA=0, shrinkB=0, **look))


def _draw_boxes(ax, place: dict, labels: dict, edges: list) -> None:
    """One box per layer; inputs round, outputs thick, merges grey."""
    sources, targets = zip(*edges, strict=True)
    for name, lines in labels.items():
        look = {"boxstyle": "round,pad=0.25" if name not in targets else "square,pad=0.25"}
        look["facecolor"] = "lightgrey" if targets.count(name) > 1 else "white"
        look["linewidth"] = 1.5 if name in sources else 4
        look |= {"edgecolor": "black"}
        text = {"size": BOX_FONT, "ha": "center", "va": "center"}
        ax.text(*place[name], "\n".join(lines), bbox=look, **text)


def finish(fig: plt.Figure) -> None:
    """Translate Keras' names on axes and in legends; ticks get percent or a decimal comma."""
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            name = axis.get_label_text()
            axis.set_label_text(NAMES.get(name, name))
            if not isinstance(axis.get_major_formatter(), ScalarFormatter):
                continue
            if is_share(name):
                percent_axis(axis)
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
