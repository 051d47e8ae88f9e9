"""What a lab prints: paragraphs, tables, a section's panel, why a run has ended."""

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

from common.classroom import causes
from common.files import FAILED, REASONS, ROOT, LabError, write_text

PLAIN_WIDTH = 100  # of a line that goes into a file or a pipe
OK, USAGE, INTERRUPTED = 0, 2, 130  # exit codes; FAILED is 1
TRACEBACK = "son_hata.txt"  # the whole traceback, for who wants it


def terminal(stderr: bool = False) -> Console:
    """A rich console that takes every text as it is, on the stream of the moment."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, width=width
    )


def say(text: str, style: str = "", whole: bool = False) -> None:
    """Print a paragraph at once, also into a pipe; `whole`: break no path."""
    terminal().print(text, style=style, soft_wrap=whole)
    sys.stdout.flush()


def rule(text: str) -> None:
    """Print a heading across the whole width."""
    terminal().rule(text, style="bold")


def moves(screen: Console) -> bool:
    """Whether a line can move there: not into a file, not in a dumb terminal."""
    return sys.stdout.isatty() and not screen.is_dumb_terminal


def waiting(text: str) -> AbstractContextManager:
    """Show that something goes on: a moving line in a terminal, elsewhere one line."""
    screen = terminal()
    if moves(screen):
        return screen.status(text)
    say(text)
    return nullcontext()


def shown_path(path: Path) -> str:
    """A path as it would be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def show_table(table: dict) -> None:
    """Print a table of a report: {"title", "columns": [(name, numeric?)], "rows"}."""
    grid = Table(box=box.SIMPLE_HEAD)
    for name, numeric in table["columns"]:
        grid.add_column(name, justify="right" if numeric else "left")
    for row in table["rows"]:
        grid.add_row(*row)
    say(table["title"], "bold")
    terminal().print(grid)


def panel(report, width: int) -> Panel:
    """Question, prediction, conclusion, reason and checks, whole on a small screen."""
    section = report.section
    parts = [Text(section.question)]
    if report.prediction:
        parts.append(Text(f"Tahmin: {report.prediction}"))
    parts.append(Text(f"\nSonuç: {report.conclusion}", "bold"))
    if section.why:
        parts.append(Text(f"Neden: {section.why}"))
    for check in report.checks:
        quiet = check.holds or not check.asked
        parts.append(Text(check.text, "dim" if quiet else "bold"))
    title = f"Bölüm {section.number} · {section.label}"
    return Panel(Group(*parts), title=title, title_align="left", width=width)


def explain(
    error: BaseException, again: str, tried: str = "", folder: Path = ROOT / "outputs"
) -> str:
    """What happened, and what to type next; the traceback goes into a file.

    The settings that were `tried` are the likely cause of a surprise.
    """
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return f"Durduruldu (Ctrl-C). Yeniden: {again}"
    reason = isinstance(error, OSError) and REASONS.get(error.errno)
    if reason and error.errno != errno.ENOENT:  # a missing file: which line wanted it?
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
    """The last line of the traceback that a student can have written."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        inside = path.relative_to(ROOT).parts if path.is_relative_to(ROOT) else ()
        if inside and inside[0] not in ("common", ".venv"):
            return f"{path.name}, satır {frame.lineno}: {frame.line}"
    return ""


def _keep(error: BaseException, folder: Path) -> str:
    """Write the traceback into a file; show it where that cannot be."""
    path = folder / TRACEBACK
    try:
        write_text(path, "".join(traceback.format_exception(error)))
    except LabError:
        traceback.print_exception(error)
        return ""
    return f"Hatanın bütün yolu: {shown_path(path)}"


def fail(error: BaseException, again: str, more: str = "", **about) -> int:
    """Tell on the error stream why a run has ended; returns its exit code."""
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
    """Drop what still waits in a stream that takes no more: no error at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
