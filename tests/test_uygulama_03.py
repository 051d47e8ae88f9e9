"""Uygulama 03'te her iddia: şekil ve parametre elle hesaba eşit mi, etki doğru yönde mi?

Eşikler tek bir tohuma göre değil, birkaç tohumda da kalan bir payla seçilmiştir.
"""

import subprocess
import sys
from itertools import pairwise

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import at_full_size, figure_problems, repeats_itself, shows_everything

import common
import uygulama_03_functional_api as lab03
from common import load_mnist, plots

lab = lab03.lab  # `evidence` bu uygulamanın bölümlerini koşar
FLOAT32 = 1e-5  # float32 ile hesaplanan iki yolun ayrılabileceği kadar
SECTIONS = (
    "sequential_to_functional",
    "multi_input_output",
    "concatenate_or_add",
    "residual_blocks",
    "multi_output_loss_weights",
    "auxiliary_loss",
    "shared_layers",
    "custom_topology",
)
RELOAD = """
import pathlib, sys
import keras
import numpy as np
for path in map(pathlib.Path, sys.argv[2:]):
    model = keras.models.load_model(path)
    inputs = [np.full((3, *t.shape[1:]), 0.5, "float32") for t in model.inputs]
    outputs = keras.tree.flatten(model(inputs if inputs[1:] else inputs[0]))
    np.savez(pathlib.Path(sys.argv[1]) / path.stem, *[np.asarray(p) for p in outputs])
"""


def test_sections_are_the_planned_eight_in_order():
    assert tuple(lab.sections) == SECTIONS
    assert [s.number for s in lab.sections.values()] == list(range(1, 9))


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_shows_a_question_a_table_a_figure_and_an_observation(evidence, name):
    shows_everything(evidence, name)


def test_both_ways_of_writing_give_the_same_network(evidence):
    found = evidence("sequential_to_functional")
    assert found["difference"] < FLOAT32
    assert set(found["counts"].values()) == {(30 + 1) * 64 + (64 + 1)}


def test_sequential_refuses_what_functional_builds(evidence):
    messages = evidence("sequential_to_functional")["messages"]
    accepted = {name for name, text in messages.items() if text == lab03.ACCEPTED}
    assert accepted == {"Functional, iki girdi", "Functional, dal ve atlama"}
    assert "already been configured" in messages["iki girdi"]
    assert "called on a list" in messages["birleştirme"]
    assert "called on a list" in messages["artık bağlantı"]
    assert "not connected" in messages["Functional, eksik girdi"]


def test_slide_model_has_the_shapes_and_parameters_of_the_slide(evidence):
    rows = {row["katman"]: row for row in evidence("multi_input_output")["shapes"]}
    for row in rows.values():
        assert row["elle"] == row["Keras"], row
    assert sum(row["Keras"] for row in rows.values()) == 8420
    shape = {name: row["çıktı"] for name, row in rows.items()}
    assert shape["num"] == "(None, 20)"
    assert shape["cat"] == "(None, 10)"
    assert shape["concatenate"] == "(None, 96)"
    assert shape["main"] == "(None, 1)"
    assert shape["aux"] == "(None, 3)"


def test_views_use_every_column_once_and_only_the_training_rows_set_the_limits():
    views = lab03.two_views()
    data = common.load_breast_cancer()
    inputs, targets = views["train"]
    assert inputs["num"].shape[1] + inputs["cat"].shape[1] == data.n_features
    # Sınırlar bütün satırlardan gelseydi eğitim satırları böyle eşit dağılmazdı
    for column in inputs["cat"].T:
        _, counts = np.unique(column, return_counts=True)
        assert counts == pytest.approx(np.full(lab03.BINS, len(column) / lab03.BINS), abs=1)
    assert np.bincount(targets["aux"]) == pytest.approx(len(targets["aux"]) / 3, abs=1)
    for column in (*inputs["num"].T, *inputs["cat"].T):  # aux bir girdi sütununu okumak değildir
        steps = np.diff(targets["aux"][np.argsort(column, kind="stable")])
        assert steps.min() < 0 < steps.max()


def test_both_outputs_learn_beyond_the_trivial_guess(evidence):
    found = evidence("multi_input_output")
    mean = {k: {n: np.mean(v) for n, v in s.items()} for k, s in found["scores"].items()}
    trivial = mean.pop("en sık sınıf")
    assert set(mean) == {"num", "cat", "num + cat"}
    for scores in mean.values():
        assert scores["main"] > trivial["main"] + 0.08
        assert scores["aux"] > trivial["aux"] + 0.1
    assert mean["num"]["main"] > mean["cat"]["main"] + 0.05
    assert found["test"]["main"] > 0.9


