"""Uygulama 02'nin kendi callback'leri, kullanıcının yaptıklarından sağ çıkar.

Bölümlerin iddiaları `lab.check` ile sınanır (test_bolumler.py).
"""

import signal

import keras
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
    words = {"validation_data": data.val} if validation else {}
    model = lab02.cancer_model("accuracy")
    model.fit(*data.train, 31, epochs, callbacks=callbacks, verbose=0, **words)


def own_callbacks(folder):
    logger = lab02.LRLogger(folder / "lr.csv")
    return [logger, lab02.Plotter("loss"), lab02.StopAtTarget("loss", 99.0)]


def test_same_instances_serve_two_fits_one_of_them_without_validation_data(folder):
    logger, plotter, stop = own = own_callbacks(folder)
    for epochs in (3, 2):
        fit(own, epochs, validation=epochs == 3)
        assert len(pd.read_csv(logger.path)) == 11 * epochs
        assert len(plotter.values) == epochs
        assert stop.steps == 11 * epochs


def test_unknown_monitor_names_the_keys_there_are(folder):
    told = r"'val_auk'[\s\S]*accuracy[\s\S]*validation_data="
    with pytest.raises(LabError, match=told):
        fit([lab02.Plotter("val_auk")], validation=False)


def test_ctrl_c_keeps_log_and_figure(folder):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                signal.raise_signal(signal.SIGINT)

    own = [*own_callbacks(folder), Interrupt()]
    with pytest.raises(KeyboardInterrupt):
        fit(own, epochs=5)
    assert len(pd.read_csv(own[0].path)) == 2 * 11
    (figure,) = folder.glob("*.png")
    assert figure.read_bytes().endswith(b"IEND\xaeB`\x82")  # PNG bütün


def test_the_page_shows_the_growing_figure_until_a_lesson_part_ends(folder):
    told = folder.parent / page.LIVE_FILE
    fit([lab02.Plotter("loss")])
    growing = 'window.canli = "uygulama_02/07_plotter_canli.png";\n'
    assert told.read_text(encoding="utf-8") == growing
    lab.sections["callback_anatomy"].run()
    assert told.read_text(encoding="utf-8") == 'window.canli = "";\n'
    assert f"{page.LIVE_FILE}?" in (folder.parent / page.PAGE_FILE).read_text("utf-8")
