"""The live console of `--bekle`: a question comes first, then what is typed is done."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.syntax import Syntax

from common.classroom.command import (
    UsageError,
    format_settings,
    read_settings,
    show_sections,
)
from common.classroom.source import Section
from common.classroom.terminal import explain, say, terminal
from common.files import LabError

KEYS = """\
Enter        sıradaki bölümü çalıştırır; bir Enter daha sonucu açar
6            bölüm 6'yı hemen çalıştırır;  6 depth=2  o ayarla dener
t · a · g    son koşuyu tekrarlar · bölümü atlar · bir bölüm geri gider
k · kk       dersin kodunu gösterir · sonucun kodunu gösterir (k 6: bölüm 6)
l · ?        bölümleri listeler · bu açıklamayı gösterir
↑            daha önce yazılanları geri getirir
q            çıkar
başka yazı   sınıfın tahmini olarak sonucun yanında gösterilir (sayıysa: = 6)"""

MARGIN = 4  # columns that line numbers need besides their digits


@contextmanager
def keyboard_muted() -> Iterator[None]:
    """What is typed while this lasts is neither shown nor kept: nobody is asked."""
    if not sys.stdin.isatty():
        yield
        with suppress(OSError, ValueError):  # Windows, or a stream without a descriptor
            drop_typed_ahead(sys.stdin.fileno())
        return
    if sys.platform == "win32":
        import msvcrt

        try:
            yield
        finally:
            while msvcrt.kbhit():
                msvcrt.getwch()
        return
    import termios

    try:
        before = termios.tcgetattr(sys.stdin)
    except (OSError, termios.error):  # IDLE's stream has no descriptor
        yield
        return
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(sys.stdin, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)  # drops what was typed


def drop_typed_ahead(descriptor: int) -> None:
    """Forget the lines that wait in a pipe: an Enter is meant for its own prompt."""
    while select.select([descriptor], [], [], 0)[0] and os.read(descriptor, 4096):
        pass
    sys.stdin = open(descriptor, encoding=sys.stdin.encoding, closefd=False)  # noqa: SIM115


class LiveConsole:
    """Goes through sections as the teacher types; Keras stays loaded.

    Ctrl-C during a training comes back to the prompt; at the prompt it ends the run.
    """

    def __init__(self, lab, chosen: list[Section]):
        self.lab = lab
        self.chosen = chosen
        self.place = 0
        self.last = None  # (section, settings) of the run that `t` repeats
        self.prediction = ""

    @property
    def here(self) -> Section | None:
        """The section whose turn it is, or None after the last one."""
        return self.chosen[self.place] if self.place < len(self.chosen) else None

    def run(self) -> None:
        """Go through the sections until the end or `q`."""
        with suppress(ImportError):  # Windows has a history of its own
            import readline  # noqa: F401 (gives `input` its history: ↑)
        with keyboard_muted():  # drops what was typed while Keras loaded
            say(KEYS, "dim")
        self._announce()
        while True:
            prompt = "Enter: çık"
            if self.here:
                prompt = f"Bölüm {self.here.number} · Enter: çalıştır"
            place = self.place
            text = self.ask(f"{prompt} · ?: yardım")
            if text == "q" or not (text or self.here):
                return
            if text:
                self._obey(text)
            elif self._run(self.here, {}):
                self.place += 1
            if self.place != place:
                self._announce()

    def _announce(self) -> None:
        self.prediction = ""  # a guess belongs to its section
        if self.here:
            self.lab.announce(self.here)
        else:
            self.lab.show_exercises(self.lab.exercises.values())

    def ask(self, prompt: str) -> str:
        """One typed line; without a keyboard it is empty, and nothing more is asked."""
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
                show_sections(self.lab)
            elif text == "a":
                self.place = min(self.place + 1, len(self.chosen))
            elif text == "g":
                self.place = max(0, self.place - 1)
            elif text == "t" and self.last:
                self._run(*self.last)
            elif text == "t":
                say("Henüz koşan bölüm yok; Enter sıradaki bölümü çalıştırır.", "bold")
            elif word in ("k", "kk"):
                section = self.lab.numbered(rest[0]) if rest else self.here
                self._show_code(section, result=word == "kk")
            elif section := self.lab.numbered(word):
                self._run_numbered(section, rest)
            elif text.startswith("--"):
                raise UsageError("Seçenek burada yazılmaz; ayar yazılır: 6 depth=2")
            elif text.isdigit():
                told = f"{text} numaralı bölüm yok; l ile listeleyin."
                raise UsageError(f"{told} Tahminse: = {text}")
            else:
                self.prediction = self._guess(text)
        except LabError as error:
            say(str(error), "bold")

    def _guess(self, text: str) -> str:
        """The class' guess, which is shown beside the result."""
        guess = text.removeprefix("=").strip()
        say(f"Tahmin not edildi: {guess}")
        return guess

    def _run_numbered(self, section: Section, words: list[str]) -> None:
        """Run the section that was asked for, with the settings that were typed."""
        settings = read_settings([section], words)
        usual = section is self.here and not settings
        if not usual:
            self.lab.announce(section)
        if self._run(section, settings) and usual:
            self.place += 1

    def _show_code(self, section: Section | None, result: bool) -> None:
        """Show the code of one part of a section, a screen for each cell."""
        if section is None:
            raise UsageError("Böyle bir bölüm yok; l ile listeleyin.")
        if result and not section.result:
            raise UsageError(f"Bölüm {section.number} için sonuç parçası yazılmamış.")
        if result:
            show_code(section.result, section.result_line)
            return
        for cell, line in zip(section.lesson, section.lines, strict=True):
            if line != section.lines[0]:
                self.ask("Enter: kodun devamı")
            show_code(cell, line)

    def _run(self, section: Section, settings: dict) -> bool:
        """Run a section, wait for Enter, show the result; False if it was stopped."""
        self.last = section, settings
        prediction = self.prediction
        self.prediction = ""
        try:
            with keyboard_muted():
                report = self.lab.run_section(section, settings, prediction=prediction)
        except (Exception, KeyboardInterrupt) as error:  # the class goes on
            told = explain(error, "t", format_settings(settings), self.lab.base)
            say(f"\n{told}\n{self.lab.hint}".rstrip(), "bold", whole=True)
            return False
        while (text := self.ask("Enter: sonucu aç")) not in ("", "q"):
            if text in ("k", "kk"):
                self._show_code(section, result=text == "kk")
            else:
                report.prediction = self._guess(text)
        self.lab.show(report)
        return True


def show_code(code: str, line: int) -> None:
    """Print Python in colours, with numbers from `line` where these have room."""
    screen = terminal()
    lines = code.splitlines()
    needed = max(map(len, lines)) + len(str(line + len(lines))) + MARGIN
    shown = Syntax(
        code,
        "python",
        theme="ansi_light",
        line_numbers=needed <= screen.width,
        start_line=line,
        word_wrap=True,
        background_color="default",
    )
    screen.print(shown)
