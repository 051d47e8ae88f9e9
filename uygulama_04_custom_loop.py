"""Uygulama 04 · Elle yazılan eğitim döngüsü ve mini proje        (15:15-17:00)

`tf.GradientTape` ile gradyandan tam bir eğitim döngüsüne; döngünün `fit`ten hızlısı, gradyan
kırpma, karma hassasiyet, kendi kaybımız ve metriğimiz. Sonunda günün bütün teknikleri tek bir
mini projede ve 16:30'da sunulacak posterde.

    python uygulama_04_custom_loop.py                        bütün bölümler
    python uygulama_04_custom_loop.py --bolum 7 --surdur     Ctrl-C ile kesilen eğitim sürer
    python uygulama_04_custom_loop.py --yardim               öteki seçenekler
"""

# %% Hazırlık
# isort: off
from common import LabError, largest_difference, load_breast_cancer, load_mnist, percent
from common import plots, predict_in, set_seed, start_python
from common.old import OldLab as Lab
from common.old import restart_from as restart
# isort: on  (önce common: Keras'ın ayarlarını o yapar)

import json
import re
import time
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import NamedTuple
from zipfile import BadZipFile

import keras
import ml_dtypes
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, ops, regularizers
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import confusion_matrix, fbeta_score, log_loss

FINITE_STEP = 1e-5  # sonlu farkın adımı: float64'te kesme ve yuvarlama hatasının dengesi
CURVE = (-3.0, 3.0, 121)  # bölüm 1'in fonksiyonu: aralık ve nokta sayısı

BATCH_CANCER = 31  # 341 eğitim satırı = 11 tam adım
SLIDE_LR = 1e-3  # slaytın Adam'ı
EPOCHS_LOOP = 6  # iki yanlışın etkisi görülsün
BN_MOMENTUM = 0.9  # varsayılan 0.99, az adımlı epoch'ta çok geriden gelir (uygulama 01, bölüm 9)

BATCH = 125  # MNIST alt kümelerini tam böler
N_SPEED = 10_000  # 80 adım: en yavaş döngü de birkaç saniyede bitsin
N_VAL = 2_000  # doğrulama doğruluğunun örnekleme hatası bir puanın altında kalsın
SPEED_REPEATS = 3  # en kısası alınır: başka programların araya girmesi yalnız uzatır
EAGER, XLA = "eager döngü", "jit_compile adım"  # biri bir kez ölçülür, öteki her aygıtta yoktur
RATES = (0.1, 0.2, 0.3)  # yeniden izlenen fonksiyona verilen Python sayıları

SEEDS = 3  # kalite iddiasında tekrar sayısı
N_CLIP = 10_000  # 80 adım: bozuk mini-batch'ten sonra toparlanmaya yer kalsın
RAW_PIXELS = 255.0  # bozuk mini-batch: pikseller 0-1 yerine 0-255
BAD_EVERY = 20  # kaç adımda bir bozuk mini-batch
CLIP_LR = 0.1  # temiz veride iyi öğreten SGD hızı
CLIP_NORM = 1.0  # temiz mini-batch'lerin gradyan normu düzeyinde
CLIP_VALUE = 0.01  # tek bir gradyan elemanı için

PRECISIONS = ("float16", "bfloat16", "float32")
POLICIES = ("mixed_float16", "mixed_bfloat16", "float32")
SMALL_STEP = 1e-4  # LR x gradyan boyunda bir adım: float16 ağırlık onu duyar mı?
N_PRECISION = 5_000  # gradyanları ölçülecek ağın eğitildiği görüntü
EPOCHS_PRECISION = 10  # iyi öğrenilen örneklerin gradyanı küçülsün: alttan taşma asıl o zaman
PRECISION_HIDDEN = 256  # süreleri ölçülen ağın gizli katmanı
LOSS_SCALE = 2**15  # LossScaleOptimizer'ın varsayılan başlangıcı
TOO_LARGE_SCALE = 2.0**22  # ilk adımların gradyanı float16'ya sığmasın
GROWTH_STEPS = 5  # bu kadar sağlam adımdan sonra ölçek ikiye katlanır (varsayılan 2000)
SCALE_BATCH, SCALE_STRIDE, SCALE_HIDDEN = 32, 4, 32  # işlemcide float16 yavaştır: minik ağ
SCALE_STEPS = 24  # yarılanma da katlanma da görülsün
TIMED_STEPS, TIMED_SECONDS = 20, 1.0  # süre ölçerken: bu kadar adım, ama bundan uzun sürmeden
BFLOAT16_GAIN = 1.2  # bundan az hızlandırıyorsa float32: seçim ölçümün oynamasıyla değişmesin

GAMMA = 2.0  # focal loss'un olağan üssü (Lin vd., 2017)
COST = 5.0  # kaçırılan tümör, yanlış alarmın kaç katı
BETA = 2.0  # F2: duyarlılık kesinlikten önemli
EPOCHS_COST = 20  # doğrulama kaybı düzleşene kadar
SPLIT = 25  # metriğin parça parça beslenmesi

# Mini projenin ayarları doğrulama kümesiyle seçildi; test kümesi seçimde hiç kullanılmadı
N_PROJECT = 55_000  # bütün eğitim kümesi
EPOCHS, WIDTH = 24, 384  # bir dakikaya sığan: dar ağ, çok epoch geniş ağ, az epoch'tan iyi
LONG_EPOCHS, LONG_WIDTH, LONG_BLOCKS = 40, 512, 2  # --uzun: altı dakikaya sığan
LONG_DROPOUT, LONG_WORST_NOISE = 0.1, 1.4  # rastgele gürültü yerine en kötüsü; uzunluğu (L2)
PROJECT_BATCH = 250  # 55 000 görüntüyü tam böler
PROJECT_MOMENTUM = 0.95  # BatchNorm: epoch 220 adım
PROJECT_NOISE = 0.3  # piksellere eklenen Gauss gürültüsünün std'si
PROJECT_DROPOUT = 0.2
PROJECT_DECAY = 0.1  # AdamW, LR ile çarpılır
PROJECT_CLIP = 1.0  # global_clipnorm
PROJECT_GAMMA = 0.5  # focal loss: 0 cross-entropy olurdu
TINY = 1e-30  # sıfıra bölmeye karşı; iyi öğrenilen görüntünün gradyanından çok küçük
AUXILIARY_WEIGHT = 0.3  # yardımcı çıkışın kayba katkısı
WARMUP_SHARE = 0.15  # adımların bu kadarı ısınma
RANGE = (1e-5, 1.0)  # LR aralık testinin iki ucu
RANGE_STEPS = 220  # bir epoch: aynı grafik koşar
RANGE_SMOOTH = 11  # kaybın hareketli ortalaması
RISE = 1.25  # düzleşmiş kayıp en dibinin bu katına çıkınca LR fazla büyük
PEAK_SHARE = 1 / 3  # tepe LR, fazla büyük LR'nin bu kadarı
PATIENCE_SHARE = 0.5  # sabır: LR yüksekken gelen duraklamalar son değildir
N_ABLATION, EPOCHS_ABLATION = 15_000, 6  # on bir tekniği birkaç dakikada kapatıp açmaya

TEMPERATURES = (0.2, 5.0)  # sıcaklığın arandığı aralık
CALIBRATION_BOXES = 10  # güven 0-1 aralığının bölündüğü kutular
SHOWN = 5  # en kararsız ve en yanlış rakamdan gösterilen
POSTER = {  # sol, alt, genişlik, yükseklik: sayfanın payı olarak
    "graph": (0.005, 0.01, 0.36, 0.89),
    "learning": (0.43, 0.63, 0.22, 0.24),
    "calibration": (0.44, 0.28, 0.21, 0.18),
    "confusion": (0.76, 0.48, 0.23, 0.39),
    "numbers": (0.73, 0.19, 0.26, 0.20),
}
POSTER_DIGITS = (0.36, 0.01, 0.063, 0.09)  # ilk rakamın yeri; ötekiler birer genişlik sağda


lab = Lab(
    "uygulama_04_custom_loop",
    "Uygulama 04 · Elle yazılan eğitim döngüsü ve mini proje",
    "15:15-17:00",
)
lab.option("--uzun", "bölüm 7: altı dakikalık daha iyi eğitim")
lab.option("--surdur", "bölüm 7: kesilen eğitimi kontrol noktasından sürdürür")
lab.option("--ablasyon", "bölüm 7: eğitim yerine teknikleri tek tek kapatır")
two = partial(percent, digits=2)  # mini projede onda bir puan da önemli


# %% 1 · GradientTape
def curve(x):
    """f(x) = x² sin x; türevleri aşağıda, elle."""
    return x**2 * tf.sin(x)


def curve_slope(x):
    return 2 * x * np.sin(x) + x**2 * np.cos(x)


def curve_bend(x):
    return 2 * np.sin(x) + 4 * x * np.cos(x) - x**2 * np.sin(x)


def tape_slopes(points) -> tuple[np.ndarray, np.ndarray]:
    """Birinci ve ikinci türev: dıştaki bant, içteki bandın hesabını da kaydeder."""
    x = tf.Variable(points)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = curve(x)
        slope = inner.gradient(y, x)
    return slope.numpy(), outer.gradient(slope, x).numpy()


def constant_not_watched(right: bool):
    """Sabit izlenmez; `watch` ile izlenir."""
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        if right:
            tape.watch(x)
        y = x**2
    return tape.gradient(y, x)


def left_tensorflow(right: bool):
    """NumPy'ye çıkan hesap banda yazılmaz."""
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.square(x) if right else tf.constant(np.square(x.numpy()))
    return tape.gradient(y, x)


def outside_the_block(right: bool):
    """Hesap `with` bloğundan önce yapılmış."""
    x = tf.Variable(3.0)
    y = x**2
    with tf.GradientTape() as tape:
        if right:
            y = x**2
    return tape.gradient(y, x)


def variable_replaced(right: bool):
    """`w = w - ...` değişkeni tensöre çevirir; `assign_sub` değişken bırakır."""
    w = tf.Variable(4.0)
    if right:
        w.assign_sub(1.0)
    else:
        w = w - 1.0
    with tf.GradientTape() as tape:
        y = w**2
    return tape.gradient(y, w)


MISTAKES = {
    "sabit izlenmedi (tape.watch)": constant_not_watched,
    "NumPy'ye çıkıldı (tf.square)": left_tensorflow,
    "hesap with bloğunun dışında": outside_the_block,
    "w = w - ... (assign_sub)": variable_replaced,
}


def persistent_tape() -> tuple[dict[str, float], str]:
    """Tek banttan iki gradyan `persistent=True` ister; istenmezse Keras'ın değil TF'in iletisi."""
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x**2
        z = y**2
    found = {"dy/dx = 2x": tape.gradient(y, x), "dz/dx = 4x³": tape.gradient(z, x)}
    del tape  # kalıcı bant bırakılana kadar ara sonuçları bellekte tutar
    with tf.GradientTape() as tape:
        y = x**2
    tape.gradient(y, x)
    try:
        tape.gradient(y, x)
        message = ""
    except RuntimeError as error:
        message = str(error)
    return {name: float(gradient) for name, gradient in found.items()}, message


def draw_slopes(x, slope, bend, numeric):
    """Fonksiyon ile iki türevi; noktalar: bant ve sonlu fark, ince çizgi: formül."""
    fig, (left, right) = plots.figure("GradientTape: f(x) = x² sin x ve türevleri", 1, 2)
    left.plot(x, curve(x), linewidth=4, label="f(x)")
    left.plot(x, curve_slope(x), "--", linewidth=3, label="f'(x), formül")
    left.plot(x, curve_bend(x), ":", linewidth=3, label="f''(x), formül")
    left.plot(x[::10], slope[::10], "o", markersize=12, label="f'(x), bant")
    left.plot(x[::10], bend[::10], "s", markersize=12, fillstyle="none", label="f''(x), iki bant")
    left.set(xlabel="x", ylabel="değer")
    left.legend()
    errors = {
        "f': bant - formül": slope - curve_slope(x),
        "f'': bant - formül": bend - curve_bend(x),
        "f': sonlu fark - formül": numeric - curve_slope(x),
    }
    for i, (label, error) in enumerate(errors.items()):
        sizes = np.where(error == 0, np.nan, np.abs(error))
        right.plot(x, sizes, label=label, **plots.look(i) | {"linestyle": ""})
    right.set(xlabel="x", ylabel="farkın büyüklüğü (tam eşit olan çizilmez)", yscale="log")
    right.legend()
    return fig


