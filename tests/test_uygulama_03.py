"""Uygulama 03'te bir sınamanın söyleyemediği: çizge, ve yanlışı yakalayan sınamalar.

İddiaların kendisi bölümlerin sınamalarıdır (`lab.check`): tests/test_bolumler.py.
"""

import keras
import matplotlib.pyplot as plt
import pytest
from conftest import figure_problems
from keras import layers

import uygulama_03_functional_api as lab03
from common.classroom.model_graph import graph_of, model_graph

lab = lab03.lab


def test_an_add_that_weakens_a_branch_is_noticed(failing, monkeypatch):
    monkeypatch.setattr(
        layers.Add, "_merge_function", lambda self, x: x[0] + 0.9 * x[1]
    )
    assert "Add = ağırlıkları ortak Concatenate (fark)" in failing("concatenate_or_add")


def test_a_skip_that_carries_nothing_is_noticed(failing, monkeypatch):
    monkeypatch.setattr(layers.Add, "_merge_function", lambda self, x: x[0] + 0 * x[1])
    assert "sinyal, blok başına: artık He" in failing("residual_blocks")


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
    fig = model_graph(deep(depth, skip), f"{depth} katman")
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


def test_a_skip_starts_at_its_layer_and_passes_beside_the_boxes():
    fig = model_graph(deep(1, skip=True))
    ax = fig.axes[0]
    fig.draw_without_rendering()
    boxes = {
        text.get_text().split("\n")[0]: text.get_window_extent() for text in ax.texts
    }
    dense = boxes["Dense"]
    ways = [ax.transData.transform(patch.get_path().vertices) for patch in ax.patches]
    inside = [
        (dense.x0 < x < dense.x1 and dense.y0 < y < dense.y1)
        for way in ways
        for x, y in way[1:-1]
    ]
    assert len(ways) == 3
    assert not any(inside)
    plt.close(fig)
