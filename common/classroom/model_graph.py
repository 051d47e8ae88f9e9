"""The drawing of a Keras model for a projector slide: boxes, arrows and skips.

Layers stand in rows from the inputs down. All lengths are points (1/72 inch), like the
size of a text.
"""

import itertools
import re
from collections.abc import Mapping

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from sklearn.isotonic import isotonic_regression

from common import plots
from common.text import whole

BOX_FONT = 16.5
BOX_PAD = 5  # from the text to the border of its box
BOX_GAP = 44  # between two boxes of a row
ARROW = 18  # the length of an arrow between two rows is at least this
LONGEST_ARROW = 60  # and at most this
HEAD = 10  # the straight last piece of an arrow
HEAD_SIZE = 21  # in Matplotlib's unit: a head is 0.4 of it long
LANE = 22  # from an arrow to the boxes that it passes and to its neighbours
RIGHT = 4 * LANE  # a skip runs on the right unless the left is nearer by this
PORT = 18  # between two arrow ends at one box
CORNER = 8  # from an arrow's end to the corner of its box

# What stands in a box between name and shape, and between shape and parameters. The
# first of the three pairs that fits is taken.
TWO_LINES, THREE_LINES, ONE_LINE = ("\n", " · "), ("\n", "\n"), (" ", " · ")

PLAIN_LOOK = {"color": "black", "linewidth": 2}
SKIP_LOOK = {"color": "C1", "linewidth": 4}


def graph_of(model: keras.Model) -> tuple[dict, list[tuple[str, str]]]:
    """Read a model as a directed acyclic graph.

    Args:
        model: functional or (built) sequential.

    Returns:
        The layers by name in topological order, and the edges. An edge (from, to) is
        one tensor; a layer that is called twice has the edges of both calls.
    """
    flat = keras.Model(model.inputs, model.outputs)  # it has a Sequential's input, too
    edges = []
    for layer in flat.get_config()["layers"]:
        calls = str(layer["inbound_nodes"])
        for source in re.findall(r"'keras_history': [\[(]'(.+?)'", calls):
            edges.append((source, layer["name"]))
    return {layer.name: layer for layer in flat.operations}, edges


def model_graph(
    model: keras.Model, ax=None, marks: Mapping[str, str] = ()
) -> plt.Figure:
    """Draw a model: its layers from the inputs down, its tensors as arrows.

    Boxes (inputs round, outputs thick, merges grey) hold name, output shape and number
    of parameters. An arrow that cuts a longer way short is a skip: thick and coloured.
    Up to 17 boxes below one another can be read.

    Args:
        model: functional or (built) sequential.
        ax: the axes on which the model is drawn, after the other axes have their final
            size; None: a figure of its own.
        marks: name of a layer -> what stands before it, e.g. {"skip": "⑤"}.

    Returns:
        The figure.

    Example:
        lab.save(model_graph(model))
    """
    if ax is None:
        _, ax = plots.figure()
    ax.axis("off")
    layers, edges = graph_of(model)
    boxes = {name: _box(ax, name, edges) for name in layers}
    width, height = _room(ax)
    for separators in (TWO_LINES, THREE_LINES, ONE_LINE):
        for name, layer in layers.items():
            mark = dict(marks).get(name, "")
            boxes[name].set_text(f"{mark} {_label(layer, *separators)}".strip())
        sizes = {name: _points(box) + 2 * BOX_PAD for name, box in boxes.items()}
        tall = max(size[1] for size in sizes.values())
        layout = Layout(edges, {name: size[0] for name, size in sizes.items()})
        arrow = (height - layout.rows * tall) / max(1, layout.rows - 1)
        if arrow >= ARROW and layout.right - layout.left <= width:
            break
    arrow = min(arrow, LONGEST_ARROW)
    middle = (layout.left + layout.right) / 2
    ax.set_xlim(middle - width / 2, middle + width / 2)
    middle = (layout.rows - 1) * (tall + arrow) / 2
    ax.set_ylim(middle + height / 2, middle - height / 2)
    for name, box in boxes.items():
        box.set_position((layout.x[name], layout.level[name] * (tall + arrow)))
    head = {"arrowstyle": "-|>", "mutation_scale": min(HEAD_SIZE, 1.5 * arrow)}
    for number in range(len(edges)):
        look = SKIP_LOOK if number in layout.skips else PLAIN_LOOK
        path = _path(layout, number, tall, arrow)
        ax.add_patch(FancyArrowPatch(path=path, shrinkA=0, shrinkB=0, **head, **look))
    return ax.figure


