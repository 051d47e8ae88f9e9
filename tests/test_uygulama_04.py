"""Uygulama 04'ün her iddiası: bant, döngü, hız, kırpma, hassasiyet, kayıp ve metrik, mini proje.

Eşikler tek bir tohuma göre değil, birkaç tohumda da kalan bir payla seçilmiştir.
"""

import importlib
import json
import re
import signal
from dataclasses import replace
from itertools import pairwise

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from conftest import at_full_size, repeats_itself, shows_everything

import uygulama_04_custom_loop as lab04
from common import load_breast_cancer

lab = lab04.lab  # `evidence` bu uygulamanın bölümlerini koşar
BUSY = 1.5  # makinede başka iş de koşabilir; boşken ölçülen süreyi tests/test_repo.py denetler
FLOAT32 = 1e-5  # float32 ile hesaplanan iki yolun ayrılabileceği kadar
SECTIONS = (
    "gradient_tape",
    "custom_loop",
    "tf_function_speed",
    "gradient_clipping",
    "mixed_precision",
    "custom_loss_and_metric",
    "mini_project",
    "mini_project_poster",
)


def test_sections_are_the_planned_eight_in_order():
    assert tuple(lab.sections) == SECTIONS


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_shows_a_question_a_table_a_figure_and_an_observation(evidence, name):
    if name == "mini_project_poster":
        evidence("mini_project")  # poster onun dosyalarını okur
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
    assert no_training["loss"][0] < by_hand["loss"][0] - 0.03  # Dropout da kapalı kaldı


def test_forgotten_reset_reports_the_running_mean(evidence):
    found = evidence("custom_loop")
    assert found["same"] == 0
    _, by_hand, _, no_reset = found["runs"].values()
    epochs = np.arange(1, len(by_hand["accuracy"]) + 1)
    running = np.cumsum(by_hand["accuracy"]) / epochs
    assert no_reset["accuracy"] == pytest.approx(running, abs=1e-6)


@at_full_size
def test_forgotten_reset_hides_the_progress(evidence):
    found = evidence("custom_loop")["runs"]
    by_hand, no_reset = found["elle yazılan döngü"], found["reset_state() unutuldu"]
    assert by_hand["accuracy"][-1] > no_reset["accuracy"][-1] + 0.02


def test_a_graph_runs_python_once_and_eager_every_step(evidence):
    found = evidence("tf_function_speed")
    eager, step, epoch, fit, *compiled = found["runs"].values()
    steps = lab.few(lab04.N_SPEED) // lab04.BATCH
    assert eager == 2 * steps  # ilk epoch ve ölçülen epoch
    assert step == epoch == 1
    assert compiled == ([] if evidence.quick else [1])
    assert fit <= 2
    assert list(found["traces"].values()) == [len(lab04.RATES), 1, 1]
    assert list(found["builds"].values()) == [2, 1]
    assert "shape" in found["message"]


def test_graph_is_much_faster_than_eager(evidence):
    eager, step, epoch, *_ = evidence("tf_function_speed")["times"].values()
    assert eager > 5 * step
    assert eager > 5 * epoch


@at_full_size
def test_best_custom_loop_beats_fit(evidence):
    _, step, epoch, fit, *_ = evidence("tf_function_speed")["times"].values()
    assert min(step, epoch) <= 0.8 * fit


@at_full_size
def test_xla_is_no_gain_on_a_cpu(evidence):
    if not tf.config.list_physical_devices("GPU"):
        _, step, _, _, compiled = evidence("tf_function_speed")["times"].values()
        assert compiled > step


def test_clipping_by_hand_is_that_of_keras_and_keeps_its_limit(evidence):
    found = evidence("gradient_clipping")
    assert len(found["differences"]) == 3
    assert max(found["differences"].values()) < FLOAT32
    rows = {row["kırpma"]: row for row in found["rows"]}
    assert rows["kırpma yok"]["norm"] > 10 * lab04.CLIP_NORM  # yoksa kırpacak bir şey olmazdı
    assert rows["global_clipnorm"]["kırpık"] <= lab04.CLIP_NORM * (1 + FLOAT32)
    cosine = {name: row["kosinüs"] for name, row in rows.items()}
    assert cosine["global_clipnorm"] == pytest.approx(1, abs=1e-3)
    assert cosine["clipnorm"] < 0.99
    assert cosine["clipvalue"] < 0.95
    for name, row in rows.items():  # tablo, bütün tohumların bütün adımlarını özetler
        assert row["kırpık"] == np.nanmax([trace[:, 2].max() for trace in found["traces"][name]])


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


