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
lab.option(
    "--uzun",
    "Uzun eğitim için yazın: --bolum 11 --ayar epochs=40 width=512 blocks=2",
    gone=True,
)
lab.option("--ablasyon", "Onun işini bölüm 13 görür: --bolum 13", gone=True)

import math
import re
import textwrap
import unicodedata
import warnings
from functools import partial
from pathlib import Path
from timeit import default_timer, repeat, timeit

import keras
import ml_dtypes
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, ops, regularizers
from sklearn.metrics import fbeta_score

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
)
from common.classroom.records import read_record
from common.files import BACKUP

two = partial(percent, digits=2)  # mini projede onda bir puan da önemli
CROSS_ENTROPY = "sparse_categorical_crossentropy"
PROJECT, POSTER = "mini_project", "mini_project_poster"
BASELINE, OURS = "referans model", "mini proje"
BEST = "en_iyi.weights.h5"
PUBLISHED = 150, 160  # tarifin 20 epoch sonraki test yanlışı: %98,4-98,5
POSTER_LAYOUT = "GGGGGGTTTTCCCC;GGGGGGTTTTCCCC;GGGGGGHHHHaabb;GGGGGGHHHHccdd"
MOST_BOXES = 17  # posterde okunan en büyük çizge


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


# --- bölüm 10'un sınıfının kopyası: birleştirmede silinir ---
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


# --- kopyanın sonu ---


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
    quick={"n_train": 2_000, "epochs": 3, "width": 32, "baseline_epochs": 1},
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
    if dropout >= 1:
        raise LabError("dropout 1'den küçük olmalı: bütün nöronlar kapanmasın.")
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
    answers = pd.DataFrame({"gerçek": data.y_test})
    for name, network in {BASELINE: baseline, OURS: project}.items():  # test: bir kez
        answers[name] = network.predict(data.x_test, batch_size=1_000).argmax(axis=1)
    return answers, {BASELINE: plain, OURS: history}, project


# %%
def draw_race(histories, ax):
    """Doğrulama doğruluğu, geçen saniyeye karşı."""
    for name, history in histories.items():
        seconds = np.cumsum(history.history["saniye"])
        accuracy = history.history["val_accuracy"]
        ax.plot(seconds, accuracy, marker="o", linewidth=3.5, label=name)
    middle = np.median(histories[OURS].history["val_accuracy"])
    ax.set(xlabel="eğitimde geçen saniye", ylabel="doğrulama doğruluğu")
    ax.set_ylim(bottom=middle - 0.02)
    plots.label_lines(ax)


def draw_mistakes(wrong, ax):
    """İki modelin test yanlışları; yanlarında tarifin bilinen düzeyi."""
    bars = ax.barh(list(wrong.index), wrong, color=["C0", "C1"], height=0.5)
    look = {"fontsize": plots.FONT + 8, "weight": "bold", "color": "white"}
    ax.bar_label(bars, label_type="center", **look)
    ax.axvspan(*PUBLISHED, color="grey", alpha=0.4, linewidth=0)
    ax.set(xlabel="10 000 test rakamında yanlış", ylim=(1.5, -0.5))
    plots.note(ax, "gri şerit: tarifin 20 epoch sonraki düzeyi (%98,4-98,5)")


def told_removed(wrong):
    """Giderilen yanlışların payı, bir sözle."""
    removed = 100 * (1 - wrong[OURS] / wrong[BASELINE])
    if removed < 0:
        return f"yanlışlarını yüzde {-removed:.0f} artırdı"
    return f"yanlışlarının yüzde {removed:.0f} kadarını giderdi"


# %%
@mini_project.result
def _(answers, histories, project, peak):
    """Neden: Mini proje aynı saniyelere daha çok epoch sığdırır. Gürültü ve Dropout
    ezberlemeyi zorlaştırır: uzayan eğitim işe yarar. LR sıfıra inerken doğrulama
    doğruluğu yükselmeyi sürdürür.
    """
    right = answers[[BASELINE, OURS]].eq(answers["gerçek"], axis=0)
    wrong = (~right).sum()
    gain = paired(right[OURS], right[BASELINE])  # görüntü görüntü
    lab.conclude(
        f"Teknikler birlikte, referans modelin test {told_removed(wrong)}. Test "
        f"doğruluğu referans modelin doğruluğundan {gain.told('yüksek', 'düşük')}."
    )
    table = pd.DataFrame({"test doğruluğu": right.mean(), "test yanlışı": wrong})
    table["epoch"] = [len(history.epoch) for history in histories.values()]
    table["saniye"] = [sum(told.history["saniye"]) for told in histories.values()]
    lab.table(table.rename_axis("model"), "İki eğitim", {"test doğruluğu": two})
    fig, axes = plots.figure(1, 2)
    draw_race(histories, axes[0])
    draw_mistakes(wrong, axes[1])
    lab.save(fig)
    lab.save(project)
    history = histories[OURS].history
    data = load_mnist(1)
    guesses = project.predict(data.x_val, batch_size=1_000).argmax(axis=1)
    best = history["val_accuracy"][np.argmin(history["val_loss"])]
    gap = abs((guesses == data.y_val).mean() - best)
    rate = history["LR"][-1]
    lab.check("Kaydedilen ağ en iyi epoch'un ağıdır (fark {})", gap, below=1e-3)
    lab.check("LR sonda tepenin yüzde birinden küçük", rate, below=0.01 * peak)
    lab.check("Testte %98,5 geçildi", right[OURS].mean(), above=0.985, full_size=True)
    lab.check("Referans model de geçildi", gain.mean, above=0.001, full_size=True)


