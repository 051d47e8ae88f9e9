"""Runs the sections of a lab, writes what they leave and shows it."""

import argparse
import inspect
import math
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import pandas as pd

from common import files
from common.classroom import causes, page, source, startup, terminal, writing
from common.classroom.command import DEFAULT_SEED, format_settings, typed, understand
from common.classroom.live import LiveConsole
from common.classroom.progress import Progress
from common.classroom.records import LAB_FILE, write_record
from common.classroom.source import Exercise, Outline, Section
from common.classroom.terminal import OK, say
from common.files import FAILED, LabError, atomic, command_line, prepare
from common.seeds import set_seed
from common.text import number

TRIALS = "deneme"  # the folder of runs with changed settings
QUICK = "DERS_HIZLI"  # in cells this environment variable set to 1 means --hizli
CELL_WIDTH = 960  # the width of a figure under a cell, in pixels
SECTION_SHOWN = (  # what the page tells of a section and of a task
    "name", "number", "title", "question", "why", "curious", "code", "result",
)  # fmt: skip
TASK_SHOWN = ("level", "task", "hint", "solution")


@dataclass
class Check:
    """One claim, the value that was measured, and whether the claim holds."""

    label: str  # `{}` in it is the place of the value
    value: float
    expected: str  # e.g. "< 0,1"
    holds: bool
    asked: bool = True  # False: `--hizli` cannot show it

    @property
    def text(self) -> str:
        """The line that is shown: a mark, the claim and what has to be said of it."""
        value = number(self.value)
        told = self.label.replace("{}", value)
        if not self.asked:
            return f"· {told} (yalnız dersteki boyutta sınanır)"
        if not self.holds:
            return f"✗ {told} (ölçülen {value}; beklenen {self.expected})"
        return f"✓ {told}"


@dataclass
class Report:
    """What one run of a section leaves."""

    section: Section
    settings: dict  # all settings of this run
    changed: dict  # those of them that are unlike the lesson's
    folder: Path  # the folder of its files
    prediction: str = ""  # what the class has guessed
    trial: bool = False  # a what-if: its files are kept apart
    found: object = None  # what the lesson part returned
    data: object = None  # the frame that it returned; several: a dictionary by name
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)  # by file suffix
    tables: list[dict] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    conclusion: str = ""
    checks: list[Check] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)  # sentences about lost files
    seconds: float = 0.0

    @property
    def figures(self) -> list[Path]:
        """The figures that it wrote; the main one, without a suffix, is the first."""
        found = [path for path in dict.fromkeys(self.written) if path.suffix == ".png"]
        return sorted(found, key=lambda path: path.stem != self.section.stem)

    def copy(self) -> "Report":
        """A copy to which a result part can add without a change of this report."""
        lists = {"tables": [*self.tables], "written": [*self.written]}
        return replace(self, checks=[*self.checks], **lists)