@lab.section
def gradient_tape():
    """GradientTape: türevi alan bant

    Bandın bulduğu türev formülden kaçıncı basamakta ayrılır? Sonlu fark kaçıncıda?
    `tape.gradient` hangi durumda sayı yerine None verir? Önce tahmin edin.
    """
    x = np.linspace(*CURVE)
    slope, bend = tape_slopes(x)
    ends = curve(x + FINITE_STEP), curve(x - FINITE_STEP)
    numeric = (ends[0] - ends[1]).numpy() / (2 * FINITE_STEP)
    differences = {
        "f': bant, formül": largest_difference(slope, curve_slope(x)),
        "f'': iç içe iki bant, formül": largest_difference(bend, curve_bend(x)),
        "f': sonlu fark, formül": largest_difference(numeric, curve_slope(x)),
    }
    rows = [{"karşılaştırılan": name, "en büyük fark": d} for name, d in differences.items()]
    lab.table(rows, "Üç yoldan türev (float64)")

    gradients = {name: (make(False), make(True)) for name, make in MISTAKES.items()}
    rows = [
        {"yanlış (doğrusu)": name, "yanlışta": str(wrong), "doğrusunda": float(right)}
        for name, (wrong, right) in gradients.items()
    ]
    lab.table(rows, "None veren dört yanlış; doğrusunda d(x²)/dx, x = 3", suffix="_none")
    both, message = persistent_tape()
    rows = [{"kalıcı bant, x = 3": name, "gradyan": value} for name, value in both.items()]
    lab.table(rows, "Tek banttan iki gradyan", suffix="_kalici")
    lab.say(f"persistent=True yazılmazsa ikinci gradyanda: {message[:90]} …")

    lab.save(draw_slopes(x, slope, bend, numeric))
    exact, double, rough = differences.values()
    nones = sum(wrong is None for wrong, _ in gradients.values())
    lab.observe(
        f"Bant formülden en çok {exact:.0e}, ikinci türevde {double:.0e} ayrılıyor; sonlu fark "
        f"{rough:.0e}. Denenen {len(gradients)} yanlışın {nones} tanesinde gradyan None geldi: "
        f"hata vermeden, o değişken hiç öğrenmeden."
    )
    return {
        "differences": differences,
        "gradients": gradients,
        "persistent": both,
        "message": message,
    }


# %% 2 · Elle yazılan eğitim döngüsü
def cancer_model() -> keras.Sequential:
    """Slaytın modeli (uygulama 01, bölüm 3)."""
    return keras.Sequential(
        [
            layers.Input(shape=(30,)),
            layers.Dense(
                256,
                activation="relu",
                kernel_initializer="he_normal",
                kernel_regularizer=regularizers.L2(1e-4),
            ),
            layers.BatchNormalization(momentum=BN_MOMENTUM),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
            layers.BatchNormalization(momentum=BN_MOMENTUM),
            layers.Dropout(0.25),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def cancer_batches(data):
    """Karışık mini-batch'ler; aynı tohum, aynı sıra."""
    rows = tf.data.Dataset.from_tensor_slices((data.x_train, data.y_train[:, None]))
    shuffled_once = rows.shuffle(
        len(data.x_train),
        seed=lab.seed,
        reshuffle_each_iteration=False,  # `fit` başlarken bir mini-batch'e bakar, sırayı kaydırır
    )
    return shuffled_once.batch(BATCH_CANCER)


def custom_fit(model, data, epochs: int, training=True, reset=True) -> dict[str, list[float]]:
    """Slaytın döngüsü, düzeltilmiş hâliyle. `training` ve `reset`: iki yanlışı denemek için."""
    optimizer = keras.optimizers.Adam(learning_rate=SLIDE_LR)  # slaytta lr=: artık ValueError
    loss_fn = keras.losses.BinaryCrossentropy()
    train_loss = keras.metrics.Mean()  # mini-batch kayıplarının ortalaması
    train_acc, val_acc = keras.metrics.BinaryAccuracy(), keras.metrics.BinaryAccuracy()
    history = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    train_dataset = cancer_batches(data)
    for _ in range(epochs):
        for x, y in train_dataset:  # bir tur: her eğitim satırı bir kez
            with tf.GradientTape() as tape:  # bu bloktaki her işlem banda yazılır
                y_pred = model(x, training=training)  # Dropout açık, BatchNorm mini-batch ile
                loss = loss_fn(y, y_pred)  # kayıp: etiket ile tahmin
                loss += sum(model.losses)  # L2 cezası; her çağrıda yenilenir, bandın içinde
            gradients = tape.gradient(loss, model.trainable_variables)  # geri yayılım
            optimizer.apply(gradients, model.trainable_variables)  # ağırlıklar bir adım atar
            train_loss.update_state(loss)  # metrikler birikir …
            train_acc.update_state(y, y_pred)
        y_val = model(data.x_val, training=False)  # doğrulama: çıkarım kipi, bant yok
        val_acc.update_state(data.y_val[:, None], y_val)
        val_loss = loss_fn(data.y_val[:, None], y_val) + sum(model.losses)
        found = train_loss.result(), train_acc.result(), val_loss, val_acc.result()  # … okunur
        for curve_, value in zip(history.values(), found, strict=True):
            curve_.append(float(value))
        if reset:  # … ve sıfırlanır; slaytta bu satır yok
            for metric in (train_loss, train_acc, val_acc):
                metric.reset_state()
    return history


def keras_fit(model, data, epochs: int) -> dict[str, list[float]]:
    """Aynı iş `compile` ve `fit` ile."""
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=SLIDE_LR),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    validation = (data.x_val, data.y_val[:, None])
    return model.fit(
        cancer_batches(data),
        validation_data=validation,
        validation_batch_size=len(data.x_val),
        epochs=epochs,
        shuffle=False,  # mini-batch'ler zaten karışık
        verbose=0,
    ).history


def old_learning_rate_name() -> str:
    """Slaytta `Adam(lr=1e-3)` yazıyor: Keras'ın iletisi."""
    try:
        keras.optimizers.Adam(lr=SLIDE_LR)
    except ValueError as error:
        return str(error)
    return ""


def mistake_rows(runs, models) -> list[dict]:
    """Her koşunun son sayıları ve ilk BatchNorm'un hareketli ortalaması (0'dan başlar)."""
    rows = []
    for name, run in runs.items():
        row = {"döngü": name} | {f"son {key}": run[key][-1] for key in run}
        moving = np.abs(models[name].layers[1].moving_mean.numpy()).max()
        rows.append(row | {"BatchNorm": moving})
    return rows


def draw_loops(runs):
    """Solda dört koşunun doğrulama kaybı, sağda bildirilen eğitim doğruluğu."""
    fig, (left, right) = plots.figure("Slaytın döngüsü: doğrusu ve iki yanlış", 1, 2)
    for ax, key, label in (
        (left, "val_loss", "doğrulama kaybı (cross-entropy + L2)"),
        (right, "accuracy", "bildirilen eğitim doğruluğu"),
    ):
        plots.curves(ax, {n: run[key] for n, run in runs.items()}, "epoch", label, ax is right)
    plots.percent_axis(right.yaxis)
    return fig


def run_ways(ways: dict, data, epochs: int) -> tuple[dict, dict]:
    """Aynı işin birkaç yazılışı, aynı başlangıçtan: ad → kayıt, ad → model."""
    twin, runs, models = cancer_model(), {}, {}
    for name in lab.each(ways, f"{epochs} epoch"):
        models[name] = cancer_model()
        for variable, start in zip(models[name].variables, twin.variables, strict=True):
            variable.assign(start)  # ağırlıklar, BatchNorm istatistikleri, Dropout tohumları
        runs[name] = ways[name](models[name], data, epochs)
    return runs, models


@lab.section
def custom_loop():
    """Slaytın döngüsü, satır satır: tam kontrol

    Aynı ağırlıklar ve aynı mini-batch'lerle elle yazılan döngü `fit` ile aynı sayıları verir mi?
    `training=True` unutulursa, `reset_state()` unutulursa hangi sayı bozulur? Önce tahmin edin.
    """
    data = load_breast_cancer()
    epochs = lab.few(EPOCHS_LOOP)
    ways = {
        "fit": keras_fit,
        "elle yazılan döngü": custom_fit,
        "training= unutuldu": partial(custom_fit, training=False),
        "reset_state() unutuldu": partial(custom_fit, reset=False),
    }
    runs, models = run_ways(ways, data, epochs)

    by_fit, by_hand, no_training, no_reset = runs.values()
    differences = {key: largest_difference(by_fit[key], by_hand[key]) for key in by_hand}
    weights = [model.get_weights() for model in models.values()]
    differences["ağırlıklar"] = largest_difference(weights[0], weights[1])
    lab.table(
        [{"fit ile elle": name, "en büyük fark": d} for name, d in differences.items()],
        f"Aynı başlangıç, aynı mini-batch'ler, {epochs} epoch",
    )
    rows = mistake_rows(runs, models)
    lab.table(rows, "İki yanlışın etkisi", suffix="_yanlislar")
    message = old_learning_rate_name()
    lab.say(f"Slayttaki Adam(lr=...): {message}")

    lab.save(draw_loops(runs))
    moving = {row["döngü"]: row["BatchNorm"] for row in rows}
    same = largest_difference(weights[1], weights[3])
    gap = no_reset["accuracy"][-1] - by_hand["accuracy"][-1]
    lab.observe(
        f"Döngü `fit` ile en çok {max(differences.values()):.0e} ayrılıyor. training= unutulunca "
        f"BatchNorm'un ortalaması {moving['training= unutuldu']:.2g} kadar oynuyor (doğrusunda "
        f"{moving['elle yazılan döngü']:.2g}) ve son doğrulama kaybı "
        f"{by_hand['val_loss'][-1]:.3f} yerine {no_training['val_loss'][-1]:.3f}. reset_state() "
        f"unutulunca ağırlıkların farkı {same:g}, ama bildirilen eğitim doğruluğu gerçeğinden "
        f"{gap * 100:+.1f} puan."
    )
    found = {"differences": differences, "runs": runs, "moving": moving, "same": same}
    return found | {"message": message}


# %% 3 · tf.function
class CountRuns(layers.Layer):
    """Girdiyi olduğu gibi geçirir; Python gövdesi her koştuğunda sayar."""

    runs = 0

    def call(self, x):
        self.runs += 1  # grafikte bu satır yok: yalnız izlerken (trace) koşar
        return x


def mnist_model() -> keras.Sequential:
    """784 → 256 → 128 → 10, slaytın katmanlarıyla."""
    hidden = []
    for width, rate in ((256, 0.3), (128, 0.25)):
        hidden += [layers.Dense(width, activation="relu", kernel_initializer="he_normal")]
        hidden += [layers.BatchNormalization(momentum=BN_MOMENTUM), layers.Dropout(rate)]
    output = layers.Dense(10, activation="softmax")
    return keras.Sequential([layers.Input(shape=(784,)), CountRuns(), *hidden, output])


def make_step(model, optimizer, loss_fn, build=True):
    """Bölüm 2'deki döngünün bir adımı; `optimizer.build` yoksa ilk çağrı iki kez izlenir."""
    if build:
        optimizer.build(model.trainable_variables)

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True)) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return step


def make_epoch(step):
    """Bütün epoch tek grafikte: her adım kendi satırlarını veriden içeride toplar."""

    @tf.function
    def epoch(x, y, order):
        losses = tf.TensorArray(tf.float32, size=len(order))
        for i in tf.range(len(order)):  # AutoGraph bunu grafiğin kendi döngüsüne çevirir
            rows = order[i]
            losses = losses.write(i, step(tf.gather(x, rows), tf.gather(y, rows)))
        return losses.stack()

    return epoch


def shuffled(count: int, batch: int, *seed: int) -> np.ndarray:
    """Bir epoch'un sırası: (adım, mini-batch) biçiminde satır numaraları."""
    steps = count // batch
    order = np.random.default_rng(seed).permutation(count)[: steps * batch]
    return order.reshape(steps, batch).astype("int32")


