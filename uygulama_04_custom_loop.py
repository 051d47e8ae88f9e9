"""Uygulama 04 · Elle yazılan eğitim döngüsü ve mini proje        (15:15-17:00)

`tf.GradientTape` ile bir türevden tam bir eğitim döngüsüne ve fit'in içindeki kendi
adımımıza varırız. Günün bütün teknikleri mini projede ve 16:30'daki posterde buluşur.

    python uygulama_04_custom_loop.py                               bütün bölümler
    python uygulama_04_custom_loop.py --bolum 6                     tek bölüm
    python uygulama_04_custom_loop.py --bolum 11 12 --ad "Ayşe" --ayar width=256
                                                                    sizin posteriniz
    python uygulama_04_custom_loop.py --bolum 11 --surdur           kesilen eğitim sürer
    python uygulama_04_custom_loop.py --bolum 13                    ablasyon (dakikalar)
    python uygulama_04_custom_loop.py --yardim                      öteki seçenekler
"""

# %% [markdown]
# # Uygulama 04 · Elle yazılan eğitim döngüsü ve mini proje

# %%
from common import Lab

lab = Lab(
    "uygulama_04_custom_loop",
    "Uygulama 04 · Elle yazılan eğitim döngüsü ve mini proje",
    "15:15-17:00",
)
lab.option("--surdur", "bölüm 11: kesilen eğitimi yedeğinden sürdürür")
lab.option("--ad", "bölüm 12: posterdeki adınız", value="AD")

import math
import re
import textwrap
from functools import partial
from timeit import default_timer

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops, regularizers
from sklearn.metrics import fbeta_score

from alistirmalar import sinamalar
from common import (
    LabError,
    final,
    keras_answer,
    largest_difference,
    load_breast_cancer,
    load_mnist,
    number,
    paired,
    percent,
    plots,
    predict_in,
    restart,
    set_seed,
    start_python,
    summary,
    tidy,
)
from common.classroom import spelling
from common.classroom.records import read_record
from common.runs import ends, labels

two = partial(percent, digits=2)  # mini projede onda bir puan da önemli
CROSS_ENTROPY = "sparse_categorical_crossentropy"
PROJECT, POSTER = "mini_project", "mini_project_poster"
BASELINE, OURS = "referans model", "mini proje"
BEST = "en_iyi.weights.h5"


def precision_policy():
    """Politikayı yalnız aygıt seçer: GPU'da mixed_float16, işlemcide float32."""
    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "float32"


def refuse_nan(history, peak):
    """TerminateOnNaN eğitimi durdurduysa denenecek tepe LR'yi söyler."""
    if not np.isfinite(history.history["loss"][-1]):
        smaller = lab.report.changed | {"peak": float(f"{peak / 3:.1g}")}
        again = lab.rerun_command(PROJECT, "--surdur", settings=smaller)
        told = "Kayıp sayı olmaktan çıktı (NaN); eğitim durdu."
        raise LabError(f"{told}\nDaha küçük tepe LR ile: {again}")


# %% [markdown]
# ## 1 · GradientTape
# %%
@lab.section(limits={"smallest": (1, 20)})
def gradient_tape(
    smallest=13,  # en küçük adım 10 üssü eksi 13'tür: yuvarlama hatası da görünür
):
    """GradientTape: türevi alan bant

    Soru: Türevi GradientTape (bant) da bulur, birbirine yakın iki noktadan geçen
    doğrunun eğimi (sonlu fark) de. Sonlu farkın hatası en iyi adımda bile bandın
    hatasının kaç katıdır? (a) 3 (b) 1000 (c) 100 000 kat
    """

    def f(x):
        return x**2 * tf.sin(x)

    points = np.linspace(-3, 3, 121)  # f burada hem yatık hem diktir
    formula = 2 * points * np.sin(points) + points**2 * np.cos(points)  # kâğıtta
    x = tf.Variable(points)
    with tf.GradientTape() as tape:  # bant, değişkenden geçen işlemleri kaydeder
        y = f(x)
    slope = tape.gradient(y, x)  # kayıt sondan başa okunur: zincir kuralı
    gap = abs(slope - formula).numpy().max()  # bandın hatası
    rows = []
    for power in range(1, smallest + 1):
        h = 10.0**-power
        finite = (f(x + h) - f(x - h)) / (2 * h)  # sonlu fark türev kuralı bilmez
        error = abs(finite - formula).numpy().max()
        rows.append({"adım": h, "sonlu fark": error, "bant": gap})
    return pd.DataFrame(rows)


# %%
@gradient_tape.result
def _(errors):
    """Neden: Bant, izlediği değişkenden geçen işlemleri kaydeder ve kesin türevlerini
    zincir kuralıyla çarpar. Sonlu farkta büyük adım eğrinin kıvrımını kaçırır; küçük
    adımda birbirine yakın iki sayının farkı yuvarlanır.
    """
    errors["bant"] = errors["bant"].clip(lower=1e-16)  # 0, log eksenine girmez
    tape = errors["bant"].max()
    ratio = errors["sonlu fark"].min() / tape
    times = number(float(f"{ratio:.1g}"))  # ilk basamağı yeter
    told = f"bandın hatasının yaklaşık {times} katıdır"
    lab.conclude(f"Sonlu farkın hatası en iyi adımda bile {told}.")
    lab.table(errors, "Formülden en büyük fark")
    fig, ax = plots.figure()
    look = {"style": ["o-", "--"], "linewidth": 5}
    errors.sort_values("adım").plot("adım", loglog=True, ax=ax, **look)
    plots.label_lines(ax)
    ax.set(xlabel="sonlu farkın adımı", ylabel="formülden en büyük fark")
    lab.save(fig)
    lab.check("Bandın türevi formülün türevidir (fark {})", tape, below=1e-13)
    lab.check("Sonlu fark hiçbir adımda bant kadar doğru değil", ratio, above=100)


# %% [markdown]
# ## 2 · Gradyan None
# %%
@lab.section
def none_gradients(
    at=3.0,  # x²'nin türevi burada 2x = 6'dır
):
    """Gradyan neden None olur? Dört kopuk zincir

    Soru: x = 3 iken x²'nin türevi bantla dört kez arandı: sabitle, NumPy'ye çıkarak,
    bandın dışında hesaplayarak, w = w - 1 yazarak. Kaç yazılış 6 verir?
    """
    constant = tf.constant(at)
    x = tf.Variable(at)
    w = tf.Variable(at + 1.0)
    moved = w - 1.0  # w = w - 1 de böyledir: değişken değil, yeni bir tensör
    w.assign_sub(1.0)  # değişkenin kendisi değişir
    outside = x**2  # bant daha açılmadı
    with tf.GradientTape(persistent=True) as tape:  # banttan birkaç türev istenecek
        of_constant = constant**2  # bant sabitleri izlemez
        of_numpy = tf.constant(x.numpy()) ** 2  # NumPy'ye çıkan değer banttan kopar
        of_moved = moved**2
        tape.watch(constant)  # sabit bundan sonra izlenir
        of_watched = constant**2
        of_x = x**2  # TensorFlow ile ve bandın içinde
        of_w = w**2
    wrong = {
        "sabit izlenmedi": tape.gradient(of_constant, constant),
        "NumPy'ye çıkıldı": tape.gradient(of_numpy, x),
        "bandın dışında hesaplandı": tape.gradient(outside, x),
        "w = w - 1 yazıldı": tape.gradient(of_moved, moved),
    }
    right = {
        "tape.watch(sabit) yazıldı": tape.gradient(of_watched, constant),
        "TensorFlow'da kalındı": tape.gradient(of_x, x),
        "bandın içinde hesaplandı": tape.gradient(of_x, x),
        "w.assign_sub(1) yazıldı": tape.gradient(of_w, w),
    }
    return wrong, right


