"""Uygulama 04'ün her iddiası: bant, döngü, hız, kırpma, hassasiyet, kayıp ve metrik, mini proje.

Eşikler tek bir tohuma göre değil, birkaç tohumda da kalan bir payla seçilmiştir.
"""

from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import at_full_size, repeats_itself, shows_everything

import uygulama_04_custom_loop as lab04

lab = lab04.lab  # `evidence` bu uygulamanın bölümlerini koşar
FLOAT32 = 1e-5  # float32 ile hesaplanan iki yolun ayrılabileceği kadar
SECTIONS = (
    "gradient_tape",
    "custom_loop",
    "tf_function_speed",
    "gradient_clipping",
    "mixed_precision",
    "custom_loss_and_metric",
)


def test_sections_are_the_planned_ones_in_order():
    assert tuple(lab.sections) == SECTIONS


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_shows_a_question_a_table_a_figure_and_an_observation(evidence, name):
    shows_everything(evidence, name)


def test_tape_agrees_with_the_formula_and_finite_differences(evidence):
    exact, double, rough = evidence("gradient_tape")["differences"].values()
    assert max(exact, double) < 1e-13
    assert exact < rough < 1e-8


def test_the_usual_mistakes_give_none_and_their_cures_a_number(evidence):
    found = evidence("gradient_tape")
    assert len(found["gradients"]) == 4
    for wrong, right in found["gradients"].values():
        assert wrong is None
        assert float(right) == pytest.approx(6)
    assert list(found["persistent"].values()) == pytest.approx([6, 108])
    assert "persistent" in found["message"]


def test_custom_loop_is_fit(evidence):
    found = evidence("custom_loop")
    assert len(found["differences"]) == 5
    assert max(found["differences"].values()) < FLOAT32
    assert "'lr'" in found["message"]


def test_forgotten_training_leaves_batch_norm_untouched(evidence):
    found = evidence("custom_loop")
    right, wrong = found["moving"]["elle yazılan döngü"], found["moving"]["training= unutuldu"]
    assert wrong == 0
    assert right > 0.05
    by_hand, no_training, _ = list(found["runs"].values())[1:]
    assert no_training["loss"][0] < by_hand["loss"][0] - 0.1  # Dropout da kapalı kaldı


def test_forgotten_reset_reports_the_running_mean(evidence):
    found = evidence("custom_loop")
    assert found["running_error"] < 1e-6
    by_hand, no_reset = (
        found["runs"]["elle yazılan döngü"],
        found["runs"]["reset_state() unutuldu"],
    )
    assert by_hand["loss"][0] == no_reset["loss"][0]


@at_full_size
def test_forgotten_reset_hides_the_progress(evidence):
    found = evidence("custom_loop")["runs"]
    by_hand, no_reset = found["elle yazılan döngü"], found["reset_state() unutuldu"]
    assert by_hand["accuracy"][-1] > no_reset["accuracy"][-1] + 0.02


def test_a_graph_runs_python_once_and_eager_every_step(evidence):
    found = evidence("tf_function_speed")
    eager, step, epoch, fit = found["runs"].values()
    steps = lab.few(lab04.N_SPEED) // lab04.BATCH
    assert eager == 2 * steps  # ilk epoch ve ölçülen epoch
    assert step == epoch == 1
    assert fit <= 2
    assert list(found["traces"].values()) == [len(lab04.RATES), 1, 1]
    assert "shape" in found["message"]


def test_graph_is_much_faster_than_eager(evidence):
    eager, step, epoch, _ = evidence("tf_function_speed")["times"].values()
    assert eager > 5 * step
    assert eager > 5 * epoch


@at_full_size
def test_best_custom_loop_beats_fit(evidence):
    _, step, epoch, fit = evidence("tf_function_speed")["times"].values()
    assert min(step, epoch) <= 0.8 * fit


def test_clipping_by_hand_is_that_of_keras_and_keeps_its_limit(evidence):
    found = evidence("gradient_clipping")
    assert len(found["differences"]) == 3
    assert max(found["differences"].values()) < FLOAT32
    by_name = found["traces"]
    assert by_name["global_clipnorm"][:, 2].max() <= lab04.CLIP_NORM * (1 + FLOAT32)
    cosine = {name: trace[:, 3].min() for name, trace in by_name.items()}
    assert cosine["global_clipnorm"] == pytest.approx(1, abs=1e-3)
    assert cosine["clipvalue"] < 0.95


