"""`Lab`: bölümleri olan bir uygulama. Bir betiğin kullandığı her şey burada."""

import argparse
import contextlib
import functools
import inspect
import io
import math
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich import box
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

import common
from common import page, plots
from common.console import (
    DEFAULT_SEED,
    OK,
    PLAIN_WIDTH,
    Exercise,
    LiveConsole,
    Outline,
    Section,
    fail,
    read_section,
    say,
    terminal,
    typed,
    understand,
    written,
)
from common.files import (
    FAILED,
    TIMES_FILE,
    LabError,
    atomic,
    command_line,
    prepare,
    read_times,
    write_times,
)
from common.seeds import set_seed
from common.text import NAMES, is_share, number, percent

PROGRESS_SECONDS = 2.0  # boruya giden iki ilerleme satırının en kısa arası
TRIALS = "deneme"  # ayarı değiştirilmiş koşuların klasörü


def largest_difference(one, other) -> float:
    """Largest absolute difference of two arrays, or of two equally long lists of arrays."""
    return max(float(np.max(np.abs(a - b))) for a, b in zip(one, other, strict=True))


def peak_memory_mb() -> float:
    """Highest memory use of this process so far, in MB; nan where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


@dataclass
class Check:
    """One claim, asked of the values: `label (value)` and what was expected."""

    label: str
    value: float
    expected: str
    holds: bool
    asked: bool = True

    @property
    def text(self) -> str:
        if not self.asked:
            return f"· {self.label} (yalnız dersteki boyutta sınanır)"
        tail = "" if self.holds else f"; beklenen {self.expected}"
        return f"{'✓' if self.holds else '✗'} {self.label} ({number(self.value)}{tail})"


@dataclass
class Report:
    """What one run of a section leaves: its settings, tables, files, conclusion and checks."""

    section: Section
    settings: dict
    changed: dict
    folder: Path
    prediction: str = ""
    variant: str = ""
    tables: list[dict] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    conclusion: str = ""
    checks: list[Check] = field(default_factory=list)
    data: object = None
    printed: str = ""
    seconds: float = 0.0

    @property
    def figures(self) -> list[Path]:
        return [path for path in dict.fromkeys(self.written) if path.suffix == ".png"]


def make_variables(model: keras.Model, x, y) -> None:
    """Make what the first step would make: a step that makes variables is traced twice."""
    arrays = all(hasattr(part, "shape") for part in keras.tree.flatten((x, y)))
    if not (arrays and model.built and model.compiled and model.loss):
        return
    model.optimizer.build(model.trainable_variables)
    first, target = keras.tree.map_structure(lambda part: np.asarray(part[:1]), (x, y))
    predicted = model(first)
    model.compute_loss(first, target, predicted, training=False)
    model.compute_metrics(first, target, predicted)
    model.reset_metrics()


class Progress:
    """What runs now: one live line in a terminal, elsewhere a line now and then."""

    def __init__(self):
        self.start = self.last = time.perf_counter()
        self.item = self.epoch = ""
        self.live = None

    def __rich__(self) -> Text:
        seconds = time.perf_counter() - self.start
        clock = "◐◓◑◒"[int(2 * seconds) % 4]
        parts = [part for part in (self.item or "koşuyor", self.epoch) if part]
        return Text(f"{clock} {' · '.join(parts)} · {seconds:.0f} s", "dim", no_wrap=True)

    def tell(self, item: str | None = None, epoch: str = "") -> None:
        self.item, self.epoch = self.item if item is None else item, epoch
        now = time.perf_counter()
        if not self.live and now - self.last >= PROGRESS_SECONDS:
            self.last = now
            say("  " + self.__rich__().plain[2:], "dim")

    @contextmanager
    def shown(self) -> Iterator["Progress"]:
        """While this lasts, every `fit` tells its epochs; the line is gone at the end."""
        screen = terminal()
        if screen.is_terminal and not plots.IN_NOTEBOOK:
            self.live = Live(self, console=screen, refresh_per_second=4, transient=True)
        with self.live or contextlib.nullcontext(), self._epochs():
            yield self

    @contextmanager
    def _epochs(self) -> Iterator[None]:
        fit, told = keras.Model.fit, _Epochs(self)

        @functools.wraps(fit)
        def watched(model, *args, **options):
            given = options.get("callbacks")
            if len(args) <= 5 and isinstance(given, list | tuple | None):
                options["callbacks"] = [*(given or ()), told]
            if len(args) > 1:
                make_variables(model, args[0], args[1])
            return fit(model, *args, **options)

        keras.Model.fit = watched
        try:
            yield
        finally:
            keras.Model.fit = fit


class _Epochs(keras.callbacks.Callback):
    def __init__(self, progress):
        super().__init__()
        self.progress = progress

    def on_epoch_end(self, epoch, logs=None):
        name = next((n for n in ("val_accuracy", "val_loss", "loss") if n in (logs or {})), None)
        write = percent if name and is_share(name) else number
        value = f" · {NAMES[name]} {write(logs[name])}" if name else ""
        self.progress.tell(epoch=f"epoch {epoch + 1}/{self.params['epochs']}{value}")


class Lab(Outline):
    """A script of numbered sections: `@lab.section` above each, `lab.run()` at the end.

    A section is a function whose keyword parameters are its settings; it returns its tidy data (a
    DataFrame, or a dictionary suffix -> DataFrame), which is written as CSV. Each starts from the
    same state (Keras session cleared, seeds fixed), so alone or in a full run it gives the same
    numbers. Files: `outputs/uygulama_0N/NN_section_name.png|csv|keras`; runs with other settings
    go to `outputs/deneme`. In cells a section runs where it stands.

    Attributes:
        quick: True with `--hizli`: sections then run with the settings of `quick=`.
        seed: the whole number given with `--tohum`.
        report: of the section that runs now, or ran last.
        hint: last line of what is said when the section is stopped (Ctrl-C, full disk, error).
        written: the files written so far.
    """

    def __init__(self, script: str, title: str, hours: str):
        super().__init__(f"{script}.py", title, hours)
        self.report: Report | None = None
        self.hint = ""
        self._functions: dict[str, Callable] = {}
        self.seconds: dict[str, float] = {}
        self.written: list[Path] = []
        self.failed: list[Section] = []  # sınaması tutmayan bölümler
        self.progress = Progress()
        self.loading = time.perf_counter() - common.START  # içe aktarmaların saniyesi
        self.configure()

    def configure(
        self, *, quick=False, seed=DEFAULT_SEED, out: Path | str | None = None, **switches
    ) -> None:
        """Set what the command line sets; quick results never replace full-size ones.

        Args:
            quick, seed, out: `--hizli`, `--tohum`, `--cikti`.
            switches: `pause` (`--bekle`), `show` (`--goster`) and the script's own ones.
        """
        self.quick, self.seed = quick, seed
        self.pause, self.show_window = switches.get("pause", False), switches.get("show", False)
        unset = {name: "" if name in self.values else False for name in self.switches}
        self.options = {name: switches.get(name, usual) for name, usual in unset.items()}
        default = common.ROOT / "outputs" / ("hizli" if quick else "")
        self.base = default if out is None else Path(out).resolve()
        self.folder = self.base / self.name
        self.words = ["--hizli"] * quick + ["--tohum", str(seed)] * (seed != DEFAULT_SEED)
        for name, given in self.options.items():
            if given:
                self.words += [f"--{name}", given] if name in self.values else [f"--{name}"]
        self.words += [] if out is None else ["--cikti", str(out)]

    # Bölümlerin kullandıkları

    say = staticmethod(say)

    def section(self, function: Callable | None = None, *, quick: Mapping = ()) -> Callable:
        """Register a section: `@lab.section`, or `@lab.section(quick={"epochs": 1})`.

        Its number is its place in the file. In cells it runs at once, and can be called again
        with other settings: `activation_race(depth=2)`.
        """
        if function is None:
            return functools.partial(self.section, quick=quick)
        lines, first = inspect.getsourcelines(function)
        known = self.sections.get(function.__name__)  # hücre yeniden çalışırsa numara değişmez
        place = known.number if known else len(self.sections) + 1

        @functools.wraps(function)
        def run(**settings):
            self.announce(section)
            report = self.run_section(section, settings)
            self.show(report)
            return report.data

        section = read_section("".join(lines), place, first, run)
        self.sections[section.name] = section
        self._functions[section.name] = function
        if plots.IN_NOTEBOOK and function.__module__ == "__main__":
            run()
        return run

    def option(self, flag: str, explanation: str, value: str = "") -> None:
        """Declare an option of this script: `lab.option("--uzun", ...)` → `lab.options["uzun"]`.

        With `value`, what is typed after it is a text: `lab.option("--ad", ..., value="AD")`.
        """
        self.options[self.declare(flag, explanation, value)] = "" if value else False

    def exercise(self, **words) -> None:
        """Declare a task of "Sıra sizde" (keywords: `Exercise`)."""
        made = Exercise(**words)
        self.exercises[made.level] = made

    def seeds(self, count: int) -> range:
        """`count` seeds, beginning with the one of `--tohum`."""
        return range(self.seed, self.seed + count)

    def each(self, items: Iterable, label: str = "") -> Iterator:
        """Yield the items and say before each which one it is: no silent waiting."""
        items = list(items)
        for i, item in enumerate(items, start=1):
            self.progress.tell(f"{label} {item} ({i}/{len(items)})".strip())
            yield item

    def table(self, frame: pd.DataFrame, title: str, formats: Mapping[str, Callable] = ()) -> None:
        """Show a table; an index with a name becomes its first columns.

        Args:
            frame: one row a line; Keras' column names are translated.
            title: Turkish caption.
            formats: column name -> function that writes a value; usually `percent` where the name
                says that it is a share, else `number`.
        """
        frame = frame.reset_index() if any(frame.index.names) else frame
        columns, cells = [], []
        for name, values in frame.items():
            usual = percent if is_share(name) else number
            write = dict(formats).get(name, usual if values.dtype.kind == "f" else str)
            columns.append((NAMES.get(name, str(name)), values.dtype.kind in "iuf"))
            cells.append([write(value) for value in values])
        rows = [list(row) for row in zip(*cells, strict=True)]
        self.report.tables.append({"title": title, "columns": columns, "rows": rows})

    def save(self, what: plt.Figure | keras.Model, suffix: str = "") -> Path:
        """Write a figure (PNG, 1920 px wide) or a model (`.keras`) and return its path."""
        ending = ".keras" if isinstance(what, keras.Model) else ".png"
        with self.file(suffix, ending) as path:
            if ending == ".keras":
                what.save(path)
            else:
                plots.finish(what)
                what.savefig(path)
                plt.close(what)
        return self.written[-1]

    def conclude(self, text: str) -> None:
        """Say what came out: at most two short sentences, computed from the values."""
        self.report.conclusion = text

    def check(
        self,
        label: str,
        value: float,
        *,
        below: float | None = None,
        above: float | None = None,
        equal: float | None = None,
        within: tuple[float, float] | None = None,
        full_size: bool = False,
    ) -> bool:
        """Ask a claim of the section's values; shown, recorded, and asserted by the tests.

        Args:
            label: the claim, in Turkish.
            value: what was measured.
            below, above, equal, within: what it has to be (within: both ends included).
            full_size: `--hizli` cannot show this claim; there it is not asked.
        """
        low, high = within or (-math.inf, math.inf)
        bounds = {"<": below, ">": above, "=": equal}
        expected = [
            f"{sign} {number(bound)}" for sign, bound in bounds.items() if bound is not None
        ]
        expected += [f"{number(low)} ile {number(high)} arası"] if within else []
        if not expected:
            raise ValueError("lab.check: below=, above=, equal= ya da within= yazın")
        holds = low <= value <= high and (below is None or value < below)
        holds = holds and (above is None or value > above) and (equal is None or value == equal)
        asked = not (full_size and self.quick)
        made = Check(label, float(value), ", ".join(expected), bool(holds), asked)
        self.report.checks.append(made)
        return made.holds

    @contextmanager
    def file(self, suffix: str, ending: str) -> Iterator[Path]:
        """`with lab.file("_en_iyi", ".keras") as path:` a temporary path that becomes the file.

        The file appears under its own name when the block ends well; if it does not, what stood
        there before is untouched.

        Args:
            suffix: appended to "NN_section_name".
            ending: file name extension with its dot.
        """
        path = self.path(suffix, ending)
        with atomic(path) as temporary:
            yield temporary
        self.written.append(path)
        self.report.written.append(path)

    def path(self, suffix: str, ending: str) -> Path:
        """Where `file(suffix, ending)` writes."""
        report = self.report
        return report.folder / f"{_stem(report.section)}{report.variant}{suffix}{ending}"

    # Koşu

    def run(self) -> None:
        """Read the command line, run the sections asked for, leave with the right exit code."""
        if plots.IN_NOTEBOOK:  # bölümler kendi hücrelerinde koştu
            self.show_exercises(self.exercises.values())
            return
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # temiz bitsin
        code = self.main(sys.argv[1:])
        if code:
            sys.exit(code)

    def main(self, argv: list[str]) -> int:
        """Like `run`, with the arguments given; returns the exit code."""
        self.written.clear()
        self.failed.clear()
        self.report, self.hint, command = None, "", None
        try:
            command = understand(self, argv)
            return OK if command is None else self._obey(command)
        except (Exception, KeyboardInterrupt) as error:
            again = command_line("python", self.script, *argv)
            if self.report and len(command.chosen) > 1 and not command.bekle:  # yalnız o bölüm
                section, settings = self.report.section.name, self.report.changed
                again = self.again(section, settings=settings) + " --goster" * self.show_window
            more = [self.hint] * bool(self.hint)
            if self.written:
                more += ["Tamamlanıp yazılan dosyalar:"]
                more += [f"  {path}" for path in dict.fromkeys(self.written)]
            tried = typed(self.report.changed) if self.report else ""
            return fail(error, again, "\n".join(more), tried)
        finally:
            plots.close_window()

    def again(self, sections: str, *without: str, settings: Mapping | None = None) -> str:
        """The command that runs sections (names, apart by spaces) with this run's options.

        Args:
            without: options to leave out.
            settings: as with `--ayar`.
        """
        numbers = [str(self.sections[name].number) for name in sections.split()]
        words = ["--bolum", *numbers]
        if settings:
            words += ["--ayar", *(f"{name}={written(value)}" for name, value in settings.items())]
        words += [word for word in self.words if word not in without]
        return command_line("python", self.script, *words)

    def _obey(self, command: argparse.Namespace) -> int:
        start = time.perf_counter()
        if problem := plots.open_window() if command.goster else "":
            say(f"--goster: pencere açılamadı ({problem}); şekiller dosyaya yazılacak.")
        more = {"pause": command.bekle, "show": command.goster and not problem} | command.switches
        self.configure(quick=command.hizli, seed=command.seed, out=command.cikti, **more)
        trial = bool(command.settings or command.task)
        prepare(self._folder(trial), map(_stem, command.chosen))
        terminal().rule(f"{self.title} · {self.hours}", style="bold")
        if self.quick:
            say("Hızlı deneme: veri ve epoch az; sayılar dersin sayıları değildir.")
        if command.task:
            return self._try(command.task)
        if self.pause:
            LiveConsole(self, command.chosen).run()
        else:
            for section in command.chosen:
                self.announce(section)
                known = {k: v for k, v in command.settings.items() if k in section.settings}
                self.show(self.run_section(section, known, trial=trial))
            self._finish(command, time.perf_counter() - start)
        if self.show_window:
            with contextlib.suppress(EOFError):
                input("Pencereyi kapatmak için Enter'a basın … ")
        return FAILED if self.failed else OK

    def _finish(self, command: argparse.Namespace, seconds: float) -> None:
        total = self.loading + seconds
        whole = len(command.chosen) == len(self.sections)
        if whole and not command.settings and not any(self.options.values()):
            self._save_time("toplam", self.script, total)
        names = [s.name for s in command.chosen]
        self.show_exercises([e for e in self.exercises.values() if e.section in names])
        memory = "bilinmiyor" if math.isnan(peak_memory_mb()) else f"{peak_memory_mb():.0f} MB"
        slowest = max(command.chosen, key=lambda s: self.seconds[s.name])
        say(
            f"{len(command.chosen)} bölüm, yükleme dahil {total:.0f} saniye (en uzunu bölüm "
            f"{slowest.number}: {self.seconds[slowest.name]:.0f} saniye); "
            f"en çok bellek {memory}; {len(set(self.written))} dosya: {self.report.folder}\n"
            f"Günün sayfası: {self.report.folder.parent / page.PAGE_FILE}",
            whole=True,
        )
        if self.failed:
            numbers = ", ".join(str(section.number) for section in self.failed)
            say(f"Tutmayan sınama (✗) var. Bölüm: {numbers}", "bold red")

    def _try(self, exercise: Exercise) -> int:
        """`--sira`: run the exercise's section, compare with the expected range."""
        section = self.sections[exercise.section]
        say(f"Sıra sizde, {exercise.level}: {exercise.task}\n", "bold")
        report = self.run_section(section, exercise.settings, trial=True)
        self.show(report)
        value = float(exercise.measure(report.data))
        if math.isnan(value):
            say("✗ Yazılacak satırlar henüz yok. İpucu için --ipucu ekleyin.", "bold")
            return FAILED
        right = exercise.low <= value <= exercise.high
        low, high = exercise.write(exercise.low), exercise.write(exercise.high)
        say(f"{exercise.quantity}: {exercise.write(value)}")
        say(f"{'✓' if right else '✗'} beklenen: {low} ile {high} arasında", "bold")
        return OK if right else FAILED

    def announce(self, section: Section) -> None:
        terminal().rule(f"Bölüm {section.number} · {section.title}", style="bold")
        say(section.question + "\n")

    def _folder(self, trial: bool) -> Path:
        """What-ifs never replace the lesson's results."""
        return (self.base / TRIALS if trial else self.base) / self.name

    def run_section(
        self, section: Section, given: Mapping = (), prediction: str = "", trial: bool = False
    ) -> Report:
        """Run a section and write its files; nothing is shown before `show`."""
        given = dict(given)
        unknown = set(given) - set(section.settings)
        if unknown:
            raise TypeError(f"{section.name}: böyle bir ayar yok: {', '.join(sorted(unknown))}")
        settings = section.settings | (section.quick if self.quick else {}) | given
        trial = trial or bool(given)
        self.report = report = Report(section, settings, given, self._folder(trial), prediction)
        self.hint = ""
        prepare(report.folder, [_stem(section)])
        plt.close("all")
        keras.utils.clear_session(free_memory=False)  # çöp toplamak saniyeler alır
        set_seed(self.seed)
        self.progress, start = Progress(), time.perf_counter()
        with self.progress.shown(), self._held(report):
            report.data = self._functions[section.name](**settings)
        report.seconds = self.seconds[section.name] = time.perf_counter() - start
        self._write_data(report)
        self._keep(report)
        if not (trial or any(self.options.values())):  # --uzun'un süresi dersin süresi değildir
            self._save_time(str(section.number), section.name, report.seconds)
        if not trial and any(c.asked and not c.holds for c in report.checks):
            self.failed.append(section)
        return report

    @contextmanager
    def _held(self, report: Report) -> Iterator[None]:
        """In the live console also what a section prints waits until the result is uncovered."""
        held = io.StringIO()
        try:
            with contextlib.redirect_stdout(held) if self.pause else contextlib.nullcontext():
                yield
        finally:
            report.printed = held.getvalue()

    def _write_data(self, report: Report) -> None:
        found = report.data if isinstance(report.data, dict) else {"": report.data}
        for suffix, frame in found.items():
            if isinstance(frame, pd.DataFrame):
                with self.file(suffix and f"_{suffix}", ".csv") as path:
                    text = frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
                    path.write_text(text, encoding="utf-8-sig", newline="\n")

    def show(self, report: Report) -> None:
        """Uncover what a section left: what it printed, tables, figures, then the panel."""
        screen = terminal()
        if report.printed:
            say(report.printed)
        for table in report.tables:
            shown = Table(box=box.SIMPLE_HEAD)
            for name, numeric in table["columns"]:
                shown.add_column(name, justify="right" if numeric else "left")
            for row in table["rows"]:
                shown.add_row(*row)
            say(table["title"], "bold")
            screen.print(shown)
        for path in report.figures:
            say(f"Şekil: {_shown_path(path)}", whole=True)
            plots.present(path, f"Bölüm {report.section.number} · {report.section.title}")
        if report.changed:
            usual = {name: report.section.settings[name] for name in report.changed}
            say(
                f"Deneme: {typed(report.changed)} (olağanı {typed(usual)}); dersin sonucu duruyor."
            )
        screen.print(_panel(report, min(screen.width, PLAIN_WIDTH)))
        say(f"({number(report.seconds, 2)} saniye)\n", "dim")

    def show_exercises(self, exercises: Iterable[Exercise]) -> None:
        """Show tasks; what is expected is told by `--sira` after the run."""
        exercises = list(exercises)
        if not exercises:
            return
        terminal().rule("Sıra sizde", style="bold")
        for exercise in exercises:
            say(f"{exercise.level}: {exercise.task}", "bold")
            say(f"  {self._task_command(exercise)}", whole=True)
        say("Önce tahmin edin. Takılınca sonuna --ipucu, bitince --cozum ekleyin.\n")

    def tasks(self) -> list[dict]:
        """The tasks of "Sıra sizde" as the page shows them."""
        told = ("level", "task", "hint", "solution")
        return [
            {name: getattr(task, name) for name in told} | {"command": self._task_command(task)}
            for task in self.exercises.values()
        ]

    def _task_command(self, exercise: Exercise) -> str:
        return command_line("python", self.script, "--sira", exercise.level, *self.words)

    def _keep(self, report: Report) -> None:
        """Leave the records of this lab and section, its seconds, and the day's page anew."""
        section = report.section
        lab = {"title": f"{self.title} · {self.hours}", "sections": list(self.sections)}
        told = ("name", "number", "title", "question", "why", "code")
        record = {name: getattr(section, name) for name in told}
        told = ("variant", "prediction", "tables", "conclusion", "seconds")
        record |= {name: getattr(report, name) for name in told}
        record["changed"] = typed(report.changed)
        record["figures"] = [path.name for path in report.figures]
        record["checks"] = [check.text for check in report.checks]
        record["command"] = self.again(section.name, settings=report.changed)
        try:
            page.write_record(report.folder / page.LAB_FILE, lab | {"exercises": self.tasks()})
            page.write_record(self.path("", ".json"), record)
            page.write(report.folder.parent, trial=report.folder.parent.name == TRIALS)
        except LabError as error:  # sayfa dersi durdurmasın; bölümün dosyaları yazıldı
            say(f"Günün sayfası yenilenemedi: {error}")

    def _save_time(self, number: str, name: str, seconds: float) -> None:
        path = self.folder / TIMES_FILE
        times = {n: row for n, row in read_times(path).items() if n != "toplam"}
        memory = round(peak_memory_mb(), 0)
        times[number] = {"ad": name, "saniye": round(seconds, 1), "bellek_mb": memory}
        write_times(path, times)


def _stem(section: Section) -> str:
    return f"{section.number:02}_{section.name}"


def _shown_path(path: Path) -> str:
    """A path as it would be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _panel(report: Report, width: int) -> Panel:
    """Question, prediction, conclusion, reason and checks: one frame, whole on a small screen."""
    parts = [Text(report.section.question)]
    if report.prediction:
        parts.append(Text(f"Tahmin: {report.prediction}"))
    parts.append(Text(f"\nSonuç: {report.conclusion}", "bold"))
    if report.section.why:
        parts.append(Text(f"Neden: {report.section.why}"))
    for check in report.checks:
        parts.append(Text(check.text, "dim" if check.holds or not check.asked else "bold"))
    title = f"Bölüm {report.section.number} · {report.section.title}"
    return Panel(Group(*parts), title=title, title_align="left", width=width)