def epoch_runners(data, order) -> dict:
    """Aynı epoch'un beş yazılışı: ad -> (model, onu bir epoch eğiten fonksiyon)."""
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    x, y = tf.constant(data.x_train), tf.constant(data.y_train)
    ways = {}

    def add(name: str, convert) -> None:
        model = mnist_model()
        ways[name] = model, convert(make_step(model, keras.optimizers.Adam(SLIDE_LR), loss_fn))

    def one_by_one(step):
        return lambda: float([step(data.x_train[i], data.y_train[i]) for i in order][-1])

    def whole(step):
        epoch = make_epoch(step)
        return lambda: epoch(x, y, order).numpy()

    add(EAGER, one_by_one)
    add("tf.function adım", lambda step: one_by_one(tf.function(step)))
    add("tf.function epoch", whole)
    model = mnist_model()
    model.compile(optimizer=keras.optimizers.Adam(SLIDE_LR), loss=loss_fn)
    ways["fit"] = model, lambda: model.fit(data.x_train, data.y_train, BATCH, verbose=0)
    if not lab.quick:  # XLA'nın derlemesi saniyeler ister
        add(XLA, lambda step: one_by_one(tf.function(step, jit_compile=True)))
    return ways


def seconds(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure_ways(ways: dict, steps: int) -> list[dict]:
    """Her yazılışın ilk epoch'u, sonrakilerin en kısası ve Python gövdesinin kaç kez koştuğu."""
    rows = []
    for name, (model, run) in ways.items():
        lab.say(f"  {name}: {steps} adımlık epoch", "dim")
        before = model.layers[0].runs
        try:
            first = seconds(run)
        except tf.errors.OpError as error:
            if name != XLA:
                raise
            lab.say(f"  {name}: derlenemedi ({type(error).__name__})")
            continue
        repeats = 1 if name == EAGER else SPEED_REPEATS
        best = min(seconds(run) for _ in range(repeats))
        row = {"döngü": name, "ilk epoch (ms)": first * 1000, "bir epoch (ms)": best * 1000}
        rows.append(row | {"Python gövdesi": model.layers[0].runs - before})
    return rows


def retracing() -> tuple[dict[str, int], str]:
    """Python sayısı her yeni değerinde yeniden izletir; imza (`input_signature`) izletmez."""
    w = tf.ones(BATCH)
    signature = [tf.TensorSpec(w.shape), tf.TensorSpec(())]
    plain = tf.function(lambda w, rate: w - rate * w)
    tensor = tf.function(lambda w, rate: w - rate * w)
    signed = tf.function(lambda w, rate: w - rate * w, input_signature=signature)
    for rate in RATES:
        plain(w, rate)
        tensor(w, tf.constant(rate))
        signed(w, rate)
    counts = {"Python sayısı": plain, "tf.constant": tensor, "input_signature": signed}
    try:
        signed(w[1:], RATES[0])  # yarım kalan mini-batch
        message = ""
    except TypeError as error:
        message = str(error)
    return {name: f.experimental_get_tracing_count() for name, f in counts.items()}, message


def build_traces(data) -> dict[str, int]:
    """Adımın ilk çağrısı kaç kez izlenir: kurulmamış ve önceden kurulmuş optimizer ile."""
    counts = {}
    for name, build in (("yok", False), ("var", True)):
        optimizer = keras.optimizers.Adam(SLIDE_LR)
        loss_fn = keras.losses.SparseCategoricalCrossentropy()
        step = tf.function(make_step(mnist_model(), optimizer, loss_fn, build))
        step(data.x_train[:BATCH], data.y_train[:BATCH])
        counts[name] = step.experimental_get_tracing_count()
    return counts


def log_axis(ax, values) -> None:
    """Logaritmik çubuk grafiği: en küçük çubuk da görünür, eksende olağan sayılar."""
    ax.set(yscale="log", ylim=(min(values) / 3, 2 * max(values)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")


def draw_speed(rows, traces):
    """Solda bir epoch'un süresi (log), sağda yeniden izleme sayıları."""
    fig, (left, right) = plots.figure(
        f"Aynı epoch, {len(rows)} yazılış", 1, 2, width_ratios=(3, 2)
    )

    def in_lines(names) -> list[str]:
        return [re.sub(r"[._ ]", r"\g<0>\n", name) for name in names]

    names = in_lines(row["döngü"] for row in rows)
    times = [row["bir epoch (ms)"] for row in rows]
    bars = left.bar(names, times, color=plots.COLORS[: len(rows)])
    left.bar_label(bars, [f"{t:.0f} ms" for t in times])
    left.set(ylabel="izlemeden sonra bir epoch (ms, logaritmik)")
    log_axis(left, times)
    bars = right.bar(in_lines(traces), list(traces.values()), color=plots.COLORS[4])
    right.bar_label(bars)
    right.set(ylabel=f"{len(RATES)} çağrıda izleme (trace) sayısı", ylim=(0, len(RATES) + 1))
    right.set_yticks(range(len(RATES) + 1))
    right.set_title("LR adım fonksiyonuna nasıl verildi?")
    return fig


@lab.section
def tf_function_speed():
    """tf.function: aynı döngü kaç kat hızlanır?

    Python'la adım adım koşan döngü (eager) `fit`ten kaç kat yavaştır? Kendi döngümüz `fit`i
    geçebilir mi? Python gövdesi bir epoch'ta kaç kez koşar? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_SPEED))
    order = shuffled(len(data.x_train), BATCH, lab.seed)
    rows = measure_ways(epoch_runners(data, order), len(order))
    times = {row["döngü"]: row["bir epoch (ms)"] for row in rows}
    for row in rows:
        row["fit'e oranı"] = times["fit"] / row["bir epoch (ms)"]
    lab.table(rows, f"{len(order)} adım, mini-batch {BATCH}; oran: fit'ten kaç kat hızlı")
    traces, message = retracing()
    counts = [{"LR": name, "izleme": n} for name, n in traces.items()]
    lab.table(counts, f"{len(RATES)} ayrı LR ile çağrı", suffix="_izleme")
    builds = build_traces(data)
    counts = [{"önce optimizer.build": name, "izleme": n} for name, n in builds.items()]
    lab.table(counts, "Adımın ilk çağrısı", suffix="_build")
    lab.say(f"input_signature başka boyuta izin vermez: {message.splitlines()[0]}")

    lab.save(draw_speed(rows, traces))
    eager, step, epoch, fit, *compiled = times.values()
    xla = [f"jit_compile=True adımın süresini {c / step:.1f} katına getiriyor. " for c in compiled]
    lab.observe(
        f"Eager döngü, epoch'u tek grafikte koşan döngüden {eager / epoch:.0f} kat yavaş. "
        f"Epoch'u tek grafikte koşan döngü `fit`in {percent(epoch / fit, digits=0)} kadarında, "
        f"adımı grafikte koşan {percent(step / fit, digits=0)} kadarında bitiriyor. "
        f"{''.join(xla)}Python sayısıyla {len(RATES)} çağrı {traces['Python sayısı']} izleme, "
        f"tensörle {traces['tf.constant']}."
    )
    runs = {row["döngü"]: row["Python gövdesi"] for row in rows}
    found = {"times": times, "runs": runs, "traces": traces, "builds": builds}
    return found | {"message": message}


# %% 4 · Gradyan kırpma
def clip_global(gradients):
    """Bütün gradyanların ortak normu sınırı aşarsa hepsi aynı oranda küçülür."""
    norm = tf.sqrt(sum(tf.reduce_sum(g**2) for g in gradients))
    return [g * tf.minimum(1.0, CLIP_NORM / norm) for g in gradients]


CLIPS = {
    "kırpma yok": lambda gradients: gradients,
    "clipvalue": lambda gradients: [
        tf.clip_by_value(g, -CLIP_VALUE, CLIP_VALUE) for g in gradients
    ],
    "clipnorm": lambda gradients: [tf.clip_by_norm(g, CLIP_NORM) for g in gradients],
    "global_clipnorm": clip_global,
}
KERAS_CLIPS = {
    "clipvalue": {"clipvalue": CLIP_VALUE},
    "clipnorm": {"clipnorm": CLIP_NORM},
    "global_clipnorm": {"global_clipnorm": CLIP_NORM},
}


def logit_model() -> keras.Sequential:
    """Softmax kaybın içinde: çıktı sınırsız, patlama gizlenmez."""
    return keras.Sequential(
        [
            layers.Input(shape=(784,)),
            layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(10),
        ]
    )


def logit_loss(y, logits):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))


def flat(gradients) -> tf.Tensor:
    return tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0)


def make_clipped_epoch(model, optimizer, clip):
    """Bölüm 3'ün epoch'u; gradyan ile adım arasında kırpma. Her adım için dört sayı verir."""
    optimizer.build(model.trainable_variables)

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = logit_loss(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        clipped = clip(gradients)
        optimizer.apply(clipped, model.trainable_variables)
        raw, cut = flat(gradients), flat(clipped)
        cosine = tf.reduce_sum(raw * cut) / (tf.norm(raw) * tf.norm(cut))
        return tf.stack([loss, tf.norm(raw), tf.norm(cut), cosine])

    @tf.function
    def epoch(x, y, order, scale):
        found = tf.TensorArray(tf.float32, size=len(order))
        for i in tf.range(len(order)):
            x_batch = tf.gather(x, order[i]) * scale[i]
            found = found.write(i, step(x_batch, tf.gather(y, order[i])))
        return found.stack()

    return epoch


def clip_differences(data) -> dict[str, float]:
    """Elle kırpılan bir SGD adımı ile Keras'ın kendi kırpması."""
    x, y = data.x_train[:BATCH] * RAW_PIXELS, data.y_train[:BATCH]
    model, differences = logit_model(), {}
    start = model.get_weights()
    with tf.GradientTape() as tape:
        loss = logit_loss(y, model(x))
    gradients = tape.gradient(loss, model.trainable_variables)
    for name, options in KERAS_CLIPS.items():
        by_hand = [
            w - CLIP_LR * g.numpy() for w, g in zip(start, CLIPS[name](gradients), strict=True)
        ]
        model.set_weights(start)
        optimizer = keras.optimizers.SGD(CLIP_LR, **options)
        optimizer.apply(gradients, model.trainable_variables)
        differences[name] = largest_difference(by_hand, model.get_weights())
    return differences


def draw_clipping(traces, limit):
    """Adım adım kayıp ve uygulanan gradyanın normu."""
    fig, (left, right) = plots.figure("Gradyan kırpma: bozuk mini-batch'lerde ne olur?", 1, 2)
    for i, (name, (trace, *_)) in enumerate(traces.items()):  # ilk tohumunki
        look = plots.look(i) | {"markevery": len(trace) // 8}
        left.plot(range(1, len(trace) + 1), trace[:, 0], label=name, **look)
        right.plot(range(1, len(trace) + 1), trace[:, 2], label=name, **look)
    right.axhline(limit, color="black", linewidth=1)
    left.set(xlabel="adım", ylabel="kayıp (cross-entropy, logaritmik)", yscale="log")
    right.set(xlabel="adım", ylabel="uygulanan gradyanın normu (logaritmik)", yscale="log")
    right.set_title(f"ince çizgi: sınır {limit:g}")
    right.legend()
    return fig


@lab.section
def gradient_clipping():
    """Gradyan kırpma (gradient clipping): patlayan gradyana sınır

    Arada bir mini-batch'in pikselleri 255'e bölünmemiş gelirse eğitime ne olur? Hangi kırpma
    gradyanın yönünü değiştirir? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_CLIP), N_VAL)
    x, y = tf.constant(data.x_train), tf.constant(data.y_train)
    seeds, every = lab.seeds(SEEDS), lab.few(BAD_EVERY)
    rows, traces = [], {}
    for name in lab.each(CLIPS, f"{len(seeds)} tohumla eğitiliyor"):
        model, optimizer = logit_model(), keras.optimizers.SGD(CLIP_LR)
        epoch, accuracies = make_clipped_epoch(model, optimizer, CLIPS[name]), []
        for seed in seeds:
            set_seed(seed)  # her kırpma aynı ağırlıklardan ve aynı sırayla
            model.set_weights(logit_model().get_weights())
            order = shuffled(len(data.x_train), BATCH, seed)
            bad = np.arange(1, len(order) + 1) % every == 0
            scale = np.where(bad, RAW_PIXELS, 1).astype("float32")
            traces.setdefault(name, []).append(epoch(x, y, order, scale).numpy())
            accuracies.append(float(np.mean(np.argmax(model(data.x_val), 1) == data.y_val)))
        largest = np.nanmax(traces[name], axis=(0, 1))
        row = {"kırpma": name, "kayıp": largest[0], "norm": largest[1], "kırpık": largest[2]}
        row["kosinüs"] = np.nanmin(traces[name], axis=(0, 1))[3]
        rows.append(row | {"doğrulama": np.mean(accuracies), "std": np.std(accuracies)})
    shares = {"doğrulama": percent, "std": percent}
    title = f"{len(order)} adım, her {every} adımda bir bozuk; en büyük değerler, en küçük kosinüs"
    lab.table(rows, title, shares)
    differences = clip_differences(data)
    found = [{"kırpma": name, "en büyük fark": d} for name, d in differences.items()]
    lab.table(found, "Bir SGD adımı: elle kırpılan ile Keras'ınki", suffix="_elle")

    lab.save(draw_clipping(traces, CLIP_NORM))
    none, value, each, whole, *_ = rows
    gain = whole["doğrulama"] - none["doğrulama"]
    lab.observe(
        f"Kırpmasız en büyük gradyan normu {none['norm']:.0f}, doğruluk "
        f"{percent(none['doğrulama'], none['std'])}. global_clipnorm ile uygulanan norm en çok "
        f"{whole['kırpık']:.2f}, doğruluk {percent(whole['doğrulama'], whole['std'])} "
        f"({gain * 100:+.1f} puan). Kırpılanın gerçek gradyanla kosinüsü en az: global_clipnorm "
        f"{whole['kosinüs']:.2f}, clipnorm {each['kosinüs']:.2f}, clipvalue "
        f"{value['kosinüs']:.2f} (1: aynı yön)."
    )
    return {"rows": rows, "traces": traces, "differences": differences}


# %% 5 · Karma hassasiyet
def number_formats() -> list[dict]:
    """Üç biçimin sınırları: aynı 16 bit, biri basamağa biri aralığa harcamış."""
    rows = []
    for name in PRECISIONS:
        info = ml_dtypes.finfo(name)
        row = {"biçim": name, "bit": info.bits, "en büyük": float(info.max)}
        row["sıfırdan büyük en küçük"] = float(info.smallest_subnormal)
        row["1'den sonraki sayı - 1"] = float(info.eps)
        grown = tf.cast(1.0, name) + tf.cast(SMALL_STEP, name)  # float16 ağırlığa küçük bir adım
        rows.append(row | {f"(1 + {SMALL_STEP:g}) - 1": float(grown) - 1})
    return rows


def precision_model(policy: str, inputs: int, hidden: int) -> keras.Sequential:
    """Politika, kurulan katmanlara geçer; softmax float32'de kalır, yoksa olasılık ezilir."""
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential(
        [
            layers.Input(shape=(inputs,)),
            layers.Dense(hidden, activation="relu"),
            layers.Dense(10, activation="softmax", dtype="float32"),
        ]
    )
    keras.config.set_dtype_policy("float32")
    return model


def make_scaled_step(model, optimizer):
    """Kayıp ölçeklemeli adım: `scale_loss` büyütür, `apply` gradyanı geri böler."""
    optimizer.build(model.trainable_variables)  # izlemeden (trace) önce: değişkenleri kurar
    loss_fn = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
            scaled = optimizer.scale_loss(loss)  # eski örneklerdeki get_scaled_loss artık yok
        gradients = tape.gradient(scaled, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return step


def lost_gradients(data) -> tuple[np.ndarray, list[dict]]:
    """Biraz eğitilmiş ağın gerçek gradyanları; her biçimde kaçı sıfıra düşer?"""
    model = precision_model("float32", 784, PRECISION_HIDDEN)
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    epoch = make_epoch(make_step(model, keras.optimizers.Adam(SLIDE_LR), loss_fn))
    for i in range(EPOCHS_PRECISION):
        epoch(data.x_train, data.y_train, shuffled(len(data.x_train), BATCH, lab.seed, i))
    with tf.GradientTape() as tape:
        loss = loss_fn(data.y_train[:BATCH], model(data.x_train[:BATCH]))
    gradients = flat(tape.gradient(loss, model.trainable_variables)).numpy()
    gradients = gradients[gradients != 0]
    rows = []
    for name, scale in (("float16", 1), ("float16", LOSS_SCALE), ("bfloat16", 1)):
        cast = tf.cast(gradients * scale, name).numpy()
        row = {"biçim": name, "ölçek": scale, "sıfıra düşen": np.mean(cast == 0)}
        rows.append(row | {"taşan": np.mean(~np.isfinite(cast.astype("float32")))})
    return gradients, rows


def scale_history(data) -> list[dict]:
    """Fazla büyük ölçekle başlayan birkaç adım: sonsuz gradyanda adım atlanır, ölçek yarılanır."""
    inner = keras.optimizers.SGD(SLIDE_LR)  # kırpma istenirse buraya: o, geri bölünmüşü görür
    optimizer = keras.optimizers.LossScaleOptimizer(inner, TOO_LARGE_SCALE, GROWTH_STEPS)
    x, y = data.x_train[:SCALE_BATCH, ::SCALE_STRIDE], data.y_train[:SCALE_BATCH]
    model = precision_model("mixed_float16", x.shape[1], SCALE_HIDDEN)
    step, rows = make_scaled_step(model, optimizer), []
    for i in range(1, SCALE_STEPS + 1):
        scale, taken = float(optimizer.dynamic_scale), int(optimizer.iterations)
        before = model.get_weights()
        step(x, y)
        moved = largest_difference(before, model.get_weights()) > 0
        taken = int(optimizer.iterations) - taken
        rows.append({"adım": i, "ölçek": scale, "atılan adım": taken, "ağırlık oynadı": moved})
    return rows


@cache
def step_milliseconds(policy: str) -> float:
    """Bir eğitim adımının süresi; float16 kimi işlemcide çok yavaştır, az adımı ölçülür."""
    x = np.random.default_rng(0).uniform(size=(BATCH, 784)).astype("float32")
    y = np.arange(BATCH) % 10
    model = precision_model(policy, 784, PRECISION_HIDDEN)
    optimizer = keras.optimizers.SGD(SLIDE_LR)
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    step = make_scaled_step(model, optimizer)
    step(x, y)  # izleme sayılmaz
    times = []
    while len(times) < TIMED_STEPS and sum(times) < TIMED_SECONDS:
        times.append(seconds(lambda: float(step(x, y))))
    return min(times) * 1000


def choose_policy() -> str:
    """GPU'da mixed_float16; işlemcide float32, bfloat16 ölçülünce açıkça hızlı çıkmadıkça."""
    if tf.config.list_physical_devices("GPU"):
        return "mixed_float16"
    gain = step_milliseconds("float32") / step_milliseconds("mixed_bfloat16")
    return "mixed_bfloat16" if gain > BFLOAT16_GAIN else "float32"


def scaling_traps(data) -> tuple[list[dict], str]:
    """Ölçekli kayıpta kırpma nereye yazılır; `clear_session` politikaya ne yapar?"""
    x, y = data.x_train[:BATCH] * RAW_PIXELS, data.y_train[:BATCH]  # normu sınırı aşan gradyan
    model = logit_model()
    inner = keras.optimizers.SGD(SLIDE_LR, global_clipnorm=CLIP_NORM)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, LOSS_SCALE)
    optimizer.build(model.trainable_variables)
    with tf.GradientTape(persistent=True) as tape:
        loss = logit_loss(y, model(x))
        scaled = optimizer.scale_loss(loss)
    true, seen = (tape.gradient(part, model.trainable_variables) for part in (loss, scaled))
    before = flat(model.trainable_variables)
    optimizer.apply(seen, model.trainable_variables)
    applied = (before - flat(model.trainable_variables)) / SLIDE_LR
    norms = {
        "gerçek gradyan": tf.norm(flat(true)),
        "döngünün gördüğü (ölçekli)": tf.norm(flat(seen)),
        "iç optimizer'ın uyguladığı (kırpılmış)": tf.norm(applied),
    }
    keras.config.set_dtype_policy("mixed_bfloat16")
    keras.utils.clear_session(free_memory=False)
    rows = [{"gradyan": name, "norm": float(norm)} for name, norm in norms.items()]
    return rows, keras.config.dtype_policy().name


def dtypes_in_use(x) -> dict[str, str]:
    """`mixed_float16` politikasında neyin hangi tipte durduğu."""
    hidden, output = precision_model("mixed_float16", 784, PRECISION_HIDDEN).layers
    hidden_out = hidden(x)
    return {
        "ağırlık (ana kopya)": hidden.kernel.dtype,
        "gizli katmanın çıktısı": hidden_out.dtype.name,
        "softmax çıktısı": output(hidden_out).dtype.name,
    }


def draw_precision(gradients, rows, history, speeds):
    """Gradyanların büyüklüğü ve float16'nın sınırı; ölçeğin geçmişi; adım süreleri."""
    fig, (left, middle, right) = plots.figure("Karma hassasiyet (mixed precision)", 1, 3)
    smallest = float(ml_dtypes.finfo("float16").smallest_subnormal)
    edges = np.logspace(-16, 6, 67)
    for label, scale, style in (("ölçeksiz", 1, "-"), (f"x {LOSS_SCALE}", LOSS_SCALE, "--")):
        counts, _ = np.histogram(np.abs(gradients) * scale, edges)
        left.stairs(counts, edges, linewidth=3, linestyle=style, label=label)
    left.axvline(smallest, color="black", linestyle=":", label="float16'nın en küçüğü")
    left.set(xscale="log", xlabel="gradyanın büyüklüğü", ylabel="gradyan sayısı")
    left.set_ylim(top=1.4 * left.get_ylim()[1])
    left.legend(loc="upper left")
    steps, scales = [row["adım"] for row in history], [row["ölçek"] for row in history]
    middle.step(steps, scales, where="mid", linewidth=3)
    skipped = [(row["adım"], row["ölçek"]) for row in history if not row["atılan adım"]]
    middle.plot(*np.array(skipped).T.reshape(2, -1), "X", markersize=12, label="adım atlandı")
    middle.set(xlabel="adım", ylabel="kayıp ölçeği (logaritmik)")
    middle.set_yscale("log", base=2)
    middle.legend()
    bars = right.bar([name.replace("_", "\n") for name in speeds], list(speeds.values()))
    right.bar_label(bars, [f"{ms:.1f}" for ms in speeds.values()])
    right.set(ylabel="bir eğitim adımı (ms, logaritmik)")
    log_axis(right, speeds.values())
    return fig


@lab.section
def mixed_precision():
    """Karma hassasiyet (mixed precision): 16 bit yeter mi?

    Gradyanların yüzde kaçı float16'da sıfıra düşer; kaybı büyütmek kaçını kurtarır?
    Bu bilgisayarda float16 ile bir adım kaç kat hızlı ya da yavaştır? Önce tahmin edin.
    """
    formats = number_formats()
    lab.table(formats, "Üç sayı biçimi", suffix="_bicimler")
    data = load_mnist(N_PRECISION)
    gradients, rows = lost_gradients(data)
    lab.table(rows, "Alttan taşma", {"sıfıra düşen": percent, "taşan": percent})
    history = scale_history(data)
    lab.table(history, "LossScaleOptimizer iş başında", suffix="_olcek")
    clipped, left = scaling_traps(data)
    speeds = {policy: step_milliseconds(policy) for policy in lab.each(POLICIES, "süre")}
    policy = choose_policy()
    ms = [{"politika": name, "ms": value} for name, value in speeds.items()]
    lab.table(ms, "Bir eğitim adımı", suffix="_sure")

    lab.table(clipped, f"Kırpma sınırı {CLIP_NORM:g}, iç optimizer'a yazıldı", suffix="_kirpma")
    lab.say(f"Politika mixed_bfloat16 iken clear_session() çağrıldı; kalan politika: {left}.")

    dtypes = dtypes_in_use(data.x_train[:1])
    lab.table([dtypes], "mixed_float16 politikasında", suffix="_tipler")
    lab.save(draw_precision(gradients, rows, history, speeds))
    plain, scaled, brain = (row["sıfıra düşen"] for row in rows)
    skipped = sum(not row["atılan adım"] for row in history)
    ratio = speeds["mixed_float16"] / speeds["float32"]
    lab.observe(
        f"float16'da gradyanların {percent(plain)} kadarı sıfıra düşüyor, kayıp {LOSS_SCALE} ile "
        f"çarpılınca {percent(scaled, digits=2)}, bfloat16'da {percent(brain, digits=2)}. Ölçek "
        f"{history[0]['ölçek']:.0f} ile başladı, {skipped} adım atlandı. Bu bilgisayarda float16 "
        f"ile bir adım float32'nin {ratio:.1f} katı sürüyor; seçilen politika: {policy}."
    )
    return {
        "formats": formats,
        "rows": rows,
        "history": history,
        "speeds": speeds,
        "policy": policy,
        "dtypes": dtypes,
        "clipped": [row["norm"] for row in clipped],
        "left": left,
    }


# %% 6 · Kendi kaybımız, kendi metriğimiz
def true_probability(y_true, y_pred):
    """Doğru sınıfa verilen olasılık; tek sütun sigmoid'dir, çok sütun softmax."""
    epsilon = keras.config.epsilon()  # log(0) olmasın
    if y_pred.shape[-1] == 1:
        p = ops.where(y_true > 0.5, y_pred, 1 - y_pred)
    else:
        index = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
        p = ops.take_along_axis(y_pred, index, axis=-1)
    return ops.clip(p[:, 0], epsilon, 1 - epsilon)


@keras.saving.register_keras_serializable(package="uygulama_04")
class FocalLoss(keras.losses.Loss):
    """Kolay örneğin payını kısar: -(1 - p)^γ log p (Lin vd., 2017). γ = 0: cross-entropy."""

    def __init__(self, gamma=2.0, name="focal_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        p = true_probability(y_true, y_pred)
        return -((1 - p) ** self.gamma) * ops.log(p)

    def get_config(self):  # .keras dosyasına yazılan ve geri okunan ayarlar
        return super().get_config() | {"gamma": self.gamma}


@keras.saving.register_keras_serializable(package="uygulama_04")
class CostSensitiveLoss(keras.losses.Loss):
    """Kaçırılan tümör, yanlış alarmdan `cost` kat pahalı."""

    def __init__(self, cost=5.0, name="cost_sensitive_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.cost = cost

    def call(self, y_true, y_pred):
        weight = ops.where(y_true[:, 0] > 0.5, self.cost, 1.0)
        return -weight * ops.log(true_probability(y_true, y_pred))

    def get_config(self):
        return super().get_config() | {"cost": self.cost}


@keras.saving.register_keras_serializable(package="uygulama_04")
class FBeta(keras.metrics.Metric):
    """F-beta: kesinlik ile duyarlılık tek sayıda; beta > 1 duyarlılığa ağırlık verir.

    Sayıları biriktirir, oranı sonda alır: mini-batch'lerin F'leri ortalanmaz.
    """

    def __init__(self, beta=1.0, n_classes=1, name="f_beta", **kwargs):
        super().__init__(name=name, **kwargs)
        self.beta, self.n_classes = beta, n_classes
        names = ("hits", "false_alarms", "misses")
        self.counts = [self.add_variable((n_classes,), "zeros", name=name) for name in names]

    def update_state(self, y_true, y_pred, sample_weight=None):
        if self.n_classes == 1:
            pair = (ops.cast(y, self.dtype) for y in (y_true, y_pred))
            true, guess = (ops.cast(y > 0.5, self.dtype) for y in pair)
        else:
            true = ops.one_hot(y_true, self.n_classes, dtype=self.dtype)
            guess = ops.one_hot(ops.argmax(y_pred, axis=-1), self.n_classes, dtype=self.dtype)
        parts = true * guess, (1 - true) * guess, true * (1 - guess)
        weight = 1.0 if sample_weight is None else ops.reshape(sample_weight, (-1, 1))
        for count, part in zip(self.counts, parts, strict=True):
            count.assign_add(ops.sum(weight * part, axis=0))

    def result(self):
        hits, false_alarms, misses = self.counts
        weight = self.beta**2
        whole = (1 + weight) * hits + weight * misses + false_alarms
        return ops.mean((1 + weight) * hits / ops.maximum(whole, keras.config.epsilon()))

    def get_config(self):
        return super().get_config() | {"beta": self.beta, "n_classes": self.n_classes}


def formula_rows(rng) -> list[dict]:
    """Her parça üç yoldan: kendi sınıfımız, NumPy, Keras'ın ya da scikit-learn'ünki."""
    y = (rng.uniform(size=(200, 1)) < 0.4).astype("float32")
    q = rng.uniform(0.01, 0.99, (200, 1)).astype("float32")
    p = np.where(y == 1, q, 1 - q)
    weight = np.where(y == 1, COST, 1)
    digits = rng.integers(0, 10, 200)
    ten = rng.dirichlet(np.ones(10), 200).astype("float32")
    one_hot = np.eye(10, dtype="float32")[digits]
    p10 = ten[np.arange(200), digits]
    focal10 = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=GAMMA)
    ways = {
        "FocalLoss, iki sınıf": (
            FocalLoss(GAMMA)(y, q),
            np.mean(-((1 - p) ** GAMMA) * np.log(p)),
            keras.losses.BinaryFocalCrossentropy(gamma=GAMMA)(y, q),
        ),
        "FocalLoss, on sınıf": (
            FocalLoss(GAMMA)(digits, ten),
            np.mean(-((1 - p10) ** GAMMA) * np.log(p10)),
            focal10(one_hot, ten),
        ),
        "FocalLoss, γ = 0": (FocalLoss(0.0)(y, q), np.mean(-np.log(p)), log_loss(y, q)),
        "CostSensitiveLoss": (
            CostSensitiveLoss(COST)(y, q),
            np.mean(-weight * np.log(p)),
            log_loss(y, q, sample_weight=weight[:, 0]) * weight.mean(),
        ),
        "FBeta, iki sınıf": (f_beta(y, q), f_beta_by_hand(y, q > 0.5), sk_f_beta(y, q > 0.5)),
        "FBeta, on sınıf": (
            f_beta(digits, ten, n_classes=10),
            np.mean([f_beta_by_hand(digits == k, ten.argmax(1) == k) for k in range(10)]),
            sk_f_beta(digits, ten.argmax(1), average="macro"),
        ),
    }
    columns = ("kendi sınıfımız", "NumPy", "Keras / scikit-learn")
    rows = []
    for name, values in ways.items():
        values = [float(v) for v in values]
        rows.append({"parça": name} | dict(zip(columns, values, strict=True)))
        rows[-1]["en büyük fark"] = max(values) - min(values)
    return rows


sk_f_beta = partial(fbeta_score, beta=BETA)


def f_beta(y, guess, n_classes=1, batch=None) -> float:
    """Metriğimiz, verilen boyda parçalarla beslenmiş."""
    metric = FBeta(BETA, n_classes)
    for i in range(0, len(y), batch or len(y)):
        metric.update_state(y[i : i + (batch or len(y))], guess[i : i + (batch or len(y))])
    return float(metric.result())


def f_beta_by_hand(true, guess) -> float:
    true = true > 0.5
    hits, alarms = np.sum(true & guess), np.sum(~true & guess)
    misses = np.sum(true & ~guess)
    return (1 + BETA**2) * hits / ((1 + BETA**2) * hits + BETA**2 * misses + alarms)


def small_model() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input(shape=(30,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def missed_and_alarms(model, data) -> tuple[int, int, float]:
    """Doğrulama kümesinde kaçırılan tümör, yanlış alarm ve metriğimiz."""
    p = model(data.x_val).numpy()
    guess, true = p[:, 0] > 0.5, data.y_val == 1
    return np.sum(true & ~guess), np.sum(~true & guess), f_beta(data.y_val[:, None], p)


def loop_and_fit(data) -> tuple[float, float, keras.Model]:
    """Aynı kayıp ve metrik kendi döngümüzde ve `fit`te: ağırlıklar ve metrik ne kadar ayrılır?"""
    models = [small_model(), small_model()]
    models[1].set_weights(models[0].get_weights())
    y = data.y_train[:, None].astype("float32")
    orders = [shuffled(len(y), BATCH_CANCER, lab.seed, i) for i in range(EPOCHS_COST)]
    order = np.concatenate(orders)
    step = make_step(models[0], keras.optimizers.Adam(SLIDE_LR), CostSensitiveLoss(COST))
    make_epoch(step)(data.x_train, y, order)
    models[1].compile(
        optimizer=keras.optimizers.Adam(SLIDE_LR),
        loss=CostSensitiveLoss(COST),
        metrics=[FBeta(BETA)],
    )
    rows = order.ravel()
    models[1].fit(data.x_train[rows], y[rows], BATCH_CANCER, shuffle=False, verbose=0)
    by_fit = models[1].evaluate(data.x_val, data.y_val[:, None], verbose=0, return_dict=True)
    weights = largest_difference(*(model.get_weights() for model in models))
    return weights, abs(by_fit["f_beta"] - missed_and_alarms(models[0], data)[2]), models[1]


# Yeni bir Python: sınıfları önce bilmez, sonra içe aktarır
LOAD = """
import json, sys, keras, numpy as np
model_file, inputs, outputs = json.load(sys.stdin)
try:
    keras.models.load_model(model_file)
except TypeError as error:
    print(error)
import uygulama_04_custom_loop
model = keras.models.load_model(model_file)
np.save(outputs, model.predict(np.load(inputs), verbose=0))
print(model.loss.get_config()["cost"])
"""


def draw_costs(rows):
    """Kayıp başına kaçırılan tümör ve yanlış alarm."""
    fig, ax = plots.figure("Kayıp fonksiyonu hangi hatayı ucuz sayar?")
    places = np.arange(len(rows))
    for i, (key, hatch) in enumerate((("kaçırılan tümör", ""), ("yanlış alarm", "//"))):
        counts = [row[key] for row in rows]
        bars = ax.bar(places + 0.4 * (i - 0.5), counts, 0.38, label=key, hatch=hatch)
        ax.bar_label(bars, [f"{count:.1f}" for count in counts])
    ax.set_xticks(places, [row["kayıp"] for row in rows])
    ax.set_ylabel("doğrulama hastası (tohumların ortalaması)")
    ax.legend()
    return fig


def compare_losses(data) -> list[dict]:
    """Aynı ağ, aynı başlangıçlar, üç kayıp; kendi döngümüzde."""
    losses = {
        "cross-entropy": keras.losses.BinaryCrossentropy(),
        f"focal (γ = {GAMMA:g})": FocalLoss(GAMMA),
        f"maliyete duyarlı ({COST:g} kat)": CostSensitiveLoss(COST),
    }
    y = data.y_train[:, None].astype("float32")
    seeds = lab.seeds(SEEDS)
    rows = []
    for name in lab.each(losses, f"{len(seeds)} tohumla kendi döngümüzde"):
        model, found = small_model(), []
        model.compile(optimizer=keras.optimizers.Adam(SLIDE_LR))
        epoch = make_epoch(make_step(model, model.optimizer, losses[name]))
        for seed in seeds:
            set_seed(seed)
            restart(model, small_model(), seed)
            for i in range(EPOCHS_COST):
                epoch(data.x_train, y, shuffled(len(y), BATCH_CANCER, seed, i))
            found.append(missed_and_alarms(model, data))
        columns = ("kaçırılan tümör", "yanlış alarm", "F2")
        row = {"kayıp": name} | dict(zip(columns, np.mean(found, axis=0), strict=True))
        rows.append(row | {"F2 std": np.std(found, axis=0)[2]})
    return rows


@lab.section
def custom_loss_and_metric():
    """Kendi kaybımız, kendi metriğimiz: kaçırılan tümör kaça mal olur?

    Kaçırılan tümör pahalı sayılınca kaç tümör daha yakalanır, kaç yanlış alarm eklenir?
    Mini-batch'lerin F2'lerinin ortalaması bütünün F2'si midir? Önce tahmin edin.
    """
    formulas = formula_rows(np.random.default_rng(lab.seed))
    lab.table(formulas, "Formül, NumPy ve hazır fonksiyonlar", suffix="_formuller")
    data = load_breast_cancer()
    with start_python(LOAD) as fresh:  # o Keras'ı yüklerken burada eğitim sürer
        rows = compare_losses(data)
        weights, metric, trained = loop_and_fit(data)
        elsewhere, told = predict_in(fresh, lab.save(trained), data.x_val)
    lab.table(rows, f"{len(data.y_val)} doğrulama hastası, {lab.few(SEEDS)} tohumun ortalaması")
    lab.save(draw_costs(rows))

    p, true = trained(data.x_val).numpy(), data.y_val[:, None]
    parts = [f_beta(true[i : i + SPLIT], p[i : i + SPLIT]) for i in range(0, len(p), SPLIT)]
    whole, split, mean = f_beta(true, p), f_beta(true, p, batch=SPLIT), float(np.mean(parts))
    reload_difference = largest_difference([p], [elsewhere])
    checks = {
        "döngü ile fit: ağırlıklar": weights,
        "döngü ile fit: F2": metric,
        f"F2: bütünü ile parça parça ({SPLIT} hasta)": abs(whole - split),
        "yeni süreçte yüklenen modelin tahmini": reload_difference,
    }
    lab.table([{"fark": k, "en büyük": v} for k, v in checks.items()], "Aynı mı?", suffix="_ayni")
    lab.say(f"Sınıflar içe aktarılmadan: {told[:140]} …")
    plain, _, costly = rows
    lab.observe(
        f"Kaçırılan tümör cross-entropy ile ortalama {plain['kaçırılan tümör']:.1f}, maliyete "
        f"duyarlı kayıpla {costly['kaçırılan tümör']:.1f}; yanlış alarm "
        f"{plain['yanlış alarm']:.1f} ve {costly['yanlış alarm']:.1f}. F2 bütünde {whole:.3f}, "
        f"parçalarla beslenince {split:.3f}; parçaların F2'leri ortalanınca {mean:.3f}. Yeni "
        f"süreç en çok {reload_difference:.0e} farklı tahmin ediyor."
    )
    f2 = {"whole": whole, "split": split, "mean": mean}
    return {"formulas": formulas, "rows": rows, "checks": checks, "f2": f2, "told": told}


# %% 7 · Mini proje
@dataclass(frozen=True)
class Recipe:
    """Mini projenin tarifi; teknikler tek tek kapatılabilir (`--ablasyon`)."""

    epochs: int
    width: int = WIDTH
    blocks: int = 1  # artık blok sayısı
    residual: bool = True
    auxiliary: bool = True
    he: bool = True
    batch_norm: bool = True
    noise: float = PROJECT_NOISE  # 0: kapalı
    worst_noise: float = 0.0  # --uzun: kaybı en çok artıran gürültünün uzunluğu (L2)
    dropout: float = PROJECT_DROPOUT
    weight_decay: bool = True
    warmup: bool = True
    cosine: bool = True
    clipping: bool = True
    focal: bool = True


SWITCHES = {
    "residual": "artık blok",
    "auxiliary": "yardımcı çıkış",
    "he": "He başlatıcı",
    "batch_norm": "BatchNorm",
    "noise": "girdiye gürültü",
    "dropout": "Dropout",
    "weight_decay": "ağırlık küçültme (AdamW)",
    "warmup": "ısınma (warmup)",
    "cosine": "kosinüs tavlama",
    "clipping": "gradyan kırpma",
    "focal": "focal loss",
}


def chosen_recipe() -> Recipe:
    """Bir dakikalık tarif; `--uzun` ile daha geniş, daha derin ve en kötü gürültülü olanı."""
    if not lab.options["uzun"]:
        return Recipe(lab.few(EPOCHS))
    longer = Recipe(lab.few(LONG_EPOCHS), LONG_WIDTH, LONG_BLOCKS, dropout=LONG_DROPOUT)
    return replace(longer, noise=0.0, worst_noise=LONG_WORST_NOISE)


def dense_block(x, recipe: Recipe):
    """Dense → BatchNorm → ReLU → Dropout; BatchNorm varken bias gereksizdir."""
    start = "he_normal" if recipe.he else "glorot_uniform"
    norm = recipe.batch_norm
    x = layers.Dense(recipe.width, use_bias=not norm, kernel_initializer=start)(x)
    x = layers.BatchNormalization(momentum=PROJECT_MOMENTUM)(x) if norm else x
    x = layers.Activation("relu")(x)
    # Kapalıyken de kurulur, tohumunu çeker: ablasyonda bütün ağlar aynı ağırlıklardan başlasın
    dropout = layers.Dropout(recipe.dropout or PROJECT_DROPOUT)
    return dropout(x) if recipe.dropout else x


def project_model(recipe: Recipe, policy: str) -> keras.Model:
    """Functional API: gürültü → blok → artık blok → ana çıkış; yardımcı çıkış ilk bloktan."""
    keras.config.set_dtype_policy(policy)
    image = keras.Input(shape=(784,), name="piksel")
    noise = layers.GaussianNoise(recipe.noise or PROJECT_NOISE)
    x = noise(image) if recipe.noise else image
    x = dense_block(x, recipe)
    early = layers.Dense(10, activation="softmax", dtype="float32", name="yardimci")(x)
    for _ in range(recipe.blocks):
        branch = dense_block(x, recipe)
        x = layers.Add()([x, branch]) if recipe.residual else branch
    main = layers.Dense(10, activation="softmax", dtype="float32", name="ana")(x)
    keras.config.set_dtype_policy("float32")
    model = keras.Model(image, [main, early] if recipe.auxiliary else [main])
    optimizer = keras.optimizers.AdamW(
        weight_decay=PROJECT_DECAY if recipe.weight_decay else 0.0,
        global_clipnorm=PROJECT_CLIP if recipe.clipping else None,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model.compile(optimizer=optimizer)
    optimizer.build(model.trainable_variables)
    return model


def worst_noise(uphill, length: float):
    """Her görüntüye, kaybı en çok artıran yönde (`uphill`: girdinin gradyanı) gürültü."""
    return length * tf.math.l2_normalize(uphill, axis=1, epsilon=TINY)


def make_project_epoch(model, recipe: Recipe):
    """Bölüm 3'ün tek grafikte koşan epoch'u; LR her adımda dışarıdan gelir.

    `--uzun`: gradyanın yarısı, en kötü yönde gürültü eklenmiş girdiden gelir (Goodfellow vd.,
    2015; Miyato vd., 2016): tape girdiye göre de türev alır, `fit` bunu yapmaz.
    """
    optimizer = model.optimizer
    loss_fn = FocalLoss(PROJECT_GAMMA if recipe.focal else 0.0)
    weights = (1.0, AUXILIARY_WEIGHT)[: len(model.outputs)]

    def differentiate(x, y):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = keras.tree.flatten(model(x, training=True))  # bir ya da iki çıkış
            parts = [loss_fn(y, output) for output in outputs]
            loss = sum(w * part for w, part in zip(weights, parts, strict=True))
            scaled = optimizer.scale_loss(loss)  # float32'de hiçbir şey yapmaz
        return loss, *tape.gradient(scaled, [x, model.trainable_variables])

    @tf.function
    def epoch(x, y, order, rates):
        losses = tf.TensorArray(tf.float32, size=len(order))
        for i in tf.range(len(order)):
            x_batch, y_batch = tf.gather(x, order[i]), tf.gather(y, order[i])
            loss, uphill, gradients = differentiate(x_batch, y_batch)
            if recipe.worst_noise:
                noise = worst_noise(uphill, recipe.worst_noise)
                _, _, harder = differentiate(x_batch + noise, y_batch)
                gradients = [(g + h) / 2 for g, h in zip(gradients, harder, strict=True)]
            optimizer.learning_rate.assign(rates[i])
            optimizer.apply(gradients, model.trainable_variables)  # global_clipnorm burada
            losses = losses.write(i, loss)
        return losses.stack()

    return epoch


def learning_rates(recipe: Recipe, peak: float, steps: int) -> np.ndarray:
    """Isınma: 0'dan tepeye doğru çizgi; sonra kosinüs tavlama. Her adım için bir LR."""
    step = np.arange(steps)
    warm = int(WARMUP_SHARE * steps) if recipe.warmup else 0
    falling = (1 + np.cos(np.pi * (step - warm) / (steps - warm))) / 2 if recipe.cosine else 1
    rates = peak * np.where(step < warm, step / max(warm, 1), falling)
    return rates.astype("float32")


def snapshot(model) -> list[np.ndarray]:
    """Eğitimin bütün durumu: ağırlıklar, BatchNorm, Dropout tohumları, optimizer."""
    return [variable.numpy() for variable in model.variables + model.optimizer.variables]


def put_back(model, values) -> None:
    for variable, value in zip(model.variables + model.optimizer.variables, values, strict=True):
        variable.assign(value)


def lr_range_test(model, run_epoch, x, y) -> tuple[float, float, np.ndarray, np.ndarray]:
    """LR üstel artar; kaybı yükseltmeye başlayan LR'nin güvenli bir payı tepe olur.

    Verdikleri: tepe LR, testin süresi (saniye), denenen LR'ler, kayıpları.
    """
    start = time.perf_counter()
    before, steps = snapshot(model), lab.few(RANGE_STEPS)
    rates = np.geomspace(*RANGE, steps).astype("float32")
    rounds = -(-steps * PROJECT_BATCH // len(x))  # küçük veride birkaç tur
    orders = [shuffled(len(x), PROJECT_BATCH, lab.seed, i) for i in range(rounds)]
    losses = run_epoch(x, y, np.concatenate(orders)[:steps], rates).numpy()
    put_back(model, before)
    kernel = np.ones(RANGE_SMOOTH) / RANGE_SMOOTH
    smooth = np.convolve(losses, kernel, mode="valid")
    lowest = int(np.nanargmin(smooth))
    rising = np.flatnonzero(~(smooth[lowest:] < RISE * smooth[lowest]))  # NaN de yükseliştir
    too_large = rates[RANGE_SMOOTH // 2 + lowest + rising[0]] if len(rising) else rates[-1]
    return float(PEAK_SHARE * too_large), time.perf_counter() - start, rates, losses


def predict(model, x) -> np.ndarray:
    """Yardımcı çıkış kesilir: aynı ağırlıkları paylaşan tek çıkışlı model."""
    return keras.Model(model.inputs[0], model.outputs[0])(x, training=False).numpy()


def validate(model, data) -> dict[str, float]:
    """Doğrulama kaybı, doğruluk ve kendi metriğimiz (on sınıfın F1 ortalaması)."""
    p = predict(model, data.x_val)
    metric = FBeta(n_classes=10)
    metric.update_state(data.y_val, p)
    return {
        "val_loss": float(FocalLoss(0.0)(data.y_val, p)),
        "val_accuracy": float(np.mean(p.argmax(axis=1) == data.y_val)),
        "val_f1": float(metric.result()),
    }


STATE = "durum_"  # .npz içindeki değişkenlerin adı bununla başlar


class Checkpoint(keras.callbacks.Callback):
    """Her epoch'tan sonra: en iyi model (.keras) ve sürdürmek için her şey (tek .npz dosyası).

    Bitmiş bir mini projenin dosyalarına dokunmaz; onları `final_test` yeniler.
    """

    def __init__(self, plan: str, policy: str, log: list[dict]):
        super().__init__()
        self.plan, self.policy, self.log = plan, policy, log

    def on_epoch_end(self, epoch, logs=None):
        best = min((row["val_loss"] for row in self.log), default=np.inf)
        rate = float(self.model.optimizer.learning_rate)
        self.log.append({"epoch": epoch + 1, "LR": rate} | logs)
        if logs["val_loss"] < best:  # doğruluktan ve F1'den daha az oynar
            lab.save(self.model, "_suren")
        state = {f"{STATE}{i:03}": v for i, v in enumerate(snapshot(self.model))}
        with lab.file("_suren", ".npz") as path:
            plan = {"plan": self.plan, "policy": self.policy, "log": json.dumps(self.log)}
            np.savez(path, **plan, **state)

    @property
    def best_epoch(self) -> int:
        return min(self.log, key=lambda row: row["val_loss"])["epoch"] if self.log else 0


def read_checkpoint(plan: str) -> tuple[list[dict], list[np.ndarray], str]:
    """`--surdur`: o güne kadarki günlük, son durum, politika; eğitimden önce denetlenir."""
    path = lab.path("_suren", ".npz")
    again = f"Baştan başlamak için: {lab.again('mini_project', '--surdur')}"
    if not path.exists():
        raise LabError(f"Sürdürülecek bir eğitim yok: {path}\n{again}")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as saved:
            found = {name: saved[name] for name in saved}
        there, policy = str(found["plan"]), str(found["policy"])
        log = json.loads(str(found["log"]))
    # Dosya başka bir sürümden ya da başka bir programdan kalmış olabilir
    except (KeyError, ValueError, EOFError, BadZipFile) as error:
        raise LabError(f"{path} bir kontrol noktası olarak okunamadı.\n{again}") from error
    if there != plan:
        raise LabError(
            f"{path.name} başka bir eğitimin kontrol noktası.\n"
            f"Diskteki: {there}\nİstenen: {plan}\n"
            f"Aynı seçeneklerle (--tohum, --uzun) sürdürün. {again}"
        )
    return log, [found[name] for name in sorted(found) if name.startswith(STATE)], policy


def stop_on_nan(losses: np.ndarray, epoch: int, checkpoint: Checkpoint) -> None:
    """`losses`: adımların kaybı, sonda doğrulamanınki (son adım ağırlıkları bozmuş olabilir)."""
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        good = checkpoint.best_epoch
        where = f"adım {bad[0] + 1}" if bad[0] < len(losses) - 1 else "doğrulamada"
        kept = f"{lab.path('_suren', '.keras').name} (epoch {good})" if good else "henüz yok"
        raise LabError(
            f"Kayıp sayı olmaktan çıktı (NaN ya da sonsuz): epoch {epoch + 1}, {where}."
            f"\nSon iyi kontrol noktası: {kept}. Betiğin başındaki PEAK_SHARE değerini küçültüp "
            f"baştan başlayın: {lab.again('mini_project', '--surdur')}"
        )


def train(model, run_epoch, data, rates: np.ndarray, callbacks, checkpoint) -> None:
    """Epoch döngüsü; callback'ler `fit`teki gibi çağrılır."""
    x, y = tf.constant(data.x_train), tf.constant(data.y_train)
    steps = len(x) // PROJECT_BATCH
    for epoch in range(len(checkpoint.log), len(rates) // steps):
        if model.stop_training:
            break
        callbacks.on_epoch_begin(epoch)
        start = time.perf_counter()
        order = shuffled(len(x), PROJECT_BATCH, lab.seed, epoch)  # tohum ve epoch'tan gelir
        losses = run_epoch(x, y, order, rates[epoch * steps : (epoch + 1) * steps]).numpy()
        logs = {"loss": float(losses.mean())} | validate(model, data)
        stop_on_nan(np.append(losses, logs["val_loss"]), epoch, checkpoint)
        callbacks.on_epoch_end(epoch, logs | {"saniye": time.perf_counter() - start})


def run_callbacks(model, run_epoch, data, rates: np.ndarray, checkpoint: Checkpoint) -> None:
    """`fit`in callback'leri kendi döngümüzde: onları çağıran `CallbackList`tir."""
    epochs = len(rates) * PROJECT_BATCH // len(data.x_train)
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=int(PATIENCE_SHARE * epochs))
    callbacks = keras.callbacks.CallbackList(
        [checkpoint, stop, lab.watch()], model=model, epochs=epochs
    )
    callbacks.on_train_begin()
    for row in checkpoint.log:  # --surdur: erken durdurma o güne kadar gördüklerini yeniden görür
        stop.on_epoch_end(row["epoch"] - 1, row)
    try:
        train(model, run_epoch, data, rates, callbacks, checkpoint)
    except KeyboardInterrupt:
        if checkpoint.log:
            lab.say(
                f"Kesildi: {len(checkpoint.log)} epoch bitmişti. En iyi ağırlıklar (epoch "
                f"{checkpoint.best_epoch}): {lab.path('_suren', '.keras').name}\n"
                f"Kaldığı yerden: {lab.again('mini_project', '--surdur')} --surdur"
            )
        raise
    callbacks.on_train_end()


def final_test(data) -> tuple[dict[str, float], np.ndarray, float]:
    """En iyi kontrol noktası diskten yüklenir; test kümesine bir kez, burada bakılır."""
    best = keras.models.load_model(lab.path("_suren", ".keras"))
    lab.save(best, "_en_iyi")
    p_val, p_test = predict(best, data.x_val), predict(best, data.x_test)
    with lab.file("_tahminler", ".npz") as path:
        np.savez(path, p_val=p_val, p_test=p_test)  # poster bunları okur
    metric = FBeta(n_classes=10)
    metric.update_state(data.y_test, p_test)
    accuracy = float(np.mean(p_test.argmax(axis=1) == data.y_test))
    return {"test": accuracy, "test F1": float(metric.result())}, p_val


def draw_project(range_test, peak, rates, log):
    """LR aralık testi, LR zamanlaması, kayıp ve doğruluk."""
    fig, axes = plots.figure("Mini proje: LR'nin seçimi ve eğitim", 2, 2)
    (test, schedule), (loss, accuracy) = axes
    test.plot(*range_test, linewidth=1)
    test.axvline(peak, color="black", linestyle="--", label=f"seçilen tepe {peak:.1e}")
    test.set(xscale="log", yscale="log", xlabel="LR (aralık testi)", ylabel="kayıp")
    test.legend(loc="upper left")
    schedule.plot(np.linspace(0, len(log), len(rates)), rates, linewidth=3)
    schedule.set(xlabel="epoch", ylabel="LR: ısınma, kosinüs")
    curves = {
        "eğitim (focal, iki çıkış, gürültülü)": [row["loss"] for row in log],
        "doğrulama (cross-entropy, ana çıkış)": [row["val_loss"] for row in log],
    }
    plots.curves(loss, curves, "epoch", "kayıp")
    names = {"doğruluk": "val_accuracy", "F1 ortalaması": "val_f1"}
    scores = {name: [row[key] for row in log] for name, key in names.items()}
    plots.curves(accuracy, scores, "epoch", "doğrulama kümesinde")
    plots.percent_axis(accuracy.yaxis, digits=1)
    return fig


def draw_ablation(rows):
    """Teknik kapatılınca doğrulama doğruluğundaki değişim, tohumların std'siyle."""
    fig, ax = plots.figure("Ablasyon: teknik kapatılınca ne değişir?")
    base, *others = rows
    changes = [(row["doğrulama"] - base["doğrulama"]) * 100 for row in others]
    spreads = [np.hypot(row["std"], base["std"]) * 100 for row in others]
    names = [row["tarif"] for row in others]
    ax.barh(names, changes, xerr=spreads, capsize=6)
    ax.axvline(0, color="black")
    ax.invert_yaxis()
    ax.set_xlabel("doğrulama doğruluğunda değişim (puan; çizgi: iki std'nin birleşiği)")
    return fig


def ablation() -> dict:
    """`--ablasyon`: teknikler tek tek kapatılır; aynı veri, aynı tohumlar, aynı tepe LR."""
    lab.beside("_ablasyon")  # mini projenin kendi sonuçları yerinde kalsın
    set_seed(lab.seed)
    data = load_mnist(lab.few(N_ABLATION))
    base = Recipe(lab.few(EPOCHS_ABLATION))
    off = lab.pick(list(SWITCHES), ["batch_norm", "auxiliary"])
    recipes = {"hepsi açık": base}
    recipes |= {f"{SWITCHES[key]} yok": replace(base, **{key: False}) for key in off}
    seeds = lab.seeds(SEEDS)
    steps = len(data.x_train) // PROJECT_BATCH
    x, y = tf.constant(data.x_train), tf.constant(data.y_train)
    rows, peak = [], None
    for name in lab.each(recipes, f"{len(seeds)} tohum"):
        recipe = recipes[name]
        model = project_model(recipe, "float32")
        run_epoch, found = make_project_epoch(model, recipe), []
        if peak is None:
            peak, *_ = lr_range_test(model, run_epoch, x, y)
        rates = learning_rates(recipe, peak, recipe.epochs * steps)
        for seed in seeds:
            set_seed(seed)
            put_back(model, snapshot(project_model(recipe, "float32")))
            for i in range(recipe.epochs):
                order = shuffled(len(x), PROJECT_BATCH, seed, i)
                run_epoch(x, y, order, rates[i * steps : (i + 1) * steps])
            found.append(validate(model, data))
        loss, accuracy, _ = zip(*(scores.values() for scores in found), strict=True)
        row = {"tarif": name, "doğrulama": np.mean(accuracy), "std": np.std(accuracy)}
        row |= {"kayıp": np.mean(loss)}
        change = (row["doğrulama"] - rows[0]["doğrulama"]) * 100 if rows else 0.0
        rows.append(row | {"fark (puan)": change})
    title = f"{len(data.x_train)} görüntü, {base.epochs} epoch, {len(seeds)} tohum, LR {peak:.1e}"
    lab.table(rows, title, {"doğrulama": two, "std": two})
    lab.save(draw_ablation(rows))
    clear = [
        r for r in rows[1:] if abs(r["fark (puan)"]) > 200 * np.hypot(r["std"], rows[0]["std"])
    ]
    listed = ", ".join(f"{r['tarif']} {r['fark (puan)']:+.2f} puan" for r in clear)
    lab.observe(
        f"Tohumların saçılmasından (iki std) açıkça ayrılan: {listed or 'hiçbiri'}. Ötekilerin "
        f"etkisi bu kısa eğitimde gürültünün içinde."
        if len(seeds) > 1
        else "Tek tohumla saçılma ölçülmez: bu farkların hepsi gürültü olabilir."
    )
    return {"rows": rows, "peak": peak}


@lab.section
def mini_project():
    """Mini proje: günün bütün teknikleri tek döngüde

    Evrişim ve veri artırma olmadan, bir dakikadan kısa eğitimle on bin test rakamının kaçı yanlış
    okunur? Hangi teknik ne kadar katar (`--ablasyon`)? Önce tahmin edin.
    """
    if lab.options["ablasyon"]:
        return ablation()
    data, recipe = load_mnist(lab.few(N_PROJECT)), chosen_recipe()
    plan = f"tohum {lab.seed}, {len(data.x_train)} görüntü, {recipe}"
    resumed = read_checkpoint(plan) if lab.options["surdur"] else ([], None, choose_policy())
    log, state, policy = resumed
    keras.utils.clear_session(free_memory=False)  # ölçüm katman kurdu, rastgele sayı tüketti
    set_seed(lab.seed)
    model = project_model(recipe, policy)
    model.summary()
    run_epoch = make_project_epoch(model, recipe)
    steps = len(data.x_train) // PROJECT_BATCH

    peak, range_seconds, *tested = lr_range_test(model, run_epoch, data.x_train, data.y_train)
    rates = learning_rates(recipe, peak, recipe.epochs * steps)
    if state:
        put_back(model, state)
    checkpoint = Checkpoint(plan, policy, log)
    run_callbacks(model, run_epoch, data, rates, checkpoint)

    test, p_val = final_test(data)
    best = log[checkpoint.best_epoch - 1]
    reloaded = float(np.mean(p_val.argmax(axis=1) == data.y_val))
    total = range_seconds + sum(row["saniye"] for row in log)
    row = {"parametre": model.count_params(), "epoch": len(log), "en iyi epoch": best["epoch"]}
    row |= {"tepe LR": peak, "eğitim (s)": total, "politika": policy}
    row |= {"doğrulama": best["val_accuracy"]} | test
    lab.table([row], "Mini proje", {"doğrulama": two, "test": two})
    lab.table(log, "Eğitim günlüğü (LR günlüğü)", suffix="_gunluk")
    lab.save(draw_project(tested, peak, rates, log))
    lab.observe(
        f"{len(data.y_test)} test rakamının {round((1 - test['test']) * len(data.y_test))} tanesi "
        f"yanlış: test doğruluğu {two(test['test'])}, {total:.0f} saniyelik eğitimle ({len(log)} "
        f"epoch, {'erken durdu' if len(log) < recipe.epochs else 'erken durdurma gerekmedi'}). En "
        f"iyi epoch {best['epoch']}, diskten yüklenince doğrulama doğruluğu {two(reloaded)}. "
        f"Ayarlar doğrulama kümesiyle seçildi; test kümesine bir kez bakıldı."
    )
    found = {"log": log, "peak": peak, "rates": rates, "seconds": total, "reloaded": reloaded}
    return found | test | {"best": best, "recipe": recipe}


# %% 8 · Poster
class Headline(NamedTuple):
    """Günün karnesinde bir satır: betik, tablosu, sütunu, ne olduğu, satırı (None: en büyüğü)."""

    script: str
    table: str
    column: str
    what: str
    row: int | None


LAB_1, LAB_2 = "uygulama_01_keras_sequential", "uygulama_02_callbacks_lr"
LAB_3, LAB_4 = "uygulama_03_functional_api", "uygulama_04_custom_loop"
SHARED_WORDS = ("--hizli", "--tohum", "--cikti")  # bütün betiklerin bildiği seçenekler
HEADLINES = (
    Headline(LAB_1, "03_full_architecture_ozet", "doğruluk", "slaytın modeli, test", 0),
    Headline(LAB_1, "12_mc_dropout_ozet", "MC Dropout", "MC Dropout, emin kalanlar", -1),
    Headline(LAB_2, "06_five_callbacks_test", "doğruluk", "beş callback, test", 0),
    Headline(LAB_2, "09_schedule_race", "doğruluk", "LR yarışı, en iyisi", None),
    Headline(LAB_3, "04_residual_blocks", "doğrulama doğruluğu", "artık bloklar, en derini", -1),
    Headline(LAB_3, "06_auxiliary_loss", "main", "yardımcı kayıp", 0),
    Headline(LAB_4, "07_mini_project", "test", "mini proje, test", 0),
)


def report_card() -> list[dict]:
    """Her uygulamanın başlıca sayısı; dosyası yoksa hangi betiğin koşulacağı."""
    rows = []
    for script, table, column, what, place in HEADLINES:
        path = lab.folder.parent / "_".join(script.split("_")[:2]) / f"{table}.csv"
        row = {"uygulama": script.split("_")[1], "sonuç": what, "değer": "yok"}
        frame = pd.read_csv(path) if path.exists() else pd.DataFrame()
        if column in frame:
            value = frame[column].max() if place is None else frame[column].iloc[place]
            rows.append(row | {"değer": two(value), "eksikse": ""})
        else:  # hiç koşmadı ya da eski bir sürümde koştu
            words = [word for word in lab.words if word.startswith(SHARED_WORDS)]
            again = [f"python {script}.py --bolum {int(table[:2])}", *words]
            rows.append(row | {"eksikse": " ".join(again)})
    return rows


def softened(p: np.ndarray, temperature: float) -> np.ndarray:
    """Sıcaklık ölçekleme (Guo vd., 2017): log p / T, yeniden softmax. Sıralama değişmez."""
    return softmax(np.log(np.maximum(p, keras.config.epsilon())) / temperature, axis=1)


def cross_entropy(p: np.ndarray, y: np.ndarray) -> float:
    return log_loss(y, p, labels=range(10))


def fit_temperature(p_val: np.ndarray, y_val: np.ndarray) -> float:
    """Doğrulama kümesinde olabilirliği en büyük yapan sıcaklık."""
    found = minimize_scalar(
        lambda t: cross_entropy(softened(p_val, t), y_val),
        bounds=TEMPERATURES,
        method="bounded",
    )
    return float(found.x)


def calibration(p: np.ndarray, y: np.ndarray) -> tuple[pd.Series, pd.Series, float]:
    """Güven kutularında ortalama güven ve doğruluk; aralarındaki ortalama açık (ECE)."""
    found = pd.DataFrame({"güven": p.max(axis=1), "doğruluk": p.argmax(axis=1) == y})
    place = (found["güven"] * CALIBRATION_BOXES).astype(int).clip(upper=CALIBRATION_BOXES - 1)
    boxes = found.groupby(place)
    means, shares = boxes.mean(), boxes.size() / len(y)
    error = float((shares * (means["güven"] - means["doğruluk"]).abs()).sum())
    return means["güven"], means["doğruluk"], error


def calibration_row(name: str, p: np.ndarray, error: float, y: np.ndarray) -> dict:
    row = {"kalibrasyon": name, "ECE": error, "test kaybı": cross_entropy(p, y)}
    return row | {"test doğruluğu": float(np.mean(p.argmax(axis=1) == y))}


def draw_confusion(ax, p, y) -> None:
    """Köşegen dışı: kaç rakam yanlış okundu; köşegendeki doğrular boş bırakılır."""
    counts = confusion_matrix(y, p.argmax(axis=1))
    np.fill_diagonal(counts, 0)
    labels = np.where(counts > 0, counts.astype(str), "")
    sns.heatmap(counts, annot=labels, fmt="", cmap="Blues", cbar=False, ax=ax, linewidths=1)
    ax.set(xlabel="tahmin", ylabel="gerçek", title=f"karışıklık matrisi: {counts.sum()} yanlış")
    ax.tick_params(axis="y", rotation=0)


def draw_learning(ax, log) -> None:
    """Solda doğrulama doğruluğu, sağdaki eksende LR."""
    plots.curves(ax, {"doğrulama doğruluğu": log["val_accuracy"]}, "epoch", "", legend=False)
    plots.percent_axis(ax.yaxis, digits=1)
    ax.set_title("● doğrulama doğruluğu, -- LR")
    rate = ax.twinx()
    rate.plot(log["epoch"], log["LR"], "--", color=plots.COLORS[1], linewidth=3)
    rate.grid(False)
    rate.xaxis.set_tick_params(labelbottom=False)


def draw_calibration(ax, curves) -> None:
    for i, (confidence, correct, _) in enumerate(curves.values()):
        ax.plot(confidence, correct, **plots.look(i))
    ax.axline((1, 1), slope=1, color="black", linewidth=1)
    names = [f"{name}: ECE {two(error)}" for name, (_, _, error) in curves.items()]
    ax.set(xlabel="güven", ylabel="doğruluk", title=f"● {names[0]}\n■ {names[1]}")
    for axis in (ax.xaxis, ax.yaxis):
        plots.percent_axis(axis)


def hard_digits(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Beş en kararsız (en yüksek entropi), beş en emin yanlış; üstlerine ne yazılacağı."""
    guess = p.argmax(axis=1)
    entropy = -np.sum(p * np.log(np.maximum(p, keras.config.epsilon())), axis=1)
    uncertain = np.argsort(-entropy)[:SHOWN]
    wrong = np.flatnonzero(guess != y)
    worst = wrong[np.argsort(-p[wrong, guess[wrong]])][:SHOWN]
    titles = [f"{y[i]} → {guess[i]}" for i in (*uncertain, *worst)]
    return np.concatenate([uncertain, worst]), titles


def draw_poster(model, log, result, p, curves, data):
    """Tek sayfa: görev, model, öğrenme, yanlışlar, kalibrasyon, zor rakamlar."""
    title = f"MNIST, tam bağlı ağ: test doğruluğu {two(result['test'])}"
    fig = plots.plt.figure()
    fig.set_layout_engine("none")  # dolu sayfada yerleri elle vermek gerekir
    fig.suptitle(title)
    axes = {name: fig.add_axes(place) for name, place in POSTER.items()}
    draw_learning(axes["learning"], log)
    draw_confusion(axes["confusion"], p, data.y_test)
    draw_calibration(axes["calibration"], curves)
    axes["numbers"].axis("off")
    axes["numbers"].text(0, 0.5, poster_numbers(result, log), va="center", linespacing=1.3)
    left, bottom, width, height = POSTER_DIGITS
    chosen, titles = hard_digits(p, data.y_test)
    places = [(left + i * width, bottom, width, height) for i in range(len(chosen))]
    plots.digits([fig.add_axes(place) for place in places], data.x_test[chosen], titles)
    for i, caption in enumerate(("en kararsız (gerçek → tahmin)", "en emin yanlışlar")):
        fig.text(left + (i + 0.5) * SHOWN * width, bottom + 1.65 * height, caption, ha="center")
    inference = keras.Model(model.inputs[0], model.outputs[0])
    plots.model_graph(inference, "çıkarım modeli (yardımcı çıkış kesik)", axes["graph"])
    return fig


def poster_numbers(result, log) -> str:
    return "\n".join(
        [
            "Görev: 28 x 28 piksel → rakam",
            f"{result['parametre']:.0f} parametre",
            f"{len(log)} epoch, {result['eğitim (s)']:.0f} saniye",
            f"tepe LR {result['tepe LR']:.1e}",
            f"doğrulama {two(result['doğrulama'])}",
            f"test F1 {two(result['test F1'])}",
        ]
    )


@lab.section
def mini_project_poster():
    """Mini proje posteri ve günün karnesi

    Model yanlış okuduğu rakamlarda ne kadar emindir? Sıcaklık ölçekleme doğruluğu değiştirmeden
    neyi düzeltir? Önce tahmin edin.
    """
    finished = lab.path("_gunluk", ".csv", "mini_project")  # eğitim bitince yazılanların sonuncusu
    if not finished.exists():
        before = lab.again("mini_project", "--ablasyon", "--surdur")
        raise LabError(f"Poster mini projeyi ister: önce {before}")
    data = load_mnist()
    best = lab.path("_en_iyi", ".keras", "mini_project")
    model = keras.models.load_model(best, compile=False)
    result = pd.read_csv(lab.path("", ".csv", "mini_project")).iloc[0]
    log = pd.read_csv(finished)
    with np.load(lab.path("_tahminler", ".npz", "mini_project")) as saved:
        p_val, p_test = saved["p_val"], saved["p_test"]

    temperature = fit_temperature(p_val, data.y_val)
    tempered = {"önce": p_test, f"T = {temperature:.2f}": softened(p_test, temperature)}
    curves = {name: calibration(p, data.y_test) for name, p in tempered.items()}
    rows = [calibration_row(name, p, curves[name][2], data.y_test) for name, p in tempered.items()]
    shares = {"ECE": two, "test doğruluğu": two}
    lab.table(rows, "Sıcaklık ölçekleme (T doğrulama kümesinde bulundu)", shares)
    card = report_card()
    lab.table(card, "Günün karnesi", suffix="_karne")
    lab.save(draw_poster(model, log, result, p_test, curves, data))
    before, after = rows
    missing = [row["eksikse"] for row in card if row["eksikse"]]
    wrong = p_test.argmax(axis=1) != data.y_test
    lab.observe(
        f"Yanlış okunan {wrong.sum()} rakamda model ortalama "
        f"{percent(p_test[wrong].max(axis=1).mean())} emin. Sıcaklık {temperature:.2f} ile ECE "
        f"{two(before['ECE'])} → {two(after['ECE'])}, test kaybı {before['test kaybı']:.4f} → "
        f"{after['test kaybı']:.4f}, doğruluk {two(before['test doğruluğu'])} → "
        f"{two(after['test doğruluğu'])}. Karnede "
        f"{f'eksik {len(missing)} satır var' if missing else 'eksik yok'}."
    )
    return {"rows": rows, "card": card, "temperature": temperature, "result": dict(result)}


# %% Sıra sizde
lab.exercise(
    "temel",
    "gradient_clipping",
    "Sınır çok sıkılınca patlama olmaz; peki global_clipnorm ile ağ öğrenir mi?",
    "global_clipnorm ile doğruluk",
    lambda found: found["rows"][3]["doğrulama"],
    0.05,
    0.35,
    {"CLIP_NORM": 0.01},
    percent,
)
lab.exercise(
    "orta",
    "custom_loss_and_metric",
    "Yanlış alarm kaça çıkar? Kaçırılan tümöre de bakın: sizce değer mi?",
    "maliyete duyarlı kayıpla yanlış alarm (hasta)",
    lambda found: found["rows"][2]["yanlış alarm"],
    10,
    40,
    {"COST": 50.0},
)
lab.exercise(
    "ileri",
    "gradient_clipping",
    "CLIPS sözlüğünün sonuna kendi yönteminizi ekleyin: gradyanı sınırlamayın, ortak normu "
    'her adımda CLIP_NORM olacak biçimde ölçekleyin ("sabit norm"; tf.linalg.global_norm). '
    "Doğruluğu global_clipnorm'unkini geçer mi?",
    "sabit norm ile global_clipnorm arasındaki fark (puan)",
    lambda found: 100 * (found["rows"][4]["doğrulama"] - found["rows"][3]["doğrulama"]),
    0.1,
    1.2,
)


if __name__ == "__main__":
    lab.run()
