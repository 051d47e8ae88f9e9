"""Uygulama 04 · Elle yazılan eğitim döngüsü ve mini proje        (15:15-17:00)

`tf.GradientTape` ile gradyandan tam bir eğitim döngüsüne; `tf.function` ile hızlanan
döngü, gradyan kırpma, karma hassasiyet, kendi kaybımız, metriğimiz ve fit'in içindeki
kendi adımımız. Sonunda günün bütün teknikleri tek bir mini projede ve 16:30'da
sunulacak posterde. Her bölüm iki parçadır: önce ders, altında sonuç.

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
import unicodedata
from functools import partial
from pathlib import Path
from timeit import default_timer, repeat

import keras
import ml_dtypes
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
from common.classroom.records import read_record
from common.files import BACKUP
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
    losses = history.history["loss"]
    if not np.isfinite(losses[-1]):
        smaller = lab.report.changed | {"peak": float(f"{peak / 3:.1g}")}
        again = lab.rerun_command(PROJECT, "--surdur", settings=smaller)
        raise LabError(
            f"Kayıp sayı olmaktan çıktı (NaN); eğitim {len(losses)} epoch'ta durdu.\n"
            f"Daha küçük tepe LR ile: {again}"
        )


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
    x = tf.Variable(points)
    with tf.GradientTape() as tape:  # bant bu bloktaki her işlemi kaydeder
        y = f(x)
    slope = tape.gradient(y, x)  # kayıt sondan başa okunur: zincir kuralı

    # kâğıtta bulunan türev
    formula = 2 * points * np.sin(points) + points**2 * np.cos(points)
    gap = tf.reduce_max(tf.abs(slope - formula))  # bandın hatası
    rows = []
    for power in range(1, smallest + 1):
        h = 10.0**-power
        finite = (f(x + h) - f(x - h)) / (2 * h)  # sonlu fark türev kuralı bilmez
        error = tf.reduce_max(tf.abs(finite - formula))
        rows.append({"adım": h, "sonlu fark": float(error), "bant": float(gap)})
    return pd.DataFrame(rows)


# %%
@gradient_tape.result
def _(errors):
    """Neden: Bant bloktaki her işlemi kaydeder ve kesin türevlerini zincir kuralıyla
    çarpar. Sonlu farkta büyük adım eğrinin kıvrımını kaçırır; küçük adımda birbirine
    yakın iki sayının farkı yuvarlanır.
    """
    resolution = np.finfo(float).eps  # float64 daha küçük bir farkı göremez
    errors["bant"] = errors["bant"].clip(lower=resolution)
    tape = errors["bant"].max()
    ratio = errors["sonlu fark"].min() / tape
    times = number(float(f"{ratio:.1g}"))  # kaç kat olduğunun ilk basamağı yeter
    lab.conclude(
        "Sonlu farkın hatası en iyi adımda bile bandın hatasının yaklaşık "
        f"{times} katıdır."
    )
    lab.table(errors, "Formülden en büyük fark")
    fig, ax = plots.figure()
    errors = errors.sort_values("adım")  # çizgi, adının yazıldığı sağ uçta bitsin
    columns = ["sonlu fark", "bant"]
    errors.plot("adım", columns, style=["o-", "--"], linewidth=5, ax=ax)
    plots.label_lines(ax)
    ax.set(xlabel="sonlu farkın adımı", ylabel="formülden en büyük fark")
    ax.set(xscale="log", yscale="log")
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
    w = w - 1.0  # w artık değişken değil, yeni bir tensördür
    outside = x**2  # bant daha açılmadı
    with tf.GradientTape(persistent=True) as tape:  # banttan birkaç türev istenecek
        of_constant = constant**2  # bant sabitleri izlemez
        of_numpy = tf.constant(x.numpy()) ** 2  # NumPy'ye çıkan değer banttan kopar
        of_w = w**2
    wrong = {
        "sabit izlenmedi": tape.gradient(of_constant, constant),
        "NumPy'ye çıkıldı": tape.gradient(of_numpy, x),
        "bandın dışında hesaplandı": tape.gradient(outside, x),
        "w = w - 1 yazıldı": tape.gradient(of_w, w),
    }
    w = tf.Variable(at + 1.0)
    w.assign_sub(1.0)  # değişkenin kendisi değişir
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(constant)  # sabit artık izlenir
        of_constant = constant**2
        of_x = x**2  # TensorFlow ile ve bandın içinde
        of_w = w**2
    right = {
        "tape.watch(sabit) yazıldı": tape.gradient(of_constant, constant),
        "TensorFlow'da kalındı": tape.gradient(of_x, x),
        "bandın içinde hesaplandı": tape.gradient(of_x, x),
        "w.assign_sub(1) yazıldı": tape.gradient(of_w, w),
    }
    return wrong, right


# %%
def draw_answers(table, ax):
    """Yanlış yazılışlar ve gradyanları, yanlarında doğruları ve gradyanları."""
    for row, (mistake, none, cure, gradient) in enumerate(table.to_numpy()):
        ax.text(0, row, mistake, size=26)
        ax.text(0.38, row, none, size=36, color="C3")
        ax.text(0.6, row, cure, size=26)
        ax.text(1, row, number(gradient), size=36, color="C0")
    ax.set(xlim=(0, 1.05), ylim=(3.5, -0.5))
    ax.axis("off")


# %%
@none_gradients.result
def _(wrong, right, at):
    """Neden: Bant yalnız izlediği değişkenlerden geçen işlemleri bilir. Banda
    yazılmayan hesaptan geriye yol yoktur: bant orada 0 değil, None verir.
    """
    nones = sum(gradient is None for gradient in wrong.values())
    lab.conclude(
        f"Dört yazılışın hiçbiri {number(2 * at)} vermedi: gradyan {nones} yazılışta "
        "None oldu."
    )
    table = pd.DataFrame({"yanlış": list(wrong), "gradyan": map(str, wrong.values())})
    table["doğrusu"] = list(right)
    table["doğru gradyan"] = [float(gradient) for gradient in right.values()]
    lab.table(table, f"x = {number(at)} iken x²'nin türevi")
    weights = [keras.Variable(at), keras.Variable(at, name="unutulan")]
    sgd = keras.optimizers.SGD(0.1)
    every = keras_answer(sgd.apply, [None, None], weights)
    lab.say(f"Gradyanların hepsi None iken Keras: {every}")
    single = keras_answer(sgd.apply, [tf.constant(1.0), None], weights)
    lab.say(f"Yalnız biri None iken Keras: {single}")
    fig, ax = plots.figure()
    draw_answers(table, ax)
    lab.save(fig)
    gap = abs(table["doğru gradyan"] - 2 * at).max()
    raised = every.startswith("ValueError")
    warned = single.startswith("Gradients do not exist") and "unutulan" in single
    lab.check("Dört yanlış yazılışın dördünde de gradyan None oluyor", nones, equal=4)
    lab.check("Dört doğru yazılışın dördü de 2x veriyor (fark {})", gap, below=1e-6)
    lab.check("Gradyanların hepsi None iken Keras hata veriyor", raised, equal=True)
    lab.check("Yalnız biri None iken Keras uyarıyor", warned, equal=True)


# %% [markdown]
# ## 3 · Elle yazılan eğitim döngüsü
# %%
def slide_network(inputs, outputs, activation):
    """Slaytın katmanları (uygulama 01): Dense, L2, BatchNorm, Dropout."""
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
        for x, y in train_dataset:
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
    model.fit(train_dataset, epochs=epochs, shuffle=False)
    names = ["epoch", "accuracy", "val_accuracy", "sıfırlanmayan"]
    log = pd.DataFrame(np.array(rows), columns=names)
    return log, largest_difference(by_hand, model.get_weights())


# %%
@custom_loop.result
def _(log, gap, epochs):
    """Neden: Sıfırlanmayan metrik eski epoch'ları da ortalamaya katar. Doğruluk
    yükselirken eski epoch'lar ortalamayı aşağı çeker.
    """
    told = log.iloc[-1]
    hidden = told["accuracy"] - told["sıfırlanmayan"]
    lab.conclude(
        f"reset_state() unutulunca epoch {epochs} için eğitim doğruluğu "
        f"{number(100 * hidden, 2)} puan eksik göründü."
    )
    lab.table(log, "Slaytın döngüsü", {"sıfırlanmayan": percent})
    fig, ax = plots.figure()
    columns = ["accuracy", "sıfırlanmayan"]
    log.plot("epoch", columns, style=["o-", "s-"], linewidth=5, markersize=16, ax=ax)
    plots.label_lines(ax, ["reset_state() yazıldı", "reset_state() unutuldu"])
    plots.whole_epochs(ax, epochs)
    ax.set_ylabel("accuracy")
    lab.save(fig)
    lab.check("Döngü fit ile aynı ağırlıklara varıyor (fark {})", gap, below=1e-4)
    lab.check("Sıfırlanmayan metrik doğruluğu eksik gösteriyor", hidden, above=0)


# %% [markdown]
# ## 4 · training=True
# %%
def tape_step(model, training):
    """Slaytın döngüsünün gövdesi: bir mini-batch ile bir adım."""

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = model.loss(y, model(x, training=training)) + sum(model.losses)
        grads = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(grads, model.trainable_variables)

    return step


def one_epoch(step, batches):
    """Bir epoch: `step` her mini-batch ile bir kez çağrılır."""
    for x, y in iter(batches):
        step(x, y)


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

    def build(training):
        model = slide_network(30, 1, "sigmoid")
        model.compile("adam", loss_fn)
        model.epoch = tf.function(one_epoch)  # hızlısı: bölüm 5
        model.step = tape_step(model, training)
        return model

    rows = []
    model = build(True)
    for training in (True, False):
        for call in range(1, calls + 1):
            y_pred = model(data.x_train[:31], training=training)
            first = float(y_pred[0, 0])  # ilk hastanın olasılığı
            rows.append({"training": training, "çağrı": call, "çıktı": first})

    runs = lab.runs(build, seeds, training={"yazıldı": True, "unutuldu": None})
    for model in runs:
        for epoch in range(1, epochs + 1):
            model.epoch(model.step, batches)
            y_pred = model.predict_on_batch(data.x_val)
            runs.keep(epoch=epoch, val_loss=float(loss_fn(data.y_val, y_pred)))
    return pd.DataFrame(rows), runs.frame


# %%
@training_flag.result
def _(answers, runs, calls, epochs):
    """Neden: training=True iken Dropout her çağrıda başka nöronları kapatır ve
    BatchNorm mini-batch'in ortalamasını kullanır. training=False iken Dropout bir şey
    yapmaz, BatchNorm biriktirdiği ortalamayı kullanır: çıktı hep aynıdır.
    """
    different = answers.groupby("training")["çıktı"].nunique()
    loss = final(runs, "val_loss")
    harm = paired(loss["unutuldu"], loss["yazıldı"])
    words = f" ({harm.words})" if harm.words else ""
    lab.conclude(
        f"{calls} çağrıda training=True ile {different[True]}, training=False ile "
        f"{different[False]} ayrı çıktı geldi. {epochs} epoch sonra doğrulama kaybı "
        f"training=True yazılınca {number(loss['yazıldı'].mean(), 2)}, unutulunca "
        f"{number(loss['unutuldu'].mean(), 2)} oldu{words}."
    )
    lab.table(summary(runs, "val_loss"), f"Döngüde training=True, {epochs} epoch sonra")
    fig, (left, right) = plots.figure(1, 2)
    for training, part in answers.groupby("training", sort=False):
        left.plot(part["çağrı"], part["çıktı"], "o", markersize=11, label=str(training))
    left.set(title="aynı hastada training=", ylim=(0, 1))
    left.set(xlabel="kaçıncı çağrı", ylabel="ilk hastanın olasılığı")
    plots.label_lines(left)
    plots.curves(runs, "val_loss", right)
    right.set(title="döngüde training=True", ylim=(0, None))
    lab.save(fig)
    lab.check(
        "training=True her çağrıda çıktıyı değiştiriyor", different[True], above=5
    )
    lab.check("training=False iken çıktı hep aynı", different[False], equal=1)
    lab.check("Unutmak doğrulama kaybını artırıyor", harm.mean, above=0, full_size=True)


# %% [markdown]
# ## 5 · tf.function
# %%
def two_epochs(model, epoch, *arguments, **options):
    """Aynı başlangıçtan iki epoch: ikisinin saniyesi ve son ağırlıklar."""
    restart(model, lab.seed)
    run = partial(epoch, *arguments, **options)
    first, second = repeat(run, number=1, repeat=2)
    seconds = {"ilk epoch (saniye)": first, "ikinci epoch (saniye)": second}
    return {**seconds, "ağırlıklar": model.get_weights()}


# %%
@lab.section(quick={"steps": 4, "together": 2})
def tf_function_speed(
    steps=20,  # bu kadar adımda eager döngü birkaç saniyede biter
    together=10,  # fit bir çağrıda bu kadar adım atar
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
    step = tape_step(model, training=True)
    graph_step = tf.function(step)  # Python gövdesi bir kez izlenir (trace)
    graph_epoch = tf.function(one_epoch)  # döngünün kendisi de çizgeye girer
    ways = {
        "eager döngü": two_epochs(model, one_epoch, step, batches),
        "adım çizgede": two_epochs(model, one_epoch, graph_step, batches),
        "epoch çizgede": two_epochs(model, graph_epoch, step, batches),
        "fit": two_epochs(model, model.fit, batches, shuffle=False),
    }
    model.compile("adam", loss_fn, steps_per_execution=together)
    ways["fit, çok adım"] = two_epochs(model, model.fit, batches, shuffle=False)

    def set_rate(lr):  # her adımdan önce çağrılır
        model.optimizer.learning_rate.assign(lr)

    traces = []
    for kind, convert in {"Python sayısı": float, "tensör": tf.constant}.items():
        traced = tf.function(set_rate)
        for call, lr in enumerate(rates, start=1):
            traced(convert(lr))
            count = traced.experimental_get_tracing_count()
            traces.append({"LR": kind, "çağrı": call, "izleme": count})
    return pd.DataFrame(traces), ways


# %%
@tf_function_speed.result
def _(traces, ways, steps, rates):
    """Neden: Eager döngüde Python her işlemi tek tek çağırır. tf.function gövdeyi bir
    kez izler (trace), sonra çizge Python'suz çalışır. Python sayısı çizgeye sabit diye
    yazılır: her yeni değer yeniden izletir.
    """
    table = pd.DataFrame(ways).T.rename_axis("yazılış")
    weights = table.pop("ağırlıklar")
    gap = max(largest_difference(weights.iloc[0], other) for other in weights)
    took = table["ikinci epoch (saniye)"].astype(float)
    traced = traces.groupby("LR")["izleme"].max()
    python, tensor = traced["Python sayısı"], traced["tensör"]
    faster = number(took.iloc[0] / took["epoch çizgede"], 1)
    lab.conclude(
        f"Tek çizge bu makinede eager döngüden {faster} kat hızlıdır. {len(rates)} LR "
        f"çizgeyi Python sayısı iken {python} kez, tensör iken {tensor} kez izletti."
    )
    lab.table(table.astype(float), f"{steps} adım; saniyeler makineye göre değişir")
    fig, (left, right) = plots.figure(1, 2)
    bars = left.barh(took.index, took, color="lightgrey", edgecolor="black")
    left.bar_label(bars, [f" {number(seconds, 2)}" for seconds in took], size=20)
    left.set(title="bir epoch kaç saniye?", xlabel="saniye", xlim=(0, 1.3 * took.max()))
    left.invert_yaxis()
    for kind, part in traces.groupby("LR"):
        right.plot(part["çağrı"], part["izleme"], "o-", linewidth=5, label=kind)
    right.set(title="LR her çağrıda değişirse", xlabel="çağrı", ylabel="izleme (trace)")
    right.set(xticks=traces["çağrı"].unique(), yticks=range(len(rates) + 1))
    plots.label_lines(right)
    lab.save(fig)
    lab.check("Beş yazılış aynı ağırlıklara varıyor (fark {})", gap, below=0.01)
    lab.check("Her yeni Python sayısı izletiyor", python, equal=len(set(rates)))
    lab.check("Tensörler bir kez izletiyor", tensor, equal=1)


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
@lab.section(quick={"seeds": 1}, limits={"limit": (1e-3, 1e3), "value": (1e-6, 1)})
def gradient_clipping(
    factor=255,  # bozuk mini-batch'in pikselleri 255'e bölünmeden gelir
    limit=1.0,  # clipnorm ve global_clipnorm: temiz gradyanın normu bu düzeydedir
    value=0.01,  # clipvalue: tek bir gradyan elemanının sınırı
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
        bad = slice(first, first + 100)
        x[bad] *= factor
    clips = {
        "kırpma yok": {},
        "clipvalue": {"clipvalue": value},
        "clipnorm": {"clipnorm": limit},
        "global_clipnorm": {"global_clipnorm": limit},
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
        history = model.fit(x, y, 100, shuffle=False, validation_data=data.val)
        step = measured_step(model, x[bad], y[bad])  # dördüncü bozuk adım
        runs.keep(history, **step)
    return runs.frame


# %%
@gradient_clipping.result
def _(runs, limit):
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
    title = "Eğitimden sonra doğruluk; dördüncü bozuk mini-batch'in gradyanı ve adımı"
    lab.table(summary(runs, "val_accuracy", **columns), title)
    fig, (left, right) = plots.figure(1, 2, sharey=True)
    plots.scores(runs, "val_accuracy", left)
    left.set(title="üç bozuk mini-batch'ten sonra", xlim=(0, 1))
    plots.scores(runs, "açı", right)
    right.set(title="bozuk mini-batch'teki adım", xlabel="gradyanla açısı (derece)")
    lab.save(fig)

    whole = runs[runs["kırpma"] == "global_clipnorm"]
    gap = abs(whole["kırpılan"] - whole["norm"].clip(upper=limit)).max()
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


def sigmoid_network(policy):
    """Üç sigmoid katmanı: her biri gradyanı biraz daha küçültür."""
    keras.config.set_dtype_policy(policy)  # bundan sonra kurulan katmanlar için
    model = keras.Sequential([layers.Input(shape=(30,))])
    for _ in range(3):
        model.add(layers.Dense(16, activation="sigmoid"))
    model.add(layers.Dense(1, activation="sigmoid", dtype="float32"))  # ezilmesin
    keras.config.set_dtype_policy("float32")
    return model


# %%
@lab.section(
    quick={"epochs": 1, "seeds": 1}, limits={"weight": (1e-9, 1), "scale": (1, 1e9)}
)
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
        model = sigmoid_network(policy)
        adam = keras.optimizers.Adam(0.01, epsilon=1e-12, loss_scale_factor=factor)
        model.compile(
            adam,  # olağan epsilon (1e-07) bu gradyanları ezerdi
            loss="binary_crossentropy",
            loss_weights=[weight],
            metrics=[keras.metrics.BinaryCrossentropy(name="cross_entropy")],
            auto_scale_loss=False,  # yoksa Keras float16'yı kendiliğinden ölçekler
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
        history = model.fit(x, y, 31, epochs, validation_data=val)
        runs.keep(history, sıfır_payı=np.mean(size == 0))
    return runs.frame, pd.DataFrame(sizes)


# %%
@mixed_precision.result
def _(runs, sizes, epochs):
    """Neden: float16'nın sıfırdan büyük en küçük sayısı 6e-08'dir; ondan küçük gradyan
    sıfır olur (alttan taşma). Kayıp büyütülünce gradyanlar bu sınırın üstüne çıkar.
    """
    zeros = final(runs, "sıfır_payı").mean()
    loss = final(runs, "val_cross_entropy")
    worse = paired(loss["float16"], loss["float32"])
    others = loss[["bfloat16", "float16, ölçekli"]].sub(loss["float32"], axis=0)
    lab.conclude(
        f"float16'da gradyanların yüzde {number(100 * zeros['float16'])} kadarı sıfır "
        f"oldu. Kayıp ölçeklenince sıfır olan pay {percent(zeros['float16, ölçekli'])} "
        "oldu."
    )
    columns = {"sıfır olan pay": "sıfır_payı", "doğrulama kaybı": "val_cross_entropy"}
    lab.table(summary(runs, **columns), f"İlk adım; kayıp {epochs} epoch sonra")
    fig, (left, right) = plots.figure(1, 2)
    smallest = float(ml_dtypes.finfo("float16").smallest_subnormal)
    left.hist(sizes["float32"], bins=np.logspace(-13, -1, 37), color="grey")
    left.axvline(smallest, color="black", linewidth=4)
    left.set(title="çizginin solu float16'da sıfır", ylabel="ağırlık sayısı")
    left.set(xscale="log", xlabel="gradyanın büyüklüğü (log ölçek)")
    plots.curves(runs, "val_cross_entropy", right)
    right.set(title="aynı ağ, dört sayı biçimi", ylabel="doğrulama kaybı")
    lab.save(fig)
    close = abs(others).to_numpy().max()
    lab.check("float16'da gradyanların çoğu sıfır oluyor", zeros["float16"], above=0.5)
    lab.check("Ölçekli gradyan sıfır olmuyor", zeros["float16, ölçekli"], below=0.02)
    lab.check("Ölçeksiz float16 öğrenemiyor", worse.mean, above=0.2, full_size=True)
    told = "bfloat16 ve ölçekli float16, float32 kadar öğreniyor"
    lab.check(told, close, below=0.05, full_size=True)


# %% [markdown]
# ## 8 · Kendi kaybımız
# %%
@keras.saving.register_keras_serializable(package="uygulama_04")
class CostlyMiss(keras.losses.Loss):
    """Cross-entropy; kaçırılan tümörün kaybı `cost` ile çarpılır."""

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

    def build(price):
        model = keras.Sequential([
            layers.Input(shape=(30,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ])
        adam = keras.optimizers.Adam(0.003)  # olağanın üç katı: az epoch yeter
        model.compile(optimizer=adam, loss=CostlyMiss(price))
        return model

    runs = lab.runs(build, seeds, kayıp={"cross-entropy": 1.0, "pahalı": cost})
    for model in runs:
        model.fit(*data.train, batch_size=31, epochs=epochs)
        p = model.predict(data.x_val)
        missed = keras.metrics.FalseNegatives(thresholds)(data.y_val, p)
        alarms = keras.metrics.FalsePositives(thresholds)(data.y_val, p)
        runs.keep(eşik=thresholds, kaçırılan=missed, yanlış_alarm=alarms)
    return runs.frame[["kayıp", "eşik", "tohum", "kaçırılan", "yanlış_alarm"]]


# %%
def draw_costs(alarms, missed, total, cost, ax):
    """Her yol bir nokta; çizgi boyunca toplam bedel cross-entropy ile aynıdır."""
    for way in missed.index:
        name = f"{way[0]}, eşik {number(way[1])}"
        ax.plot(alarms[way], missed[way], "o", markersize=26, label=name)
    same = f"toplam bedel {number(total, 2)}"
    ax.plot([0, total], [total / cost, 0], color="grey", zorder=0, label=same)
    plots.label_lines(ax)
    ax.set(xlabel="yanlış alarm", ylabel="kaçırılan tümör")


# %%
@custom_loss.result
def _(runs, cost):
    """Neden: Pahalı kayıp, kuşkulu ağı "kötü huylu" demeye iter: yanlış alarm artar.
    Cross-entropy ile de az tümör kaçar: azalacak yer dardır, fark çoğu koşuda şanstan
    ayrılmaz. Alarm eşiğini 1 / (1 + bedel) değerine indirmek de aynı yöne iter.
    """
    runs["bedel"] = cost * runs["kaçırılan"] + runs["yanlış_alarm"]
    runs = runs[(runs["kayıp"] == "cross-entropy") | (runs["eşik"] == 0.5)]
    missed = final(runs, "kaçırılan")
    alarms = final(runs, "yanlış_alarm").mean()
    price = final(runs, "bedel").mean()
    plain, costly = ("cross-entropy", 0.5), ("pahalı", 0.5)
    fewer = paired(missed[plain], missed[costly])
    words = f" ({fewer.words})" if fewer.words else ""
    lab.conclude(
        f"Pahalı kayıpla ağ ortalama {number(abs(fewer.mean), 2)} tümör daha "
        f"{'az' if fewer.mean >= 0 else 'çok'} kaçırdı{words}. Toplam bedel "
        f"cross-entropy ile {number(price[plain], 2)}, pahalı kayıpla "
        f"{number(price[costly], 2)} oldu."
    )
    columns = {"kaçırılan tümör": "kaçırılan", "yanlış alarm": "yanlış_alarm"}
    title = f"114 doğrulama hastası; bedel = {number(cost)} x kaçırılan + yanlış alarm"
    lab.table(summary(runs, **columns, bedel="bedel"), title)
    fig, ax = plots.figure()
    draw_costs(alarms, missed.mean(), price[plain], cost, ax)
    lab.save(fig)
    ours = CostlyMiss(1.0)(np.array([0, 1, 1]), np.array([[0.2], [0.3], [0.9]]))
    gap = abs(float(ours) + np.log([0.8, 0.3, 0.9]).mean())
    more = alarms[costly] - alarms[plain]
    lab.check("Bedel 1 iken kayıp cross-entropy'dir (fark {})", gap, below=1e-6)
    lab.check("Pahalı kayıp yanlış alarmı artırıyor", more, above=0, full_size=True)
    lab.check("Pahalı kayıpla az tümör kaçıyor", fewer.mean, above=0, full_size=True)


# %% [markdown]
# ## 9 · Kendi metriğimiz
# %%
@keras.saving.register_keras_serializable(package="uygulama_04")
class FBeta(keras.metrics.Metric):
    """F-beta: beta > 1 ise duyarlılık (recall) kesinlikten (precision) önemlidir."""

    def __init__(self, beta=1.0, name="f_beta", **kwargs):
        super().__init__(name=name, **kwargs)
        self.beta = beta
        self.hits = self.add_variable((), "zeros", name="hits")
        self.missed = self.add_variable((), "zeros", name="missed")
        self.alarms = self.add_variable((), "zeros", name="alarms")

    def update_state(self, y_true, y_pred, sample_weight=None):  # her mini-batch'te
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
    beta=2.0,  # F2: kaçırılan tümör yanlış alarmdan ağır sayılır
    tumours=10,  # seyrek tümör: 71 iyi huylu hastanın yanında bu kadar
    piece=4,  # mini-batch'in boyu: çoğunda hiç tümör bulunmaz
    epochs=10,  # doğrulama kaybı bu kadar epoch'ta düzleşir
):
    """Kendi metriğimiz: F neden mini-batch mini-batch ortalanmaz?

    Soru: Ağ 10 tümörlü, 71 tümörsüz hastayı ayırıyor. F2 (kesinlik ile duyarlılığın
    karışımı) dörder hastada ölçülüp ortalanırsa bütünün F2'sinden yüzde kaç küçük olur?
    """
    data = load_breast_cancer()
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(32, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    adam = keras.optimizers.Adam(0.003)  # olağanın üç katı: az epoch yeter
    model.compile(adam, loss=CostlyMiss(5.0), metrics=[FBeta(beta)])
    model.fit(*data.train, batch_size=31, epochs=epochs)

    malignant = np.flatnonzero(data.y_val == 1)[:tumours]
    benign = np.flatnonzero(data.y_val == 0)
    mixed = np.random.default_rng(lab.seed).permutation([*malignant, *benign])
    y = data.y_val[mixed]
    p = model.predict(data.x_val[mixed])

    metric = FBeta(beta)  # sayıları mini-batch'ten mini-batch'e biriktirir
    rows = []
    for y_piece, p_piece in tf.data.Dataset.from_tensor_slices((y, p)).batch(piece):
        metric.update_state(y_piece, p_piece)
        alone = FBeta(beta)(y_piece, p_piece)  # yalnız bu mini-batch'in F'si
        rows.append([tf.reduce_sum(y_piece), alone])
    pieces = pd.DataFrame(np.array(rows), columns=["tümör", "F"])
    return pieces, float(metric.result()), (y, p), model


# %%
def draw_pieces(pieces, whole, ax):
    """Her mini-batch bir daire; tümörsüz olanların içi boş."""
    for empty, part in pieces.groupby(pieces["tümör"] == 0):
        look = {"fillstyle": "none" if empty else "full", "markersize": 20}
        ax.plot(part.index + 1, part["F"], "o", color="grey", **look)
    for value, name in ((whole, "bütünün F'si"), (pieces["F"].mean(), "ortalama F")):
        ax.plot([1, len(pieces)], [value, value], linewidth=4, label=name)
    plots.label_lines(ax)
    plots.whole_epochs(ax, len(pieces))
    ax.set(xlabel="mini-batch (içi boş: tümörsüz)", ylabel="F")


# Yeni bir Python sınıfları bilmez; betik içe aktarılınca modeli yükler
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
"""


