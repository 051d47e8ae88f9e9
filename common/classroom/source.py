"""What a script consists of, read from its text: sections, their parts, exercises.

Nothing is run here, so `--liste` and the live console's `k` need no Keras.
"""

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.files import ROOT

HEADING = "# ## "  # the line of a section's heading: "# ## 8 · Kaybolan gradyan"
CELL = "# %%"  # the line that begins a cell


@dataclass(frozen=True)
class Section:
    """One section of a lab, as its source text tells it."""

    number: int
    name: str
    title: str
    question: str
    why: str
    settings: dict  # its parameters with the values of the lesson
    reasons: dict  # why a setting has that value: the comment at its line's end
    quick: dict  # what `--hizli` uses instead
    options: tuple[str, ...]  # options of the script's own that it knows
    curious: bool  # "meraklısına": for those who want more
    alone: bool  # runs only when it is asked for by its number
    lesson: tuple[str, ...]  # source of the lesson, a text per cell
    line: int  # of the first of them
    result: str = ""  # source of the result part; empty in a one-part section
    result_line: int = 0
    run: Callable | None = None  # run(depth=2); None before Keras is loaded

    @property
    def stem(self) -> str:
        """How the names of its files begin: '08_vanishing_gradient'."""
        return f"{self.number:02}_{self.name}"

    @property
    def code(self) -> str:
        """The whole lesson part, classes and helpers first."""
        return "\n\n\n".join(self.lesson)

    @property
    def label(self) -> str:
        """What lists show: its title, marked if it is for the curious."""
        mark = " (meraklısına)" if self.curious else ""
        return self.title + mark


@dataclass(frozen=True)
class Exercise:
    """One task of "Sıra sizde": change settings (or write lines), run, compare."""

    level: str  # temel, orta or ileri
    section: str  # name of the section that runs
    task: str  # what is to be guessed or written
    quantity: str  # what is compared, with its unit
    low: float  # done right, it lies between this
    high: float  # and this
    measure: Callable = (
        None  # that quantity from the section's data; nan: not written yet
    )
    settings: Mapping[str, object] = field(default_factory=dict)  # empty: write lines
    hint: str = ""
    solution: str = ""
    write: Callable[[float], str] = str  # how the quantity is written


@dataclass
class Outline:
    """What a lab consists of: enough to understand a command line."""

    script: str  # file name
    title: str
    hours: str
    sections: dict[str, Section] = field(default_factory=dict)
    exercises: dict[str, Exercise] = field(default_factory=dict)
    switches: dict[str, str] = field(default_factory=dict)  # own option -> explanation
    values: dict[str, str] = field(default_factory=dict)  # option -> name of its value

    @property
    def name(self) -> str:
        """The lab's folder in outputs: 'uygulama_01'."""
        return "_".join(self.script.removesuffix(".py").split("_")[:2])

    def declare(self, flag: str, explanation: str, value: str = "") -> str:
        """Add an option of the script's own; returns its name without the dashes."""
        name = flag.removeprefix("--")
        self.switches[name] = explanation
        if value:
            self.values[name] = value
        return name

    def knowing(self, option: str) -> list[Section]:
        """The sections that know this option of the script's own."""
        return [s for s in self.sections.values() if option in s.options]

    def numbered(self, number: str) -> Section | None:
        """The section with that number, or None."""
        return next(
            (s for s in self.sections.values() if str(s.number) == number), None
        )


def _docstring(node: ast.FunctionDef) -> tuple[str, str, str]:
    """Title, question and reason of a docstring, each in one line."""
    title, _, rest = (ast.get_docstring(node) or "").partition("\n")
    question, _, why = rest.partition("Neden:")
    return title, _one_line(question.replace("Soru:", "")), _one_line(why)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _keywords(node: ast.FunctionDef) -> dict:
    """What `@lab.section(…)` was given."""
    calls = [mark for mark in node.decorator_list if isinstance(mark, ast.Call)]
    return {k.arg: ast.literal_eval(k.value) for call in calls for k in call.keywords}