# %%
@none_gradients.result
def _(wrong, right, at):
    """Neden: Bant yalnız izlediği değişkenlerden geçen işlemleri bilir. Banda
    yazılmayan hesaptan geriye yol yoktur: bant orada 0 değil, None verir.
    """
    nones = sum(gradient is None for gradient in wrong.values())
    six = number(2 * at)  # at=3 iken
    told = f"{4 - nones} tanesi {six} verdi" if nones < 4 else f"hiçbiri {six} vermedi"
    lab.conclude(f"Dört yazılışın {told}; gradyan {nones} yazılışta None oldu.")
    table = pd.DataFrame({"yanlış": list(wrong), "gradyan": map(str, wrong.values())})
    table["doğrusu"] = list(right)
    table["gradyanı"] = [number(gradient) for gradient in right.values()]
    lab.table(table, f"x = {number(at)} iken x²'nin türevi")
    fig, ax = plots.figure()
    look = {"bbox": [0, 0, 1, 1], "colWidths": [0.35, 0.15, 0.35, 0.15]}
    grid = ax.table(table.to_numpy(), colLabels=table.columns, cellLoc="center", **look)
    grid.auto_set_font_size(False)
    grid.set_fontsize(24)
    ax.axis("off")
    lab.save(fig)
    sgd = keras.optimizers.SGD(0.1)
    weights = [keras.Variable(at), keras.Variable(at, name="unutulan")]
    every = keras_answer(sgd.apply, [None, None], weights)
    single = keras_answer(sgd.apply, [tf.constant(1.0), None], weights)
    lab.say(f"Hepsi None iken Keras: {every}\nYalnız biri None iken Keras: {single}")
    raised = every.startswith("ValueError")
    warned = single.startswith("Gradients do not exist")
    gap = max(abs(float(gradient) - 2 * at) for gradient in right.values())
    lab.check("Dört yanlış yazılışın dördünde de gradyan None oluyor", nones, equal=4)
    lab.check("Dört doğru yazılışın dördü de 2x veriyor (fark {})", gap, below=1e-6)
    lab.check("Gradyanların hepsi None iken Keras hata veriyor", raised, equal=True)
    lab.check("Yalnız biri None iken Keras uyarıyor", warned, equal=True)


# %% [markdown]
# ## 3 · Elle yazılan eğitim döngüsü
# %%
def slide_network(inputs, outputs, activation):
    """Slaytın katmanları; ancak L2 iki katmanda da vardır, he_normal yoktur."""
    l2 = regularizers.l2(1e-4)
    model = keras.Sequential([layers.Input(shape=(inputs,))])
    for units, rate in [(256, 0.3), (128, 0.25)]:
        model.add(layers.Dense(units, activation="relu", kernel_regularizer=l2))
        model.add(layers.BatchNormalization(momentum=0.9))  # az adımda 0.99 geç kalır
        model.add(layers.Dropout(rate))
    model.add(layers.Dense(outputs, activation=activation))
    return model


# %%
@lab.section(quick={"epochs": 2})
def custom_loop(
    epochs=4,  # doğruluğun en hızlı yükseldiği epoch'lar bunlardır
):
    """Slaytın döngüsü, satır satır

    Soru: Metrik her epoch'un sonunda reset_state() ile sıfırlanır. Bu satır unutulursa
    dördüncü epoch'un eğitim doğruluğu kaç puan eksik görünür?
    """
    data = load_breast_cancer()
    train_dataset = tf.data.Dataset.from_tensor_slices(data.train).batch(31)
    model = slide_network(30, 1, "sigmoid")
    optimizer = keras.optimizers.Adam(learning_rate=1e-3)  # slaytın lr='si hata verir
    loss_fn = keras.losses.BinaryCrossentropy()
    train_acc = keras.metrics.BinaryAccuracy()
    val_acc = keras.metrics.BinaryAccuracy()
    forgotten = keras.metrics.BinaryAccuracy()  # hiç sıfırlanmayacak
    rows = []
    for epoch in range(1, epochs + 1):
        for x, y in train_dataset:  # karıştırma yok: fit ile aynı sıra
            with tf.GradientTape() as tape:
                y_pred = model(x, training=True)  # ileri besleme
                loss = loss_fn(y, y_pred)
                loss += sum(model.losses)  # L2 cezası: her çağrıda yeniden hesaplanır
            grads = tape.gradient(loss, model.trainable_variables)  # geri yayılım
            pairs = zip(grads, model.trainable_variables, strict=True)
            optimizer.apply_gradients(pairs)  # güncelleme
            train_acc.update_state(y, y_pred)
            forgotten.update_state(y, y_pred)
        val_acc.update_state(data.y_val, model(data.x_val, training=False))
        rows.append([epoch, train_acc.result(), val_acc.result(), forgotten.result()])
        train_acc.reset_state()  # slaytın döngüsünde bu iki satır yok
        val_acc.reset_state()
    by_hand = model.get_weights()
    model.compile(optimizer, loss_fn)
    restart(model, lab.seed)  # aynı ağırlıklar, aynı Dropout
    model.fit(train_dataset, epochs=epochs)
    columns = ["epoch", "accuracy", "val_accuracy", "sıfırlanmayan"]
    log = pd.DataFrame(np.array(rows), columns=columns)
    return log, largest_difference(by_hand, model.get_weights())


# %%
@custom_loop.result
def _(log, gap, epochs):
    """Neden: Sıfırlanmayan metrik eski epoch'ları da ortalamaya katar. Doğruluk
    yükselirken eski epoch'lar ortalamayı aşağı çeker.
    """
    hidden = (log["accuracy"] - log["sıfırlanmayan"]).iloc[-1]
    lost = number(100 * hidden, 2)
    lab.conclude(f"reset_state() unutulunca eğitim doğruluğu {lost} puan eksik çıktı.")
    lab.table(log, "Slaytın döngüsü", {"sıfırlanmayan": percent})
    fig, ax = plots.figure()
    ax.plot(log["epoch"], log["accuracy"], "o-", linewidth=5)
    ax.plot(log["epoch"], log["sıfırlanmayan"], "s-", linewidth=5)
    plots.label_lines(ax, ["reset_state() yazıldı", "reset_state() unutuldu"])
    plots.whole_epochs(ax, epochs)
    ax.set(xlabel="epoch", ylabel="accuracy")
    lab.save(fig)
    lab.check("Döngü fit ile aynı ağırlıklara varıyor (fark {})", gap, below=1e-4)
    lab.check("Sıfırlanmayan metrik doğruluğu eksik gösteriyor", hidden, above=0)


