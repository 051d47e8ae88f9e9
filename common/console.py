"""Kullanıcının yazdıkları: komut satırı, ayarlar, canlı konsol, çıkış kodları.

Burası Keras yüklenmeden okunur: `--liste`, `--yardim` ve yanlış bir komut beklemeden yanıt alır.
"""

import argparse
import ast
import difflib
import errno
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

import common
from common.files import FAILED, REASONS, TIMES_FILE, LabError, read_times

DEFAULT_SEED = 42
MAX_SEED = 2**32 - 100  # NumPy 2**32'den küçüğünü ister; çok tohumlu bölüm birkaç üstüne çıkar
PLAIN_WIDTH = 100  # çıktı dosyaya ya da boruya giderken satır genişliği
OK, USAGE, INTERRUPTED = 0, 2, 130  # çıkış kodları; FAILED 1
LEVELS = ("temel", "orta", "ileri")


class UsageError(LabError):
    """The command line, or a line of the live console, cannot be understood."""

    code = USAGE


@dataclass(frozen=True)
class Section:
    """One section of a lab, as its source text tells it."""

    number: int
    name: str
    title: str  # bu üçü docstring'inden
    question: str
    why: str
    settings: dict  # parametreleri, olağan değerleriyle
    reasons: dict  # bir ayarın değeri neden o: satırının sonundan
    quick: dict  # `--hizli` bunları verir
    code: str
    line: int  # kodun başladığı satır
    run: Callable | None = None  # run(depth=2): o ayarla koşar; Keras yüklenmeden önce None


@dataclass(frozen=True)
class Exercise:
    """One task of "Sıra sizde": change settings (or write lines), run a section, compare."""

    level: str  # temel, orta ya da ileri
    section: str  # koşacak bölümün adı
    task: str  # tahmin edilecek ya da yazılacak olan
    quantity: str  # karşılaştırılan, birimiyle
    low: float  # doğru yapılınca bununla
    high: float  # bunun arasındadır
    measure: Callable = None  # bölümün döndürdüğünden o niceliği verir; nan: henüz yazılmadı
    settings: Mapping[str, object] = field(default_factory=dict)  # boş: satır yazılacak
    hint: str = ""  # `--ipucu`
    solution: str = ""  # `--cozum`
    write: Callable[[float], str] = str  # niceliğin yazılışı


@dataclass
class Outline:
    """What a lab consists of: enough to understand a command line."""

    script: str
    title: str
    hours: str
    sections: dict[str, Section] = field(default_factory=dict)
    exercises: dict[str, Exercise] = field(default_factory=dict)
    switches: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)  # değer alan seçenek → değerin adı

    def declare(self, flag: str, explanation: str, value: str = "") -> str:
        """Add an option of the script's own; returns its name without the dashes."""
        name = flag.removeprefix("--")
        self.switches[name] = explanation
        self.values |= {name: value} if value else {}
        return name

    @property
    def name(self) -> str:
        """The lab's folder in outputs: 'uygulama_01'."""
        return "_".join(self.script.split("_")[:2])

    def knowing(self, option: str) -> list[Section]:
        """The sections whose code asks for that option of the script's own."""
        return [s for s in self.sections.values() if f'options["{option}"]' in s.code]

    def numbered(self, number: str) -> Section | None:
        """The section with that number, or None."""
        return next((s for s in self.sections.values() if str(s.number) == number), None)


# Betiği koşmadan okumak


def read_section(code: str, number: int, line: int = 1, run: Callable | None = None) -> Section:
    """A section from the source text of its function, decorators included."""
    code = textwrap.dedent(code)
    node = ast.parse(code).body[0]
    lines = code.splitlines()
    title, _, rest = (ast.get_docstring(node) or "").partition("\n")
    question, _, why = rest.partition("Neden:")
    settings, reasons = {}, {}
    for argument, default in zip(node.args.args, node.args.defaults, strict=True):
        settings[argument.arg] = ast.literal_eval(default)
        after = lines[default.end_lineno - 1].encode()[default.end_col_offset :].decode()
        reasons[argument.arg] = after.partition("#")[2].strip()
    calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
    given = {k.arg: k.value for call in calls for k in call.keywords}
    quick = ast.literal_eval(given["quick"]) if "quick" in given else {}
    question = " ".join(question.replace("Soru:", "").split())
    why = " ".join(why.split())
    return Section(
        number, node.name, title, question, why, settings, reasons, quick, code, line, run
    )


