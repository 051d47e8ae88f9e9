"""Uygulama 02 · Callbacks ve öğrenme hızı (LR) zamanlaması        (11:45-13:00)

Önce eğitimi yöneten callback'ler: erken durdurma, kontrol noktası, platoda LR düşürme ve elle
yazılanlar; beşi birlikte. Sonra LR'nin kendisi: LR aralık testi, zamanlamalar ve yarışları.

    python uygulama_02_callbacks_lr.py              bütün bölümler
    python uygulama_02_callbacks_lr.py --bolum 7    tek bölüm
    python uygulama_02_callbacks_lr.py --yardim     öteki seçenekler
"""

# %% Hazırlık
# isort: off
from common import LabError, largest_difference, load_breast_cancer, load_mnist, percent
from common import plots, predict_in, set_seed, start_python
from common.old import OldLab as Lab
from common.old import restart_from as restart
# isort: on  (önce common: Keras'ın ayarlarını o yapar)

import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from textwrap import shorten

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops
from keras.optimizers import schedules

BATCH_CANCER = 31  # 341 eğitim satırı = 11 tam adım
BATCH = 125  # MNIST alt kümelerini tam böler
LR_CANCER = 3e-3  # doğrulama kaybı erken dibe varsın, sonra aşırı öğrenme başlasın
LR_QUICK = 1e-2  # --hizli: dibe daha az epoch'ta
MAX_EPOCHS = 150  # erken durdurma bundan önce davransın

STOP_PATIENCE = 15  # slayt: val_loss bu kadar epoch iyileşmezse dur
MIN_DELTA = 1e-4  # slayt: bundan küçük düşüş iyileşme sayılmaz
PLATEAU_FACTOR = 0.3  # slayt: platoda LR bununla çarpılır
PLATEAU_PATIENCE = 7  # slayt
PLATEAU_MIN_LR = 1e-7  # slayt

EPOCHS_CHECKPOINT = 25  # doğrulama AUC'si en iyisini görüp gerilesin
N_PLATEAU = 5_000  # görüntü: epoch kısa sürsün
EPOCHS_PLATEAU = 40  # birkaç basamak görülsün
TRAP_LR = 0.03  # zamanlamalı tuzakta plato çabuk gelsin
PLATEAU_LR = 0.3  # SGD'yi dibin çevresinde sıçratacak kadar büyük

ANATOMY_EPOCHS, ANATOMY_ROWS = 2, 62  # iki epoch x iki adım: sıra ekrana sığsın
TARGET_ACCURACY = 0.97  # bu doğrulama doğruluğuna varınca dur

EPOCHS_LOGGER = 4  # canlı şekil birkaç kez yenilensin
LOGGER_LR = 1e-3  # slaytın CosineDecay başlangıcı
REDRAW_EVERY = 5  # Breast Cancer'da epoch çizimden kısadır: beş epoch'ta bir çiz

FINDER_START = 1e-7  # slayt: LR aralık testi buradan başlar
FINDER_LIMIT = 1e3  # slaytta 1; kayıp orada ıraksamadıysa test sürer
STEPS_PER_DECADE = 30  # LR on katına kaç adımda çıkar
SMOOTHING_STEPS = 10  # kayıp bu kadar adımın üstel ortalamasıyla düzleştirilir
DIVERGED = 2.0  # düzleşmiş kayıp en iyisinin bu katına çıkarsa ıraksadı
FALL_STARTS, FALL_ENDS = 0.1, 0.9  # düşüşün başı ve sonu: toplam düşüşün payı
TOO_LARGE = 30  # önerilenin bu katı LR denenir

GALLERY_STEPS = 1_000  # slayttaki decay_steps
WARMUP_STEPS = 200  # slayttaki warmup_steps
GALLERY_LR = 1e-3  # slayttaki başlangıç LR'si
EXPONENTIAL_RATE = 0.96  # slayttaki ExponentialDecay oranı
EXPONENTIAL_STEPS = 100  # slaytta 1000; burada basamaklar ekrana sığsın
RESTART_STEPS = 200  # ilk dönem: 1000 adıma yeniden başlatmalar sığsın
CYCLE_LR = (1e-4, 1e-2)  # slayttaki CyclicalLR sınırları
CYCLE_STEPS = 125  # yarım döngü: dört döngü görülsün
MESSAGE = 60  # Keras iletisinin tabloya sığan kadarı (harf)
ONE_CYCLE_RISE, ONE_CYCLE_START = 0.3, 0.04  # çıkışın payı; ilk LR tepenin bu kadarı

N_TRAIN = 20_000  # MNIST alt kümesi: yarış saniyeler sürsün
N_VAL = 2_000  # doğruluğun örnekleme hatası bir puanın altında kalsın
EPOCHS_FINDER = 2  # önerilen LR öğrenir, çok büyüğü öğrenemez: ayrılana kadar
EPOCHS_RACE = 3  # iyi LR'ler hedefe varana kadar
SEEDS = 3  # kalite iddiasında tekrar sayısı
CHECK_STEPS = 32  # kaç adımda bir doğrulama doğruluğu ölçülür; epoch'un adımlarını tam böler
RACE_TARGET = 0.95  # "bu doğruluğa kaç adımda?"
FINAL_SHARE = 0.01  # ExponentialDecay yarışın sonunda LR'nin yüzde birine iner
WARMUP_SHARE = 10  # ısınma: adımların onda biri
MOMENTUM = 0.9  # SGD'nin olağan momentumu

lab = Lab("uygulama_02_callbacks_lr", "Uygulama 02 · Callbacks ve LR zamanlaması", "11:45-13:00")


