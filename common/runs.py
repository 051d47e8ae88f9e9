"""One experiment in every condition and seed, and how to judge its differences."""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from scipy.special import stdtrit

from common.files import LabError
from common.seeds import restart
from common.text import NAMES, is_share, number, percent, tidy

SEED = "tohum"  # the columns before it are the conditions
RATE = "LR"  # this condition changes the optimizer's learning rate without a new trace
CONFIDENCE = 0.95


class Runs:
    """A compiled model at its start for every condition and seed: `lab.runs(…)`.

    A model is built (and traced) once a condition and restarted for every seed.

    Args:
        build: makes a compiled model from one value of each condition; a tuple gives it
            several arguments.
        seeds: the seeds.
        conditions: column name -> its values, as a list or as a dictionary label ->
            value; all combinations run. `LR` is not given to `build`.
        tell: is told which run of how many begins.
    """

    def __init__(
        self, build: Callable, seeds: Sequence[int], conditions: Mapping, tell: Callable
    ):
        self.build = build
        self.seeds = seeds
        names = sorted(
            conditions, key=lambda name: name == RATE
        )  # LR last: no new model
        self.conditions = {name: _labelled(conditions[name]) for name in names}
        self.tell = tell
        self.labels: dict = {}  # of the run that is on now
        self._kept: list[pd.DataFrame] = []

    def __iter__(self) -> Iterator[keras.Model]:
        self._kept.clear()
        runs = list(itertools.product(*self.conditions.values(), self.seeds))
        names = [*self.conditions, SEED]
        built = None  # the labels with which `model` was built
        for place, chosen in enumerate(runs, start=1):
            self.labels = dict(zip(names, chosen, strict=True))
            words = ", ".join(f"{name} {label}" for name, label in self.labels.items())
            self.tell(f"{words} ({place}/{len(runs)})")
            values = {n: of[self.labels[n]] for n, of in self.conditions.items()}
            rate = values.pop(RATE, None)
            wanted = [self.labels[name] for name in values]
            if built != wanted:
                model = self.build(*_arguments(values.values()))
                usual = _learning_rate(model)
                built = wanted
            restart(model, self.labels[SEED])
            if usual is not None:
                model.optimizer.learning_rate = usual if rate is None else rate
            elif rate is not None:
                raise LabError(
                    "LR koşulu zamanlamayla olmaz: optimizer'a sabit LR verin."
                )
            yield model

    def keep(self, history: keras.callbacks.History | None = None, **columns) -> None:
        """Keep what this run gave.

        Args:
            history: what `fit` returned: a row per epoch.
            columns: further measurements: a number, or as many as there are rows.
        """
        if history is None:
            values = {name: np.atleast_1d(value) for name, value in columns.items()}
            frame = pd.DataFrame(values)
        else:
            frame = tidy(history, **columns)
        labels = pd.DataFrame(self.labels, index=frame.index)
        self._kept.append(labels.join(frame))

    @property
    def frame(self) -> pd.DataFrame:
        """All that was kept: the conditions, `tohum`, then the measurements.

        Raises:
            LabError: nothing was kept.
        """
        if not self._kept:
            raise LabError(
                "Hiçbir eğitim saklanmadı. Döngünün içine runs.keep(history) yazın."
            )
        return pd.concat(self._kept, ignore_index=True)


def _labelled(values) -> dict:
    """The values of a condition by their labels."""
    return dict(values) if isinstance(values, Mapping) else {v: v for v in values}


def _arguments(values: Iterable) -> list:
    """What `build` is called with: a tuple is several arguments."""
    arguments = []
    for value in values:
        arguments += value if isinstance(value, tuple) else (value,)
    return arguments


def _learning_rate(model: keras.Model) -> float | None:
    """The optimizer's learning rate; None where a schedule decides it."""
    rate = model.optimizer.learning_rate
    return float(rate) if isinstance(rate, keras.Variable) else None


def conditions(frame: pd.DataFrame) -> list[str]:
    """The condition columns of a `Runs.frame`."""
    return list(frame.columns[: frame.columns.get_loc(SEED)])


def labels(frame: pd.DataFrame) -> pd.Series:
    """The conditions of every row in one text: 'He, düz', 'ReLU, LR 0,03'."""
    texts = [pd.Series("", frame.index)] if frame.columns[0] == SEED else []
    for name in conditions(frame):
        values = frame[name]
        if values.dtype.kind in "if":
            texts.append(f"{name} " + values.map(number))
        else:
            texts.append(values.astype(str))
    return functools.reduce(lambda one, other: one + ", " + other, texts)


