"""The drawing of a Keras model for a projector slide: boxes, arrows and skips."""

import re
from collections.abc import Mapping

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch
from sklearn.isotonic import isotonic_regression

from common import plots
from common.text import whole

BOX_FONT = 16.5
COLUMN = 3.3  # inches from the middle of a box to that of the next in its row
MOST_ROWS = 8  # of boxes with two lines; in more rows a box has one line
FEWEST_ROWS = 5.5  # fewer rows stay as near to one another as so many would
SKIP_WAY = 0.55  # of a column: how far a skip goes beside what it passes
PAIR_WAY = 0.06  # the same for two arrows between the same boxes


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
    sources = {name: [s for s, target in edges if target == name] for name in layers}
    level = _levels(sources)
    column = _columns(level, sources)
    rows = 1 + max(level.values())
    boxes = {}
    for name, layer in layers.items():
        label = _label(layer, "\n" if rows <= MOST_ROWS else " ")
        border = {
            "boxstyle": "square" if sources[name] else "round",
            "facecolor": "lightgrey" if len(sources[name]) > 1 else "white",
            "edgecolor": "black",
            "linewidth": 1.5 if any(source == name for source, _ in edges) else 4,
        }
        text = f"{dict(marks).get(name, '')} {label}".strip()
        look = {"size": BOX_FONT, "ha": "center", "va": "center", "parse_math": False}
        boxes[name] = ax.text(column[name], level[name], text, bbox=border, **look)
        boxes[name].set_in_layout(False)
    row_height = _limit(ax, column, rows)
    before = _ancestors(sources)
    for number, (source, target) in enumerate(edges):
        skip = any(source in before[other] for other in sources[target])
        twins = edges.count((source, target))
        way = PAIR_WAY * (2 * edges[:number].count((source, target)) - twins + 1)
        length = row_height * (level[target] - level[source])
        bend = 2 * COLUMN * (SKIP_WAY if skip else way) / length  # Matplotlib's unit
        arrow = FancyArrowPatch(
            boxes[source].get_position(),
            boxes[target].get_position(),
            patchA=boxes[source].get_bbox_patch(),
            patchB=boxes[target].get_bbox_patch(),
            connectionstyle=f"arc3,rad={-bend}",
            arrowstyle="-|>",
            mutation_scale=21,
            shrinkA=0,
            shrinkB=0,
            color="C1" if skip else "black",
            linewidth=4 if skip else 2,
            zorder=4,  # above the boxes: these have to be placed first
        )
        ax.add_patch(arrow)
    return ax.figure


def _levels(sources: Mapping[str, list[str]]) -> dict[str, int]:
    """The row of each box: below its deepest source; an input above its first target.

    Args:
        sources: the sources of each layer, in topological order.
    """
    level = {}
    for name, above in sources.items():
        level[name] = 1 + max((level[source] for source in above), default=-1)
    for name, above in sources.items():
        below = [level[target] for target in sources if name in sources[target]]
        if not above:
            level[name] = min(below, default=1) - 1
    return level


def _columns(level: dict[str, int], sources: Mapping[str, list[str]]) -> dict:
    """Each box is under the mean of its sources, as far as its row has room."""
    inputs = [name for name, above in sources.items() if not above]
    column = {name: float(number) for number, name in enumerate(inputs)}
    for row in range(1 + max(level.values())):
        wishes = {}
        for name, above in sources.items():
            if level[name] == row:
                wishes[name] = np.mean([column[s] for s in above] or column[name])
        order = sorted(wishes, key=wishes.get)
        steps = np.arange(len(order))
        wished = np.array([wishes[name] for name in order])
        places = steps + isotonic_regression(wished - steps)  # at least 1 apart
        column.update(zip(order, places.tolist(), strict=True))
    return column


def _ancestors(sources: Mapping[str, list[str]]) -> dict[str, set[str]]:
    """The layers from which a way leads to each layer."""
    before = {}
    for name, above in sources.items():
        before[name] = set(above).union(*(before[source] for source in above))
    return before


def _limit(ax, column: dict[str, float], rows: int) -> float:
    """Set the limits of the axes; return the height of a row in inches."""
    ax.figure.draw_without_rendering()  # now the layout has given the axes their size
    width, height = ax.get_window_extent().size / ax.figure.dpi
    middle = (min(column.values()) + max(column.values())) / 2
    ax.set_xlim(middle - width / COLUMN / 2, middle + width / COLUMN / 2)
    half = max(rows, FEWEST_ROWS) / 2
    ax.set_ylim((rows - 1) / 2 + half, (rows - 1) / 2 - half)
    return height / (2 * half)


def _label(layer, separator: str) -> str:
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
    parameters = f" · {whole(count)} par." if count else ""
    return f"{name}{separator}({shape}){parameters}"