def _box(ax, name: str, edges: list):
    """The still empty text of a layer, with its border."""
    sources = [source for source, target in edges if target == name]
    shape = "square" if sources else "round"
    border = {
        "boxstyle": f"{shape},pad={BOX_PAD / BOX_FONT}",
        "facecolor": "lightgrey" if len(sources) > 1 else "white",
        "edgecolor": "black",
        "linewidth": 1.5 if any(source == name for source, _ in edges) else 4,
    }
    box = ax.text(0, 0, "", size=BOX_FONT, ha="center", va="center", bbox=border)
    box.set_in_layout(False)
    box.set_parse_math(False)
    return box


def _label(layer, after_name: str, after_shape: str) -> str:
    """What a box says: name (if one was given) and kind, shape, parameters."""
    kind = type(layer).__name__.removesuffix("Layer")
    automatic = re.sub(r"_\d+$|_", "", layer.name) == type(layer).__name__.lower()
    if automatic:
        name = kind
    elif kind == "Input":
        name = layer.name
    else:
        name = f"{layer.name}: {kind}"
    shape = "×".join(str(size) for size in layer.output.shape[1:])
    count = layer.count_params()
    parameters = f"{after_shape}{whole(count)} par." if count else ""
    return f"{name}{after_name}({shape}){parameters}"


def _points(artist) -> np.ndarray:
    """The width and the height of a text or of axes, in points."""
    return artist.get_window_extent().size * 72 / artist.figure.dpi


def _room(ax) -> np.ndarray:
    """The width and the height of the axes below a title of two lines to come."""
    fig = ax.figure
    title = fig.get_suptitle()
    fig.suptitle(title or "\n")
    fig.draw_without_rendering()
    fig.suptitle(title)
    return _points(ax)


def _path(layout: "Layout", number: int, tall: float, arrow: float) -> Path:
    """The way of an edge; it leaves and arrives vertically and bends between rows."""
    source, target = layout.edges[number]
    top = layout.level[source] * (tall + arrow) + tall / 2
    bottom = layout.level[target] * (tall + arrow) - tall / 2
    end = layout.ends[number]
    stops = [(layout.starts[number], top)]
    if number in layout.lanes:
        lane = layout.lanes[number]
        bend = arrow + np.clip(arrow - ARROW, 0, tall / 3)  # ends beside the first box
        stops += [(lane, top + bend), (lane, bottom - bend)]
    stops += [(end, bottom - min(HEAD, arrow / 2))]
    points = stops[:1]
    for (x0, y0), (x1, y1) in itertools.pairwise(stops):
        middle = (y0 + y1) / 2
        points += [(x0, middle), (x1, middle), (x1, y1)]
    curves = [Path.CURVE4] * (len(points) - 1)
    return Path([*points, (end, bottom)], [Path.MOVETO, *curves, Path.LINETO])