# %% [markdown]
# ## 4 · training=True
# %%
def tape_step(model, x, y, training=True):
    """Slaytın döngüsünün gövdesi: bir mini-batch ile bir adım."""
    with tf.GradientTape() as tape:
        loss = model.loss(y, model(x, training=training)) + sum(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(grads, model.trainable_variables)


def one_epoch(step, model, batches, training=True):
    """Bir epoch: `step` her mini-batch ile bir kez çağrılır."""
    for x, y in iter(batches):  # iter yazılmasa da çalışır; çizgede (bölüm 5) yavaşlar
        step(model, x, y, training)


# %%
@lab.section(quick={"calls": 10, "epochs": 3, "seeds": 1})
def training_flag(
    calls=50,  # aynı mini-batch ağa bu kadar kez verilir
    epochs=30,  # unutulan training='in zararı bu kadar epoch'ta birikir
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """training=True: Dropout ve BatchNorm kipini nereden bilir?

    Soru: Aynı hastalar, eğitilmemiş aynı ağa 50 kez veriliyor. training=True ile kaç
    ayrı çıktı gelir, training=False ile kaç?
    """
    data = load_breast_cancer()
    batches = tf.data.Dataset.from_tensor_slices(data.train).batch(31)
    loss_fn = keras.losses.BinaryCrossentropy()

    def build(_):  # training= ağın değil, çağrının ayarıdır
        model = slide_network(30, 1, "sigmoid")
        model.compile("adam", loss_fn)
        return model

    rows = []
    model = build(None)
    for training in (True, False):
        for call in range(1, calls + 1):
            y_pred = model(data.x_train[:31], training=training)
            rows.append([training, call, float(y_pred[0, 0])])  # ilk hastanın olasılığı
    answers = pd.DataFrame(rows, columns=["training", "çağrı", "çıktı"])

    flags = {"yazıldı": True, "unutuldu": None}
    train = tf.function(one_epoch)  # yalnız hızlandırır: bölüm 5
    runs = lab.runs(build, seeds, training=flags)
    for model in runs:
        flag = flags[runs.labels["training"]]
        for epoch in range(1, epochs + 1):
            train(tape_step, model, batches, flag)
            y_pred = model.predict_on_batch(data.x_val)
            runs.keep(epoch=epoch, val_loss=float(loss_fn(data.y_val, y_pred)))
    return answers, runs.frame


# %%
@training_flag.result
def _(answers, runs, calls, epochs):
    """Neden: training=True iken Dropout her çağrıda başka nöronları kapatır ve
    BatchNorm mini-batch'in ortalamasını kullanır. training=False iken Dropout bir şey
    yapmaz, BatchNorm biriktirdiği ortalamayı kullanır: çıktı hep aynıdır.
    """
    outputs = answers.pivot_table("çıktı", "çağrı", "training")
    counts = outputs.nunique()
    loss = final(runs, "val_loss")
    harm = paired(loss["unutuldu"], loss["yazıldı"])
    words = f" ({harm.words})" if harm.words else ""
    lab.conclude(
        f"{calls} çağrıda training=True ile {counts[True]}, training=False ile "
        f"{counts[False]} ayrı çıktı geldi. {epochs} epoch sonra doğrulama kaybı "
        f"training=True yazılınca {number(loss['yazıldı'].mean(), 2)}, unutulunca "
        f"{number(loss['unutuldu'].mean(), 2)} oldu{words}."
    )
    lab.table(summary(runs, "val_loss"), f"Döngüde training=True, {epochs} epoch sonra")
    fig, (left, right) = plots.figure(1, 2)
    outputs.plot(style="o", ylim=(0, 1), ylabel="ilk hastanın olasılığı", ax=left)
    left.set_title("aynı hastada training=")
    plots.label_lines(left)
    plots.curves(runs, "val_loss", right)
    right.set(title="döngüde training=True", ylim=(0, None))
    lab.save(fig)
    lab.check("training=True her çağrıda ayrı çıktı veriyor", counts[True], equal=calls)
    lab.check("training=False iken çıktı hep aynı", counts[False], equal=1)
    lab.check("Unutmak doğrulama kaybını artırıyor", harm.mean, above=0, full_size=True)


# %% [markdown]
# ## 5 · tf.function
# %%
def second_epoch(model, epoch, *arguments):
    """İki epoch eğitir: ikincisinin saniyesi ve son ağırlıklar."""
    restart(model, lab.seed)
    epoch(*arguments)  # çizge ilk epoch'ta izlenir (trace)
    start = default_timer()
    epoch(*arguments)
    return default_timer() - start, model.get_weights()


# %%
@lab.section(quick={"steps": 4})
def tf_function_speed(
    steps=20,  # bu kadar adımda eager döngü birkaç saniyede biter
    rates=(0.001, 0.002, 0.003),  # ısınmada (warmup) her adımın LR'si başkadır
):
    """tf.function: aynı epoch, beş yazılış

    Soru: Aynı epoch bir Python döngüsünde adım adım (eager), bir de tek çizgede (graph)
    eğitiliyor. Tek çizge kaç kat hızlıdır? (a) 2 (b) 20 (c) 200 kat
    """
    train = load_mnist(125 * steps, 1).train
    batches = tf.data.Dataset.from_tensor_slices(train).batch(125)
    model = slide_network(784, 10, "softmax")
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    model.compile("adam", loss_fn)
    graph_step = tf.function(tape_step)  # Python gövdesi bir kez izlenir
    graph_epoch = tf.function(one_epoch)  # döngünün kendisi de çizgeye girer
    ways = {
        "eager döngü": second_epoch(model, one_epoch, tape_step, model, batches),
        "adım çizgede": second_epoch(model, one_epoch, graph_step, model, batches),
        "epoch çizgede": second_epoch(model, graph_epoch, tape_step, model, batches),
        "fit": second_epoch(model, model.fit, batches),
    }
    model.compile("adam", loss_fn, steps_per_execution=10)  # bir çağrıda on adım
    ways["fit, çok adım"] = second_epoch(model, model.fit, batches)

    def set_rate(lr):  # her adımdan önce çağrılır
        model.optimizer.learning_rate.assign(lr)

    traces = {}
    for kind, convert in {"sayı": float, "tensör": tf.constant}.items():
        traced = tf.function(set_rate)
        for lr in rates:
            traced(convert(lr))
        traces[kind] = traced.experimental_get_tracing_count()
    return ways, traces


# %%
@tf_function_speed.result
def _(ways, traces, steps, rates):
    """Neden: Eager döngüde Python her işlemi tek tek çağırır. tf.function gövdeyi bir
    kez izler (trace), sonra çizge Python'suz çalışır. Python sayısı çizgeye sabit diye
    yazılır: her yeni değer yeniden izletir.
    """
    seconds = pd.Series({way: took for way, (took, _) in ways.items()})
    weights = [weights for _, weights in ways.values()]
    faster = seconds["eager döngü"] / seconds["epoch çizgede"]
    lab.conclude(
        f"Tek çizge bu makinede eager döngüden {number(faster, 1)} kat hızlıdır. "
        f"{len(rates)} LR, Python sayısı olarak verilince çizgeyi {traces['sayı']} kez "
        f"izletti, tensör olarak verilince {traces['tensör']} kez."
    )
    table = pd.DataFrame({"saniye": seconds}).rename_axis("yazılış")
    lab.table(table, f"{steps} adımlık epoch; saniyeler makineye göre değişir")
    fig, ax = plots.figure()
    bars = ax.barh(seconds.index, seconds, color="C0")
    ax.bar_label(bars, [f" {number(took, 2)}" for took in seconds], size=24)
    ax.set(xlabel="bir epoch kaç saniye?", xlim=(0, 1.15 * seconds.max()))
    ax.invert_yaxis()
    lab.save(fig)
    gap = max(largest_difference(weights[0], other) for other in weights)
    lab.check("Beş yazılış aynı ağırlıklara varıyor (fark {})", gap, below=0.01)
    lab.check("Her yeni Python sayısı izletiyor", traces["sayı"], equal=len(set(rates)))
    lab.check("Tensörler bir kez izletiyor", traces["tensör"], equal=1)


# %% [markdown]
# ## 6 · Gradyan kırpma
# %%
def flat(tensors):
    """Bütün elemanlar tek dizide; 64 bitle açıda yuvarlama hatası birikmez."""
    return np.concatenate([np.ravel(tensor) for tensor in tensors]).astype("float64")


def measured_step(model, x, y):
    """Bir adım atar; adımın gradyanla açısını (derece) ve ikisinin normunu verir."""
    weights = model.trainable_variables
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=True))
    gradients = tape.gradient(loss, weights)
    before = flat(weights)
    model.optimizer.apply(gradients, weights)  # önce kırpar, sonra adım atar
    step = (before - flat(weights)) / float(model.optimizer.learning_rate)
    gradient = flat(gradients)
    norm = np.linalg.norm(gradient)
    clipped = np.linalg.norm(step)
    cosine = np.clip(gradient @ step / (norm * clipped), -1, 1)
    angle = round(np.degrees(np.arccos(cosine)), 1)
    return {"açı": angle, "norm": norm, "kırpılan": clipped}