# %%
@custom_metric.result
def _(pieces, whole, patients, model, beta):
    """Neden: F bir orandır; oranların ortalaması bütünün oranı değildir. Tümörsüz
    mini-batch'te yakalanacak tümör yoktur: F'si sıfırdır ve ortalamayı düşürür.
    """
    fresh = start_python(LOAD)  # bu arada yüklenir
    y, p = patients
    mean = pieces["F"].mean()
    empty = pieces["tümör"] == 0
    lab.conclude(
        f"Mini-batch'lerin F ortalaması bütünün F'sinden yüzde "
        f"{number(100 * (1 - mean / whole), 2)} küçük oldu. {len(pieces)} "
        f"mini-batch'in {empty.sum()} tanesinde hiç tümör yok."
    )
    kind = np.where(empty, "tümörsüz", "tümörlü")
    table = pieces.groupby(kind)["F"].agg(["size", "mean"]).rename_axis("mini-batch")
    table.columns = ["kaç tane", "ortalama F"]
    lab.table(table, f"{len(y)} doğrulama hastası, {len(pieces)} mini-batch")
    fig, ax = plots.figure()
    draw_pieces(pieces, whole, ax)
    lab.save(fig)
    gap = abs(whole - fbeta_score(y, p[:, 0] > 0.5, beta=beta))
    x = load_breast_cancer().x_val
    elsewhere, told = predict_in(fresh, lab.save(model), x)
    lab.say(f"Sınıflar içe aktarılmadan: {told.split('.')[0]}.")
    moved = largest_difference(model.predict(x), elsewhere)
    lab.check("Biriken F, scikit-learn'ün F'sidir (fark {})", gap, below=1e-6)
    lab.check("Yeni süreçte yüklenen model aynıdır (fark {})", moved, below=1e-6)
    claim = "F'lerin ortalaması bütünün F'sinden küçüktür"
    lab.check(claim, whole - mean, above=0.1, full_size=True)


