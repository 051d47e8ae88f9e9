"""Uygulama 02'nin her iddiası: callback'in kuralı elle aynı mı, zamanlama formülüne eşit mi?

Eşikler tek bir tohuma göre değil, birkaç tohumda da kalan bir payla seçilmiştir.
"""

import signal

import keras
import numpy as np
import pytest
from conftest import at_full_size, repeats_itself, shows_everything

import uygulama_02_callbacks_lr as lab02
from common import LabError, load_breast_cancer

lab = lab02.lab  # `evidence` bu uygulamanın bölümlerini koşar
SECTIONS = (
    "early_stopping",
    "model_checkpoint",
    "reduce_lr_on_plateau",
    "callback_anatomy",
    "lr_logger_and_plotter",
    "five_callbacks",
    "lr_range_test",
    "schedule_gallery",
    "schedule_race",
)


def test_sections_are_the_planned_nine_in_order():
    assert tuple(lab.sections) == SECTIONS


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_shows_a_question_a_table_a_figure_and_an_observation(evidence, name):
    shows_everything(evidence, name)


def test_early_stopping_restores_the_best_epoch_exactly(evidence):
    found = evidence("early_stopping")
    best, losses = found["best"], found["history"]
    assert found["stopped"] == best + lab02.STOP_PATIENCE < lab02.MAX_EPOCHS - 1
    assert found["restored"] == losses[best]
    assert found["kept"] == losses[-1]
    assert found["kept"] > found["restored"] + lab02.MIN_DELTA
    assert min(losses) > losses[best] - lab02.MIN_DELTA  # daha iyisi ancak min_delta kadar


def test_checkpoint_saves_the_running_maxima_only(evidence):
    found = evidence("model_checkpoint")
    values = found["values"]
    maxima = [i for i, v in enumerate(values) if v > max(values[:i], default=-np.inf)]
    assert found["saved"] == maxima
    assert len(maxima) < len(values)
    assert found["stored"] == pytest.approx(max(values), abs=1e-6)
    assert found["difference"] == 0


def test_wrong_metric_name_only_warns_and_saves_every_epoch(evidence):
    found = evidence("model_checkpoint")
    assert found["trapped"] == list(range(len(found["values"])))
    assert "val_auc" in found["warning"]
    assert "val_AUC" in found["names"]
    assert "val_auc" not in found["names"]


def test_metric_named_by_its_class_is_called_AUC():
    model = lab02.cancer_model()
    model.compile("adam", "binary_crossentropy", metrics=["AUC"])
    data = load_breast_cancer()
    assert "AUC" in model.evaluate(data.x_val, data.y_val, verbose=0, return_dict=True)


def test_plateau_rule_by_hand_is_that_of_keras(evidence):
    found = evidence("reduce_lr_on_plateau")
    assert found["difference"] < 1e-5
    assert len(found["drops"]) >= (1 if evidence.quick else 2)
    ratios = [found["rates"][i] / found["rates"][i - 1] for i in found["drops"]]
    assert ratios == pytest.approx([lab02.PLATEAU_FACTOR] * len(ratios), rel=1e-4)


def test_plateau_rule_waits_and_stops_at_the_lowest_rate():
    losses = [1.0] + [1.0] * 40
    rates = lab02.plateau_by_hand(losses, 1e-6)
    assert rates[: lab02.PLATEAU_PATIENCE + 1] == [1e-6] * (lab02.PLATEAU_PATIENCE + 1)
    assert rates[lab02.PLATEAU_PATIENCE + 1] == pytest.approx(3e-7)
    assert min(rates) == lab02.PLATEAU_MIN_LR


@at_full_size
def test_lower_rate_on_the_plateau_lowers_the_loss(evidence):
    (loss, val_loss), (reduced_loss, reduced_val_loss) = evidence("reduce_lr_on_plateau")["ends"]
    assert reduced_loss < 0.8 * loss
    assert reduced_val_loss < 0.9 * val_loss