def _literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:  # lambda, fonksiyon: betik koşunca bilinir
        return None


def read_outline(path: Path) -> Outline:
    """What a script consists of, from its text alone."""
    source = path.read_text(encoding="utf-8")
    outline = Outline(path.name, "", "")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and "lab.section" in map(
            _called, node.decorator_list
        ):
            first = node.decorator_list[0].lineno
            code = "\n".join(source.splitlines()[first - 1 : node.end_lineno])
            outline.sections[node.name] = read_section(code, len(outline.sections) + 1, first)
        call = getattr(node, "value", None)
        if not isinstance(call, ast.Call):
            continue
        words, named = map(_literal, call.args), {k.arg: _literal(k.value) for k in call.keywords}
        if _called(call) == "Lab":
            outline.title, outline.hours = list(words)[1:]
        elif _called(call) == "lab.option":
            outline.declare(*words, **named)
        elif _called(call) == "lab.exercise" and "task" in named:
            outline.exercises[named["level"]] = Exercise(**named)
    return outline


def _called(node) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


# Komut satırı


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        option = re.search(r"--\w+", message)
        wrong = re.search(r"(?:choice:|argument) '(.*?)'", message)
        told = option[0] if option else "Komut satırı"
        told += f" {wrong[1]}: anlaşılmadı." if wrong else " eksik yazıldı."
        raise UsageError(f"{told} Doğrusu:\n{self.usage_line()}")

    def usage_line(self) -> str:
        usage = self.format_usage().removeprefix("usage: ")
        return f"  {usage}Açıklamalar: {self.prog} --yardim"


def _parser(outline: Outline) -> _Parser:
    parser = _Parser(f"python {outline.script}", add_help=False, allow_abbrev=False)
    option = parser.add_argument
    option("--bolum", nargs="+", action="extend", metavar="N", help="yalnız bu bölümler: 3 5")
    option("--ayar", nargs="+", action="extend", default=[], metavar="AD=DEĞER",
           help="bölümü başka ayarla dener: --bolum 6 --ayar depth=2")  # fmt: skip
    option("--sira", choices=LEVELS, metavar="DÜZEY", help="alıştırma: temel, orta ya da ileri")
    option("--ipucu", action="store_true", help="--sira ile: ipucunu gösterir")
    option("--cozum", action="store_true", help="--sira ile: çözümü gösterir")
    option("--liste", action="store_true", help="bölümler ve beklenen süreleri")
    option("--bekle", action="store_true", help="canlı konsol: önce soru, Enter ile koşar")
    option("--goster", action="store_true", help="şekilleri pencerede de gösterir")
    option("--hizli", action="store_true", help="az veriyle kısa deneme (outputs/hizli)")
    option("--tohum", default=str(DEFAULT_SEED), metavar="SAYI", help="varsayılan %(default)s")
    option("--cikti", metavar="KLASÖR", help="çıktı klasörü, varsayılan outputs")
    for name, explanation in outline.switches.items():
        valued = {"default": "", "metavar": outline.values.get(name)}
        kind = valued if name in outline.values else {"action": "store_true"}
        option(f"--{name}", help=explanation, **kind)
    option("--yardim", "-h", "--help", action="store_true", help="bu açıklamalar; --bolum N ile"
           " o bölümün ayarları")  # fmt: skip
    return parser