# %%
@lab.section(quick={"seeds": 1})
def gradient_clipping(
    factor=255,  # bozuk mini-batch'in pikselleri 255'e bölünmeden gelir
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Gradyan kırpma (gradient clipping): patlayan gradyana sınır

    Soru: Eğitimde üç mini-batch'in pikselleri 255 kat büyük gelirse kırpmasız ağ,
    gradyanı kırpılan ağdan kaç puan geride bitirir?
    """
    data = load_mnist(3_000, 1_000)
    x = data.x_train.copy()
    y = data.y_train
    for first in (500, 1_000, 1_500):  # 6., 11. ve 16. mini-batch bozuktur
        x[first : first + 100] *= factor
    last_bad = slice(1_500, 1_600)  # 16. mini-batch
    clips = {
        "kırpma yok": {},
        "clipvalue": {"clipvalue": 0.01},  # tek bir elemanın sınırı
        "clipnorm": {"clipnorm": 1.0},  # temiz gradyanın normu bu düzeydedir
        "global_clipnorm": {"global_clipnorm": 1.0},
        # Sıra sizde (ileri): bir satır da siz ekleyin
    }

    def build(clip):
        hidden = layers.Dense(128, activation="relu", kernel_initializer="he_normal")
        model = keras.Sequential([layers.Input(shape=(784,)), hidden, layers.Dense(10)])
        sgd = keras.optimizers.SGD(0.1, **clip)  # kırpma optimizer'a yazılır
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(sgd, loss, metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, kırpma=clips)
    for model in runs:
        history = model.fit(
            x, y, batch_size=100, shuffle=False, validation_data=data.val
        )
        step = measured_step(model, x[last_bad], y[last_bad])  # dördüncü bozuk adım
        runs.keep(history, **step)
    return runs.frame


# %%
@gradient_clipping.result
def _(runs):
    """Neden: Büyük girdi büyük gradyan verir; kırpılmayan tek adım ağırlıkları dağıtır.
    global_clipnorm bütün gradyanı aynı oranda kısar: yön kalır. clipnorm her değişkeni,
    clipvalue her elemanı ayrı kısar: yön değişir.
    """
    accuracy = final(runs, "val_accuracy")
    behind = paired(accuracy["global_clipnorm"], accuracy["kırpma yok"])
    angle = final(runs, "açı").max()
    lab.conclude(
        "Kırpmasız ağ, global_clipnorm ile kırpılan ağdan "
        f"{behind.told('geride bitirdi', 'önde bitirdi')}. Adım gradyandan en çok "
        f"{number(angle.max(), 2)} derece saptı ({angle.idxmax()})."
    )
    columns = {"norm": "norm", "kırpılan norm": "kırpılan", "açı (derece)": "açı"}
    lab.table(summary(runs, "val_accuracy", **columns), "Bozuk mini-batch'lerden sonra")
    fig, (left, right) = plots.figure(1, 2, sharey=True)
    plots.scores(runs, "val_accuracy", left)
    left.set(title="üç bozuk mini-batch'ten sonra", xlim=(0, 1))
    plots.scores(runs, "açı", right)
    right.set(title="bozuk mini-batch'teki adım", xlabel="gradyanla açısı (derece)")
    lab.save(fig)
    whole = runs[runs["kırpma"] == "global_clipnorm"]
    gap = abs(whole["kırpılan"] - whole["norm"].clip(upper=1.0)).max()
    lab.check("Kırpılan norm sınırı aşmıyor (fark {})", gap, below=1e-3)
    lab.check("global_clipnorm yönü koruyor", angle["global_clipnorm"], below=1)
    lab.check("clipnorm yönü değiştiriyor", angle["clipnorm"], above=5)
    lab.check("clipvalue yönü değiştiriyor", angle["clipvalue"], above=20)
    lab.check("Kırpmasız ağ geride kalıyor", behind.mean, above=0.1, full_size=True)


# %% [markdown]
# ## 7 · Karma hassasiyet
# %%
def first_gradient(model, x, y):
    """Bir mini-batch'in gradyan elemanlarının büyüklüğü (ölçek varsa ölçekli)."""
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x, y, model(x, training=True))
        loss = model.optimizer.scale_loss(loss)  # eski örneklerde get_scaled_loss
    return abs(flat(tape.gradient(loss, model.trainable_variables)))