# %% [markdown]
# ## 10 · train_step
# %%
class TwoHeadModel(keras.Model):
    """İki çıkışlı Functional ağ: adımı biz yazarız, fit'in kalanı Keras'ındır."""

    aux_weight = 0.3  # yardımcı kaybın toplam kayıptaki ağırlığı

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            main, aux = self(x, training=True)
            loss = self.compute_loss(x, y, main)
            total = loss + self.aux_weight * self.compute_loss(x, y, aux)
            total = self.optimizer.scale_loss(total)  # yalnız float16'da büyütür
        gradients = tape.gradient(total, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)  # önce kırpar
        return self.report(x, y, main, loss)

    def test_step(self, data):
        x, y = data
        main, _ = self(x, training=False)
        return self.report(x, y, main, self.compute_loss(x, y, main))

    def report(self, x, y, main, loss):
        """Ana çıkışın loss ve accuracy değerleri: fit bunları yazar ve izler."""
        self.metrics[0].update_state(loss, sample_weight=ops.shape(y)[0])
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

    Soru: Eğitim adımını biz yazıp fit'i çağırıyoruz. fit'in dört işinden (mini-batch'e
    bölme, doğrulama, callback, en iyi ağırlığa dönüş) kaçı kendiliğinden sürer?
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
        one_epoch(step, batches)
        by_hand.append(model.evaluate(*data.val)[0])
    restart(model, lab.seed)
    stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    history = model.fit(
        batches, epochs=epochs, validation_data=data.val, callbacks=[stop]
    )
    return tidy(history), by_hand, model, stop


