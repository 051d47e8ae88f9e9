"""Uygulama 01'in her iddiası: formül katmana eşit mi, etki doğru yönde ve yeterince büyük mü?

Eşikler tek bir tohuma göre değil, birkaç tohumda da kalan bir payla seçilmiştir.
"""

import numpy as np
import pytest
from conftest import at_full_size, repeats_itself, shows_everything

import uygulama_01_keras_sequential as lab01

lab = lab01.lab  # `evidence` bu uygulamanın bölümlerini koşar
FLOAT32 = 1e-5  # float32 ile hesaplanan iki yolun ayrılabileceği kadar
SECTIONS = (
    "yesterday_baseline",
    "network_by_hand",
    "full_architecture",
    "activation_gallery",
    "why_not_linear",
    "activation_race",
    "initializers",
    "weight_penalties",
    "batch_norm_by_hand",
    "batch_norm_learning_rates",
    "dropout_kinds",
    "mc_dropout",
)


def test_sections_are_the_planned_twelve_in_order():
    assert tuple(lab.sections) == SECTIONS
    assert [s.number for s in lab.sections.values()] == list(range(1, 13))


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_shows_a_question_a_table_a_figure_and_an_observation(evidence, name):
    shows_everything(evidence, name)


def test_baseline_is_the_bar_of_the_course(evidence):
    found = evidence("yesterday_baseline")
    accuracy, accuracy_std = found["doğruluk"]
    auc, auc_std = found["AUC"]
    assert 0.96 < accuracy < 0.99
    assert 0 < accuracy_std < 0.03
    assert 0.985 < auc < 1
    assert 0 < auc_std < 0.02
    assert found["SHAP"] < FLOAT32


def test_hand_network_agrees_with_keras_tape_and_finite_differences(evidence):
    found = dict(evidence("network_by_hand"))
    loss, new_loss = found.pop("loss"), found.pop("new_loss")
    assert len(found) == 5
    assert max(found.values()) < 1e-6
    assert new_loss < loss


def test_backward_notices_a_wrong_gradient():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 4)), np.array([[0.0], [1], [1], [0], [1]])
    weights = [rng.normal(size=s) for s in ((4, 3), (3,), (3, 1), (1,))]
    right = lab01.backward(x, y, *weights)
    numeric = lab01.finite_differences(x, y, weights)
    assert lab01.largest_difference(right, numeric) < 1e-8
    right[0][0, 0] *= 1.01
    assert lab01.largest_difference(right, numeric) > 1e-5


def test_parameters_by_hand_are_those_of_keras(evidence):
    rows = evidence("full_architecture")["rows"]
    for row in rows:
        assert row["eğitilen"] == row["Keras eğitilen"], row
        assert row["eğitilmeyen"] == row["Keras eğitilmeyen"], row
    trained, tracked = (sum(row[k] for row in rows) for k in ("eğitilen", "eğitilmeyen"))
    assert (trained, tracked, trained + tracked) == (41_729, 768, 42_497)


def test_full_architecture_meets_the_bar_and_reloads(evidence):
    found = evidence("full_architecture")
    test = found["test"]
    assert found["verdict"] != "çıtanın altında kalıyor"
    assert test["accuracy"] > 0.93
    assert test["auc"] > 0.98
    assert found["reload_difference"] == 0


@pytest.mark.parametrize(
    ("correct", "bar", "verdict"),
    [(114, 0.9, "geçiyor"), (60, 0.9, "altında"), (113, 0.972, "ayırt edilemiyor")],
)
def test_the_verdict_follows_the_interval(correct, bar, verdict):
    interval, told = lab01.against_the_bar(correct, 114, np.array([bar]))
    assert verdict in told
    assert (interval.low <= bar <= interval.high) == (verdict == "ayırt edilemiyor")


def test_activations_follow_the_slides(evidence):
    found = evidence("activation_gallery")
    assert len(found["rows"]) == 12
    for row in found["rows"]:
        assert row["f farkı"] < FLOAT32, row
        assert row["f' farkı"] < FLOAT32, row
    assert found["softmax_sum_error"] < FLOAT32
    assert [round(s, 3) for s in found["leaky_slopes"].values()] == [0.01, 0.3, 0.2]


def test_linear_stack_equals_its_matrix(evidence):
    assert evidence("why_not_linear")["difference"] < 1e-4


@at_full_size
def test_linear_stack_learns_no_more_than_one_layer(evidence):
    found = evidence("why_not_linear")
    assert abs(found["stack"] - found["single"]) < 0.03
    assert found["relu"] > max(found["stack"], found["single"]) + 0.02