# %%
@lab.section(quick={"epochs": 1, "seeds": 1}, limits={"weight": (1e-9, 1)})
def mixed_precision(
    weight=1e-5,  # kaybın çarpanı: çok pikselin ortalaması da gradyanı böyle küçültür
    scale=32_768.0,  # kayıp bununla çarpılır, gradyan adımdan önce geri bölünür
    epochs=6,  # öğrenen ağ öğrenemeyenden bu kadar epoch'ta ayrılır
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Karma hassasiyet (mixed precision): 16 bit yeter mi?

    Soru: Kayıp yüz binde birine inince float16 gradyanlarının yüzde kaçı sıfır olur?
    """
    data = load_breast_cancer()
    x, y = data.x_train, data.y_train[:, None]
    val = data.x_val, data.y_val[:, None]

    def build(policy, factor):
        model = keras.Sequential([layers.Input(shape=(30,))])
        for _ in range(3):  # her sigmoid gradyanı biraz daha küçültür
            model.add(layers.Dense(16, activation="sigmoid", dtype=policy))
        model.add(layers.Dense(1, activation="sigmoid", dtype="float32"))  # ezilmesin
        adam = keras.optimizers.Adam(0.01, epsilon=1e-12, loss_scale_factor=factor)
        model.compile(
            adam,  # olağan epsilon (1e-07) bu gradyanları ezerdi
            loss="binary_crossentropy",
            loss_weights=[weight],
            metrics=[keras.metrics.BinaryCrossentropy(name="cross_entropy")],
        )
        return model

    formats = {"float32": ("float32", None), "bfloat16": ("mixed_bfloat16", None)}
    formats["float16"] = ("mixed_float16", None)
    formats["float16, ölçekli"] = ("mixed_float16", scale)
    sizes = {}
    runs = lab.runs(build, seeds, sayı=formats)
    for model in runs:
        size = first_gradient(model, x[:31], y[:31])
        sizes[runs.labels["sayı"]] = size
        history = model.fit(x, y, batch_size=31, epochs=epochs, validation_data=val)
        runs.keep(history, sıfır_payı=np.mean(size == 0))
    return runs.frame, pd.DataFrame(sizes)


# %%
@mixed_precision.result
def _(runs, sizes, epochs):
    """Neden: float16'nın sıfırdan büyük en küçük sayısı 6e-08'dir; ondan küçük gradyan
    sıfır olur (alttan taşma). Kayıp büyütülünce gradyanlar bu sınırın üstüne çıkar.
    Keras'ta olağan yol set_dtype_policy("mixed_float16") yazmaktır: compile o zaman
    optimizer'ı LossScaleOptimizer ile kendisi sarar (katmana yazılan dtype sarmaz).
    """
    zeros = final(runs, "sıfır_payı").mean()
    scaled = zeros["float16, ölçekli"]
    lab.conclude(
        f"float16'da gradyanların {percent(zeros['float16'])} kadarı sıfır oldu. "
        f"Kayıp ölçeklenince sıfır olan pay {percent(scaled)} oldu."
    )
    columns = {"sıfır olan pay": "sıfır_payı", "doğrulama kaybı": "val_cross_entropy"}
    lab.table(summary(runs, **columns), f"İlk adım; kayıp {epochs} epoch sonra")
    fig, (left, right) = plots.figure(1, 2)
    left.hist(sizes["float32"], bins=np.logspace(-13, -1, 37), color="grey")
    left.axvline(6e-8, color="black", linewidth=4)
    left.set(title="çizginin solu float16'da sıfır", ylabel="ağırlık sayısı")
    left.set(xscale="log", xlabel="gradyanın büyüklüğü (log ölçek)")
    plots.curves(runs, "val_cross_entropy", right)
    right.set(title="aynı ağ, dört sayı biçimi", ylabel="doğrulama kaybı")
    lab.save(fig)
    loss = final(runs, "val_cross_entropy").mean()
    worse = loss["float16"] - loss["float32"]
    apart = abs(loss.drop("float16") - loss["float32"]).max()
    lab.check("float16'da gradyanların çoğu sıfır oluyor", zeros["float16"], above=0.5)
    lab.check("Ölçeklenen gradyanların %2'den azı sıfır oluyor", scaled, below=0.02)
    lab.check("Ölçeksiz float16 öğrenemiyor", worse, above=0.2, full_size=True)
    told = "bfloat16 ve ölçekli float16, float32 kadar öğreniyor"
    lab.check(told, apart, below=0.05, full_size=True)


# %% [markdown]
# ## 8 · Kendi kaybımız
# %%
@keras.saving.register_keras_serializable(package="uygulama_04")
class CostlyMiss(keras.losses.Loss):
    """Cross-entropy; tümörde `cost` katıdır (hazırı: class_weight={0: 1, 1: 5})."""

    def __init__(self, cost=1.0, name="costly_miss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.cost = cost

    def call(self, y_true, y_pred):
        y = ops.reshape(y_true, ops.shape(y_pred))  # (n,) çarpı (n, 1): (n, n) olurdu
        p = ops.clip(y_pred, 1e-7, 1 - 1e-7)  # log(0) olmasın
        missed = self.cost * y * ops.log(p)  # tümörde p 1 olmalı
        alarm = (1 - y) * ops.log(1 - p)  # iyi huyluda p 0 olmalı
        return -(missed + alarm)  # hasta başına bir sayı; ortalamayı Keras alır

    def get_config(self):  # .keras dosyasına yazılan ve geri okunan ayarlar
        return {**super().get_config(), "cost": self.cost}


def patient_network(loss, metrics=()):
    """Hastada tümörün kötü huylu olma olasılığını veren küçük ağ."""
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(32, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    adam = keras.optimizers.Adam(0.003)  # olağanın üç katı: az epoch yeter
    model.compile(adam, loss, metrics=metrics)
    return model


# %%
@lab.section(quick={"epochs": 2, "seeds": 1}, limits={"cost": (0.1, 1_000)})
def custom_loss(
    cost=5.0,  # kaçırılan bir tümör beş yanlış alarma bedel sayılır
    epochs=10,  # doğrulama kaybı bu kadar epoch'ta düzleşir
    seeds=5,  # birkaç hastalık fark şans olabilir
):
    """Kendi kaybımız: kaçırılan tümör pahalı olsun

    Soru: Kayıpta kaçırılan tümör 5 kat pahalı sayılınca ağ 114 doğrulama hastasında
    ortalama kaç tümör daha az kaçırır?
    """
    data = load_breast_cancer()
    thresholds = [0.5, 1 / (1 + cost)]  # ikincisinde aynı bedel kayıpta değil, kararda
    losses = {"cross-entropy": CostlyMiss(1.0), "pahalı": CostlyMiss(cost)}
    runs = lab.runs(patient_network, seeds, kayıp=losses)
    for model in runs:
        model.fit(*data.train, batch_size=31, epochs=epochs)
        p = model.predict(data.x_val)
        missed = keras.metrics.FalseNegatives(thresholds)(data.y_val, p)
        alarms = keras.metrics.FalsePositives(thresholds)(data.y_val, p)
        total = cost * missed + alarms
        runs.keep(eşik=thresholds, kaçırılan=missed, yanlış_alarm=alarms, bedel=total)
    y = data.y_val[:, None]  # bedel 1 iken Keras'ın kaybı çıkmalı
    gap = CostlyMiss(1.0)(data.y_val, p) - keras.losses.BinaryCrossentropy()(y, p)
    columns = ["kayıp", "eşik", "tohum", "kaçırılan", "yanlış_alarm", "bedel"]
    return runs.frame[columns], abs(float(gap))


# %%
@custom_loss.result
def _(runs, gap, cost):
    """Neden: Pahalı kayıp, kuşkulu ağı "kötü huylu" demeye iter: yanlış alarm artar.
    Cross-entropy ile de az tümör kaçar: azalacak yer dardır.
    """
    runs = runs[(runs["kayıp"] == "cross-entropy") | (runs["eşik"] == 0.5)]
    ways = runs.groupby(labels(runs), sort=False).mean(numeric_only=True)
    plain = ways.loc["cross-entropy, eşik 0,5"]
    costly = ways.loc["pahalı, eşik 0,5"]
    missed = final(runs, "kaçırılan")
    fewer = paired(missed["cross-entropy", 0.5], missed["pahalı", 0.5])
    words = f" ({fewer.words})" if fewer.words else ""
    lab.conclude(
        f"Pahalı kayıpla ağ ortalama {number(abs(fewer.mean), 2)} tümör daha "
        f"{'az' if fewer.mean >= 0 else 'çok'} kaçırdı{words}. Toplam bedel "
        f"cross-entropy ile {number(plain['bedel'], 2)}, pahalı kayıpla "
        f"{number(costly['bedel'], 2)} oldu."
    )
    columns = {"kaçırılan tümör": "kaçırılan", "yanlış alarm": "yanlış_alarm"}
    lab.table(summary(runs, **columns, bedel="bedel"), "114 doğrulama hastasında")
    fig, ax = plots.figure()
    for name, way in ways.iterrows():
        ax.plot(way["yanlış_alarm"], way["kaçırılan"], "o", markersize=26, label=name)
    ax.plot([0, plain["bedel"]], [plain["bedel"] / cost, 0], "k", label="aynı bedel")
    plots.label_lines(ax)
    ax.set(xlabel="yanlış alarm", ylabel="kaçırılan tümör")
    lab.save(fig)
    more = costly["yanlış_alarm"] - plain["yanlış_alarm"]
    lab.check("Bedel 1 iken kayıp cross-entropy'dir (fark {})", gap, below=1e-6)
    lab.check("Pahalı kayıp yanlış alarmı artırıyor", more, above=0, full_size=True)
    lab.check("Pahalı kayıpla az tümör kaçıyor", fewer.mean, above=0, full_size=True)


# %% [markdown]
# ## 9 · Kendi metriğimiz
# %%
@keras.saving.register_keras_serializable(package="uygulama_04")
class FBeta(keras.metrics.Metric):
    """F-beta (hazırı: keras.metrics.FBetaScore); beta > 1 ise duyarlılık ağır basar."""

    def __init__(self, beta=1.0, name="f_beta", **kwargs):
        super().__init__(name=name, **kwargs)
        self.beta = beta
        self.hits = self.add_variable((), "zeros", name="hits")
        self.missed = self.add_variable((), "zeros", name="missed")
        self.alarms = self.add_variable((), "zeros", name="alarms")

    def update_state(self, y_true, y_pred, sample_weight=None):  # örnekleri eşit sayar
        true = ops.cast(ops.reshape(y_true, (-1,)), self.dtype)
        guess = ops.cast(ops.reshape(y_pred, (-1,)) > 0.5, self.dtype)
        self.hits.assign_add(ops.sum(true * guess))
        self.missed.assign_add(ops.sum(true * (1 - guess)))
        self.alarms.assign_add(ops.sum((1 - true) * guess))

    def result(self):  # sayılar birikir, oran en sonda alınır
        hits = (1 + self.beta**2) * self.hits
        whole = hits + self.beta**2 * self.missed + self.alarms
        return hits / ops.maximum(whole, 1e-7)  # 0 / 0 olmasın

    def get_config(self):
        return {**super().get_config(), "beta": self.beta}


# %%
@lab.section(quick={"epochs": 3})
def custom_metric(
    piece=4,  # mini-batch'in boyu: çoğunda hiç tümör bulunmaz
    epochs=10,  # doğrulama kaybı bu kadar epoch'ta düzleşir
):
    """Kendi metriğimiz: F neden mini-batch mini-batch ortalanmaz?

    Soru: Ağ 10 tümörlü, 71 tümörsüz hastayı ayırıyor. F2 (kesinlik ile duyarlılığın
    karışımı) dörder hastada ölçülüp ortalanırsa bütünün F2'sinden yüzde kaç küçük olur?
    """
    data = load_breast_cancer()
    model = patient_network(CostlyMiss(5.0), metrics=[FBeta(2.0)])
    model.fit(*data.train, batch_size=31, epochs=epochs)

    malignant = np.flatnonzero(data.y_val == 1)[:10]  # seyrek tümör
    benign = np.flatnonzero(data.y_val == 0)
    mixed = np.random.default_rng(lab.seed).permutation([*malignant, *benign])
    y = data.y_val[mixed]
    p = model.predict(data.x_val[mixed])

    metric = FBeta(2.0)  # sayıları mini-batch'ten mini-batch'e biriktirir
    rows = []
    for y_piece, p_piece in tf.data.Dataset.from_tensor_slices((y, p)).batch(piece):
        metric.update_state(y_piece, p_piece)
        alone = FBeta(2.0)(y_piece, p_piece)  # yalnız bu mini-batch'in F'si
        rows.append([tf.reduce_sum(y_piece), alone])
    pieces = pd.DataFrame(np.array(rows), columns=["tümör", "F"])
    gap = metric.result() - fbeta_score(y, p[:, 0] > 0.5, beta=2)
    return pieces, float(metric.result()), float(gap), model


# %%
@custom_metric.result
def _(pieces, whole, gap, model):
    """Neden: Tümörü ve alarmı olmayan mini-batch'in F'si 0/0'dır; kodumuz onu 0 sayar.
    Ortalamayı tümörsüz mini-batch'lerin sıfırları düşürür.
    """
    fresh = start_python("import uygulama_04_custom_loop")  # bu arada yüklenir
    mean = pieces["F"].mean()
    empty = pieces["tümör"] == 0
    less = percent(1 - mean / whole, digits=0)
    lab.conclude(f"Mini-batch'lerin F ortalaması bütünün F'sinden {less} küçüktür.")
    columns = {"kaç mini-batch": "size", "ortalama F": "mean"}
    lab.table(pieces.groupby("tümör")["F"].agg(**columns), "Mini-batch'teki tümör")
    fig, ax = plots.figure()
    fill = np.where(empty, "white", "grey")
    ax.scatter(pieces.index + 1, pieces["F"], s=400, facecolor=fill, edgecolor="grey")
    for value, name in [(whole, "bütünün F'si"), (mean, "ortalama F")]:
        ax.plot([1, len(pieces)], [value, value], linewidth=4, label=name)
    plots.label_lines(ax)
    plots.whole_epochs(ax, len(pieces))
    ax.set(xlabel="mini-batch (içi boş: tümörsüz)", ylabel="F")
    lab.save(fig)
    x = load_breast_cancer().x_val
    loaded = predict_in(fresh, lab.save(model), x)
    moved = largest_difference(model.predict(x), loaded)
    lab.check("Biriken F, scikit-learn'ün F'sidir (fark {})", abs(gap), below=1e-6)
    lab.check("Yeni süreçte yüklenen model aynıdır (fark {})", moved, below=1e-6)
    claim = "F'lerin ortalaması bütünün F'sinden küçüktür"
    lab.check(claim, whole - mean, above=0.1, full_size=True)


# %% [markdown]
# ## 10 · train_step
# %%
class TwoHeadModel(keras.Model):
    """İki çıkışlı ağ: adımı biz yazarız, fit'in kalanı Keras'ındır. Sonucu bilinen
    bir işi (loss_weights) yapar; train_step asıl kayıpla yazılamayan adımlar içindir.
    """

    aux_weight = 0.3  # yardımcı kaybın toplam kayıptaki ağırlığı
    aux_loss = keras.losses.SparseCategoricalCrossentropy()

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            main, aux = self(x, training=True)
            loss = self.compute_loss(x, y, main)
            total = loss + self.aux_weight * self.aux_loss(y, aux)
            total = self.optimizer.scale_loss(total)  # yalnız float16'da büyütür
        gradients = tape.gradient(total, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)  # önce kırpar
        return self.report(x, y, main, loss)

    def test_step(self, data):
        x, y = data
        main, _ = self(x, training=False)
        return self.report(x, y, main, self.compute_loss(x, y, main))

    def report(self, x, y, main, loss):
        """Ana çıkışın loss ve accuracy değerleri: fit bunları history'ye yazar."""
        for metric in self.metrics:
            if metric.name == "loss":  # kalanını compute_metrics günceller
                metric.update_state(loss, sample_weight=ops.shape(y)[0])
        return self.compute_metrics(x, y, main)


def two_heads():
    """İki gizli katman: ana çıkış ikinciden, yardımcı çıkış birinciden."""
    inputs = keras.Input(shape=(784,))
    early = layers.Dense(128, activation="relu")(inputs)
    late = layers.Dense(128, activation="relu")(early)
    main = layers.Dense(10, activation="softmax", name="main")(late)
    aux = layers.Dense(10, activation="softmax", name="aux")(early)
    return TwoHeadModel(inputs, [main, aux])


# %%
@lab.section(quick={"n_train": 500, "epochs": 3}, limits={"aux_weight": (0, 10)})
def custom_train_step(
    aux_weight=0.3,  # yardımcı kaybın ağırlığı (uygulama 03, bölüm 6)
    n_train=5_000,  # az görüntüyle ağ çabuk ezberler: erken durdurma görünür
    epochs=30,  # erken durdurma daha önce durdurur
):
    """train_step: fit'in içinde kendi adımımız

    Soru: Eğitim adımını biz yazıp fit'i çağırıyoruz. fit'in dört işinden (bütün
    mini-batch'leri gezme, doğrulama, callback, en iyi ağırlığa dönüş) kaçı sürer?
    """
    data = load_mnist(n_train, 2_000)
    model = two_heads()
    model.aux_weight = aux_weight
    adam = keras.optimizers.Adam(0.003, global_clipnorm=1.0)  # kırpma (bölüm 6)
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    model.compile(adam, loss_fn, metrics=["accuracy"])

    @tf.function
    def step(x, y):  # aynı adım, fit'siz
        with tf.GradientTape() as tape:
            main, aux = model(x, training=True)
            loss = loss_fn(y, main) + aux_weight * loss_fn(y, aux)
        gradients = tape.gradient(loss, model.trainable_variables)
        adam.apply(gradients, model.trainable_variables)

    restart(model, lab.seed)
    batches = tf.data.Dataset.from_tensor_slices(data.train).batch(100)
    by_hand = []  # iki epoch'un doğrulama kaybı
    for _ in range(2):
        for x, y in batches:
            step(x, y)
        by_hand.append(model.evaluate(*data.val)[0])
    restart(model, lab.seed)
    stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    history = model.fit(
        batches, epochs=epochs, validation_data=data.val, callbacks=[stop]
    )
    return tidy(history), by_hand, model.evaluate(*data.val)[0], stop.best_epoch


# %%
@custom_train_step.result
def _(history, by_hand, returned, found):
    """Neden: fit her mini-batch'te bizim train_step'imizi çağırır. Mini-batch'leri
    gezmek, doğrulama ve callback'ler fit'in kendi döngüsündedir: onlara dokunmadık.
    """
    loss = history["val_loss"]
    best = loss.argmin()
    gap = largest_difference(by_hand[: len(loss)], loss[:2])
    back = abs(returned - loss.min())
    worked = [gap < 1e-4, loss.notna().all(), found == best, back < 1e-4]
    lab.conclude(f"fit'in dört işinden {sum(worked)} tanesi kendiliğinden sürdü.")
    lab.table(history.tail(4), "Son epoch'lar")
    fig, ax = plots.figure()
    ax.plot(history["epoch"], loss, linewidth=4, label="fit")
    hollow = {"fillstyle": "none", "markersize": 26, "markeredgewidth": 4}
    ax.plot([1, 2], by_hand, "o", label="elle yazılan döngü", **hollow)
    ax.plot(best + 1, returned, "*", markersize=36, label="dönülen ağırlıklar")
    plots.label_lines(ax)
    plots.whole_epochs(ax, len(loss))
    ax.set(xlabel="epoch", ylabel="ana çıkışın doğrulama kaybı")
    lab.save(fig)
    lab.check("Callback en iyi epoch'u kendi buldu", found, equal=best)
    lab.check("En iyi ağırlıklara dönüldü (kaybın farkı {})", back, below=1e-4)
    lab.check("Elle yazılan döngü de aynı kayba varıyor (fark {})", gap, below=1e-4)


# %% [markdown]
# ## 11 · Mini proje
# %%
def project_network(width, blocks, noise=0.3, dropout=0.2, norm=True, skip=True):
    """Gürültü, blok, artık bloklar, ana çıkış; yardımcı çıkış ilk bloktan."""

    def block(x):
        x = layers.Dense(width, use_bias=not norm, kernel_initializer="he_normal")(x)
        if norm:
            x = layers.BatchNormalization(momentum=0.95)(x)  # epoch'ta adım azdır
        x = layers.Activation("relu")(x)
        return layers.Dropout(dropout)(x)

    image = keras.Input(shape=(784,), name="image")
    early = block(layers.GaussianNoise(noise)(image))
    x = early
    for _ in range(blocks):
        h = block(x)
        x = layers.Add()([x, h]) if skip else h  # artık bağlantı
    main = layers.Dense(10, activation="softmax", dtype="float32", name="main")(x)
    aux = layers.Dense(10, activation="softmax", dtype="float32", name="aux")(early)
    return TwoHeadModel(image, [main, aux])  # bölüm 10'un adımıyla eğitilir


def project_optimizer(peak, steps, decay=0.1, clip=1.0, warmup=0.15, end=0.0):
    """AdamW; LR ısınarak tepeye çıkar, kosinüsle iner."""
    warm = int(warmup * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm, alpha=end, warmup_target=peak, warmup_steps=warm
    )
    adamw = keras.optimizers.AdamW(rate, weight_decay=decay, global_clipnorm=clip)
    adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return adamw


# %%
class Diary(keras.callbacks.Callback):
    """Her epoch'un LR'sini ve saniyesini history'ye yazar."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = default_timer()

    def on_epoch_end(self, epoch, logs=None):
        logs["LR"] = float(self.model.optimizer.learning_rate)
        logs["saniye"] = default_timer() - self.start
        lab.progress.tell(f"epoch {epoch + 1}: {percent(logs['val_accuracy'])}")


def five_callbacks(folder):
    """Beş callback; --surdur, folder'daki yedekten sürdürür."""
    keep = {"save_best_only": True, "save_weights_only": True}
    return [
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=11),
        keras.callbacks.ModelCheckpoint(folder / BEST, monitor="val_loss", **keep),
        keras.callbacks.BackupAndRestore(folder / "yedek", double_checkpoint=True),
        keras.callbacks.TerminateOnNaN(),
        Diary(),
    ]


