"""Şekiller arka sıradan okunur mu: başlık, adlar, eksenler, model çizgeleri."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from helpers import figure_problems
from keras import layers

from common import plots
from common.classroom.lettering import finish, first_sentence
from common.classroom.model_graph import graph_of, model_graph


def frame(names, seeds=3, epochs=6) -> pd.DataFrame:
    """Runs that all end close to one another."""
    rows = [
        {"ağ": name, "tohum": seed, "epoch": epoch, "val_accuracy": 0.9 - 0.3 / epoch}
        for name in names
        for seed in range(seeds)
        for epoch in range(1, epochs + 1)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def panels():
    fig, axes = plots.figure(1, 2)
    yield fig, *axes
    plt.close(fig)


NAMES = ["sigmoid, Glorot", "ReLU", "SELU", "Glorot, artık bağlantılı, BatchNorm"]


def test_curves_are_named_at_their_ends_and_pushed_apart(panels):
    fig, left, right = panels
    plots.curves(frame(NAMES), "val_accuracy", left)
    plots.scores(frame(NAMES), "val_accuracy", right)
    finish(fig, "Bir ağ öğrendi, " + "uzun bir bulgu " * 9 + "yazıldı. İkinci cümle.")
    assert figure_problems(fig) == []
    shown = {text.get_text().replace("\n", " ") for text in left.texts}
    assert {*NAMES, "bant: 3 tohum ± std"} <= shown
    assert left.get_legend() is None
    assert left.get_xticks().tolist() == [1, 2, 3, 4, 5, 6]
    assert fig.get_suptitle().startswith("Bir ağ öğrendi")
    assert "İkinci" not in fig.get_suptitle()


def test_one_seed_has_no_band_and_many_epochs_have_few_ticks(panels):
    fig, left, _ = panels
    plots.curves(frame(["a", "b"], seeds=1, epochs=60), "val_accuracy", left)
    finish(fig)
    assert not [text for text in left.texts if "bant" in text.get_text()]
    ticks = left.get_xticks()
    assert ticks[0] == 1
    assert len(ticks) <= 11
    assert all(float(tick).is_integer() for tick in ticks)


def test_log_axes_say_so_and_have_readable_ticks(panels):
    fig, left, right = panels
    left.plot([1, 2], [0.01, 100])
    left.set(yscale="log", ylabel="gradyan")
    right.plot([1e-9, 1], [0.2, 0.4])
    right.set(xscale="log", xlabel="LR (log)", ylabel="val_accuracy")
    right.set_yticks([0.2, 0.4], ["az", "çok"])
    finish(fig)
    fig.draw_without_rendering()
    assert left.get_ylabel() == "gradyan, log ölçek"
    assert right.get_xlabel() == "LR (log)"
    told = [text.get_text() for text in left.get_yticklabels()]
    assert {"0,01", "1", "100"} <= set(told)
    assert [text.get_text() for text in right.get_yticklabels()] == ["az", "çok"]
    assert right.get_ylabel() == "doğrulama doğruluğu"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Doğruluk %98,4 oldu. Kayıp düştü.", "Doğruluk %98,4 oldu"),
        (
            "En iyi 12. epoch'ta geldi. Sonra aşırı öğrenme.",
            "En iyi 12. epoch'ta geldi",
        ),
        ("Tek cümle", "Tek cümle"),
    ],
)
def test_first_sentence_of_a_conclusion(text, first):
    assert first_sentence(text) == first


def deep(depth: int, skip: bool) -> keras.Model:
    inputs = keras.Input((8,))
    x = inputs
    for _ in range(depth):
        h = layers.Dense(8)(x)
        x = layers.Add()([h, x]) if skip else h
    return keras.Model(inputs, x)


@pytest.mark.parametrize(
    ("depth", "skip"), [(1, False), (7, False), (12, False), (5, True)]
)
def test_model_graph_draws_every_size(depth, skip):
    fig = model_graph(deep(depth, skip))
    assert figure_problems(fig) == []
    plt.close(fig)


def test_model_graph_reads_sequential_shared_and_skipping_layers():
    nodes, edges = graph_of(keras.Sequential([keras.Input((3,)), layers.Dense(2)]))
    assert len(nodes) == 2
    assert len(edges) == 1
    one, two, dense = (
        keras.Input((3,)),
        keras.Input((3,)),
        layers.Dense(2, name="shared"),
    )
    model = keras.Model(
        [one, two], layers.Concatenate(name="joined")([dense(one), dense(two)])
    )
    _, edges = graph_of(model)
    assert edges.count(("shared", "joined")) == 2
    _, edges = graph_of(deep(2, skip=True))
    assert len(edges) == 6  # iki Dense, iki Add: ikişer girdiyle


def drawn_boxes(fig) -> dict:
    """Where each layer stands on the saved figure, by the first line of its box."""
    fig.draw_without_rendering()
    texts = fig.axes[0].texts
    return {text.get_text().split("\n")[0]: text.get_window_extent() for text in texts}


def test_a_skip_passes_beside_the_box_that_it_skips():
    fig = model_graph(deep(1, skip=True))
    dense = drawn_boxes(fig)["Dense"]
    way = fig.axes[0].patches[-1].get_path().transformed(fig.axes[0].transData)
    assert not way.intersects_bbox(dense, filled=False)
    plt.close(fig)


def test_a_merge_stands_under_all_its_sources():
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    late = keras.Input((3,), name="late")
    branches = [layers.Dense(4)(one), layers.Dense(4)(two), late]
    fig = model_graph(keras.Model([one, two, late], layers.Concatenate()(branches)))
    middle = {name: (box.x0 + box.x1) / 2 for name, box in drawn_boxes(fig).items()}
    sources = [middle["one"], middle["two"], middle["late"]]
    assert np.diff(sources).min() > 100
    assert middle["Concatenate"] == pytest.approx(np.mean(sources), abs=1)
    plt.close(fig)


def test_only_skips_look_like_skips_and_marks_stand_before_names():
    fig = model_graph(deep(2, skip=True), marks={"add": "⑤"})
    colours = [patch.get_edgecolor() for patch in fig.axes[0].patches]
    assert len(colours) == 6
    assert len(set(colours)) == 2
    assert min(colours.count(colour) for colour in set(colours)) == 2
    plt.close(fig)
    inputs = keras.Input((3,))
    marked = keras.Model(inputs, layers.Dense(2, name="main")(inputs))
    fig = model_graph(marked, marks={"main": "②"})
    assert any(
        text.get_text().startswith("② main: Dense") for text in fig.axes[0].texts
    )
    plt.close(fig)
