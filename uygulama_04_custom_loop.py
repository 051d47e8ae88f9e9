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
import warnings
from functools import partial
from timeit import default_timer, repeat, timeit

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
    edge=3.0,  # f(x) = x² sin x: bu aralıkta hem yatık hem dik
    points=121,  # eğri düzgün görünsün
    smallest=13,  # sonlu farkın en küçük adımı 10 üssü eksi bu: yuvarlama da görünsün
):
    """GradientTape: türevi alan bant

    Soru: Bandın bulduğu türev, en iyi adımlı sonlu farkınkinden kaç kat doğrudur?

    Neden: Bant, bloktaki her işlemi kaydeder; geri giderken kesin türevlerini zincir kuralıyla
    çarpar. Sonlu farkta büyük adım eğriyi kaçırır, küçük adımı yuvarlama bozar. Banda yazılmayan
    hesaptan geri giden yol yoktur: gradyan None olur.
    """
    x = tf.Variable(np.linspace(-edge, edge, points))  # NumPy'den gelen float64 kalır
    with tf.GradientTape() as tape:
        y = x**2 * tf.sin(x)
    slope, x = tape.gradient(y, x).numpy(), x.numpy()
    exact = 2 * x * np.sin(x) + x**2 * np.cos(x)  # formül
    tape_error, errors = (
        max(abs(slope - exact).max(), 1e-17),
        [],
    )  # 0 logaritmik eksene girmez
    for h in 10.0 ** -np.arange(1, smallest + 1):
        finite = ((x + h) ** 2 * np.sin(x + h) - (x - h) ** 2 * np.sin(x - h)) / (2 * h)
        errors.append((h, abs(finite - exact).max()))
    errors = pd.DataFrame(errors, columns=["adım", "fark"])

    a, b, c, d = tf.constant(3.0), tf.Variable(3.0), tf.Variable(3.0), tf.Variable(4.0)
    outside, moved = (
        c**2,
        d - 1.0,
    )  # blok dışında hesap; w = w - 1 artık değişken değil, tensör
    with tf.GradientTape() as tape:
        y = [a**2, tf.constant(b.numpy() ** 2), outside, moved**2]
    wrong = tape.gradient(y, [a, b, c, moved])
    d.assign_sub(1.0)
    with tf.GradientTape() as tape:  # aynı dört hesap, doğrusu
        tape.watch(a)
        y = [a**2, b**2, c**2, d**2]
    right = tape.gradient(y, [a, b, c, d])
    mistakes = [np.nan if g is None else float(g) for g in (*wrong, *right)]
    mistakes = pd.DataFrame({"gradyan": mistakes[:4], "doğrusunda": mistakes[4:]})
    mistakes["yanlış"] = [
        "sabit izlenmedi",
        "NumPy'ye çıkıldı",
        "blok dışında hesap",
        "w = w - 1",
    ]
    mistakes["doğrusu"] = [
        "tape.watch(x)",
        "tf işlemi",
        "with içinde hesap",
        "w.assign_sub(1)",
    ]

    used, unused = keras.Variable(3.0), keras.Variable(3.0, name="unutulan")
    sgd, raised = keras.optimizers.SGD(0.1), ""
    with tf.GradientTape() as tape:
        loss = used**2
    gradients = tape.gradient(loss, [used, unused])
    try:
        sgd.apply([None, None], [used, unused])
    except ValueError as error:
        raised = str(error)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        sgd.apply(gradients, [used, unused])

    shown = mistakes.set_index("yanlış")[["gradyan", "doğrusu", "doğrusunda"]]
    lab.table(shown, "x = 3 iken d(x²)/dx; yanlışında None (-)")
    lab.say(f"Bütün gradyanlar None iken hata: {raised}")
    lab.say(f"Yalnız biri None iken uyarı: {' '.join(str(w.message) for w in warned)}")
    fig, (left, right) = plots.figure(
        1, 2, title="Türev üç yoldan: formül, bant, sonlu fark"
    )
    sns.lineplot(x=x, y=exact, linewidth=4, label="formül", ax=left)
    sns.scatterplot(x=x[::5], y=slope[::5], s=120, color="black", label="bant", ax=left)
    left.set(title="f(x) = x² sin x", xlabel="x", ylabel="f'(x)")
    sns.lineplot(errors, x="adım", y="fark", marker="o", label="sonlu fark", ax=right)
    right.axhline(tape_error, color="black", ls="--", label="bant (adımı yok)")
    right.set(title="formülden en büyük fark", xscale="log", yscale="log")
    right.set_xlabel("sonlu farkın adımı")
    right.legend()
    lab.save(fig)

    nones, best = mistakes["gradyan"].isna().sum(), errors["fark"].min()
    lab.conclude(
        f"Türevin formülden farkı en çok: bantta {number(tape_error)}, en iyi adımlı sonlu farkta "
        f"{number(best)}. None veren yanlış sayısı {nones}: bütün gradyanlar None ise Keras hata "
        "verir, yalnız biri None ise uyarır ve o ağırlık öğrenmez."
    )
    lab.check("bant - formül", tape_error, below=1e-13)
    lab.check("en iyi sonlu fark / bant", best / tape_error, above=100)
    lab.check("None veren yanlış", nones, equal=4)
    lab.check(
        "doğrusunda gradyan = 2x",
        abs(mistakes["doğrusunda"] - 6).sum(skipna=False),
        equal=0,
    )
    lab.check("hepsi None: hata; biri None: uyarı", bool(raised) + len(warned), equal=2)
    lab.check("None olan ağırlığın adımı", float(unused) - 3, equal=0)
    return {"": errors, "none": mistakes}


