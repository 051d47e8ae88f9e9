"""Makes a figure readable before it is saved: its title, its numbers, its texts."""

import math
import re
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import ticker
from matplotlib.patches import ConnectionPatch
from scipy.optimize import isotonic_regression

from common.text import NAMES, is_share, number, percent

TITLE_SIZE = 22  # points
MOST_TICKS = 6  # on a log axis
TICK_ROOM = 105  # pixels that a number under a log axis needs
NAME_GAP = 4  # pixels between the names of two lines
LINE_NAME, MEAN = "line name", "mean"  # the gid of the texts that are moved


def first_sentence(text: str) -> str:
    """The first sentence of a conclusion, which is the figure's title.

    Example:
        first_sentence("En iyi 12. epoch. Sonra ezber.")  # 'En iyi 12. epoch'
    """
    ends = r"(?<=[.!?])(?<!\d\.)\s+|(?<=\d\.)\s+(?![a-zçğıöşü])"
    return re.split(ends, text.strip(), maxsplit=1)[0].removesuffix(".")


def finish(fig: plt.Figure, conclusion: str = "") -> None:
    """Give a figure its title, Turkish words and numbers, and texts that fit.

    Args:
        fig: the figure that is going to be saved.
        conclusion: a text; its first sentence is the title of a figure that has none.
    """
    if conclusion and not fig.get_suptitle():
        title = fig.suptitle(first_sentence(conclusion), x=0.01, ha="left")
        title.set_fontsize(TITLE_SIZE)
        _fit(title, 0.98 * fig.bbox.width)
    fig.draw_without_rendering()  # now the layout tells how much room there is
    shown = [ax for ax in fig.axes if ax.axison]
    axes = [axis for ax in shown for axis in (ax.xaxis, ax.yaxis)]
    # Of the axes that share their ticks, one with a label has to come first.
    axes.sort(key=lambda axis: not axis.get_label_text())
    for axis in axes:
        _finish_axis(axis)
    for ax in fig.axes:
        if legend := ax.get_legend():
            for text in [legend.get_title(), *legend.get_texts()]:
                text.set_text(NAMES.get(text.get_text(), text.get_text()))
    for ax in shown:
        _fit(ax.title, ax.bbox.width)
        _fit(ax.xaxis.label, ax.bbox.width)
        _fit(ax.yaxis.label, ax.bbox.height)
    fig.draw_without_rendering()
    for ax in shown:
        _spread_names(ax)
        for text in texts_of(ax, MEAN):
            _keep_inside(text, ax)
    fig.set_layout_engine("none")  # saving need not lay the figure out once more


def _finish_axis(axis) -> None:
    """Translate an axis' label; write Turkish ticks unless the section made its own."""
    name = axis.get_label_text()
    label = NAMES.get(name, name)
    log = axis.get_scale() == "log"
    formatter = axis.get_major_formatter()
    usual = type(formatter) is ticker.ScalarFormatter
    if usual or isinstance(formatter, ticker.LogFormatter):
        axis.set_major_formatter(TurkishFormatter(is_share(name), log))
    if log and type(axis.get_major_locator()) is ticker.LogLocator:
        low, high = sorted(axis.get_view_interval())
        ticks = _log_ticks(low, high, _most_ticks(axis))
        axis.set_major_locator(ticker.FixedLocator(ticks))
    if isinstance(axis.get_minor_formatter(), ticker.LogFormatter):
        axis.set_minor_formatter(ticker.NullFormatter())
    if log and label and "log" not in label:
        label += ", log ölçek"
    axis.set_label_text(label)


class TurkishFormatter(ticker.Formatter):
    """Writes ticks with a decimal comma and as many digits as their distance needs.

    Args:
        share: True: the ticks are written as percentages.
        log: True: the ticks are those of a log axis, and none of them is rounded.
    """

    def __init__(self, share: bool, log: bool = False):
        self.share = share
        self.log = log

    def __call__(self, value, pos=None):
        return self._write(value)

    def format_ticks(self, values):
        steps = np.diff(np.unique(values))
        if self.log or not len(steps):
            return [self._write(value) for value in values]
        for places in range(16):
            rounded = np.round(values, places)
            if np.abs(rounded - values).max() <= steps.min() / 100:
                break
        return [self._write(value) for value in rounded]

    def _write(self, value: float) -> str:
        size = abs(value)
        if self.share and (size >= 1e-4 or not size):
            return percent(value, digits=6).rstrip("0").rstrip(",")
        if 1e4 <= size < 1e7:
            return f"{value:,.0f}".replace(",", " ")
        return number(value, 6)


