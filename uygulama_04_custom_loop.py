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

from alistirmalar import sinamalar
from common import (
    LabError,
    largest_difference,
    load_breast_cancer,
    load_mnist,
    model_graph,
    number,
    percent,
    plots,
    predict_in,
    restart,
    set_seed,
    start_python,
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
lab.exercise(
    level="yaz",
    section="custom_loop",
    file="alistirmalar/04_train_step.py",
    judge=sinamalar.train_step,
    task="alistirmalar/04_train_step.py: fit'in bir adımını GradientTape ile yazın.",
    hint="Bölüm 2'nin döngüsündeki altı satır, aynı sırayla.",
)


if __name__ == "__main__":
    lab.run()