# %%
def baseline_model():
    """Referans model: Keras'ın çok bilinen mnist_mlp tarifi."""
    mlp = keras.Sequential([layers.Input(shape=(784,))])
    for _ in range(2):
        mlp.add(layers.Dense(512, activation="relu"))
        mlp.add(layers.Dropout(0.2))
    mlp.add(layers.Dense(10, activation="softmax"))
    mlp.compile("rmsprop", CROSS_ENTROPY, metrics=["accuracy"], steps_per_execution=20)
    return mlp


# %%
@lab.section(
    options=("surdur",),
    quick={"n_train": 1_000, "epochs": 3, "width": 32, "baseline_epochs": 3},
    limits={"noise": (0, 1), "dropout": (0, 0.9)},
)
def mini_project(
    width=384,  # dar ağda epoch kısadır: aynı süreye daha çok epoch sığar
    blocks=1,  # ikinci artık blok bu sürede bir şey katmaz
    noise=0.3,  # piksellere yalnız eğitimde eklenen gürültünün std'sidir
    dropout=0.2,  # gürültünün yanında az Dropout yeter
    peak=0.0105,  # tepe LR: aralık testi (uygulama 02, bölüm 9) bu ağda 0,01'i gösterir
    epochs=22,  # referans modelle aynı saniyede biter
    baseline_epochs=18,  # mini projeyle aynı saniyede biter
    n_train=55_000,  # bütün eğitim kümesidir
):
    """Mini proje: günün bütün teknikleri tek fit'te

    Soru: Günün bütün teknikleri birlikte, aynı sürede eğitilen referans modelin
    (2 x 512 nöron, Dropout) test yanlışlarının yüzde kaçını giderir?
    """
    data = load_mnist(n_train)
    watch = {"validation_data": data.val, "callbacks": [Diary()]}
    baseline = baseline_model()
    plain = baseline.fit(*data.train, batch_size=128, epochs=baseline_epochs, **watch)
    keras.config.set_dtype_policy(precision_policy())  # yalnız GPU'da mixed_float16
    set_seed(lab.seed)  # ağ hep aynı ağırlıklardan başlar
    model = project_network(width, blocks, noise, dropout)
    adamw = project_optimizer(peak, epochs * math.ceil(len(data.x_train) / 250))
    model.compile(adamw, CROSS_ENTROPY, metrics=["accuracy"], steps_per_execution=20)
    with lab.backup(resume=lab.options["surdur"]) as folder:
        watch["callbacks"] = five_callbacks(folder)
        history = model.fit(*data.train, batch_size=250, epochs=epochs, **watch)
        refuse_nan(history, peak)
        model.load_weights(folder / BEST)  # en iyi epoch
    project = keras.Model(model.input, model.outputs[0])  # yardımcı çıkış kesilir
    answers = pd.DataFrame({"gerçek": data.y_test})  # test kümesi: bir kez
    answers[BASELINE] = baseline.predict(data.x_test, batch_size=1_000).argmax(axis=1)
    answers[OURS] = project.predict(data.x_test, batch_size=1_000).argmax(axis=1)
    return answers, {BASELINE: plain, OURS: history}, project