def test_clipping_belongs_to_the_inner_optimizer(evidence):
    true, seen, applied = evidence("mixed_precision")["clipped"]
    assert seen == pytest.approx(lab04.LOSS_SCALE * true, rel=1e-4)
    assert true > 2 * lab04.CLIP_NORM  # yoksa kırpma görünmezdi
    assert applied == pytest.approx(lab04.CLIP_NORM, rel=1e-3)


def test_clear_session_resets_the_policy(evidence):
    assert evidence("mixed_precision")["left"] == "float32"


def test_master_weights_and_softmax_stay_float32(evidence):
    found = evidence("mixed_precision")
    assert list(found["dtypes"].values()) == ["float32", "float16", "float32"]
    assert keras.config.dtype_policy().name == "float32"
    assert set(found["speeds"]) == set(lab04.POLICIES)


def test_the_policy_fits_the_device_and_is_not_left_to_chance(monkeypatch):
    def chosen(float32: float, bfloat16: float, gpu=()) -> str:
        times = {"float32": float32, "mixed_bfloat16": bfloat16}
        monkeypatch.setattr(lab04, "step_milliseconds", times.get)
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpu)
        return lab04.choose_policy()

    assert chosen(1.0, 1.0, gpu=("bir GPU",)) == "mixed_float16"
    assert chosen(1.0, 2.0) == "float32"
    assert chosen(1.05, 1.0) == "float32"
    assert chosen(2.0, 1.0) == "mixed_bfloat16"


@at_full_size
def test_mixed_float16_is_no_gain_on_a_cpu(evidence):
    if not tf.config.list_physical_devices("GPU"):
        speeds = evidence("mixed_precision")["speeds"]
        assert speeds["mixed_float16"] > speeds["float32"]


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
    assert "CostSensitiveLoss" in found["told"]  # içe aktarılmadan: tanınmadı
    assert found["told"].splitlines()[-1] == str(lab04.COST)


def test_metric_gathers_counts_and_does_not_average_batches():
    true = np.array([[1], [1], [1], [0]], "int32")
    guess = np.array([[0.9], [0.9], [0.1], [0.9]], "float32")
    whole = lab04.f_beta(true, guess)
    assert whole == pytest.approx(lab04.f_beta_by_hand(true > 0, guess > 0.5))
    assert whole == pytest.approx(lab04.f_beta(true, guess, batch=2))
    halves = [lab04.f_beta(true[i : i + 2], guess[i : i + 2]) for i in (0, 2)]
    assert np.mean(halves) < whole - 0.1


def test_metric_weighs_its_samples_as_sklearn_does():
    rng = np.random.default_rng(0)
    true, weights = rng.integers(0, 10, 100), rng.uniform(size=100).astype("float32")
    guess = rng.dirichlet(np.ones(10), 100).astype("float32")
    metric = lab04.FBeta(lab04.BETA, n_classes=10)
    metric.update_state(true, guess, sample_weight=weights)
    expected = lab04.sk_f_beta(true, guess.argmax(1), average="macro", sample_weight=weights)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-5)


@at_full_size
def test_a_dear_miss_is_missed_less_often(evidence):
    plain, _, costly = evidence("custom_loss_and_metric")["rows"]
    assert costly["kaçırılan tümör"] <= plain["kaçırılan tümör"]
    assert costly["yanlış alarm"] > plain["yanlış alarm"]


def test_warmup_and_cosine_are_those_of_keras():
    recipe, peak, steps = lab04.Recipe(epochs=1), 0.02, 200
    warm = int(lab04.WARMUP_SHARE * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm, warmup_target=peak, warmup_steps=warm
    )
    rates = lab04.learning_rates(recipe, peak, steps)
    for step in (0, 1, warm - 1, warm, warm + 1, 100, steps - 1):
        assert rates[step] == pytest.approx(float(schedule(step)), abs=1e-7)
    flat = lab04.learning_rates(lab04.Recipe(1, warmup=False, cosine=False), peak, steps)
    assert set(flat) == {np.float32(peak)}


def test_range_test_leaves_the_model_as_it_was():
    recipe = lab04.Recipe(epochs=1, width=8)
    model = lab04.project_model(recipe, "float32")
    run_epoch = lab04.make_project_epoch(model, recipe)
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(500, 784)).astype("float32")
    before = lab04.snapshot(model)
    peak, _, rates, losses = lab04.lr_range_test(model, run_epoch, x, np.arange(500) % 10)
    assert all(np.array_equal(a, b) for a, b in zip(before, lab04.snapshot(model), strict=True))
    assert rates[0] < peak < rates[-1]
    assert len(losses) == len(rates) == lab.few(lab04.RANGE_STEPS)


