"""Uygulama 02'nin kendi callback'leri, kullanıcının yaptıklarından sağ çıkar.

Bölümlerin iddiaları `lab.check` ile sınanır (test_bolumler.py).
"""

import signal

import keras
import numpy as np
import pandas as pd
import pytest

import uygulama_02_callbacks_lr as lab02
from common import LabError, load_breast_cancer
from common.classroom import page
from common.classroom.runner import Report

lab = lab02.lab


@pytest.fixture
def folder(tmp_path):
    """The lab as if one of its sections were running."""
    lab.configure(out=tmp_path)
    lab.report = Report(lab.sections["plotter"], {}, {}, lab.folder)
    lab.folder.mkdir()
    yield lab.folder
    lab.configure()


def fit(callbacks, epochs=2, validation=True):
    data = load_breast_cancer()
    model = lab02.cancer_model("accuracy")
    val = data.val if validation else None
    model.fit(
        *data.train, 31, epochs, callbacks=callbacks, validation_data=val, verbose=0
    )
    return model


def own_callbacks(folder, monitor="loss"):
    logger = lab02.LRLogger(folder / "lr.csv")
    return [logger, lab02.Plotter(monitor), lab02.StopAtTarget(monitor, 9.0)]


def written(folder, ending):
    (path,) = folder.glob(f"*{ending}")
    return path


def test_same_instances_serve_two_fits(folder):
    logger, plotter, stop = own = own_callbacks(folder)
    stop.target = 99.0
    for epochs in (3, 2):
        fit(own, epochs)
        assert len(pd.read_csv(logger.path)) == 11 * epochs
        assert len(plotter.values) == epochs
        assert stop.steps == 11 * epochs


def test_without_validation_data_they_work_too(folder):
    own = own_callbacks(folder)
    own[2].target = 99.0
    fit(own, validation=False)
    assert len(own[1].values) == 2


def test_plotter_draws_the_last_epoch_even_between_two_redraws(folder):
    plotter = lab02.Plotter("loss", every=3)
    fit([plotter], epochs=5)
    assert plotter.drawn == [3, 5]


@pytest.mark.parametrize("first", [True, False])
def test_logger_reads_the_rate_that_the_step_uses(folder, first):
    logger = lab02.LRLogger(folder / "lr.csv")
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr / 2)
    fit([halve, logger] if first else [logger, halve], epochs=3)
    log = pd.read_csv(logger.path)["LR"].to_numpy().reshape(3, 11)
    rates = [[0.0015], [0.00075], [0.000375]]  # her epoch'un adımlarında aynı
    assert log == pytest.approx(np.repeat(rates, 11, axis=1))


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize(
    "make",
    [lambda: lab02.Plotter("val_auk"), lambda: lab02.StopAtTarget("val_auk", 1)],
)
def test_unknown_monitor_names_the_keys_there_are(folder, make, validation):
    told = r"'val_auk'[\s\S]*accuracy[\s\S]*validation_data="
    with pytest.raises(LabError, match=told):
        fit([make()], validation=validation)


def test_ctrl_c_keeps_log_and_figure(folder):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                signal.raise_signal(signal.SIGINT)

    own = [*own_callbacks(folder)[:2], Interrupt()]
    with pytest.raises(KeyboardInterrupt):
        fit(own, epochs=5)
    assert len(pd.read_csv(own[0].path)) == 2 * 11
    assert written(folder, ".png").read_bytes().endswith(b"IEND\xaeB`\x82")  # PNG bütün


def test_the_page_shows_the_growing_figure_until_the_training_ends(folder, monkeypatch):
    told = folder.parent / page.LIVE_FILE
    seen = []
    show = page.show_live

    def remember(*arguments):
        show(*arguments)
        seen.append(told.read_text(encoding="utf-8"))

    monkeypatch.setattr(page, "show_live", remember)
    lab.configure(quick=True, out=folder.parent)
    lab.sections["plotter"].run()
    assert 'window.canli = "uygulama_02/07_plotter_canli.png";\n' in seen
    assert told.read_text(encoding="utf-8") == 'window.canli = "";\n'
    assert f"{page.LIVE_FILE}?" in (folder.parent / page.PAGE_FILE).read_text("utf-8")