def _most_ticks(axis) -> int:
    """How many ticks a log axis may have, so that its numbers have room."""
    if axis.axis_name == "y":
        return MOST_TICKS
    fitting = int(axis.axes.bbox.width / TICK_ROOM)
    return min(MOST_TICKS, max(2, fitting))


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """Readable ticks of a log axis between two values, at most so many."""
    first = math.ceil(math.log10(low) - 1e-9)
    last = math.floor(math.log10(high) + 1e-9)
    step = math.ceil((last - first + 1) / most)
    if step > 1:
        return [10.0**power for power in range(last, first - 1, -step)]
    for factors in [(1, 2, 5), (1, 3), (1,)]:
        powers = range(first - 1, last + 1)
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= most:
            break
    if len(ticks) < 2:  # the axis is much shorter than from 1 to 10
        ticks = ticker.MaxNLocator(most - 1).tick_values(low, high)
    return [tick for tick in ticks if low <= tick <= high]


def texts_of(ax, kind: str) -> list:
    """The texts of an axes that have this gid."""
    return [text for text in ax.texts if text.get_gid() == kind]


def letters_beside(ax) -> int:
    """How many letters of a name fit beside an axes."""
    return max(15, round(32 * ax.get_position().width))


def wrapped(text: str, letters: int) -> str:
    """Break a text into lines, never before a number: 'LR 0,03', '10 000'."""
    text = re.sub(r"\s(?=\d)", "\xa0", text)
    return textwrap.fill(text, letters, break_long_words=False, break_on_hyphens=False)


def _fit(text, room: float) -> None:
    """Break a text into lines of at most `room` pixels, about equally long."""
    words = text.get_text()
    letters = len(words)
    while _length(text) > room and letters > 10:
        letters -= 1
        text.set_text(wrapped(words, letters))
    lines = text.get_text().count("\n")
    while lines and letters > 10:
        letters -= 1
        shorter = wrapped(words, letters)
        if shorter.count("\n") > lines:
            return
        text.set_text(shorter)


def _length(text) -> float:
    """The length of the longest line of a text, in pixels."""
    box = text.get_window_extent()
    return box.height if text.get_rotation() == 90 else box.width


def _spread_names(ax) -> None:
    """Push the names of lines apart; a thin leader joins a line and a distant name."""
    texts = texts_of(ax, LINE_NAME)
    if not texts:
        return
    texts.sort(key=lambda text: _end(text, ax)[1])
    wanted = np.array([_end(text, ax)[1] for text in texts])
    heights = np.array([text.get_window_extent().height + NAME_GAP for text in texts])
    distances = (heights[1:] + heights[:-1]) / 2
    stacked = np.concatenate([[0], np.cumsum(distances)])  # as close as names may be
    lowest = ax.bbox.y0 + heights[0] / 2
    highest = max(lowest, ax.bbox.y1 - heights[-1] / 2 - stacked[-1])
    nearest = isotonic_regression(wanted - stacked).x
    middles = np.clip(nearest, lowest, highest) + stacked
    for text, middle in zip(texts, middles, strict=True):
        text.xyann = (1, (middle - ax.bbox.y0) / ax.bbox.height)
        end = _end(text, ax)
        name = np.array([text.get_window_extent().x0 - 6, middle])
        if abs(end[1] - middle) > 10 or name[0] - end[0] > 120:
            leader = ConnectionPatch(end, name, "figure pixels", clip_on=False)
            leader.set(color=text.get_color(), linewidth=1.5, in_layout=False)
            ax.add_artist(leader)


def _end(text, ax) -> np.ndarray:
    """Where the line of a name ends, in pixels, inside the axes."""
    end = ax.transData.transform(text.xy)
    return np.clip(end, ax.bbox.min, ax.bbox.max)


def _keep_inside(text, ax) -> None:
    """Move a number back into its axes where it would leave these at a side."""
    box = text.get_window_extent()
    pixels = max(0, ax.bbox.x0 + 6 - box.x0) + min(0, ax.bbox.x1 - 6 - box.x1)
    _, height = text.xyann
    text.xyann = (pixels * 72 / ax.figure.dpi, height)