# %%
@custom_train_step.result
def _(history, by_hand, model, stop, n_train):
    """Neden: fit her mini-batch'te bizim train_step'imizi çağırır. Mini-batch'e bölme,
    doğrulama ve callback'ler fit'in kendi döngüsündedir: onlara dokunmadık.
    """
    loss = history["val_loss"]
    best = loss.argmin()
    lab.conclude(
        "fit'in dört işinden dördü de kendiliğinden sürdü. Eğitim "
        f"{len(loss)} epoch sürdü; sonunda {best + 1} numaralı epoch'un ağırlıklarına "
        "dönüldü."
    )
    lab.table(history.tail(4), "Son epoch'lar")
    fig, ax = plots.figure()
    ax.plot(history["epoch"], loss, linewidth=4, label="fit")
    hollow = {"fillstyle": "none", "markersize": 26, "markeredgewidth": 4}
    ax.plot([1, 2], by_hand, "o", label="elle yazılan döngü", **hollow)
    ax.plot(best + 1, loss[best], "*", markersize=36, label="dönülen ağırlıklar")
    plots.label_lines(ax)
    ax.set(xlabel="epoch", ylabel="ana çıkışın doğrulama kaybı")
    plots.whole_epochs(ax, len(loss))
    lab.save(fig)
    steps = len(loss) * math.ceil(n_train / 100)  # son mini-batch yarım olabilir
    iterations = int(model.optimizer.iterations)
    x, y = load_mnist(n_train, 2_000).val
    p = model.predict(x)[0]
    back = abs(-np.log(p[range(len(p)), y]).mean() - loss.min())  # Keras'sız
    gap = largest_difference(by_hand[: len(loss)], loss[:2])
    lab.check("fit veriyi mini-batch'lere böldü ({} adım)", iterations, equal=steps)
    lab.check("Callback en iyi epoch'u kendi buldu", stop.best_epoch, equal=best)
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
    x = early = block(layers.GaussianNoise(noise)(image))
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
        keras.callbacks.BackupAndRestore(folder / BACKUP, double_checkpoint=True),
        keras.callbacks.TerminateOnNaN(),
        Diary(),
    ]