@at_full_size
def test_the_second_input_adds_to_the_output_that_needs_it(evidence):
    scores = evidence("multi_input_output")["scores"]
    both, alone = scores["num + cat"], scores["num"]
    assert np.mean(both["aux"]) > np.mean(alone["aux"]) + 0.02
    assert abs(np.mean(both["main"]) - np.mean(alone["main"])) < 0.03


def test_bad_inputs_are_caught_with_the_message_of_keras(evidence):
    messages = evidence("multi_input_output")["messages"]
    assert 'Missing data for input "cat"' in messages["yanlış ad"]
    assert "same number of samples" in messages["eksik satır"]
    assert "incompatible with the layer" in messages["liste sırası"]


def test_merges_have_the_parameters_counted_by_hand(evidence):
    found = evidence("concatenate_or_add")
    counts = [row["Keras"] for row in found["rows"]]
    assert counts == [row["elle"] for row in found["rows"]] == [51_594, 50_954, 40_426]
    assert found["difference"] < FLOAT32
    messages = found["messages"]
    assert messages["64 ile 64"] == messages["64 ile 1"] == lab03.ACCEPTED
    assert "incompatible shapes" in messages["64 ile 32"]


@at_full_size
def test_no_merge_is_clearly_better(evidence):
    means = [np.mean(s["digit"]) for s in evidence("concatenate_or_add")["scores"].values()]
    assert min(means) > 0.88
    assert max(means) - min(means) < 0.03


def test_skip_connections_keep_the_gradient_alive(evidence):
    found = evidence("residual_blocks")
    assert found["start"] == 0
    plain, residual = found["rows"][-2:]
    assert plain["ilk/son blok gradyanı"] < 1e-2
    assert 0.1 < residual["ilk/son blok gradyanı"] < 100
    assert residual["parametre"] - plain["parametre"] == 784 * 64


@at_full_size
def test_residual_network_trains_where_the_plain_one_stalls(evidence):
    final = evidence("residual_blocks")["final"]
    assert tuple(final["düz"]) == lab03.DEPTHS
    assert final["düz"][40] < 0.25
    assert min(final["artık bağlantılı"].values()) > 0.6
    for depth in lab03.DEPTHS:
        assert final["artık bağlantılı"][depth] > final["düz"][depth] + 0.2


def test_total_loss_is_the_weighted_sum(evidence):
    for row in evidence("multi_output_loss_weights")["totals"]:
        weight = row["w"]
        total = (1 - weight) * row["digit kaybı"] + weight * row["holes kaybı"]
        assert row["Σ w · kayıp (elle)"] == pytest.approx(total)
        assert row["loss (Keras)"] == pytest.approx(total, rel=1e-4)


def test_output_names_have_their_traps_and_the_cure_works(evidence):
    missing, no_mode, cured = evidence("multi_output_loss_weights")["traps"].values()
    assert "Expected keys" in missing
    assert "val_digit_accuracy" in no_mode
    assert cured == lab03.ACCEPTED


@at_full_size
def test_loss_weights_trade_one_output_for_the_other(evidence):
    scores = evidence("multi_output_loss_weights")["scores"]
    assert tuple(scores) == lab03.HOLE_WEIGHTS
    digit = {w: np.mean(s["digit"]) for w, s in scores.items()}
    holes = {w: np.mean(s["holes"]) for w, s in scores.items()}
    for lighter, heavier in pairwise((0.1, 0.5, 0.9, 1.0)):
        assert digit[lighter] > digit[heavier]
    assert digit[0.0] > digit[0.9] + 0.15
    assert holes[0.9] > holes[0.1] + 0.05
    assert digit[1.0] < 0.35  # eğitilmeyen çıkış bir şey bilmez
    assert holes[0.0] < 0.6


def test_holes_are_those_of_the_digits():
    assert [int(holes) for holes in lab03.HOLES] == [1, 0, 0, 0, 0, 0, 1, 0, 2, 1]


def test_auxiliary_head_feeds_gradient_and_can_be_cut_off(evidence):
    found = evidence("auxiliary_loss")
    assert found["times"] > 3
    aided, alone = found["norms"].values()
    half = lab03.AUX_DEPTH // 2
    assert aided[half:] == pytest.approx(alone[half:], rel=1e-3)  # çıkıştan sonrası değişmez
    assert found["cut"] < FLOAT32
    assert found["shared"]
    full, inference = found["counts"]
    assert full - inference == (64 + 1) * 10


def test_the_figure_shows_the_auxiliary_head():
    found = {"yardımcı kayıpla": {"main": [0.7]}, "yalın": {"main": [0.4]}}
    norms = {name: [1.0, 0.1] for name in found}
    fig = lab03.draw_auxiliary(norms, found, load_mnist(10, 10))
    boxes = [text.get_text() for ax in fig.axes for text in ax.texts]
    assert len(boxes) == lab03.DRAWN_DEPTH + 3
    assert any(text.startswith("aux") for text in boxes)
    plt.close(fig)