# %% [markdown]
# ## 12 · Poster
# %%
def load_project(folder):
    """Mini projenin modeli ve değişen ayarları; tablosuyla tutmuyorsa LabError."""
    stem = folder / lab.sections[PROJECT].stem
    again = lab.rerun_command(f"{PROJECT} {POSTER}", "--surdur")
    try:
        model = keras.models.load_model(f"{stem}.keras", compile=False)
        told = pd.read_csv(f"{stem}.csv")[OURS]
        changed = read_record(Path(f"{stem}.json"))["changed"]
        guesses = model.predict(load_mnist(1).x_test, batch_size=1_000)
        same = (guesses.argmax(axis=1) == told).mean() > 0.999
    except Exception as error:  # yok, bozuk ya da başka bir programın: türü çok
        told = f"Poster mini projeyi ister; okunamadı: {stem}.keras"
        raise LabError(f"{told}\nÖnce: {again}") from error
    if not same:
        told = f"Model ile tablosu ayrı koşulardan: {stem}.keras, {stem}.csv"
        raise LabError(f"{told}\nÖnce: {again}")
    return model, changed


def told_against_class(model, data):
    """Doğrulama görüntülerinde sınıfın koşusundan fark, bir cümle."""
    if lab.report.folder == lab.folder:
        return "Bu, sınıfın koşusudur."
    try:
        reference, _ = load_project(lab.folder)
    except LabError:
        return "Sınıfın koşusu bu bilgisayarda yok."
    right = []
    for network in (model, reference):
        guesses = network.predict(data.x_val, batch_size=1_000).argmax(axis=1)
        right.append(guesses == data.y_val)
    told = paired(*right).told("yüksek", "düşük")
    return f"Doğrulama doğruluğu sınıfın koşusundan {told}."


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
    ("04", lab.sections[PROJECT].stem, "mini proje: tüm teknikleri birleştir",
     "test doğruluğu; referans model",
     lambda t: [(t[name] == t["gerçek"]).mean() for name in (OURS, BASELINE)]),
)  # fmt: skip


# %%
def report_card():
    """Her uygulamanın başlıca sayısı; tablosu yoksa ya da bozuksa bunu söyler."""
    rows = []
    for app, table, claim, what, read in HEADLINES:
        path = lab.base / f"uygulama_{app}" / f"{table}.csv"
        try:
            shares = [float(share) for share in read(pd.read_csv(path))]
            if len(shares) not in (1, 2) or not all(0 <= s <= 1 for s in shares):
                raise ValueError(path)
            value = "; ".join(map(two, shares))
        except Exception:  # yok, bozuk ya da başka bir programın: türü çok
            value = f"dersin koşusu yok (uygulama {app}, bölüm {int(table[:2])})"
        rows.append((app, claim, what, value))
    return pd.DataFrame(rows, columns=["uygulama", "slaytın sözü", "ölçülen", "değer"])


# %%
@lab.section(options=("ad",))
def mini_project_poster():
    """Mini projenin posteri ve günün karnesi

    Soru: Mini proje, yanlış okuduğu test rakamlarında ortalama yüzde kaç emindir?
    """
    data = load_mnist(1)  # eğitim görüntüsü gerekmez
    model, changed = load_project(lab.report.folder)
    probabilities = model.predict(data.x_test, batch_size=1_000)
    answers = pd.DataFrame({"gerçek": data.y_test})
    answers["tahmin"] = probabilities.argmax(axis=1)
    answers["eminlik"] = probabilities.max(axis=1)  # softmax'ın en büyük olasılığı
    told = told_against_class(model, data)
    return answers, report_card(), model, changed, told


# %%
def file_suffix(name):
    """Adın dosya adına girecek biçimi: harfler sadeleşir, kalanı _ olur."""
    if not name:
        return ""
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i"))
    plain = plain.encode("ascii", "ignore").decode()
    return "_" + (re.sub(r"\W+", "_", plain).strip("_") or "poster")


def most_confused(answers):
    """En çok karışan rakam çiftleri, çoktan aza."""
    wrong = answers[answers["gerçek"] != answers["tahmin"]]
    pairs = wrong.groupby(["gerçek", "tahmin"]).size().rename("kez").reset_index()
    return pairs.sort_values("kez", ascending=False, kind="stable").head(6)


def draw_confusions(pairs, ax):
    """Karışan çiftler, çubuk çubuk."""
    names = [f"{pair.gerçek} yerine {pair.tahmin}" for pair in pairs.itertuples()]
    bars = ax.barh(names[::-1], pairs["kez"][::-1], color="C1")
    ax.bar_label(bars, padding=6, fontsize=plots.FONT)
    ax.set_title("en çok karışan rakamlar")
    ax.grid(visible=False)
    ax.set(xticks=[], xlim=(0, 1.25 * pairs["kez"].max()))