def test_clip_global_is_the_formula_of_tensorflow():
    rng = np.random.default_rng(0)
    gradients = [tf.constant(rng.normal(size=s), tf.float32) for s in ((4, 3), (3,))]
    expected, _ = tf.clip_by_global_norm(gradients, lab04.CLIP_NORM)
    ours = lab04.clip_global(gradients)
    assert lab04.largest_difference(ours, expected) < 1e-6
    small = [g * 1e-3 for g in gradients]
    assert lab04.largest_difference(lab04.clip_global(small), small) == 0


@at_full_size
def test_training_explodes_without_clipping(evidence):
    rows = {row["kırpma"]: row for row in evidence("gradient_clipping")["rows"]}
    none = rows.pop("kırpma yok")
    assert none["norm"] > 100 * lab04.CLIP_NORM
    assert none["doğrulama"] < 0.6
    assert min(row["doğrulama"] for row in rows.values()) > 0.8


def test_half_precision_loses_small_numbers_and_scaling_saves_them(evidence):
    found = evidence("mixed_precision")
    half, brain, single = found["formats"]
    assert (half["bit"], brain["bit"], single["bit"]) == (16, 16, 32)
    assert half["en büyük"] == 65504
    assert brain["en büyük"] > 1e38
    steps = [row["(1 + 0.0001) - 1"] for row in found["formats"]]
    assert steps[:2] == [0, 0]
    assert steps[2] == pytest.approx(1e-4, rel=1e-2)
    plain, scaled, brain = (row["sıfıra düşen"] for row in found["rows"])
    assert plain > 0.01
    assert scaled < plain / 10
    assert brain < 1e-3
    assert all(row["taşan"] == 0 for row in found["rows"])


def test_loss_scale_is_halved_and_the_step_skipped_on_overflow(evidence):
    history = evidence("mixed_precision")["history"]
    assert history[0]["ölçek"] == lab04.TOO_LARGE_SCALE
    assert history[0]["atılan adım"] == 0
    good = 0
    for now, after in pairwise(history):
        assert now["ağırlık oynadı"] == bool(now["atılan adım"])
        good = good + 1 if now["atılan adım"] else 0
        factor = 0.5 if not good else 2 if good == lab04.GROWTH_STEPS else 1
        assert after["ölçek"] == now["ölçek"] * factor
        good %= lab04.GROWTH_STEPS
    assert any(row["atılan adım"] for row in history)


def test_master_weights_and_softmax_stay_float32(evidence):
    found = evidence("mixed_precision")
    assert list(found["dtypes"].values()) == ["float32", "float16", "float32"]
    assert keras.config.dtype_policy().name == "float32"
    assert set(found["speeds"]) == set(lab04.POLICIES)
    assert found["policy"] in found["speeds"]
    if not tf.config.list_physical_devices("GPU"):
        assert found["policy"] != "mixed_float16"


def test_own_losses_and_metric_agree_with_numpy_keras_and_sklearn(evidence):
    formulas = evidence("custom_loss_and_metric")["formulas"]
    assert len(formulas) == 6
    for row in formulas:
        assert row["en büyük fark"] < FLOAT32, row


def test_own_parts_in_the_loop_in_fit_in_pieces_and_elsewhere(evidence):
    found = evidence("custom_loss_and_metric")
    assert len(found["checks"]) == 4
    assert max(found["checks"].values()) < FLOAT32
    assert found["f2"]["whole"] == pytest.approx(found["f2"]["split"], abs=1e-6)
    assert found["f2"]["mean"] != pytest.approx(found["f2"]["whole"], abs=1e-3)
    assert "CostSensitiveLoss" in found["told"]  # içe aktarılmadan: tanınmadı
    assert found["told"].splitlines()[-1] == str(lab04.COST)


@at_full_size
def test_a_dear_miss_is_missed_less_often(evidence):
    plain, _, costly = evidence("custom_loss_and_metric")["rows"]
    assert costly["kaçırılan tümör"] <= plain["kaçırılan tümör"]
    assert costly["yanlış alarm"] >= plain["yanlış alarm"]


def test_alone_and_again_the_csv_files_are_the_same(evidence, tmp_path):
    repeats_itself(evidence, ["gradient_tape", "custom_loop", "gradient_clipping"], tmp_path)
