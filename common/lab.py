"""`Lab`: what a script uses. Its sections have two parts, the lesson and its result."""

import functools
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import pandas as pd

from common.classroom import lettering, page, source, startup, terminal
from common.classroom.runner import Check, Runner
from common.files import LabError, can_resume, explain_os_errors
from common.runs import Runs
from common.text import NAMES, is_share, number, percent, whole


class Lab(Runner):
    """A script of numbered sections; `lab.run()` at its end does what the user wants.

    Every section starts from the same state (Keras cleared and quiet, seeds fixed), so
    alone, in a full run or in a cell it gives the same numbers. Its files are
    `outputs/uygulama_0N/NN_section_name.png|csv|keras`.
    """

    say = staticmethod(terminal.say)

    def section(
        self,
        function: Callable | None = None,
        *,
        quick: Mapping = (),
        limits: Mapping = (),
        options: Iterable[str] = (),
        curious: bool = False,
        alone: bool = False,
    ) -> Callable:
        """Register the lesson part of a section: what is taught, and what it measures.

        Its keyword parameters are its settings; its docstring holds title and question.
        In cells it runs where it stands, and can be called with other settings.

        Args:
            function: the lesson part.
            quick: settings of `--hizli`.
            limits: setting -> (smallest, largest value), both allowed; also for each
                value of a tuple. Beyond them one sentence says so.
            options: options of the script's own that it knows (`Lab.option`).
            curious: marked "meraklısına".
            alone: runs only when it is asked for by its number.

        Returns:
            The section: call it to run it; `.result` registers its second part.

        Example:
            @lab.section(quick={"epochs": 1})
            def early_stopping(epochs=100):
                \"""EarlyStopping

                Soru: Eğitim kaçıncı epoch'ta durur?
                \"""
                …
                return tidy(history)
        """
        if function is None:  # what was given is read from the section's text
            return self.section
        name = function.__name__

        @functools.wraps(function)
        def run(**settings):
            section = self.sections[name]
            self.announce(section)
            report = self.run_section(section, settings)
            self.show(report)
            return report.found

        run.result = functools.partial(self._add_result, name)
        known = self.sections.get(name)
        lines, first, last = source.place_of(function)
        section = source.read_section(lines, first, last, self._number(name))
        if known:  # a cell that runs again
            same = {"why": known.why, "result": known.result}
            section = replace(section, **same, result_line=known.result_line)
        self.sections[name] = replace(section, run=run)
        self._lessons[name] = function
        if _in_cell(function):
            self._run_lesson_cell(self.sections[name])
        return run

    def _add_result(self, name: str, function: Callable) -> Callable:
        """Register the result part: `@early_stopping.result`.

        Its parameters are what the lesson part returned, in order, then settings by
        name; its docstring is the reason ("Neden: …"). The frames among what was
        returned become CSV files: a sole one "NN_name.csv", several
        "NN_name_parameter.csv". In cells it runs on what the lesson part returned last.
        """
        section = source.with_result(self.sections[name], *source.place_of(function))
        self.sections[name] = section
        self._results[name] = function
        if _in_cell(function):
            self._run_result_cell(section)
        return function

    def option(self, flag: str, explanation: str, value: str = "") -> None:
        """Declare an option; `lab.options["surdur"]` tells whether it was given.

        Args:
            flag: e.g. "--surdur".
            explanation: shown by `--yardim`.
            value: name of the text that is typed after it; empty: it takes none.
        """
        name = self.declare(flag, explanation, value)
        self.options[name] = "" if value else False

    @contextmanager
    def backup(self, resume: bool = False) -> Iterator[Path]:
        """A folder for what a training needs to go on after an interruption.

        It is named by the plan (the section's code and settings, the seed) and gone
        when the block ends well; stopped, the run tells the command that goes on.

        Args:
            resume: go on; otherwise begin anew.

        Raises:
            LabError: there is nothing to resume with this plan, or it is damaged.

        Example:
            with lab.backup(lab.options["surdur"]) as folder:
                backup = keras.callbacks.BackupAndRestore(folder / "yedek", …)
                model.fit(*data.train, callbacks=[backup])
        """
        report = self.report
        plan = [report.section.code, report.settings, self.seed, keras.__version__]
        name = hashlib.sha256(json.dumps(plan).encode()).hexdigest()[:8]
        folder = report.folder / f"{report.section.stem}_{name}"
        words = {"settings": report.changed}
        anew = self.rerun_command(report.section.name, "--surdur", **words)
        if not resume:
            shutil.rmtree(folder, ignore_errors=True)
        elif not folder.is_dir():
            raise LabError(
                "Bu ağla, bu ayarlarla ve bu tohumla kesilmiş bir eğitim yok; başka "
                f"yedekler yerinde duruyor.\nBaştan: {anew}"
            )
        elif not can_resume(folder):
            raise LabError(f"Yedek bozuk: {folder}\nBaştan: {anew}")
        try:
            with explain_os_errors(folder, f"Yer açın. Yeniden: {anew}"):
                folder.mkdir(parents=True, exist_ok=True)
                yield folder
        except BaseException:
            if can_resume(folder):
                self.hint = f"Kaldığı yerden: {anew} --surdur"
            raise
        shutil.rmtree(folder, ignore_errors=True)

    def exercise(self, **words) -> None:
        """Declare a task of "Sıra sizde" (`source.Exercise`, `writing.Writing`)."""
        made = source.make_task(words)
        self.exercises[made.level] = made

    def seeds(self, count: int) -> range:
        """`count` seeds, beginning with the one of `--tohum`."""
        return range(self.seed, self.seed + count)

    def runs(self, build: Callable, seeds: int = 1, **conditions) -> Runs:
        """A compiled model at its start for every condition and seed.

        Args:
            build: makes a compiled model from one value of each condition.
            seeds: how many.
            conditions: column name -> values (a list, or a dictionary label -> value).

        Example:
            runs = lab.runs(build, seeds=3, aktivasyon=["relu", "tanh"])
            for model in runs:
                runs.keep(model.fit(*data.train, validation_data=data.val))
            return runs.frame
        """
        return Runs(build, self.seeds(seeds), conditions, self.progress.tell)

    def each(self, items: Iterable, label: str = "") -> Iterator:
        """Yield the items and say before each which one it is: no silent waiting."""
        items = list(items)
        for place, item in enumerate(items, start=1):
            self.progress.tell(f"{label} {item} ({place}/{len(items)})".strip())
            yield item

    def table(
        self, frame: pd.DataFrame, title: str, formats: Mapping[str, Callable] = ()
    ) -> None:
        """Show a table.

        Args:
            frame: one row a line; an index with a name becomes its first columns,
                Keras' column names are translated.
            title: Turkish caption.
            formats: column name -> function that writes a value; usually `percent`
                where the name says that it is a share, else `number`.

        Example:
            lab.table(summary(runs, "val_accuracy"), "Doğrulama doğruluğu, 3 tohum")
        """
        if any(frame.index.names):
            frame = frame.reset_index()
        columns, cells = [], []
        for name, values in frame.items():
            kind = values.dtype.kind
            share = percent if is_share(name) else number
            usual = {"f": share, "i": whole, "u": whole}.get(kind, str)
            write = dict(formats).get(name, usual)
            columns.append((NAMES.get(name, str(name)), kind in "iuf"))
            cells.append([write(value) for value in values])
        rows = [list(row) for row in zip(*cells, strict=True)]
        self.report.tables.append({"title": title, "columns": columns, "rows": rows})

    def save(self, what: plt.Figure | keras.Model, suffix: str = "") -> Path:
        """Write a figure (PNG, 1920 px wide) or a model (`.keras`).

        A figure without a title gets the first sentence of `conclude` as its title.

        Args:
            what: the figure or the model.
            suffix: appended to "NN_section_name".

        Returns:
            The path of the file.

        Raises:
            LabError: it cannot be written; what stood there before is untouched.

        Example:
            fig, (left, right) = plots.figure(1, 2)
            …
            lab.save(fig)
        """
        if isinstance(what, keras.Model):
            ending = ".keras"
            with self.file(suffix, ending) as path:
                what.save(path)
        else:
            ending = ".png"
            with self.unless_in_use(), self.file(suffix, ending) as path:
                lettering.finish(what, self.report.conclusion)
                what.savefig(path)
            plt.close(what)
        return self.path(suffix, ending)

    def show_growing(self, fig: plt.Figure) -> None:
        """Show a figure that is drawn anew while the training runs.

        It is on the day's page until the lesson part ends; its file is
        "NN_section_name_canli.png".

        Args:
            fig: the figure as it is now.

        Example:
            fig, ax = plots.figure(title="Eğitim sürerken")
            ax.plot(losses)
            lab.show_growing(fig)
        """
        path = self.save(fig, "_canli")
        base = self.report.folder.parent
        page.show_live(base, path.relative_to(base).as_posix())

    def conclude(self, text: str) -> None:
        """Say what came out: the first sentence answers the question in its unit."""
        self.report.conclusion = text

    def check(
        self,
        label: str,
        value: float,
        *,
        below: float | None = None,
        above: float | None = None,
        equal: float | None = None,
        within: tuple[float, float] | None = None,
        full_size: bool = False,
    ) -> bool:
        """Ask a claim of the section's values; shown, recorded, asserted by the tests.

        Args:
            label: the claim, a true Turkish sentence where the ✓ stands before it; `{}`
                is where the value is written, if it says something.
            value: what was measured.
            below, above, equal, within: what it has to be (within: both ends included).
            full_size: `--hizli` cannot show this claim; there it is not asked.

        Returns:
            Whether the claim holds.

        Raises:
            ValueError: no bound was given.

        Example:
            lab.check("Gradyan {} kat küçülüyor", shrunk, above=100)
        """
        bounds = {}  # what is expected -> whether it is so
        if below is not None:
            bounds[f"< {number(below)}"] = value < below
        if above is not None:
            bounds[f"> {number(above)}"] = value > above
        if equal is not None:
            bounds[f"= {number(equal)}"] = value == equal
        if within is not None:
            low, high = within
            bounds[f"{number(low)} ile {number(high)} arası"] = low <= value <= high
        if not bounds:
            raise ValueError("lab.check: below=, above=, equal= ya da within= yazın")
        holds = all(bounds.values())
        asked = not (full_size and self.quick)
        made = Check(label, float(value), ", ".join(bounds), holds, asked)
        self.report.checks.append(made)
        return holds


def _in_cell(function: Callable) -> bool:
    """Whether a function stands in a cell, and not in a script that a cell imports."""
    return startup.in_cells() and function.__module__ == "__main__"
