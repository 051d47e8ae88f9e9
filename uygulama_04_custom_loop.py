"""Uygulama 04 · Elle yazılan eğitim döngüsü ve mini proje        (15:15-17:00)

`tf.GradientTape` ile gradyandan tam bir eğitim döngüsüne; `tf.function` ile hızlanan döngü,
gradyan kırpma, karma hassasiyet, kendi kaybımız ve metriğimiz. Sonunda günün bütün teknikleri tek
bir mini projede ve 16:30'da sunulacak posterde.

    python uygulama_04_custom_loop.py                               bütün bölümler
    python uygulama_04_custom_loop.py --bolum 4 --ayar limit=0.1    ya şöyle olsaydı?
    python uygulama_04_custom_loop.py --bolum 7 --surdur            kesilen eğitim sürer
    python uygulama_04_custom_loop.py --bolum 7 8 --ad "Ayşe" --ayar width=256    sizin posteriniz
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
lab.option("--surdur", "bölüm 7: kesilen eğitimi kontrol noktasından sürdürür")
lab.option("--uzun", "bölüm 7: altı dakikalık daha iyi eğitim")
lab.option("--ablasyon", "bölüm 7: eğitim yerine teknikleri tek tek kapatır")
lab.option("--ad", "bölüm 8: posterdeki adınız", value="AD")

import hashlib
import json
import re
import textwrap
import unicodedata
from functools import partial
from itertools import pairwise
from timeit import default_timer, repeat

import keras
import ml_dtypes
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, ops, regularizers
from sklearn.metrics import confusion_matrix, fbeta_score

from common import (
    LabError,
    final,
    keras_answer,
    largest_difference,
    load_breast_cancer,
    load_mnist,
    model_graph,
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
from common.classroom.command import format_settings
from common.files import atomic

two = partial(percent, digits=2)  # mini projede onda bir puan da önemli


# %% [markdown]
# ## 1 · GradientTape
# %%
@lab.section
def gradient_tape(
    smallest=13,  # en küçük adım 10 üssü eksi 13'tür: yuvarlama hatası da görünür
):
    """GradientTape: türevi alan bant

    Soru: Türevi bant bulur; birbirine yakın iki noktanın eğimi (sonlu fark) de bulur.
    Adım en iyi seçilse bile sonlu farkın hatası bandın hatasının kaç katıdır? (a) 3
    (b) 1000 (c) 100 000 kat
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
    gap = tf.reduce_max(tf.abs(slope - formula))
    rows = []
    for power in range(1, smallest + 1):
        h = 10.0**-power
        finite = (f(x + h) - f(x - h)) / (2 * h)  # sonlu fark türev kuralı bilmez
        error = tf.reduce_max(tf.abs(finite - formula))
        rows.append({"adım": h, "sonlu fark": float(error), "bant": float(gap)})
    curves = pd.DataFrame({"x": points, "formül": formula, "bant": slope})
    return pd.DataFrame(rows), curves


# %%
@gradient_tape.result
def _(errors, curves):
    """Neden: Bant bloktaki her işlemi kaydeder ve kesin türevlerini zincir kuralıyla
    çarpar. Sonlu farkta büyük adım eğrinin kıvrımını kaçırır; küçük adımda birbirine
    yakın iki sayının farkı yuvarlanır.
    """
    resolution = np.finfo(float).eps  # float64 daha küçük bir farkı göremez
    tape = max(errors["bant"].max(), resolution)
    ratio = errors["sonlu fark"].min() / tape
    times = f"{ratio:,.0f}".replace(",", " ")
    lab.conclude(
        f"En iyi adımda bile sonlu farkın hatası bandın hatasının {times} katı."
    )
    lab.table(errors, "Formülden en büyük fark")
    fig, (left, right) = plots.figure(1, 2)
    left.plot(curves["x"], curves["formül"], color="grey", linewidth=6)
    dots = curves[::6]  # her noktada bir daire olsa çizgi görünmezdi
    left.plot(dots["x"], dots["bant"], "o", color="C1", markersize=13)
    left.set(title="x² sin x fonksiyonunun türevi", xlabel="x")
    plots.note(left, "çizgi: formül, daire: bant")
    right.plot(errors["adım"], errors["sonlu fark"], "o-", linewidth=4, markersize=12)
    right.plot(errors["adım"], [tape] * len(errors), "--", color="C1", linewidth=5)
    plots.label_lines(right, ["sonlu fark", "bant"])
    right.set(title="formülden en büyük fark", xlabel="sonlu farkın adımı")
    right.set(xscale="log", yscale="log")
    lab.save(fig)
    lab.check("Bandın türevi formülün türevidir (fark {})", tape, below=1e-13)
    lab.check("Hiçbir adımda sonlu fark bant kadar doğru değil", ratio, above=100)


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
    outside = x**2  # bant daha açılmadı
    w_new = w - 1.0  # değişken değil, yeni bir tensör
    with tf.GradientTape(persistent=True) as tape:  # banttan birkaç türev istenecek
        of_constant = constant**2  # bant sabitleri izlemez
        of_numpy = tf.constant(x.numpy() ** 2)  # NumPy'nin hesabı banda yazılmaz
        of_w = w_new**2
    wrong = {
        "sabit izlenmedi": tape.gradient(of_constant, constant),
        "NumPy'ye çıkıldı": tape.gradient(of_numpy, x),
        "bandın dışında hesaplandı": tape.gradient(outside, x),
        "w = w - 1 yazıldı": tape.gradient(of_w, w_new),
    }

    w.assign_sub(1.0)  # değişkenin kendisi değişir
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(constant)  # sabit artık izlenir
        of_constant = constant**2
        of_x = x**2
        of_w = w**2
    right = {
        "tape.watch(sabit)": tape.gradient(of_constant, constant),
        "TensorFlow ile x**2": tape.gradient(of_x, x),
        "bandın içinde x**2": tape.gradient(of_x, x),
        "w.assign_sub(1)": tape.gradient(of_w, w),
    }
    return wrong, right


# %%
CHAINS = {  # yanlış yazılış: zincirin halkaları ve kaçıncı bağın koptuğu
    "sabit izlenmedi": (["sabit", "sabit²"], 0),
    "NumPy'ye çıkıldı": (["x", "NumPy", "x²"], 0),
    "bandın dışında hesaplandı": (["x", "x²"], 0),
    "w = w - 1 yazıldı": (["w", "w - 1", "(w - 1)²"], 1),
}