# %%
def baseline_model():
    """Referans model: Keras'ın çok bilinen mnist_mlp tarifi."""
    model = keras.Sequential([layers.Input(shape=(784,))])
    for _ in range(2):
        model.add(layers.Dense(512, activation="relu"))
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("rmsprop", CROSS_ENTROPY, metrics=["accuracy"])
    return model


# %%
@lab.section(
    options=("surdur",),
    quick={"n_train": 1_000, "epochs": 3, "width": 32, "baseline_epochs": 1},
    limits={"noise": (0, 1), "dropout": (0, 0.9)},
)
def mini_project(
    width=384,  # dar ağda epoch kısadır: aynı süreye daha çok epoch sığar
    blocks=1,  # ikinci artık blok bu sürede bir şey katmaz
    noise=0.3,  # piksellere yalnız eğitimde eklenen gürültünün std'sidir
    dropout=0.2,  # gürültünün yanında az Dropout yeter
    peak=0.0105,  # tepe LR: uygulama 02, bölüm 9'daki aralık testiyle bulunur
    epochs=22,  # referans modelle aynı saniyede biter
    baseline_epochs=13,  # mini projeyle aynı saniyede biter
    n_train=55_000,  # bütün eğitim kümesidir
):
    """Mini proje: günün bütün teknikleri tek fit'te

    Soru: Günün bütün teknikleri birlikte, aynı sürede eğitilen referans modelin
    (2 x 512 nöron, Dropout) test yanlışlarının yüzde kaçını giderir?
    """
    data = load_mnist(n_train)
    val = {"validation_data": data.val, "validation_batch_size": 1_000}
    baseline = baseline_model()
    plain = baseline.fit(*data.train, 128, baseline_epochs, callbacks=[Diary()], **val)
    keras.config.set_dtype_policy(precision_policy())  # yalnız GPU'da mixed_float16
    set_seed(lab.seed)  # ağ hep aynı ağırlıklardan başlar
    model = project_network(width, blocks, noise, dropout)
    adamw = project_optimizer(peak, epochs * math.ceil(len(data.x_train) / 250))
    model.compile(adamw, CROSS_ENTROPY, metrics=["accuracy"], steps_per_execution=20)
    with lab.backup(resume=lab.options["surdur"]) as folder:
        callbacks = five_callbacks(folder)
        history = model.fit(*data.train, 250, epochs, callbacks=callbacks, **val)
        refuse_nan(history, peak)
        model.load_weights(folder / BEST)  # en iyi epoch
    project = keras.Model(model.input, model.outputs[0])  # yardımcı çıkış kesilir
    answers = pd.DataFrame({"gerçek": data.y_test})  # test kümesi: bir kez
    answers[BASELINE] = baseline.predict(data.x_test, 1_000).argmax(axis=1)
    answers[OURS] = project.predict(data.x_test, 1_000).argmax(axis=1)
    return answers, {BASELINE: plain, OURS: history}, project