# %% [markdown]
# ## 2 · Elle yazılan eğitim döngüsü
# %%
def slide_network(inputs, outputs, activation):
    """Slaytın katmanları (uygulama 01, bölüm 5): Dense, L2, BatchNorm, Dropout."""
    model = keras.Sequential([layers.Input(shape=(inputs,))])
    for units, rate in ((256, 0.3), (128, 0.25)):
        model.add(
            layers.Dense(
                units, activation="relu", kernel_regularizer=regularizers.l2(1e-4)
            )
        )
        model.add(
            layers.BatchNormalization(momentum=0.9)
        )  # az adım: uygulama 01, bölüm 13
        model.add(layers.Dropout(rate))
    model.add(layers.Dense(outputs, activation=activation))
    return model


def make_step(model, optimizer, loss_fn, training=True):
    """Döngünün gövdesi bir fonksiyonda: `tf.function` onu grafiğe çevirir (bölüm 3)."""
    optimizer.build(
        model.trainable_variables
    )  # değişkenleri izlemeden (trace) önce kurulur

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=training)) + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    return step


@lab.section(quick={"slide_epochs": 2, "epochs": 3, "seeds": 1})
def custom_loop(
    slide_epochs=4,  # slaytın döngüsü yavaştır (bölüm 3); eşitliği görmeye bu yeter
    epochs=60,  # unutulan training='in zararı birikene kadar
    batch_size=31,  # 341 eğitim hastası = 11 eşit mini-batch
    lr=1e-3,  # slaytın Adam'ı
    seeds=3,  # yayılım görünsün
):
    """Slaytın döngüsü, satır satır

    Soru: reset_state() unutulursa dördüncü epoch'un eğitim doğruluğu kaç puan eksik bildirilir?

    Neden: `fit` de aynı adımları atar: ileri besleme, kayıp, gradyan, güncelleme. Sıfırlanmayan
    metrik eski epoch'ları da ortalar. training=True yazılmazsa Dropout kapalı kalır, BatchNorm
    mini-batch'i normalize etmez: ağ düzenlileştirilmeden (regularization) eğitilir.
    """
    data = load_breast_cancer()
    x, y, steps = data.x_train, data.y_train[:, None], len(data.x_train) // batch_size
    x_val, y_val = data.x_val, data.y_val[:, None]
    rng = np.random.default_rng(
        lab.seed
    )  # her epoch yeniden karışır; her yol aynı sırayı görür
    longest = range(max(epochs, slide_epochs))
    orders = [rng.permutation(len(x))[: steps * batch_size] for _ in longest]
    model = slide_network(30, 1, "sigmoid")
    model.compile(
        keras.optimizers.Adam(lr), loss="binary_crossentropy", metrics=["accuracy"]
    )

    restart(model, lab.seed)
    for order in orders[:slide_epochs]:
        model.fit(x[order], y[order], batch_size=batch_size, shuffle=False, verbose=0)
    fitted = [*model.get_weights(), model.evaluate(x_val, y_val, verbose=0)[1]]

    restart(model, lab.seed)
    optimizer = keras.optimizers.Adam(learning_rate=lr)  # slaytta lr=: artık ValueError
    loss_fn = keras.losses.BinaryCrossentropy()
    train_acc, val_acc = keras.metrics.BinaryAccuracy(), keras.metrics.BinaryAccuracy()
    never_reset, by_hand = keras.metrics.BinaryAccuracy(), []
    for epoch in lab.each(range(1, slide_epochs + 1), "slaytın döngüsü, epoch"):
        for rows in np.split(orders[epoch - 1], steps):
            with tf.GradientTape() as tape:  # bu bloktaki her işlem banda yazılır
                y_pred = model(
                    x[rows], training=True
                )  # Dropout açık, BatchNorm mini-batch ile
                loss = loss_fn(y[rows], y_pred)
                loss += sum(
                    model.losses
                )  # L2 cezası; bandın içinde, her çağrıda yenilenir
            grads = tape.gradient(loss, model.trainable_weights)  # geri yayılım
            optimizer.apply_gradients(zip(grads, model.trainable_weights, strict=True))
            # kısası: optimizer.apply(grads, model.trainable_weights)
            train_acc.update_state(y[rows], y_pred)
            never_reset.update_state(y[rows], y_pred)
        y_pred = model(x_val, training=False)  # doğrulama: çıkarım kipi, bant yok
        val_acc.update_state(y_val, y_pred)
        by_hand.append([float(m.result()) for m in (train_acc, val_acc, never_reset)])
        train_acc.reset_state()  # slaytta bu iki satır yok
        val_acc.reset_state()
    looped = [*model.get_weights(), by_hand[-1][1]]
    by_hand = pd.DataFrame(
        by_hand, columns=["accuracy", "val_accuracy", "unutulunca doğruluk"]
    )
    by_hand.index = pd.RangeIndex(1, slide_epochs + 1, name="epoch")

    curves, moved = [], {}
    for name, training in {"yazıldı": True, "unutuldu": None}.items():
        step = tf.function(make_step(model, model.optimizer, loss_fn, training))
        for seed in lab.each(lab.seeds(seeds), f"training=True {name}, tohum"):
            restart(model, seed)
            for epoch, order in enumerate(orders[:epochs], start=1):
                for rows in np.split(order, steps):
                    step(x[rows], y[rows])
                val_loss = loss_fn(
                    y_val, model.predict_on_batch(x_val)
                )  # ceza katılmadan
                curves.append((name, seed, epoch, float(val_loss)))
        moved[name] = abs(model.layers[1].moving_mean.numpy()).max()  # 0'dan başlar
    curves = pd.DataFrame(
        curves, columns=["training=True", "tohum", "epoch", "val_loss"]
    )

    lab.table(by_hand, "Slaytın döngüsü; son sütun: reset_state() unutulunca")
    final = curves[curves["epoch"] == epochs].pivot_table(
        "val_loss", "tohum", "training=True"
    )
    lab.table(
        final.agg(["mean", "std"]).T, f"Doğrulama kaybı, {epochs} epoch, {seeds} tohum"
    )
    fig, (left, right) = plots.figure(1, 2, title="Slaytın döngüsünde iki unutkanlık")
    shown = by_hand.drop(columns="val_accuracy").set_axis(
        ["yazıldı", "unutuldu"], axis=1
    )
    sns.lineplot(shown, markers=True, ax=left)
    left.set(title="reset_state()", ylabel="bildirilen eğitim doğruluğu", ylim=(0.5, 1))
    look = {"hue": "training=True", "style": "training=True", "errorbar": "sd"}
    sns.lineplot(curves, x="epoch", y="val_loss", ax=right, **look)
    right.set(
        title=f"training=True, {seeds} tohum", ylabel="doğrulama kaybı", ylim=(0, None)
    )
    for ax in (left, right):
        ax.locator_params(axis="x", integer=True)
    lab.save(fig)

    hidden = (by_hand["accuracy"] - by_hand["unutulunca doğruluk"]).iloc[-1]
    harm = final["unutuldu"] - final["yazıldı"]  # aynı tohum, eşli
    clear = abs(harm.mean()) > 2 * harm.sem()
    lab.conclude(
        f"reset_state() unutulunca son epoch'un eğitim doğruluğu {number(100 * hidden, 2)} puan "
        f"eksik bildirildi. training=True unutulunca doğrulama kaybına eklenen: "
        f"{number(harm.mean(), 2)}{'.' if clear else ' (gürültüden ayrılmıyor).'}"
    )
    lab.check(
        "fit = slaytın döngüsü (fark)", largest_difference(fitted, looped), below=1e-4
    )
    running = by_hand["accuracy"].expanding().mean() - by_hand["unutulunca doğruluk"]
    lab.check("sıfırlanmayan = epoch'ların ortalaması", abs(running).max(), below=1e-5)
    lab.check("training= unutuldu: BatchNorm kıpırdamadı", moved["unutuldu"], equal=0)
    lab.check("yazıldı: kıpırdadı", moved["yazıldı"], above=0.05)
    lab.check("unutmanın zararı (kayıp)", harm.mean(), above=0.01, full_size=True)
    return {"": curves, "slayt": by_hand.reset_index()}