# %% 1 · EarlyStopping
def cancer_model(optimizer=None, auc="auc") -> keras.Sequential:
    """Breast Cancer için küçük ağ; `auc` metriğin adıdır, callback'ler onu bu adla bulur."""
    model = keras.Sequential(
        [
            layers.Input(shape=(30,)),
            layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(32, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer=optimizer or keras.optimizers.Adam(lab.pick(LR_CANCER, LR_QUICK)),
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.AUC(name=auc)],
    )
    model.optimizer.build(model.trainable_variables)  # yoksa ilk adım iki kez izlenir (trace)
    return model


def fit_cancer(model, data, epochs: int, callbacks: list) -> dict[str, list[float]]:
    """Callback'lerle eğitir; `fit`in tuttuğu kayıt: metriğin adı → epoch başına değer."""
    history = model.fit(
        data.x_train,
        data.y_train,
        batch_size=BATCH_CANCER,
        epochs=epochs,
        validation_data=(data.x_val, data.y_val),
        validation_batch_size=len(data.x_val),
        callbacks=[*callbacks, lab.watch()],
        verbose=0,
    )
    return history.history


def validation_loss(model, data) -> float:
    """Modelin şimdiki ağırlıklarıyla doğrulama kaybı."""
    n = len(data.x_val)
    return model.evaluate(data.x_val, data.y_val, n, verbose=0, return_dict=True)["loss"]


def draw_early_stopping(history, best: int, stopped: int):
    """Kayıp eğrileri; geri yüklenen ve durulan epoch işaretli."""
    title = "Erken durdurma: en iyi epoch ile durulan epoch"
    fig, axes = plots.figure(title)
    parts = {"eğitim": history["loss"], "doğrulama": history["val_loss"]}
    plots.curves(axes, parts, "epoch", "kayıp (binary cross-entropy)", legend=False)
    axes.set_yscale("log")
    marks = (best, "geri yüklenen", plots.COLORS[2]), (stopped, "durulan", plots.COLORS[3])
    for (epoch, label, color), style in zip(marks, (":", "--"), strict=True):
        text = f"{label}: epoch {epoch + 1}"
        axes.axvline(epoch + 1, color=color, linestyle=style, linewidth=4, label=text)
    axes.legend(loc="lower left")
    return fig


@lab.section
def early_stopping():
    """EarlyStopping: eğitim nerede durur, hangi ağırlıklar kalır?

    Sabır (patience) 15 epoch. Doğrulama kaybı en düşük olan epoch ile durulan epoch arasında kaç
    epoch var? restore_best_weights=False olsaydı elinizde hangi model kalırdı? Önce tahmin edin.
    """
    data = load_breast_cancer()
    model, twin = cancer_model(), cancer_model()
    rows = []
    for restore in (False, True):
        restart(model, twin, lab.seed)  # aynı ağırlıklar, aynı mini-batch sırası
        stop = keras.callbacks.EarlyStopping(
            monitor="val_loss",
            patience=STOP_PATIENCE,
            min_delta=MIN_DELTA,
            restore_best_weights=restore,
        )
        history = fit_cancer(model, data, MAX_EPOCHS, [stop])
        row = {"restore_best_weights": str(restore), "en iyi epoch": stop.best_epoch + 1}
        row |= {"durulan epoch": len(history["loss"]), "val_loss": validation_loss(model, data)}
        rows.append(row)
    lab.table(rows, "Aynı eğitim, iki ayar: eğitim bitince modelin doğrulama kaybı")

    best, stopped = stop.best_epoch, len(history["loss"]) - 1
    lab.save(draw_early_stopping(history, best, stopped))
    kept, restored = (row["val_loss"] for row in rows)
    waited = f"{stopped - best} epoch sonra durdu"
    lab.observe(
        f"En iyi epoch {best + 1}; eğitim {waited if stop.stopped_epoch else 'hiç durmadı'}. Geri "
        f"yüklenen ağırlıkların doğrulama kaybı {restored:.4f}, son epoch'unkilerin {kept:.4f} "
        f"({kept / restored:.1f} katı)."
    )
    found = {"best": best, "stopped": stopped, "history": history["val_loss"]}
    return found | {"restored": restored, "kept": kept}


# %% 2 · ModelCheckpoint
class SaveWatcher(keras.callbacks.Callback):
    """Kontrol noktasından sonra çalışır: dosya bu epoch'ta yeniden yazıldı mı?

    `publish` verilirse yeni dosya `outputs` altına bir bütün olarak kopyalanır: eğitim Ctrl-C ile
    kesilse de o ana kadarki en iyi model oradadır.
    """

    def __init__(self, path: Path, publish: str | None = None):
        super().__init__()
        self.path, self.publish, self.published = path, publish, None

    def modified(self) -> int | None:
        return self.path.stat().st_mtime_ns if self.path.exists() else None

    def on_train_begin(self, logs=None):
        self.epochs, self.stamp = [], self.modified()

    def on_epoch_end(self, epoch, logs=None):
        if self.modified() == self.stamp:
            return
        self.epochs.append(epoch)
        self.stamp = self.modified()
        if self.publish is not None:
            with lab.file(self.publish, ".keras") as target:
                shutil.copyfile(self.path, target)
            self.published = lab.written[-1]


def best_auc_checkpoint(path: Path) -> keras.callbacks.ModelCheckpoint:
    """Slaytın kontrol noktası: val_auc en yüksek olduğunda modeli kaydet."""
    return keras.callbacks.ModelCheckpoint(
        filepath=path, monitor="val_auc", mode="max", save_best_only=True
    )


# Yarınki siz: bu betikten hiçbir şey bilmeyen yeni bir Python
PREDICT = """
import sys, keras, numpy
model, x, out = sys.stdin.read().split("\\n")
numpy.save(out, keras.models.load_model(model)(numpy.load(x)))
"""


def wrong_name_trap(data, epochs: int) -> tuple[list[int], str, dict[str, list[float]]]:
    """metrics=["AUC"] + monitor="val_auc": kaydedilen epoch'lar, uyarı, gerçek adlarla kayıt."""
    model = cancer_model(auc="AUC")  # metrics=["AUC"] yazınca Keras'ın verdiği ad
    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(record=True, action="always") as caught,
    ):
        path = Path(folder, "model.keras")
        watcher = SaveWatcher(path)
        history = fit_cancer(model, data, epochs, [best_auc_checkpoint(path), watcher])
    messages = [str(w.message) for w in caught if "val_auc" in str(w.message)]
    return watcher.epochs, messages[0] if messages else "", history


def draw_checkpoint(values, saved, trapped):
    """Doğrulama AUC'si; kaydedilen epoch'lar, altta yanlış adla kaydedilenler."""
    fig, ax = plots.figure("ModelCheckpoint hangi epoch'larda kaydetti?")
    epochs = np.arange(1, len(values) + 1)
    ax.plot(epochs, values, label="val_auc", **plots.look(0) | {"marker": ""})
    best = [values[i] for i in saved]
    ax.plot(epochs[saved], best, "*", markersize=28, color=plots.COLORS[1], label="kaydedildi")
    floor = np.full(len(trapped), min(values) - 0.05 * np.ptp(values))
    look = {"color": plots.COLORS[3], "markersize": 12, "markeredgewidth": 3}
    ax.plot(epochs[trapped], floor, "x", label='metrics=["AUC"] iken kaydedilen', **look)
    ax.set(xlabel="epoch", ylabel="doğrulama AUC'si")
    ax.legend(loc="center right")
    return fig


@lab.section
def model_checkpoint():
    """ModelCheckpoint: diskte hangi model kalır?

    save_best_only=True iken dosya her epoch'ta mı yazılır? metrics=["AUC"] yazıp
    monitor="val_auc" istersek ne olur? Önce tahmin edin.
    """
    data, epochs = load_breast_cancer(), lab.pick(EPOCHS_CHECKPOINT, EPOCHS_CHECKPOINT // 3)
    with start_python(PREDICT) as fresh:  # o Keras'ı yüklerken burada eğitim sürer
        model = cancer_model()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "best_model.keras")
            watcher = SaveWatcher(path, publish="")
            history = fit_cancer(model, data, epochs, [best_auc_checkpoint(path), watcher])
        saved, values = watcher.epochs, history["val_auc"]
        set_seed(lab.seed)
        trapped, warning, wrong = wrong_name_trap(data, epochs)
        best = keras.models.load_model(watcher.published)
        elsewhere, _ = predict_in(fresh, watcher.published, data.x_val)
    difference = largest_difference([best(data.x_val).numpy()], [elsewhere])
    stored = best.evaluate(data.x_val, data.y_val, len(data.x_val), verbose=0, return_dict=True)

    shown = sorted({*saved, epochs - 1})
    answer = {True: "yazıldı", False: "yazılmadı"}
    rows = [{"epoch": i + 1, "val_auc": values[i], "disk": answer[i in saved]} for i in shown]
    lab.table(rows, "Yazılan epoch'lar ve son epoch")
    lab.say(f"Tuzak · Keras: {warning}\nBu eğitimdeki adlar: {', '.join(wrong)}")
    lab.say('Çaresi: metrics=[keras.metrics.AUC(name="auc")]\n')
    lab.save(draw_checkpoint(values, saved, trapped))
    lab.observe(
        f"{epochs} epoch'un {len(saved)} tanesinde, yalnız val_auc yükselince yazdı. Diskteki "
        f"model: epoch {saved[-1] + 1}, val_auc {stored['auc']:.4f} (son epoch {values[-1]:.4f}); "
        f"yeni süreçte tahmin farkı {difference:g}. Yanlış adla {len(trapped)} kez yazdı: diskte "
        f"epoch {trapped[-1] + 1} kalırdı (val_AUC {wrong['val_AUC'][trapped[-1]]:.4f}; en iyisi "
        f"{max(wrong['val_AUC']):.4f})."
    )
    found = {"saved": saved, "values": values, "stored": stored["auc"], "trapped": trapped}
    return found | {"difference": difference, "warning": warning, "names": list(wrong)}


# %% 3 · ReduceLROnPlateau
def mnist_model(rate, metrics=("accuracy",), steps_per_execution=1) -> keras.Sequential:
    """MNIST deneylerinin ağı; `rate` sabit bir LR ya da bir zamanlamadır."""
    model = keras.Sequential(
        [
            layers.Input(shape=(784,)),
            layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=rate, momentum=MOMENTUM),
        loss="sparse_categorical_crossentropy",
        metrics=list(metrics),
        steps_per_execution=steps_per_execution,  # callback'ler bu kadar adımda bir çağrılır
    )
    model.optimizer.build(model.trainable_variables)
    return model


def plateau_by_hand(losses: list[float], rate: float) -> list[float]:
    """Callback'in kuralı elle: her epoch'ta kullanılan LR."""
    best, wait, used = np.inf, 0, []
    for loss in losses:
        used.append(rate)
        wait = 0 if loss < best - MIN_DELTA else wait + 1
        best = loss if wait == 0 else best
        if wait >= PLATEAU_PATIENCE:
            rate, wait = max(rate * PLATEAU_FACTOR, PLATEAU_MIN_LR), 0
    return used


def reduce_on_plateau() -> keras.callbacks.ReduceLROnPlateau:
    """Slaytın ayarlarıyla."""
    return keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss",
        factor=PLATEAU_FACTOR,
        patience=PLATEAU_PATIENCE,
        min_delta=MIN_DELTA,
        min_lr=PLATEAU_MIN_LR,
    )