# %%
def draw_race(histories, ax):
    """Doğrulama doğruluğu, geçen saniyeye karşı."""
    for name, history in histories.items():
        seconds = np.cumsum(history.history["saniye"])
        accuracy = history.history["val_accuracy"]
        ax.plot(seconds, accuracy, marker="o", linewidth=3.5, label=name)
    ax.set(xlabel="eğitimde geçen saniye", ylabel="doğrulama doğruluğu")
    ax.set_ylim(bottom=np.median(accuracy) - 0.02)  # ilk epoch'lar çok aşağıdadır
    plots.label_lines(ax)


def draw_mistakes(wrong, ax):
    """İki modelin test yanlışları; tarifin bilinen düzeyi (%98,4-98,5) gri şerit."""
    bars = ax.bar(wrong.index, wrong, color=["C0", "C1"])
    ax.bar_label(bars, label_type="center", size=26, color="white")
    ax.axhspan(150, 160, color="darkgrey", zorder=0)
    ax.set_title("10 000 test rakamında yanlış")
    plots.note(ax, "gri: tarifin 20 epoch sonraki bilinen düzeyi")


# %%
@mini_project.result
def _(answers, histories, project):
    """Neden: Mini projenin epoch'u kısadır: aynı saniyelere daha çok epoch sığar.
    Gürültü ve Dropout uzayan eğitimde ezberlemeyi zorlaştırır. LR inerken doğrulama
    doğruluğu referans modelin doğruluğunu geçer.
    """
    right = answers[[BASELINE, OURS]].eq(answers["gerçek"], axis=0)
    wrong = (~right).sum()
    removed = 1 - wrong[OURS] / wrong[BASELINE]
    gain = paired(right[OURS], right[BASELINE])  # görüntü görüntü
    lab.conclude(
        f"Mini proje, test kümesinde referans modelden yüzde {abs(100 * removed):.0f} "
        f"{'az' if removed >= 0 else 'çok'} yanlış yaptı. Test doğruluğu "
        f"referans modelin doğruluğundan {gain.told('yüksek', 'düşük')}."
    )
    table = pd.DataFrame({"test doğruluğu": right.mean(), "test yanlışı": wrong})
    table["epoch"] = [told.epoch[-1] + 1 for told in histories.values()]
    table["saniye"] = [sum(told.history["saniye"]) for told in histories.values()]
    lab.table(table.rename_axis("model"), "İki eğitim", {"test doğruluğu": two})
    fig, (race, bars) = plots.figure(1, 2, width_ratios=[3, 2])
    draw_race(histories, race)
    draw_mistakes(wrong, bars)
    lab.save(fig)
    lab.save(project)
    history = histories[OURS].history
    best = history["val_accuracy"][np.argmin(history["val_loss"])]
    x, y = load_mnist(1).val
    gap = abs((project.predict(x, 1_000).argmax(axis=1) == y).mean() - best)
    lab.check("Kaydedilen ağ en iyi epoch'un ağıdır (fark {})", gap, below=1e-3)
    score = right[OURS].mean()
    lab.check("Test doğruluğu %98,5 üstündedir", score, above=0.985, full_size=True)
    lab.check("Referans model geride kaldı", gain.mean, above=0.001, full_size=True)