def test_every_switch_takes_its_technique_out():
    whole = lab04.project_model(lab04.Recipe(epochs=1, width=8), "float32")

    def without(key):
        return lab04.project_model(lab04.Recipe(1, 8, **{key: False}), "float32")

    def kinds(model):
        return [type(layer).__name__ for layer in model.layers]

    layer_of = {"residual": "Add", "batch_norm": "BatchNormalization", "dropout": "Dropout"}
    for key, kind in (layer_of | {"noise": "GaussianNoise"}).items():
        assert kind in kinds(whole)
        assert kind not in kinds(without(key))
    assert len(whole.outputs) == 2
    assert len(without("auxiliary").outputs) == 1
    assert without("weight_decay").optimizer.weight_decay == 0
    assert whole.optimizer.weight_decay == lab04.PROJECT_DECAY
    assert without("clipping").optimizer.global_clipnorm is None
    assert set(lab04.SWITCHES) == {"he", "warmup", "cosine", "focal"} | set(layer_of) | {
        "noise",
        "auxiliary",
        "weight_decay",
        "clipping",
    }


def test_mini_project_logs_every_epoch_and_reloads_its_best(evidence):
    found = evidence("mini_project")
    log, rates = found["log"], found["rates"]
    assert [row["epoch"] for row in log] == list(range(1, len(log) + 1))
    steps = len(rates) // found["recipe"].epochs
    assert [row["LR"] for row in log] == pytest.approx(
        [rates[r["epoch"] * steps - 1] for r in log]
    )
    assert found["best"] == min(log, key=lambda row: row["val_loss"])
    assert found["reloaded"] == found["best"]["val_accuracy"]
    assert 1e-3 < found["peak"] < 0.1
    assert found["test"] > 0.95
    assert found["test F1"] == pytest.approx(found["test"], abs=0.01)


@at_full_size
def test_mini_project_is_good_and_fast(evidence):
    found = evidence("mini_project")
    assert found["test"] > 0.985
    assert found["seconds"] <= 60 * BUSY


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """The mini project in a few steps: (run it from the command line, its folder)."""
    for name, value in {"N_PROJECT": 15_000, "EPOCHS": 20, "WIDTH": 16}.items():
        monkeypatch.setattr(lab04, name, value)

    def run(*words: str) -> int:
        return lab.main(["--bolum", "7", "--hizli", "--cikti", str(tmp_path), *words])

    return run, tmp_path / lab.name


FINISHED = tuple(f"07_mini_project{name}" for name in (".csv", "_en_iyi.keras", "_tahminler.npz"))


def state(folder) -> dict:
    with np.load(folder / "07_mini_project_suren.npz") as saved:
        found = {name: saved[name] for name in saved}
    rows = json.loads(str(found.pop("log")))
    return found | {"log": [{k: v for k, v in row.items() if k != "saniye"} for row in rows]}