@at_full_size
def test_sigmoid_gradient_vanishes_and_relu_neurons_die(evidence):
    found = evidence("activation_race")
    ratios = found["ratios"]
    assert set(ratios) == {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"}
    assert ratios["sigmoid"] < 1e-2
    assert min(r for name, r in ratios.items() if name != "sigmoid") > 0.1
    final = {name: curve[-1] for name, curve in found["curves"].items()}
    assert min(a for name, a in final.items() if name != "sigmoid") > final["sigmoid"] + 0.3
    relu, leaky = found["dying"]
    assert relu[lab01.SILENT] > relu[lab01.USUAL] + 0.2
    assert relu[lab01.DEAD] == pytest.approx(relu[lab01.SILENT], abs=0.05)
    assert relu[lab01.DEAD] > 0.2
    assert leaky[lab01.DEAD] == 0


def test_signal_follows_theory_through_twenty_layers(evidence):
    found = evidence("initializers")
    last = {row["başlatıcı"]: row["son katmanda std"] for row in found["rows"]}
    theory = {row["başlatıcı"]: row["kuram"] for row in found["rows"]}
    assert last.pop("sıfır") == theory.pop("sıfır") == 0
    for name, expected in theory.items():
        assert 1 / 3 < last[name] / expected < 3, name
    assert last["N(0, 0.01)"] < 1e-10 < last["Glorot"] < 0.1 < last["He"] < 10
    assert last["N(0, 1)"] > 1e10


@at_full_size
def test_zero_start_keeps_neurons_equal_and_does_not_learn(evidence):
    found = evidence("initializers")
    moved, spread = found["zeros"]
    assert moved > 1e-3
    assert spread == 0
    learned = {row["başlatıcı"]: row["doğrulama doğruluğu"] for row in found["rows"]}
    assert max(learned["sıfır"], learned["N(0, 0.01)"]) < 0.2
    assert learned["He"] > max(learned["Glorot"], learned["N(0, 1)"])


def test_penalties_by_hand_are_those_of_keras(evidence):
    for by_hand, by_keras in evidence("weight_penalties")["by_hand"].values():
        assert by_hand == pytest.approx(by_keras, rel=1e-4)


@at_full_size
def test_penalties_have_their_effect(evidence):
    found = evidence("weight_penalties")
    row = {r["ceza"]: r for r in found["rows"]}
    small = {name: r["sıfıra yakın"] for name, r in row.items()}
    assert small["L1"] > small["L2"] + 0.1 > small["yok"] + 0.1
    assert small["L1"] > small["ElasticNet"] > small["L2"]
    gaps = {name: r["genelleme açığı"] for name, r in row.items()}
    assert max(gaps["L1"], gaps["L2"], gaps["ElasticNet"]) < gaps["yok"] - 0.01


def test_batch_norm_formula_modes_and_moving_averages(evidence):
    found = evidence("batch_norm_by_hand")
    assert len(found["differences"]) == 4
    assert max(found["differences"].values()) < FLOAT32
    assert found["mode_gap"] > 0.1
    fast, slow = found["reached"]
    assert fast == pytest.approx(1 - 0.9**11, abs=0.1)
    assert slow == pytest.approx(1 - 0.99**11, abs=0.05)


@at_full_size
def test_batch_norm_widens_the_usable_learning_rates(evidence):
    found = evidence("batch_norm_learning_rates")
    usable = found["usable"]
    assert max(usable["yok"], default=0) <= 0.3
    assert max(usable["önce"]) >= 1.0
    assert max(usable["sonra"]) >= 1.0
    none, before, after = (np.median(steps) for steps in found["steps"].values())
    assert none > 1.5 * max(before, after)


def test_a_target_counts_only_when_it_lasts_and_no_ratio_is_made_of_infinity():
    reached, missed = lab01.BN_TARGET + 0.01, lab01.BN_TARGET - 0.01
    assert lab01.steps_to_target([missed, reached, missed, reached, reached]) == 4 * 10
    assert lab01.steps_to_target([missed, reached]) == np.inf
    assert "önce olanın 2.0, sonra olanın 4.0 katı" in lab01.speed_sentence(
        {"yok": [80], "önce": [40], "sonra": [20]}
    )
    assert "ölçülemedi" in lab01.speed_sentence({"yok": [np.inf], "önce": [40], "sonra": [20]})


def test_dropout_scales_in_training_only(evidence):
    found = evidence("dropout_kinds")
    assert found["scale"] == pytest.approx(1 / 0.7)
    mean = {name: values.mean() for name, values in found["outputs"].items()}
    assert np.all(found["outputs"]["Keras, çıkarım"] == 1)
    assert mean["Keras, eğitim"] == pytest.approx(1, abs=0.01)
    assert mean["özgün Dropout, eğitim"] == pytest.approx(0.7, abs=0.01)
    assert found["dropped"].mean() == pytest.approx(0.3, abs=0.01)
    assert found["dropped"].std() == pytest.approx(np.sqrt(0.3 * 0.7 / 200), rel=0.2)  # binom


def test_spatial_and_alpha_dropout(evidence):
    found = evidence("dropout_kinds")
    assert found["within"] == 0
    spatial = found["outputs"]["Keras SpatialDropout1D, eğitim"]
    assert (spatial[:, 0] == 0).mean() == pytest.approx(0.3, abs=0.05)
    mean, std = {}, {}
    for name, trace in found["signals"].items():
        mean[name], std[name] = trace[-1]
    assert abs(std["AlphaDropout"] - 1) < 0.05 < 0.1 < abs(std["Dropout"] - 1)
    assert abs(mean["AlphaDropout"]) < 0.02


@at_full_size
def test_setting_uncertain_digits_aside_helps(evidence):
    found = evidence("mc_dropout")
    assert found["kept"] == sorted(found["kept"])
    assert found["kept"][-1] > found["kept"][0] + 0.01
    digits, noise = found["uncertainty"]
    assert noise > 2 * digits
    low, high = found["interval"]
    assert np.all(high - low > 0.1)  # en kararsız rakamlarda aralık geniş


def test_mc_passes_leave_batch_norm_alone_but_training_true_does_not(evidence):
    found = evidence("mc_dropout")
    assert found["moved"] == 0
    assert found["trap"] > 1e-3


def test_alone_and_again_the_csv_files_are_the_same(evidence, tmp_path):
    names = ["full_architecture", "activation_gallery", "dropout_kinds"]
    repeats_itself(evidence, names, tmp_path)