# %% [markdown]
# ## 12 · Poster
# %%
def load_project(folder):
    """Bir klasördeki mini proje; değişen ayarları; bildiği doğrulama görüntüleri."""
    stem = folder / lab.sections[PROJECT].stem
    x, y = load_mnist(1).val
    try:
        model = keras.models.load_model(f"{stem}.keras", compile=False)
        changed = read_record(Path(f"{stem}.json"))["changed"]
        known = model.predict(x, 1_000).argmax(axis=1) == y
    except Exception as error:  # yok, bozuk ya da başka bir programın: türü çok
        again = lab.rerun_command(f"{PROJECT} {POSTER}", "--surdur")
        told = f"Poster mini projeyi ister; okunamadı: {stem}.keras"
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


def accuracies(table):
    """Tablodaki her modelin ya da koşulun doğruluğu."""
    if "gerçek" in table:  # bir sütun bir modelin yanıtlarıdır
        return table.round().eq(table["gerçek"], axis=0).mean()
    last = ends(table)  # koşuların son epoch'u
    return last.groupby(labels(last))["val_accuracy"].mean()


def report_card():
    """Her uygulamanın başlıca sayısı; tablosu yoksa ya da bozuksa bunu söyler."""
    rows = []
    for app, table, claim, ours, other in CARD:
        path = lab.base / f"uygulama_{app}" / f"{table}.csv"
        try:
            share = accuracies(pd.read_csv(path))
            value = f"{ours} {two(share[ours])}; {other} {two(share[other])}"
        except Exception:  # yok, bozuk ya da başka bir programın: türü çok
            value = f"dersin koşusu yok (uygulama {app}, bölüm {int(table[:2])})"
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
    probabilities = model.predict(data.x_test, 1_000)
    answers = pd.DataFrame({"gerçek": data.y_test})
    answers["tahmin"] = probabilities.argmax(axis=1)
    answers["eminlik"] = probabilities.max(axis=1)  # softmax'ın en büyük olasılığı
    return answers, report_card(), changed, told_against_class(known)


# %%
def draw_confusions(wrong, axes):
    """En çok karışan rakamlar, altında ağın en emin olduğu dört yanlış."""
    pairs = wrong.value_counts(["gerçek", "tahmin"]).head(6)[::-1]
    names = [f"{true} yerine {read}" for true, read in pairs.index]
    bars = axes["C"].barh(names, pairs, color="C1")
    axes["C"].bar_label(bars, label_type="center", color="white", weight="bold")
    axes["C"].set(title="en çok karışan rakamlar", xticks=[])
    worst = wrong.nlargest(4, "eminlik")
    shown = [
        f"{row.gerçek} yerine {row.tahmin}\n{percent(row.eminlik, digits=0)} emin"
        for row in worst.itertuples()
    ]
    images = load_mnist(1).x_test[worst.index]
    plots.digits([axes[letter] for letter in "abcd"], images, shown)


def draw_confidence(groups, ax):
    """Eminliğin dağılımı: grup grup, yanıtların yüzdesi."""
    edges = np.linspace(0, 100, 11)
    for name, answers in groups.items():
        counts, _ = np.histogram(100 * answers["eminlik"], edges)
        share = 100 * counts / max(1, counts.sum())
        ax.plot(edges[1:] - 5, share, marker="o", linewidth=3.5, label=name)
    ax.set(xlabel="modelin eminliği (%)", ylabel="yanıtların yüzdesi")
    plots.label_lines(ax)