# %%
@mini_project.result
def _(answers, histories, project):
    """Neden: Mini projenin epoch'u kısadır, aynı saniyelere daha çok epoch sığar.
    Gürültü ve Dropout ezberlemeye karşı eklenir; bu koşu onların payını göstermez.
    """
    right = answers[[BASELINE, OURS]].eq(answers["gerçek"], axis=0)
    score = right.mean()
    wrong = (~right).sum()
    removed = 1 - wrong[OURS] / wrong[BASELINE]
    share = percent(abs(removed), digits=0)
    gain = paired(right[OURS], right[BASELINE])  # görüntü görüntü
    lab.conclude(
        f"Mini proje, test kümesinde referans modelden {share} "
        f"{'az' if removed >= 0 else 'çok'} yanlış yaptı. Test doğruluğu "
        f"referans modelin doğruluğundan {gain.told('yüksek', 'düşük')}."
    )
    table = pd.DataFrame({"test doğruluğu": score, "test yanlışı": wrong})
    lab.table(table.rename_axis("model"), "İki eğitim", {"test doğruluğu": two})
    fig, (race, bars) = plots.figure(1, 2, width_ratios=[3, 2])
    for name, history in histories.items():
        seconds = np.cumsum(history.history["saniye"])
        race.plot(seconds, history.history["val_accuracy"], "o-", label=name)
    plots.label_lines(race)
    race.set(xlabel="saniye", ylabel="val_accuracy", ylim=(score.min() - 0.02, None))
    drawn = bars.bar(wrong.index, wrong, color=["C0", "C1"])
    bars.bar_label(drawn, label_type="center", size=26, color="white")
    bars.axhspan(150, 160, color="darkgrey", zorder=0)
    bars.set_title("test yanlışı; gri: tarifin 20 epoch sonraki düzeyi (%98,4-98,5)")
    lab.save(fig)
    lab.save(project)
    lab.check("Test doğruluğu %98,5'i aşıyor", score[OURS], above=0.985, full_size=True)
    lab.check("Referans model geride kaldı", gain.mean, above=0.001, full_size=True)


# %% [markdown]
# ## 12 · Poster
# %%
def load_project(folder):
    """Bir klasördeki mini proje; değişen ayarları; bildiği doğrulama görüntüleri."""
    file = folder / f"{lab.sections[PROJECT].stem}.keras"
    x, y = load_mnist(1).val
    try:
        model = keras.models.load_model(file, compile=False)
        changed = read_record(file.with_suffix(".json"))["changed"]
        known = model.predict(x, batch_size=1_000).argmax(axis=1) == y
    except Exception as error:  # yok, bozuk ya da başka bir programın: türü çok
        again = lab.rerun_command(f"{PROJECT} {POSTER}", "--surdur")
        told = f"Poster mini projeyi ister; okunamadı: {file}"
        raise LabError(f"{told}\nÖnce: {again}") from error
    return model, changed, known


def told_against_class(known):
    """Doğrulama görüntülerinde sınıfın koşusundan fark, bir cümle."""
    if lab.report.folder == lab.folder:
        return "Bu, sınıfın koşusudur."
    try:
        _, _, of_class = load_project(lab.folder)
    except LabError:
        return "Sınıfın koşusu bu bilgisayarda yok."
    told = paired(known, of_class).told("yüksek", "düşük")
    return f"Doğrulama doğruluğu sınıfın koşusundan {told}."


# %%
CARD = [  # uygulama, tablosu, slaytın sözü, tablodaki iki sonuç
    ("01", "05_full_architecture_patients", "tam mimari", "ağ", "lojistik"),
    ("02", "13_schedule_race", "sabit LR yetmez", "CosineDecay", "sabit"),
    ("03", "04_residual_blocks", "skip connection", "Glorot, artık bağlantılı",
     "Glorot, düz"),
    ("04", lab.sections[PROJECT].stem, "tüm teknikler", OURS, BASELINE),
]  # fmt: skip


def report_card():
    """Her uygulamanın başlıca sayısı; tablosu yoksa ya da bozuksa bunu söyler."""
    rows = []
    for app, name, claim, ours, other in CARD:
        try:
            table = pd.read_csv(lab.base / f"uygulama_{app}" / f"{name}.csv")
            if "gerçek" in table:  # bir sütun bir modelin yanıtlarıdır
                scores = table.round().eq(table["gerçek"], axis=0)
            else:  # koşuların son epoch'u: bir satır bir tohumdur
                last = ends(table)
                scores = last.pivot_table("val_accuracy", "tohum", labels(last))
            share = scores.mean()
            value = f"{ours} {two(share[ours])}; {other} {two(share[other])}"
            words = paired(scores[ours], scores[other]).words
            value += f" ({words})" if words else ""
        except Exception:  # yok, bozuk ya da başka bir programın: türü çok
            value = f"dersin koşusu yok (uygulama {app}, bölüm {int(name[:2])})"
        rows.append((app, claim, value))
    return pd.DataFrame(rows, columns=["uygulama", "slaytın sözü", "doğruluk"])