def understand(outline: Outline, argv: list[str]) -> argparse.Namespace | None:
    """What the command line asks for; None where an answer has been printed and that was all.

    Beside the options: `chosen` sections, `settings`, `seed`, `task` (an `Exercise` or None) and
    `switches` (the script's own options). A `UsageError` says what would be right.
    """
    parser = _parser(outline)
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        near = difflib.get_close_matches(unknown[0], parser._option_string_actions, n=1)
        hint = f" {near[0]} mi demek istediniz?" if near else ""
        raise UsageError(
            f"{' '.join(unknown)}: anlaşılmadı.{hint} Doğrusu:\n{parser.usage_line()}"
        )
    chosen = _choose(outline, args.bolum)
    if args.yardim:
        _help(parser, chosen if args.bolum else [])
        return None
    if args.liste:
        _list(outline)
        return None
    if not (args.tohum.isascii() and args.tohum.isdigit() and int(args.tohum[:11]) <= MAX_SEED):
        raise UsageError(f"--tohum {args.tohum[:20]}: 0 ile {MAX_SEED} arasında tam sayı yazın.")
    if args.cikti is not None and not args.cikti.strip():
        raise UsageError("--cikti: klasörün adı boş. Örneğin: --cikti sonuclar")
    if args.hizli and args.cikti and Path(args.cikti).resolve() == common.ROOT / "outputs":
        raise UsageError(
            "--hizli dersin sonuçlarının üzerine yazmaz; --cikti için başka ad verin."
        )
    if args.ayar and not args.bolum:
        raise UsageError("--ayar hangi bölümün? Örneğin: --bolum 6 --ayar depth=2")
    task = outline.exercises.get(args.sira)
    if (args.sira or args.ipucu or args.cozum) and not task:
        known = ", ".join(outline.exercises) or "yok"
        raise UsageError(f"Hangi alıştırma? --sira DÜZEY yazın. Bu uygulamadakiler: {known}")
    if args.ipucu or args.cozum:
        say(f"{task.level}: {task.task}", "bold")
        if args.ipucu:
            say(f"İpucu: {task.hint}")
        if args.cozum:
            say(f"Çözüm: {task.solution}")
        return None
    args.chosen = [outline.sections[task.section]] if task else chosen
    args.settings = read_settings(chosen, args.ayar)
    args.task, args.seed = task, int(args.tohum)
    args.switches = {name: getattr(args, name) for name in outline.switches}
    for name in filter(args.switches.get, args.switches):
        knowing = outline.knowing(name)
        if knowing and not any(section in knowing for section in args.chosen):
            numbers = " ".join(str(section.number) for section in knowing)
            raise UsageError(f"--{name}: seçilen bölümlerde işi yok. Doğrusu: --bolum {numbers}")
    return args


def _choose(outline: Outline, numbers: list[str] | None) -> list[Section]:
    sections = list(outline.sections.values())
    unknown = sorted(set(numbers or []) - {str(s.number) for s in sections})
    if unknown:
        valid = "\n".join(f"  {s.number:>2}  {s.title}" for s in sections)
        raise UsageError(f"Böyle bir bölüm yok: {' '.join(unknown)}. Bölümler:\n{valid}")
    return [s for s in sections if numbers is None or str(s.number) in numbers]


def read_settings(sections: list[Section], words: list[str]) -> dict:
    """'depth=2' as {"depth": 2}, of the kind that the setting usually has.

    A number may have a decimal comma ('rate=0,5'); in a tuple the comma separates
    ('rates=0.1,0.3' or 'rates=0,1;0,3').

    Raises:
        UsageError: no such setting, or a value of another kind; its text lists the settings.
    """
    found = {}
    for word in words:
        name, _, text = word.partition("=")
        usual = next((s.settings[name] for s in sections if name in s.settings), None)
        if usual is None:
            raise UsageError(f"{word}: böyle bir ayar yok. Olanlar:\n{_settings(sections)}")
        try:
            found[name] = _value(text.strip(), usual)
        except (ValueError, SyntaxError, TypeError) as error:
            raise UsageError(
                f"{word}: {name} ayarına {_kind(usual)} yazın, örneğin {name}={written(usual)}. "
                f"Olanlar:\n{_settings(sections)}"
            ) from error
    return found


def _value(text: str, usual):
    if isinstance(usual, str):
        return text.strip("'\"")
    if isinstance(usual, tuple):
        parts = text.strip("() ").split(";" if ";" in text else ",")
        values = tuple(_value(part.strip(), usual[0]) for part in parts if part.strip())
        if not values:
            raise ValueError(text)
        return values
    value = ast.literal_eval(text.replace(",", "."))
    if isinstance(usual, float) and type(value) is int:
        value = float(value)
    if type(value) is not type(usual):
        raise ValueError(text)
    if not isinstance(usual, bool) and value < (usual >= 1 if isinstance(usual, int) else 0):
        raise ValueError(text)  # 0 katman, eksi oran
    return value


def _kind(usual) -> str:
    kinds = {bool: "True ya da False", int: "pozitif tam sayı", float: "sayı (eksi değil)"}
    kinds |= {str: "sözcük", tuple: "virgülle ayrılmış değerler"}
    return kinds[type(usual)]


