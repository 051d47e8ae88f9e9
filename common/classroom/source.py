"""What a script consists of: its sections, their two parts, its exercises.

It is read from the script's text. Nothing is run here, so `--liste` needs no Keras.
"""

import ast
import inspect
import linecache
import re
import textwrap
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.classroom.writing import Writing

HEADING = "# ## "  # how a section's heading begins: "# ## 8 · Kaybolan gradyan"
CELL = re.compile(r"(?m)^# %%.*$")  # the line that begins a cell


@dataclass(frozen=True)
class Section:
    """One section of a lab, as the text of its script tells it."""

    number: int
    name: str
    title: str
    question: str
    settings: dict  # its parameters with the values of the lesson
    reasons: dict  # setting -> why it has that value: the comment at its line's end
    lesson: tuple[str, ...]  # the text of the lesson part, cell by cell
    lines: tuple[int, ...]  # the line of the script at which each cell begins
    quick: dict = field(default_factory=dict)  # the settings that `--hizli` changes
    limits: dict = field(default_factory=dict)  # setting -> smallest and largest value
    options: tuple[str, ...] = ()  # the script's own options that it knows
    curious: bool = False  # "meraklısına": for those who want more
    alone: bool = False  # it runs only when it is asked for by its number
    problem: str = ""  # why it cannot run: one of its settings cannot be read
    why: str = ""  # the reason that the result part tells
    result: str = ""  # the text of the result part
    result_line: int = 0  # the line of the script at which it begins
    run: Callable | None = None  # run(depth=2); None before Keras is loaded

    @property
    def stem(self) -> str:
        """How the names of its files begin: '08_vanishing_gradient'."""
        return f"{self.number:02}_{self.name}"

    def refused(self, settings: Mapping) -> str:
        """A sentence about a setting beyond its limits; empty where there is none."""
        for name, (low, high) in self.limits.items():
            given = settings.get(name, low)
            values = given if isinstance(given, tuple) else (given,)
            if not all(low <= value <= high for value in values):
                between = f"{low:g} ile {high:g} arasında".replace(".", ",")
                return f"{name} {between} olmalı."
        return ""

    @property
    def code(self) -> str:
        """The text of the whole lesson part; its classes and helpers come first."""
        return "\n\n\n".join(self.lesson)

    @property
    def label(self) -> str:
        """The title as lists show it, with a mark if it is for the curious."""
        return f"{self.title} (meraklısına)" if self.curious else self.title


@dataclass(frozen=True)
class Exercise:
    """One task of "Sıra sizde": change settings (or write lines), run, compare."""

    level: str  # "temel", "orta" or "ileri"
    section: str  # the name of the section that runs
    task: str  # what is to be guessed or written
    quantity: str  # what is compared, with its unit
    low: float  # the smallest right value
    high: float  # the largest right value
    measure: Callable = None  # gives the value of the section's data; nan: not written
    settings: Mapping[str, object] = field(default_factory=dict)  # empty: write lines
    hint: str = ""
    solution: str = ""
    write: Callable[[float], str] = str  # how the quantity is written

    @property
    def expected(self) -> str:
        """The right values, e.g. '4' or '1,99 ile 2,01 arasında'."""
        low, high = self.write(self.low), self.write(self.high)
        return low if low == high else f"{low} ile {high} arasında"


def make_task(words: Mapping) -> Exercise | Writing:
    """The task that `lab.exercise(…)` declares: a `Writing` where it names a file."""
    return Writing(**words) if "file" in words else Exercise(**words)


@dataclass
class Outline:
    """What a lab consists of: enough to understand a command line."""

    script: str  # the name of the script's file
    title: str
    hours: str
    sections: dict[str, Section] = field(default_factory=dict)
    exercises: dict[str, Exercise | Writing] = field(default_factory=dict)
    switches: dict[str, str] = field(default_factory=dict)  # own option -> explanation
    values: dict[str, str] = field(default_factory=dict)  # own option -> value's name

    @property
    def name(self) -> str:
        """The lab's folder in outputs: 'uygulama_01'."""
        return "_".join(self.script.removesuffix(".py").split("_")[:2])

    def declare(self, flag: str, explanation: str, value: str = "") -> str:
        """Add an option of the script's own; return its name without the dashes."""
        name = flag.removeprefix("--")
        self.switches[name] = explanation
        if value:
            self.values[name] = value
        return name

    def numbered(self, number: str) -> Section | None:
        """The section with that number, or None."""
        found = [s for s in self.sections.values() if str(s.number) == number]
        return found[0] if found else None


def _docstring(node: ast.FunctionDef, word: str) -> tuple[str, str]:
    """What stands in a docstring before a word and after it, each in one line."""
    text = " ".join((ast.get_docstring(node) or "").split())
    before, _, after = text.partition(word)
    return before.strip(), after.strip()


def _keywords(node: ast.FunctionDef) -> dict[str, ast.expr]:
    """The arguments of `@lab.section(…)`."""
    calls = [mark for mark in node.decorator_list if isinstance(mark, ast.Call)]
    return {k.arg: k.value for call in calls for k in call.keywords}


