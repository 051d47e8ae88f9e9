"""`Lab`: bölümleri olan bir uygulama. Komut satırı, başlık, süre, tablo ve dosya yazma burada."""

import argparse
import functools
import inspect
import math
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

import common
from common import page, plots
from common.files import FAILED, LabError, atomic, sweep
from common.seeds import MAX_SEED, set_seed

DEFAULT_SEED = 42
PROGRESS_SECONDS = 1.0  # `fit` sürerken iki ilerleme satırı arası
PLAIN_WIDTH = 100  # çıktı dosyaya ya da boruya giderken satır genişliği
TIMES_FILE = "sureler.csv"
TRY_OUT = "--cikti outputs/deneme"  # alıştırmalar asıl sonuçları ezmesin
QUICK_DIVISOR = 5  # --hizli: veri, epoch ve tekrar bunda biri
OK, USAGE, INTERRUPTED = 0, 2, 130  # çıkış kodları; FAILED ile birlikte


class UsageError(LabError):
    """The command line cannot be understood."""

    code = USAGE


def percent(share: float, spread: float | None = None, digits: int = 1) -> str:
    """Write a share, or mean and std, the Turkish way: '%98,4', '%97,5 ± 1,6'; nan as '-'."""
    if math.isnan(share):
        return "-"
    number = f"{abs(share) * 100:.{digits}f}"
    sign = "-" if share < 0 and float(number) else ""
    tail = "" if spread is None else f" ± {spread * 100:.{digits}f}"
    return f"{sign}%{number}{tail}".replace(".", ",")


def largest_difference(one, other) -> float:
    """Largest absolute difference of two arrays, or of two equally long lists of arrays.

    Raises:
        ValueError: the lists are not equally long, or the shapes do not fit.
    """
    return max(float(np.max(np.abs(a - b))) for a, b in zip(one, other, strict=True))


