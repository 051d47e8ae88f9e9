"""İki parçalı bölümler, `Runs`, `paired`: testin kendi uygulamasında."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from common import final, paired, plots, summary
from common.files import LabError

SPARSE = "sparse_categorical_crossentropy"
X = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
Y = np.arange(60) % 3


class Counted(keras.Sequential):
    """Counts how often its training step is traced."""

    traces = 0

    def train_step(self, data):
        Counted.traces += 1
        return super().train_step(data)


def small_model(units=2, activation="relu") -> keras.Model:
    hidden = layers.Dense(units, activation)
    model = Counted([keras.Input((4,)), hidden, layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(0.02), SPARSE, metrics=["accuracy"])
    return model


def test_a_result_part_that_does_not_fit_its_lesson_is_told(lab, told):
    @lab.section
    def first(size=3):
        """Bir"""
        return 1, 2, 3

    @first.result
    def _(rows, model):
        """Neden: Çünkü."""

    assert lab.ran() == 1
    said = ["Bölüm 1 · Bir: sonuç parçası derse uymuyor", "Ders 3 değer döndürdü"]
    told(*said, "parametreleri: rows, model.", "ayarları gelebilir: size.")


def test_figures_have_the_conclusion_as_title_and_the_main_one_comes_first(lab):
    @lab.section
    def first():
        """Bir"""

    @first.result
    def _(nothing):
        lab.conclude("Doğruluk %98,4 oldu. Kayıp da düştü.")
        for suffix in ("_ek", ""):
            fig, _ = plots.figure()
            lab.save(fig, suffix)
            assert fig.get_suptitle() == "Doğruluk %98,4 oldu"

    assert lab.ran() == 0
    shown = [path.name for path in lab.report.figures]
    assert shown == ["01_first.png", "01_first_ek.png"]


def test_keras_is_quiet_in_a_section_and_as_before_after_it(lab, told):
    @lab.section
    def first():
        """Bir"""
        small_model().fit(X, Y, epochs=2, verbose=2)
        warn = "import warnings; warnings.warn('eskidi', DeprecationWarning)"
        exec(warn, {"__name__": "keras.src.saving"})  # Keras'ın uyarısı dersi bitirmez

    for switch in ("disable", "enable"):
        getattr(keras.config, f"{switch}_interactive_logging")()
        assert lab.ran() == 0
        assert keras.config.is_interactive_logging_enabled() == (switch == "enable")
    told(never="Epoch")


WRONG_EDITS = [  # the last layer, the loss, what is told
    ((1, "sigmoid"), SPARSE, "Etiketlerde 1 var, ama çıkış katmanının nöron say"),
    ((1, "softmax"), "binary_crossentropy", "Tek nöronlu softmax her örneğe 1 der"),
    ((1, "sigmoid"), "categorical_crossentropy", "tek nöronlu çıkışla çalışmaz"),
    ((10, "softmax"), "categorical_crossentropy", "aynı şekilde olmasını istiyor"),
    ((10, "relö"), SPARSE, "hata oldu.\nValueError: Could not interpret act"),
]


@pytest.mark.parametrize(("last", "loss", "cause"), WRONG_EDITS)
def test_a_wrong_edit_is_told_with_its_line_and_cure(lab, capsys, last, loss, cause):
    @lab.section
    def first():
        """Birinci"""
        model = keras.Sequential([layers.Input((2,)), layers.Dense(*last)])
        model.compile("sgd", loss)
        model.fit(np.zeros((4, 2)), np.ones(4))

    assert lab.ran("--hizli") == 1
    err = capsys.readouterr().err
    assert cause in err
    assert "test_iki_parca.py, satır " in err
    assert len(err.splitlines()) < 10
    kept = (lab.out / "son_hata.txt").read_text(encoding="utf-8")
    assert "Traceback" in kept


def test_runs_builds_once_a_condition_and_restarts_for_every_seed(lab):
    built, said, starts = [], [], []
    Counted.traces = 0

    def build(*condition):
        built.append(condition)
        return small_model(*condition)

    networks = {"dar": (2, "relu"), "geniş": (3, "tanh")}
    runs = lab.runs(build, 2, LR=[0.01, 0.1], ağ=networks)
    runs.tell = said.append
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
    assert said[0] == "ağ dar, LR 0.01, tohum 42 (1/8)"
    assert np.array_equal(starts[0], starts[2])  # aynı tohum, başka LR
    assert not np.array_equal(starts[0], starts[1])
    ends = final(frame, "accuracy")
    assert list(ends.columns)[:2] == [("dar", 0.01), ("dar", 0.1)]
    last = frame[frame["epoch"] == 2]
    assert sorted(ends.to_numpy().ravel()) == sorted(last["accuracy"])
    assert list(summary(frame, "accuracy", hız="hız")) == ["eğitim doğruluğu", "hız"]


def test_runs_without_conditions_start_again_and_need_what_each_run_gave(lab):
    runs = lab.runs(small_model, 2)
    with pytest.raises(LabError, match=r"runs\.keep\(history\)"):
        runs.frame  # noqa: B018
    for value in (1.0, 2.0):  # ikinci tur baştan başlar; tek sayı da saklanır
        for _ in runs:
            runs.keep(kayıp=value)
    assert runs.frame.to_dict("list") == {"tohum": [42, 43], "kayıp": [2.0, 2.0]}


UNCLEAR = "fark şanstan ayrılmıyor"
PAIRS = [  # üçüncüsü: standart hatanın 3,5 katı üç tohumda yetmez
    ([0.90, 0.91, 0.92], [0.80, 0.80, 0.80], True, ""),
    ([0.90, 0.80, 0.85], [0.80, 0.79, 0.84], False, UNCLEAR),
    ([0.10, 0.20, 0.30], [0.00, 0.00, 0.00], False, UNCLEAR),
    ([0.90, 0.90], [0.90, 0.90], False, UNCLEAR),
    ([0.90], [0.10], False, "tek tohumla fark yargılanamaz"),
]


@pytest.mark.parametrize(("one", "other", "clear", "words"), PAIRS)
def test_a_difference_of_the_same_seeds_is_clear_beyond_the_t_quantile(
    one, other, clear, words
):
    found = paired(one, other)
    assert found.mean == pytest.approx(np.mean(one) - np.mean(other))
    assert (found.clear, found.words) == (clear, words)
    other_seeds = [pd.Series(one, range(start, start + len(one))) for start in (0, 1)]
    with pytest.raises(ValueError, match="tohumları aynı"):
        paired(*other_seeds)