def test_interrupted_and_resumed_training_ends_where_the_uninterrupted_one_does(
    tiny, monkeypatch, capsys
):
    run, folder = tiny
    assert run() == 0
    whole = state(folder)
    assert len(whole["log"]) == 4
    finished = {name: (folder / name).read_bytes() for name in FINISHED}

    validate, calls = lab04.validate, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return validate(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(lab04, "validate", interrupted)
        assert run() == 130
    captured = capsys.readouterr()
    assert "2 epoch bitmişti" in captured.out
    assert "07_mini_project_suren.keras" in captured.out
    assert "--surdur" in captured.out
    assert len(state(folder)["log"]) == 2
    for name in FINISHED:  # bitmiş olan, yarım kalanla değişmez
        assert (folder / name).read_bytes() == finished[name]

    # Ölçüm bu kez başka bir politikayı seçse de eğitim kendi politikasıyla sürer
    monkeypatch.setattr(lab04, "choose_policy", lambda: "mixed_bfloat16")
    assert run("--surdur") == 0
    resumed = state(folder)
    assert resumed.keys() == whole.keys()
    for name in whole:
        assert np.array_equal(resumed[name], whole[name]), name


def test_interrupted_before_the_first_epoch_promises_no_weights(tiny, monkeypatch, capsys):
    run, _ = tiny
    monkeypatch.setattr(lab04, "validate", lambda *_: signal.raise_signal(signal.SIGINT))
    assert run() == 130
    captured = capsys.readouterr()
    assert "En iyi ağırlıklar" not in captured.out
    assert "--bolum 7 --hizli" in captured.err
    assert "--surdur" not in captured.err


def test_a_training_that_never_ended_gives_no_poster(tiny, monkeypatch, capsys):
    run, folder = tiny
    monkeypatch.setattr(lab04, "stop_on_nan", lambda losses, epoch, _: 1 / (2 - epoch))
    assert run() == 1  # ilk iki epoch'tan sonra durdu
    assert (folder / "07_mini_project_suren.keras").exists()
    assert lab.main(["--bolum", "8", "--hizli", "--cikti", str(folder.parent)]) == 1
    assert "Poster mini projeyi ister" in capsys.readouterr().err


def test_resuming_nothing_or_something_else_is_told_before_training(tiny, capsys):
    run, folder = tiny
    assert run("--surdur") == 1
    assert "Sürdürülecek bir eğitim yok" in capsys.readouterr().err
    np.savez(folder / "07_mini_project_suren.npz", plan="tohum 7, başka", policy="", log="[]")
    assert run("--surdur") == 1
    captured = capsys.readouterr()
    assert "Diskteki: tohum 7, başka" in captured.err
    assert f"İstenen: tohum {lab.seed}, 3000 görüntü" in captured.err
    assert "epoch 1/" not in captured.out
    for content in (b"bozuk", b"", b"PK\x03\x04"):
        (folder / "07_mini_project_suren.npz").write_bytes(content)
        assert run("--surdur") == 1
        assert "okunamadı" in capsys.readouterr().err


def test_nan_loss_names_epoch_step_and_last_good_checkpoint(tiny, monkeypatch, capsys):
    run, folder = tiny
    learning_rates = lab04.learning_rates

    def broken(*arguments):
        rates = learning_rates(*arguments).copy()
        rates[13] = np.nan  # on iki adımlık epoch'larda: epoch 2, adım 2; ağırlıklar NaN olur
        return rates

    monkeypatch.setattr(lab04, "learning_rates", broken)
    assert run() == 1
    err = capsys.readouterr().err
    assert "epoch 2, adım 3" in err
    assert "07_mini_project_suren.keras (epoch 1)" in err
    assert len(state(folder)["log"]) == 1


def test_ablation_compares_every_recipe_with_the_whole(tiny):
    run, folder = tiny
    assert run("--ablasyon") == 0
    table = pd.read_csv(folder / "07_mini_project_ablasyon.csv")
    assert table["tarif"].tolist() == ["hepsi açık", "BatchNorm yok", "yardımcı çıkış yok"]
    change = 100 * (table["doğrulama"] - table["doğrulama"][0])
    assert table["fark (puan)"].tolist() == pytest.approx(change.tolist(), abs=1e-3)
    assert not list(folder.glob("07_mini_project.*"))  # mini projenin kendi sonuçlarına dokunmaz
    assert "Tek tohumla" in lab.observations["mini_project"]


def test_worst_noise_raises_the_loss_more_than_random_noise_of_that_length():
    length, rng = 0.5, np.random.default_rng(0)
    model = lab04.small_model()
    x, y = tf.constant(load_breast_cancer().x_train[:50]), tf.zeros((50, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        before = keras.losses.binary_crossentropy(y, model(x))
    worst = lab04.worst_noise(tape.gradient(before, x), length)
    assert np.linalg.norm(worst, axis=1) == pytest.approx(length, rel=1e-5)
    noise = rng.normal(size=x.shape).astype("float32")
    random = length * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    rise, usual = (
        np.mean(keras.losses.binary_crossentropy(y, model(x + extra)) - before)
        for extra in (worst, random)
    )
    assert rise > 2 * abs(usual)


def test_long_training_uses_worst_noise_in_place_of_random_noise(tiny, monkeypatch):
    run, folder = tiny
    monkeypatch.setattr(lab04, "LONG_EPOCHS", 10)
    monkeypatch.setattr(lab04, "LONG_WIDTH", 16)
    recipes = []
    build = lab04.project_model
    monkeypatch.setattr(lab04, "project_model", lambda r, p: recipes.append(r) or build(r, p))
    used, worst = [], lab04.worst_noise
    monkeypatch.setattr(lab04, "worst_noise", lambda *a: used.append(a[1]) or worst(*a))
    assert run("--uzun") == 0
    assert set(used) == {lab04.LONG_WORST_NOISE}
    assert recipes[0].worst_noise == lab04.LONG_WORST_NOISE
    assert recipes[0].noise == 0
    losses = [row["loss"] for row in state(folder)["log"]]
    assert losses[-1] < losses[0]


@pytest.mark.tam
def test_long_training_keeps_its_promise(tmp_path):
    assert lab.main(["--bolum", "7", "--uzun", "--cikti", str(tmp_path)]) == 0
    row = pd.read_csv(tmp_path / lab.name / "07_mini_project.csv").iloc[0]
    assert row["test"] >= 0.989
    assert row["eğitim (s)"] <= 360 * BUSY


def test_poster_and_report_card_agree_with_the_csv_files(evidence):
    project = evidence("mini_project")
    found = evidence("mini_project_poster")
    assert found["result"]["test"] == pytest.approx(project["test"], abs=1e-6)
    before, after = found["rows"]
    assert before["test doğruluğu"] == after["test doğruluğu"]
    assert before["test doğruluğu"] == pytest.approx(project["test"])
    *others, own = found["card"]
    assert own["değer"] == lab04.two(project["test"])
    assert own["eksikse"] == ""
    for row in others:
        assert row["değer"] == "yok"
        assert row["eksikse"].startswith(f"python uygulama_{row['uygulama']}_")


def test_report_card_says_which_script_to_run(tmp_path):
    lab.configure(out=tmp_path)
    other = tmp_path / "uygulama_01" / "03_full_architecture_ozet.csv"
    other.parent.mkdir()
    other.write_text("model,doğruluk\nağ,0.9825\nçıta,0.99\n", encoding="utf-8-sig")
    first, second, *_ = lab04.report_card()
    assert (first["değer"], first["eksikse"]) == ("%98,25", "")  # ağınki, çıtanınki değil
    again = "python uygulama_01_keras_sequential.py --bolum 12"
    assert second["eksikse"] == f'{again} --cikti "{tmp_path}"'
    lab.configure()


@pytest.mark.tam
def test_report_card_reads_what_the_other_labs_really_write(tmp_path):
    size = ["--hizli", "--cikti", str(tmp_path)]
    for script in (lab04.LAB_1, lab04.LAB_2, lab04.LAB_3):
        numbers = [str(int(h.table[:2])) for h in lab04.HEADLINES if h.script == script]
        assert importlib.import_module(script).lab.main(["--bolum", *numbers, *size]) == 0
    lab.configure(out=tmp_path)
    *others, _ = lab04.report_card()
    assert all(re.fullmatch(r"%\d+,\d\d", row["değer"]) for row in others), others
    lab.configure()


def test_poster_without_a_mini_project_says_what_to_run(tmp_path, capsys):
    assert lab.main(["--bolum", "8", "--hizli", "--ablasyon", "--cikti", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert f'--bolum 7 --hizli --cikti "{tmp_path}"' in err
    assert "--ablasyon" not in err.splitlines()[1]


@pytest.mark.parametrize("off", ["noise", "dropout", "auxiliary", "weight_decay", "clipping"])
def test_recipes_of_the_ablation_start_from_the_same_weights(off):
    starts = []
    whole = lab04.Recipe(1, 16)
    for recipe in (whole, replace(whole, **{off: False})):
        keras.utils.set_random_seed(3)
        model = lab04.project_model(recipe, "float32")
        dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
        hidden = [layer for layer in dense if layer.units == 16]
        starts.append([layer.kernel.numpy() for layer in hidden])
    assert lab04.largest_difference(*starts) == 0


def test_temperature_finds_the_one_that_was_put_in():
    rng = np.random.default_rng(0)
    p = lab04.softened(rng.dirichlet(np.ones(10), 20_000), 1.0)
    y = np.array([rng.choice(10, p=row) for row in p])
    assert lab04.fit_temperature(p, y) == pytest.approx(1, abs=0.05)
    sharp = lab04.softened(p, 0.5)
    assert np.array_equal(sharp.argmax(axis=1), p.argmax(axis=1))
    assert lab04.fit_temperature(sharp, y) == pytest.approx(2, abs=0.1)
    assert lab04.calibration(p, y)[2] < 0.02 < lab04.calibration(sharp, y)[2]


def test_alone_and_again_the_csv_files_are_the_same(evidence, tmp_path):
    repeats_itself(evidence, ["gradient_tape", "gradient_clipping"], tmp_path)


def test_layers_are_named_alike_alone_and_in_a_full_run(tiny):
    run, folder = tiny
    names = []
    for measured_before in (False, True):
        lab04.step_milliseconds.cache_clear()
        if measured_before:
            lab04.choose_policy()
        assert run() == 0
        model = keras.models.load_model(folder / "07_mini_project_en_iyi.keras")
        names.append([layer.name for layer in model.layers])
    assert names[0] == names[1]