def test_schedule_and_plateau_callback_collide_only_when_patience_runs_out(evidence):
    found = evidence("reduce_lr_on_plateau")
    assert "LearningRateSchedule" in found["trap"]
    assert lab02.PLATEAU_PATIENCE <= found["trap_epoch"] < lab02.MAX_EPOCHS


def test_hooks_are_called_in_this_order(evidence):
    found = evidence("callback_anatomy")
    step = ["on_train_batch_begin", "on_train_batch_end"]
    test = ["on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end"]
    epoch = ["on_epoch_begin", *step, *step, *test, "on_epoch_end"]
    assert found["calls"] == ["on_train_begin", *epoch, *epoch, "on_train_end"]
    assert found["calls"] == found["expected"]
    assert found["old"] == 4
    assert found["base"] == "yok"


def test_training_stops_at_the_first_epoch_that_reaches_the_target(evidence):
    found = evidence("callback_anatomy")
    if found["reached"]:
        assert found["reached"] == [found["stopped"] - 1]
    else:  # başka bir tohumda hedefe varılmayabilir
        assert found["stopped"] == lab02.EPOCHS_CHECKPOINT


def test_target_that_is_reached_stops_and_one_that_is_not_does_not(ready):
    for target, epochs in ((0.0, 1), (2.0, 3)):
        model = fit([stop := lab02.StopAtTarget("val_accuracy", target)], epochs=3)
        assert len(model.history.epoch) == epochs
        assert stop.target == target


def test_logged_rate_is_the_formula_at_every_step(evidence):
    found = evidence("lr_logger_and_plotter")
    assert found["logged"] == found["steps"]
    assert found["difference"] < 1e-8
    assert found["redraws"] == list(range(found["epochs"]))


@at_full_size
def test_redrawing_costs_little(evidence):
    assert evidence("lr_logger_and_plotter")["cost"] < 0.15


def test_five_callbacks_all_act(evidence):
    found = evidence("five_callbacks")
    assert len(found["acted"]) == 5
    assert all(found["acted"].values())
    # Üçü de aynı val_loss'a bakar: sabırlar en iyi epoch'tan sayılır
    best = found["acted"]["EarlyStopping"][0] - lab02.STOP_PATIENCE
    waits = [best + lab02.PLATEAU_PATIENCE * k for k in (1, 2)]
    assert found["acted"]["ReduceLROnPlateau"][-2:] == waits
    assert found["saved_auc"] == pytest.approx(max(found["history"]["val_auc"]), abs=1e-6)
    assert found["test"]["accuracy"] > 0.9
    assert found["test"]["auc"] > 0.97


def test_recovered_batch_losses_are_those_of_a_hand_loop(evidence):
    found = evidence("lr_range_test")
    assert found["difference"] < 1e-3
    assert found["restored"] == 0


def test_suggested_rate_trains_and_thirty_times_more_does_not(evidence):
    found = evidence("lr_range_test")
    low, high = found["suggested"]
    good, bad = found["accuracies"]
    assert found["diverged"]
    assert low < high < found["last"] / 2
    assert bad < 0.3
    assert good > (0.8 if evidence.quick else 0.85)


def test_schedules_follow_their_formulas(evidence):
    found = evidence("schedule_gallery")
    assert len(found["rows"]) == 9
    assert max(row["formülden farkı"] for row in found["rows"]) < 1e-8
    assert found["twin_difference"] < 1e-8
    assert found["reload_difference"] == 0


def test_cosine_with_warmup_lasts_warmup_and_decay_steps_together(evidence):
    curve = evidence("schedule_gallery")["curves"]["WarmupCosineDecay (bizim)"]
    assert curve[0] == 0
    peak = int(np.argmax(curve)) * lab02.GALLERY_STEPS / len(curve)
    assert peak == pytest.approx(lab02.WARMUP_STEPS)
    decay = lab02.GALLERY_STEPS - lab02.WARMUP_STEPS
    built_in = keras.optimizers.schedules.CosineDecay(
        0.0, decay, warmup_target=lab02.GALLERY_LR, warmup_steps=lab02.WARMUP_STEPS
    )
    assert float(built_in(decay)) > 0.1 * lab02.GALLERY_LR  # decay_steps bitince daha bitmedi
    assert float(built_in(lab02.GALLERY_STEPS)) == pytest.approx(0, abs=1e-9)