def schedule_trap() -> tuple[str, int]:
    """LR'yi hem zamanlama hem callback yönetmek isterse: hata ne zaman, ne diye gelir?"""
    schedule = schedules.ExponentialDecay(TRAP_LR, EXPONENTIAL_STEPS, EXPONENTIAL_RATE)
    model = cancer_model()
    model.compile(keras.optimizers.Adam(learning_rate=schedule), "binary_crossentropy")
    finished = keras.callbacks.History()
    try:
        fit_cancer(model, load_breast_cancer(), MAX_EPOCHS, [finished, reduce_on_plateau()])
    except TypeError as error:
        return str(error).split(".")[0], len(finished.epoch)
    return "hata vermedi", MAX_EPOCHS


def draw_plateau(histories, rates):
    """Üstte kayıplar, altta LR'nin basamakları."""
    fig, (top, bottom) = plots.figure("Platoda LR düşürme", 2, 1, sharex=True)
    curves = {name: history["val_loss"] for name, history in histories.items()}
    plots.curves(top, curves, "", "doğrulama kaybı")
    bottom.step(range(1, len(rates) + 1), rates, where="mid", linewidth=4, color=plots.COLORS[1])
    bottom.set(yscale="log", xlabel="epoch", ylabel="LR")
    return fig


@lab.section
def reduce_lr_on_plateau():
    """ReduceLROnPlateau: plato görünce LR'yi düşür

    Sabır 7, çarpan 0.3. LR hangi epoch'larda düşer; düşünce kayıp iyileşir mi? LR'yi bir
    zamanlama yönetirken aynı callback'i de eklersek ne olur, ne zaman? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_PLATEAU), N_VAL)
    model, twin, histories = mnist_model(PLATEAU_LR), mnist_model(PLATEAU_LR), {}
    for name, callbacks in (("sabit LR", []), ("platoda düşen LR", [reduce_on_plateau()])):
        restart(model, twin, lab.seed)
        history = model.fit(
            data.x_train,
            data.y_train,
            batch_size=BATCH,
            epochs=lab.pick(EPOCHS_PLATEAU, EPOCHS_PLATEAU // 2),
            validation_data=(data.x_val, data.y_val),
            validation_batch_size=len(data.x_val),
            callbacks=[*callbacks, lab.watch()],
            verbose=0,
        )
        histories[name] = history.history
    constant, reduced = histories.values()
    rates = reduced["learning_rate"]
    by_hand = plateau_by_hand(reduced["val_loss"], PLATEAU_LR)
    difference = float(np.max(np.abs(np.array(rates) / by_hand - 1)))

    drops = [i for i in range(1, len(rates)) if rates[i] < rates[i - 1]]
    rows = [{"epoch": i + 1, "LR": rates[i], "elle LR": by_hand[i]} for i in (0, *drops)]
    lab.table(rows, "LR'nin düştüğü epoch'lar: Keras ve val_loss kaydından elle")
    message, epoch = schedule_trap()
    lab.say(f"Tuzak · zamanlama + ReduceLROnPlateau, epoch {epoch} bitince TypeError: {message}.")
    lab.say("Çaresi: LR'yi ya zamanlama yönetsin ya callback; ikisi birden olmaz.\n")
    lab.save(plots.with_sizes(draw_plateau(histories, rates), data))
    ends = [(h["loss"][-1], h["val_loss"][-1]) for h in (constant, reduced)]
    lab.observe(
        f"LR {len(drops)} kez düştü ({rates[0]:g} → {rates[-1]:.2g}); elle hesapla göreli fark "
        f"{difference:.0e}. Sabit LR ile düşen LR'nin son eğitim kaybı {ends[0][0]:.3f} ve "
        f"{ends[1][0]:.3f}, son doğrulama kaybı {ends[0][1]:.3f} ve {ends[1][1]:.3f}. "
        f"Zamanlamayla birlikte hata ilk epoch'ta değil, sabır bitince (epoch {epoch}) geldi."
    )
    found = {"difference": difference, "drops": drops, "ends": ends, "rates": rates}
    return found | {"trap": message, "trap_epoch": epoch}


# %% 4 · Callback'in anatomisi
HOOKS = tuple(
    f"on_{when}_{end}"
    for when in ("train", "epoch", "train_batch", "test", "test_batch")
    for end in ("begin", "end")
)


class HookRecorder(keras.callbacks.Callback):
    """Çağrılan her kancanın (hook) adını sırayla yazar."""

    def __init__(self):
        super().__init__()
        self.calls = []


def recording(hook: str) -> Callable:
    """Yalnız kendi adını yazan kanca."""
    return lambda self, *arguments, **keywords: self.calls.append(hook)


for name in HOOKS:
    setattr(HookRecorder, name, recording(name))


class OldBatchHook(keras.callbacks.Callback):
    """Slayttaki ad: on_batch_end. on_train_batch_end'in takma adıdır, yine çağrılır."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def on_batch_end(self, batch, logs=None):
        self.count += 1


def logged(logs: dict, monitor: str) -> float:
    """`logs` içinden bir metrik; yoksa hangilerinin olduğunu söyleyen hata."""
    if monitor not in logs:
        raise LabError(
            f"'{monitor}' adında bir metrik yok. Bu eğitimde olanlar: {', '.join(sorted(logs))}.\n"
            "Adı bunlardan biriyle değiştirin; val_ ile başlayanlar için fit'e "
            "validation_data= verin."
        )
    return logs[monitor]


class StopAtTarget(keras.callbacks.Callback):
    """Metrik hedefe varınca eğitimi durdurur."""

    def __init__(self, monitor: str, target: float):
        super().__init__()
        self.monitor, self.target = monitor, target

    def on_epoch_end(self, epoch, logs=None):
        if logged(logs, self.monitor) >= self.target:
            self.model.stop_training = True  # fit bu epoch'tan sonra durur


def expected_calls(epochs: int, steps: int) -> list[str]:
    """Kancaların sırası: her begin kendi end'ini bekler; doğrulama epoch'un içindedir."""
    train_step = ["on_train_batch_begin", "on_train_batch_end"]
    test_step = ["on_test_batch_begin", "on_test_batch_end"]
    validation = ["on_test_begin", *test_step, "on_test_end"]
    epoch = ["on_epoch_begin", *train_step * steps, *validation, "on_epoch_end"]
    return ["on_train_begin", *epoch * epochs, "on_train_end"]


def draw_calls(calls: list[str], history, target: float):
    """Solda kancaların sırası, sağda hedefe varınca duran eğitim."""
    fig, (left, right) = plots.figure("Callback'in anatomisi", 1, 2, width_ratios=(3, 2))
    heights = [HOOKS.index(call) for call in calls]
    left.step(range(1, len(calls) + 1), heights, where="mid", color="gray", linewidth=1)
    for end, marker in (("begin", ">"), ("end", "s")):
        chosen = [i for i, call in enumerate(calls) if call.endswith(end)]
        label = f"on_…_{end}"
        left.plot(np.add(chosen, 1), np.take(heights, chosen), marker, markersize=11, label=label)
    left.set_yticks(range(len(HOOKS)), HOOKS)
    left.invert_yaxis()
    left.legend(loc="lower left")
    left.set_xlabel(f"çağrı sırası ({ANATOMY_EPOCHS} epoch, epoch başına 2 adım)")
    plots.curves(right, {"val_accuracy": history["val_accuracy"]}, "epoch", "doğrulama doğruluğu")
    right.axhline(target, color="black", linestyle="--", label="hedef")
    right.legend()
    plots.percent_axis(right.yaxis, digits=1)
    return fig


