"""Şekiller arka sıradan okunur mu: başlık, adlar, eksenler, model çizgeleri."""

import itertools

import keras
import numpy as np
import pandas as pd
import pytest
from helpers import figure_problems
from keras import layers

from common import plots
from common.classroom.lettering import finish, first_sentence
from common.classroom.model_graph import model_graph

NAMES = ["sigmoid, Glorot", "ReLU", "SELU", "Glorot, artık bağlantılı, BatchNorm"]


def frame(names=NAMES, seeds=3, epochs=6) -> pd.DataFrame:
    """Runs that all end close to one another."""
    rows = itertools.product(names, range(seeds), range(1, epochs + 1))
    found = pd.DataFrame(rows, columns=["ağ", "tohum", "epoch"])
    return found.assign(val_accuracy=0.9 - 0.3 / found["epoch"])


def test_curves_are_named_at_their_ends_and_pushed_apart():
    fig, (left, right) = plots.figure(1, 2)
    plots.curves(frame(), "val_accuracy", left)
    plots.scores(frame(), "val_accuracy", right)
    finish(fig, "Bir ağ öğrendi, " + "uzun bir bulgu " * 9 + "yazıldı. İkinci cümle.")
    assert figure_problems(fig) == []
    shown = {text.get_text().replace("\n", " ") for text in left.texts}
    assert {*NAMES, "bant: 3 tohum ± std"} <= shown
    assert left.get_legend() is None
    assert left.get_xticks().tolist() == [1, 2, 3, 4, 5, 6]


def test_one_seed_has_no_band_and_many_epochs_have_few_ticks():
    _, ax = plots.figure()
    plots.curves(frame(["a", "b"], seeds=1, epochs=60), "val_accuracy", ax)
    assert not [text for text in ax.texts if "bant" in text.get_text()]
    assert ax.get_xticks().tolist() == [1, *range(10, 61, 10)]


def test_log_axes_say_so_and_have_readable_ticks():
    fig, (left, right) = plots.figure(1, 2, title="Verilen")
    left.plot([1, 2], [0.01, 100])
    left.set(yscale="log", ylabel="gradyan")
    right.plot([1e-9, 1], [0.2, 0.4])
    right.set(xscale="log", xlabel="LR (log)", ylabel="val_accuracy")
    right.set_yticks([0.2, 0.4], ["az", "çok"])
    finish(fig, "Başlığı olan şeklin başlığı değişmez.")
    fig.draw_without_rendering()
    assert fig.get_suptitle() == "Verilen"
    assert left.get_ylabel() == "gradyan, log ölçek"
    assert right.get_xlabel() == "LR (log)"
    told = [text.get_text() for text in left.get_yticklabels()]
    assert {"0,01", "1", "100"} <= set(told)
    assert [text.get_text() for text in right.get_yticklabels()] == ["az", "çok"]
    assert right.get_ylabel() == "doğrulama doğruluğu"


def test_first_sentence_of_a_conclusion():
    for first in ("Doğruluk %98,4 oldu", "En iyi 12. epoch'ta geldi", "Tek cümle"):
        assert first_sentence(f"{first}. Sonra aşırı öğrenme.") == first


def deep(depth: int, skip: bool) -> keras.Model:
    inputs = keras.Input((8,))
    x = inputs
    for _ in range(depth):
        h = layers.Dense(8)(x)
        x = layers.Add()([h, x]) if skip else h
    return keras.Model(inputs, x)


def place(ax) -> dict:
    """Where each box of a graph stands: the first line of its text -> its text."""
    return {text.get_text().split("\n")[0]: text for text in ax.texts}


@pytest.mark.parametrize(("depth", "skip"), [(12, False), (5, True)])
def test_model_graph_draws_every_size(depth, skip):
    assert figure_problems(model_graph(deep(depth, skip))) == []


def test_a_skip_looks_like_one_and_passes_beside_the_box():
    ax = model_graph(deep(1, skip=True)).axes[0]
    ax.figure.draw_without_rendering()
    colours = [patch.get_edgecolor() for patch in ax.patches]
    assert sorted(map(colours.count, set(colours))) == [1, 2]  # bir atlama, iki ok
    box = place(ax)["Dense"].get_window_extent()
    skip = ax.patches[colours.index(min(colours, key=colours.count))]
    way = skip.get_path().transformed(ax.transData)
    assert not way.intersects_bbox(box, filled=False)


def test_a_merge_stands_under_all_its_sources():
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    late, shared = keras.Input((3,), name="late"), layers.Dense(4, name="shared")
    merged = layers.Concatenate(name="joined")([shared(one), shared(two), late])
    model = keras.Model([one, two, late], merged)
    ax = model_graph(model, marks={"joined": "②"}).axes[0]
    column = {name: text.get_position()[0] for name, text in place(ax).items()}
    sources = [column[name] for name in ("one", "two", "late")]
    assert np.diff(sources).min() >= 1
    assert column["② joined: Concatenate"] == pytest.approx(np.mean(sources))
    assert len(ax.patches) == 5  # paylaşılan katmana iki, birleşmeye üç ok