def test_traps_are_still_traps(evidence):
    answers = [row["Keras'ın yanıtı"] for row in evidence("schedule_gallery")["traps"]]
    names = [answer.split(":")[0] for answer in answers]
    assert names == ["ValueError", "ValueError", "InvalidArgumentError", "AttributeError"]


def test_own_schedules_survive_a_round_trip_through_their_config():
    for schedule, _ in lab02.GALLERY.values():
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            again = type(schedule).from_config(schedule.get_config())
            assert float(again(123)) == float(schedule(123))


def test_config_of_one_cycle_holds_all_that_shapes_it(monkeypatch):
    settings = lab02.OneCycle(0.1, 100).get_config()
    before = float(lab02.OneCycle.from_config(settings)(10))
    monkeypatch.setattr(lab02, "ONE_CYCLE_RISE", 0.9)
    monkeypatch.setattr(lab02, "ONE_CYCLE_START", 0.9)
    assert float(lab02.OneCycle.from_config(settings)(10)) == before
    assert float(lab02.OneCycle(0.1, 100, rise=0.5)(10)) != before


@at_full_size
def test_race_of_the_schedules(evidence):
    row = {r["zamanlama"]: r for r in evidence("schedule_race")["rows"]}
    small, fitting = row[lab02.LOWEST], row[lab02.HIGHEST]
    assert small["doğruluk"] < fitting["doğruluk"] - 0.02
    assert small[lab02.STEPS] == np.inf
    for name in ("CosineDecay", "WarmupCosineDecay", "OneCycle"):
        assert row[name]["doğruluk"] > small["doğruluk"] + 0.03
        assert row[name]["doğruluk"] > fitting["doğruluk"] - 0.01
        assert np.isfinite(row[name][lab02.STEPS])


def test_runs_of_a_race_differ_only_in_their_schedule(tmp_path, monkeypatch):
    same = {name: lambda step: lab02.LR_QUICK for name in lab02.QUICK_RACERS}
    monkeypatch.setattr(lab02, "racers", lambda *_: same)
    lab.configure(quick=True, out=tmp_path)
    one, *others = lab.sections["schedule_race"].run()["curves"].values()
    assert others == [one, one]
    lab.configure()


def test_race_sentence_says_when_there_is_no_ratio_and_who_is_tied():
    rows = [
        {"zamanlama": lab02.HIGHEST, "doğruluk": 0.95, "std": 0.01, lab02.STEPS: np.inf},
        {"zamanlama": "OneCycle", "doğruluk": 0.96, "std": 0.01, lab02.STEPS: 300.0},
        {"zamanlama": "CosineDecay", "doğruluk": 0.90, "std": 0.01, lab02.STEPS: 200.0},
    ]
    assert lab02.tied_with_best(rows) == [lab02.HIGHEST]
    assert "ölçülemedi" in lab02.race_sentence(rows)
    rows[0][lab02.STEPS] = 450.0
    assert "1.5 kat" in lab02.race_sentence(rows)
    assert "en hızlısı CosineDecay, 200 adım" in lab02.race_sentence(rows)


def test_who_is_tied_does_not_hang_on_its_own_spread():
    ends = {"birinci": (0.960, 0.001), "oynak": (0.955, 0.02), "sakin": (0.957, 0.0001)}
    rows = [{"zamanlama": n, "doğruluk": a, "std": s} for n, (a, s) in ends.items()]
    assert lab02.tied_with_best(rows) == ["oynak", "sakin"]
    alone = [row | {"std": 0.0} for row in rows]  # tek tohum: örnekleme hatası kalır
    assert lab02.tied_with_best(alone) == ["sakin"]


