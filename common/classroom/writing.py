"""The level "yaz" of --sira: a file that the student writes, judged by what it does.

The student's file is the solution with a blank (`...`) in every line that ends in the
mark "# boşluk". Nothing here overwrites a file; only running it needs Keras.
"""

import ast
import itertools
import linecache
import re
import textwrap
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, SimpleNamespace

from common import files
from common.classroom.terminal import say, shown_path
from common.files import LabError, explain_os_errors

SOLUTIONS = "alistirmalar/cozumler"
MARK = re.compile(r"(?m)^( *)(if |[\w.]+ ?\+?= ?)?.+?([,:]?)  # boşluk$")
CORE = re.compile(r"(?s)\x1b\[1m(.+?)\x1b|\n([^\n]+)\n\t \[\[")  # of Keras', TF's words
LONGEST = 300  # characters of a message
LOOK = {  # what was raised -> where the student looks
    SyntaxError: "Bu satırın ve bir üstündekinin ayraçlarına, virgüllerine bakın.",
    NameError: "Adın yazılışına bakın; ad bu satırdan önce tanımlanmış olmalı.",
    AttributeError: "Noktanın solundaki nesneye ve sağındaki adın yazılışına bakın.",
    KeyError: "Sözlükteki adların yazılışına bakın.",
    TypeError: "Argümanların adlarına, sayısına ve değerlerin türüne bakın.",
    ValueError: "Şekillere (shape), adlara ve verilen değerlere bakın.",
    Exception: "İletide adı geçen değere bakın.",
}


class Written(SimpleNamespace):
    """What the student's file defines: `student.build()`."""

    def __getattr__(self, name):  # asked only for what is missing
        raise LabError(f"Dosyada {name} adı yok. Silindiyse geri yazın.")


@dataclass(frozen=True)
class Writing:
    """One task of "Sıra sizde" in which the student writes a file.

    `judge` yields for each criterion a sentence, whether it holds, and what to look at
    where it does not.
    """

    level: str  # yaz
    section: str  # name of the section that teaches it
    file: str  # from the repository's folder
    task: str
    hint: str
    judge: Callable[[Written], Iterator[tuple[str, bool, str]]] = None

    @property
    def path(self) -> Path:
        """The student's file."""
        return files.ROOT / self.file

    @property
    def solution(self) -> str:
        """The text of the solution; empty where an instructor has put it away."""
        path = files.ROOT / SOLUTIONS / self.path.name
        return path.read_text(encoding="utf-8") if path.exists() else ""


def start_again(task: Writing) -> Path:
    """Put a file with blanks beside the student's; returns its path."""
    if not task.solution:
        told = f"{SOLUTIONS} klasöründe {task.path.name} yok; boş dosya ondan yapılır."
        raise LabError(told)
    text = MARK.sub(r"\1\2...\3", task.solution)
    cure = "Klasöre yazma izniniz olup olmadığına bakın."
    for number in itertools.count():
        tail = f"_yeni_{number}" if number else ""
        path = task.path.with_stem(task.path.stem + tail)
        with explain_os_errors(path, cure), suppress(FileExistsError):
            with path.open("x", encoding="utf-8", newline="\n") as file:  # only new
                file.write(text)
            return path


def finished(task: Writing) -> CodeType:
    """The student's file, ready to run.

    Raises:
        LabError: it is missing, a blank is left, or it is no Python yet.
    """
    path = task.path
    if not path.exists():
        told = f"{shown_path(path)} yok. Boş dosya için sonuna --bastan ekleyin."
        raise LabError(told)
    linecache.checkcache(str(path))
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise _stopped(path, error, error.lineno) from error
    dots = [part for part in ast.walk(tree) if getattr(part, "value", None) is ...]
    blanks = sorted(part.lineno for part in dots)
    if blanks:
        wanted = linecache.getline(str(path), blanks[0] - 1).strip("# \n")
        told = f"Doldurulacak boşluk (...) sayısı: {len(blanks)}. İlki burada:"
        raise LabError(f"{told}\n{_line(path, blanks[0])}\n{wanted}")
    return compile(tree, path, "exec")


def judge(task: Writing) -> bool:
    """Run the student's file, ask and tell its criteria; whether all of them hold.

    Raises:
        LabError: the file is not finished, or a line of it fails.
    """
    code = finished(task)
    names = {"__name__": task.path.stem, "__file__": str(task.path)}
    right = True
    try:
        exec(code, names)
        for sentence, holds, look in task.judge(Written(**names)):
            right = right and bool(holds)
            say(f"✓ {sentence}" if holds else f"✗ {sentence}\n  {look}")
    except LabError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(task.path)]
        if lines or right:  # else it follows from the ✗ above
            raise _stopped(task.path, error, lines[-1] if lines else 0) from error
    told = "✗ olan ilk ölçütü düzeltin. Takılınca komutun sonuna --ipucu ekleyin."
    if right:
        told = "Dosyanız bütün sınamalardan geçti. Çözümle karşılaştırın: --cozum"
    say(told)
    return right


def _line(path: Path, number: int) -> str:
    code = linecache.getline(str(path), number).strip()
    return f"{shown_path(path)}, satır {number}:\n    {code}"


def _stopped(path: Path, error: Exception, number: int) -> LabError:
    """What to tell of an error: the student's line, the message, where to look."""
    place = f"{shown_path(path)}: sınama yarıda kaldı."
    if number:
        place = _line(path, number)
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    core = CORE.search(message)
    message = f"{type(error).__name__}: {core[1] or core[2] if core else message}"
    message = textwrap.shorten(message, LONGEST, placeholder=" …")
    look = next(text for kind, text in LOOK.items() if isinstance(error, kind))
    return LabError(f"{place}\n{message}\n{look}")