class Layout:
    """Where boxes of these widths and their edges stand.

    An edge is known by its number, its place in the list of edges.

    Attributes:
        level: the row of each box, 0 at the top.
        x: the middle of each box.
        skips: the edges whose two ends are joined by a longer way, too.
        lanes: the x at which each edge that passes rows goes by their boxes.
        starts, ends: the x at which each edge leaves its source and meets its target.
        left, right: the least and the greatest x of all this.
    """

    def __init__(self, edges: list[tuple[str, str]], widths: dict[str, float]):
        self.edges = edges
        self.widths = widths  # by name, in topological order
        self.sources = {n: [s for s, target in edges if target == n] for n in widths}
        self.targets = {n: [t for source, t in edges if source == n] for n in widths}
        self.level = self._levels()
        self.rows = 1 + max(self.level.values())
        self.x = self._columns()
        self.skips = self._skips()
        self.lanes = self._lanes()
        self.starts = self._ports(0)
        self.ends = self._ports(1)
        lanes = list(self.lanes.values())
        self.left = min([self.x[n] - widths[n] / 2 for n in widths] + lanes)
        self.right = max([self.x[n] + widths[n] / 2 for n in widths] + lanes)

    def _levels(self) -> dict[str, int]:
        """A box is below its deepest source, an input just above its first target."""
        level = {}
        for name, sources in self.sources.items():
            level[name] = 1 + max((level[source] for source in sources), default=-1)
        for name, sources in self.sources.items():
            if not sources:
                below = [level[target] for target in self.targets[name]]
                level[name] = min(below, default=1) - 1
        return level

    def _columns(self) -> dict[str, float]:
        """Each box is under the mean of its sources, as far as there is room.

        Boxes are moved from the top down, back up (sources over their targets), and
        down again.
        """
        x = dict.fromkeys(self.level, 0.0)
        distance = max(self.widths.values()) + BOX_GAP
        down = (range(self.rows), self.sources)
        up = (range(self.rows)[::-1], self.targets)
        for rows, near in (down, up, down):
            for row in rows:
                names = [name for name in x if self.level[name] == row]
                wishes = {}
                for name in sorted(names, key=x.get):
                    wishes[name] = np.mean([x[n] for n in near[name]] or x[name])
                x.update(_spread(wishes, distance))
        return x

    def _skips(self) -> set[int]:
        """An edge is a skip if its source is before another source of its target."""
        before = {}
        for name, sources in self.sources.items():
            before[name] = set(sources).union(*(before[source] for source in sources))
        return {
            number
            for number, (source, target) in enumerate(self.edges)
            if any(source in before[other] for other in self.sources[target])
        }

    def _lanes(self) -> dict[int, float]:
        """The free place nearest to the source. Short edges choose first: they nest."""
        gaps = [range(self.level[s], self.level[t]) for s, t in self.edges]
        passing = [number for number, between in enumerate(gaps) if len(between) > 1]
        lanes = {}
        for number in sorted(passing, key=lambda number: len(gaps[number])):
            source, target = self.edges[number]
            taken = []
            for name, level in self.level.items():
                # A skip bulges: it also keeps clear of the rows of its two ends.
                at_end = level in (self.level[source], self.level[target])
                passed = self.level[source] <= level <= self.level[target]
                if passed and (number in self.skips or not at_end):
                    taken.append((self.x[name], self.widths[name] / 2 + LANE))
            for other, lane in lanes.items():
                if set(gaps[other]) & set(gaps[number]):
                    taken.append((lane, LANE))
            lanes[number] = _free_place(self.x[source], taken)
        return lanes

    def _ports(self, end: int) -> dict[int, float]:
        """Where the edges start (end 0) or end (end 1), side by side along each box."""
        ports = {}
        for name in {edge[end] for edge in self.edges}:
            numbers = [i for i, edge in enumerate(self.edges) if edge[end] == name]
            away = {}
            for number in numbers:
                other = self.x[self.edges[number][1 - end]]
                away[number] = self.lanes.get(number, other) - self.x[name]
            half = self.widths[name] / 2 - CORNER
            scale = half / max([half, *map(abs, away.values())])
            if len(numbers) == 1:
                scale = 0
            wishes = {number: self.x[name] + scale * away[number] for number in numbers}
            distance = min(PORT, half / max(1, len(numbers) - 1))
            straight = {number for number in numbers if abs(away[number]) < 1}
            ports.update(_spread(wishes, distance, keep=straight))
        return ports


def _spread(wishes: dict, distance: float, keep=()) -> dict:
    """Push the wished places apart to a distance; what is in `keep` moves least."""
    order = sorted(wishes, key=wishes.get)
    steps = distance * np.arange(len(order))
    weights = [1000 if item in keep else 1 for item in order]
    wished = np.array([wishes[item] for item in order])
    places = steps + isotonic_regression(wished - steps, sample_weight=weights)
    return dict(zip(order, places.tolist(), strict=True))


def _free_place(wish: float, taken: list[tuple[float, float]]) -> float:
    """The place nearest to a wish, outside of what is taken: (middle, half width)."""
    places = [wish]
    for middle, half in taken:
        places += [middle - half, middle + half]
    free = [
        place
        for place in places
        if all(abs(place - middle) > half - 0.01 for middle, half in taken)
    ]
    return min(free, key=lambda place: max(place - wish, wish - place + RIGHT))