def test_alone_and_again_the_csv_files_are_the_same(evidence, tmp_path):
    repeats_itself(evidence, ["callback_anatomy", "schedule_gallery"], tmp_path)


# Kendi callback'lerimiz, kullanıcının yaptıklarından sağ çıkar ----------------------------------


@pytest.fixture
def ready(tmp_path):
    """The lab as if one of its sections were running."""
    lab.configure(out=tmp_path)
    lab.current = lab.sections["lr_logger_and_plotter"]
    yield lab.folder
    lab.configure()


def fit(callbacks, epochs=2, validation=True):
    data = load_breast_cancer()
    model = lab02.cancer_model()
    options = {"validation_data": (data.x_val, data.y_val)} if validation else {}
    model.fit(data.x_train, data.y_train, 31, epochs, callbacks=callbacks, verbose=0, **options)
    return model


def test_same_instances_serve_two_fits(ready):
    logger, plotter = lab02.LRLogger(), lab02.Plotter("loss", "kayıp")
    timer = lab02.EpochTimer()
    for epochs in (3, 2):
        fit([logger, plotter, timer], epochs)
        assert len(logger.rates) == 11 * epochs
        assert plotter.redraws == list(range(epochs))
        assert len(timer.seconds) == epochs
    assert {path.suffix for path in ready.iterdir()} == {".png", ".csv"}


def test_watcher_of_a_second_fit_names_only_what_that_fit_wrote(ready, tmp_path):
    path = tmp_path / "model.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path, "loss", mode="min", save_best_only=True)
    watcher = lab02.SaveWatcher(path, publish="")
    fit([checkpoint, watcher], epochs=2)
    assert watcher.epochs
    first = watcher.published.read_bytes()
    checkpoint.best = -np.inf  # artık hiçbir epoch daha iyi olamaz
    fit([checkpoint, watcher], epochs=2)
    assert watcher.epochs == []
    assert watcher.published.read_bytes() == first


def test_without_validation_the_plotter_draws_what_there_is(ready):
    plotter = lab02.Plotter("auc", "AUC")
    fit([plotter], validation=False)
    assert set(plotter.lines) == {"loss", "auc", "learning_rate"}


def test_plotter_draws_the_last_epoch_even_between_two_redraws(ready):
    plotter = lab02.Plotter("auc", "AUC", every=3)
    fit([plotter], epochs=5)
    assert plotter.redraws == [2, 4]


@pytest.mark.parametrize(
    "make", [lambda: lab02.Plotter("val_auk", "AUC"), lambda: lab02.StopAtTarget("val_auk", 1)]
)
def test_unknown_monitor_names_the_keys_there_are(ready, make):
    with pytest.raises(LabError, match=r"'val_auk'[\s\S]*val_auc[\s\S]*validation_data="):
        fit([make()])


def test_ctrl_c_keeps_log_figure_and_best_model(ready, tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                signal.raise_signal(signal.SIGINT)

    path = tmp_path / "best_model.keras"
    saving = [lab02.best_auc_checkpoint(path), lab02.SaveWatcher(path, publish="")]
    own = [lab02.LRLogger(), lab02.Plotter("val_auc", "AUC"), Interrupt()]
    with pytest.raises(KeyboardInterrupt):
        fit([*saving, *own], epochs=5)
    log, figure = (next(ready.glob(f"*{end}")) for end in (".csv", ".png"))
    assert len(log.read_text(encoding="utf-8-sig").splitlines()) == 1 + 2 * 11
    assert figure.read_bytes().endswith(b"IEND\xaeB`\x82")  # PNG bütün
    assert keras.models.load_model(next(ready.glob("*.keras"))).count_params() > 0


def test_finder_puts_everything_back_also_when_interrupted(monkeypatch):
    model = lab02.mnist_model(0.1)
    before = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]

    def interrupted(*arguments, **options):
        model.optimizer.learning_rate = 5.0
        model.layers[0].kernel.assign_add(model.layers[0].kernel)
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lab02.run_finder(model, lab02.load_mnist(10, 10))
    after = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