@at_full_size
def test_auxiliary_loss_helps_the_deep_network(evidence):
    aided, alone = (s["main"] for s in evidence("auxiliary_loss")["scores"].values())
    assert len(aided) == lab03.SEEDS
    assert np.mean(aided) > np.mean(alone) + 0.05


def test_shared_encoder_is_one_object_with_one_set_of_weights(evidence):
    found = evidence("shared_layers")
    for row in found["rows"]:
        assert row["elle"] == row["Keras"], row
    separate, shared = found["models"].values()
    encoders = [
        [x for x in m.layers if isinstance(x, keras.Sequential)] for m in (separate, shared)
    ]
    assert [len(found) for found in encoders] == [2, 1]
    assert separate.count_params() - shared.count_params() == encoders[1][0].count_params()
    assert len(shared.weights) == len({id(weight) for weight in shared.weights})


def test_pairs_never_cross_the_parts(evidence):
    pairs = evidence("shared_layers")["pairs"]
    seen = {
        part: {row.tobytes() for images in inputs.values() for row in images}
        for part, inputs in pairs.items()
    }
    assert not seen["train"] & seen["test"]
    assert not seen["val"] & seen["test"]
    assert not seen["train"] & seen["val"]


def test_pair_targets_are_right():
    digits = np.arange(10)
    x, y = lab03.pairs_of(digits[:, None], digits, 50, np.random.default_rng(0))
    first, second = x["first"][:, 0], x["second"][:, 0]
    assert np.all(y["sum"] == first + second)
    assert np.all((y["larger"] == 2) == (first > second))
    assert np.all((y["larger"] == 1) == (first == second))


@at_full_size
def test_shared_encoder_is_not_worse_with_half_the_weights(evidence):
    found = evidence("shared_layers")
    separate, shared = (np.mean(s["sum"]) for s in found["scores"].values())
    assert min(separate, shared) > 0.6
    assert shared > separate - 0.01
    assert found["test"]["sum"] > 0.6
    assert found["test"]["larger"] > 0.85


def test_drawing_has_the_nodes_and_edges_of_the_model(evidence):
    found = evidence("custom_topology")
    for row, model in zip(found["rows"], found["models"].values(), strict=True):
        calls = [node for nodes in model._nodes_by_depth.values() for node in nodes]
        tensors = sum(len(node.input_tensors) for node in calls)
        assert row["katman"] == row["kutu"] == len(model.layers)
        assert row["bağlantı"] == row["ok"] == tensors
    skips = {row["model"]: row["atlayan ok"] for row in found["rows"]}
    assert skips == {"inception": 0, "u_net": 2, "dense_net": 6, "siyam": 0}
    assert found["difference"] < FLOAT32


@at_full_size
def test_inception_learns_something(evidence):
    assert evidence("custom_topology")["learned"] > 0.6


def test_model_graph_draws_every_size(tmp_path):
    for depth in (4, 40):
        model = lab03.deep_network(lab03.residual_block, depth)
        fig = plots.model_graph(model, f"{depth} katman")
        assert figure_problems(fig) == []
        names = " ".join(text.get_text() for text in fig.axes[0].texts)
        assert "digit: Dense" in names
        assert ("katman daha" in names) == (depth == 40)
        plt.close(fig)


def test_model_graph_reads_sequential_and_shared_layers():
    nodes, edges = plots.graph_of(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    assert len(nodes) == 2
    assert len(edges) == 1
    _, edges = plots.graph_of(lab03.pair_network(shared=True))
    assert edges.count(("encoder", next(t for s, t in edges if s == "encoder"))) == 2
    nodes, edges = plots.graph_of(lab03.dense_net())
    order = list(nodes)
    assert all(order.index(source) < order.index(target) for source, target in edges)


def test_saved_models_load_in_a_fresh_process(evidence, tmp_path):
    for name in ("multi_input_output", "multi_output_loss_weights", "shared_layers"):
        evidence(name)
    paths = sorted((evidence.folder / lab.name).glob("*.keras"))
    assert len(paths) == 3
    subprocess.run([sys.executable, "-c", RELOAD, tmp_path, *paths], check=True)
    for path in paths:
        model = keras.models.load_model(path)
        inputs = [np.full((3, *t.shape[1:]), 0.5, "float32") for t in model.inputs]
        here = keras.tree.flatten(model(inputs if inputs[1:] else inputs[0]))
        with np.load(tmp_path / f"{path.stem}.npz") as there:
            assert len(there.files) == len(here) == 2
            assert lab03.largest_difference(here, there.values()) < FLOAT32


def test_alone_and_again_the_csv_files_are_the_same(evidence, tmp_path):
    names = ["sequential_to_functional", "concatenate_or_add"]
    repeats_itself(evidence, names, tmp_path)
