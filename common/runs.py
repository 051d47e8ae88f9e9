"""One experiment in every condition and with every seed; how to judge differences."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from scipy.special import stdtrit

from common.files import LabError
from common.seeds import restart
from common.text import NAMES, is_share, number, percent, tidy

SEED = "tohum"  # the columns before this one are the conditions
RATE = "LR"  # this condition changes the optimizer's learning rate without a new trace
CONFIDENCE = 0.95  # of the t quantile beyond which a difference is clear


class Runs:
    """A compiled model at its start for every condition and seed: see `lab.runs`.

    A model is built (and traced) once for each condition and restarted for every seed.
    `tell` is called with a text that says which run of how many begins.
    """

    def __init__(
        self, build: Callable, seeds: Sequence[int], conditions: Mapping, tell: Callable
    ):
        self.build = build
        self.seeds = seeds
        self.conditions = {}  # column name -> its values by their labels
        # LR comes last: from one rate to the next no new model is built.
        for name in sorted(conditions, key=lambda name: name == RATE):
            values = conditions[name]
            if not isinstance(values, Mapping):
                values = {value: value for value in values}
            self.conditions[name] = dict(values)
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
                arguments = []
                for value in values.values():
                    arguments += value if isinstance(value, tuple) else (value,)
                model = self.build(*arguments)
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
            history: what `fit` returned; it gives a row per epoch.
            columns: further measurements: a number, or a number for each row.
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


def _learning_rate(model: keras.Model) -> float | None:
    """The optimizer's learning rate; None where a schedule decides it."""
    rate = model.optimizer.learning_rate
    return float(rate) if isinstance(rate, keras.Variable) else None


def conditions(frame: pd.DataFrame) -> list[str]:
    """The condition columns of a `Runs.frame`."""
    return list(frame.columns[: frame.columns.get_loc(SEED)])


def labels(frame: pd.DataFrame) -> pd.Series:
    """The conditions of every row in one text: 'He, düz', 'ReLU, LR 0,03'."""
    texts = pd.Series("", frame.index)
    for name in conditions(frame):
        values = frame[name]
        if values.dtype.kind in "if":
            words = f"{name} " + values.map(number)
        else:
            words = values.astype(str)
        texts = texts + ", " + words
    return texts.str.removeprefix(", ")


def ends(frame: pd.DataFrame) -> pd.DataFrame:
    """The last row of every run."""
    return frame.groupby([*conditions(frame), SEED], sort=False).tail(1)


def final(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """How every run ended: a row per seed, a column per condition.

    Args:
        frame: a frame like `Runs.frame`.
        column: the measurement that is asked for, e.g. "val_accuracy".

    Returns:
        A frame with the seeds as its index and the conditions' labels as its columns.
        With several conditions a column's label is a tuple; without any it is `column`.

    Example:
        accuracy = final(runs, "val_accuracy").mean()
        accuracy["sigmoid"]  # between 0 and 1
    """
    last = ends(frame)
    by = conditions(frame)
    if not by:
        return last.set_index(SEED)[[column]]
    values = last.set_index([SEED, *by])[column]
    return values.unstack(by, sort=False).sort_index()  # noqa: PD010 (keeps nan)


def summary(frame: pd.DataFrame, *columns: str, **renamed: str) -> pd.DataFrame:
    """How the runs of each condition ended: mean ± std (n - 1) over the seeds, as text.

    Args:
        frame: a frame like `Runs.frame`.
        columns: columns of the frame; Keras' names are translated into headings.
        renamed: further columns, as heading=column.

    Returns:
        A frame for `lab.table`: a row per condition.

    Example:
        lab.table(summary(runs, "val_accuracy", ölen="ölen_pay"), "Üç tohum")
    """
    headings = {NAMES.get(column, column): column for column in columns} | renamed
    table = {}
    for heading, column in headings.items():
        values = final(frame, column)
        table[heading] = values.apply(_written, share=is_share(column))
    return pd.DataFrame(table).rename_axis(conditions(frame))


def _written(values: pd.Series, share: bool) -> str:
    """Mean ± std of some values; the std is left out where there is one value."""
    mean, std = values.mean(), values.std()
    if share:
        return percent(mean, std)
    return number(mean) + ("" if np.isnan(std) else f" ± {number(std, 2)}")


@dataclass(frozen=True)
class Paired:
    """A difference, seed by seed: what `paired` returns."""

    mean: float
    error: float  # the standard error of the mean; nan with one seed
    count: int  # how many seeds there are

    @property
    def clear(self) -> bool:
        """Whether the mean is beyond what chance gives: the t quantile of 95 %."""
        if self.count < 2:
            return False
        quantile = float(stdtrit(self.count - 1, (1 + CONFIDENCE) / 2))
        return abs(self.mean) > quantile * self.error  # never where it is nan

    @property
    def words(self) -> str:
        """What has to be said beside the difference; empty where it is clear."""
        if self.count < 2:
            return "tek tohumla fark yargılanamaz"
        return "" if self.clear else "fark şanstan ayrılmıyor"

    def told(self, up: str, down: str) -> str:
        """Write a difference of shares as the end of a sentence, with `words`.

        Args:
            up: the verb for a positive difference.
            down: the verb for a negative difference.

        Example:
            gain.told("artırdı", "düşürdü")  # '5,3 puan artırdı'
        """
        points = f"{number(100 * abs(self.mean), 2)} puan"
        words = f" ({self.words})" if self.words else ""
        return f"{points} {up if self.mean >= 0 else down}{words}"


def paired(one, other) -> Paired:
    """Judge the difference of two conditions, seed by seed: this repository's rule.

    The two runs of a pair share initial weights and the order of the batches. The mean
    of the differences is compared with its standard error by Student's t (Student,
    1908) with n - 1 degrees of freedom; one seed is never clear.

    Args:
        one, other: a number for each seed, in the same order; usually columns of
            `final`.

    Returns:
        A `Paired`: `mean` (of one - other), `error`, `clear`, and `words` for what is
        not clear.

    Raises:
        ValueError: the two do not have the same seeds.

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