# %% [markdown]
# ## 3 · tf.function
# %%
@lab.section(quick={"steps": 4, "together": 4, "rates": (0.001, 0.002)})
def tf_function_speed(
    steps=30,  # eager döngü de birkaç saniyede bitsin
    batch_size=125,  # her adımın boyu aynı: yarım mini-batch da yeniden izletirdi (trace)
    together=10,  # steps_per_execution: fit bir çağrıda bu kadar adım atar
    rates=(0.001, 0.002, 0.003),  # ısınma (warmup): her adıma başka LR
):
    """tf.function: aynı epoch, beş yazılış

    Soru: Aynı epoch Python'la adım adım (eager) kaç saniye sürer, tek grafikte kaç saniye?

    Neden: Eager döngüde Python her işlemi tek tek çağırır. tf.function gövdeyi bir kez izler
    (trace), sonra grafiği Python'suz koşar. Python sayısı grafiğe sabit olarak gömülür: her yeni
    değer yeniden izletir; tensör izletmez.
    """
    data = load_mnist(steps * batch_size, 1)
    x, y = (
        data.x_train.reshape(steps, batch_size, -1),
        data.y_train.reshape(steps, batch_size),
    )
    batches = tf.data.Dataset.from_tensor_slices((x, y))  # her elemanı bir mini-batch
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    model, bulk = slide_network(784, 10, "softmax"), slide_network(784, 10, "softmax")
    model.compile(keras.optimizers.Adam(), loss_fn)
    bulk.compile(keras.optimizers.Adam(), loss_fn, steps_per_execution=together)
    step = make_step(model, model.optimizer, loss_fn)
    graph_step = tf.function(step)

    @tf.function
    def graph_epoch(batches):
        for x, y in batches:  # AutoGraph bunu grafiğin kendi döngüsüne çevirir
            step(x, y)

    def loop(step):
        for x, y in batches:
            step(x, y)

    ways = {  # beşi de aynı tf.data'dan: aynı mini-batch'ler, aynı sıra
        "eager döngü": lambda: loop(step),
        "adım grafikte": lambda: loop(graph_step),
        "epoch grafikte": lambda: graph_epoch(iter(batches)),
        "fit": lambda: model.fit(batches, shuffle=False, verbose=0),
        "fit, çok adım": lambda: bulk.fit(batches, shuffle=False, verbose=0),
    }
    rows, weights = [], []
    for name in lab.each(ways, "yazılış:"):
        trained = bulk if name == "fit, çok adım" else model
        restart(trained, lab.seed)
        first, second = repeat(ways[name], number=1, repeat=2)  # ilkinde izleme de var
        weights.append(trained.get_weights())
        rows.append((name, largest_difference(weights[0], weights[-1]), first, second))
    columns = [
        "yazılış",
        "ağırlık farkı",
        "ilk epoch (saniye)",
        "ikinci epoch (saniye)",
    ]
    rows = pd.DataFrame(rows, columns=columns)

    calls = []
    for name, convert in {"Python sayısı": float, "tensör": tf.constant}.items():

        @tf.function
        def step_with_lr(x, y, lr):
            model.optimizer.learning_rate = lr
            return step(x, y)

        for call, lr in enumerate(rates, start=1):
            seconds = timeit(partial(step_with_lr, x[0], y[0], convert(lr)), number=1)
            calls.append((
                name,
                call,
                step_with_lr.experimental_get_tracing_count(),
                seconds,
            ))
    calls = pd.DataFrame(calls, columns=["LR", "çağrı", "izleme", "saniye"])

    lab.table(rows.set_index("yazılış"), f"{steps} adım; ilk epoch'ta izleme de var")
    lab.table(calls.set_index(["LR", "çağrı"]), "Her çağrıda başka LR")
    fig, (left, right) = plots.figure(1, 2, title="Aynı epoch, beş yazılış")
    took = rows.set_index("yazılış")["ikinci epoch (saniye)"]
    look = {"color": "lightgrey", "edgecolor": "black"}
    sns.barplot(rows, x=took.name, y="yazılış", ax=left, **look)
    left.bar_label(left.containers[0], [f" {number(seconds, 2)}" for seconds in took])
    left.set(title=f"{steps} adım (çok adım: bir çağrıda {together})", ylabel="")
    left.set_xlim(0, 1.25 * took.max())  # çubukların yanındaki sayılara yer
    sns.lineplot(
        calls, x="çağrı", y="saniye", hue="LR", style="LR", markers=True, ax=right
    )
    right.set(title="adıma LR nasıl verildi?", ylabel="çağrının süresi (saniye)")
    right.set_xticks(calls["çağrı"].unique())
    lab.save(fig)

    traces = calls.groupby("LR")["izleme"].max()
    lab.conclude(
        f"Aynı epoch eager döngüde {number(took['eager döngü'], 2)} saniye, tek grafikte "
        f"{number(took['epoch grafikte'], 2)} saniye sürdü. {len(set(rates))} ayrı LR için "
        f"izleme sayısı: Python sayısıyla {traces['Python sayısı']}, tensörle "
        f"{traces['tensör']}."
    )
    lab.check("iki epoch sonra ağırlık farkı", rows["ağırlık farkı"].max(), below=0.01)
    counts = [f.experimental_get_tracing_count() for f in (graph_step, graph_epoch)]
    lab.check("izleme: adım ile epoch grafiği", sum(counts), equal=2)
    lab.check(
        "Python sayısı: izleme / LR", traces["Python sayısı"] / len(set(rates)), equal=1
    )
    lab.check("tensör: izleme", traces["tensör"], equal=1)
    return {"": rows.iloc[:, :2], "izleme": calls.drop(columns="saniye")}


