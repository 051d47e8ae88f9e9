"""The level "yaz" of --sira: the student writes a file, and what it does is judged.

The student's file is the solution with a blank (`...`) in every line that ends in the
mark "# boşluk". Nothing here overwrites a file. Only `judge` needs Keras.
"""

import ast
import itertools
import linecache
import re
import textwrap
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, SimpleNamespace

from common import files
from common.classroom import causes
from common.classroom.terminal import say
from common.files import LabError, explain_os_errors, here

SOLUTIONS = "alistirmalar/cozumler"
MARK = re.compile(r"(?m)^( *)(if |[\w.]+ ?\+?= ?)?.+?([,:]?)  # boşluk$")
# What matters in a long message: what Keras prints in bold, TensorFlow before "[[".
CORE = re.compile(r"(?s)\x1b\[1m(.+?)\x1b|\n([^\n]+)\n\t \[\[")
LONGEST = 300  # characters of a message
LOOK = {  # what is in the kinds and the message of an error -> where to look
    r"valid range of \[0, 1\)": 'İki sınıf için kaybı "binary_crossentropy" yazın.',
    "Only input tensors": "Buraya girdisi unutulmuş bir katman geldi: kurulduğu "
    "satırın sonuna girdisini ekleyin, örneğin layers.Dense(4)(x).",
    "No gradients provided": "Tahmin de kayıp da with bloğunun içinde hesaplanmalı.",
    "Could not interpret": "Keras bu adı bilmiyor: adın dosyadaki yazılışına bakın.",
    "'(main|aux)'$|loss_weights": "loss_weights'te iki çıkışın da adı olmalı.",
    "KeyboardInterrupt": "Durdurdunuz (Ctrl-C). Satır bir döngüdeyse sonuna bakın.",
    "SystemExit": "Bu satır programı bitiriyor: sys.exit ya da exit çağrısını silin.",
    "IndentationError|outside function": "Satır başındaki boşluklara bakın: bir bloğun "
    "satırları aynı sütunda başlar; Tab değil, boşluk tuşu kullanılır.",
    "SyntaxError": "Bu satırda ve üstünde ayraçlara, virgüllere, tırnaklara bakın.",
    "NameError": "Adın yazılışına bakın; ad bu satırdan önce tanımlanmış olmalı.",
    "AttributeError": "Noktanın solundaki nesneye ve sağındaki adın yazılışına bakın.",
    "KeyError": "Sözlükteki adların yazılışına bakın.",
    "TypeError": "Argümanların adlarına, sayısına ve değerlerin türüne bakın.",
    "ValueError": "Şekillere (shape), adlara ve verilen değerlere bakın.",
    "Exception": "İletide adı geçen değere bakın.",
}


class Written(SimpleNamespace):
    """The names that the student's file defines, e.g. `student.build()`."""

    def __getattr__(self, name):  # Python calls it only for a name that is missing
        raise LabError(f"Dosyada {name} adı yok. Silindiyse geri yazın.")


@dataclass(frozen=True)
class Writing:
    """One task of "Sıra sizde" in which the student writes a file.

    `judge` takes what the student wrote. For each criterion it yields a sentence,
    whether this holds, and what to look at where it does not.
    """

    level: str  # "yaz"
    section: str  # the name of the section that teaches it
    file: str  # the student's file, a path in the repository's folder
    task: str
    hint: str
    judge: Callable[[Written], Iterator[tuple[str, bool, str]]] = None

    @property
    def path(self) -> Path:
        """The student's file."""
        return files.ROOT / self.file

    @property
    def solution(self) -> str:
        """The text of the solution; empty where an instructor has removed the file."""
        path = files.ROOT / SOLUTIONS / self.path.name
        return path.read_text(encoding="utf-8") if path.exists() else ""