# %%
@mini_project_poster.result
def _(answers, card, changed, told):
    """Neden: Ağ, iki rakama benzeyen görüntüde olasılığı bölüştürür: çoğu yanlışta
    eminliği düşüktür. Bazı görüntüler başka bir rakama benzer; ağ onlarda emindir.
    """
    wrong = answers[answers["gerçek"] != answers["tahmin"]]
    right = answers.drop(wrong.index)
    unsure = wrong["eminlik"].mean()
    sure = right["eminlik"].mean()
    lab.conclude(
        f"Ağ, yanlış okuduğu {len(wrong)} rakamda ortalama {percent(unsure)} emin. "
        f"Doğru okuduğu rakamlarda eminliği {percent(sure)}."
    )
    lab.table(card, "Günün karnesi")
    name = lab.options["ad"][:30]
    title = f"{name or 'Mini proje'}: {two(len(right) / len(answers))} test doğruluğu"
    title = title.replace("$", r"\$")
    fig, axes = plots.mosaic("TTTTTCCCCCCCC;HHHHHaabbccdd", title=title)
    own = f"Değişen ayar: {changed}" if changed else "Sınıfın ayarlarıyla eğitildi."
    lines = [own, f"{len(wrong)} test rakamını yanlış okudu.", told]
    text = "\n\n".join(textwrap.fill(line, 30) for line in lines)
    axes["T"].text(0, 0.5, text, size=22, va="center", parse_math=False)
    axes["T"].axis("off")
    draw_confidence({"doğru": right, "yanlış": wrong}, axes["H"])
    draw_confusions(wrong, axes)
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i"))  # dosya adına
    plain = plain.encode("ascii", "ignore").decode()
    lab.save(fig, re.sub(r"\W+", "_", f" {plain}") if name else "")
    lab.check("Ağ yanlış okuduğu rakamlarda daha az emindir", unsure, below=sure)


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
    peak=0.0105,  # mini projenin tepe LR'sidir
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
        adamw = project_optimizer(peak, steps, **optimizer)
        model.compile(adamw, loss=CROSS_ENTROPY, metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, kapalı=TECHNIQUES)
    for model in runs:
        history = model.fit(*data.train, 250, epochs, validation_data=data.val)
        runs.keep(history)
    return runs.frame


# %%
@ablation.result
def _(runs):
    """Neden: Gürültü ve Dropout uzun eğitimde aşırı öğrenmeyi geciktirir; bu kısa
    eğitimde kapanmaları doğruluğu düşürmez. Kalan tekniklerin çoğunun tek başına payı
    küçüktür. Dokuz fark sınanınca biri şansla da ayrılmış görünebilir.
    """
    accuracy = final(runs, "val_accuracy")
    whole = accuracy.pop("hiçbiri")
    gains = {name: paired(whole, accuracy[name]) for name in accuracy}
    clear = [name for name, gain in gains.items() if gain.clear]
    helped = [name for name in clear if gains[name].mean > 0]
    told = f": {', '.join(helped)}" if helped else ""
    lab.conclude(
        f"Tek başına kapatılan {len(gains)} teknikten {len(helped)} tanesinde doğruluk "
        f"şanstan ayrılacak kadar düştü{told}. {len(gains) - len(clear)} tanesinde "
        "fark şanstan ayrılmıyor."
    )
    lost = 100 * accuracy.rsub(whole, axis=0)  # puan; bir satır bir tohumdur
    table = pd.DataFrame({"düşen puan": lost.mean(), "std": lost.std()}).round(2)
    lab.table(table.rename_axis("kapalı"), "Teknik kapanınca düşen doğruluk")
    fig, ax = plots.figure()
    ax.plot(lost.T, lost.columns, "o", color="C0", markersize=16, alpha=0.6)
    for row, mean in enumerate(table["düşen puan"]):
        ax.plot(mean, row, "|", color="black", markersize=46, markeredgewidth=4)
        ax.annotate(number(mean), (1.02, row), xycoords=("axes fraction", "data"))
    ax.axvline(0, color="black")
    ax.invert_yaxis()
    ax.set_xlabel("kapanınca düşen puan (nokta: bir tohum, çizgi ve sayı: ortalama)")
    lab.save(fig)
    most = max(gain.mean for gain in gains.values())
    told = "Hiçbir teknik tek başına iki puan getirmiyor"
    lab.check(told, most, below=0.02, full_size=True)


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="gradient_tape",
    settings={"smallest": 4},
    task="Sonlu farkın adımı en az 0,0001 olsun: en iyi adımda hata kaç olur? "
    "Kâğıtta kestirin.",
    quantity="sonlu farkın formülden en küçük farkı",
    measure=lambda errors: errors["sonlu fark"].min(),
    low=1e-8,
    high=5e-8,
    write=number,
    hint="İki yanlı farkın hatası adımın karesiyle küçülür.",
    solution="0,0001'in karesi 1e-08: hata o mertebede. Bandın hatası 1e-15 "
    "dolayında kalır.",
)
lab.exercise(
    level="orta",
    section="mixed_precision",
    settings={"weight": 1.0},
    task="Kayıp küçültülmesin (weight=1): ölçeksiz float16'da gradyanların ne kadarı "
    "sıfır olur?",
    quantity="float16'da sıfır olan gradyanların payı",
    measure=lambda found: final(found["runs"], "sıfır_payı")["float16"].mean(),
    low=0.0,
    high=0.05,
    write=percent,
    hint="Gradyanlar yüz bin kat büyüyünce histogramda çizginin hangi yanına düşer?",
    solution="Neredeyse hiçbiri: gradyan float16'nın aralığına sığıyorsa ölçek "
    "gerekmez.",
)
lab.exercise(
    level="ileri",
    section="gradient_clipping",
    task='clips sözlüğüne "gevşek clipvalue" adıyla bir satır ekleyin: clipvalue '
    "sınırı on kat geniş olsun. Gradyanın yönü korunur mu?",
    quantity='"gevşek clipvalue" ile en büyük açı (derece)',
    measure=lambda runs: (
        final(runs, "açı").get("gevşek clipvalue", pd.Series(dtype=float)).max()
    ),
    low=30,
    high=60,
    write=number,
    hint="clips'in değerleri SGD'ye verilen seçeneklerdir. Elemanlar ayrı ayrı "
    "kısılınca yön değişir.",
    solution='"gevşek clipvalue": {"clipvalue": 10 * value},',
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
