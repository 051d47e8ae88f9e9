"""İki parçalı bölümler, hücreler, `Runs`, `paired`: testin kendi uygulamasında."""

import time

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from common import final, paired, plots, summary
from common.classroom import progress, startup
from common.files import LabError

SPARSE = "sparse_categorical_crossentropy"
X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
Y = np.arange(60) % 3


def small_model(units=2, activation="relu", kind=keras.Sequential) -> keras.Model:
    hidden = layers.Dense(units, activation)
    model = kind([keras.Input((4,)), hidden, layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(0.02), SPARSE, metrics=["accuracy"])
    return model


# Bölümün iki parçası


def test_result_gets_what_the_lesson_returned_then_settings_by_name(lab, capsys):
    seen = []

    @lab.section
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

    assert lab.ran("--bolum", "1", "--ayar", "word=b") == 0
    assert lab.ran() == 1  # tutmayan sınama
    assert seen == [(3, "model", 1, "b", 3), (3, "model", 1, "a", 3)]
    csv_files = {path.name for path in lab.folder.glob("*.csv")}
    assert csv_files == {"01_first_rows.csv", "01_first_others.csv"}
    assert set(lab.report.data) == {"rows", "others"}
    out = capsys.readouterr().out
    told = ["Kaç?", "Neden: Çünkü.", "✓ 3 satır sayıldı "]
    told.append("✗ Oran küçük (ölçülen 2; beklenen < 1)")
    assert [text for text in told if text not in out] == []
    assert "Soru" not in out


@pytest.mark.parametrize(("returned", "count"), [(1, 1), ((1, 2, 3), 3)])
def test_a_result_part_that_does_not_fit_its_lesson_is_told(
    lab, capsys, returned, count
):
    @lab.section
    def first(size=3):
        """Bir"""
        return returned

    @first.result
    def _(rows, model):
        """Neden: Çünkü."""

    assert lab.ran() == 1
    err = capsys.readouterr().err
    told = ["Bölüm 1 · Bir: sonuç parçası derse uymuyor", f"Ders {count} değer döndürd"]
    told += ["parametreleri: rows, model.", "ayarları gelebilir: size."]
    assert [text for text in told if text not in err] == []
    assert "Traceback" not in err


def test_alone_runs_only_when_asked(lab, capsys):
    @lab.section(alone=True)
    def first():
        """Uzun"""

    @lab.section(curious=True)
    def second():
        """Kısa"""

    assert lab.ran() == 0
    out = capsys.readouterr().out
    assert "Bölüm 2 · Kısa (meraklısına)" in out
    assert "Bölüm 1" not in out
    assert lab.ran("--bolum", "1") == 0
    assert "Bölüm 1 · Uzun" in capsys.readouterr().out


def test_figures_have_the_conclusion_as_title_and_the_main_one_comes_first(lab):
    titles = []

    @lab.section
    def first():
        """Bir"""

    @first.result
    def _(nothing):
        lab.conclude("Doğruluk %98,4 oldu. Kayıp da düştü.")
        for suffix, title in (("_ek", "Verilen"), ("", None)):
            fig, _ = plots.figure(title=title)
            lab.save(fig, suffix)
            titles.append(fig.get_suptitle().replace("\n", " "))

    assert lab.ran() == 0
    assert titles == ["Verilen", "Doğruluk %98,4 oldu"]
    names = [path.name for path in lab.report.figures]
    assert names == ["01_first.png", "01_first_ek.png"]


# Hücreler (gerçek çekirdekte: test_hucre.py)


@pytest.fixture
def cell(monkeypatch):
    """Marks a function as one that stands in a cell."""
    monkeypatch.setattr(startup, "IN_NOTEBOOK", True)

    def mark(function):
        function.__module__ = "__main__"
        return function

    return mark


def test_a_result_cell_runs_again_on_what_the_lesson_left_if_it_came_to_its_end(
    lab, cell, capsys
):
    def add_lesson(fails=False):
        @lab.section
        @cell
        def first():
            """Bir"""
            lab.table(pd.DataFrame({"a": [1]}), "Dersin tablosu")
            if fails:
                raise ValueError("olmaz")
            return 1

        return first

    def add_result(first, seconds, conclusion):
        @first.result
        @cell
        def _(one):
            """Neden: Çünkü."""
            time.sleep(seconds)
            lab.conclude(conclusion)
            lab.check("iddia", one, equal=1)

        return lab.report

    first = add_lesson()
    slow, quick = add_result(first, 0.5, "Eski."), add_result(first, 0, "Yeni.")
    assert slow.seconds > 0.5 > quick.seconds  # süreler toplanmaz
    assert (slow.conclusion, quick.conclusion) == ("Eski.", "Yeni.")
    for report in (slow, quick):
        assert (len(report.tables), len(report.checks)) == (1, 1)
    with pytest.raises(ValueError, match="olmaz"):
        add_lesson(fails=True)
    capsys.readouterr()
    add_result(first, 0, "Son.")
    assert capsys.readouterr().out.startswith("Önce bu bölümün ders hücresini")
    add_lesson()
    assert "Sonuç: Son." in capsys.readouterr().out
    assert [section.number for section in lab.sections.values()] == [1]


def test_the_result_cell_of_a_section_that_was_called_runs_on_that_call(
    lab, cell, capsys
):
    @lab.section(alone=True)
    @cell
    def first(size=3):
        """Uzun"""
        return size

    def add_result(word):
        @first.result
        @cell
        def _(rows):
            """Neden: Çünkü."""
            lab.conclude(f"{word}: {rows}.")

        return capsys.readouterr().out

    assert "Sonuç" not in add_result("Önce")
    first(size=5)
    assert "Sonuç: Önce: 5." in capsys.readouterr().out
    assert "Sonuç: Sonra: 5." in add_result("Sonra")


# Keras'ın çıktısı, öğrencinin yanlış satırı


def test_keras_is_quiet_in_a_section_and_as_before_after_it(lab, capsys):
    @lab.section
    def first(
        loud=False,  # Keras yazsın mı
    ):
        """Bir"""
        if loud:
            keras.config.enable_interactive_logging()
        small_model().fit(X, Y, epochs=2, verbose=2)

    assert keras.config.is_interactive_logging_enabled()
    assert lab.ran() == 0
    assert "Epoch" not in capsys.readouterr().out
    assert keras.config.is_interactive_logging_enabled()
    keras.config.disable_interactive_logging()
    assert lab.ran("--bolum", "1", "--ayar", "loud=True") == 0
    assert "Epoch 2/2" in capsys.readouterr().out
    assert not keras.config.is_interactive_logging_enabled()
    keras.config.enable_interactive_logging()
    assert keras.Model.fit.__module__.startswith("keras.")  # kimse yamamadı


def test_warnings_of_keras_do_not_end_a_lesson(lab):
    @lab.section
    def first():
        """Bir"""
        warn = "import warnings; warnings.warn('eskidi', DeprecationWarning)"
        exec(warn, {"__name__": "keras.src.saving"})

    assert lab.ran() == 0


@pytest.mark.parametrize(
    ("last", "loss", "told"),
    [
        ((1, "sigmoid"), SPARSE, "Etiketlerde 1 var, ama çıkış katmanının nöron say"),
        ((1, "softmax"), "binary_crossentropy", "Tek nöronlu softmax her örneğe 1 der"),
        ((1, "sigmoid"), "categorical_crossentropy", "tek nöronlu çıkışla çalışmaz"),
        ((10, "softmax"), "categorical_crossentropy", "aynı şekilde olmasını istiyor"),
        ((10, "relö"), SPARSE, "hata oldu.\nValueError: Could not interpret act"),
    ],
)
def test_a_wrong_edit_is_told_with_its_line_and_cure(lab, capsys, last, loss, told):
    @lab.section
    def first():
        """Birinci"""
        model = keras.Sequential([layers.Input((2,)), layers.Dense(*last)])
        model.compile("sgd", loss)
        model.fit(np.zeros((4, 2)), np.ones(4))

    assert lab.ran("--hizli") == 1
    err = capsys.readouterr().err
    assert told in err
    assert "test_iki_parca.py, satır " in err
    assert len(err.splitlines()) < 10
    assert (lab.out / "son_hata.txt").exists()


# Runs


class Counted(keras.Sequential):
    """Counts how often its training step is traced."""

    traces = 0

    def train_step(self, data):
        Counted.traces += 1
        return super().train_step(data)


def test_runs_builds_once_a_condition_and_restarts_for_every_seed(lab):
    built, told, starts = [], [], []
    Counted.traces = 0

    def build(*condition):
        built.append(condition)
        return small_model(*condition, kind=Counted)

    networks = {"dar": (2, "relu"), "geniş": (3, "tanh")}
    runs = lab.runs(build, 2, LR=[0.01, 0.1], ağ=networks)
    runs.tell = told.append
    for model in runs:
        starts.append(model.get_weights()[0].copy())
        rate = float(model.optimizer.learning_rate)
        runs.keep(model.fit(X, Y, 20, epochs=2, verbose=0), hız=rate)
    frame = runs.frame
    assert built == [(2, "relu"), (3, "tanh")]
    assert Counted.traces == 2  # dört LR-tohum koşusu için tek izleme
    assert list(frame)[:3] == ["ağ", "LR", "tohum"]
    assert len(frame) == 2 * 2 * 2 * 2  # koşullar, LR, tohum, epoch
    assert np.allclose(frame["LR"], frame["hız"])
    assert told[0] == "ağ dar, LR 0.01, tohum 42 (1/8)"
    assert told[-1].endswith("tohum 43 (8/8)")
    assert np.array_equal(starts[0], starts[2])  # aynı tohum, başka LR
    assert not np.array_equal(starts[0], starts[1])
    ends = final(frame, "accuracy")
    assert list(ends.columns)[:2] == [("dar", 0.01), ("dar", 0.1)]
    assert list(ends.index) == [42, 43]
    last = frame[frame["epoch"] == 2]
    assert sorted(ends.to_numpy().ravel()) == sorted(last["accuracy"])
    table = summary(frame, "accuracy", hız="hız")
    assert list(table) == ["eğitim doğruluğu", "hız"]
    assert " ± " in table["eğitim doğruluğu"].iloc[0]


def test_runs_with_two_outputs_a_schedule_and_without_conditions(lab):
    class Traced(keras.Model):
        def train_step(self, data):
            Counted.traces += 1
            return super().train_step(data)

    def build():
        inputs = keras.Input((4,))
        one = layers.Dense(3, "softmax", name="one")(inputs)
        two = layers.Dense(1, "sigmoid", name="two")(inputs)
        model = Traced(inputs, [one, two])
        losses = {"one": SPARSE, "two": "binary_crossentropy"}
        metrics = {"one": ["accuracy"], "two": ["accuracy"]}
        schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
        model.compile(keras.optimizers.SGD(schedule), losses, metrics=metrics)
        return model

    Counted.traces = 0
    runs = lab.runs(build, 2)
    with pytest.raises(LabError, match=r"runs\.keep\(history\)"):
        runs.frame  # noqa: B018
    for model in runs:
        runs.keep(model.fit(X, {"one": Y, "two": Y % 2}, 20, verbose=0))
    assert Counted.traces == 1
    assert {"one_accuracy", "two_accuracy"} <= set(runs.frame)
    for _ in runs:  # ikinci tur baştan başlar; tek sayı da saklanır
        runs.keep(kayıp=0.0)
    assert list(runs.frame) == ["tohum", "kayıp"]
    assert len(runs.frame) == 2


# paired


@pytest.mark.parametrize(
    ("one", "other", "clear", "words"),
    [
        ([0.90, 0.91, 0.92], [0.80, 0.80, 0.80], True, ""),
        ([0.90, 0.80, 0.85], [0.80, 0.79, 0.84], False, "fark şanstan ayrılmıyor"),
        ([0.10, 0.20, 0.30], [0.00, 0.00, 0.00], False, "fark şanstan ayrılmıyor"),
        ([0.90, 0.90], [0.90, 0.90], False, "fark şanstan ayrılmıyor"),
        ([0.90], [0.10], False, "tek tohumla fark yargılanamaz"),
    ],
)  # üçüncüsü: standart hatanın 3,5 katı üç tohumda yetmez
def test_a_difference_is_clear_beyond_the_t_quantile(one, other, clear, words):
    found = paired(one, other)
    assert found.mean == pytest.approx(np.mean(one) - np.mean(other))
    assert (found.clear, found.words) == (clear, words)


def test_pairs_need_the_same_seeds():
    one, other = pd.Series([1.0, 2], [42, 43]), pd.Series([1.0, 2], [42, 44])
    with pytest.raises(ValueError, match="tohumları aynı"):
        paired(one, other)


def test_a_line_that_was_interrupted_is_live_no_more(monkeypatch):
    line = progress.Progress()
    monkeypatch.setattr(progress, "moves", lambda screen: True)
    seen = []

    def interrupted():
        with line.shown():
            seen.append(line.live)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [*seen, line.live] == [True, False]