def start_again(task: Writing) -> Path:
    """Put a new file with blanks beside the student's file, and return its path."""
    if not task.solution:
        told = f"{SOLUTIONS} klasöründe {task.path.name} yok; boş dosya ondan yapılır."
        raise LabError(told)
    text = MARK.sub(r"\1\2...\3", task.solution)
    cure = "Klasöre yazma izniniz olup olmadığına bakın."
    for number in itertools.count():
        tail = f"_yeni_{number}" if number else ""
        path = task.path.with_stem(task.path.stem + tail)
        with explain_os_errors(path, cure), suppress(FileExistsError):
            with path.open("x", encoding="utf-8", newline="\n") as file:  # a new file
                file.write(text)
            return path


def finished(task: Writing) -> CodeType:
    """The student's file as code that can run.

    Raises:
        LabError: the file is missing, a blank is left, or it is not yet Python.
    """
    path = task.path
    if not path.exists():
        told = f"{here(path)} yok. Boş dosya için sonuna --bastan ekleyin."
        raise LabError(told)
    linecache.checkcache(str(path))
    try:
        tree = ast.parse(path.read_text(encoding="utf-8-sig"))
        code = compile(tree, path, "exec")
    except UnicodeDecodeError as error:
        told = f"{here(path)} UTF-8 değil. Düzenleyicinizde UTF-8 olarak kaydedin."
        raise LabError(told) from error
    except SyntaxError as error:
        raise _stopped(path, error, error.lineno) from error
    dots = [part for part in ast.walk(tree) if getattr(part, "value", None) is ...]
    blanks = sorted(part.lineno for part in dots)
    if blanks:
        wanted = linecache.getline(str(path), blanks[0] - 1).strip("# \n")
        told = f"Doldurulacak boşluk (...) sayısı: {len(blanks)}. İlki burada:"
        raise LabError(f"{told}\n{_line(path, blanks[0])}\n{wanted}")
    return code


def judge(task: Writing) -> bool:
    """Run the student's file and tell of each criterion whether it holds.

    Returns:
        Whether all of them hold.

    Raises:
        LabError: the file is not finished, or a line of it fails.
    """
    code = finished(task)
    names = {"__name__": task.path.stem, "__file__": str(task.path)}
    right = True
    try:
        with warnings.catch_warnings():
            causes.let_fatal_warnings_raise()
            exec(code, names)
            for sentence, holds, look in task.judge(Written(**names)):
                right = right and bool(holds)
                say(f"✓ {sentence}" if holds else f"✗ {sentence}\n  {look}")
    except LabError:
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(task.path)]
        if isinstance(error, KeyboardInterrupt) and not (lines and right):
            raise
        if right:  # else the error follows from the ✗ above
            raise _stopped(task.path, error, lines[-1] if lines else 0) from error
    told = "✗ olan ilk ölçütü düzeltin. Takılınca komutun sonuna --ipucu ekleyin."
    if right:
        told = "Dosyanız bütün sınamalardan geçti. Çözümle karşılaştırın: --cozum"
    say(told)
    return right


def _line(path: Path, number: int) -> str:
    """Where a line of the student's file stands, and its code."""
    code = linecache.getline(str(path), number).strip()
    return f"{here(path)}, satır {number}:\n    {code}"


def _stopped(path: Path, error: BaseException, number: int) -> LabError:
    """An error that tells the student's line (0: unknown) and where to look."""
    place = f"{here(path)}: sınama yarıda kaldı."
    if number:
        place = _line(path, number)
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    told = " ".join([*(kind.__name__ for kind in type(error).__mro__), message])
    look = next(look for pattern, look in LOOK.items() if re.search(pattern, told))
    if known := causes.find((causes.MEMORY, *causes.FATAL_WARNINGS), told):
        look = f"{known[0].sentence} {known[0].cure}"
    core = CORE.search(message)
    message = f"{type(error).__name__}: {core[1] or core[2] if core else message}"
    message = textwrap.shorten(message, LONGEST, placeholder=" …")
    return LabError(f"{place}\n{message}\n{look}")