def written(value) -> str:
    """A setting's value as it is typed: '8', '0.5', '0.1,0.3'."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def typed(settings: Mapping) -> str:
    """Settings as they are typed: 'depth=2 epochs=1'."""
    return " ".join(f"{name}={written(value)}" for name, value in settings.items())


def _settings(sections: list[Section]) -> str:
    lines = []
    for section in sections:
        lines.append(f"Bölüm {section.number} · {section.title}")
        lines += [
            f"  {name}={written(usual)}   {section.reasons[name]}".rstrip()
            for name, usual in section.settings.items()
        ] or ["  ayarı yok"]
    return "\n".join(lines)


def _help(parser: _Parser, sections: list[Section]) -> None:
    if sections:
        say(_settings(sections))
        return
    text = parser.format_help().replace("usage:", "kullanım:", 1)
    say(text.replace("options:", "seçenekler:", 1))


def _list(outline: Outline) -> None:
    seconds, outputs = {}, common.ROOT / "outputs"
    for path in (f"ornekler/{outline.name}_{TIMES_FILE}", f"{outline.name}/{TIMES_FILE}"):
        seconds |= {n: row["saniye"] for n, row in read_times(outputs / path).items()}
    shown = Table("bölüm", "konu", "saniye", title=f"{outline.title} · {outline.hours}")
    for section in outline.sections.values():
        number = str(section.number)
        shown.add_row(number, section.title, f"{seconds[number]:.0f}" if number in seconds else "")
    terminal().print(shown)


def terminal(stderr: bool = False) -> Console:
    """A rich console that takes every text as it is, on the stream that there is now."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


def say(text: str, style: str = "", whole: bool = False) -> None:
    """Print a paragraph at once, also into a pipe; `whole`: never break a path or a command."""
    terminal().print(text, style=style, soft_wrap=whole)
    sys.stdout.flush()


def waiting(text: str) -> AbstractContextManager:
    """Show that something goes on: a moving line in a terminal, elsewhere one line."""
    screen = terminal()
    if screen.is_terminal:
        return screen.status(text)
    say(text)
    return nullcontext()


def answer_without_keras(path: Path, argv: list[str]) -> None:
    """Leave with an answer if the command line wants one that needs no Keras, or is wrong."""
    if understand(read_outline(path), argv) is None:
        raise SystemExit(OK)


def explain(error: BaseException, again: str, tried: str = "") -> str:
    """What happened, and what to type next (`again`); the traceback only of a surprise.

    Args:
        tried: the settings that were changed; they are the likely cause of a surprise.
    """
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return f"Durduruldu (Ctrl-C). Yeniden: {again}"
    reason = isinstance(error, OSError) and REASONS.get(error.errno)
    if reason and error.errno != errno.ENOENT:  # olmayan dosya: hangi satırda arandı?
        return f"{error.filename or 'Çıktı ya da geçici dosya'}: {reason}.\nYeniden: {again}"
    traceback.print_exception(error)
    cause = "Ortamı denetlemek için: python -m common"
    if tried:
        cause = f"Denenen ayar bölüme uymuyor olabilir: {tried}"
    return (
        "Beklenmeyen bir hata oldu; yukarıdaki son satır nedenini söyler.\n"
        f"{cause}\nYeniden: {again}"
    )


def fail(error: BaseException, again: str, more: str = "", tried: str = "") -> int:
    """Tell on the error stream why a run has ended; returns its exit code."""
    _let_go(sys.stdout)
    try:
        if not isinstance(error, BrokenPipeError):  # `| head`: okuyan yeterince okudu
            text = f"\n{explain(error, again, tried)}\n{more}".rstrip()
            terminal(stderr=True).print(text, style="bold red", soft_wrap=True)
    except OSError:  # hata akışı da dolu ya da kapalı
        _let_go(sys.stderr)
    if isinstance(error, LabError):
        return error.code
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED


