"""What a lab prints: paragraphs, tables, a section's panel, and why a run has ended."""

import errno
import os
import sys
import traceback
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from common.classroom import causes, spelling
from common.files import FAILED, REASONS, ROOT, LabError, here, write_text

PLAIN_WIDTH = 100  # columns of a line that goes into a file or a pipe
OK, USAGE, INTERRUPTED = 0, 2, 130  # exit codes; FAILED (1) is in files.py
TRACEBACK = "son_hata.txt"  # the file with the whole traceback


def terminal(stderr: bool = False) -> Console:
    """A rich console on today's stream that prints every text as it is."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, width=width
    )


def say(text: str, style: str = "", whole: bool = False) -> None:
    """Print a paragraph at once, also into a pipe; `whole` breaks none of its lines."""
    terminal().print(text, style=style, soft_wrap=whole)
    sys.stdout.flush()


def rule(text: str) -> None:
    """Print a heading across the whole width."""
    terminal().rule(text, style="bold")


def moves(screen: Console) -> bool:
    """Whether a line can move on this screen: not in a file or a dumb terminal."""
    return sys.stdout.isatty() and not screen.is_dumb_terminal


def waiting(text: str) -> AbstractContextManager:
    """Show that something goes on: a moving line in a terminal, elsewhere one line."""
    screen = terminal()
    if moves(screen):
        return screen.status(text)
    say(text)
    return nullcontext()


def _spelt(text: str) -> str:
    """A text as the stream will show it, so that columns and borders are straight."""
    coding = sys.stdout.encoding or "utf-8"
    return text.encode(coding, spelling.NAME).decode(coding)


def show_table(table: dict) -> None:
    """Print a table of a report: {"title", "columns": [(name, numeric?)], "rows"}."""
    grid = Table(box=box.SIMPLE_HEAD)
    for name, numeric in table["columns"]:
        grid.add_column(_spelt(name), justify="right" if numeric else "left")
    for row in table["rows"]:
        grid.add_row(*map(_spelt, row))
    say(table["title"], "bold")
    terminal().print(grid)


def panel(report, width: int) -> Panel:
    """The box with a section's question, prediction, conclusion, reason and checks."""
    section = report.section
    parts = [(section.question, "")]
    if report.prediction:
        parts.append((f"Tahmin: {report.prediction}", ""))
    parts.append((f"\nSonuç: {report.conclusion}", "bold"))
    if section.why:
        parts.append((f"Neden: {section.why}", ""))
    for check in report.checks:
        quiet = check.holds or not check.asked
        parts.append((check.text, "dim" if quiet else "bold"))
    texts = Group(*[Text(_spelt(text), style) for text, style in parts])
    title = _spelt(f"Bölüm {section.number} · {section.label}")
    return Panel(texts, title=title, title_align="left", width=width)


def explain(
    error: BaseException, again: str, tried: str = "", folder: Path = ROOT / "outputs"
) -> str:
    """Say what happened and what to type next: `again`, the command or the key.

    The traceback of an unforeseen error goes into a file in `folder`. The settings that
    were `tried` are the likely cause of such an error.
    """
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return f"Durduruldu (Ctrl-C). Yeniden: {again}"
    reason = isinstance(error, OSError) and REASONS.get(error.errno)
    if reason and error.errno != errno.ENOENT:  # a missing file is told with its line
        name = error.filename or "Çıktı ya da geçici dosya"
        return f"{name}: {reason}.\nYeniden: {again}"
    words = causes.first_line(error)
    found = causes.find(causes.LESSON, f"{words}\n{error}")
    if found:
        told, cure = found[0].sentence.format(*found[1]), found[0].cure
    elif tried:
        told, cure = f"Denenen ayar bölüme uymuyor olabilir: {tried}", ""
    else:
        told, cure = "Beklenmeyen bir hata oldu.", "Denetlemek için: python -m common"
    lines = [told, words, _own_line(error), cure, _keep(error, folder)]
    return "\n".join([*filter(None, lines), f"Yeniden: {again}"])


def _own_line(error: BaseException) -> str:
    """The last line of the traceback that a student may have written."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        inside = path.relative_to(ROOT).parts if path.is_relative_to(ROOT) else ()
        if inside and inside[0] not in ("common", ".venv"):
            return f"{path.name}, satır {frame.lineno}: {frame.line}"
    return ""


def _keep(error: BaseException, folder: Path) -> str:
    """Write the traceback into a file and say where; print it where that fails."""
    path = folder / TRACEBACK
    try:
        write_text(path, "".join(traceback.format_exception(error)))
    except LabError:
        traceback.print_exception(error)
        return ""
    return f"Hatanın bütün yolu: {here(path)}"


def fail(error: BaseException, again: str, more: str = "", **about) -> int:
    """Tell on the error stream why a run has ended, and return its exit code."""
    _let_go(sys.stdout)
    try:
        if not isinstance(error, BrokenPipeError):  # `| head` has read enough
            text = f"\n{explain(error, again, **about)}\n{more}".rstrip()
            terminal(stderr=True).print(text, style="bold red", soft_wrap=True)
    except OSError:  # the error stream is full or closed, too
        _let_go(sys.stderr)
    if isinstance(error, LabError):
        return error.code
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED


def _let_go(stream) -> None:
    """Drop what a full or closed stream still holds, or Python fails at its exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