@lab.section
def callback_anatomy():
    """Callback'in anatomisi: hangi kanca (hook) ne zaman çağrılır?

    İki epoch, epoch başına iki adım ve doğrulama: kaç kanca çağrılır? on_epoch_end doğrulamadan
    önce mi gelir, sonra mı? keras.callbacks.BaseCallback var mı? Önce tahmin edin.
    """
    data = load_breast_cancer()
    model, recorder, old = cancer_model(), HookRecorder(), OldBatchHook()
    few = data.x_train[:ANATOMY_ROWS], data.y_train[:ANATOMY_ROWS]
    model.fit(
        *few,
        batch_size=BATCH_CANCER,
        epochs=ANATOMY_EPOCHS,
        validation_data=few,
        validation_batch_size=ANATOMY_ROWS,
        callbacks=[recorder, old],
        verbose=0,
    )
    steps = ANATOMY_ROWS // BATCH_CANCER
    expected = expected_calls(ANATOMY_EPOCHS, steps)

    restart(model, cancer_model(), lab.seed)
    stop = StopAtTarget("val_accuracy", TARGET_ACCURACY)
    history = fit_cancer(model, data, EPOCHS_CHECKPOINT, [stop])
    counts = [{"kanca": hook, "çağrı": recorder.calls.count(hook)} for hook in HOOKS]
    lab.table(counts, f"{ANATOMY_EPOCHS} epoch, epoch başına {steps} adım")
    lab.save(draw_calls(recorder.calls, history, TARGET_ACCURACY))
    reached = [i for i, value in enumerate(history["val_accuracy"]) if value >= TARGET_ACCURACY]
    stopped = len(history["val_accuracy"])
    ending = f"StopAtTarget eğitimi epoch {stopped} bitince durdurdu"
    if not reached:
        ending = f"{stopped} epoch'ta hedefe varılmadı: StopAtTarget durdurmadı"
    after = recorder.calls.index("on_epoch_end") > recorder.calls.index("on_test_end")
    base = "var" if hasattr(keras.callbacks, "BaseCallback") else "yok"
    lab.observe(
        f"{len(recorder.calls)} çağrının sırası beklenenle "
        f"{'aynı' if recorder.calls == expected else 'aynı değil'}; on_epoch_end doğrulamadan "
        f"{'sonra' if after else 'önce'} geldi. on_batch_end {old.count} kez çağrıldı "
        f"(on_train_batch_end'in takma adı); keras.callbacks.BaseCallback {base}: "
        f"keras.callbacks.Callback'ten türetin. {ending}."
    )
    found = {"calls": recorder.calls, "expected": expected, "old": old.count, "base": base}
    return found | {"reached": reached, "stopped": stopped}


# %% 5 · LRLogger ve Plotter
class LRLogger(keras.callbacks.Callback):
    """Her adımda kullanılan LR'yi yazar; her epoch sonunda CSV dosyasını yeniler."""

    def __init__(self, suffix: str = "_lr"):
        super().__init__()
        self.suffix = suffix

    def on_train_begin(self, logs=None):
        self.rates = []  # ikinci bir fit kendi kaydını tutar

    def on_train_batch_begin(self, batch, logs=None):
        # Adımdan önce: sonra okunursa bir sonraki adımın LR'si görülür
        self.rates.append(float(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch, logs=None):
        self.write()

    def write(self):
        """Dosya her an bütündür: Ctrl-C gelse de son epoch'a kadarki kayıt durur."""
        frame = pd.DataFrame({"adım": np.arange(1, len(self.rates) + 1), "LR": self.rates})
        with lab.file(self.suffix, ".csv") as path:
            frame.to_csv(path, index=False, encoding="utf-8-sig")


class Plotter(keras.callbacks.Callback):
    """Kayıp, bir metrik ve LR: her epoch sonunda yeniden çizilen şekil.

    PNG dosyası her seferinde bir bütün olarak değişir (`lab.file`); `--goster` ile pencerede de
    yenilenir.
    """

    def __init__(self, monitor: str, label: str, suffix: str = "_canli", every: int = 1):
        super().__init__()
        self.monitor, self.label, self.suffix, self.every = monitor, label, suffix, every
        self.fig = None

    def on_train_begin(self, logs=None):
        if self.fig:
            plt.close(self.fig)  # ikinci bir fit yeni bir şekle başlar
        self.fig, self.axes = plots.figure("Eğitim sürerken", 1, 3)
        self.history, self.lines, self.redraws, self.seconds = {}, {}, [], []

    def on_epoch_end(self, epoch, logs=None):
        logged(logs, self.monitor)
        rate = float(self.model.optimizer.learning_rate)
        for name, value in (logs | {"learning_rate": rate}).items():
            self.history.setdefault(name, []).append(value)
        if (epoch + 1) % self.every == 0:
            self.draw(epoch)

    def on_train_end(self, logs=None):
        epochs = len(self.history.get("loss", []))
        if epochs % self.every:
            self.draw(epochs - 1)

    def draw(self, epoch: int):
        """Eğrileri uzat, dosyayı değiştir."""
        start = time.perf_counter()
        epochs = range(1, len(self.history["loss"]) + 1)
        if not self.lines:
            self.lines = self.empty_lines()
        for name, line in self.lines.items():
            line.set_data(epochs, self.history[name])
            line.axes.relim()
            line.axes.autoscale_view()
        with lab.file(self.suffix, ".png") as path:
            self.fig.savefig(path)
        if lab.show_window:
            plots.present(lab.written[-1], "Eğitim sürerken")
        self.redraws.append(epoch)
        self.seconds.append(time.perf_counter() - start)

    def empty_lines(self) -> dict:
        """Ölçü başına bir eğri; doğrulama verisi yoksa onunkiler de yok."""
        lines = {}
        panels = ("loss", "kayıp"), (self.monitor, self.label), ("learning_rate", "LR")
        for ax, (name, label) in zip(self.axes, panels, strict=True):
            name = name.removeprefix("val_")
            shown = {"eğitim": name, "doğrulama": f"val_{name}"}
            known = {part: key for part, key in shown.items() if key in self.history}
            plots.curves(ax, {part: [] for part in known}, "epoch", label, legend=len(known) > 1)
            lines |= dict(zip(known.values(), ax.lines, strict=True))
        return lines


def wide_mnist_model(rate) -> keras.Sequential:
    """Slaytın katmanları (256 ve 128 nöron, BatchNorm, Dropout), MNIST'te."""
    hidden = []
    for width, dropout in ((256, 0.3), (128, 0.25)):
        hidden += [layers.Dense(width, activation="relu", kernel_initializer="he_normal")]
        hidden += [layers.BatchNormalization(), layers.Dropout(dropout)]
    output = layers.Dense(10, activation="softmax")
    model = keras.Sequential([layers.Input(shape=(784,)), *hidden, output])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)
    return model


class EpochTimer(keras.callbacks.Callback):
    """Callback'lerden önce başlar, önce biter: epoch'un eğitim ve doğrulama süresi."""

    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)


def draw_logger(rates, formula, epoch_seconds, redraw_seconds):
    """Yazılan LR ile formül; epoch'un ve bir çizimin süresi."""
    title = "LRLogger her adımı, Plotter her epoch'u yazar"
    fig, (left, right) = plots.figure(title, 1, 2, width_ratios=(2, 1))
    steps = np.arange(1, len(rates) + 1)
    left.plot(steps, formula, label="kosinüs tavlama formülü", linewidth=9, color="lightgray")
    left.plot(steps, rates, label="LRLogger", linewidth=3, color=plots.COLORS[0])
    left.set(xlabel="adım", ylabel="LR")
    left.legend()
    bars = right.bar(
        ("epoch", "bir çizim"), (epoch_seconds, redraw_seconds), color=plots.COLORS[:2]
    )
    right.bar_label(bars, fmt="%.2f", padding=4)
    right.set_ylabel("süre (saniye, ortanca)")
    return fig