def lesson_cells(
    lines: list[str], first: int, last: int
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The lesson part of a section: its cells, and the lines at which these begin.

    It begins below the nearest heading above the function, or else at the function,
    whose lines (from 1, with its decorators) are `first` to `last`.
    """
    start = first
    for number in range(first, 0, -1):
        if lines[number - 1].startswith(HEADING):
            start = number + 1
            break
    cells, places = [], []
    for cell in CELL.split("".join(lines[start - 1 : last])):
        code = textwrap.dedent(cell).strip("\n")
        if code:
            cells.append(code)
            places.append(start + len(cell) - len(cell.lstrip("\n")))
        start += cell.count("\n")
    return tuple(cells), tuple(places)


def read_section(lines: list[str], first: int, last: int, number: int) -> Section:
    """Read a section's lesson part (`lines`, `first`, `last`: see `lesson_cells`)."""
    own = textwrap.dedent("".join(lines[first - 1 : last]))
    node = ast.parse(own).body[0]
    own_lines = own.splitlines()
    settings, reasons = {}, {}
    given = {}  # what `@lab.section(…)` was given
    problem = ""

    def read(name: str, where: ast.AST, value: ast.expr | None):
        """The value that is written there; if none can be read, that is the problem."""
        nonlocal problem
        with suppress(ValueError, TypeError):
            return ast.literal_eval(value)
        written = f"“{ast.unparse(value)}” bir hesap" if value else "değeri yok"
        problem = (
            f"satır {first - 1 + where.lineno}: {name} ayarı okunamadı: {written}. "
            f"Değeri açık yazın, örneğin {name}=3."
        )
        return None

    for name, value in _keywords(node).items():
        given[name] = read(name, value, value)
    bare = len(node.args.args) - len(node.args.defaults)
    for argument, default in zip(
        node.args.args, [None] * bare + node.args.defaults, strict=True
    ):
        settings[argument.arg] = read(argument.arg, argument, default)
        reasons[argument.arg] = ""
        if default is None:
            continue
        line = own_lines[default.end_lineno - 1].encode()  # AST columns count bytes
        comment = line[default.end_col_offset :].decode().partition("#")[2]
        reasons[argument.arg] = comment.strip()
    lesson, places = lesson_cells(lines, first, last)
    title, question = _docstring(node, "Soru:")
    return Section(
        number=number,
        name=node.name,
        title=title,
        question=question,
        settings=settings,
        reasons=reasons,
        lesson=lesson,
        lines=places,
        problem=problem,
        **{name: value for name, value in given.items() if value is not None},
    )


def with_result(section: Section, lines: list[str], first: int, last: int) -> Section:
    """The section with its result part (`lines`, `first`, `last`: `lesson_cells`)."""
    code = textwrap.dedent("".join(lines[first - 1 : last]))
    _, why = _docstring(ast.parse(code).body[0], "Neden:")
    return replace(section, why=why, result=code.rstrip("\n"), result_line=first)


def place_of(function: Callable) -> tuple[list[str], int, int]:
    """The lines of a function's script or cell, and its first and last line there."""
    own, first = inspect.getsourcelines(function)
    lines = linecache.getlines(function.__code__.co_filename)
    return lines, first, first + len(own) - 1


def _literal(node):
    """The value of an argument; None for a function, known only when it runs."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _called(node: ast.expr) -> str:
    """The name in a call or in a decorator, e.g. "lab.section"."""
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def read_outline(path: Path) -> Outline:
    """Read from its text what a script consists of."""
    text = path.read_text(encoding="utf-8-sig")  # Notepad saves a BOM
    lines = text.splitlines(keepends=True)
    outline = Outline(path.name, "", "")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            _read_part(outline, lines, node)
        elif isinstance(getattr(node, "value", None), ast.Call):
            _read_call(outline, node.value)
    return outline


def _read_part(outline: Outline, lines: list[str], node: ast.FunctionDef) -> None:
    """Add what a decorated function of the script is: a part of a section."""
    mark = _called(node.decorator_list[0])
    place = lines, node.decorator_list[0].lineno, node.end_lineno
    name = mark.removesuffix(".result")
    if mark == "lab.section":
        section = read_section(*place, len(outline.sections) + 1)
        outline.sections[node.name] = section
    elif name in outline.sections:
        outline.sections[name] = with_result(outline.sections[name], *place)


def _read_call(outline: Outline, call: ast.Call) -> None:
    """Add what a call of the script declares: the lab, an option or an exercise."""
    words = [_literal(word) for word in call.args]
    named = {k.arg: _literal(k.value) for k in call.keywords}
    called = _called(call)
    if called == "Lab":
        outline.title, outline.hours = words[1:]
    elif called == "lab.option":
        outline.declare(*words, **named)
    elif called == "lab.exercise" and "task" in named:
        outline.exercises[named["level"]] = make_task(named)