# %% [markdown]
# ## 6 · Gradyan kırpma
# %%
def flat(tensors):
    """Bütün elemanlar tek dizide."""
    return np.concatenate([np.ravel(tensor) for tensor in tensors])


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
    norm, cut = np.linalg.norm(gradient), np.linalg.norm(step)
    cosine = np.clip(gradient @ step / (norm * cut), -1, 1)
    return {"açı": np.degrees(np.arccos(cosine)), "norm": norm, "kırpılan": cut}


# %%
@lab.section(quick={"every": 5, "seeds": 1})
def gradient_clipping(
    factor=255,  # bozuk mini-batch'in pikselleri 255'e bölünmeden gelir
    every=20,  # her yirminci mini-batch bozuktur; üç tanesi
    limit=1.0,  # clipnorm ve global_clipnorm: temiz gradyanın normu bu düzeydedir
    value=0.01,  # clipvalue: tek bir gradyan elemanının sınırı
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Gradyan kırpma (gradient clipping): patlayan gradyana sınır

    Soru: Eğitimde üç mini-batch'in pikselleri 255 kat büyük gelirse kırpmasız ağ,
    gradyanı kırpılan ağdan kaç puan geride bitirir?
    """
    clean = 100 * every  # ilk bozuk mini-batch'ten önceki görüntüler
    data = load_mnist(6 * clean, 2_000)
    x, y = data.x_train.copy(), data.y_train
    for first in (clean, 2 * clean, 3 * clean):
        x[first : first + 100] *= factor
    x1, x2, x3 = np.split(x, [clean, clean + 100])  # temiz, ilk bozuk, kalan
    y1, y2, y3 = np.split(y, [clean, clean + 100])
    clips = {"kırpma yok": {}, "clipvalue": {"clipvalue": value}}
    clips["clipnorm"] = {"clipnorm": limit}
    clips["global_clipnorm"] = {"global_clipnorm": limit}
    # Sıra sizde (ileri): bir satır da siz ekleyin

    def build(clip):
        hidden = layers.Dense(128, activation="relu", kernel_initializer="he_normal")
        model = keras.Sequential([layers.Input(shape=(784,)), hidden, layers.Dense(10)])
        sgd = keras.optimizers.SGD(0.1, **clip)  # kırpma optimizer'a yazılır
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(sgd, loss, metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, kırpma=clips)
    for model in runs:
        model.fit(x1, y1, 100)
        step = measured_step(model, x2, y2)
        history = model.fit(x3, y3, 100, shuffle=False, validation_data=data.val)
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
        f"{behind.told('geride bitirdi', 'önde bitirdi')}. Gradyanın yönünü en çok "
        f"{angle.idxmax()} değiştirdi: {number(angle.max(), 2)} derece."
    )
    columns = {"norm": "norm", "kırpılan norm": "kırpılan", "açı (derece)": "açı"}
    title = "İlk bozuk mini-batch'in gradyanı ve adımı, sonda doğruluk"
    lab.table(summary(runs, "val_accuracy", **columns), title)
    fig, (left, right) = plots.figure(1, 2, sharey=True)
    plots.scores(runs, "val_accuracy", left)
    left.set(title="üç bozuk mini-batch'ten sonra", xlim=(0, 1))
    plots.scores(runs, "açı", right)
    right.set(title="bozuk mini-batch'te adım", xlabel="gradyanla açısı (derece)")
    lab.save(fig)

    whole = runs[runs["kırpma"] == "global_clipnorm"]
    gap = abs(whole["kırpılan"] - whole["norm"].clip(upper=limit)).max()
    lab.check("Kırpılan norm, norm ile sınırın küçüğüdür (fark {})", gap, below=1e-3)
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
@lab.section(quick={"epochs": 2, "seeds": 1})
def mixed_precision(
    weight=1e-5,  # kaybın çarpanı: çok pikselin ortalaması da gradyanı böyle küçültür
    scale=32_768.0,  # kayıp ölçekleme: LossScaleOptimizer da buradan başlar
    epochs=10,  # öğrenen ağ öğrenemeyenden bu kadar epoch'ta ayrılır
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Karma hassasiyet (mixed precision): 16 bit yeter mi?

    Soru: Kayıp yüz binde birine küçültülüyor. float16 ile hesaplanan gradyanların
    yüzde kaçı sıfır olur?
    """
    data = load_breast_cancer()
    x, y = data.x_train, data.y_train[:, None]
    val = data.x_val, data.y_val[:, None]

    def build(policy, factor):
        model = sigmoid_network(policy)
        # olağan epsilon (1e-07) bu gradyanları ezerdi; ölçek adımdan önce geri bölünür
        adam = keras.optimizers.Adam(0.01, epsilon=1e-12, loss_scale_factor=factor)
        model.compile(
            adam,
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
    learned = "öğrenemedi" if worse.mean > 0.1 else "öğrendi"
    lab.conclude(
        f"float16'da gradyanların yüzde {number(100 * zeros['float16'])} kadarı sıfır "
        f"oldu. Ağ bu gradyanlarla {learned}; kayıp ölçeklenince sıfır olan pay "
        f"{percent(zeros['float16, ölçekli'])}."
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
    lab.check("float16'da gradyanlar sıfır oluyor", zeros["float16"], above=0.3)
    lab.check("Ölçek bunu önlüyor", zeros["float16, ölçekli"], below=0.02)
    lab.check("Ölçeksiz float16 öğrenemiyor", worse.mean, above=0.2, full_size=True)
    lab.check("Kalan üç biçim eşit öğreniyor", close, below=0.05, full_size=True)


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
@lab.section(quick={"epochs": 2, "seeds": 1})
def custom_loss(
    cost=5.0,  # kaçırılan bir tümör kaç yanlış alarma bedeldir
    epochs=10,  # doğrulama kaybı bu kadar epoch'ta düzleşir
    seeds=5,  # birkaç hastalık fark şans olabilir
):
    """Kendi kaybımız: kaçırılan tümör pahalı olsun

    Soru: Kayıpta kaçırılan tümör 5 kat pahalı sayılınca ağ 114 doğrulama hastasında
    kaç tümör daha az kaçırır?
    """
    data = load_breast_cancer()

    def build(price, threshold):
        model = keras.Sequential([
            layers.Input(shape=(30,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ])
        model.compile(
            optimizer=keras.optimizers.Adam(0.003),  # olağanın üç katı: az epoch yeter
            loss=CostlyMiss(price),
            metrics=[
                keras.metrics.FalseNegatives(threshold, name="missed"),
                keras.metrics.FalsePositives(threshold, name="alarms"),
            ],
        )
        return model

    ways = {
        "cross-entropy": (1.0, 0.5),
        "pahalı kayıp": (cost, 0.5),
        "kayan eşik": (1.0, 1 / (1 + cost)),  # aynı bedel kayıpta değil, kararda
    }
    runs = lab.runs(build, seeds, yol=ways)
    for model in runs:
        model.fit(*data.train, batch_size=31, epochs=epochs)
        score = model.evaluate(*data.val, return_dict=True)
        runs.keep(kaçırılan=score["missed"], yanlış_alarm=score["alarms"])
    return runs.frame


# %%
def draw_costs(alarms, missed, cost, ax):
    """Her yol bir nokta; çizgi üstünde toplam bedel cross-entropy'ninki kadardır."""
    total = cost * missed["cross-entropy"] + alarms["cross-entropy"]
    heights = np.array([0, 2 * missed.max() + 1])
    ax.plot(total - cost * heights, heights, color="grey", linewidth=4)
    for name in missed.index:
        ax.plot(alarms[name], missed[name], "o", markersize=26)
        place = {"xytext": (18, 14), "textcoords": "offset points", "weight": "bold"}
        ax.annotate(name, (alarms[name], missed[name]), size=20, **place)
    right, top = max(alarms.max(), total), missed.max()
    ax.set(xlim=(0, 1.3 * right + 1), ylim=(-0.1 * top, 1.4 * top + 0.1))
    ax.set(xlabel="yanlış alarm", ylabel="kaçırılan tümör")
    plots.note(ax, f"gri çizgi: toplam bedel {number(total, 2)}")


# %%
@custom_loss.result
def _(runs, cost):
    """Neden: Pahalı kayıp ağı, kuşkuluyken "kötü huylu" demeye iter: az tümör kaçar, çok
    yanlış alarm verilir. Alarm eşiğini 0,5'ten 1 / (1 + bedel) değerine indirmek de
    aynı yöne iter.
    """
    runs["bedel"] = cost * runs["kaçırılan"] + runs["yanlış_alarm"]
    missed, price = final(runs, "kaçırılan").mean(), final(runs, "bedel")
    alarms = final(runs, "yanlış_alarm").mean()
    saved = paired(price["cross-entropy"], price["pahalı kayıp"])
    told = f"{number(abs(saved.mean), 2)} {'azaldı' if saved.mean > 0 else 'arttı'}"
    if not saved.clear:
        told = f"düşmedi ({saved.words})"
    fewer = missed["cross-entropy"] - missed["pahalı kayıp"]
    lab.conclude(
        f"Pahalı kayıpla ağ ortalama {number(fewer, 2)} tümör daha az kaçırdı. Kaçırılan "
        f"tümör ile yanlış alarmın toplam bedeli {told}."
    )
    columns = {"kaçırılan tümör": "kaçırılan", "yanlış alarm": "yanlış_alarm"}
    title = f"114 doğrulama hastası; bedel: {number(cost)} · kaçırılan + yanlış alarm"
    lab.table(summary(runs, **columns, bedel="bedel"), title)
    fig, ax = plots.figure()
    draw_costs(final(runs, "yanlış_alarm").mean(), missed, cost, ax)
    lab.save(fig)

    ours = CostlyMiss(1.0)(np.array([0, 1, 1]), np.array([[0.2], [0.3], [0.9]]))
    gap = abs(float(ours) + np.log([0.8, 0.3, 0.9]).mean())
    more = alarms["pahalı kayıp"] - alarms["cross-entropy"]
    lab.check("Bedel 1 iken kayıp cross-entropy'dir (fark {})", gap, below=1e-6)
    lab.check("Pahalı kayıp yanlış alarmı artırıyor", more, above=0, full_size=True)
    lab.check("Pahalı kayıpla az tümör kaçıyor", fewer, above=0, full_size=True)


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
    tumours=10,  # seyrek tümör: 72 iyi huylu hastanın yanında bu kadar
    piece=4,  # mini-batch'in boyu: çoğunda hiç tümör bulunmaz
    epochs=10,  # doğrulama kaybı bu kadar epoch'ta düzleşir
):
    """Kendi metriğimiz: F neden mini-batch mini-batch ortalanmaz?

    Soru: Ağ 10 tümörlü, 72 tümörsüz hastayı ayırıyor. F2 (kesinlik ile duyarlılığın
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
    pieces = []
    for first in range(0, len(y), piece):
        rows = slice(first, first + piece)
        metric.update_state(y[rows], p[rows])
        alone = FBeta(beta)(y[rows], p[rows])  # yalnız bu mini-batch'in F'si
        pieces.append((sum(y[rows]), float(alone)))
    pieces = pd.DataFrame(pieces, columns=["tümör", "F"])
    return pieces, float(metric.result()), (y, p), model


# %%
def draw_pieces(pieces, whole, ax):
    """Her mini-batch bir daire; tümörsüz olanların içi boş."""
    empty = pieces["tümör"] == 0
    look = {"marker": "o", "s": 350, "edgecolor": "grey", "linewidth": 3}
    for rows, colour in ((~empty, "grey"), (empty, "white")):
        ax.scatter(pieces.index[rows] + 1, pieces["F"][rows], color=colour, **look)
    ends = [1, len(pieces)]
    ax.plot(ends, [whole] * 2, linewidth=4, label="bütünün F'si")
    ax.plot(ends, [pieces["F"].mean()] * 2, linewidth=4, label="F'lerin ortalaması")
    ax.set(xlabel="mini-batch", ylabel="F", ylim=(-0.08, 1.08))
    plots.whole_epochs(ax, len(pieces))
    plots.label_lines(ax)
    plots.note(ax, "içi boş daire: tümörsüz mini-batch")


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
    mean = pieces["F"].mean()
    empty = pieces["tümör"] == 0
    lab.conclude(
        f"Mini-batch'lerin F ortalaması bütünün F'sinden yüzde "
        f"{number(100 * (1 - mean / whole), 2)} küçük oldu. {len(pieces)} mini-batch'in "
        f"{empty.sum()} tanesinde hiç tümör yok."
    )
    fig, ax = plots.figure()
    draw_pieces(pieces, whole, ax)
    lab.save(fig)

    y, p = patients
    gap = abs(whole - fbeta_score(y, p[:, 0] > 0.5, beta=beta))
    x = load_breast_cancer().x_val
    with start_python(LOAD) as fresh:
        elsewhere, told = predict_in(fresh, lab.save(model), x)
    lab.say(f"Sınıflar içe aktarılmadan: {told.split('.')[0]}.")
    moved = largest_difference(model.predict(x), elsewhere)
    lab.check("Biriken F, scikit-learn'ün F'sidir (fark {})", gap, below=1e-6)
    lab.check("Yeni süreçte yüklenen model aynıdır (fark {})", moved, below=1e-6)
    lab.check("Ortalama bütünün altında", whole - mean, above=0.1, full_size=True)


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


class KeepWeights(keras.callbacks.Callback):
    """Her epoch'un sonunda ağırlıkları saklar."""

    def on_train_begin(self, logs=None):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


# %%
@lab.section(quick={"n_train": 500, "epochs": 3})
def custom_train_step(
    aux_weight=0.3,  # yardımcı kaybın ağırlığı (uygulama 03, bölüm 6)
    n_train=5_000,  # elle yazılan döngü yavaştır: az görüntü yeter
    epochs=30,  # erken durdurma daha önce durdurur
):
    """train_step: fit'in içinde kendi adımımız

    Soru: Eğitim adımını biz yazıp fit'i çağırıyoruz. fit'in dört işinden (mini-batch'e
    bölme, doğrulama, callback, en iyi ağırlığa dönüş) kaçı kendiliğinden sürer?
    """
    data = load_mnist(n_train, 2_000)
    inputs = keras.Input(shape=(784,))
    early = layers.Dense(128, activation="relu")(inputs)
    late = layers.Dense(128, activation="relu")(early)
    main = layers.Dense(10, activation="softmax", name="main")(late)
    aux = layers.Dense(10, activation="softmax", name="aux")(early)
    model = TwoHeadModel(inputs, [main, aux])
    model.aux_weight = aux_weight
    adam = keras.optimizers.Adam(0.003, global_clipnorm=1.0)  # kırpma (bölüm 6)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    restart(model, lab.seed)
    loss_fn = keras.losses.SparseCategoricalCrossentropy()
    by_hand = []  # aynı adım, elle yazılan döngüde iki epoch
    for _ in range(2):
        for first in range(0, n_train, 100):
            x = data.x_train[first : first + 100]
            y = data.y_train[first : first + 100]
            with tf.GradientTape() as tape:
                main, aux = model(x, training=True)
                loss = loss_fn(y, main) + aux_weight * loss_fn(y, aux)
            gradients = tape.gradient(loss, model.trainable_variables)
            adam.apply(gradients, model.trainable_variables)
        by_hand.append(model.get_weights())
    restart(model, lab.seed)
    stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    keep = KeepWeights()
    watch = {"validation_data": data.val, "callbacks": [stop, keep], "shuffle": False}
    history = model.fit(*data.train, 100, epochs, **watch)
    return tidy(history), model, by_hand, keep.weights


# %%
def validation_loss(model, weights, val):
    """Ana çıkışın doğrulama kaybı, Keras'sız: -log p'nin ortalaması."""
    model.set_weights(weights)
    x, y = val
    p = model.predict(x)[0]
    return -np.log(p[range(len(p)), y]).mean()


# %%
@custom_train_step.result
def _(history, model, by_hand, by_fit, n_train):
    """Neden: fit her mini-batch'te bizim train_step'imizi çağırır. Mini-batch'e bölme,
    doğrulama ve callback'ler fit'in kendi döngüsündedir: onlara dokunmadık.
    """
    val = load_mnist(n_train, 2_000).val
    loss = history["val_loss"]
    best = loss.idxmin()
    steps = len(loss) * -(-n_train // 100)  # son mini-batch yarım olabilir
    back = largest_difference(model.get_weights(), by_fit[best])
    last = validation_loss(model, by_fit[-1], val)
    jobs = {
        "mini-batch'e bölme": int(model.optimizer.iterations) == steps,
        "doğrulama": abs(last - loss.iloc[-1]) < 1e-4,
        "callback": len(by_fit) == len(loss),
        "en iyi ağırlığa dönüş": back == 0,
    }
    kept = [job for job, done in jobs.items() if done]
    lab.conclude(f"fit'in dört işinden {len(kept)} tanesi kendiliğinden sürdü.")
    fig, ax = plots.figure()
    ax.plot(history["epoch"], loss, linewidth=4)
    losses = [validation_loss(model, weights, val) for weights in by_hand]
    ax.plot([1, 2], losses, "C1o", markersize=26, fillstyle="none", markeredgewidth=4)
    ax.plot(best + 1, loss[best], "*", markersize=36, color="C2")
    ax.set(ylabel="ana çıkışın doğrulama kaybı", xlabel="epoch")
    plots.whole_epochs(ax, len(loss))
    plots.note(ax, "eğri: fit, daire: elle yazılan döngü, yıldız: dönülen ağırlıklar")
    lab.save(fig)
    same = len(by_fit[:2]) - 1  # epochs=1 denenirse yalnız ilk epoch
    gap = largest_difference(by_hand[same], by_fit[same])
    lab.check("Elle yazılan döngü de aynı ağırlıklara varıyor", gap, below=1e-4)
    lab.check("fit dört işini de sürdürüyor", len(kept), equal=4)


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
    measure=lambda found: found[""]["fark"].min(),
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
    solution='clips["gevşek clipvalue"] = {"clipvalue": 10 * value}',
)


if __name__ == "__main__":
    lab.run()