@lab.section
def lr_logger_and_plotter():
    """Kendi callback'lerimiz: LRLogger ve Plotter

    CosineDecay ile LR her adımda değişir. 1. adımda ve eğitimin yarısında LR kaçtır? Şekli her
    epoch sonunda yeniden çizmek eğitimi yüzde kaç yavaşlatır? Önce tahmin edin.
    """
    data = load_mnist(lab.pick(None, lab.few(N_TRAIN)))
    epochs = lab.pick(EPOCHS_LOGGER, EPOCHS_LOGGER // 2)
    n_steps = epochs * len(data.x_train) // BATCH
    model = wide_mnist_model(schedules.CosineDecay(LOGGER_LR, decay_steps=n_steps))
    timer, logger = EpochTimer(), LRLogger()
    plotter = Plotter("val_accuracy", "doğruluk")
    model.fit(
        data.x_train,
        data.y_train,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=(data.x_val, data.y_val),
        validation_batch_size=len(data.x_val),
        callbacks=[timer, logger, plotter, lab.watch()],
        verbose=0,
    )
    steps = np.arange(n_steps)
    formula = LOGGER_LR * (1 + np.cos(np.pi * steps / n_steps)) / 2
    difference = largest_difference([formula], [np.array(logger.rates)])
    epoch_seconds, redraw = float(np.median(timer.seconds)), float(np.median(plotter.seconds))
    chosen = {"ilk": 0, "yarıdaki": n_steps // 2, "son": n_steps - 1}
    rows = [
        {"adım": f"{name} ({i + 1})", "LRLogger": logger.rates[i], "formül": formula[i]}
        for name, i in chosen.items()
    ]
    lab.table(rows, f"{len(logger.rates)} adımın üçü")
    lab.save(plotter.fig, "_canli")  # eğitim sürerken de yazılıyordu
    lab.save(draw_logger(logger.rates, formula, epoch_seconds, redraw))
    lab.observe(
        f"{len(logger.rates)} adımda yazılan LR formülden en çok {difference:.0e} ayrılıyor. "
        f"Plotter {epochs} epoch'ta {len(plotter.redraws)} kez çizdi; bir çizim "
        f"{redraw:.2f} saniye, epoch'un ({epoch_seconds:.1f} saniye) "
        f"{percent(redraw / epoch_seconds)} kadarı."
    )
    found = {"difference": difference, "logged": len(logger.rates), "steps": n_steps}
    return found | {"redraws": plotter.redraws, "epochs": epochs, "cost": redraw / epoch_seconds}


# %% 6 · Beş callback birlikte
def actions(stop, watcher, rates, logger, plotter, steps: int) -> dict[str, list[int]]:
    """Callback'in adı → iş gördüğü epoch'lar (0'dan sayılır)."""
    stopped = [stop.stopped_epoch] if stop.stopped_epoch else []
    return {
        "EarlyStopping": stopped,
        "ModelCheckpoint": watcher.epochs,
        # Kayıttaki LR o epoch'ta kullanılandır: callback bir önceki epoch bitince davrandı
        "ReduceLROnPlateau": [i for i in range(len(rates) - 1) if rates[i + 1] < rates[i]],
        "LRLogger": list(range(len(logger.rates) // steps)),
        "Plotter": plotter.redraws,
    }


def action_rows(acted) -> list[dict]:
    """Her callback'in kaç kez, ilk ve son olarak ne zaman iş gördüğü."""
    return [
        {
            "callback": name,
            "kaç kez": len(when),
            "ilk epoch": when[0] + 1 if when else "-",
            "son epoch": when[-1] + 1 if when else "-",
        }
        for name, when in acted.items()
    ]


def draw_timeline(acted, history):
    """Üstte doğrulama kaybı ve LR, altta kimin ne zaman iş gördüğü."""
    fig, (top, bottom) = plots.figure("Beş callback iş başında", 2, 1, sharex=True)
    epochs = range(1, len(history["loss"]) + 1)
    parts = {"eğitim": history["loss"], "doğrulama": history["val_loss"]}
    plots.curves(top, parts, "", "kayıp")
    top.set_yscale("log")
    rate = top.twinx()
    rate.step(epochs, history["learning_rate"], where="mid", color="gray", linewidth=3)
    rate.set(yscale="log", ylabel="LR (gri)")
    rate.grid(visible=False)
    for i, when in enumerate(acted.values()):
        look = plots.look(i) | {"linestyle": "none", "markersize": 14}
        bottom.plot(np.add(when, 1), [i] * len(when), **look)
    bottom.set_yticks(range(len(acted)), list(acted))
    bottom.set(xlabel="epoch", ylim=(len(acted) - 0.5, -0.5))
    return fig


@lab.section
def five_callbacks():
    """Beş callback birlikte: kim ne zaman iş gördü?

    EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, LRLogger ve Plotter aynı eğitimde. Sabırlar
    15 ve 7: erken durdurmadan önce LR kaç kez düşer? Önce tahmin edin.
    """
    data = load_breast_cancer()
    model, logger = cancer_model(), LRLogger()
    plotter = Plotter("val_auc", "AUC", every=lab.pick(REDRAW_EVERY, 2 * REDRAW_EVERY))
    stop = keras.callbacks.EarlyStopping(
        monitor="val_loss",
        patience=STOP_PATIENCE,
        min_delta=MIN_DELTA,
        restore_best_weights=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "best_model.keras")
        watcher = SaveWatcher(path, publish="_en_iyi")
        callbacks = [stop, best_auc_checkpoint(path), reduce_on_plateau(), logger, plotter]
        history = fit_cancer(model, data, MAX_EPOCHS, [*callbacks, watcher])
    best = keras.models.load_model(watcher.published)
    test = best.evaluate(data.x_test, data.y_test, len(data.y_test), verbose=0, return_dict=True)

    steps = len(data.x_train) // BATCH_CANCER
    acted = actions(stop, watcher, history["learning_rate"], logger, plotter, steps)
    lab.table(action_rows(acted), f"Breast Cancer, {len(history['loss'])} epoch")
    score = {"doğruluk": test["accuracy"], "AUC": test["auc"]}
    lab.table([score], "Diskteki model test kümesinde", {"doğruluk": percent}, suffix="_test")
    lab.save(plotter.fig, "_canli")
    lab.save(draw_timeline(acted, history))
    lab.observe(
        f"{len(acted)} callback'in {sum(map(bool, acted.values()))} tanesi iş gördü; durmadan "
        f"önce LR {len(acted['ReduceLROnPlateau'])} kez düştü. Diskteki model epoch "
        f"{watcher.epochs[-1] + 1}; {len(data.y_test)} test hastasında doğruluk "
        f"{percent(test['accuracy'])}, AUC {test['auc']:.3f}."
    )
    saved_auc = best.evaluate(data.x_val, data.y_val, len(data.x_val), verbose=0)[2]
    return {"acted": acted, "history": history, "test": test, "saved_auc": saved_auc}


# %% 7 · LR aralık testi
def smoothed(losses: list[float]) -> np.ndarray:
    """Son adımlara daha çok ağırlık veren ortalama (üstel, başlangıç yanlılığı giderilmiş)."""
    return pd.Series(losses).ewm(span=SMOOTHING_STEPS).mean().to_numpy()


class LRFinder(keras.callbacks.Callback):
    """LR'yi her adımda aynı oranla büyütür, mini-batch kaybını yazar, ıraksayınca durdurur.

    LR aralık testi (Smith, 2017).
    """

    def on_train_begin(self, logs=None):
        self.rates, self.losses, self.mean, self.diverged = [], [], 0.0, False

    def on_train_batch_begin(self, batch, logs=None):
        self.rates.append(FINDER_START * 10 ** (batch / STEPS_PER_DECADE))
        self.model.optimizer.learning_rate = self.rates[-1]

    def on_train_batch_end(self, batch, logs=None):
        # logs["loss"] epoch başından beri ortalamadır; n · ortalama - (n - 1) · önceki ortalama
        self.losses.append((batch + 1) * logs["loss"] - batch * self.mean)
        self.mean = logs["loss"]
        trend = smoothed(self.losses)
        self.diverged = not trend[-1] <= DIVERGED * trend.min()  # NaN da ıraksamadır
        if self.diverged:
            self.model.stop_training = True


def finder_steps() -> int:
    """FINDER_LIMIT'e kadar kaç adım var?"""
    return round(STEPS_PER_DECADE * np.log10(FINDER_LIMIT / FINDER_START))


def run_finder(model, data) -> LRFinder:
    """Testi koşar; model ve optimizer ne olursa olsun eski haline döner."""
    variables = [*model.variables, *model.optimizer.variables]
    before = [variable.numpy() for variable in variables]
    finder = LRFinder()
    n = BATCH * finder_steps()
    try:
        model.fit(
            data.x_train[:n], data.y_train[:n], BATCH, shuffle=False, verbose=0, callbacks=[finder]
        )
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    return finder


def suggest(finder: LRFinder) -> tuple[float, float]:
    """Slaytın okuyuşu: kayıp düşmeye başlayınca en küçük LR, düşüş biterken en büyük LR."""
    trend = smoothed(finder.losses)
    bottom = int(np.argmin(trend))
    start = trend[:STEPS_PER_DECADE].mean()  # ilk on katta LR henüz etkisizdir
    fallen = (start - trend[: bottom + 1]) / (start - trend[bottom])
    low, high = (int(np.argmax(fallen >= share)) for share in (FALL_STARTS, FALL_ENDS))
    return finder.rates[low], finder.rates[high]


def losses_by_hand(model, data, rates: list[float]) -> list[float]:
    """Aynı test elle: her adımda LR'yi ver, kaybı hesapla, gradyan adımını at (uygulama 04)."""
    entropy = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = entropy(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        return loss

    losses = []
    for i, rate in enumerate(rates):
        model.optimizer.learning_rate = rate
        batch = slice(i * BATCH, (i + 1) * BATCH)
        losses.append(float(step(data.x_train[batch], data.y_train[batch])))
    return losses


def train_at(model, twin, data, rate: float, seed: int) -> list[float]:
    """Aynı başlangıçtan sabit LR ile eğitir; epoch başına doğrulama doğruluğu."""
    restart(model, twin, seed)
    model.optimizer.learning_rate = rate
    history = model.fit(
        data.x_train[: lab.few(N_TRAIN)],
        data.y_train[: lab.few(N_TRAIN)],
        batch_size=BATCH,
        epochs=EPOCHS_FINDER,
        validation_data=(data.x_val, data.y_val),
        validation_batch_size=len(data.x_val),
        callbacks=[lab.watch()],
        verbose=0,
    )
    return history.history["val_accuracy"]


def draw_finder(finder, low: float, high: float, curves):
    """Solda LR'ye karşı kayıp ve öneriler; sağda önerilen ve çok büyük LR ile eğitim."""
    fig, (left, right) = plots.figure("LR aralık testi", 1, 2, width_ratios=(2, 1))
    left.plot(finder.rates, finder.losses, ".", color="gray", label="mini-batch kaybı")
    trend = smoothed(finder.losses)
    left.plot(finder.rates, trend, linewidth=4, color=plots.COLORS[0], label="düzleşmiş")
    for i, (rate, name) in enumerate(((low, "en küçük"), (high, "en büyük")), start=1):
        look = {"color": plots.COLORS[i], "linestyle": plots.LINE_STYLES[i], "linewidth": 4}
        left.axvline(rate, label=f"{name} LR: {rate:.2g}", **look)
    left.set(xscale="log", xlabel="LR", ylabel="kayıp (cross-entropy)")
    left.set_ylim(0, DIVERGED * trend[0])
    left.legend(loc="lower left")
    plots.curves(right, curves, "epoch", "doğrulama doğruluğu")
    right.set_ylim(0, 1)
    plots.percent_axis(right.yaxis)
    return fig


@lab.section
def lr_range_test():
    """LR aralık testi (LR finder): hangi LR aralığı kullanılır?

    LR 1e-7'den başlayıp her adımda aynı oranla büyüyor. Kayıp hangi LR'de düşmeye başlar, nerede
    ıraksar? Önerilenin 30 katı LR ile eğitim ne yapar? Önce tahmin edin.
    """
    data = load_mnist(BATCH * finder_steps(), N_VAL)
    twin, model = mnist_model(FINDER_START), mnist_model(FINDER_START)
    restart(model, twin, lab.seed)  # bölüm 9'un başladığı ağırlıklardan: aynı öneri çıksın
    before = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    finder = run_finder(model, data)
    after = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    by_hand = losses_by_hand(model, data, finder.rates)
    difference = largest_difference([np.array(by_hand)], [np.array(finder.losses)])
    low, high = suggest(finder)

    rates = {"önerilen en büyük": high, f"onun {TOO_LARGE} katı": TOO_LARGE * high}
    curves = {name: train_at(model, twin, data, rate, lab.seed) for name, rate in rates.items()}
    good, bad = (curve[-1] for curve in curves.values())
    rows = [
        {"LR": low, "ne": "en küçük: kayıp düşmeye başladı", "doğrulama doğruluğu": np.nan},
        {"LR": high, "ne": "en büyük: düşüş bitmek üzere", "doğrulama doğruluğu": good},
        {"LR": TOO_LARGE * high, "ne": list(rates)[1], "doğrulama doğruluğu": bad},
        {"LR": finder.rates[-1], "ne": "testin durduğu yer", "doğrulama doğruluğu": np.nan},
    ]
    lab.table(rows, "Önerilen LR'ler ve denemesi", {"doğrulama doğruluğu": percent})
    lab.save(draw_finder(finder, low, high, curves))
    ending = "kayıp ıraksadı" if finder.diverged else "ıraksama görülmedi, sınıra varıldı"
    restored = largest_difference(before, after)
    lab.observe(
        f"Öneri: {low:.2g} - {high:.2g}; test LR {finder.rates[-1]:.2g} iken durdu ({ending}). "
        f"Önerilen en büyük LR ile doğruluk {percent(good)}, {TOO_LARGE} katıyla {percent(bad)}. "
        f"Ortalamadan geri bulunan kayıplar elle yazılan döngününkilerden en çok {difference:.0e} "
        f"ayrılıyor; model ve optimizer testten sonra {restored:g} kadar değişmiş."
    )
    found = {"suggested": (low, high), "accuracies": (good, bad), "difference": difference}
    return found | {"restored": restored, "diverged": finder.diverged, "last": finder.rates[-1]}


# %% 8 · Zamanlamalar
@keras.saving.register_keras_serializable(package="uygulama_02")
class WarmupCosineDecay(schedules.LearningRateSchedule):
    """Slayttaki ad Keras'ta yok: doğrusal ısınma (warmup), sonra kosinüs tavlama."""

    def __init__(self, peak: float, warmup_steps: int, decay_steps: int):
        super().__init__()
        self.peak, self.warmup_steps, self.decay_steps = peak, warmup_steps, decay_steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rising = self.peak * step / self.warmup_steps
        share = ops.clip((step - self.warmup_steps) / self.decay_steps, 0, 1)
        falling = self.peak * (1 + ops.cos(np.pi * share)) / 2
        return ops.where(step < self.warmup_steps, rising, falling)

    def get_config(self):
        names = ("peak", "warmup_steps", "decay_steps")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable(package="uygulama_02")
class CyclicalLR(schedules.LearningRateSchedule):
    """Slayttaki ad Keras'ta yok: base ile max arasında üçgen (Smith, 2017).

    `shrink` her döngüde yüksekliği böler: 1 "triangular", 2 "triangular2".
    """

    def __init__(self, base: float, max: float, step_size: int, shrink: float = 1.0):
        super().__init__()
        self.base, self.max, self.step_size, self.shrink = base, max, step_size, shrink

    def __call__(self, step):
        step = ops.cast(step, "float32")
        cycle = ops.floor(step / (2 * self.step_size))
        height = 1 - ops.abs(step / self.step_size - 2 * cycle - 1)  # 0 → 1 → 0
        return self.base + (self.max - self.base) * height / self.shrink**cycle

    def get_config(self):
        return {name: getattr(self, name) for name in ("base", "max", "step_size", "shrink")}


@keras.saving.register_keras_serializable(package="uygulama_02")
class OneCycle(schedules.LearningRateSchedule):
    """Tek döngü (Smith ve Topin, 2018): peak'e kosinüsle çık, sonra sıfıra yakına kosinüsle in."""

    def __init__(self, peak: float, total_steps: int, rise=ONE_CYCLE_RISE, start=ONE_CYCLE_START):
        super().__init__()
        self.peak, self.total_steps, self.rise, self.start = peak, total_steps, rise, start

    def __call__(self, step):
        share = ops.cast(step, "float32") / self.total_steps
        up = ops.clip(share / self.rise, 0, 1)
        down = ops.clip((share - self.rise) / (1 - self.rise), 0, 1)
        rising = self.start + (1 - self.start) * (1 - ops.cos(np.pi * up)) / 2
        falling = (1 + ops.cos(np.pi * down)) / 2
        return self.peak * ops.where(share < self.rise, rising, falling)

    def get_config(self):
        return {name: getattr(self, name) for name in ("peak", "total_steps", "rise", "start")}


def warmup_cosine_formula(s):
    rest = np.clip((s - WARMUP_STEPS) / (GALLERY_STEPS - WARMUP_STEPS), 0, 1)
    cosine = (1 + np.cos(np.pi * rest)) / 2
    return GALLERY_LR * np.where(s < WARMUP_STEPS, s / WARMUP_STEPS, cosine)


def triangle_formula(s, shrink: float):
    base, top = CYCLE_LR
    period = 2 * CYCLE_STEPS
    height = np.minimum(s % period, period - s % period) / CYCLE_STEPS
    return base + (top - base) * height / shrink ** (s // period)


def restarts_formula(s):
    """t_mul=2: her yeniden başlatmada dönem iki kat uzar, m_mul=1: tepe aynı kalır."""
    cycle = np.floor(np.log2(s / RESTART_STEPS + 1))
    share = (s - RESTART_STEPS * (2**cycle - 1)) / (RESTART_STEPS * 2**cycle)
    return GALLERY_LR * (1 + np.cos(np.pi * share)) / 2


def one_cycle_formula(s):
    rise = ONE_CYCLE_RISE * GALLERY_STEPS
    up = ONE_CYCLE_START + (1 - ONE_CYCLE_START) * (1 - np.cos(np.pi * s / rise)) / 2
    down = (1 + np.cos(np.pi * (s - rise) / (GALLERY_STEPS - rise))) / 2
    return CYCLE_LR[1] * np.where(s < rise, up, down)


EXPONENTIAL = (GALLERY_LR, EXPONENTIAL_STEPS, EXPONENTIAL_RATE)
GALLERY = {
    "sabit": (lambda s: GALLERY_LR, lambda s: np.full(len(s), GALLERY_LR)),
    "ExponentialDecay": (
        schedules.ExponentialDecay(*EXPONENTIAL),
        lambda s: GALLERY_LR * EXPONENTIAL_RATE ** (s / EXPONENTIAL_STEPS),
    ),
    "ExponentialDecay, basamaklı": (
        schedules.ExponentialDecay(*EXPONENTIAL, staircase=True),
        lambda s: GALLERY_LR * EXPONENTIAL_RATE ** (s // EXPONENTIAL_STEPS),
    ),
    "CosineDecay": (
        schedules.CosineDecay(GALLERY_LR, GALLERY_STEPS),
        lambda s: GALLERY_LR * (1 + np.cos(np.pi * s / GALLERY_STEPS)) / 2,
    ),
    "CosineDecayRestarts": (
        schedules.CosineDecayRestarts(GALLERY_LR, RESTART_STEPS),
        restarts_formula,
    ),
    "WarmupCosineDecay (bizim)": (
        WarmupCosineDecay(GALLERY_LR, WARMUP_STEPS, GALLERY_STEPS - WARMUP_STEPS),
        warmup_cosine_formula,
    ),
    "CyclicalLR triangular (bizim)": (
        CyclicalLR(*CYCLE_LR, CYCLE_STEPS),
        lambda s: triangle_formula(s, 1),
    ),
    "CyclicalLR triangular2 (bizim)": (
        CyclicalLR(*CYCLE_LR, CYCLE_STEPS, shrink=2.0),
        lambda s: triangle_formula(s, 2),
    ),
    "OneCycle (bizim)": (OneCycle(CYCLE_LR[1], GALLERY_STEPS), one_cycle_formula),
}

TRAPS = {
    "Adam(lr=1e-3)": (
        lambda: keras.optimizers.Adam(lr=1e-3),
        "learning_rate= yazın",
    ),
    "Adam(learning_rate=np.float32(1e-3))": (
        lambda: keras.optimizers.Adam(learning_rate=np.float32(1e-3)),
        "float(...) ile Python sayısına çevirin",
    ),
    "CosineDecay(0, 100, warmup_target=…)(0)": (
        lambda: schedules.CosineDecay(0, 100, warmup_target=1e-3, warmup_steps=10)(0),
        "0.0 yazın",
    ),
    "schedules.WarmupCosineDecay(...)": (
        lambda: schedules.WarmupCosineDecay(warmup_steps=200),
        "CosineDecay(warmup_target=, warmup_steps=) ya da kendi sınıfınız",
    ),
}


def caught(call: Callable) -> str:
    """Yanlış satırı dener; Keras'ın hatasının adı ve iletisinin başı."""
    try:
        call()
    except (ValueError, AttributeError, tf.errors.InvalidArgumentError) as error:
        lines = [line for line in str(error).splitlines() if line and "Cond.call" not in line]
        text = re.sub(r"\x1b\[\d*m", "", lines[0])  # Keras kalın yazmak için kaçış dizisi koyar
        return f"{type(error).__name__}: {shorten(text, MESSAGE, placeholder=' …')}"
    return "hata vermedi"


def saved_and_loaded() -> float:
    """Kendi zamanlamalarımız: optimizer ile kaydedilip yüklenince LR'ler ne kadar oynar?"""
    worst = 0.0
    for name, (schedule, _) in GALLERY.items():
        if "bizim" in name:
            file = lab.save(
                cancer_model(keras.optimizers.SGD(schedule)), "_" + type(schedule).__name__
            )
            loaded = keras.models.load_model(file).optimizer
            loaded.iterations.assign(WARMUP_STEPS // 2)
            difference = float(loaded.learning_rate) - float(schedule(WARMUP_STEPS // 2))
            worst = max(worst, abs(difference))
    return worst


def draw_gallery(steps, curves, formulas):
    """Dokuz zamanlama: formül kalın gri, Keras'ın verdiği ince renkli."""
    fig, axes = plots.figure("LR zamanlamaları (gri: formül, mavi: Keras)", 3, 3, sharex=True)
    for ax, (name, rates) in zip(axes.flat, curves.items(), strict=True):
        ax.plot(steps, formulas[name], linewidth=9, color="lightgray")
        ax.plot(steps, rates, linewidth=3, color=plots.COLORS[0])
        ax.set_title(name)
        ax.set_ylim(0, 1.1 * max(rates))
    fig.supxlabel("adım", size=plots.FONT)
    fig.supylabel("LR", size=plots.FONT)
    return fig


@lab.section
def schedule_gallery():
    """Zamanlamalar: LR'nin dokuz yolu, formülü ve Keras'taki yeri

    ExponentialDecay LR'yi her 100 adımda bir mi düşürür, her adımda mı? WarmupCosineDecay ile
    CyclicalLR Keras'ın neresinde? CosineDecay'in ısınması kaç adım sürer? Önce tahmin edin.
    """
    steps = np.arange(0, GALLERY_STEPS, lab.pick(5, 25))
    curves, formulas, rows = {}, {}, []
    for name, (schedule, formula) in GALLERY.items():
        curves[name] = np.array([float(schedule(int(step))) for step in steps])
        formulas[name] = formula(steps.astype(float))
        difference = largest_difference([curves[name]], [formulas[name]])
        row = {"zamanlama": name, "ilk LR": curves[name][0], "en büyük LR": curves[name].max()}
        rows.append(row | {"son LR": curves[name][-1], "formülden farkı": difference})
    lab.table(rows, f"{GALLERY_STEPS} adım")

    ours = curves["WarmupCosineDecay (bizim)"]
    built_in = schedules.CosineDecay(
        0.0, GALLERY_STEPS - WARMUP_STEPS, warmup_target=GALLERY_LR, warmup_steps=WARMUP_STEPS
    )
    theirs = np.array([float(built_in(int(step))) for step in steps])
    twin_difference = largest_difference([ours], [theirs])
    reload_difference = saved_and_loaded()
    traps = [
        {"yazılan": name, "Keras'ın yanıtı": caught(call), "çaresi": cure}
        for name, (call, cure) in TRAPS.items()
    ]
    lab.table(traps, "Sık yazılan yanlışlar", suffix="_tuzaklar")
    lab.save(draw_gallery(steps, curves, formulas))
    worst = max(row["formülden farkı"] for row in rows)
    lab.observe(
        f"{len(rows)} zamanlama formülünden en çok {worst:.0e} ayrılıyor. Bizim "
        f"WarmupCosineDecay, CosineDecay(0.0, …, warmup_target=, warmup_steps=) ile "
        f"{twin_difference:.0e} farkla aynı; decay_steps ısınmadan sonrasını sayar. Kendi "
        f"sınıflarımız modelle kaydedilip yüklenince LR farkı {reload_difference:g}."
    )
    found = {"rows": rows, "twin_difference": twin_difference, "traps": traps}
    return found | {"reload_difference": reload_difference, "curves": curves}


# %% 9 · Zamanlama yarışı
STEPS = "hedefe adım (ortanca)"


class Table(schedules.LearningRateSchedule):
    """LR'yi bir listeden okur: liste değişince aynı model yeniden izlenmeden (trace) yarışır."""

    def __init__(self, n_steps: int):
        super().__init__()
        self.rates = keras.Variable(np.zeros(n_steps, "float32"), trainable=False)

    def __call__(self, step):
        last = self.rates.shape[0] - 1  # yarış bitince okunursa son LR
        return ops.take(self.rates, ops.minimum(ops.cast(step, "int32"), last))


class AccuracyByStep(keras.callbacks.Callback):
    """Her CHECK_STEPS adımda bir doğrulama doğruluğu."""

    def __init__(self, data):
        super().__init__()
        self.data = data

    def on_train_begin(self, logs=None):
        self.curve = []

    def on_train_batch_end(self, batch, logs=None):
        predicted = np.argmax(self.model(self.data.x_val), axis=1)
        self.curve.append(float(np.mean(predicted == self.data.y_val)))


LOWEST, HIGHEST = "sabit, aralığın en küçüğü", "sabit, aralığın en büyüğü"  # bölüm 7'nin aralığı
QUICK_RACERS = (LOWEST, HIGHEST, "OneCycle")  # --hizli yarışçıları


def racers(low: float, high: float, n_steps: int) -> dict[str, Callable]:
    """Adı → zamanlama; hepsi LR aralık testinin önerisinden türer."""
    warmup = n_steps // WARMUP_SHARE
    return {
        LOWEST: lambda step: low,  # kötü seçilmiş sabit: üç epoch'a göre yavaş
        HIGHEST: lambda step: high,
        "ExponentialDecay": schedules.ExponentialDecay(high, n_steps, FINAL_SHARE),
        "CosineDecay": schedules.CosineDecay(high, n_steps),
        "CosineDecayRestarts": schedules.CosineDecayRestarts(high, n_steps // 3),
        "WarmupCosineDecay": WarmupCosineDecay(high, warmup, n_steps - warmup),
        "CyclicalLR": CyclicalLR(low, high, n_steps // 6),
        "OneCycle": OneCycle(high, n_steps),
    }


def steps_to_target(curve: list[float]) -> float:
    """Hedef doğruluğa vardığı ilk ölçüm, adım olarak; varamadıysa sonsuz."""
    hits = np.flatnonzero(np.array(curve) >= RACE_TARGET)
    return float(CHECK_STEPS * (hits[0] + 1)) if len(hits) else np.inf


def draw_race(rows, curves):
    """Solda tohumların ortalaması olarak doğruluk; sağda son doğruluk, ortalama ± std."""
    fig, (left, right) = plots.figure("Zamanlama yarışı", 1, 2, width_ratios=(3, 2))
    for i, row in enumerate(rows):
        runs, look = curves[row["zamanlama"]], plots.look(i)
        left.plot(CHECK_STEPS * np.arange(1, len(runs[0]) + 1), np.mean(runs, axis=0), **look)
        right.errorbar(row["doğruluk"], i, xerr=row["std"], capsize=8, **look | {"markersize": 14})
    left.axhline(RACE_TARGET, color="black", linewidth=1)
    left.set(xlabel="adım", ylabel="doğrulama doğruluğu (ortalama)")
    left.set_ylim(min(row["doğruluk"] for row in rows) - 0.05)
    right.set_yticks(range(len(rows)), [row["zamanlama"] for row in rows])
    right.invert_yaxis()
    right.set_xlabel("son doğruluk (ortalama ± std)")
    for axis in (left.yaxis, right.xaxis):
        plots.percent_axis(axis)
    return fig


def seeded_model(seed: int) -> keras.Sequential:
    """Yarışçıların bu tohumdaki ortak başlangıcı."""
    set_seed(seed)
    return mnist_model(FINDER_START)


def race_sentence(rows: list[dict]) -> str:
    """Kim önde, kim gürültünün içinde; OneCycle en iyi sabit LR'den ne kadar hızlı?"""
    row = {r["zamanlama"]: r for r in rows}
    best = max(rows, key=lambda r: r["doğruluk"])
    ties = tied_with_best(rows)
    constant = min((r for r in rows if "sabit" in r["zamanlama"]), key=lambda r: r[STEPS])
    one, steady = row["OneCycle"][STEPS], constant[STEPS]
    gain = "en az biri hedefe varmadığı için hız oranı ölçülemedi"
    if np.isfinite([one, steady]).all():
        gain = f"en hızlı sabit LR'nin {steady:.0f} adımına karşı {one:.0f} adım"
        gain += f" ({steady / one:.1f} kat)"
    worst = min(rows, key=lambda r: r["doğruluk"])
    text = f"En yüksek ortalama {best['zamanlama']} ile {percent(best['doğruluk'], best['std'])}"
    text += f"; farkı gürültünün içinde kalanlar: {', '.join(ties) or 'yok'}. En düşüğü "
    text += f"{worst['zamanlama']} ({percent(worst['doğruluk'])}). OneCycle ile "
    text += f"{percent(RACE_TARGET, digits=0)} doğruluğa: {gain}"
    fastest = min(rows, key=lambda r: r[STEPS])
    if np.isfinite(fastest[STEPS]):
        text += f"; en hızlısı {fastest['zamanlama']}, {fastest[STEPS]:.0f} adım"
    return f"{text} (ölçüm {CHECK_STEPS} adımda bir)."


def tied_with_best(rows: list[dict]) -> list[str]:
    """Ortalaması en iyiden gürültü kadar bile geride olmayanlar.

    Gürültü: tohumların saçılması (bütün yarışçıların ortak std'si, iki ortalamanın farkı için) ya
    da doğrulama kümesinin örnekleme hatası, hangisi büyükse.
    """
    best = max(rows, key=lambda row: row["doğruluk"])
    p = best["doğruluk"]
    spread = np.sqrt(2 * np.mean([row["std"] ** 2 for row in rows]))
    noise = max(spread, np.sqrt(p * (1 - p) / N_VAL))
    return [r["zamanlama"] for r in rows if r is not best and p - r["doğruluk"] <= noise]


@lab.section
def schedule_race():
    """Zamanlama yarışı: aynı ağ, aynı başlangıç, aynı mini-batch sırası

    Sekiz LR yolundan hangisi en yüksek doğruluğa varır, hangisi %95'e en az adımda? OneCycle
    "super-convergence" sağlar mı? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_TRAIN), N_VAL)
    n_steps = EPOCHS_RACE * len(data.x_train) // BATCH
    set_seed(lab.seed)
    low, high = suggest(run_finder(mnist_model(FINDER_START), load_mnist(BATCH * finder_steps())))
    paths = racers(low, high, n_steps)
    paths = lab.pick(paths, {name: paths[name] for name in QUICK_RACERS})
    table = Table(n_steps)
    model = mnist_model(table, metrics=(), steps_per_execution=CHECK_STEPS)
    seeds = lab.seeds(SEEDS)
    twins = {seed: seeded_model(seed) for seed in seeds}
    curves = {name: [] for name in paths}
    for name in lab.each(paths, f"{len(seeds)} tohumla eğitiliyor"):
        table.rates.assign(np.broadcast_to(paths[name](np.arange(n_steps)), n_steps))
        for seed in seeds:
            restart(model, twins[seed], seed)
            measure = AccuracyByStep(data)
            model.fit(
                data.x_train,
                data.y_train,
                batch_size=BATCH,
                epochs=EPOCHS_RACE,
                callbacks=[measure],
                verbose=0,
            )
            curves[name].append(measure.curve)

    rows = []
    for name, runs in curves.items():
        ends, reached = [run[-1] for run in runs], [steps_to_target(run) for run in runs]
        row = {"zamanlama": name, "doğruluk": np.mean(ends), "std": np.std(ends)}
        rows.append(row | {STEPS: np.median(reached)})
    target = percent(RACE_TARGET, digits=0)
    title = f"{n_steps} adım, {len(seeds)} tohum, LR {low:.2g} - {high:.2g}"
    title += f" (inf: {target} doğruluğa varamadı)"
    lab.table(rows, title, {"doğruluk": percent, "std": percent})
    lab.save(plots.with_sizes(draw_race(rows, curves), data))
    lab.observe(race_sentence(rows))
    return {"rows": rows, "curves": curves, "tied": tied_with_best(rows)}


# %% Sıra sizde
lab.exercise(
    "temel",
    "early_stopping",
    "Eğitim hangi epoch'ta durur? Geri yüklenen ağırlıkların doğrulama kaybı sabır 15'tekinden "
    "kötü mü; kaç epoch kazanıldı?",
    "durulan epoch",
    lambda found: found["stopped"] + 1,
    3,
    15,
    {"STOP_PATIENCE": 2},
)
lab.exercise(
    "orta",
    "reduce_lr_on_plateau",
    "LR kaç kez düşer, sonunda kaça iner? Son doğrulama kaybı sabır 7'dekinden iyi mi?",
    "LR'nin düşme sayısı",
    lambda found: len(found["drops"]),
    6,
    18,
    {"PLATEAU_PATIENCE": 2},
)
lab.exercise(
    "ileri",
    "schedule_race",
    "racers fonksiyonunun sözlüğüne kendi zamanlamanızı ekleyin: LR, high değerinden 0'a "
    'doğrusal insin (adı "doğrusal"; bir satır yeter). CosineDecay\'i geçer mi, yarışta kaçıncı '
    "olur?",
    "doğrusal inişin doğruluğu",
    lambda found: {row["zamanlama"]: row["doğruluk"] for row in found["rows"]}["doğrusal"],
    0.94,
    0.975,
    write=percent,
)


if __name__ == "__main__":
    lab.run()
