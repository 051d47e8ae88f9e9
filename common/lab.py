"""`Lab` is what a script uses; its sections have two parts, lesson and result."""

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
    it gives the same numbers alone, in a full run and in a cell. Its files are
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
        """Register the lesson part of a section: what is taught and measured.

        Its keyword parameters are the section's settings; its docstring holds title and
        question. In cells it runs where it stands, and a call gives it other settings.

        Args:
            function: the lesson part.
            quick: the settings that `--hizli` changes.
            limits: setting -> (smallest, largest value), both allowed; they hold for
                each value of a tuple. A value beyond them is refused in one sentence.
            options: the script's own options that the section knows (see `option`).
            curious: the section is marked "meraklısına".
            alone: the section runs only when it is asked for by its number.

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
            section = replace(
                section,
                why=known.why,
                result=known.result,
                result_line=known.result_line,
            )
        self.sections[name] = replace(section, run=run)
        self._lessons[name] = function
        if _in_cell(function):
            self._run_lesson_cell(self.sections[name])
        return run

    def _add_result(self, name: str, function: Callable) -> Callable:
        """Register the result part: `@early_stopping.result`.

        Its parameters are what the lesson part returned, in order, then settings by
        name. Its docstring is the reason ("Neden: …"). The frames among what was
        returned become CSV files: "NN_name.csv" for a single one, else
        "NN_name_parameter.csv". In cells it runs on what the lesson part returned last.
        """
        section = source.with_result(self.sections[name], *source.place_of(function))
        self.sections[name] = section
        self._results[name] = function
        if _in_cell(function):
            self._run_result_cell(section)
        return function

    def option(self, flag: str, explanation: str, value: str = "") -> None:
        """Declare an option of the script's own.

        `lab.options["surdur"]` then tells whether it was given, or which text.

        Args:
            flag: the option as it is typed, e.g. "--surdur".
            explanation: what `--yardim` says of it.
            value: how `--yardim` names the text that is typed after it; empty: it takes
                none.

        Example:
            lab.option("--ad", "bölüm 12: posterdeki adınız", value="AD")
        """
        name = self.declare(flag, explanation, value)
        self.options[name] = "" if value else False

    @contextmanager
    def backup(self, resume: bool = False) -> Iterator[Path]:
        """Yield a folder for what a training needs to go on after an interruption.

        The folder is named by the plan: the section's code and settings, the seed,
        Keras' version. It is gone when the block ends well. A run that is stopped tells
        the command that goes on.

        Args:
            resume: True: go on with what the folder holds; False: begin anew.

        Raises:
            LabError: there is nothing to resume with this plan, or it is damaged.

        Example:
            with lab.backup(lab.options["surdur"]) as folder:
                backup = keras.callbacks.BackupAndRestore(folder / "yedek", …)
                model.fit(*data.train, callbacks=[backup])
        """
        report = self.report
        section = report.section
        plan = [section.code, report.settings, self.seed, keras.__version__]
        name = hashlib.sha256(json.dumps(plan).encode()).hexdigest()[:8]
        folder = report.folder / f"{section.stem}_{name}"
        changed = report.changed
        anew = self.rerun_command(section.name, "--surdur", settings=changed)
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
        """Declare a task of "Sıra sizde".

        Args:
            words: the fields of `source.Exercise`; where a file is named, those of
                `writing.Writing`.
        """
        made = source.make_task(words)
        self.exercises[made.level] = made

    def runs(self, build: Callable, seeds: int = 1, **conditions) -> Runs:
        """Give a compiled model at its start for every condition and seed.

        Args:
            build: a function that makes a compiled model from one value of each
                condition; a value that is a tuple gives it several arguments.
            seeds: how many seeds there are, beginning with that of `--tohum`.
            conditions: column name -> values (a list, or a dictionary label -> value).
                The condition `LR` sets the optimizer's learning rate; `build` does not
                get it.

        Returns:
            A `Runs`: iterate over it, `keep` what each run gave, return its `frame`.

        Example:
            runs = lab.runs(build, seeds=3, aktivasyon=["relu", "tanh"])
            for model in runs:
                runs.keep(model.fit(*data.train, validation_data=data.val))
            return runs.frame
        """
        chosen = range(self.seed, self.seed + seeds)
        return Runs(build, chosen, conditions, self.progress.tell)

    def each(self, items: Iterable, label: str = "") -> Iterator:
        """Yield the items; say before each which one it is, so that all see what runs.

        Example:
            for size in lab.each([32, 128, 512], "mini-batch"):
                …
        """
        items = list(items)
        for place, item in enumerate(items, start=1):
            self.progress.tell(f"{label} {item} ({place}/{len(items)})".strip())
            yield item

    def table(
        self, frame: pd.DataFrame, title: str, formats: Mapping[str, Callable] = ()
    ) -> None:
        """Show a table, in the terminal and on the page.

        Args:
            frame: what is shown, a row a line. An index with a name becomes the first
                columns; Keras' column names are translated.
            title: the caption, in Turkish.
            formats: column name -> function that writes a value. Usually this is
                `percent` where the name says that it is a share, else `number`.

        Example:
            lab.table(summary(runs, "val_accuracy"), "Doğrulama doğruluğu, 3 tohum")
        """
        if any(frame.index.names):
            frame = frame.reset_index()
        columns = []  # (heading, whether it holds numbers)
        cells = []  # a list of texts per column
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

        A figure without a title gets the first sentence of `conclude` as its title. A
        figure that cannot be written is named below the result.

        Args:
            what: the figure or the model.
            suffix: what is appended to "NN_section_name".

        Returns:
            The path of the file.

        Raises:
            LabError: a model cannot be written; what stood there before is untouched.

        Example:
            fig, (left, right) = plots.figure(1, 2)
            …
            lab.save(fig)
        """
        if isinstance(what, keras.Model):
            with self.file(suffix, ".keras") as path:
                what.save(path)
            return self.path(suffix, ".keras")
        with self.unless_in_use(), self.file(suffix, ".png") as path:
            lettering.finish(what, self.report.conclusion)
            what.savefig(path)
        plt.close(what)
        return self.path(suffix, ".png")

    def show_growing(self, fig: plt.Figure) -> None:
        """Show a figure that is drawn anew while the training runs.

        The figure is on the day's page until the lesson part ends; its file is
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
        """Say what came out; the first sentence answers the question in its unit.

        Example:
            lab.conclude(f"Eğitim {number(stopped)}. epoch'ta durdu.")
        """
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
        """Ask whether a claim holds for the section's values; it is shown and recorded.

        Args:
            label: the claim, a Turkish sentence that is true where ✓ stands before it;
                the value is written in the place of `{}`.
            value: what was measured.
            below, above, equal, within: what the value has to be; `within` includes its
                two ends.
            full_size: `--hizli` cannot show this claim, so it is not asked there.

        Returns:
            Whether the claim holds.

        Raises:
            ValueError: no bound was given.

        Example:
            lab.check("Gradyan {} kat küçülüyor", shrunk, above=100)
        """
        bounds = {}  # what is expected -> whether it holds
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
    """Whether a function stands in a cell, not in a script that a cell imports."""
    return startup.in_cells() and function.__module__ == "__main__"
