"""Uygulama 02'nin kendi callback'leri, kullanıcının yaptıklarından sağ çıkar.

Bölümlerin iddiaları `lab.check` ile sınanır (test_bolumler.py).
"""

import signal
import subprocess
import sys

import keras
import pandas as pd
import pytest

import uygulama_02_callbacks_lr as lab02
from common import LabError, load_breast_cancer
from common.classroom import window
from common.classroom.runner import Report

lab = lab02.lab


@pytest.fixture
def folder(tmp_path):
    """The lab as if one of its sections were running."""
    lab.configure(out=tmp_path)
    section = lab.sections["lr_logger_and_plotter"]
    lab.report = Report(section, {}, {}, lab.folder)
    yield lab.folder
    lab.configure()


def fit(callbacks, epochs=2, validation=True):
    data = load_breast_cancer()
    model = lab02.cancer_model(metrics=["accuracy", keras.metrics.AUC(name="auc")])
    options = {"validation_data": (data.x_val, data.y_val)} if validation else {}
    model.fit(
        data.x_train,
        data.y_train,
        31,
        epochs,
        callbacks=callbacks,
        verbose=0,
        **options,
    )
    return model


def written(folder, ending):
    (path,) = folder.glob(f"*{ending}")
    return path


def test_same_instances_serve_two_fits(folder):
    own = (
        lab02.LRLogger(),
        lab02.Plotter("loss", "kayıp"),
        lab02.StopAtTarget("loss", 9.0),
    )
    for epochs in (3, 2):
        fit(own, epochs)
        assert len(pd.read_csv(written(folder, ".csv"))) == 11 * epochs
        assert [row["epoch"] for row in own[1].rows] == list(range(1, epochs + 1))
        assert own[2].steps == 11 * epochs


def test_without_validation_the_plotter_draws_what_there_is(folder):
    plotter = lab02.Plotter("auc", "AUC")
    fit([plotter], validation=False)
    drawn = [
        sum(len(line.get_xdata()) > 0 for line in ax.lines) for ax in plotter.fig.axes
    ]
    assert drawn == [1, 1]


def test_plotter_draws_the_last_epoch_even_between_two_redraws(folder):
    plotter = lab02.Plotter("auc", "AUC", every=3)
    fit([plotter], epochs=5)
    assert list(plotter.fig.axes[1].lines[0].get_xdata()) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("first", [True, False])
def test_plotter_shows_the_rate_that_the_epoch_used(folder, first):
    reduce = keras.callbacks.ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=100)
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr * 0.9)
    for changing in (reduce, halve):
        logger, plotter = lab02.LRLogger(), lab02.Plotter("loss", "kayıp")
        own = [logger, plotter]
        fit([changing, *own] if first else [*own, changing], epochs=4)
        log = pd.read_csv(written(folder, ".csv")).groupby("epoch")["LR"]
        assert list(plotter.fig.axes[1].lines[0].get_ydata()) == list(log.first())
        assert log.first().nunique() > 2


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize(
    "make",
    [lambda: lab02.Plotter("val_auk", "AUC"), lambda: lab02.StopAtTarget("val_auk", 1)],
)
def test_unknown_monitor_names_the_keys_there_are(folder, make, validation):
    with pytest.raises(LabError, match=r"'val_auk'[\s\S]*auc[\s\S]*validation_data="):
        fit([make()], validation=validation)


def test_ctrl_c_keeps_log_and_figure(folder):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                signal.raise_signal(signal.SIGINT)

    own = [lab02.LRLogger(), lab02.Plotter("val_auc", "AUC"), Interrupt()]
    with pytest.raises(KeyboardInterrupt):
        fit(own, epochs=5)
    assert len(pd.read_csv(written(folder, ".csv"))) == 2 * 11
    assert written(folder, ".png").read_bytes().endswith(b"IEND\xaeB`\x82")  # PNG bütün


def test_a_closed_window_does_not_stop_the_training(folder, monkeypatch):
    viewer = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    viewer.wait()
    monkeypatch.setattr(window, "_process", [viewer])
    monkeypatch.setattr(lab, "show_window", True)
    fit([lab02.Plotter("val_auc", "AUC")])
    assert written(folder, ".png").exists()
    window.close_window()