def _let_go(stream) -> None:
    """Where a stream takes no more text, send what still waits in it nowhere: no error at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# Canlı konsol

KEYS = """\
Enter        sıradaki bölümü koşar; bir Enter daha sonucu açar
6            bölüm 6'yı hemen koşar;  6 depth=2  o ayarla dener
t · a · g    son koşuyu tekrarlar · bölümü atlar · bir bölüm geri gider
k            bölümün kodunu gösterir (k 6: bölüm 6'nın)
l · ?        bölümleri listeler · bu açıklama
q            çıkar
başka yazı   sınıfın tahmini olarak sonucun yanında gösterilir (sayıysa: = 6)"""


@contextmanager
def deaf() -> Iterator[None]:
    """While this lasts nobody is asked: what is typed is neither shown nor kept."""
    if not sys.stdin.isatty():
        yield
        return
    try:
        import termios
    except ImportError:  # Windows
        import msvcrt

        yield
        while msvcrt.kbhit():
            msvcrt.getwch()
        return
    before = termios.tcgetattr(sys.stdin)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(sys.stdin, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)  # FLUSH: yazılanlar atılır


class LiveConsole:
    """`--bekle`: the question first, then what the teacher types; one process stays warm.

    Ctrl-C during a training comes back to the prompt, at the prompt it leaves.

    Args:
        lab: the running `Lab`.
        chosen: the sections to go through.
    """

    def __init__(self, lab, chosen: list[Section]):
        self.lab, self.chosen = lab, chosen
        self.place, self.last, self.prediction = 0, None, ""

    @property
    def here(self) -> Section | None:
        """The section whose turn it is; None after the last one."""
        return self.chosen[self.place] if self.place < len(self.chosen) else None

    def run(self) -> None:
        """Go through the sections until the end or `q`."""
        with deaf():  # Keras yüklenirken yazılanlar
            say(KEYS, "dim")
        self._announce()
        while True:
            prompt = f"Bölüm {self.here.number} · Enter: koş" if self.here else "Enter: çık"
            text, place = self.ask(f"{prompt} · ?: yardım"), self.place
            if text == "q" or not (text or self.here):
                return
            if text:
                self._obey(text)
            else:
                self.place += self._run(self.here, {})
            if self.place != place:
                self._announce()

    def _announce(self) -> None:
        if self.here:
            self.lab.announce(self.here)
        else:
            self.lab.show_exercises(self.lab.exercises.values())

    def ask(self, prompt: str) -> str:
        """One typed line; without a keyboard an empty one, and no more questions."""
        if not self.lab.pause:
            return ""
        try:
            return input(f"{prompt} > ").strip()
        except EOFError:
            self.lab.pause = False
            say("\n--bekle: klavye bağlı değil, beklemeden sürüyor.")
            return ""

    def _obey(self, text: str) -> None:
        """Do what the line asks for."""
        word, *rest = text.split()
        try:
            if text == "?":
                say(KEYS)
            elif text == "l":
                _list(self.lab)
            elif text == "a":
                self.place += self.here is not None
            elif text == "g":
                self.place = max(0, self.place - 1)
            elif text == "t" and self.last:
                self._run(*self.last)
            elif word == "k":
                self._show_code(self.lab.numbered(rest[0]) if rest else self.here)
            elif section := self.lab.numbered(word):
                settings = read_settings([section], rest)
                usual = section is self.here and not settings
                if not usual:
                    self.lab.announce(section)
                self.place += self._run(section, settings) and usual
            else:
                self.prediction = text.removeprefix("=").strip()
                say(f"Tahmin not edildi: {self.prediction}")
        except LabError as error:
            say(str(error), "bold")

    def _show_code(self, section: Section | None) -> None:
        if section is None:
            raise UsageError("Böyle bir bölüm yok; l ile listeleyin.")
        terminal().print(
            Syntax(section.code, "python", theme="ansi_light", line_numbers=True,
                   start_line=section.line, word_wrap=True, background_color="default")
        )  # fmt: skip

    def _run(self, section: Section, settings: dict) -> bool:
        """Run, wait for the Enter that uncovers the result; False if it did not come to an end."""
        self.last = section, settings
        prediction, self.prediction = self.prediction, ""
        try:
            with deaf():
                report = self.lab.run_section(section, settings, prediction)
        except (Exception, KeyboardInterrupt) as error:  # olmayan bir deneme dersi bitirmesin
            told = explain(error, "t", typed(settings))
            say(f"\n{told}\n{self.lab.hint}".rstrip(), "bold", whole=True)
            return False
        self.ask("Enter: sonucu aç")
        self.lab.show(report)
        return True