def draw_chain(ax, wrong, told):
    """Gradyanın geriye yolu; kopuk bağın üstünde çarpı vardır."""
    links, broken = CHAINS[wrong]
    places = np.linspace(0.12, 0.88, len(links))
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "black"}
    for link, place in zip(links, places, strict=True):
        ax.text(place, 0.65, link, size=22, ha="center", va="center", bbox=box)
    for edge, (start, end) in enumerate(pairwise(places)):
        cut = edge == broken
        arrow = {"arrowstyle": "-|>", "linewidth": 4, "mutation_scale": 30}
        arrow["color"] = "C3" if cut else "grey"
        ax.annotate("", (start + 0.11, 0.65), (end - 0.11, 0.65), arrowprops=arrow)
        if cut:
            middle = (start + end) / 2
            ax.plot(middle, 0.65, "X", color="C3", markersize=30)
    ax.text(0.5, 0.2, told, size=20, ha="center", va="center")
    ax.set(title=wrong, xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")


def answers_to_none(at):
    """Gradyanların hepsi, sonra biri None: Keras'ın iki yanıtı, ağırlığın değişimi."""
    used = keras.Variable(at, name="kullanılan")
    unused = keras.Variable(at, name="unutulan")
    start = float(unused)
    sgd = keras.optimizers.SGD(0.1)
    every = keras_answer(sgd.apply, [None, None], [used, unused])
    single = keras_answer(sgd.apply, [tf.constant(1.0), None], [used, unused])
    return every, single, float(unused) - start


# %%
@none_gradients.result
def _(wrong, right, at):
    """Neden: Bant yalnız izlediği değişkenlerden geçen işlemleri bilir. Banda
    yazılmayan hesaptan geriye yol yoktur: bant orada 0 değil, None verir.
    """
    table = pd.DataFrame({"yanlış": list(wrong), "gradyan": map(str, wrong.values())})
    table["doğrusu"] = list(right)
    table["doğru gradyan"] = [float(gradient) for gradient in right.values()]
    nones = (table["gradyan"] == "None").sum()
    lab.conclude(
        f"Dört yazılışın {4 - nones} tanesi {number(2 * at)} verdi: {nones} tanesinde "
        "gradyan None."
    )
    lab.table(table, f"x = {number(at)} iken x²'nin türevi")
    every, single, change = answers_to_none(at)
    lab.say(f"Gradyanların hepsi None iken Keras: {every}")
    lab.say(f"Yalnız biri None iken Keras: {single}")
    fig, axes = plots.figure(2, 2)
    for ax, name, cure in zip(axes.flat, wrong, right, strict=True):
        draw_chain(ax, name, f"gradyan {wrong[name]}\ndoğrusu: {cure}")
    lab.save(fig)

    gap = abs(table["doğru gradyan"] - 2 * at).max() / max(1, abs(at))
    raised = every.startswith("ValueError")
    warned = single.startswith("Gradients do not exist") and "unutulan" in single
    lab.check("Dört yanlış yazılışın dördünde de gradyan None", nones, equal=4)
    lab.check("Doğru yazılışlar 2x veriyor (fark {})", gap, below=1e-6)
    lab.check("Gradyanların hepsi None iken Keras hata veriyor", raised, equal=True)
    lab.check("Yalnız biri None iken Keras uyarıyor", warned, equal=True)
    lab.check("Gradyanı None olan ağırlık değişmiyor", change, equal=0)


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

    Soru: reset_state() unutulursa dördüncü epoch'un doğruluğu kaç puan eksik görünür?
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
        y_pred = model(data.x_val, training=False)  # doğrulama: çıkarım kipi
        val_acc.update_state(data.y_val, y_pred)
        rows.append([epoch, train_acc.result(), val_acc.result(), forgotten.result()])
        train_acc.reset_state()  # slaytın döngüsünde bu iki satır yok
        val_acc.reset_state()
    by_hand = model.get_weights()
    model.compile(optimizer, loss_fn)
    restart(model, lab.seed)  # aynı ağırlıklar, aynı Dropout
    model.fit(train_dataset, epochs=epochs, shuffle=False)
    names = ["epoch", "accuracy", "val_accuracy", "unutulan"]
    log = pd.DataFrame(np.array(rows), columns=names)
    return log, largest_difference(by_hand, model.get_weights())


# %%
@custom_loop.result
def _(log, gap, epochs):
    """Neden: Sıfırlanmayan metrik eski epoch'ları da ortalamaya katar. Doğruluk
    yükselirken eski epoch'lar ortalamayı aşağı çeker.
    """
    told = log.iloc[-1]
    hidden = told["accuracy"] - told["unutulan"]
    lab.conclude(
        f"reset_state() unutulunca epoch {epochs} için eğitim doğruluğu "
        f"{number(100 * hidden, 2)} puan eksik göründü."
    )
    lab.table(log, "Slaytın döngüsü", {"unutulan": percent})
    fig, ax = plots.figure()
    look = {"linewidth": 5, "markersize": 16}
    ax.plot(log["epoch"], log["accuracy"], "o-", **look, label="reset_state() var")
    ax.plot(log["epoch"], log["unutulan"], "s-", **look, label="unutuldu")
    ax.set(xlabel="epoch", ylabel="accuracy")
    plots.whole_epochs(ax, epochs)
    plots.label_lines(ax)
    lab.save(fig)
    running = log["accuracy"].expanding().mean()
    average = abs(running - log["unutulan"]).max()
    lab.check("Döngü fit ile aynı ağırlıklara varıyor (fark {})", gap, below=1e-4)
    lab.check("Unutulan metrik epoch'ları ortalıyor (fark {})", average, below=1e-5)
    lab.check("Eksik bildirilen puan sıfırdan büyük", hidden, above=0)


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

    Soru: Aynı mini-batch eğitilmemiş ağa 50 kez veriliyor. training=True ile kaç ayrı
    çıktı gelir, training=False ile kaç?
    """
    data = load_breast_cancer()
    batches = tf.data.Dataset.from_tensor_slices(data.train).batch(31)
    loss_fn = keras.losses.BinaryCrossentropy()

    def build(training):
        model = slide_network(30, 1, "sigmoid")
        model.compile("adam", loss_fn)
        model.step = tf.function(tape_step(model, training))  # hızlısı: bölüm 5
        return model

    rows = []
    model = build(True)
    for training in (True, False):
        for call in range(1, calls + 1):
            y_pred = model(data.x_train[:31], training=training)
            first = float(y_pred[0, 0])  # ilk hastanın olasılığı
            rows.append({"training": training, "çağrı": call, "çıktı": first})

    runs = lab.runs(build, seeds, training={"True": True, "unutuldu": None})
    for model in runs:
        for epoch in range(1, epochs + 1):
            one_epoch(model.step, batches)
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
    harm = paired(loss["unutuldu"], loss["True"])
    words = f" ({harm.words})" if harm.words else ""
    lab.conclude(
        f"{calls} çağrıda training=True ile {different[True]}, training=False ile "
        f"{different[False]} ayrı çıktı geldi. training=True unutularak eğitilen ağın "
        f"doğrulama kaybı {number(abs(harm.mean), 2)} daha "
        f"{'yüksek' if harm.mean > 0 else 'düşük'}{words}."
    )
    lab.table(summary(runs, "val_loss"), f"{epochs} epoch sonra")
    fig, (left, right) = plots.figure(1, 2)
    for training, part in answers.groupby("training", sort=False):
        left.plot(part["çağrı"], part["çıktı"], "o", markersize=11, label=str(training))
    left.set(title="aynı mini-batch, training=", ylim=(0, 1))
    left.set(xlabel="kaçıncı çağrı", ylabel="ilk hastanın olasılığı")
    plots.label_lines(left)
    plots.curves(runs, "val_loss", right)
    right.set(title="eğitim döngüsünde training=", ylim=(0, None))
    lab.save(fig)
    lab.check("training=True ile ayrı çıktılar geliyor", different[True], above=5)
    lab.check("training=False ile çıktı hep aynı", different[False], equal=1)
    lab.check("Unutmak zarar veriyor", harm.mean, above=0, full_size=True)


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

    def step_with(lr):
        model.optimizer.learning_rate.assign(lr)
        step(*next(iter(batches)))

    traces = []
    for kind, convert in {"Python sayısı": float, "tensör": tf.constant}.items():
        traced = tf.function(step_with)
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
    lab.conclude(
        f"Tek çizge eager döngüden {number(took.iloc[0] / took['epoch çizgede'], 1)} kat "
        f"hızlı. {len(rates)} LR verilince çizge Python sayısıyla "
        f"{traced['Python sayısı']} kez izlendi, tensörle {traced['tensör']} kez."
    )
    lab.table(table.astype(float), f"{steps} adım; saniyeler makineye göre değişir")
    fig, (left, right) = plots.figure(1, 2)
    bars = left.barh(took.index, took, color="lightgrey", edgecolor="black")
    left.bar_label(bars, [f" {number(seconds, 2)}" for seconds in took], size=20)
    left.set(title="bir epoch kaç saniye?", xlabel="saniye", xlim=(0, 1.3 * took.max()))
    left.invert_yaxis()
    for kind, part in traces.groupby("LR"):
        right.plot(part["çağrı"], part["izleme"], "o-", linewidth=5, label=kind)
    right.set(title="LR her çağrıda başka", xlabel="çağrı", ylabel="izleme (trace)")
    right.set(xticks=traces["çağrı"].unique(), yticks=range(len(rates) + 1))
    plots.label_lines(right)
    lab.save(fig)
    lab.check("Beş yazılış aynı ağırlıklara varıyor (fark {})", gap, below=0.01)
    python, tensor = traced["Python sayısı"], traced["tensör"]
    lab.check("Python sayısı her yeni LR'de izletiyor", python, equal=len(set(rates)))
    lab.check("Tensör bir kez izletiyor", tensor, equal=1)


# %% [markdown]
# ## 4 · Gradyan kırpma
# %%
def flat(tensors):
    """Bütün elemanlar tek dizide."""
    return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)


@lab.section(quick={"steps": 30, "every": 5, "last": 15, "seeds": 1})
def gradient_clipping(
    steps=100,  # son bozuk mini-batch'ten sonra toparlanmaya yer kalsın
    every=20,  # kaç adımda bir bozuk mini-batch
    last=60,  # bundan sonrası hep temiz
    factor=255.0,  # bozuk mini-batch: pikseller 255'e bölünmeden gelmiş
    lr=0.1,  # SGD: temiz veride iyi öğretir
    limit=1.0,  # clipnorm, global_clipnorm: temiz gradyanın normu düzeyinde
    value=0.01,  # clipvalue: tek bir gradyan elemanının sınırı
    watch=5,  # kaç adımda bir doğrulama
    seeds=3,  # yayılım görünsün
):
    """Gradyan kırpma (gradient clipping): patlayan gradyana sınır

    Soru: Üç mini-batch'in pikselleri 255 kat büyük gelirse kırpmasız ağ kaç puan geride kalır?

    Neden: Büyük girdi büyük gradyan verir; tek adım ağırlıkları dağıtır, ReLU nöronları ölür ve
    temiz veri onları geri getirmez. global_clipnorm bütün gradyanı aynı oranda kısar, yönü kalır;
    clipnorm her değişkeni (kernel, bias), clipvalue her elemanı ayrı kısar, yön değişir.
    """
    batch = 100
    data = load_mnist(batch * steps, 2_000)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    clips = {
        "kırpma yok": {},
        "clipvalue": {"clipvalue": value},
        "clipnorm": {"clipnorm": limit},
    }
    clips["global_clipnorm"] = {"global_clipnorm": limit}
    # Sıra sizde (ileri): bir satır da siz ekleyin
    model = keras.Sequential([layers.Input(shape=(784,))])
    model.add(layers.Dense(128, activation="relu", kernel_initializer="he_normal"))
    model.add(layers.Dense(10))  # softmax kaybın içinde: patlama gizlenmez
    weights, norms, scores = model.trainable_variables, [], []
    for name, clip in clips.items():
        optimizer = keras.optimizers.SGD(lr, **clip)  # kırpma optimizer'a yazılır
        optimizer.build(weights)
        model.compile(optimizer, loss_fn)

        @tf.function
        def step(x, y, optimizer=optimizer):
            with tf.GradientTape() as tape:
                loss = loss_fn(y, model(x, training=True))
            gradients, before = tape.gradient(loss, weights), flat(weights)
            optimizer.apply(gradients, weights)  # önce kırpar, sonra adım atar
            gradient, applied = flat(gradients), (before - flat(weights)) / lr
            size, cut = tf.norm(gradient), tf.norm(applied)
            return (
                size,
                cut,
                tf.reduce_sum(gradient * applied) / (size * cut),
            )  # kosinüs

        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)  # dördü de aynı ağırlıklardan, aynı sırayla
            order = np.random.default_rng(seed).permutation(len(data.x_train))
            for i, taken in enumerate(np.split(order, steps), start=1):
                bad = i % every == 0 and i <= last
                x, y = data.x_train[taken] * (factor if bad else 1), data.y_train[taken]
                norms.append((name, seed, i, bad, *(float(n) for n in step(x, y))))
                if i % watch == 0:
                    guess = np.argmax(model.predict_on_batch(data.x_val), axis=1)
                    scores.append((name, seed, i, np.mean(guess == data.y_val)))
    columns = ["kırpma", "tohum", "adım"]
    norms = pd.DataFrame(
        norms, columns=[*columns, "bozuk", "norm", "uygulanan", "kosinüs"]
    )
    scores = pd.DataFrame(scores, columns=[*columns, "val_accuracy"])

    final = scores[scores["adım"] == scores["adım"].max()].groupby("kırpma")[
        "val_accuracy"
    ]
    bad = norms[norms["bozuk"]]
    extremes = {"norm": "max", "uygulanan": "max", "kosinüs": "min"}
    table = norms.groupby("kırpma", sort=False).agg(extremes)
    table["doğruluk"], table["std"] = final.mean(), final.std()
    title = (
        f"En büyük norm, en küçük kosinüs; {scores['adım'].max()} adım sonra doğrulama"
    )
    lab.table(table, title, {"std": percent})
    fig, (left, right) = plots.figure(
        1, 2, title="Gradyan kırpma: bozuk mini-batch'te ne olur?"
    )
    look = {"hue": "kırpma", "size": "kırpma", "sizes": (3, 16), "errorbar": None}
    sns.lineplot(scores, x="adım", y="val_accuracy", ax=left, **look)
    left.vlines(bad["adım"], 0, 1, color="black", ls=":", linewidth=2)
    left.set(
        title="noktalı çizgi: bozuk mini-batch",
        ylim=(0, 1.3),
        yticks=np.linspace(0, 1, 6),
    )
    left.legend(title="", loc="upper center", ncols=2)
    sns.stripplot(
        bad, x="kosinüs", y="kırpma", hue="kırpma", size=12, jitter=0.2, ax=right
    )
    right.set(title="bozuk mini-batch'te adımın yönü", xlim=(0, 1.05), ylabel="")
    right.set_xlabel("gradyanla kosinüsü (1: yön aynı)")
    lab.save(fig)

    accuracy, cosine = table["doğruluk"], table["kosinüs"]
    lab.conclude(
        f"Doğruluk: kırpmasız {percent(accuracy['kırpma yok'])}, global_clipnorm ile "
        f"{percent(accuracy['global_clipnorm'])}. Gradyanın yönünü en çok değiştiren: "
        f"{cosine.idxmin()} (kosinüs {number(cosine.min(), 2)})."
    )
    whole = norms[norms["kırpma"] == "global_clipnorm"]
    gap = abs(whole["uygulanan"] - whole["norm"].clip(upper=limit)).max()
    lab.check("global_clipnorm: norm = min(norm, sınır)", gap, below=1e-3)
    lab.check("global_clipnorm: kosinüs", cosine["global_clipnorm"], above=0.999)
    lab.check("clipnorm: kosinüs", cosine["clipnorm"], below=0.99)
    lab.check("clipvalue: kosinüs", cosine["clipvalue"], below=0.95)
    gain = accuracy.iloc[1:].min() - accuracy["kırpma yok"]
    lab.check("kırpılanlar - kırpmasız (doğruluk)", gain, above=0.2, full_size=True)
    return {"": scores, "norm": norms}


# %% [markdown]
# ## 5 · Karma hassasiyet
# %%
def device_policy():
    """Politikayı yalnız aygıt seçer: GPU'da mixed_float16, işlemcide float32."""
    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "float32"


@lab.section(quick={"epochs": 2, "seeds": 1})
def mixed_precision(
    weight=1e-5,  # kaybın çarpanı: binlerce pikselin ortalaması da gradyanı böyle küçültür
    scale=32_768.0,  # kayıp ölçekleme (loss scaling): LossScaleOptimizer da buradan başlar
    depth=3,  # sigmoid katmanı: her biri gradyanı küçültür (uygulama 01, bölüm 8)
    epochs=20,  # öğrenen ile öğrenemeyen ayrılana kadar
    lr=0.01,  # Adam: küçük ağ birkaç yüz adımda öğrensin
    seeds=3,  # yayılım görünsün
):
    """Karma hassasiyet (mixed precision): 16 bit yeter mi?

    Soru: Kayıp çok küçükken ağırlık gradyanlarının yüzde kaçı float16'da sıfıra düşer?

    Neden: float16'nın sıfırdan büyük en küçük sayısı 6e-08; altındaki gradyan sıfır olur (alttan
    taşma). Kaybı büyütmek gradyanı o sınırın üstüne taşır; optimizer adımdan önce geri böler.
    bfloat16'nın aralığı float32'ninki kadardır, ona ölçek gerekmez.
    """
    data = load_breast_cancer()
    x, y, batch = (
        data.x_train,
        data.y_train[:, None],
        31,
    )  # 341 hasta = 11 eşit mini-batch
    loss_fn = keras.losses.BinaryCrossentropy()
    policies = {
        "float32": "float32",
        "bfloat16": "mixed_bfloat16",
        "float16": "mixed_float16",
    }
    policies["float16, ölçekli"] = "mixed_float16"
    rows, curves, sizes = [], [], {}
    for name, policy in policies.items():
        keras.config.set_dtype_policy(policy)  # bundan sonra kurulan katmanlar için
        model = keras.Sequential([layers.Input(shape=(30,))])
        for _ in range(depth):
            model.add(layers.Dense(16, activation="sigmoid"))
        model.add(
            layers.Dense(1, activation="sigmoid", dtype="float32")
        )  # olasılık ezilmesin
        keras.config.set_dtype_policy("float32")
        factor = scale if "ölçekli" in name else None
        adam = keras.optimizers.Adam(
            lr, epsilon=1e-12, loss_scale_factor=factor
        )  # 1e-07 ezerdi
        model.compile(
            adam, auto_scale_loss=False
        )  # yoksa compile mixed_float16'yı ölçekler
        adam.build(model.trainable_variables)

        @tf.function
        def step(x, y, model=model, adam=adam):
            with tf.GradientTape() as tape:
                loss = weight * loss_fn(y, model(x, training=True))
                scaled = adam.scale_loss(loss)  # eski örneklerde get_scaled_loss
            gradients = tape.gradient(scaled, model.trainable_variables)
            adam.apply(gradients, model.trainable_variables)  # önce ölçeğe böler
            return flat(gradients)

        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)
            sizes[name] = abs(
                step(x[:batch], y[:batch]).numpy()
            )  # izleme (trace) süre dışında
            rng, start = np.random.default_rng(seed), default_timer()
            for epoch in range(1, epochs + 1):
                for taken in np.split(rng.permutation(len(x)), len(x) // batch):
                    step(x[taken], y[taken])
                curves.append((name, seed, epoch, float(loss_fn(y, model(x)))))
            zeros, seconds = np.mean(sizes[name] == 0), default_timer() - start
            rows.append((name, seed, zeros, curves[-1][-1], seconds))
    rows = pd.DataFrame(rows, columns=["sayı", "tohum", "sıfır payı", "loss", "saniye"])
    curves = pd.DataFrame(curves, columns=["sayı", "tohum", "epoch", "loss"])

    table = rows.groupby("sayı", sort=False)[["sıfır payı", "loss", "saniye"]].mean()
    formats = [ml_dtypes.finfo(name.split(",")[0]) for name in table.index]
    table.insert(0, "en küçük sayı", [float(f.smallest_subnormal) for f in formats])
    title = f"Sıfır payı ilk adımda, kayıp {epochs} epoch sonra; politika: {device_policy()}"
    lab.table(table, title)
    fig, (left, right) = plots.figure(
        1, 2, title="Karma hassasiyet: alttan taşma ve öğrenme"
    )
    sizes = {"ölçeksiz": sizes["float32"], f"x {scale:g}": scale * sizes["float32"]}
    sizes = pd.DataFrame(sizes).melt(var_name="kayıp", value_name="gradyan")
    look = {"hue": "kayıp", "element": "step", "log_scale": True, "bins": 40}
    sns.histplot(sizes, x="gradyan", ax=left, **look)
    left.axvline(
        float(ml_dtypes.finfo("float16").smallest_subnormal), color="black", ls="--"
    )
    left.set(title="çizginin solu float16'da sıfır", ylabel="ağırlık sayısı")
    left.set_xlabel("gradyanın büyüklüğü (float32 ile)")
    look = {"hue": "sayı", "style": "sayı", "size": "sayı", "sizes": [14, 9, 4, 3]}
    sns.lineplot(curves, x="epoch", y="loss", errorbar=None, ax=right, **look)
    right.set(title="aynı ağ, dört sayı biçimi", ylim=(0, None))
    right.locator_params(axis="x", integer=True)
    lab.save(fig)

    share, final = (
        table["sıfır payı"],
        rows.pivot_table("loss", "tohum", "sayı", dropna=False),
    )
    behind = final.sub(final["float32"], axis=0)  # aynı tohum, eşli
    worst = behind["float16"].min()
    scaled = abs(
        behind[["bfloat16", "float16, ölçekli"]].to_numpy()
    ).max()  # ıraksarsa NaN
    told = "Ölçeksiz float16 öğrenemedi; ölçekli float16 ile bfloat16 float32 kadar öğrendi."
    if not worst > 0.1 > scaled:
        told = f"Ölçeksiz float16'nın kaybı eksi float32'ninki: {number(worst, 2)}."
    lab.conclude(
        f"float16'da sıfıra düşen gradyan: {percent(share['float16'])}, ölçekle "
        f"{percent(share['float16, ölçekli'])}. {told}"
    )
    lab.check("float16'da sıfıra düşen pay", share["float16"], above=0.3)
    lab.check("ölçekle", share["float16, ölçekli"], below=0.02)
    lab.check("bfloat16'da", share["bfloat16"], below=0.02)
    lab.check(
        "ölçeksiz float16'nın kaybı - float32'ninki", worst, above=0.2, full_size=True
    )
    lab.check(
        "ölçekli float16, bfloat16: kayıp farkı", scaled, below=0.05, full_size=True
    )
    return {"": curves, "ozet": rows.drop(columns="saniye")}


# %% [markdown]
# ## 6 · Kendi kaybımız, kendi metriğimiz
# %%
@keras.saving.register_keras_serializable(package="uygulama_04")
class FocalLoss(keras.losses.Loss):
    """Kolay örneğin payını kısar: -(1 - p)^γ log p (Lin vd., 2017). γ = 0: cross-entropy.

    p: doğru sınıfa verilen olasılık. cost: kaçırılan 1, yanlış alarmın kaç katı (iki sınıfta).
    """

    def __init__(self, gamma=2.0, cost=1.0, name="focal_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.gamma, self.cost = gamma, cost

    def call(self, y_true, y_pred):
        label = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
        if y_pred.shape[-1] == 1:  # sigmoid; çok sütun softmax'tır
            y_pred = ops.concatenate([1 - y_pred, y_pred], axis=-1)
        p = ops.take_along_axis(y_pred, label, axis=-1)[:, 0]
        p = ops.clip(
            p, keras.config.epsilon(), 1 - keras.config.epsilon()
        )  # log(0) olmasın
        weight = ops.where(label[:, 0] == 1, self.cost, 1.0)
        return -weight * (1 - p) ** self.gamma * ops.log(p)

    def get_config(self):  # .keras dosyasına yazılan ve geri okunan ayarlar
        return super().get_config() | {"gamma": self.gamma, "cost": self.cost}


@keras.saving.register_keras_serializable(package="uygulama_04")
class FBeta(keras.metrics.Metric):
    """F-beta: kesinlik (precision) ile duyarlılık (recall); beta > 1 duyarlılığa ağırlık verir.

    Sayıları biriktirir, oranı sonda alır: mini-batch'lerin F'leri ortalanmaz.
    """

    def __init__(self, beta=1.0, n_classes=1, name="f_beta", **kwargs):
        super().__init__(name=name, **kwargs)
        self.beta, self.n_classes = beta, n_classes
        names = ("hits", "false_alarms", "misses")
        self.counts = [
            self.add_variable((n_classes,), "zeros", name=name) for name in names
        ]

    def update_state(self, y_true, y_pred, sample_weight=None):
        if self.n_classes == 1:
            true, guess = (
                ops.cast(y_true, self.dtype),
                ops.cast(y_pred > 0.5, self.dtype),
            )
        else:
            guess = ops.one_hot(
                ops.argmax(y_pred, axis=-1), self.n_classes, dtype=self.dtype
            )
            true = ops.one_hot(y_true, self.n_classes, dtype=self.dtype)
        weight = 1.0 if sample_weight is None else ops.reshape(sample_weight, (-1, 1))
        parts = true * guess, (1 - true) * guess, true * (1 - guess)
        for count, part in zip(self.counts, parts, strict=True):
            count.assign_add(ops.sum(weight * part, axis=0))

    def result(self):
        hits, false_alarms, misses = self.counts
        whole = (1 + self.beta**2) * hits + self.beta**2 * misses + false_alarms
        return ops.mean(
            (1 + self.beta**2) * hits / ops.maximum(whole, keras.config.epsilon())
        )

    def get_config(self):
        return super().get_config() | {"beta": self.beta, "n_classes": self.n_classes}


def gap_to_formulas(rng, gamma, cost, beta):
    """Sınıflarımızın formülden ve hazırından en büyük farkı, rastgele tahminlerle."""
    y, q = (
        rng.integers(0, 2, (200, 1)),
        rng.uniform(0.01, 0.99, (200, 1)).astype("float32"),
    )
    digits, ten = (
        rng.integers(0, 10, 200),
        rng.dirichlet(np.ones(10), 200).astype("float32"),
    )
    guess, focal = (
        ten.argmax(axis=1),
        keras.losses.CategoricalFocalCrossentropy(1.0, gamma),
    )
    p, weight = np.where(y == 1, q, 1 - q), np.where(y == 1, cost, 1)
    pairs = [  # bizimki, formül ya da hazırı
        (FocalLoss(gamma, cost)(y, q), np.mean(-weight * (1 - p) ** gamma * np.log(p))),
        (FocalLoss(gamma)(digits, ten), focal(np.eye(10)[digits], ten)),
        (FBeta(beta)(y, q), fbeta_score(y, q > 0.5, beta=beta)),
        (
            FBeta(beta, 10)(digits, ten),
            fbeta_score(digits, guess, beta=beta, average="macro"),
        ),
    ]
    return max(abs(float(ours) - float(theirs)) for ours, theirs in pairs)


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
"""


@lab.section(quick={"epochs": 2, "seeds": 1})
def custom_loss_and_metric(
    cost=5.0,  # kaçırılan tümör, yanlış alarmın kaç katı
    gamma=2.0,  # focal loss'un olağan üssü
    beta=2.0,  # F2: duyarlılık kesinlikten önemli
    epochs=10,  # doğrulama kaybı düzleşene kadar
    lr=3e-3,  # Adam'ın varsayılanının üç katı: daha az epoch yetsin
    rare=10,  # seyrek tümör: iyi huylu hastaların yanına bu kadar
    piece=4,  # metriği besleyen mini-batch: çoğunda hiç tümör yok
    seeds=5,  # birkaç hastalık fark yayılımıyla okunsun
):
    """Kendi kaybımız, kendi metriğimiz: kaçırılan tümör kaça mal olur?

    Soru: Kaçırılan tümör 5 kat pahalı sayılınca kaç tümör daha yakalanır?

    Neden: Pahalı kayıp, ağı kuşkuluyken "kötü huylu" demeye iter. Aynı bedel eşiği de söyler:
    olasılık 1 / (1 + bedel) değerini aşınca alarm. F-beta bir orandır; oranların ortalaması
    bütünün oranı değildir: tümörsüz mini-batch'in F'si sıfırdır.
    """
    rng = np.random.default_rng(lab.seed)
    formula_gap = gap_to_formulas(rng, gamma, cost, beta)

    data, rows, expensive = load_breast_cancer(), [], f"{number(cost)} kat pahalı kayıp"
    x, y, x_val, y_val = (
        data.x_train,
        data.y_train[:, None],
        data.x_val,
        data.y_val[:, None],
    )
    losses = {"cross-entropy": "binary_crossentropy", expensive: FocalLoss(0.0, cost)}
    with start_python(LOAD) as fresh:  # o Keras'ı yüklerken burada eğitim sürer
        for name, loss in losses.items():
            model = keras.Sequential([layers.Input(shape=(30,))])
            model.add(layers.Dense(32, activation="relu"))
            model.add(layers.Dense(1, activation="sigmoid"))
            model.compile(keras.optimizers.Adam(lr), loss=loss, metrics=[FBeta(beta)])
            thresholds = {
                name: 0.5
            }  # kayıptaki bedelin yalın karşılığı: eşiği kaydırmak
            if name == "cross-entropy":
                thresholds["eşik kayınca"] = 1 / (1 + cost)
            for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
                restart(model, seed)
                model.fit(x, y, batch_size=31, epochs=epochs, verbose=0)
                p = model.predict_on_batch(x_val)
                for way, threshold in thresholds.items():
                    alarm = p > threshold
                    rows.append((
                        way,
                        seed,
                        sum(~alarm[y_val == 1]),
                        sum(alarm[y_val == 0]),
                    ))
        elsewhere, told = predict_in(fresh, lab.save(model), x_val)
        reload_gap = largest_difference([p], [elsewhere])
    rows = pd.DataFrame(
        rows, columns=["yol", "tohum", "kaçırılan tümör", "yanlış alarm"]
    )
    rows["bedel"] = cost * rows["kaçırılan tümör"] + rows["yanlış alarm"]

    tumours, healthy = np.flatnonzero(y_val == 1)[:rare], np.flatnonzero(y_val == 0)
    chosen = rng.permutation(np.concatenate([tumours, healthy]))
    metric, pieces = FBeta(beta), []
    for part in np.split(chosen, range(piece, len(chosen), piece)):
        metric.update_state(y_val[part], p[part])  # sayılar birikir
        pieces.append(
            float(FBeta(beta)(y_val[part], p[part]))
        )  # her mini-batch tek başına
    pieces = pd.DataFrame({"mini-batch": range(1, len(pieces) + 1), "F": pieces})
    whole, split = (
        fbeta_score(y_val[chosen], p[chosen] > 0.5, beta=beta),
        pieces["F"].mean(),
    )

    order = np.concatenate([rng.permutation(len(x)) for _ in range(epochs)])
    restart(model, lab.seed)
    model.fit(x[order], y[order], batch_size=31, shuffle=False, verbose=0)
    by_fit = [*model.get_weights(), model.evaluate(x_val, y_val, verbose=0)[1]]
    restart(model, lab.seed)
    step = tf.function(make_step(model, model.optimizer, FocalLoss(0.0, cost)))
    for taken in np.split(order, len(order) // 31):
        step(x[taken], y[taken])
    by_hand = [*model.get_weights(), FBeta(beta)(y_val, model(x_val, training=False))]

    mean = rows.groupby("yol", sort=False)[
        ["kaçırılan tümör", "yanlış alarm", "bedel"]
    ].mean()
    lab.table(mean, f"{len(y_val)} doğrulama hastası, {seeds} tohumun ortalaması")
    lab.say(f"Sınıflar içe aktarılmadan: {told.split('.')[0]}.")
    fig, (left, right) = plots.figure(1, 2, title="Kendi kaybımız, kendi metriğimiz")
    bars = rows.melt(["yol", "tohum"], mean.columns[:2], "hata", "hasta")
    look = {
        "hue": "hata",
        "palette": ["grey", "white"],
        "edgecolor": "black",
        "errorbar": "sd",
    }
    sns.barplot(bars, x="hasta", y="yol", ax=left, **look)
    left.set(title="hangi hata kaç hastada?", xlabel="doğrulama hastası", ylabel="")
    sns.scatterplot(pieces, x="mini-batch", y="F", s=160, color="black", ax=right)
    right.axhline(whole, color="black", label="bütünün F'si")
    right.axhline(split, color="black", ls="--", label="F'lerin ortalaması")
    right.set(title=f"{len(tumours)} tümör, {len(healthy)} iyi huylu")
    right.set(ylabel="F-beta", ylim=(-0.05, 1.05))
    right.legend()
    lab.save(fig)

    missed, price = mean["kaçırılan tümör"], rows.pivot_table("bedel", "tohum", "yol")
    gap = price[expensive] - price["eşik kayınca"]
    clear = abs(gap.mean()) > 2 * gap.sem()
    word = ("az" if gap.mean() < 0 else "çok") if clear else "ayrılmıyor (gürültü)"
    lab.conclude(
        f"Ortalama kaçırılan tümör: cross-entropy {number(missed['cross-entropy'])}, pahalı kayıp "
        f"{number(missed[expensive])}, eşik kayınca {number(missed['eşik kayınca'])}. "
        f"Pahalı kaybın toplam bedeli eşiği kaydırmanınkinden {word}."
    )
    lab.check("sınıflarımız = formül, hazırı", formula_gap, below=1e-5)
    lab.check(
        "döngü = fit (ağırlıklar, F)", largest_difference(by_fit, by_hand), below=1e-4
    )
    lab.check("yeni süreçte yüklenen modelin farkı", reload_gap, below=1e-5)
    lab.check(
        "parça parça beslenen F = bütününki", abs(metric.result() - whole), below=1e-5
    )
    lab.check(
        "F'lerin ortalaması bütünden az", whole - split, above=0.2, full_size=True
    )
    alarms = mean["yanlış alarm"] - missed  # "kötü huylu" denen hasta, sabit farkla
    more = alarms[expensive] - alarms["cross-entropy"]
    lab.check("pahalı kayıpla fazladan alarm", more, above=1, full_size=True)
    return {"": rows, "f": pieces}


# %% [markdown]
# ## 7 · Mini proje
# %%
PROJECT, BOTH = "mini_project", "mini_project mini_project_poster"
BASELINE, OURS = "referans model", "mini proje"
LONG = {
    "epochs": 40,
    "patience": 20,
    "width": 512,
    "blocks": 2,
    "noise": 0.0,
    "worst_noise": 1.4,
}
LONG |= {"dropout": 0.1}  # --uzun: rastgele gürültü yerine kaybı en çok artıranı
SMALL = {"n_train": 15_000, "epochs": 6}  # --ablasyon: on bir teknik birkaç dakikada
ABLATION = {
    "artık bağlantı": {"residual": False},
    "yardımcı çıkış": {"auxiliary": 0.0},
    "He başlatıcı": {"he": False},
    "BatchNorm": {"batch_norm": False},
    "gürültü": {"noise": 0.0},
    "Dropout": {"dropout": 0.0},
    "ağırlık küçültme": {"decay": 0.0},
    "ısınma": {"warmup": 0.0},
    "kosinüs tavlama": {"cosine": False},
    "gradyan kırpma": {"clip": 0.0},
    "focal loss": {"gamma": 0.0},
}


def build(
    rates, seed, policy, width, blocks, residual, he, batch_norm, noise, dropout, decay, clip, **_
):  # fmt: skip
    """Functional API: gürültü → blok → artık bloklar → ana çıkış; yardımcı çıkış ilk bloktan."""
    keras.utils.clear_session(free_memory=False)  # katmanların adları hep aynı olsun
    set_seed(seed)
    keras.config.set_dtype_policy(policy)

    def block(
        x, seed
    ):  # Dense → BatchNorm → ReLU → Dropout; BatchNorm varken bias gereksizdir
        start = "he_normal" if he else "glorot_uniform"
        x = layers.Dense(width, use_bias=not batch_norm, kernel_initializer=start)(x)
        if batch_norm:
            x = layers.BatchNormalization(momentum=0.95)(
                x
            )  # epoch 220 adım: 0.99 geriden gelir
        x = layers.Activation("relu")(x)
        return layers.Dropout(dropout, seed=seed)(
            x
        )  # tohumu elle: 0 iken de aynı ağırlıklar

    image = keras.Input(shape=(784,), name="piksel")
    first = x = block(layers.GaussianNoise(noise, seed=seed)(image), seed)
    for i in range(blocks):
        branch = block(x, seed + 1 + i)
        x = layers.Add()([x, branch]) if residual else branch
    output = {
        "activation": "softmax",
        "dtype": "float32",
    }  # karma hassasiyette de float32
    main = layers.Dense(10, name="ana", **output)(x)
    early = layers.Dense(10, name="yardimci", **output)(first)
    model = keras.Model(image, [main, early])
    optimizer = keras.optimizers.AdamW(
        rates, weight_decay=decay, global_clipnorm=clip or None
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model.compile(optimizer)
    optimizer.build(model.trainable_variables)
    keras.config.set_dtype_policy("float32")
    return model


def make_epoch(model, gamma, auxiliary, worst_noise):
    """Bölüm 3'ün tek grafikte koşan epoch'u; kayıp bölüm 6'nın FocalLoss'u.

    worst_noise: gradyanın yarısı, kaybı en çok artıran yönde bu boyda gürültü eklenmiş girdiden
    gelir (Goodfellow vd., 2015). `fit` girdiye göre türev almaz, tape alır.
    """
    optimizer, loss_fn = model.optimizer, FocalLoss(gamma)

    def differentiate(x, y):
        with tf.GradientTape() as tape:
            tape.watch(x)
            main, early = model(x, training=True)
            loss = loss_fn(y, main) + auxiliary * loss_fn(y, early)
            scaled = optimizer.scale_loss(loss)  # float32'de hiçbir şey yapmaz
        return loss, *tape.gradient(scaled, [x, model.trainable_variables])

    @tf.function
    def epoch(x, y, order):
        losses = tf.TensorArray(tf.float32, size=len(order))
        for i in tf.range(len(order)):
            x_batch, y_batch = tf.gather(x, order[i]), tf.gather(y, order[i])
            loss, uphill, gradients = differentiate(x_batch, y_batch)
            if worst_noise:
                step = worst_noise * tf.math.l2_normalize(uphill, axis=1, epsilon=1e-30)
                _, _, harder = differentiate(x_batch + step, y_batch)
                gradients = [
                    (g + h) / 2 for g, h in zip(gradients, harder, strict=True)
                ]
            optimizer.apply(
                gradients, model.trainable_variables
            )  # global_clipnorm burada
            losses = losses.write(i, loss)
        return losses.stack()

    return epoch


def shuffled(n, batch, seed, epoch):
    """Satır numaraları (adım, mini-batch); sıra yalnız tohumdan ve epoch'tan gelir."""
    steps = max(1, n // batch)
    rows = np.random.default_rng((seed, epoch)).permutation(n)[: steps * batch]
    return rows.reshape(steps, -1).astype("int32")


def lr_range_test(data, seed, batch, gamma, auxiliary, worst_noise, **recipe):
    """LR 1e-5'ten 1'e üstel artar; kaybı yükseltmeye başlayan LR'nin üçte biri tepe olur."""
    steps, smooth = 220, 11  # bir epoch; kaybın hareketli ortalaması
    rounds = 1 + steps * batch // len(data.x_train)  # küçük veride birkaç tur
    rates = keras.optimizers.schedules.ExponentialDecay(1e-5, steps, 1e5)
    model = build(rates, seed, **recipe)
    run_epoch = make_epoch(model, gamma, auxiliary, worst_noise)
    orders = [shuffled(len(data.x_train), batch, seed, i) for i in range(rounds)]
    orders = np.concatenate(orders)[:steps]
    losses = run_epoch(
        tf.constant(data.x_train), tf.constant(data.y_train), orders
    ).numpy()
    found = pd.DataFrame({"LR": rates(np.arange(steps)), "kayıp": losses})
    mean = found["kayıp"].rolling(smooth, center=True).mean()
    after = found[mean.idxmin() :]
    rising = after[~(mean[after.index] < 1.25 * mean.min())]  # NaN de yükseliştir
    return float(rising["LR"].iloc[0]) / 3, found


def validate(model, data):
    """Ana çıkışın doğrulama kaybı, doğruluğu ve bölüm 6'nın metriği: on sınıfın F1 ortalaması."""
    p, _ = model(data.x_val, training=False)
    f1 = FBeta(n_classes=10)
    f1.update_state(data.y_val, p)
    right = np.argmax(p, axis=1) == data.y_val
    loss = float(FocalLoss(0.0)(data.y_val, p))
    return {
        "val_loss": loss,
        "val_accuracy": float(right.mean()),
        "val_f1": float(f1.result()),
    }


def save_checkpoint(path, run, model, best):
    """Kayıt, durum ve en iyi ağırlıklar tek dosyada; yarım kalan yazma öncekini bozmaz.

    Keras'ın kendi kayıtları Dropout'un tohumlarını atar: burada bütün değişkenler yazılır.
    """
    state = [v.numpy() for v in model.variables + model.optimizer.variables]
    arrays = {f"durum_{i:03}": value for i, value in enumerate(state)}
    arrays |= {f"eniyi_{i:03}": value for i, value in enumerate(best)}
    with atomic(path) as temporary:
        np.savez(temporary, kayit=json.dumps(run), **arrays)


def load_checkpoint(path, plan):
    """`--surdur`: kayıt, durum ve en iyi ağırlıklar; eğitimden önce denetlenir."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
            run = json.loads(str(saved["kayit"]))
            state = [saved[name] for name in saved if name.startswith("durum")]
            best = [saved[name] for name in saved if name.startswith("eniyi")]
        problem = "" if run["plan"] == plan else "başka bir eğitimin kontrol noktası"
        whole = state and best and {"log", "baseline", "peak", "range"} <= {*run}
        if not (whole or problem):
            raise ValueError(path)
    except FileNotFoundError:
        problem = "yok, sürdürülecek bir eğitim bulunamadı"
    except Exception:  # bozuk bir zip pek çok türde hata verir
        problem = "bozuk, kontrol noktası olarak okunamadı"
    if problem:
        again = lab.rerun_command(BOTH, "--surdur", settings=lab.report.changed)
        raise LabError(f"{path}: {problem}. Baştan başlamak için: {again}")
    return run, state, best


def put_back(variables, values):
    if [tuple(v.shape) for v in variables] != [value.shape for value in values]:
        raise LabError(
            "Kontrol noktası bu modele uymuyor; --surdur yazmadan baştan başlayın."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def train(
    data, peak, seed, epochs, batch, warmup, cosine, patience, gamma, auxiliary, worst_noise,
    path=None, run=None, state=(), best=(), **recipe
):  # fmt: skip
    """Eğitim döngüsü; `fit`in callback'leri burada birer satırdır. Günlüğü ve en iyiyi verir."""
    x, y = tf.constant(data.x_train), tf.constant(data.y_train)
    steps = epochs * max(1, len(x) // batch)
    warm, log = int(warmup * steps), run["log"] if run else []
    start, target = (0.0, peak) if warm else (peak, None)
    end = 0.0 if cosine else 1.0  # 1: tepede kalır
    rates = keras.optimizers.schedules.CosineDecay(
        start, steps - warm, alpha=end, warmup_target=target, warmup_steps=warm
    )
    model = build(rates, seed, **recipe)
    run_epoch = make_epoch(model, gamma, auxiliary, worst_noise)
    hint = f"Kaldığı yerden: {lab.rerun_command(BOTH, '--surdur', settings=lab.report.changed)} --surdur"
    if state:
        put_back(model.variables + model.optimizer.variables, state)
        lab.hint = hint
    for epoch in range(len(log) + 1, epochs + 1):
        top = min(
            log,
            key=lambda row: row["val_loss"],
            default={"epoch": 0, "val_loss": np.inf},
        )
        if epoch - 1 - top["epoch"] >= patience:
            break  # EarlyStopping
        before = default_timer()
        losses = run_epoch(x, y, shuffled(len(x), batch, seed, epoch)).numpy()
        row = {"epoch": epoch, "LR": float(model.optimizer.learning_rate)}  # LR günlüğü
        row |= {"loss": float(losses.mean())} | validate(model, data)
        if not np.isfinite(row["loss"] + row["val_loss"]):  # TerminateOnNaN
            smaller = lab.report.changed | {"peak": float(f"{peak / 3:.1g}")}
            raise LabError(
                f"Kayıp sayı olmaktan çıktı (NaN ya da sonsuz): epoch {epoch}.\n"
                f"Daha küçük tepeyle: {lab.rerun_command(BOTH, '--surdur', settings=smaller)}"
            )
        log.append(row | {"saniye": default_timer() - before})
        if row["val_loss"] < top["val_loss"]:
            best = [
                v.numpy() for v in model.variables
            ]  # ModelCheckpoint(save_best_only=True)
        if path:
            save_checkpoint(path, run, model, best)
            lab.hint = hint
        told = f"doğrulama doğruluğu {percent(row['val_accuracy'])}"
        lab.progress.tell(f"{OURS} · epoch {epoch}/{epochs} · {told}")
    put_back(model.variables, best)  # restore_best_weights=True
    return log, model


def train_baseline(data, seed, epochs, **_):
    """Çok bilinen `mnist_mlp` tarifi, düz `fit` ile: günlüğü ve test yanlışları."""
    set_seed(seed)
    model = keras.Sequential([
        layers.Input(shape=(784,)),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ])
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    val, start = (data.x_val, data.y_val), default_timer()
    history = model.fit(
        data.x_train,
        data.y_train,
        batch_size=128,
        epochs=epochs,
        validation_data=val,
        verbose=0,
    )
    seconds = default_timer() - start
    guess = model.predict(data.x_test, batch_size=1_000, verbose=0).argmax(axis=1)
    facts = {"saniye": seconds, "parametre": model.count_params()}
    facts["yanlışlar"] = np.flatnonzero(guess != data.y_test).tolist()
    return facts | {"log": tidy(history).to_dict("records")}


def ablation(plan, seeds=3):
    """`--ablasyon`: teknikler tek tek kapatılır; aynı veri, aynı tohumlar, aynı tepe LR."""
    lab.report.variant = "_ablasyon"  # mini projenin kendi sonuçları yerinde kalsın
    plan |= SMALL | (lab.report.section.quick if lab.quick else {}) | lab.report.changed
    data, rows = load_mnist(plan.pop("n_train")), []
    peak = plan.pop("peak") or lr_range_test(data, **plan)[0]
    for name in lab.each(["hepsi açık", *ABLATION], "kapalı:"):
        for seed in lab.seeds(1 if lab.quick else seeds):
            log, _ = train(data, peak, **plan | ABLATION.get(name, {}) | {"seed": seed})
            rows.append({
                "teknik": name,
                "tohum": seed,
                "val_accuracy": log[-1]["val_accuracy"],
            })
    rows = pd.DataFrame(rows)
    whole = rows.query("teknik == 'hepsi açık'").set_index("tohum")["val_accuracy"]
    rows["fark (puan)"] = 100 * (rows["val_accuracy"] - rows["tohum"].map(whole))
    off = rows.query("teknik != 'hepsi açık'")
    table = off.groupby("teknik", sort=False)["fark (puan)"].agg(["mean", "std"])
    lab.table(
        table, f"Teknik kapanınca doğrulama doğruluğunun farkı, tepe LR {number(peak)}"
    )
    fig, ax = plots.figure(title="Ablasyon: teknik kapatılınca ne değişir?")
    sns.pointplot(
        off, x="fark (puan)", y="teknik", errorbar="sd", linestyle="none", ax=ax
    )
    ax.axvline(0, color="black")
    ax.set(
        xlabel="kapalıyken doğrulamada fark (puan; çizgi: tohumların std'si)", ylabel=""
    )
    lab.save(fig)
    clear = table[table["mean"].abs() > 2 * table["std"]][
        "mean"
    ]  # tek tohumda std yok: hiçbiri
    told = ", ".join(f"{name} ({number(mean, 2)} puan)" for name, mean in clear.items())
    lab.conclude(
        f"Kapanınca farkı tohumların gürültüsünü (2 std) aşan: {told or 'hiçbiri'}. "
        f"Ötekilerin etkisi bu kısa eğitimde gürültünün içinde."
    )
    lab.check("kapatılan teknik", len(table), equal=len(ABLATION))
    return rows


@lab.section(
    quick={"n_train": 3_000, "epochs": 3, "width": 32, "baseline_epochs": 2},
    options=("surdur", "uzun", "ablasyon"),
)
def mini_project(
    n_train=55_000,  # bütün eğitim kümesi
    epochs=22,  # 2 çekirdekte 45 saniye
    baseline_epochs=11,  # referans modelin aynı saniyede bitirdiği
    batch=250,  # 55 000 görüntüyü tam böler
    width=384,  # dar ağ, çok epoch: aynı saniyede geniş ağdan iyi
    blocks=1,  # artık blok; ikincisi bu sürede bir şey katmadı
    residual=True,  # artık bağlantı (uygulama 03)
    auxiliary=0.3,  # yardımcı çıkışın kayıptaki ağırlığı; 0: kapalı
    he=True,  # ReLU'nun başlatıcısı
    batch_norm=True,  # büyük tepe LR'ye dayansın
    noise=0.3,  # piksellere eklenen Gauss gürültüsünün std'si
    worst_noise=0.0,  # kaybı en çok artıran gürültü; adımı iki kat pahalı, --uzun kullanır
    dropout=0.2,  # gürültüyle birlikte az Dropout yeter
    decay=0.1,  # AdamW'nin ağırlık küçültmesi (LR ile çarpılır)
    clip=1.0,  # global_clipnorm; 0: kapalı
    gamma=0.5,  # focal loss; 0: cross-entropy
    peak=0.0,  # tepe LR; 0: LR aralık testi bulur
    warmup=0.15,  # adımların ısınma payı
    cosine=True,  # ısınmadan sonra kosinüs tavlama
    patience=11,  # erken durdurma: LR yüksekken gelen duraklamalar son değildir
):
    """Mini proje: günün bütün teknikleri tek döngüde

    Soru: Bütün teknikler, referans modelin (2x512, Dropout, RMSprop) 100 test yanlışından kaçını
    giderir?

    Neden: Gürültü, Dropout ve AdamW aşırı öğrenmeyi geciktirir: ağ daha çok epoch boyunca
    öğrenir. Kosinüs tavlama sonda adımları küçültür, ağırlıklar dibe oturur. Tek grafikte koşan
    dar ağda epoch kısadır: aynı süreye daha çok epoch sığar.
    """
    plan = locals() | {
        "seed": lab.seed,
        "policy": device_policy(),
    }  # bölümün bütün ayarları
    if lab.options["ablasyon"]:
        return ablation(plan)
    if lab.options["uzun"]:
        lab.report.variant = "_uzun"  # dersin sonucu yerinde kalsın
        plan |= (
            LONG | (lab.report.section.quick if lab.quick else {}) | lab.report.changed
        )
    plan["keras"] = keras.__version__
    name = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:8]
    path = lab.path(
        f"_tohum{lab.seed}_{name}", ".npz"
    )  # her plana kendi kontrol noktası
    data = load_mnist(n_train)
    recipe = {key: plan[key] for key in plan if key not in ("n_train", "peak", "keras")}
    if lab.options["surdur"]:
        run, state, best = load_checkpoint(path, plan)
    else:
        state, best, run = [], [], {"plan": plan, "log": []}
        lab.progress.tell(BASELINE)
        run["baseline"] = train_baseline(data, **recipe | {"epochs": baseline_epochs})
        lab.progress.tell("LR aralık testi")
        found, tested = lr_range_test(data, **recipe)
        run |= {"peak": plan["peak"] or found, "range": tested.to_dict("list")}
    lab.progress.tell(OURS)
    log, model = train(
        data, run["peak"], path=path, run=run, state=state, best=best, **recipe
    )

    project = keras.Model(model.input, model.outputs[0], name=f"plan_{name}")
    saved = keras.models.load_model(
        lab.save(project), compile=False
    )  # yardımcı çıkış kesik
    reloaded = (saved(data.x_val).numpy().argmax(axis=1) == data.y_val).mean()
    right = (
        saved(data.x_test).numpy().argmax(axis=1) == data.y_test
    )  # test: sonda, bir kez
    top, base = min(log, key=lambda row: row["val_loss"]), run["baseline"]
    base_right = ~np.isin(np.arange(len(right)), base["yanlışlar"])
    curves = {BASELINE: pd.DataFrame(base["log"]), OURS: pd.DataFrame(log)}
    curves = pd.concat(curves, names=["model"]).reset_index("model").assign(plan=name)
    curves = curves.drop(columns=["saniye", "accuracy"])
    rows = [
        (BASELINE, base["parametre"], baseline_epochs, base["log"][-1]["val_accuracy"]),
        (OURS, model.count_params(), top["epoch"], top["val_accuracy"]),
    ]
    summary = pd.DataFrame(
        rows, columns=["model", "parametre", "epoch", "doğrulama doğruluğu"]
    )
    summary["test doğruluğu"] = [base_right.mean(), right.mean()]
    seconds = [base["saniye"], sum(row["saniye"] for row in log)]
    lab.table(
        summary.assign(**{"eğitim (saniye)": seconds}),
        f"Mini proje: tepe LR {number(run['peak'])}, politika {plan['policy']}",
        {
            "doğrulama doğruluğu": two,
            "test doğruluğu": two,
            "eğitim (saniye)": "{:.0f}".format,
        },
    )
    fig, (left, axes) = plots.figure(
        1, 2, title="Mini proje: LR'nin seçimi, doğrulama doğruluğu"
    )
    sns.lineplot(pd.DataFrame(run["range"]), x="LR", y="kayıp", ax=left)
    left.axvline(
        run["peak"], color="black", linestyle="--", label=f"tepe: {number(run['peak'])}"
    )
    left.set(
        xscale="log", xlabel="LR (aralık testi, adım adım artar)", ylabel="eğitim kaybı"
    )
    left.legend()
    look = {"hue": "model", "style": "model", "markers": ["o", "s"]}
    sns.lineplot(curves, x="epoch", y="val_accuracy", ax=axes, **look)
    axes.set(ylim=(curves["val_accuracy"].median() - 0.02, None))
    axes.locator_params(axis="x", integer=True)
    lab.save(fig)

    wrong, ours = (~base_right).sum(), (~right).sum()
    verdict = f"giderilen pay: {percent((wrong - ours) / wrong, digits=0)}"
    if (
        abs(wrong - ours) < 2 * (right != base_right).sum() ** 0.5
    ):  # eşli farkın iki std'si
        verdict = "fark gürültünün içinde"
    elif wrong < ours:
        verdict = "referans model daha iyi"
    lab.conclude(
        f"Test yanlışı: referans model {wrong}, mini proje {ours}; {verdict}. Ayarlar doğrulama "
        f"kümesiyle seçildi."
    )
    lab.check("mini projenin test doğruluğu", right.mean(), above=0.985, full_size=True)
    more = 100 * (right.mean() - base_right.mean())
    lab.check("referanstan farkı (puan)", more, above=0.1, full_size=True)
    lab.check(
        "diskteki model = en iyi epoch", abs(reloaded - top["val_accuracy"]), equal=0
    )
    lab.check("kosinüsün sonu: son LR / tepe", log[-1]["LR"] / run["peak"], below=0.01)
    changed = "--uzun " * lab.options["uzun"] + format_settings(lab.report.changed)
    return {
        "": curves,
        "ozet": summary.assign(
            tohum=lab.seed, ayarlar=changed or "sınıfın ayarları", plan=name
        ),
    }


# %% [markdown]
# ## 8 · Poster
# %%
def best_and(frame, by, other):
    """En iyinin ve onunla karşılaştırılanın doğruluğu, tohumların ortalaması."""
    means = frame.groupby(by)["val_accuracy"].mean()
    return means.max(), means[other]


def last(frame):
    """Koşuların son epoch'u."""
    return frame[frame["epoch"] == frame["epoch"].max()]


HEADLINES = (  # uygulama, tablosu, slaytın sözü, ölçülen, tablodan nasıl okunur
    ("01", "05_full_architecture_patients", "tam mimari: Dense + BatchNorm + Dropout",
     "test doğruluğu", lambda t: [((t["ağ"] > 0.5) == t["gerçek"]).mean()]),
    ("01", "18_mc_dropout", "MC Dropout: belirsizlik kestirimi",
     "en kararsızlar insana: kalanın doğruluğu", lambda t: [t["MC Dropout"].iloc[-1]]),
    ("02", "13_schedule_race", "sabit LR yetmez: büyük başla, küçült",
     "en iyi zamanlama; aynı LR sabit",
     lambda t: best_and(last(t), "yarışçı", "sabit")),
    ("03", "04_residual_blocks", "skip connection gradyan akışını iyileştirir",
     "en iyi derin ağ; düz ağ (Glorot)",
     lambda t: best_and(last(t), ["başlatıcı", "ağ"], ("Glorot", "düz"))),
    ("04", "07_mini_project_ozet", "mini proje: tüm teknikleri birleştir",
     "test doğruluğu; referans model",
     lambda t: t.set_index("model")["test doğruluğu"][[OURS, BASELINE]]),
)  # fmt: skip


MOST_BOXES = 17  # posterde okunan en büyük çizge; --uzun bu kadardır


def report_card():
    """Günün karnesi: her uygulamanın başlıca sayısı; tablosu yoksa ya da başkasıysa söyler."""
    rows = []
    for app, table, claim, what, read in HEADLINES:
        path = lab.base / f"uygulama_{app}" / f"{table}.csv"
        try:
            shares = [float(share) for share in read(pd.read_csv(path))]
            if len(shares) not in (1, 2) or not all(
                0 <= share <= 1 for share in shares
            ):
                raise ValueError(path)
            value = "; ".join(map(two, shares))
        except Exception:  # yok, bozuk ya da başka bir programın: türü çok
            value = f"dersin koşusu yok (uygulama {app}, bölüm {int(table[:2])})"
        rows.append((app, claim, what, value))
    return pd.DataFrame(rows, columns=["uygulama", "slaytın sözü", "ölçülen", "değer"])


def load_project(folder, variant):
    """Mini projenin modeli ve özeti; okunamıyorsa ya da ayrı koşulardansa LabError."""
    stem = folder / f"{lab.sections[PROJECT].number:02}_{PROJECT}{variant}"
    again = f"Önce: {lab.rerun_command(BOTH, '--surdur', settings=lab.report.changed)}"
    try:
        model = keras.models.load_model(f"{stem}.keras", compile=False)
        kinds = {"plan": str, "ayarlar": str}  # yalnız rakamdan oluşan plan da metindir
        kinds |= dict.fromkeys(["test doğruluğu", "doğrulama doğruluğu"], float)
        summary = pd.read_csv(f"{stem}_ozet.csv", dtype=kinds, keep_default_na=False)
        summary = summary.set_index("model").loc[OURS, list(kinds)]
        same = model.name == f"plan_{summary['plan']}"
    except Exception as error:  # yok, bozuk ya da başka bir programın: türü çok
        raise LabError(
            f"Poster mini projeyi ister; okunamadı: {stem}.keras\n{again}"
        ) from error
    if not same:
        raise LabError(
            f"Model ile özeti ayrı koşulardan: {stem}.keras, {stem}_ozet.csv\n{again}"
        )
    return model, summary


def ascii_name(text):
    """Dosya adına girecek biçimi: harfler sadeleşir, ötekiler _ olur."""
    plain = (
        unicodedata
        .normalize("NFKD", text.replace("ı", "i"))
        .encode("ascii", "ignore")
        .decode()
    )
    return re.sub(r"\W+", "_", plain).strip("_") or "poster"


def compare(model, summary, data):
    """Doğrulama farkı (puan), standart hatası ve hüküm; fark görüntü görüntü eşlenir."""
    try:
        reference, its_summary = load_project(lab.folder, "")
    except LabError:
        return "Sınıfın referansı henüz koşmadı", "Karşılaştırılacak sınıf koşusu yok."
    if its_summary["plan"] == summary["plan"]:
        return (
            f"Doğrulama doğruluğu {two(summary['doğrulama doğruluğu'])}",
            "Bu koşu sınıfın referansı.",
        )
    right = [
        m(data.x_val).numpy().argmax(axis=1) == data.y_val for m in (model, reference)
    ]
    difference = 100.0 * (right[0].astype(int) - right[1])
    mean, error = difference.mean(), difference.std(ddof=1) / len(difference) ** 0.5
    told = f"Referanstan doğrulama farkı: {mean:+.2f} ± {error:.2f} puan".replace(
        ".", ","
    )
    if abs(mean) < 2 * error:
        return told, "Fark gürültünün içinde."
    return told, "Referanstan daha iyi." if mean > 0 else "Referans daha iyi."


@lab.section(options=("uzun", "ad"))
def mini_project_poster():
    """Mini proje posteri ve günün karnesi

    Soru: Model, yanlış okuduğu test rakamlarında ortalama yüzde kaç emindir?

    Neden: Softmax'ın olasılığı, görüntü sınıfların sınırından uzaklaştıkça büyür. Yanlışların
    çoğu sınıra yakındır: olasılık iki rakam arasında bölünür. Sınırdan uzak düşen yanlışta model
    kendinden emindir.
    """
    lab.report.variant = "_uzun" if lab.options["uzun"] else ""
    model, summary = load_project(lab.report.folder, lab.report.variant)
    data = load_mnist(1)  # eğitim görüntüleri gerekmez
    p = model(data.x_test).numpy()
    guess, sure = p.argmax(axis=1), p.max(axis=1)
    wrong = guess != data.y_test
    difference, verdict = compare(model, summary, data)
    counts = confusion_matrix(data.y_test, guess)
    np.fill_diagonal(counts, 0)
    true, false = counts.nonzero()
    pairs = pd.DataFrame({"gerçek": true, "tahmin": false, "adet": counts[true, false]})
    pairs = pairs.sort_values("adet", ascending=False, kind="stable")
    card = report_card()
    lab.table(pairs.head(3), "En çok karışan rakamlar (test)")
    lab.table(card, "Günün karnesi")

    name = lab.options["ad"][:30].replace("$", r"\$")  # $: Matplotlib'in formül işareti
    title = f"{name or 'Mini proje'} · test doğruluğu {two(summary['test doğruluğu'])}"
    fig, axes = plots.mosaic("GGGTTCC;GGGTTCC;GGGabcd", title=title)
    labels = np.where(counts, counts.astype(str), "")
    sns.heatmap(
        counts,
        annot=labels,
        fmt="",
        cmap="Blues",
        cbar=False,
        square=True,
        ax=axes["C"],
    )
    axes["C"].set(xlabel="tahmin", ylabel="gerçek")
    axes["C"].tick_params(axis="y", rotation=0)
    worst = np.flatnonzero(wrong)[np.argsort(-sure[wrong])][:4]
    shown = [
        f"gerçek {data.y_test[i]}\ntahmin {guess[i]}\n{percent(sure[i], digits=0)} emin"
        for i in worst  # en emin yanlışlar
    ]
    plots.digits([axes[letter] for letter in "abcd"], data.x_test[worst], shown)
    told = f"{len(p)} test rakamında {wrong.sum()} yanlış"
    lines = [
        textwrap.fill(text, 20)
        for text in (summary["ayarlar"], told, difference, verdict)
    ]
    axes["T"].text(0, 0.5, "\n\n".join(lines), size=24, va="center", parse_math=False)
    axes["T"].axis("off")
    axes["G"].axis("off")
    if len(model.layers) <= MOST_BOXES:
        model_graph(model, "", axes["G"])
    lab.save(fig, f"_{ascii_name(name)}" if name else "")

    mean = sure[wrong].mean() if wrong.any() else np.nan
    lab.conclude(
        f"Yanlış okunan {wrong.sum()} rakamda model ortalama {percent(mean, digits=0)} emin, "
        f"doğru okunanlarda {percent(sure[~wrong].mean(), digits=0)}. {verdict}"
    )
    difference = abs((~wrong).mean() - summary["test doğruluğu"])
    lab.check("poster = mini projenin tablosu (fark)", difference, below=1e-6)
    lab.check("yanlışta eminlik - doğruda", mean - sure[~wrong].mean(), below=0)
    return {"": pairs, "karne": card}


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="gradient_tape",
    settings={"smallest": 4},
    task="Sonlu farkın adımı en az 0,0001 olsun: en iyi adımda hata kaç olur? Kâğıtta kestirin.",
    quantity="sonlu farkın formülden en küçük farkı",
    measure=lambda found: found["errors"]["sonlu fark"].min(),
    low=1e-8,
    high=5e-8,
    write=number,
    hint="İki yanlı farkın hatası adımın karesiyle küçülür.",
    solution="0,0001'in karesi 1e-08: hata o mertebede. Bandın hatası 1e-15 dolayında kalır.",
)
lab.exercise(
    level="orta",
    section="mixed_precision",
    settings={"weight": 1.0},
    task="Kayıp küçültülmesin (weight=1): ölçeksiz float16'da gradyanların ne kadarı sıfır olur?",
    quantity="float16'da sıfıra düşen gradyan payı",
    measure=lambda found: found["ozet"].query("sayı == 'float16'")["sıfır payı"].mean(),
    low=0.0,
    high=0.05,
    write=percent,
    hint="Gradyanlar yüz bin kat büyüyünce histogramda çizginin hangi yanına düşer?",
    solution="Neredeyse hiçbiri: gradyan float16'nın aralığına sığıyorsa ölçek gerekmez.",
)
lab.exercise(
    level="ileri",
    section="gradient_clipping",
    task='clips sözlüğüne "gevşek clipvalue" adıyla bir satır ekleyin: clipvalue sınırı on kat '
    "geniş olsun. Yön korunur mu?",
    quantity='"gevşek clipvalue" ile bozuk mini-batch\'te en küçük kosinüs',
    measure=lambda found: (
        found["norm"].query("kırpma == 'gevşek clipvalue' and bozuk")["kosinüs"].min()
    ),
    low=0.45,
    high=0.75,
    write=number,
    hint="clips'in değerleri SGD'ye verilen seçeneklerdir. Yön, elemanlar ayrı kısılınca değişir.",
    solution='clips["gevşek clipvalue"] = {"clipvalue": 10 * value}',
)


if __name__ == "__main__":
    lab.run()