def lesson_cells(
    lines: list[str], first: int, last: int
) -> tuple[tuple[str, ...], int]:
    """The lesson part of a section: (its cells, the line of the first one).

    Args:
        lines: of the whole file.
        first, last: numbers of the function's lines (from 1), decorators included. The
            lesson begins below the nearest heading above; without one at the function.
    """
    start = first
    for number in range(first, 0, -1):
        if lines[number - 1].startswith(HEADING):
            start = number + 1
            break
    cells, begin = [], start
    for number in range(start, last + 1):
        if lines[number - 1].startswith(CELL):
            cells.append((begin, number - 1))
            begin = number + 1
    cells.append((begin, last))
    texts = []
    for begin, end in cells:
        text = textwrap.dedent("".join(lines[begin - 1 : end]))
        if text.strip():
            blank = len(text) - len(text.lstrip("\n"))
            texts.append((begin + blank, text.strip("\n")))
    return tuple(text for _, text in texts), texts[0][0]


def read_section(lines: list[str], first: int, last: int, number: int) -> Section:
    """A section from the lines of its file (arguments as for `lesson_cells`)."""
    own = textwrap.dedent("".join(lines[first - 1 : last]))
    node = ast.parse(own).body[0]
    own_lines = own.splitlines()
    settings, reasons = {}, {}
    for argument, default in zip(node.args.args, node.args.defaults, strict=True):
        settings[argument.arg] = ast.literal_eval(default)
        line = own_lines[default.end_lineno - 1].encode()  # AST columns count bytes
        comment = line[default.end_col_offset :].decode().partition("#")[2]
        reasons[argument.arg] = comment.strip()
    given = _keywords(node)
    lesson, line = lesson_cells(lines, first, last)
    title, question, why = _docstring(node)
    return Section(
        number=number,
        name=node.name,
        title=title,
        question=question,
        why=why,
        settings=settings,
        reasons=reasons,
        quick=given.get("quick", {}),
        options=given.get("options", ()),
        curious=given.get("curious", False),
        alone=given.get("alone", False),
        lesson=lesson,
        line=line,
    )


def with_result(section: Section, lines: list[str], first: int, last: int) -> Section:
    """The section with its second part (arguments as for `lesson_cells`)."""
    code = textwrap.dedent("".join(lines[first - 1 : last]))
    reason = ast.get_docstring(ast.parse(code).body[0]) or ""
    why = _one_line(reason.partition("Neden:")[2])
    return replace(section, why=why, result=code.rstrip("\n"), result_line=first)


def place_of(function: Callable) -> tuple[list[str], int, int]:
    """The lines of a function's file or cell, and its first and last line there."""
    own, first = inspect.getsourcelines(function)
    lines = linecache.getlines(function.__code__.co_filename)
    return lines, first, first + len(own) - 1


def _literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:  # a function: known when the script runs
        return None


def _called(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def read_outline(path: Path) -> Outline:
    """What a script consists of, from its text alone."""
    text = path.read_text(encoding="utf-8")
    lines, outline = text.splitlines(keepends=True), Outline(path.name, "", "")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            mark = _called(node.decorator_list[0])
            place = lines, node.decorator_list[0].lineno, node.end_lineno
            of = mark.removesuffix(".result")
            if mark == "lab.section":
                section = read_section(*place, len(outline.sections) + 1)
                outline.sections[node.name] = section
            elif of in outline.sections:
                section = with_result(outline.sections[of], *place)
                outline.sections[of] = section
        call = getattr(node, "value", None)
        if isinstance(call, ast.Call):
            _read_call(outline, call)
    return outline


def _read_call(outline: Outline, call: ast.Call) -> None:
    words = [_literal(word) for word in call.args]
    named = {k.arg: _literal(k.value) for k in call.keywords}
    called = _called(call)
    if called == "Lab":
        outline.title, outline.hours = words[1:]
    elif called == "lab.option":
        outline.declare(*words, **named)
    elif called == "lab.exercise" and "task" in named:
        outline.exercises[named["level"]] = Exercise(**named)


def script_outline(script: str) -> Outline | None:
    """The outline of a script of the repository; None where there is no such file."""
    path = ROOT / script
    return read_outline(path) if path.is_file() else None