def peak_memory_mb() -> float:
    """Highest memory use of this process so far, in MB; nan where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _text(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        usage = self.format_usage().removeprefix("usage: ")
        raise UsageError(f"Komut satırı anlaşılmadı. Doğrusu:\n  {usage}Açıklamalar: --yardim")


class _Progress(keras.callbacks.Callback):
    """One line about once a second, so that no training is silent."""

    def __init__(self, lab):
        super().__init__()
        self.lab, self.last = lab, time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        if time.perf_counter() - self.last < PROGRESS_SECONDS:
            return
        self.last = time.perf_counter()
        shown = {k: v for k, v in (logs or {}).items() if k == "loss" or k.startswith("val_")}
        values = " · ".join(f"{name} {value:.4f}" for name, value in shown.items())
        self.lab.say(f"  epoch {epoch + 1}/{self.params['epochs']} · {values}", "dim")


@dataclass(frozen=True)
class Section:
    """One section of a lab, as `@lab.section` found it."""

    number: int
    name: str
    title: str
    question: str
    run: Callable[[], dict]


@dataclass(frozen=True)
class Exercise:
    """One task of "Sıra sizde": change something, run one section, compare.

    Attributes:
        level: temel, orta or ileri.
        section: name of the section to run again.
        task: what to change and what to predict, in Turkish.
        quantity: what to compare, with its unit.
        measure: takes the numbers that the section returns, gives that quantity.
        low, high: the range it falls into once the change is made (a test makes the change).
        constants: the constants to set; empty where lines have to be written.
        write: how a number is written for people.
    """

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


class Lab:
    """A script of numbered sections: `@lab.section` above each, `lab.run()` at the end.

    A section is a function without arguments; it returns the numbers that it claims. Each starts
    from the same state (Keras session cleared, seeds fixed), so alone or in a full run it gives
    the same numbers. Files: `outputs/uygulama_0N/NN_section_name.png|csv|keras`.

    Attributes:
        quick: True with `--hizli`: sections then train on less.
        seed: the whole number given with `--tohum`.
        options: the script's own switches (`lab.option`), name -> True when given.
        written: the files written so far.
        observations: the observation sentence of each section run so far, by section name.
    """

    def __init__(self, script: str, title: str, hours: str):
        self.script, self.title, self.hours = f"{script}.py", title, hours
        self.name = "_".join(script.split("_")[:2])
        self.sections: dict[str, Section] = {}
        self.current: Section | None = None
        self.written: list[Path] = []
        self.observations: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.switches: dict[str, str] = {}
        self.exercises: list[Exercise] = []
        self.tables: list[dict] = []  # bu bölümün, sayfa için
        self.variant = ""  # bu bölümün dosya adlarına eklenen
        self.loading = time.perf_counter() - common.START  # içe aktarmaların saniyesi
        self.configure()

    def configure(
        self, *, quick=False, seed=DEFAULT_SEED, out: Path | str | None = None, **switches: bool
    ) -> None:
        """Set what the command line sets; quick results never replace full-size ones.

        Args:
            quick, seed, out: `--hizli`, `--tohum`, `--cikti`.
            switches: `pause` (`--bekle`), `show` (`--goster`) and the script's own ones.
        """
        self.quick, self.seed = quick, seed
        self.pause, self.show = switches.get("pause", False), switches.get("show", False)
        self.options = {name: switches.get(name, False) for name in self.switches}
        default = common.ROOT / "outputs" / ("hizli" if quick else "")
        self.folder = (default if out is None else Path(out).resolve()) / self.name
        words = ["--hizli"] * quick + [f"--tohum {seed}"] * (seed != DEFAULT_SEED)
        words += [f"--{name}" for name, given in self.options.items() if given]
        self.words = words + ([] if out is None else [f'--cikti "{out}"'])

    # Bölümlerin kullandıkları

    def section(self, function: Callable[[], dict]) -> Callable[[], dict]:
        """Register a section; its number is its place in the file."""
        title, _, question = inspect.getdoc(function).partition("\n")
        known = self.sections.get(function.__name__)  # hücre yeniden çalışırsa numara değişmez
        number = known.number if known else len(self.sections) + 1
        run = functools.wraps(function)(lambda: self._run_section(section, function))
        section = Section(number, function.__name__, title, question.strip(), run)
        self.sections[section.name] = section
        return run

    def option(self, flag: str, explanation: str) -> None:
        """Declare a switch of this script: `lab.option("--uzun", ...)` → `lab.options["uzun"]`."""
        name = flag.removeprefix("--")
        self.switches[name] = explanation
        self.options[name] = False

    def pick(self, full, quick):
        """The full-size value, or the quick one with `--hizli`."""
        return quick if self.quick else full

    def exercise(self, *args, **options) -> None:
        """Declare a task of "Sıra sizde" (arguments: `Exercise`)."""
        made = Exercise(*args, **options)
        others = [known for known in self.exercises if known.level != made.level]
        self.exercises = [*others, made]  # hücre yeniden çalışırsa ikinci kez yazılmaz

    def few(self, count: int) -> int:
        """A number of images, epochs or runs; with `--hizli` a fifth of it, at least 1."""
        return self.pick(count, max(1, count // QUICK_DIVISOR))

    def seeds(self, count: int) -> range:
        """`count` seeds (with `--hizli` fewer), beginning with the one of `--tohum`."""
        return range(self.seed, self.seed + self.few(count))

    def say(self, text: str, style: str = "") -> None:
        """Print one paragraph at once, also into a pipe."""
        self._console().print(text, style=style)
        sys.stdout.flush()

    def each(self, items: Iterable, label: str) -> Iterator:
        """Yield the items and say before each which one it is: no silent waiting."""
        items = list(items)
        for i, item in enumerate(items, start=1):
            self.say(f"  [{i}/{len(items)}] {label}: {item}", "dim")
            yield item

    def progress(self) -> keras.callbacks.Callback:
        """A callback that prints one line about once a second while `fit` runs."""
        return _Progress(self)

    def table(
        self,
        rows: list[dict],
        title: str,
        formats: Mapping[str, Callable] | None = None,
        suffix: str = "",
    ) -> None:
        """Print a table and write it as CSV (raw numbers, UTF-8).

        Args:
            rows: one dictionary a line; its keys are the column names that the class reads.
            title: Turkish caption.
            formats: column name -> function that writes the value for the terminal.
            suffix: appended to the file name where a section has several tables.
        """
        frame = pd.DataFrame(rows)
        shown = Table()
        for name, dtype in frame.dtypes.items():
            shown.add_column(name, justify="right" if dtype.kind in "iuf" else "left")
        lines = [
            [(formats or {}).get(name, _text)(value) for name, value in row.items()]
            for row in frame.to_dict("records")
        ]
        for line in lines:
            shown.add_row(*line)
        self.say(title, "bold")
        self._console().print(shown)
        with self.file(suffix, ".csv") as path:
            frame.to_csv(
                path, index=False, encoding="utf-8-sig", float_format="%.6g", lineterminator="\n"
            )
        self.tables.append({"title": title, "columns": list(frame), "rows": lines})

    def save(self, what: plt.Figure | keras.Model, suffix: str = "") -> Path:
        """Write a figure (PNG, 1920 px wide) or a model (`.keras`) and return its path."""
        if isinstance(what, keras.Model):
            with self.file(suffix, ".keras") as path:
                what.save(path)
        else:
            with self.file(suffix, ".png") as path:
                what.savefig(path)
            plots.present(what, window=self.show)
        return self.written[-1]

    def observe(self, text: str) -> None:
        """Print the section's one observation: a sentence computed from its values."""
        self.observations[self.current.name] = text
        self.say(f"\nGözlem: {text}", "bold green")

    def file(self, suffix: str, ending: str):
        """`with lab.file("_en_iyi", ".keras") as path:` a temporary path that becomes the file.

        The file appears under its own name when the block ends well; if it does not, what stood
        there before is untouched.

        Args:
            suffix: appended to "NN_section_name".
            ending: file name extension with its dot.
        """
        return self._record(self.path(suffix, ending).name)

    def path(self, suffix: str, ending: str, section: str = "") -> Path:
        """Where `file(suffix, ending)` writes; with `section`, what another section wrote."""
        owner = self.sections[section] if section else self.current
        own = "" if section else self.variant
        return self.folder / f"{owner.number:02}_{owner.name}{own}{suffix}{ending}"

    def beside(self, variant: str) -> None:
        """Let all that this run of the section leaves stand beside its usual files and record.

        Args:
            variant: appended to "NN_section_name", e.g. "_ablasyon".
        """
        self.variant = variant

    def again(self, section: str, *without: str) -> str:
        """The command that runs a section with the options of this run, except `without`."""
        words = [word for word in self.words if word not in without]
        return " ".join([f"python {self.script} --bolum {self.sections[section].number}", *words])

    # Komut satırı

    def run(self) -> None:
        """Read the command line, run the sections asked for, leave with the right exit code."""
        code = self.main(sys.argv[1:])
        if code:
            sys.exit(code)

    def main(self, argv: list[str]) -> int:
        """Like `run`, with the arguments given; returns the exit code."""
        self.written.clear()
        try:
            self._obey(argv)
        except KeyboardInterrupt:
            again = f"Ctrl-C ile durduruldu. Yeniden: {self._again()}"
            return self._stopped(again, INTERRUPTED)
        except LabError as error:
            return self._stopped(str(error), error.code)
        except Exception:
            traceback.print_exc()
            return self._stopped(
                "Beklenmeyen bir hata oldu; yukarıdaki son satır nedenini söyler.\n"
                f"Ortamı denetlemek için: python -m common\n"
                f"Yeniden denemek için: {self._again()}",
                FAILED,
            )
        return OK

    def _again(self) -> str:
        return self.again(self.current.name) if self.current else f"python {self.script}"

    def _obey(self, argv: list[str]) -> None:
        parser = _Parser(f"python {self.script}", add_help=False, allow_abbrev=False)
        option = parser.add_argument
        option("--bolum", nargs="+", metavar="N", help="yalnız bu bölümler: --bolum 3 5")
        option("--liste", action="store_true", help="bölümler ve beklenen süreleri")
        option("--bekle", action="store_true", help="bölümden önce ve sonra Enter bekler")
        option("--goster", action="store_true", help="şekilleri pencerede de gösterir")
        option("--hizli", action="store_true", help="az veriyle kısa deneme (outputs/hizli)")
        option("--tohum", default=str(DEFAULT_SEED), metavar="SAYI", help="varsayılan %(default)s")
        option("--cikti", metavar="KLASÖR", help="çıktı klasörü, varsayılan outputs")
        for name, explanation in self.switches.items():
            option(f"--{name}", action="store_true", help=explanation)
        option("--yardim", "-h", "--help", action="store_true", help="bu açıklamalar")
        # Hücre hücre çalışırken argv'de ipykernel'ın kendi seçenekleri durur
        strict = "ipykernel" not in sys.modules
        args = parser.parse_args(argv) if strict else parser.parse_known_args(argv)[0]
        if args.yardim:
            return self.say(
                parser.format_help()
                .replace("usage:", "kullanım:")
                .replace("options:", "seçenekler:")
            )
        if args.liste:
            return self._list()
        chosen = self._choose(args.bolum)
        if not (args.tohum.isascii() and args.tohum.isdigit() and int(args.tohum) <= MAX_SEED):
            raise UsageError(f"--tohum {args.tohum}: 0 ile {MAX_SEED} arasında tam sayı yazın.")
        show = args.goster and self._open_window()
        own = {name: getattr(args, name) for name in self.switches}
        self.configure(
            quick=args.hizli,
            seed=int(args.tohum),
            out=args.cikti,
            pause=args.bekle,
            show=show,
            **own,
        )
        self._run_all(chosen)

    def _choose(self, numbers: list[str] | None) -> list[Section]:
        sections = list(self.sections.values())
        unknown = sorted(set(numbers or []) - {str(s.number) for s in sections})
        if unknown:
            valid = "\n".join(f"  {s.number:>2}  {s.title}" for s in sections)
            raise UsageError(f"Böyle bir bölüm yok: {' '.join(unknown)}. Bölümler:\n{valid}")
        return [s for s in sections if numbers is None or str(s.number) in numbers]

    def _open_window(self) -> bool:
        problem = plots.use_window()
        if problem:
            self.say(f"--goster: pencere açılamadı ({problem}); şekiller dosyaya yazılacak.")
        return not problem

    def _list(self) -> None:
        outputs = common.ROOT / "outputs"
        usual = read_times(outputs / "ornekler" / f"{self.name}_{TIMES_FILE}")["saniye"].to_dict()
        seconds = usual | read_times(outputs / self.name / TIMES_FILE)["saniye"].to_dict()
        shown = Table("bölüm", "konu", "saniye", title=f"{self.title} · {self.hours}")
        for section in self.sections.values():
            number = str(section.number)
            shown.add_row(number, section.title, f"{seconds.get(number, math.nan):.0f}")
        self._console().print(shown)

    # Koşu

    def _console(self, stderr: bool = False) -> Console:
        width = None if sys.stdout.isatty() else PLAIN_WIDTH
        return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)

    @contextmanager
    def _record(self, name: str) -> Iterator[Path]:
        with atomic(self.folder / name) as path:
            yield path
        self.written.append(self.folder / name)

    def _run_all(self, chosen: list[Section]) -> None:
        start = time.perf_counter()
        # Yazılamayan klasör eğitimden önce belli olsun
        with atomic(self.folder / TIMES_FILE) as path:
            read_times(self.folder / TIMES_FILE).to_csv(path, encoding="utf-8-sig")
        sweep(self.folder)
        sweep(self.folder.parent)
        usual = not any(self.options.values())  # --uzun'un süresi dersin süresi değildir
        self._console().rule(f"{self.title} · {self.hours}", style="bold")
        if self.quick:
            self.say("Hızlı deneme: veri ve epoch az; sayılar dersin sayıları değildir.")
        for section in chosen:
            section.run()
            if usual:
                self._save_time(str(section.number), section.name, self.seconds[section.name])
        total = self.loading + time.perf_counter() - start
        if len(chosen) == len(self.sections):
            if usual and not self.pause:  # beklemeler süreden sayılmasın
                self._save_time("toplam", self.script, total)
            self._show_exercises()
        memory = "bilinmiyor" if math.isnan(peak_memory_mb()) else f"{peak_memory_mb():.0f} MB"
        slowest = max(chosen, key=lambda s: self.seconds[s.name])
        self.say(
            f"{len(chosen)} bölüm, yükleme dahil {total:.0f} saniye (en uzunu bölüm "
            f"{slowest.number}: {self.seconds[slowest.name]:.0f} saniye); "
            f"en çok bellek {memory}; "
            f"{len(set(self.written))} dosya: {self.folder}\n"
            f"Günün sayfası: {self.folder.parent / page.PAGE_FILE}"
        )

    def _show_exercises(self) -> None:
        if not self.exercises:
            return
        self._console().rule("Sıra sizde", style="bold cyan")
        for exercise in self.exercises:
            self.say(f"{exercise.level}: {exercise.change}", "bold")
            self.say(f"  {self._try_out(exercise)}\n")
        self.say(
            "Önce tahmin edin. Bitince betiği eski hâline döndürün. Bölümü koştuktan sonra bakın:"
        )
        for exercise in self.exercises:
            self.say(f"  {exercise.level}: {exercise.expected}", "dim")

    def _run_section(self, section: Section, function: Callable[[], dict]) -> dict:
        self.current, self.tables, self.variant = section, [], ""
        before = len(self.written)
        plt.close("all")
        keras.utils.clear_session(free_memory=False)  # çöp toplamak saniyeler alır
        set_seed(self.seed)
        self._console().rule(f"Bölüm {section.number} · {section.title}", style="bold cyan")
        self.say(section.question + "\n")
        self._wait("Başlamak")
        start = time.perf_counter()
        result = function()
        self.seconds[section.name] = time.perf_counter() - start
        self.say(f"({self.seconds[section.name]:.1f} saniye)\n", "dim")
        self._keep(section, self.written[before:])
        self._wait("Sürdürmek")
        return result

    def _try_out(self, exercise: Exercise) -> str:
        return f"{self.again(exercise.section, *self.words)} {TRY_OUT}"

    def _keep(self, section: Section, written: list[Path]) -> None:
        """Leave the records of this lab and section, and write the day's page anew."""
        exercises = [
            {
                "level": exercise.level,
                "task": exercise.change,
                "expected": exercise.expected,
                "command": self._try_out(exercise),
            }
            for exercise in self.exercises
        ]
        lab = {"title": f"{self.title} · {self.hours}", "sections": list(self.sections)}
        record = {
            "name": section.name,
            "number": section.number,
            "variant": self.variant,
            "title": section.title,
            "question": section.question,
            "figures": [path.name for path in dict.fromkeys(written) if path.suffix == ".png"],
            "tables": self.tables,
            "observation": self.observations.get(section.name, ""),
            "seconds": self.seconds[section.name],
            "command": self.again(section.name),
        }
        try:
            page.write_record(self.folder / page.LAB_FILE, lab | {"exercises": exercises})
            page.write_record(self.path("", ".json"), record)
            page.write(self.folder.parent)
        except LabError as error:  # sayfa dersi durdurmasın; bölümün dosyaları yazıldı
            self.say(f"Günün sayfası yenilenemedi: {error}")

    def _wait(self, purpose: str) -> None:
        if not self.pause:
            return
        try:
            input(f"{purpose} için Enter'a basın … ")
        except EOFError:
            self.pause = False
            self.say("\n--bekle: klavye bağlı değil, beklemeden sürüyor.")

    def _save_time(self, number: str, name: str, seconds: float) -> None:
        with atomic(self.folder / TIMES_FILE) as path:
            times = read_times(self.folder / TIMES_FILE).drop(index="toplam", errors="ignore")
            times.loc[number] = [name, round(seconds, 1), round(peak_memory_mb(), 0)]
            order = sorted(times.index, key=lambda n: int(n) if n.isdigit() else len(times))
            times.loc[order].to_csv(path, encoding="utf-8-sig")

    def _stopped(self, message: str, code: int) -> int:
        console = self._console(stderr=True)
        console.print(f"\n{message}", style="bold red", soft_wrap=True)  # komut kopyalanabilsin
        if self.written:
            console.print("Tamamlanıp yazılan dosyalar:")
            for path in dict.fromkeys(self.written):
                console.print(f"  {path}", soft_wrap=True)
        return code


def read_times(path: Path) -> pd.DataFrame:
    """Earlier seconds and memory by section number; empty where there are none."""
    empty = pd.DataFrame(columns=["ad", "saniye", "bellek_mb"], index=pd.Index([], name="bolum"))
    if not path.exists():
        return empty
    try:
        found = pd.read_csv(path, dtype={"bolum": str}).set_index("bolum")[list(empty.columns)]
        return found.astype({"saniye": float, "bellek_mb": float})
    except (KeyError, ValueError):  # elle değiştirilmiş dosya: süreler yeniden ölçülür
        return empty
