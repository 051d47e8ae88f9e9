"""İki parçalı bölümler, `Runs`, `paired`: testlerin kendi küçük uygulamasında."""

import io
import subprocess
import sys
import time

import keras
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from common import final, paired, plots, summary
from common.classroom import progress, startup
from common.classroom.source import read_outline
from common.files import ROOT, LabError
from common.lab import Lab

TEXT = '''
from common import Lab

lab = Lab("uygulama_09_deneme", "Uygulama 09 · Deneme", "00:00-01:00")

# %% [markdown]
# ## 1 · Sayma
# %%
class Counter:
    """Öğretilen sınıf."""


# %%
@lab.section(quick={"size": 2}, curious=True)
def counting(
    size=3,  # az satır yeter
):
    """Sayma

    Soru: Kaç satır?
    """
    return [size]


# %%
@counting.result
def _(rows, size):
    """Neden: Ayar kadar
    satır yazılır.
    """
    lab.conclude(f"{size} satır. {rows}")


# %% [markdown]
# ## 2 · Uzun
# %%
@lab.section(alone=True)
def long():
    """Uzun

    Soru: Kaç saat?
    """
'''


@pytest.fixture
def lab(tmp_path):
    made = Lab("uygulama_09_deneme", "Uygulama 09 · Deneme", "00:00-01:00")
    made.configure(out=tmp_path)
    return made


def run(lab, *words: str) -> int:
    return lab.main([*words, "--cikti", str(lab.base)])


def csv_files(lab) -> set[str]:
    return {path.name for path in lab.folder.glob("*.csv")}


