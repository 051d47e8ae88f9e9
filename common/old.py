"""Uygulama 02-04'ün eski yazılışından kalanlar; onlar yeni yazılışa geçince bu dosya silinir."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import keras
import pandas as pd

from common.console import Section, say, terminal
from common.lab import Lab, Report
from common.seeds import set_seed

TRY_OUT = "--cikti outputs/deneme"  # alıştırmalar asıl sonuçları ezmesin
QUICK_DIVISOR = 5  # --hizli: veri, epoch ve tekrar bunda biri


def _text(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def restart_from(model: keras.Model, twin: keras.Model, seed: int) -> None:
    """Like `restart`, with the starting weights of an untrained twin."""
    for variable, start in zip(model.variables, twin.variables, strict=True):
        variable.assign(start)
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(keras.ops.zeros_like(variable))
    set_seed(seed)


@dataclass(frozen=True)
class OldExercise:
    """A task whose constants are set by editing the script."""

    level: str
    section: str
    task: str
    quantity: str
    measure: Callable[[dict], float]
    low: float
    high: float
    constants: Mapping[str, object] = field(default_factory=dict)
    write: Callable[[float], str] = _text

    @property
    def expected(self) -> str:
        return f"{self.quantity}: {self.write(self.low)} ile {self.write(self.high)} arasında"

    @property
    def change(self) -> str:
        """The task with the constants to set."""
        settings = ", ".join(f"{name} = {value!r}" for name, value in self.constants.items())
        return f"Betiğin başında {settings} yapın. {self.task}" if settings else self.task


class OldLab(Lab):
    """`Lab` with what sections of the first idiom call."""

    def __init__(self, *args):
        self.old_exercises: list[OldExercise] = []
        self.observations: dict[str, str] = {}
        super().__init__(*args)

    @property
    def current(self) -> Section:
        return self.report.section

    @current.setter
    def current(self, section: Section) -> None:
        self.report = Report(section, {}, {}, self.folder)

    def pick(self, full, quick):
        return quick if self.quick else full

    def few(self, count: int) -> int:
        return self.pick(count, max(1, count // QUICK_DIVISOR))

    def seeds(self, count: int) -> range:
        return super().seeds(self.few(count))

    def watch(self) -> keras.callbacks.Callback:
        return keras.callbacks.Callback()

    def observe(self, text: str) -> None:
        self.observations[self.current.name] = text
        self.conclude(text)

    def table(self, rows: list[dict], title: str, formats: Mapping = (), suffix: str = "") -> None:
        frame = pd.DataFrame(rows)
        with self.file(suffix, ".csv") as path:
            text = frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
            path.write_text(text, encoding="utf-8-sig", newline="\n")
        writers = dict.fromkeys(frame, _text) | dict(formats or ())
        super().table(frame.astype(object), title, writers)

    def beside(self, variant: str) -> None:
        self.report.variant = variant

    def path(self, suffix: str, ending: str, section: str = "") -> Path:
        if not section:
            return super().path(suffix, ending)
        owner = self.sections[section]
        return self.folder / f"{owner.number:02}_{owner.name}{suffix}{ending}"

    def exercise(self, *args, **options) -> None:
        made = OldExercise(*args, **options)
        others = [known for known in self.old_exercises if known.level != made.level]
        self.old_exercises = [*others, made]

    def _try_out(self, exercise: OldExercise) -> str:
        return f"{self.again(exercise.section, *self.words)} {TRY_OUT}"

    def tasks(self) -> list[dict]:
        return [
            {
                "level": exercise.level,
                "task": exercise.change,
                "expected": exercise.expected,
                "command": self._try_out(exercise),
            }
            for exercise in self.old_exercises
        ]

    def show_exercises(self, exercises) -> None:
        if not self.old_exercises:
            return
        terminal().rule("Sıra sizde", style="bold")
        for task in self.tasks():
            say(f"{task['level']}: {task['task']}", "bold")
            say(f"  {task['command']}\n")
        say("Önce tahmin edin. Bitince betiği eski hâline döndürün. Koştuktan sonra bakın:")
        for exercise in self.old_exercises:
            say(f"  {exercise.level}: {exercise.expected}", "dim")