def ends(frame: pd.DataFrame) -> pd.DataFrame:
    """The last row of every run."""
    return frame.groupby([*conditions(frame), SEED], sort=False).tail(1)


def final(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """How every run ended: a row per seed, a column per condition.

    Args:
        frame: of `Runs.frame`.
        column: what is asked for, e.g. "val_accuracy".

    Example:
        accuracy = final(runs, "val_accuracy").mean()
        accuracy["sigmoid"]
    """
    last = ends(frame)
    by = conditions(frame)
    if not by:
        return last.set_index(SEED)[[column]]
    names = by if len(by) > 1 else by[0]
    wide = last.pivot(index=SEED, columns=names, values=column)  # noqa: PD010 (keeps nan)
    order = last[by].drop_duplicates().itertuples(index=False, name=None)
    return wide[[key if len(by) > 1 else key[0] for key in order]]


def summary(frame: pd.DataFrame, *columns: str, **renamed: str) -> pd.DataFrame:
    """How the runs of each condition ended: mean ± std over the seeds, written out.

    Args:
        frame: of `Runs.frame`.
        columns: of the frame; Keras' names are translated.
        renamed: heading -> column.

    Example:
        lab.table(summary(runs, "val_accuracy", ölen="ölen_pay"), "Üç tohum")
    """
    headings = {NAMES.get(column, column): column for column in columns} | renamed
    table = {}
    for heading, column in headings.items():
        values = final(frame, column)
        write = functools.partial(_written, share=is_share(column))
        table[heading] = values.apply(write)
    return pd.DataFrame(table).rename_axis(conditions(frame))


def _written(values: pd.Series, share: bool) -> str:
    mean, std = values.mean(), values.std()
    if share:
        return percent(mean, std)
    return number(mean) + ("" if np.isnan(std) else f" ± {number(std, 2)}")


@dataclass(frozen=True)
class Paired:
    """A difference, seed by seed (`paired`)."""

    mean: float
    error: float  # standard error of the mean; nan with one seed
    count: int

    @property
    def clear(self) -> bool:
        """Whether it is beyond what chance gives: the t quantile (95 %, n - 1)."""
        if self.count < 2:
            return False
        quantile = float(stdtrit(self.count - 1, (1 + CONFIDENCE) / 2))
        return abs(self.mean) > quantile * self.error  # never where it is nan

    @property
    def words(self) -> str:
        """What has to be said beside it; empty where it is clear."""
        if self.count < 2:
            return "tek tohumla fark yargılanamaz"
        return "" if self.clear else "fark şanstan ayrılmıyor"

    def told(self, up: str, down: str) -> str:
        """A difference of shares as the end of a sentence, with what has to be said.

        Args:
            up, down: the verb for a positive and a negative difference.

        Example:
            gain.told("artırdı", "düşürdü")  # '5,3 puan artırdı'
        """
        points = f"{number(100 * abs(self.mean), 2)} puan"
        words = f" ({self.words})" if self.words else ""
        return f"{points} {up if self.mean >= 0 else down}{words}"


def paired(one, other) -> Paired:
    """Judge the difference of two conditions, seed by seed: this repository's rule.

    Pairs share initial weights and batch order. The mean is compared with its standard
    error by Student's t (Student, 1908), n - 1 degrees of freedom.

    Args:
        one, other: a number a seed, in the same order; columns of `final`.

    Returns:
        `mean` (one - other), `error`, `clear`, and `words` for what is not clear.

    Raises:
        ValueError: they have not the same seeds.

    Example:
        accuracy = final(runs, "val_accuracy")
        gain = paired(accuracy["He"], accuracy["Glorot"])
        f"He doğruluğu {gain.told('artırdı', 'düşürdü')}."
    """
    same_seeds = len(one) == len(other)
    if isinstance(one, pd.Series) and isinstance(other, pd.Series):
        same_seeds = one.index.equals(other.index)
    if not same_seeds:
        raise ValueError("paired: iki koşulun tohumları aynı olmalı")
    gain = pd.Series(np.asarray(one, float) - np.asarray(other, float))
    return Paired(float(gain.mean()), float(gain.sem()), len(gain))