def peak_memory_mb() -> float:
    """The highest memory use of this process so far, in MB; nan on Windows."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


@contextmanager
def keras_quiet() -> Iterator[None]:
    """Keras prints nothing while this lasts, unless a section switches it on again."""
    before = keras.config.is_interactive_logging_enabled()
    keras.config.disable_interactive_logging()
    try:
        yield
    finally:
        if before:
            keras.config.enable_interactive_logging()
        else:
            keras.config.disable_interactive_logging()


class Runner(Outline):
    """Runs sections from the command line, in the live console or in cells.

    Attributes:
        quick: True with `--hizli`: sections then run with the settings of `quick=`.
        seed: the whole number given with `--tohum`.
        base: the output folder; `folder` is the lab's own folder in it.
        options: the script's own options: name -> whether it was given, or its text.
        report: the report of the section that runs now, or ran last.
        hint: the last line that is told when the section is stopped.
        written: the files that have been written.
        failed: the sections whose checks did not hold.
        unwritten: sentences about files that could not be written.
    """

    def __init__(self, script: str, title: str, hours: str):
        super().__init__(f"{script}.py", title, hours)
        self.report: Report | None = None
        self.hint = ""
        self.written: list[Path] = []
        self.failed: list[Section] = []
        self.unwritten: list[str] = []
        self.progress = Progress()
        self._lessons: dict[str, Callable] = {}
        self._results: dict[str, Callable] = {}
        self._last: dict[str, Report] = {}  # in cells: as the lesson part left it
        self._loading = time.perf_counter() - startup.START
        in_cells = startup.in_cells() and os.environ.get(QUICK) == "1"
        self.configure(quick=in_cells)

    def configure(
        self,
        *,
        quick=False,
        seed=DEFAULT_SEED,
        out: Path | str | None = None,
        pause=False,
        **switches,
    ) -> None:
        """Set what the command line sets; `switches` are the script's own options.

        Quick results never replace full-size ones.
        """
        self.quick = quick
        self.seed = seed
        self.pause = pause
        usual = {name: "" if name in self.values else False for name in self.switches}
        self.options = usual | switches
        default = files.ROOT / "outputs" / ("hizli" if quick else "")
        self.base = default if out is None else Path(out).resolve()
        self.folder = self.base / self.name
        self.words = ["--hizli"] if quick else []
        if seed != DEFAULT_SEED:
            self.words += ["--tohum", str(seed)]
        for name, given in self.options.items():
            if given:
                self.words.append(f"--{name}")
                self.words += [given] if name in self.values else []
        if out is not None:
            self.words += ["--cikti", str(out)]

    # The command line

    def run(self) -> None:
        """Do what the command line asks for; in cells show the exercises only."""
        if startup.in_cells():
            self.show_exercises(self.exercises.values())
            return
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        code = self.main(sys.argv[1:])
        if code:
            sys.exit(code)

    def main(self, argv: list[str]) -> int:
        """Do what these arguments ask for, and return the exit code."""
        self.written.clear()
        self.failed.clear()
        self.unwritten.clear()
        self.report = None
        self.hint = ""
        command = None
        try:
            command = understand(self, argv)
            return OK if command is None else self._obey(command)
        except (Exception, KeyboardInterrupt) as error:
            return self._tell_failure(error, argv, command)

    def _tell_failure(self, error, argv: list[str], command) -> int:
        """Tell why the run has ended, what is left of it and what to type."""
        again = command_line("python", self.script, *argv)
        if self.report and len(command.chosen) > 1 and not command.bekle:
            name = self.report.section.name  # only this section has to run again
            again = self.rerun_command(name, settings=self.report.changed)
        more = [self.hint] if self.hint else []
        if self.written:
            more.append("Tamamlanıp yazılan dosyalar:")
            more += [f"  {path}" for path in dict.fromkeys(self.written)]
        tried = format_settings(self.report.changed) if self.report else ""
        told = "\n".join(more)
        return terminal.fail(error, again, told, tried=tried, folder=self.base)

    def rerun_command(
        self, names: str, *without: str, settings: Mapping | None = None
    ) -> str:
        """The command that runs sections again with this run's options.

        Args:
            names: the names of the sections, separated by spaces.
            without: options that are left out.
            settings: settings for `--ayar`.

        Example:
            lab.rerun_command("mini_project", "--surdur", settings={"width": 256})
        """
        words = ["--bolum", *(str(self._number(name)) for name in names.split())]
        if settings:
            words += ["--ayar", *typed(settings)]
        words += [word for word in self.words if word not in without]
        return command_line("python", self.script, *words)

    def _names(self) -> list[str]:
        """The names of all sections; a cell knows later ones from the script's file."""
        path = files.ROOT / self.script
        if startup.in_cells() and path.is_file():
            return list(source.read_outline(path).sections)
        return list(self.sections)

    def _number(self, name: str) -> int:
        """The number of a section, also of one that is not registered yet."""
        if name in self.sections:
            return self.sections[name].number
        names = self._names()
        return names.index(name) + 1 if name in names else len(self.sections) + 1

    def _obey(self, command: argparse.Namespace) -> int:
        """Do what an understood command line asks for, and return the exit code."""
        start = time.perf_counter()
        self.configure(
            quick=command.hizli,
            seed=command.seed,
            out=command.cikti,
            pause=command.bekle,
            **command.switches,
        )
        trial = bool(command.settings or command.task)
        prepare(self._folder(trial))
        terminal.rule(f"{self.title} · {self.hours}")
        if self.quick:
            say("Hızlı deneme: veri ve epoch azdır; sayılar dersin sayıları değildir.")
        right = True
        if command.task:
            right = self._try(command.task)
        elif self.pause:
            LiveConsole(self, command.chosen).run()
        else:
            seconds = self._run_all(command, trial)
            self._finish(command, seconds, time.perf_counter() - start)
        return OK if right and not (self.failed or self.unwritten) else FAILED

    def _run_all(self, command: argparse.Namespace, trial: bool) -> dict[int, float]:
        """Run the chosen sections, and return their seconds by section number."""
        seconds = {}
        for section in command.chosen:
            self.announce(section)
            words = command.settings.items()
            given = {name: value for name, value in words if name in section.settings}
            report = self.run_section(section, given, trial=trial)
            self.show(report)
            seconds[section.number] = report.seconds
        return seconds

    def _finish(self, command, seconds: dict[int, float], elapsed: float) -> None:
        """Tell what is next, how long the run took and which checks did not hold."""
        total = self._loading + elapsed
        memory = peak_memory_mb()
        usual = [s.name for s in self.sections.values() if not s.alone]
        names = [section.name for section in command.chosen]
        told = "" if math.isnan(memory) else f" Bellek en çok {memory:.0f} MB oldu."
        if names == usual and not command.settings and not any(self.options.values()):
            self._write_lab(total={"seconds": round(total, 1), "memory_mb": memory})
        self.show_exercises(e for e in self.exercises.values() if e.section in names)
        for section in self.sections.values():
            if section.alone and names == usual:
                again = self.rerun_command(section.name)
                say(f"Bölüm {section.number} uzundur, ayrıca çalıştırılır: {again}")
        slowest = max(seconds, key=seconds.get)
        say(
            f"{len(names)} bölüm yükleme dahil {total:.0f} saniye sürdü. En uzun bölüm "
            f"{slowest} oldu: {seconds[slowest]:.0f} saniye.{told}\n"
            f"{len(set(self.written))} dosya yazıldı: {self.report.folder}\n"
            f"Günün sayfası: {self.report.folder.parent / page.PAGE_FILE}",
            whole=True,
        )
        if self.failed:
            numbers = ", ".join(str(section.number) for section in self.failed)
            say(f"Tutmayan sınama (✗) var. Bölüm: {numbers}", "bold red")
            say(causes.other_versions() or "Paketler dersin sürümlerinde.")

    def _try(self, exercise: Exercise | writing.Writing) -> bool:
        """Run the section or the file of an exercise and tell whether it is right."""
        section = self.sections[exercise.section]
        say(f"Sıra sizde, {exercise.level}: {exercise.task}\n", "bold")
        if isinstance(exercise, writing.Writing):
            set_seed(self.seed)
            with keras_quiet():
                return writing.judge(exercise)
        report = self.run_section(section, exercise.settings, trial=True)
        self.show(report)
        value = float(exercise.measure(report.data))
        if math.isnan(value):
            say("✗ Yazılacak satırlar henüz yok. İpucu için --ipucu ekleyin.", "bold")
            return False
        right = exercise.low <= value <= exercise.high
        say(f"{exercise.quantity}: {exercise.write(value)}")
        say(f"{'✓' if right else '✗'} beklenen: {exercise.expected}", "bold")
        return right

    # One section

    def announce(self, section: Section) -> None:
        """Print a section's title and question."""
        terminal.rule(f"Bölüm {section.number} · {section.label}")
        say(section.question + "\n")

    def _folder(self, trial: bool) -> Path:
        """The folder of the files; what-ifs have their own and replace no result."""
        return (self.base / TRIALS if trial else self.base) / self.name

    def run_section(self, section: Section, given: Mapping = (), **more) -> Report:
        """Run both parts of a section and write its files (see `_run_lesson`)."""
        report = self._run_lesson(section, dict(given), **more)
        self._complete(report)
        return report

    def _run_lesson(
        self, section: Section, given: dict, prediction: str = "", trial: bool = False
    ) -> Report:
        """Run the lesson part. It starts from the same state whatever ran before.

        `given` are settings unlike the lesson's; `trial` marks a what-if without any.
        """
        unknown = set(given) - set(section.settings)
        if unknown:
            names = ", ".join(sorted(unknown))
            raise TypeError(f"{section.name}: böyle bir ayar yok: {names}")
        settings = section.settings | (section.quick if self.quick else {}) | given
        if told := section.refused(settings):
            raise LabError(told)
        trial = trial or bool(given)
        folder = self._folder(trial)
        report = Report(section, settings, given, folder, prediction, trial)
        self.report = report
        self.hint = ""
        self._last.pop(section.name, None)  # a lesson that fails has no result
        prepare(folder)
        plt.close("all")
        try:
            with self._running(report):
                keras.utils.clear_session(free_memory=False)  # collecting takes seconds
                keras.config.disable_interactive_logging()  # clear_session forgets it
                set_seed(self.seed)
                report.found = self._lessons[section.name](**settings)
        finally:
            with suppress(LabError):
                page.show_live(folder.parent)  # no figure grows any more
        if startup.in_cells():
            self._last[section.name] = report.copy()
        return report

    @contextmanager
    def _running(self, report: Report) -> Iterator[None]:
        """Keep Keras quiet, show a line that tells what runs, and count the seconds."""
        self.progress = Progress()
        start = time.perf_counter()
        with self.progress.shown(), keras_quiet(), warnings.catch_warnings():
            own = r"(keras|tensorflow)\b"  # their own warnings do not end a lesson,
            warnings.filterwarnings("ignore", module=own)
            causes.let_fatal_warnings_raise()  # but these tell of a wrong loss
            yield
        report.seconds += time.perf_counter() - start

    def _run_result(self, report: Report) -> None:
        """Run the result part on what the lesson part returned, and name its frames."""
        result = self._results.get(report.section.name)
        if result is None:  # a cell may not have defined it yet
            return
        parameters = list(inspect.signature(result).parameters)
        found = report.found if isinstance(report.found, tuple) else (report.found,)
        asked = parameters[len(found) :]
        if len(found) > len(parameters) or not report.settings.keys() >= set(asked):
            raise LabError(
                f"Bölüm {report.section.number} · {report.section.label}: "
                "sonuç parçası derse uymuyor.\n"
                f"Ders {len(found)} değer döndürdü; sonuç parçasının parametreleri: "
                f"{', '.join(parameters) or 'yok'}.\n"
                "Önce dönen her değere sırayla bir ad verin. Ardından yalnız bölümün "
                f"ayarları gelebilir: {', '.join(report.settings) or 'ayarı yok'}."
            )
        frames = {}
        for name, part in zip(parameters, found, strict=False):
            if isinstance(part, pd.DataFrame):
                frames[name] = part
        report.data = frames
        if len(frames) == 1:
            (report.data,) = frames.values()
            frames = {"": report.data}
        report.frames = frames
        with self._running(report):
            result(*found, **{name: report.settings[name] for name in asked})

    def _complete(self, report: Report) -> None:
        """Run the result part, then write the data and the records of the section."""
        self._run_result(report)
        for name, frame in report.frames.items():
            text = frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
            suffix = f"_{name}" if name else ""
            with self.unless_in_use(), self.file(suffix, ".csv") as path:
                path.write_text(text, encoding="utf-8-sig", newline="\n")
        self._write_records(report)
        broken = any(check.asked and not check.holds for check in report.checks)
        if broken and not report.trial:
            self.failed.append(report.section)

    # In cells

    def _run_lesson_cell(self, section: Section) -> None:
        """Run the lesson part where it stands, and the result part if it is known."""
        self.announce(section)
        if section.alone:
            say(f"Bu bölüm uzun sürer. Çalıştırmak için: {section.name}()")
            return
        report = self._run_lesson(section, {})
        if section.name in self._results:
            self._complete(report)
            self.show(report)

    def _run_result_cell(self, section: Section) -> None:
        """Run the result part on what the lesson part returned last."""
        if section.name in self._last:
            report = self._last[section.name].copy()
            report.section = section
            self.report = report
            self._complete(report)
            self.show(report)
        elif not section.alone:
            say("Önce bu bölümün ders hücresini çalıştırın; sonucu ondan sonra gelir.")

    # Files

    @contextmanager
    def file(self, suffix: str, ending: str) -> Iterator[Path]:
        """Yield a temporary path that becomes a file of the section.

        If the block does not end well, what stood there before is untouched.

        Args:
            suffix: what is appended to "NN_section_name".
            ending: the extension of the file's name, with its dot.

        Example:
            with lab.file("_en_iyi", ".keras") as path:
                model.save(path)
        """
        path = self.path(suffix, ending)
        with atomic(path) as temporary:
            yield temporary
        self.written.append(path)
        self.report.written.append(path)

    @contextmanager
    def unless_in_use(self) -> Iterator[None]:
        """Go on where a file cannot be written; `show` names it below the result."""
        try:
            yield
        except LabError as error:
            self.report.unwritten.append(str(error))
            self.unwritten.append(str(error))

    def path(self, suffix: str, ending: str) -> Path:
        """The path of a file of the section that runs.

        Args:
            suffix, ending: as for `file`.

        Example:
            best_file = lab.path("_en_iyi", ".keras")
        """
        return self.report.folder / f"{self.report.section.stem}{suffix}{ending}"

    def _write_lab(self, **more) -> None:
        """Leave the record of this lab, with further entries."""
        record = {
            "title": f"{self.title} · {self.hours}",
            "sections": self._names(),
            "exercises": self._tasks(),
        }
        write_record(self.report.folder / LAB_FILE, record | more)

    def _write_records(self, report: Report) -> None:
        """Leave the records of this lab and section, and write the day's page anew."""
        section = report.section
        record = {name: getattr(section, name) for name in SECTION_SHOWN} | {
            "prediction": report.prediction,
            "tables": report.tables,
            "conclusion": report.conclusion,
            "changed": format_settings(report.changed),
            "figures": [path.name for path in report.figures],
            "checks": [check.text for check in report.checks],
            "command": self.rerun_command(section.name, settings=report.changed),
            "seconds": round(report.seconds, 1),
            "memory_mb": peak_memory_mb(),
            "usual": not (report.trial or any(self.options.values())),
        }
        try:
            self._write_lab()
            write_record(self.path("", ".json"), record)
            folder = report.folder.parent
            page.write(folder, trial=folder.name == TRIALS)
        except LabError as error:  # the section's own files have been written
            say(f"Günün sayfası yenilenemedi: {error}")

    # What is shown

    def show(self, report: Report) -> None:
        """Show what a section left: its tables, its figures, then the panel."""
        section = report.section
        for table in report.tables:
            terminal.show_table(table)
        for path in report.figures:
            say(f"Şekil: {files.here(path)}", whole=True)
            if startup.IN_NOTEBOOK:
                from IPython.display import Image, display

                display(Image(filename=path, width=CELL_WIDTH))
        if report.changed:
            usual = {name: section.settings[name] for name in report.changed}
            say(
                f"Deneme: {format_settings(report.changed)} (dersteki değeri "
                f"{format_settings(usual)}); dersin sonucu duruyor."
            )
        screen = terminal.terminal()
        width = min(screen.width, terminal.PLAIN_WIDTH)
        screen.print(terminal.panel(report, width))
        for told in report.unwritten:
            say(told, "bold red", whole=True)
        say(f"({number(report.seconds, 2)} saniye)\n", "dim")

    def show_exercises(self, exercises: Iterable[Exercise]) -> None:
        """Show tasks; `--sira` tells after its run what was expected."""
        exercises = list(exercises)
        if not exercises:
            return
        terminal.rule("Sıra sizde")
        for exercise in exercises:
            say(f"{exercise.level}: {exercise.task}", "bold")
            say(f"  {self._task_command(exercise)}", whole=True)
        first = "" if exercises[0].level == "yaz" else "Önce tahmin edin. "
        say(f"{first}Takılınca sonuna --ipucu, bitince --cozum ekleyin.\n")

    def _tasks(self) -> list[dict]:
        """The tasks of "Sıra sizde" as the page shows them."""
        found = []
        for task in self.exercises.values():
            row = {name: getattr(task, name) for name in TASK_SHOWN}
            found.append(row | {"command": self._task_command(task)})
        return found

    def _task_command(self, exercise: Exercise) -> str:
        """The command that runs a task with this run's options."""
        words = ["python", self.script, "--sira", exercise.level, *self.words]
        return command_line(*words)