def draw_confidence(answers, ax):
    """Doğru ve yanlış yanıtlarda eminliğin dağılımı."""
    right = answers["gerçek"] == answers["tahmin"]
    edges = np.linspace(0, 1, 11)
    for chosen, name in ((right, "doğru"), (~right, "yanlış")):
        counts, _ = np.histogram(answers["eminlik"][chosen], edges)
        share = 100 * counts / max(1, counts.sum())
        ax.plot(100 * edges[1:] - 5, share, marker="o", linewidth=3.5, label=name)
    ax.set(xlabel="modelin eminliği (%)", ylabel="yanıtların yüzdesi")
    plots.label_lines(ax)


def write_story(model, lines, axes):
    """Posterin sol yanı: ağın çizgesi; yanında ayarlar ve sınıfın koşusundan fark."""
    text = "\n\n".join(textwrap.fill(line, 28) for line in lines)
    axes["T"].text(0, 0.5, text, size=plots.FONT + 5, va="center", parse_math=False)
    axes["T"].axis("off")
    axes["G"].axis("off")
    if len(model.layers) <= MOST_BOXES:
        model_graph(model, ax=axes["G"])
    else:
        axes["G"].text(0, 0.5, f"{len(model.layers)} katman", size=plots.FONT + 5)


# %%
@mini_project_poster.result
def _(answers, card, model, changed, told):
    """Neden: Ağ, iki rakama benzeyen görüntüde olasılığı bölüştürür: çoğu yanlışta
    eminliği düşüktür. Bazı görüntüler başka bir rakama benzer; ağ onlarda emindir.
    """
    right = answers["gerçek"] == answers["tahmin"]
    wrong = answers[~right]
    sure = answers["eminlik"].groupby(right).mean().reindex([True, False])
    lab.conclude(
        f"Ağ, yanlış okuduğu {len(wrong)} rakamda ortalama {percent(sure[False])} "
        f"emin. Doğru okuduğu rakamlarda eminliği {percent(sure[True])}."
    )
    pairs = most_confused(answers)
    lab.table(pairs, "En çok karışan rakamlar (test)")
    lab.table(card, "Günün karnesi")
    name = lab.options["ad"][:30]
    title = f"{name or 'Mini proje'}: test doğruluğu {two(right.mean())}"
    fig, axes = plots.mosaic(POSTER_LAYOUT, title=title.replace("$", r"\$"))
    draw_confusions(pairs, axes["C"])
    draw_confidence(answers, axes["H"])
    worst = wrong.sort_values("eminlik", ascending=False).head(4)
    shown = [
        f"{row.gerçek} yerine {row.tahmin}\n{percent(row.eminlik, digits=0)} emin"
        for row in worst.itertuples()
    ]
    images = load_mnist(1).x_test[worst.index]
    plots.digits([axes[letter] for letter in "abcd"], images, shown)
    own = f"Değişen ayar: {changed}" if changed else "Sınıfın ayarlarıyla eğitildi."
    missed = f"10 000 test rakamının {len(wrong)} tanesini yanlış okudu."
    write_story(model, [own, missed, told], axes)
    lab.save(fig, file_suffix(name))
    lab.check("Ağ yanlışta daha az emin", sure[False] - sure[True], below=0)


# %% [markdown]
# ## 13 · Ablasyon
# %%
LOST = "kapanınca düşen puan"
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
    küçüktür; tohumlar arasındaki fark onu örter.
    """
    accuracy = final(runs, "val_accuracy")
    whole = accuracy.pop("hiçbiri")
    gains = {name: paired(whole, accuracy[name]) for name in accuracy}
    clear = [name for name, gain in gains.items() if gain.clear]
    helped = [name for name in clear if gains[name].mean > 0]
    told = f": {', '.join(helped)}" if helped else ""
    lab.conclude(
        f"Tek başına kapatılan {len(gains)} teknikten {len(helped)} tanesinde doğruluk "
        f"şanstan ayrılacak kadar düştü{told}. {len(gains) - len(clear)} tanesinde fark "
        "şanstan ayrılmıyor."
    )
    lost = -100 * accuracy.sub(whole, axis=0)
    lost = lost.melt(ignore_index=False, value_name=LOST).reset_index()
    lost = lost[["kapalı", "tohum", LOST]]
    lab.table(summary(lost, LOST), "Teknik kapanınca düşen doğruluk")
    fig, ax = plots.figure()
    plots.scores(lost, LOST, ax)
    ax.axvline(0, color="black")
    lab.save(fig)
    most = max(gain.mean for gain in gains.values())
    lab.check("Dokuz teknik tek tek kapatıldı", len(gains), equal=9)
    claim = "Hiçbir teknik tek başına iki puan getirmiyor"
    lab.check(claim, most, below=0.02, full_size=True)


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


if __name__ == "__main__":
    lab.run()