# %%
@lab.section(options=("ad",))
def mini_project_poster():
    """Mini projenin posteri ve günün karnesi

    Soru: Mini proje, yanlış okuduğu test rakamlarında ortalama yüzde kaç emindir?
    """
    data = load_mnist(1)  # eğitim görüntüsü gerekmez
    model, changed, known = load_project(lab.report.folder)
    probabilities = model.predict(data.x_test, batch_size=1_000)
    answers = pd.DataFrame({"gerçek": data.y_test})
    answers["tahmin"] = probabilities.argmax(axis=1)
    answers["eminlik"] = probabilities.max(axis=1)  # softmax'ın en büyük olasılığı
    return answers, report_card(), changed, told_against_class(known)


# %%
@mini_project_poster.result
def _(answers, card, changed, told):
    """Neden: Yanlışlarda eminlik %40 ile %100 arasına yayılır; doğrularda neredeyse hep
    %100'dür. Bazı görüntüler başka bir rakama benzer: ağ onlarda yanılırken de emindir.
    """
    right = answers["gerçek"] == answers["tahmin"]
    wrong = answers[~right]
    unsure = wrong["eminlik"].mean()
    lab.conclude(f"Ağ, yanlış okuduğu rakamlarda ortalama {percent(unsure)} emindir.")
    lab.table(card, "Günün karnesi")
    fig, axes = plots.mosaic("HHCC;abcd")
    name = lab.options["ad"][:30]
    title = f"{name or 'Mini proje'}: {two(right.mean())} test doğruluğu"
    fig.suptitle(title, parse_math=False)
    own = f"Değişen ayar: {changed}." if changed else "Sınıfın ayarlarıyla eğitildi."
    axes["H"].set_title(textwrap.fill(f"{own} {told}", 45), parse_math=False)
    kind = np.where(right, "doğru", "yanlış")
    sure = pd.crosstab(100 * answers["eminlik"].round(1), kind, normalize="columns")
    sure.plot(style="o-", linewidth=4, ax=axes["H"])
    plots.label_lines(axes["H"])
    axes["H"].set(xlabel="modelin eminliği (%)", ylabel="yanıtların payı")
    readings = wrong["gerçek"].astype(str) + " yerine " + wrong["tahmin"].astype(str)
    most = readings.value_counts().head(6)[::-1]
    axes["C"].barh(most.index, most, color="C1")
    axes["C"].set_title("en çok karışan rakamlar")
    worst = wrong["eminlik"].nlargest(4)
    titles = readings[worst.index] + "\n" + worst.map(percent) + " emin"
    images = load_mnist(1).x_test[worst.index]
    plots.digits([axes[letter] for letter in "abcd"], images, titles)
    lab.save(fig, re.sub(r"\W+", "_", spelling.plain(f" {name}".rstrip())))
    claim = "Ağ yanlış okuduğu rakamlarda daha az emindir"
    lab.check(claim, unsure, below=answers.loc[right, "eminlik"].mean())


# %% [markdown]
# ## 13 · Ablasyon
# %%
TECHNIQUES = {  # kapatılan: ağda ve optimizer'da değişen, yardımcı kaybın ağırlığı
    "hiçbiri": ({}, {}),
    "artık bağlantı": ({"skip": False}, {}),
    "BatchNorm": ({"norm": False}, {}),
    "gürültü": ({"noise": 0.0}, {}),
    "Dropout": ({"dropout": 0.0}, {}),
    "yardımcı çıkış": ({}, {}, 0.0),
    "AdamW'nin küçültmesi": ({}, {"decay": 0.0}),
    "ısınma": ({}, {"warmup": 0.0}),
    "kosinüs tavlama": ({}, {"end": 1.0}),
    "gradyan kırpma": ({}, {"clip": None}),
}


# %%
@lab.section(alone=True, quick={"n_train": 1_000, "epochs": 1, "width": 16, "seeds": 2})
def ablation(
    n_train=10_000,  # on ağın üçer eğitimi birkaç dakikada biter
    epochs=5,  # kısa eğitimde de LR ısınır, tepeye çıkar ve sıfıra iner
    width=384,  # mini projenin genişliğidir
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Ablasyon: hangi teknik ne katıyor?

    Soru: Dokuz teknik tek tek kapatılıyor. Kaçında doğrulama doğruluğu, şanstan
    ayrılacak kadar düşer?
    """
    data = load_mnist(n_train)
    steps = epochs * math.ceil(len(data.x_train) / 250)

    def build(network, optimizer, aux_weight=0.3):
        model = project_network(width, 1, **network)
        model.aux_weight = aux_weight
        adamw = project_optimizer(0.0105, steps, **optimizer)  # bölüm 11'in tepe LR'si
        model.compile(adamw, loss=CROSS_ENTROPY, metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, kapalı=TECHNIQUES)
    for model in runs:
        history = model.fit(
            *data.train, batch_size=250, epochs=epochs, validation_data=data.val
        )
        runs.keep(history)
    return runs.frame


# %%
@ablation.result
def _(runs):
    """Neden: Gürültü ve Dropout uzun eğitimde ezberlemeye karşı eklenir; bu kısa
    eğitimde kapanmaları doğruluğu düşürmez. Kalan tekniklerin çoğunun tek başına payı
    küçüktür. Dokuz fark sınanınca biri şansla da ayrılmış görünebilir.
    """
    accuracy = final(runs, "val_accuracy")
    whole = accuracy.pop("hiçbiri")
    gains = {name: paired(whole, accuracy[name]) for name in accuracy}
    helped = [name for name, gain in gains.items() if gain.clear and gain.mean > 0]
    told = f": {', '.join(helped)}" if helped else ""
    lab.conclude(
        f"Tek başına kapatılan {len(gains)} teknikten {len(helped)} tanesinde doğruluk "
        f"şanstan ayrılacak kadar düştü{told}."
    )
    lost = 100 * accuracy.rsub(whole, axis=0)  # puan; bir satır bir tohumdur
    lab.table(lost.agg(["mean", "std"]).T.round(2), "Teknik kapanınca düşen puan")
    fig, ax = plots.figure()
    ax.plot(lost.T, lost.columns, "o", color="C0", markersize=16, alpha=0.6)
    ax.plot(lost.mean(), lost.columns, "k|", markersize=46, markeredgewidth=4)
    ax.axvline(0, color="black")
    ax.invert_yaxis()
    ax.set_xlabel("kapanınca düşen puan (nokta: bir tohum, çizgi: ortalama)")
    lab.save(fig)
    most = max(gain.mean for gain in gains.values())
    lab.check("Hiçbir teknik iki puan getirmiyor", most, below=0.02, full_size=True)


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="gradient_tape",
    settings={"smallest": 4},
    task="Sonlu farkın adımı en az 0,0001 olsun. En iyi adımda hata kaç olur?",
    quantity="sonlu farkın formülden en küçük farkı",
    measure=lambda errors: errors["sonlu fark"].min(),
    low=1e-8,
    high=5e-8,
    write=number,
    hint="İki yanlı farkın hatası adımın karesiyle küçülür.",
    solution="0,0001'in karesi 1e-08: hata o mertebede olur.",
)
lab.exercise(
    level="orta",
    section="mixed_precision",
    settings={"weight": 1.0},
    task="Kayıp küçültülmesin. Gradyanların float16'da ne kadarı sıfır olur?",
    quantity="float16'da sıfır olan gradyanların payı",
    measure=lambda found: final(found["runs"], "sıfır_payı")["float16"].mean(),
    low=0.0,
    high=0.05,
    write=percent,
    hint="Gradyanlar yüz bin kat büyüyünce histogramda çizginin hangi yanına düşer?",
    solution="Neredeyse hiçbiri: float16'nın aralığına sığan gradyan ölçek istemez.",
)
lab.exercise(
    level="ileri",
    section="gradient_clipping",
    task='clips sözlüğüne "gevşek clipvalue" adıyla sınırı 0,1 olan bir clipvalue '
    "ekleyin. Gradyanın yönü korunur mu?",
    quantity='"gevşek clipvalue" ile en büyük açı (derece)',
    measure=lambda runs: final(runs, "açı").max().get("gevşek clipvalue", math.nan),
    low=30,
    high=60,
    write=number,
    hint="Elemanlar ayrı ayrı kısılınca yön değişir.",
    solution='"gevşek clipvalue": {"clipvalue": 0.1},',
)
lab.exercise(
    level="yaz",
    section="custom_loop",
    file="alistirmalar/04_train_step.py",
    judge=sinamalar.train_step,
    task="alistirmalar/04_train_step.py: fit'in bir adımını GradientTape ile yazın.",
    hint="Bölüm 3'ün döngüsündeki altı satırı aynı sırayla yazın.",
)


if __name__ == "__main__":
    lab.run()