def small_model(units=2, activation="relu") -> keras.Model:
    model = keras.Sequential([
        keras.Input((4,)),
        keras.layers.Dense(units, activation),
        keras.layers.Dense(3, "softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
Y = np.arange(60) % 3


def test_importing_common_does_nothing():
    code = "import sys; before = set(sys.modules); sys.argv = ['x', '--liste']\n"
    code += "import common\nprint(sorted(set(sys.modules) - before), end='')"
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert time.perf_counter() - start < 1  # boş makinede 0,03 saniye
    assert (done.stdout, done.stderr) == ("['common']", "")


def test_public_names_are_there_and_no_other():
    import common

    assert all(getattr(common, name) for name in common.__all__)
    assert dir(common) == sorted(common.__all__)
    with pytest.raises(AttributeError):
        common.nothing  # noqa: B018


# Bölümün iki parçası


def test_the_text_of_a_section_is_read_in_its_parts(tmp_path):
    path = tmp_path / "uygulama_09_deneme.py"
    path.write_text(TEXT, encoding="utf-8")
    counting, long = read_outline(path).sections.values()
    taught, lesson = counting.lesson
    assert taught == 'class Counter:\n    """Öğretilen sınıf."""'
    assert lesson.startswith('@lab.section(quick={"size": 2}')
    assert lesson.endswith("return [size]")
    assert counting.result.startswith("@counting.result")
    assert (counting.question, counting.why) == (
        "Kaç satır?",
        "Ayar kadar satır yazılır.",
    )
    assert TEXT.splitlines()[counting.lines[0] - 1] == "class Counter:"
    assert TEXT.splitlines()[counting.result_line - 1] == "@counting.result"
    assert (counting.curious, counting.alone) == (True, False)
    assert counting.label == "Sayma (meraklısına)"
    assert (long.number, long.alone, long.result) == (2, True, "")


def test_result_gets_what_the_lesson_returned_then_settings_by_name(lab, capsys):
    seen = []

    @lab.section(quick={"size": 2})
    def first(
        size=3,  # satır
        word="a",  # sözcük
    ):
        """Bir

        Soru: Kaç?
        """
        return pd.DataFrame({"a": range(size)}), "model", pd.DataFrame({"b": [1]})

    @first.result
    def _(rows, model, others, word, size):
        """Neden: Çünkü."""
        seen.append((len(rows), model, len(others), word, size))
        lab.conclude(f"{size} satır.")
        lab.check("{} satır sayıldı", len(rows), equal=3, full_size=True)
        lab.check("Oran küçük", 2, below=1)

    assert run(lab, "--bolum", "1", "--ayar", "word=b") == 0
    assert run(lab) == 1  # tutmayan sınama
    assert seen == [(3, "model", 1, "b", 3), (3, "model", 1, "a", 3)]
    assert csv_files(lab) == {"01_first_rows.csv", "01_first_others.csv"}
    assert set(lab.report.data) == {"rows", "others"}
    out = capsys.readouterr().out
    assert all(told in out for told in ("Soru" not in out and "Kaç?", "Neden: Çünkü."))
    assert "✓ 3 satır sayıldı " in out
    assert "✗ Oran küçük (ölçülen 2; beklenen < 1)" in out


@pytest.mark.parametrize("returned", [1, (1, 2, 3)])
def test_a_result_part_that_does_not_fit_its_lesson_is_told(lab, capsys, returned):
    @lab.section
    def first(
        size=3,  # satır
    ):
        """Bir"""
        return returned

    @first.result
    def _(rows, model):
        """Neden: Çünkü."""

    assert run(lab) == 1
    err = capsys.readouterr().err
    count = 3 if isinstance(returned, tuple) else 1
    assert "Bölüm 1 · Bir: sonuç parçası derse uymuyor" in err
    assert f"Ders {count} değer döndürdü" in err
    assert "parametreleri: rows, model." in err
    assert "ayarları gelebilir: size." in err
    assert "Traceback" not in err


def test_a_sole_frame_keeps_the_name_and_nothing_is_needed(lab):
    @lab.section
    def first():
        """Bir"""
        return "model", pd.DataFrame({"a": [1]})

    @first.result
    def _(model, rows):
        """Neden: Çünkü."""

    @lab.section
    def second():
        """İki"""

    @second.result
    def _(nothing):
        lab.conclude("Ne tablo ne şekil var.")

    assert run(lab) == 0
    assert csv_files(lab) == {"01_first.csv"}
    assert lab.report.figures == []


def test_alone_runs_only_when_asked_and_curious_is_marked(lab, capsys):
    @lab.section(alone=True)
    def first():
        """Uzun"""

    @lab.section(curious=True)
    def second():
        """Kısa"""

    assert run(lab, "--liste") == 0
    assert "Kısa (meraklısına)" in capsys.readouterr().out
    assert run(lab) == 0
    out = capsys.readouterr().out
    assert "Bölüm 2 · Kısa (meraklısına)" in out
    assert "Bölüm 1" not in out
    assert run(lab, "--bolum", "1") == 0
    assert "Bölüm 1 · Uzun" in capsys.readouterr().out


def test_title_of_a_figure_is_the_first_sentence_of_the_conclusion(lab):
    titles = []

    @lab.section
    def first():
        """Bir"""

    @first.result
    def _(nothing):
        lab.conclude("Doğruluk %98,4 oldu. Kayıp da düştü.")
        for given in (None, "Verilen"):
            fig, _ = plots.figure(title=given)
            lab.save(fig, given or "")
            titles.append(fig.get_suptitle().replace("\n", " "))

    assert run(lab) == 0
    assert titles == ["Doğruluk %98,4 oldu", "Verilen"]


def test_the_main_figure_comes_first(lab):
    @lab.section
    def first():
        """Bir"""
        for suffix in ("_ek", "", "_son"):
            lab.save(plots.figure()[0], suffix)

    run(lab)
    names = [path.name for path in lab.report.figures]
    assert names == ["01_first.png", "01_first_ek.png", "01_first_son.png"]


# Hücreler (gerçek çekirdekte: test_hucre.py)


@pytest.fixture
def cell(lab, monkeypatch):
    """Marks a function as one that stands in a cell."""
    monkeypatch.setattr(startup, "IN_NOTEBOOK", True)

    def mark(function):
        function.__module__ = "__main__"
        return function

    return mark


def test_a_result_cell_that_runs_again_starts_from_what_the_lesson_left(lab, cell):
    @lab.section
    @cell
    def first():
        """Bir"""
        lab.table(pd.DataFrame({"a": [1]}), "Dersin tablosu")
        return 1

    def add_result(seconds, conclusion):
        @first.result
        @cell
        def _(one):
            """Neden: Çünkü."""
            time.sleep(seconds)
            if conclusion:
                lab.conclude(conclusion)
            lab.check("iddia", one, equal=1)

        return lab.report

    slow, quick = add_result(0.5, "Eski."), add_result(0, "")
    assert slow.seconds > 0.5 > quick.seconds  # süreler toplanmaz
    assert (slow.conclusion, quick.conclusion) == ("Eski.", "")
    for report in (slow, quick):
        assert (len(report.tables), len(report.checks)) == (1, 1)


def test_a_result_cell_needs_a_lesson_that_came_to_its_end(lab, cell, capsys):
    def lesson(fails):
        @lab.section
        @cell
        def first():
            """Bir"""
            if fails:
                raise ValueError("olmaz")
            return 1

        return first

    first = lesson(fails=False)
    with pytest.raises(ValueError, match="olmaz"):
        lesson(fails=True)
    capsys.readouterr()

    @first.result
    @cell
    def _(one):
        """Neden: Çünkü."""
        lab.conclude("Eski sonuç.")

    assert capsys.readouterr().out.startswith("Önce bu bölümün ders hücresini")
    lesson(fails=False)
    assert "Sonuç: Eski sonuç." in capsys.readouterr().out


def test_the_result_cell_of_a_section_that_was_called_runs_on_that_call(
    lab, cell, capsys
):
    @lab.section(alone=True)
    @cell
    def first(
        size=3,  # satır
    ):
        """Uzun"""
        return size

    def add_result(word):
        @first.result
        @cell
        def _(rows):
            """Neden: Çünkü."""
            lab.conclude(f"{word}: {rows}.")

    add_result("Önce")
    assert "Sonuç" not in capsys.readouterr().out
    first(size=5)
    assert "Sonuç: Önce: 5." in capsys.readouterr().out
    add_result("Sonra")
    assert "Sonuç: Sonra: 5." in capsys.readouterr().out


def test_a_line_that_was_interrupted_is_live_no_more(monkeypatch):
    screen = Console(file=io.StringIO(), force_terminal=True)
    monkeypatch.setattr(progress, "terminal", lambda: screen)
    monkeypatch.setattr(progress, "moves", lambda screen: True)
    line = progress.Progress()
    seen = []

    def interrupted():
        with line.shown():
            seen.append(line.live)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [*seen, line.live] == [True, False]


# Keras'ın çıktısı


@pytest.mark.parametrize("enabled", [True, False])
def test_keras_is_quiet_in_a_section_and_as_before_after_it(lab, capsys, enabled):
    switch = {True: keras.config.enable_interactive_logging}
    switch.get(enabled, keras.config.disable_interactive_logging)()

    @lab.section
    def first(
        loud=False,  # Keras yazsın mı
    ):
        """Bir"""
        if loud:
            keras.config.enable_interactive_logging()
        model = small_model()
        model.fit(X, Y, epochs=2, verbose=2)
        model.predict(X)

    assert run(lab, "--bolum", "1") == 0
    assert "Epoch" not in capsys.readouterr().out
    assert keras.config.is_interactive_logging_enabled() == enabled
    assert run(lab, "--bolum", "1", "--ayar", "loud=True") == 0
    assert "Epoch 2/2" in capsys.readouterr().out
    assert keras.config.is_interactive_logging_enabled() == enabled
    keras.config.enable_interactive_logging()


def test_fit_is_kerass_own(lab):
    @lab.section
    def first():
        """Bir"""
        assert keras.Model.fit.__module__.startswith("keras.")
        assert not hasattr(keras.Model.fit, "__wrapped__") or "keras" in str(
            keras.Model.fit.__wrapped__.__module__
        )

    assert run(lab) == 0


# Runs


def test_runs_builds_once_a_condition_and_restarts_for_every_seed(lab):
    built, told, starts, traces = [], [], [], []

    class Counted(keras.Sequential):
        def train_step(self, data):
            traces.append(1)
            return super().train_step(data)

    def build(units, activation):
        built.append((units, activation))
        model = Counted([keras.Input((4,)), *small_model(units, activation).layers])
        loss = "sparse_categorical_crossentropy"
        model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
        return model

    conditions = {"nöron": [2, 3], "tür": {"ReLU": "relu", "tanh": "tanh"}}
    runs = lab.runs(build, 2, **conditions, LR=[0.01, 0.1])
    runs.tell = told.append
    for model in runs:
        starts.append((model.count_params(), model.get_weights()[0].copy()))
        rate = float(model.optimizer.learning_rate)
        runs.keep(model.fit(X, Y, 20, epochs=2, verbose=0), hız=rate)
    frame = runs.frame
    assert built == [(2, "relu"), (2, "tanh"), (3, "relu"), (3, "tanh")]
    assert len(traces) == len(built)  # dört LR-tohum koşusu için tek izleme
    assert list(frame)[:4] == ["nöron", "tür", "LR", "tohum"]
    assert len(frame) == 2 * 2 * 2 * 2 * 2  # koşullar, LR, tohum, epoch
    assert np.allclose(frame["LR"], frame["hız"])
    assert told[0] == "nöron 2, tür ReLU, LR 0.01, tohum 42 (1/16)"
    assert told[-1].endswith("tohum 43 (16/16)")
    assert np.array_equal(starts[0][1], starts[2][1])  # aynı tohum, başka LR
    assert not np.array_equal(starts[0][1], starts[1][1])
    ends = final(frame, "accuracy")
    assert list(ends.columns)[:2] == [(2, "ReLU", 0.01), (2, "ReLU", 0.1)]
    assert list(ends.index) == [42, 43]
    last = frame[frame["epoch"] == 2]
    assert sorted(ends.to_numpy().ravel()) == sorted(last["accuracy"])
    table = summary(frame, "accuracy", hız="hız")
    assert list(table) == ["eğitim doğruluğu", "hız"]
    assert " ± " in table["eğitim doğruluğu"].iloc[0]


def test_runs_without_conditions_with_a_schedule_and_with_single_numbers(lab):
    def build():
        model = small_model()
        schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
        model.compile(keras.optimizers.SGD(schedule), "sparse_categorical_crossentropy")
        return model

    runs = lab.runs(build)
    for model in runs:
        runs.keep(kayıp=model.evaluate(X, Y, verbose=0))
    assert list(runs.frame) == ["tohum", "kayıp"]
    for _ in runs:  # ikinci tur baştan başlar
        runs.keep(kayıp=0.0)
    assert len(runs.frame) == 1


def test_runs_that_kept_nothing_say_what_to_write(lab):
    with pytest.raises(LabError, match=r"runs\.keep\(history\)"):
        lab.runs(small_model).frame  # noqa: B018


def test_two_outputs_are_traced_once_too(lab):
    traces = []

    class Counted(keras.Model):
        def train_step(self, data):
            traces.append(1)
            return super().train_step(data)

    def build():
        inputs = keras.Input((4,))
        one = keras.layers.Dense(3, "softmax", name="one")(inputs)
        two = keras.layers.Dense(1, "sigmoid", name="two")(inputs)
        model = Counted(inputs, [one, two])
        losses = {
            "one": "sparse_categorical_crossentropy",
            "two": "binary_crossentropy",
        }
        metrics = {"one": ["accuracy"], "two": ["accuracy"]}
        model.compile("adam", losses, metrics=metrics)
        return model

    runs = lab.runs(build, 2)
    for model in runs:
        runs.keep(model.fit(X, {"one": Y, "two": Y % 2}, 20, verbose=0))
    assert len(traces) == 1
    assert {"one_accuracy", "two_accuracy"} <= set(runs.frame)


# paired


@pytest.mark.parametrize(
    ("one", "other", "clear", "words"),
    [
        ([0.90, 0.91, 0.92], [0.80, 0.80, 0.80], True, ""),
        ([0.90, 0.80, 0.85], [0.80, 0.79, 0.84], False, "fark şanstan ayrılmıyor"),
        ([0.90, 0.90], [0.90, 0.90], False, "fark şanstan ayrılmıyor"),
        ([0.90], [0.10], False, "tek tohumla fark yargılanamaz"),
    ],
)
def test_a_difference_is_clear_beyond_the_t_quantile(one, other, clear, words):
    found = paired(one, other)
    assert found.mean == pytest.approx(np.mean(one) - np.mean(other))
    assert (found.clear, found.words) == (clear, words)


def test_twice_the_standard_error_is_not_enough_with_three_seeds():
    found = paired([0.10, 0.20, 0.30], [0.0, 0.0, 0.0])
    assert 2 * found.error < found.mean < 4.3 * found.error
    assert not found.clear


def test_pairs_need_the_same_seeds():
    one, other = pd.Series([1.0, 2], [42, 43]), pd.Series([1.0, 2], [42, 44])
    with pytest.raises(ValueError, match="tohumları aynı"):
        paired(one, other)
