"""Uygulama 03 · Functional API ve çoklu girdi/çıkış        (14:00-15:15)

Sequential'ın yapamadıkları: iki girdi, iki çıkış, dal, birleştirme, artık bağlantı (skip
connection), yardımcı kayıp (auxiliary loss) ve paylaşılan katman. Her biri kurulur, çizilir,
ölçülür.

    python uygulama_03_functional_api.py                             bütün bölümler
    python uygulama_03_functional_api.py --bolum 4                   tek bölüm
    python uygulama_03_functional_api.py --bolum 4 --ayar depth=4    ya şöyle olsaydı?
    python uygulama_03_functional_api.py --yardim                    öteki seçenekler
"""

# %% [markdown]
# # Uygulama 03 · Functional API

# %%
from common import Lab

lab = Lab("uygulama_03_functional_api", "Uygulama 03 · Functional API", "14:00-15:15")

from textwrap import shorten

import keras
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers
from sklearn.preprocessing import KBinsDiscretizer

from common import (
    largest_difference,
    load_breast_cancer,
    load_mnist,
    model_graph,
    number,
    percent,
    plots,
    restart,
    set_seed,
    tidy,
)

CROSS_ENTROPY = "sparse_categorical_crossentropy"


def message(attempt, length=70):
    """Keras bu denemeye ne der? İletisinin başı; kabul ederse boş."""
    try:
        attempt()
    except ValueError as error:
        return shorten(str(error), length, placeholder=" …")
    return ""


def mean_and_std(runs):
    """Tohumların ortalaması ve std'si, tabloya yazıldığı gibi."""
    return percent(runs.mean(), runs.std())


# %% [markdown]
# ## 1 · Sequential'dan Functional'a
# %%
@lab.section
def sequential_to_functional(
    neurons=16,  # her katmanda: çizgede şekiller kolay izlensin
):
    """Sequential'dan Functional'a: beş sınır, tek çizge

    Soru: Slayt Sequential'ın beş sınırını sayar: Keras bunların kaçını gerçekten geri çevirir?

    Neden: Sequential bir katman listesidir: her katmanın bir girdisi ve bir çıktısı vardır.
    Functional'da katman bir fonksiyon gibi çağrılır: tensör girer, tensör çıkar. Aynı tensör
    iki katmana verilebilir, iki tensör bir katmanda buluşabilir.
    """
    data = load_breast_cancer()
    sequential = keras.Sequential([layers.Input(shape=(30,))])
    sequential.add(layers.Dense(neurons, activation="relu"))
    sequential.add(layers.Dense(1, activation="sigmoid"))
    inputs = keras.Input(shape=(30,))
    x = layers.Dense(neurons, activation="relu")(inputs)  # katman çağrılır
    outputs = layers.Dense(1, activation="sigmoid")(x)
    functional = keras.Model(inputs, outputs)
    functional.set_weights(sequential.get_weights())
    gap = largest_difference([sequential(data.x_val)], [functional(data.x_val)])

    start, dense = layers.Input(shape=(20,)), layers.Dense(20)
    attempts = {  # sınır: Sequential'a yazılışı, Functional'da yazılışı
        "tek girdi": (
            [start, layers.Input(shape=(10,)), dense],
            "Model([one, two], …)",
        ),
        "tek çıkış": (
            [start, dense, [layers.Dense(1), layers.Dense(3)]],
            "Model(…, [main, aux])",
        ),
        "dal yok": ([start, [dense, layers.Dense(8)], dense], "a(x), b(x)"),
        "lineer katman sırası": (
            [start, dense, layers.Concatenate()],
            "Concatenate()([x1, x2])",
        ),
        "artık bağlantı yok": ([start, dense, layers.Add()], "Add()([x, h])"),
    }
    limits = []
    for limit, (parts, cure) in attempts.items():
        said = message(lambda parts=parts: keras.Sequential(parts))
        limits.append({
            "sınır": limit,
            "Keras'ın dediği": said or "hata yok",
            "Functional": cure,
        })
    limits = pd.DataFrame(limits)
    lab.table(limits, "Aynısını Sequential'a yazınca")

    one, two = (
        keras.Input(shape=(20,), name="one"),
        keras.Input(shape=(10,), name="two"),
    )
    x1 = layers.Dense(neurons, activation="relu")(one)
    x2 = layers.Dense(neurons, activation="relu")(two)
    x = layers.Concatenate()([x1, x2])  # iki dal birleşir
    h = layers.Dense(2 * neurons, activation="relu")(
        x
    )  # x iki yere gider: buraya ve Add'e
    x = layers.Add()([x, h])  # artık bağlantı
    main = layers.Dense(1, activation="sigmoid", name="main")(x)
    aux = layers.Dense(3, activation="softmax", name="aux")(x)
    model = keras.Model([one, two], [main, aux])

    fig, (left, right) = plots.figure(
        1, 2, title="Sequential tek yoldur, Functional bir çizge"
    )
    model_graph(sequential, "Sequential", left)
    model_graph(model, "Functional: beşi de tek modelde", right)
    lab.save(fig)

    refused = int((limits["Keras'ın dediği"] != "hata yok").sum())
    same = "hiç değişmedi" if gap == 0 else f"en çok {number(gap)} değişti"
    lab.conclude(
        f"Keras'ın geri çevirdiği deneme: {refused} / {len(limits)}; Functional hepsini tek "
        f"modelde kurdu. Aynı ağ iki yoldan yazılınca çıktı {same}."
    )
    lab.check("Sequential'ın geri çevirdiği", refused, equal=len(limits))
    lab.check("iki yazılışın çıktılarının farkı", gap, below=1e-6)
    lab.check(
        "Functional: girdi + çıkış sayısı", len(model.inputs + model.outputs), equal=4
    )
    forgotten = message(lambda: keras.Model(one, [main, aux]))
    lab.check("inputs= eksikse hata (1: var)", bool(forgotten), equal=1)
    return limits


# %% [markdown]
# ## 2 · Çoklu girdi, çoklu çıkış
# %%
@lab.section(quick={"epochs": 2, "seeds": 1})
def multi_input_output(
    measures=("yarıçap (hata)", "alan (hata)"),  # kategoriye çevrilen iki ölçü
    bins=5,  # her ölçü kaç kategori: slaytın 10 sütununa varsın
    aux_weight=0.5,  # ikinci çıkışın kaybı toplamda yarım sayılır
    lr=0.003,  # Adam'ın varsayılanının üç katı: az epoch yetsin
    batch=31,  # 341 eğitim hastası = 11 eşit mini-batch
    momentum=0.9,  # slaytta yok: Keras'ın 0.99'u az adımda geriden gelir (uygulama 01)
    epochs=12,  # doğrulama kaybı düzleşmeye başlayana kadar
    seeds=4,  # küçük kümede fark ancak yayılımıyla okunur
):
    """Çoklu girdi, çoklu çıkış: slaytın modeli

    Soru: 10 kategori, 20 sayısal ölçünün yanına gelince tanının doğruluğunu kaç puan artırır?

    Neden: Yeni girdi, ötekilerin güç söylediğini söylüyorsa işe yarar. Ortalama ve en kötü ölçüler
    tanıyı zaten bilir. Değişkenlik onların oranıdır: az hastayla bölmeyi öğrenmek güçtür,
    kategoriler kestirme bir ipucu verir. İki çıkışın kayıpları ağırlıklarıyla toplanır.
    """
    data, raw = load_breast_cancer(), load_breast_cancer(scaled=False)
    names = data.feature_names
    numeric = [i for i, name in enumerate(names) if "hata" not in name]
    chosen = [names.index(name) for name in measures]
    worst, mean = names.index("alan (en kötü)"), names.index("alan (ortalama)")
    binning = KBinsDiscretizer(bins, encode="onehot-dense", quantile_method="linear")
    binning.fit(raw.x_train[:, chosen])  # sınırları yalnız eğitim kümesi belirler
    thirds = np.quantile(raw.x_train[:, worst] / raw.x_train[:, mean], (1 / 3, 2 / 3))
    x, y = {}, {}
    for part in ("train", "val", "test"):
        scaled, measured = getattr(data, f"x_{part}"), getattr(raw, f"x_{part}")
        cat = binning.transform(measured[:, chosen]).astype("float32")
        x[part] = {"num": scaled[:, numeric], "cat": cat}
        ratio = measured[:, worst] / measured[:, mean]  # değişkenlik: az, orta, çok
        y[part] = {
            "main": getattr(data, f"y_{part}"),
            "aux": np.digitize(ratio, thirds),
        }

    inp_num = keras.Input(shape=(20,), name="num")
    inp_cat = keras.Input(shape=(len(measures) * bins,), name="cat")
    x1 = layers.Dense(64, "relu")(inp_num)  # sayısal dal
    x1 = layers.BatchNormalization(momentum=momentum)(x1)
    x1 = layers.Dropout(0.3)(x1)
    x2 = layers.Dense(32, "relu")(inp_cat)  # kategorik dal
    merged = layers.concatenate([x1, x2])
    h = layers.Dense(64, "relu")(merged)
    out_main = layers.Dense(1, "sigmoid", name="main")(h)  # tanı
    out_aux = layers.Dense(3, "softmax", name="aux")(h)  # değişkenlik
    model = keras.Model(inputs=[inp_num, inp_cat], outputs=[out_main, out_aux])
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss={"main": "binary_crossentropy", "aux": "sparse_categorical_crossentropy"},
        loss_weights={"main": 1.0, "aux": aux_weight},
        metrics={"main": "accuracy", "aux": "accuracy"},
    )
    runs = []
    for given, (num, cat) in {
        "num": (1, 0),
        "cat": (0, 1),
        "num + cat": (1, 1),
    }.items():
        # verilmeyen girdi 0 ile çarpılır: ağ ve başlangıcı aynı kalır
        seen = {k: {"num": num * v["num"], "cat": cat * v["cat"]} for k, v in x.items()}
        xy = seen["train"], y["train"]
        val = {
            "validation_data": (seen["val"], y["val"]),
            "validation_batch_size": 1_000,
        }
        for seed in lab.each(lab.seeds(seeds), f"girdi {given}, tohum"):
            restart(model, seed)
            run = model.fit(*xy, batch_size=batch, epochs=epochs, verbose=0, **val)
            runs.append(tidy(run, girdi=given, tohum=seed).iloc[-1])
    test = model.evaluate(
        x["test"], y["test"], batch_size=1_000, verbose=0, return_dict=True
    )

    outputs = {
        "val_main_accuracy": "main (tanı)",
        "val_aux_accuracy": "aux (değişkenlik)",
    }
    runs = pd.DataFrame(runs).rename(columns=outputs)
    scores = runs.melt(["girdi", "tohum"], outputs.values(), "çıkış", "doğruluk")
    table = scores.groupby(["çıkış", "girdi"], sort=False)["doğruluk"].agg([
        "mean",
        "std",
    ])
    lab.table(
        table, f"Doğrulama doğruluğu, {seeds} tohum", {"mean": percent, "std": percent}
    )
    fig, axes = plots.mosaic("GX", title="İki girdi, iki çıkış (Breast Cancer)")
    look = {
        "hue": "çıkış",
        "markers": ["o", "s"],
        "linestyle": "none",
        "errorbar": "sd",
    }
    sns.pointplot(scores, x="girdi", y="doğruluk", dodge=0.15, ax=axes["X"], **look)
    axes["X"].set(
        ylabel="doğrulama doğruluğu (± std)", xlabel="verilen girdi", ylim=(0, 1.05)
    )
    model_graph(model, "", axes["G"])
    lab.save(fig)

    by_seed = scores.pivot_table("doğruluk", ["çıkış", "tohum"], "girdi", sort=False)
    gain = (by_seed["num + cat"] - by_seed["num"]).groupby(
        "çıkış", sort=False
    )  # tohum tohum
    main, aux = gain.mean()
    noise = np.where(abs(gain.mean()) > 2 * gain.sem(), "", " (gürültüden ayrılmıyor)")
    lab.conclude(
        f"Kategorilerin doğruluğa katkısı: tanıda {number(100 * main, 2)} puan{noise[0]}, "
        f"değişkenlikte {number(100 * aux, 2)} puan{noise[1]}. Testte tanının doğruluğu: "
        f"{percent(test['main_accuracy'])}."
    )
    by_hand = (
        (20 + 1) * 64 + 4 * 64 + (len(measures) * bins + 1) * 32 + (64 + 32 + 1) * 64
    )
    by_hand += (64 + 1) * 1 + (64 + 1) * 3
    lab.check("elle sayılan parametre = Keras", by_hand, equal=model.count_params())
    spread = np.ptp(x["train"]["cat"].mean(axis=0))
    lab.check("kategorilerin payı: en çok - en az", spread, below=0.01)
    total = test["main_loss"] + aux_weight * test["aux_loss"]
    lab.check("kayıp - Σ w · kayıp", abs(test["loss"] - total), below=1e-5)
    lab.check("kategoriler tanıda", main, within=(-0.02, 0.03), full_size=True)
    lab.check("kategoriler değişkenlikte", aux, above=0.01, full_size=True)
    lab.check("testte tanı", test["main_accuracy"], above=0.92, full_size=True)
    return scores


# %% [markdown]
# ## 3 · Concatenate mi, Add mi?
# %%
@lab.section(quick={"n_train": 1_000, "epochs": 1, "seeds": 1})
def concatenate_or_add(
    width=64,  # dalların genişliği
    n_train=5_000,  # karşılaştırmaya yeten, saniyeler süren MNIST alt kümesi
    epochs=2,  # öğrenmenin çoğu ilk epoch'larda
    seeds=3,  # yayılım görünsün
):
    """Concatenate mi, Add mi? İki birleştirme

    Soru: 64 genişlikte iki dal Concatenate yerine Add ile birleşince 10 nöronlu çıkış katmanı kaç
    parametre azalır?

    Neden: Concatenate iki dalı yan yana koyar: genişlikler toplanır, çıkış her dala ayrı ağırlık
    verir. Add karşılıklı sayıları toplar, iki dal aynı ağırlığı paylaşır: W(a + b) = Wa + Wb.
    Genişlikler eşit olmalıdır; yalnız 1 genişliği hata vermez, her sayıya eklenir (broadcast).
    """
    data = load_mnist(n_train, 2_000)
    x, x_val = (
        {"top": v[:, :392], "bottom": v[:, 392:]} for v in (data.x_train, data.x_val)
    )
    narrow = width // 2  # Add'in koşulunu bozar
    merges = {  # ad: birleştiren katman, ikinci dalın genişliği
        "Concatenate": (layers.Concatenate(), width),
        "Add": (layers.Add(), width),
        "izdüşümlü Add": (layers.Add(), narrow),
        # Sıra sizde (ileri): bir satır da siz ekleyin
    }
    models, runs = {}, []
    for name, (merge, second) in merges.items():
        top = keras.Input(shape=(392,), name="top")  # görüntünün üst yarısı
        bottom = keras.Input(shape=(392,), name="bottom")
        one = layers.Dense(width, activation="relu")(top)
        two = layers.Dense(second, activation="relu")(bottom)
        by_hand = (392 + 1) * width + (392 + 1) * second
        if second != width:  # Add için iki dal eşitlenir
            two = layers.Dense(width, use_bias=False, name="projection")(two)
            by_hand += second * width
        merged = merge([one, two])
        digit = layers.Dense(10, activation="softmax", name="digit")(merged)
        by_hand += ((2 * width if name == "Concatenate" else width) + 1) * 10
        model = models[name] = keras.Model([top, bottom], digit)
        model.compile(
            "adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)
            model.fit(x, data.y_train, batch_size=100, epochs=epochs, verbose=0)
            accuracy = model.evaluate(x_val, data.y_val, batch_size=1_000, verbose=0)[1]
            runs.append((
                name,
                merged.shape[-1],
                by_hand,
                model.count_params(),
                seed,
                accuracy,
            ))
    columns = ["birleştirme", "genişlik", "elle", "Keras", "tohum", "val_accuracy"]
    runs = pd.DataFrame(runs, columns=columns)
    table = runs.groupby(columns[:4], sort=False)["val_accuracy"].agg(["mean", "std"])
    lab.table(
        table, f"Doğrulama doğruluğu, {seeds} tohum", {"mean": percent, "std": percent}
    )

    added = []
    for second in (width, narrow, 1):
        pair = [keras.Input(shape=(width,)), keras.Input(shape=(second,))]
        said = message(lambda pair=pair: layers.Add()(pair))
        said = said or f"hata yok, çıktının genişliği {layers.Add()(pair).shape[-1]}"
        added.append({"Add": f"{width} + {second}", "Keras'ın dediği": said})
    lab.table(pd.DataFrame(added), "Hangi genişlikler toplanır?")

    fig, (left, right) = plots.figure(
        1, 2, title="Concatenate yan yana koyar, Add toplar"
    )
    model_graph(models["Concatenate"], "Concatenate", left)
    model_graph(models["izdüşümlü Add"], f"izdüşümlü Add: {narrow} → {width}", right)
    lab.save(fig)

    joined, summed = models["Concatenate"], models["Add"]
    *branches, kernel, bias = summed.get_weights()
    joined.set_weights([
        *branches,
        np.vstack([kernel, kernel]),
        bias,
    ])  # iki dala aynı ağırlık
    gap = largest_difference([joined(x_val)], [summed(x_val)])
    fewer = joined.count_params() - summed.count_params()
    scores = runs.pivot_table("val_accuracy", "tohum", "birleştirme")
    better = scores["Concatenate"] - scores["Add"]  # tohum tohum
    clear = abs(better.mean()) > 2 * better.sem()
    lab.conclude(
        f"Add ile çıkış katmanının parametresi {fewer} azaldı. Doğruluk: Concatenate "
        f"{percent(scores['Concatenate'].mean())}, Add {percent(scores['Add'].mean())}"
        f"{'' if clear else ' (fark gürültüden ayrılmıyor)'}."
    )
    lab.check(
        "elle hesaptan ayrılan model", sum(runs["elle"] != runs["Keras"]), equal=0
    )
    lab.check("Add'in azalttığı parametre", fewer, equal=width * 10)
    lab.check("Add = ağırlıkları ortak Concatenate (fark)", gap, below=1e-5)
    refused = ["hata yok" not in row["Keras'ın dediği"] for row in added]
    lab.check(f"{width} + {narrow}: hata (1: var)", refused[1], equal=1)
    lab.check(f"{width} + 1: hata (1: var)", refused[2], equal=0)
    lab.check(
        "Concatenate - Add (doğruluk)",
        better.mean(),
        within=(-0.02, 0.02),
        full_size=True,
    )
    return runs


# %% [markdown]
# ## 4 · Artık bloklar
# %%
def along_depth(model, ends, x, y):
    """Eğitimden önce, blok blok: çıktının std'si ve ikinci katmanın ağırlık gradyanı (norm)."""
    reader = keras.Model(
        model.input, [*ends, model.output]
    )  # blokların çıktısını da verir
    kernels = [
        layer.kernel for layer in model.layers if isinstance(layer, layers.Dense)
    ]
    with tf.GradientTape() as tape:  # ayrıntısı uygulama 04'te
        *signals, p = reader(x, training=True)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, p))
    gradients = tape.gradient(loss, kernels[2:-1:2])
    frame = pd.DataFrame({
        "blok": range(1, len(ends) + 1),
        "sinyal": [np.std(s) for s in signals],
    })
    return frame.assign(gradyan=[np.linalg.norm(g) for g in gradients])


@lab.section(quick={"depth": 4, "n_train": 1_000, "epochs": 1, "seeds": 1})
def residual_blocks(
    depth=20,  # gizli katman, ikisi bir blok: düz ağın güçlükle öğrendiği derinlik
    width=64,  # her katmanda; bütün bloklar izdüşümsüz atlasın
    n_train=3_000,  # derin ağda adım pahalı: az görüntü
    epochs=3,  # öğrenen ile öğrenemeyen ayrılana kadar
    lr=0.003,  # Adam'ın varsayılanının üç katı: az adım yetsin
    seeds=3,  # yayılım görünsün
):
    """Artık bloklar: derin ağı ne eğitilebilir kılar?

    Soru: 20 katmanlı düz ağa yalnız artık bağlantılar eklenince doğruluk kaç puan artar?

    Neden: Glorot ile ReLU sinyalin gücünü her katmanda yarıya indirir; He bunu önler. Artık
    bağlantı bloğun girdisini olduğu gibi taşır: sinyal sönmez. Ama He, girdiye ondan güçlü bir
    dal ekletir, sinyal blok blok büyür; BatchNorm eklenen dalı her blokta yeniden ölçekler.
    """
    data = load_mnist(n_train, 2_000)
    networks = {  # ağ: başlatıcı, artık bağlantı var mı, BatchNorm var mı
        "düz, Glorot": ("glorot_normal", False, False),
        "düz, He": ("he_normal", False, False),
        "artık, Glorot": ("glorot_normal", True, False),
        "artık, He": ("he_normal", True, False),
        "artık, He + BN": ("he_normal", True, True),
    }
    along, runs, starts = [], [], []
    for name, (start, skip, norm) in networks.items():
        set_seed(lab.seed)
        inputs = keras.Input(shape=(784,))
        x = layers.Dense(width, activation="relu", kernel_initializer=start)(inputs)
        ends = []
        for _ in range(depth // 2):  # bias'sız: onlar sıfırdan başlar, sinyali taşımaz
            h = layers.Dense(width, use_bias=False, kernel_initializer=start)(x)
            h = layers.BatchNormalization(momentum=0.9)(h) if norm else h
            h = layers.Activation("relu")(h)
            h = layers.Dense(width, use_bias=False, kernel_initializer=start)(h)
            h = layers.BatchNormalization(momentum=0.9)(h) if norm else h
            h = (
                layers.Add()([h, x]) if skip else h
            )  # artık bağlantı: F(x) + x (He vd., 2016)
            x = layers.Activation("relu")(h)
            ends.append(x)
        model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
        model.compile(keras.optimizers.Adam(lr), loss="sparse_categorical_crossentropy")
        starts.append(model.get_weights())
        few = along_depth(model, ends, data.x_train[:100], data.y_train[:100])
        along.append(few.assign(ağ=name))
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)
            model.fit(
                data.x_train, data.y_train, batch_size=100, epochs=epochs, verbose=0
            )
            right = np.argmax(model(data.x_val), axis=1) == data.y_val
            runs.append((name, seed, right.mean()))
    along, runs = (
        pd.concat(along),
        pd.DataFrame(runs, columns=["ağ", "tohum", "val_accuracy"]),
    )

    scores = runs.pivot_table("val_accuracy", "tohum", "ağ", sort=False)
    growth = along.groupby("ağ", sort=False)["sinyal"].agg(
        lambda s: s.iloc[-1] / s.iloc[0]
    )
    table = scores.agg(["mean", "std"]).T.assign(sinyal=growth)
    shares = {"mean": percent, "std": percent}
    lab.table(
        table, f"Doğrulama doğruluğu, {seeds} tohum; sinyal: son / ilk blok", shares
    )
    plain, plain_he, skipped, skipped_he, normed = (scores[name] for name in networks)
    effects = {  # tohum tohum fark: her satırda tek şey değişir
        "düz ağda Glorot yerine He": plain_he - plain,
        "Glorot ile artık bağlantı": skipped - plain,
        "artık ağda Glorot yerine He": skipped_he - skipped,
        "artık ağda He'ye BatchNorm": normed - skipped_he,
    }
    effect = 100 * pd.DataFrame(effects).agg(["mean", "std", "sem"]).T.rename_axis(
        "değişen"
    )
    lab.table(effect[["mean", "std"]], "Her biri doğruluğa kaç puan katıyor?")

    fig, axes = plots.mosaic(
        "AC;BC", title=f"{depth} katman: başlatıcı, artık bağlantı, BatchNorm"
    )
    look = {"x": "blok", "hue": "ağ", "style": "ağ", "markers": True}
    sns.lineplot(along, y="sinyal", ax=axes["A"], legend=False, **look)
    axes["A"].set(
        yscale="log", title="eğitimden önce, ileri besleme", ylabel="çıktının std'si"
    )
    sns.lineplot(along, y="gradyan", ax=axes["B"], **look)
    axes["B"].set(
        yscale="log", title="eğitimden önce, geri yayılım", ylabel="gradyan normu"
    )
    axes["B"].legend(ncols=2, loc=(0.05, 0.16))
    bars = {"color": "lightgrey", "edgecolor": "black", "errorbar": "sd"}
    sns.barplot(runs, x="val_accuracy", y="ağ", ax=axes["C"], **bars)
    axes["C"].set(title=f"{epochs} epoch sonunda", xlim=(0, 1), ylabel="")
    lab.save(fig)

    words = np.where(effect["mean"] > 0, "yükseltti", "düşürdü").astype(object)
    words[~(effect["mean"].abs() > 2 * effect["sem"])] = "belirgin değiştirmedi"
    lab.conclude(
        f"Düz ağın doğruluğuna ({percent(plain.mean())}) katılan puan: yalnız artık bağlantı "
        f"{number(effect.iloc[1, 0], 2)}, yalnız He {number(effect.iloc[0, 0], 2)}. Artık ağda "
        f"doğruluğu He {words[2]}, ona eklenen BatchNorm {words[3]}."
    )
    same = largest_difference(starts[0], starts[2])
    lab.check("düz ve artık ağın başlangıç farkı", same, equal=0)
    factor = growth ** (1 / (depth // 2 - 1))  # blok başına (kuram: Glorot 1/2, He 1)
    lab.check(
        "sinyal, blok başına: düz Glorot", factor["düz, Glorot"], within=(0.35, 0.7)
    )
    lab.check("sinyal, blok başına: düz He", factor["düz, He"], within=(0.8, 1.25))
    lab.check("sinyal, blok başına: artık He", factor["artık, He"], within=(1.25, 1.8))
    size = along.groupby("ağ")["gradyan"].median()
    ratio = size["düz, He"] / size["düz, Glorot"]
    lab.check("gradyan: düz He / düz Glorot", ratio, above=50, full_size=True)
    lab.check("düz ağda He'nin katkısı", effect.iloc[0, 0], above=8, full_size=True)
    lab.check("artık bağlantının katkısı", effect.iloc[1, 0], above=20, full_size=True)
    return {"": runs, "boyunca": along}


# %% [markdown]
# ## 5 · Kayıp ağırlıkları
# %%
HOLES = np.array([
    1,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
    2,
    1,
])  # 0, 1, … 9'un yazılışındaki delik sayısı


@lab.section(quick={"weights": (0.0, 0.9), "n_train": 1_000, "epochs": 1, "seeds": 1})
def multi_output_loss_weights(
    weights=(0.0, 0.1, 0.5, 0.9),  # delik kaybının ağırlığı w; rakamınki 1 - w
    trunk=8,  # iki çıkışın paylaştığı nöron: az olsun ki yarışsınlar
    wide=64,  # denetim: ikisine de yeten gövde, aynı w, aynı sayıda adım
    n_train=4_000,  # saniyeler süren MNIST alt kümesi
    epochs=5,  # doğruluk düzleşene kadar: eksik öğrenme yarış sanılmasın
    lr=0.01,  # Adam'ın varsayılanının on katı: o kadar epoch yetsin
    seeds=3,  # fark ancak yayılımıyla okunur
):
    """Kayıp ağırlıkları: iki çıkış bir gövdeyi paylaşır

    Soru: Delik sayısının kayıp ağırlığı 0'dan 0,9'a çıkınca rakam doğruluğu kaç puan düşer?

    Neden: fit tek bir sayıyı indirir: Σ w · kayıp. Gövdede az nöron varsa iki çıkış onlar için
    yarışır; nöronlar, ağırlığı büyük olanın işine yarayanı öğrenir. Ağırlığı 0 olan çıkış hiç
    gradyan almaz.
    """
    data, curves, messages = load_mnist(n_train, 2_000), [], []
    x, y = data.x_train, {"main": data.y_train, "holes": HOLES[data.y_train]}
    y_val = {"main": data.y_val, "holes": HOLES[data.y_val]}
    val = {"validation_data": (data.x_val, y_val), "validation_batch_size": 1_000}
    for neurons, w, body in [
        *((trunk, w, "dar") for w in weights),
        (wide, weights[-1], "geniş"),
    ]:
        image = keras.Input(shape=(784,), name="image")
        h = layers.Dense(neurons, activation="relu", name="trunk")(image)
        main = layers.Dense(10, activation="softmax", name="main")(h)
        holes = layers.Dense(3, activation="softmax", name="holes")(h)
        model = keras.Model(inputs=image, outputs=[main, holes])
        model.compile(
            optimizer=keras.optimizers.Adam(lr),
            loss={"main": CROSS_ENTROPY, "holes": CROSS_ENTROPY},
            loss_weights={"main": 1 - w, "holes": w},
            metrics={"main": ["accuracy"], "holes": ["accuracy"]},
        )
        name = f"w = {number(w)}" + (f", {neurons} nöron" if body == "geniş" else "")
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)
            history = model.fit(x, y, batch_size=80, epochs=epochs, verbose=0, **val)
            curves.append(tidy(history, ağ=name, w=w, gövde=body, tohum=seed))
    curves = pd.concat(curves)

    try:  # mode="auto": çok çıkışlı ağda Keras metriğin yönünü adından bulamaz
        stop = keras.callbacks.EarlyStopping("val_main_accuracy")
        model.fit(x, y, batch_size=80, verbose=0, callbacks=[stop], **val)
    except ValueError as error:
        messages.append(["mode= yok", str(error), 'mode="max"'])
    try:
        model.compile("adam", loss={"main": CROSS_ENTROPY})
        model.fit(x, y, batch_size=80, verbose=0)
    except ValueError as error:
        messages.append([
            "holes'un kaybı yok",
            str(error),
            "kaybını yaz, ağırlığı 0 olsun",
        ])
    messages = pd.DataFrame(messages, columns=["tuzak", "Keras'ın dediği", "çaresi"])
    lab.table(messages, "Çıkış adlarıyla iki tuzak")

    heads = {"val_main_accuracy": "rakam", "val_holes_accuracy": "delik sayısı"}
    end = curves[curves["epoch"] == epochs].rename(columns=heads)
    end = end.melt(
        ["ağ", "w", "gövde", "tohum"], list(heads.values()), "çıkış", "doğruluk"
    )
    table = end.pivot_table("doğruluk", "ağ", "çıkış", mean_and_std, sort=False)
    lab.table(table, f"Doğrulama doğruluğu, {seeds} tohum")
    fig, (left, right) = plots.figure(
        1, 2, title="Kayıp ağırlıkları: iki çıkışın ödünleşimi"
    )
    narrow, look = end[end["gövde"] == "dar"], {"markers": True, "errorbar": "sd"}
    sns.lineplot(
        narrow, x="w", y="doğruluk", hue="çıkış", style="çıkış", ax=left, **look
    )
    left.set(
        title=f"{trunk} nöronlu gövde, {seeds} tohum", ylabel="doğrulama doğruluğu"
    )
    left.set(
        xlabel="delik kaybının ağırlığı w (rakamınki 1 - w)",
        ylim=(0, 1),
        xticks=weights,
    )
    ends = curves[curves["w"].isin([weights[0], weights[-1]])]
    sns.lineplot(
        ends, x="epoch", y="val_main_accuracy", hue="ağ", style="ağ", ax=right, **look
    )
    right.set(title="eğitim sürerken rakam", ylabel="doğrulama doğruluğu", ylim=(0, 1))
    right.set_xticks(range(1, epochs + 1))
    lab.save(fig)

    digit, hole = (
        end[end["çıkış"] == head].pivot_table("doğruluk", "tohum", "ağ", sort=False)
        for head in heads.values()
    )
    *names, control = digit
    drop, learned = digit[names[0]] - digit[names[-1]], hole[names[-1]] - hole[names[0]]
    clear = (
        drop.mean() > 2 * drop.std() / seeds**0.5
    )  # ortalamanın standart hatasının iki katı
    spare = (digit[control] - digit[names[0]]).mean()
    lab.conclude(
        f"{names[0]} yerine {names[-1]} olunca rakam doğruluğu {number(100 * drop.mean(), 2)} "
        f"puan düştü{'' if clear else ' (gürültüden ayrılmıyor)'}. Geniş gövde ({control}), dar "
        f"gövdenin {names[0]} doğruluğunu {'geçiyor' if spare > 0 else 'geçmiyor'}."
    )
    total = (1 - curves["w"]) * curves["val_main_loss"] + curves["w"] * curves[
        "val_holes_loss"
    ]
    lab.check(
        "Σ w · kayıp = Keras'ın loss'u",
        abs(total - curves["val_loss"]).max(),
        below=1e-4,
    )
    lab.check(
        "ağırlık büyüyünce rakam düşüyor", drop.mean(), above=0.03, full_size=True
    )
    lab.check("delik sayısı yükseliyor", learned.mean(), above=0.2, full_size=True)
    lab.check(
        "geniş gövde (en büyük w) - dar gövde (en küçük w)",
        spare,
        above=0,
        full_size=True,
    )
    before = curves[curves["epoch"] == epochs - 1].pivot_table(
        "val_main_accuracy", "tohum", "ağ"
    )
    late = (
        (digit[names[-1]] - before[names[-1]]).mean() / drop.mean()
        if epochs > 1
        else 1.0
    )
    lab.check("son epoch'un kazancı / düşüş", late, below=0.5, full_size=True)
    lab.check("yakalanan tuzak", len(messages), equal=2)
    return {"": curves, "iletiler": messages}


# %% [markdown]
# ## 6 · Yardımcı kayıp
# %%
@lab.section(quick={"depth": 6, "n_train": 500, "epochs": 2, "seeds": 1})
def auxiliary_loss(
    depth=20,  # düz ağın güç öğrendiği derinlik (bölüm 4)
    weight=0.3,  # yardımcı kaybın ağırlığı (GoogLeNet: Szegedy vd., 2015)
    n_train=1_500,  # derin ağda adım pahalı: az görüntü
    epochs=4,  # iki eğitim ayrılana kadar
    seeds=3,  # fark ancak yayılımıyla okunur
):
    """Yardımcı kayıp: derin ağa yarı yoldan gradyan

    Soru: Yarı yola eklenen yardımcı çıkış, 20 katmanlı ağın ana doğruluğunu kaç puan artırır?

    Neden: Düz ağda rakamın izi her katmanda biraz silinir. Ana kaybın gradyanı ilk yarıya ancak
    daha öğrenmemiş ikinci yarıdan geçerek varır; yardımcı çıkışınki ortadan başlar. İlk yarı
    rakamları ayırmayı erken öğrenir, ikinci yarı bu izin üstüne kurar.
    """
    data, curves, traces, rest = load_mnist(n_train, 1_000), [], [], epochs - 1
    x, y = data.x_train, {"main": data.y_train, "aux": data.y_train}
    y_val = {"main": data.y_val, "aux": data.y_val}
    val = {"validation_data": (data.x_val, y_val), "validation_batch_size": 1_000}
    image = keras.Input(shape=(784,), name="image")
    hidden = [image]
    for k in range(1, depth + 1):
        hidden.append(
            layers.Dense(64, activation="relu", name=f"hidden_{k}")(hidden[-1])
        )
    main = layers.Dense(10, activation="softmax", name="main")(hidden[-1])
    aux = layers.Dense(10, activation="softmax", name="aux")(hidden[depth // 2])
    model = keras.Model(inputs=image, outputs=[main, aux])
    inference = keras.Model(
        image, main
    )  # yardımcı çıkış kesildi: aynı katmanlar, kopya değil
    reader = keras.Model(image, hidden[1:])  # bütün gizli katmanları okur

    def read_digits(when, seed):
        """Katmandan rakam okunuyor mu: en yakın sınıf ortalaması kaç görüntüde doğru?"""
        for k, (h, h_val) in enumerate(
            zip(reader(x), reader(data.x_val), strict=True), start=1
        ):
            means = np.stack([
                h.numpy()[data.y_train == c].mean(axis=0) for c in range(10)
            ])
            nearest = ((h_val.numpy()[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
            traces.append((when, seed, k, np.mean(nearest == data.y_val)))

    for name, w in {"yardımcı kayıpsız": 0.0, "yardımcı kayıpla": weight}.items():
        model.compile(
            optimizer="adam",
            loss={"main": CROSS_ENTROPY, "aux": CROSS_ENTROPY},
            loss_weights={"main": 1.0, "aux": w},
            metrics={"main": ["accuracy"], "aux": ["accuracy"]},
        )
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(
                model, seed
            )  # iki eğitim aynı ağırlıklardan, aynı mini-batch sırasıyla
            if w == 0:
                read_digits("eğitimden önce", seed)
            history = model.fit(x, y, batch_size=50, verbose=0, **val)
            curves.append(tidy(history, ağ=name, tohum=seed))
            read_digits(name, seed)  # ilk epoch'tan sonra
            history = model.fit(x, y, batch_size=50, epochs=rest, verbose=0, **val)
            curves.append(
                tidy(history, ağ=name, tohum=seed).assign(epoch=range(2, rest + 2))
            )
    curves = pd.concat(curves)
    traces = pd.DataFrame(traces, columns=["ağ", "tohum", "katman", "doğruluk"])

    middle = (
        traces[traces["katman"] == depth // 2]
        .groupby("ağ", sort=False)["doğruluk"]
        .mean()
    )
    end = curves[curves["epoch"] == epochs].pivot_table(
        "val_main_accuracy", "tohum", "ağ"
    )
    table = pd.DataFrame({"orta katmandan okunan doğruluk": middle}).rename_axis("ağ")
    table["ana doğruluk"], table["std"] = end.mean(), end.std()
    lab.table(
        table,
        f"Orta katman: 1 epoch sonra; ana çıkış: {epochs} epoch",
        {"std": percent},
    )
    fig, (left, right) = plots.figure(
        1, 2, title=f"Yardımcı kayıp: {depth} katmanlı düz ağ"
    )
    order = [*middle.index[1:], middle.index[0]]  # aynı ağ iki panelde aynı çizgi
    look = {"markers": True, "errorbar": "sd", "hue_order": order, "style_order": order}
    sns.lineplot(
        traces, x="katman", y="doğruluk", hue="ağ", style="ağ", ax=left, **look
    )
    left.axvline(depth // 2, color="black", linewidth=1.5)
    left.text(depth // 2, 0.03, " yardımcı çıkışın yeri")
    left.set(
        title="katman katman, 1 epoch sonra", xlabel="gizli katman (1: girdiye yakın)"
    )
    left.set(
        ylabel="katmandan okunan rakam doğruluğu",
        ylim=(0, 1),
        xticks=range(2, depth + 1, 2),
    )
    look |= {"hue_order": order[:2], "style_order": order[:2]}
    sns.lineplot(
        curves, x="epoch", y="val_main_accuracy", hue="ağ", style="ağ", ax=right, **look
    )
    right.set(
        title=f"ana çıkış, {seeds} tohum", ylabel="doğrulama doğruluğu", ylim=(0, 1)
    )
    right.set_xticks(range(1, epochs + 1))
    lab.save(fig)

    without, aided = end["yardımcı kayıpsız"], end["yardımcı kayıpla"]
    gain = aided - without
    tied = not abs(gain.mean()) > 2 * gain.std() / seeds**0.5
    cut = largest_difference([model(data.x_val)[0]], [inference(data.x_val)])
    lab.conclude(
        f"Ana çıkışın doğruluğu yardımcı kayıpla {percent(aided.mean())}, onsuz "
        f"{percent(without.mean())}: fark {number(100 * gain.mean(), 2)} puan"
        f"{' (gürültüden ayrılmıyor)' if tied else ''}. Yardımcı çıkış sonradan kesildi: ana "
        f"çıkış {'değişti' if cut else 'hiç değişmedi'}."
    )
    faded = traces["doğruluk"].iloc[depth - 1] / traces["doğruluk"].iloc[0]
    lab.check("eğitimden önce iz siliniyor: son / ilk katman", faded, below=0.7)
    reached = middle["yardımcı kayıpla"] - middle["yardımcı kayıpsız"]
    lab.check("1 epoch sonra orta katmanda kazanç", reached, above=0.02, full_size=True)
    lab.check("ana doğrulukta kazanç", gain.mean(), above=0.03, full_size=True)
    lab.check("kesilince ana çıkışın farkı", cut, equal=0)
    removed = model.count_params() - inference.count_params()
    lab.check("eksilen parametre: (64 + 1) · 10", removed, equal=(64 + 1) * 10)
    return {"": curves, "iz": traces}


# %% [markdown]
# ## 7 · Paylaşılan katmanlar
# %%
def draw_pairs(x, digits, count, rng):
    """Çiftler: iki görüntü; toplamları ve hangisinin büyük olduğu (0: ikinci, 1: eşit, 2: ilk)."""
    i, j = rng.integers(len(x), size=(2, count))
    larger = 1 + np.sign(digits[i] - digits[j])
    return {"first": x[i], "second": x[j]}, {
        "sum": digits[i] + digits[j],
        "larger": larger,
    }


@lab.section(quick={"n_pairs": 500, "epochs": 1, "seeds": 1})
def shared_layers(
    n_pairs=5_000,  # eğitim çifti; çiftlerin çekildiği görüntü de bu kadar
    epochs=6,  # toplam zor bir hedef: çoğu öğrenilene kadar
    lr=0.003,  # Adam'ın varsayılanının üç katı: o kadar epoch yetsin
    seeds=3,  # fark ancak yayılımıyla okunur
):
    """Paylaşılan katmanlar: iki rakamın toplamı

    Soru: İki görüntü ayrı kodlayıcılar yerine aynı kodlayıcıdan geçince parametrelerin yüzde kaçı
    eksilir?

    Neden: Aynı katman nesnesi iki kez çağrılır: tek ağırlık kümesi iki girdiye de bakar, iki
    girdiden de gradyan alır. Rakam solda da sağda da aynı rakamdır; onu iki kez öğrenmek
    gerekmez.
    """
    data = load_mnist(n_pairs, 2_000)
    rng = np.random.default_rng(lab.seed)  # çiftler parçaların içinde kurulur, karışmaz
    x, y = draw_pairs(data.x_train, data.y_train, n_pairs, rng)
    x_val, y_val = draw_pairs(data.x_val, data.y_val, 2_000, rng)
    val = {"validation_data": (x_val, y_val), "validation_batch_size": 1_000}
    models, curves, starts = {}, [], []
    for name in ("ayrı", "paylaşılan"):
        first, second = (
            keras.Input((784,), name="first"),
            keras.Input((784,), name="second"),
        )
        one, two = (
            keras.Sequential(
                [layers.Dense(128, "relu"), layers.Dense(32, "relu")], name=part
            )
            for part in ("encoder", "encoder_2")
        )
        if name == "paylaşılan":
            two = one  # aynı nesne, iki çağrı: ağırlıklar da aynı
        h = layers.concatenate([one(first), two(second)], name="codes")
        h = layers.Dense(64, activation="relu", name="head")(h)
        total = layers.Dense(19, activation="softmax", name="sum")(h)  # 0, 1, … 18
        larger = layers.Dense(3, activation="softmax", name="larger")(h)
        model = models[name] = keras.Model([first, second], [total, larger])
        model.compile(
            optimizer=keras.optimizers.Adam(lr),
            loss={"sum": CROSS_ENTROPY, "larger": CROSS_ENTROPY},
            metrics={"sum": ["accuracy"], "larger": ["accuracy"]},
        )
    separate, shared = models.values()
    for seed in lab.each(lab.seeds(seeds), "iki ağ, tohum"):
        restart(separate, seed)
        separate.get_layer("encoder_2").set_weights(
            separate.get_layer("encoder").get_weights()
        )
        restart(shared, seed)
        for layer in shared.layers:  # iki ağ aynı fonksiyondan başlar
            layer.set_weights(separate.get_layer(layer.name).get_weights())
        starts.append(largest_difference(separate(x_val), shared(x_val)))
        for name, m in models.items():
            set_seed(seed)  # aynı mini-batch sırası
            history = m.fit(x, y, batch_size=125, epochs=epochs, verbose=0, **val)
            curves.append(tidy(history, kodlayıcı=name, tohum=seed))
    curves = pd.concat(curves)

    heads = {"val_sum_accuracy": "toplam", "val_larger_accuracy": "büyük olan"}
    end = curves[curves["epoch"] == epochs].rename(columns=heads)
    end = end.melt(["kodlayıcı", "tohum"], list(heads.values()), "çıkış", "doğruluk")
    table = end.pivot_table("doğruluk", "kodlayıcı", "çıkış", mean_and_std, sort=False)
    table["parametre"] = [model.count_params() for model in models.values()]
    lab.table(table, f"Doğrulama çiftlerinde doğruluk, {seeds} tohum")
    title = "Paylaşılan kodlayıcı: iki görüntü, bir ağırlık kümesi"
    fig, axes = plots.mosaic("GGGAB;GGGCD;GGGXX;GGGXX", title=title)
    guess = shared.predict(x_val, verbose=0)[0].argmax(axis=1)
    for i, letter in enumerate("ABCD"):
        picture = np.hstack([
            x_val[side][i].reshape(28, 28) for side in ("first", "second")
        ])
        axes[letter].imshow(picture, cmap="gray_r")
        axes[letter].set_title(f"toplam {y_val['sum'][i]}, tahmin {guess[i]}")
        axes[letter].axis("off")
    look = {
        "hue": "kodlayıcı",
        "markers": ["o", "s"],
        "linestyles": "none",
        "errorbar": "sd",
    }
    sns.pointplot(
        end, x="çıkış", y="doğruluk", dodge=0.3, capsize=0.1, ax=axes["X"], **look
    )
    axes["X"].set(xlabel="", ylabel="doğrulama doğruluğu", ylim=(0, 1))
    axes["X"].legend(title="kodlayıcı", loc="lower right")
    model_graph(shared, "", axes["G"])
    lab.save(fig)

    runs = end.pivot_table("doğruluk", ["çıkış", "tohum"], "kodlayıcı")
    gain = runs["paylaşılan"] - runs["ayrı"]
    points, known = 100 * gain["toplam"], runs["paylaşılan"]["toplam"].mean()
    lost = separate.count_params() - shared.count_params()
    share = lost / separate.count_params()
    lab.conclude(
        f"Kodlayıcı paylaşılınca eksilen parametre: {percent(share)}. Toplamı bilme doğruluğu "
        f"{percent(known)}; ayrı kodlayıcılardan farkı, {seeds} tohumda ortalama ± std: "
        f"{number(points.mean(), 2)} ± {number(points.std(), 2)} puan."
    )
    by_hand = (784 + 1) * 128 + (128 + 1) * 32
    lab.check("eksilen parametre: bir kodlayıcı", lost, equal=by_hand)
    lab.check("iki ağ aynı başlıyor (fark)", max(starts), below=1e-5)
    lab.check(
        "toplam: paylaşılan - ayrı", gain["toplam"].mean(), above=-0.05, full_size=True
    )
    lab.check(
        "büyük olan: fark", gain["büyük olan"].mean(), above=-0.02, full_size=True
    )
    lab.check("paylaşılan toplamı öğreniyor", known, above=0.3, full_size=True)
    return curves


# %% [markdown]
# ## 8 · İstediğin topoloji
# %%
def conv(filters, window, name, strides=1):
    """Görüntüyü `window` x `window` piksellik pencereyle tarar (ayrıntısı Hafta 2'de)."""
    look = {"padding": "same", "activation": "relu", "name": name}
    return layers.Conv2D(filters, window, strides, **look)


def u_net(skip):
    """Daralan ve genişleyen kol, aralarında atlamalar (Ronneberger vd., 2015)."""
    image = keras.Input(shape=(28, 28, 1), name="noisy")
    down_1 = conv(8, 3, "down_1")(image)
    down_2 = conv(16, 3, "down_2", strides=2)(down_1)
    h = conv(16, 3, "middle", strides=2)(down_2)  # 7 x 7
    h = layers.UpSampling2D(name="up_2")(h)
    h = layers.Concatenate(name="join_2")([
        h,
        down_2 if skip else h,
    ])  # atlama ya da kopya
    h = layers.UpSampling2D(name="up_1")(conv(8, 3, "conv_2")(h))
    h = layers.Concatenate(name="join_1")([h, down_1 if skip else h])
    clean = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="clean")(h)
    return keras.Model(image, clean)


@lab.section(quick={"n_train": 100, "epochs": 1, "seeds": 1})
def custom_topology(
    n_train=1_500,  # evrişim CPU'da pahalı: az görüntü
    epochs=3,  # kısa: iki U-Net ayrılana kadar
    lr=0.01,  # Adam'ın varsayılanının on katı: o kadar epoch yetsin
    noise=0.2,  # gürültünün std'si (piksel 0 ile 1 arasında): ince ayrıntı görünür kalsın
    seeds=3,  # fark ancak yayılımıyla okunur
):
    """İstediğin topoloji: U-Net ve Inception

    Soru: U-Net'in iki atlaması kesilince, gürültüsü giderilen görüntünün hatası kaç katına çıkar?

    Neden: Daralan kol 28 x 28 görüntüyü 7 x 7'ye indirir, ince ayrıntı orada kaybolur. Atlama
    ayrıntıyı karşı kola doğrudan taşır. Inception aynı görüntüye dört pencereyle bakar; bitiştirme
    (Concatenate) hepsini saklar.
    """
    data, rng = load_mnist(n_train, 500), np.random.default_rng(lab.seed)
    y, y_val = (
        rows.reshape(-1, 28, 28, 1) for rows in (data.x_train, data.x_val)
    )  # temiz
    x, x_val = (image + rng.normal(0, noise, image.shape) for image in (y, y_val))
    val = {"validation_data": (x_val, y_val), "validation_batch_size": 500}
    curves, cleaned, starts = [], {}, {}
    for name, skip in {"atlamasız": False, "atlamalı": True}.items():
        model = u_net(skip)  # atlamasız: aynı katmanlar, aynı sayıda ağırlık
        model.compile(
            keras.optimizers.Adam(lr), loss="binary_crossentropy", metrics=["mse"]
        )
        for seed in lab.each(lab.seeds(seeds), f"U-Net, {name}, tohum"):
            restart(model, seed)
            starts[name] = model.get_weights()
            history = model.fit(x, y, batch_size=50, epochs=epochs, verbose=0, **val)
            curves.append(tidy(history, ağ=name, tohum=seed))
        cleaned[name] = model.predict(x_val[:1], verbose=0)[0]
    lab.save(
        model_graph(model, "U-Net: daralan ve genişleyen kol, iki atlama"), "_u_net"
    )

    image = keras.Input(
        shape=(28, 28, 1), name="image"
    )  # Inception bloğu (Szegedy vd., 2015)
    h = conv(16, 3, "stem", strides=2)(image)
    one = conv(8, 1, "conv_1x1")(h)
    three = conv(8, 3, "conv_3x3")(conv(8, 1, "reduce_3x3")(h))
    five = conv(4, 5, "conv_5x5")(conv(4, 1, "reduce_5x5")(h))
    pool = layers.MaxPooling2D(3, strides=1, padding="same", name="pool_3x3")(h)
    pool = conv(4, 1, "pool_project")(pool)
    windows = layers.Concatenate(name="windows")([one, three, five, pool])
    h = layers.Flatten(name="flat")(layers.MaxPooling2D(2, name="halve")(windows))
    inception = keras.Model(
        image, layers.Dense(10, activation="softmax", name="digit")(h)
    )
    inception.compile(
        keras.optimizers.Adam(lr), loss=CROSS_ENTROPY, metrics=["accuracy"]
    )
    inception.fit(y, data.y_train, batch_size=50, epochs=epochs, verbose=0)
    learned = inception.evaluate(y_val, data.y_val, verbose=0, return_dict=True)[
        "accuracy"
    ]
    title = "Inception bloğu: aynı görüntüye dört pencere"
    lab.save(model_graph(inception, title), "_inception")
    reader = keras.Model(
        image, [one, three, five, pool, windows]
    )  # alt model: eğitim gerekmez
    *maps, joined = reader(y_val[:1])

    curves = pd.concat(curves)
    error = curves[curves["epoch"] == epochs].pivot_table(
        "val_mse", "tohum", "ağ", sort=False
    )
    table = (
        error
        .agg(["mean", "std"])
        .T.rename_axis("U-Net")
        .rename(columns={"mean": "hata"})
    )
    noisy = np.mean((x_val - y_val) ** 2)
    table.loc["gürültülü görüntünün kendisi", "hata"] = noisy
    lab.table(table, f"Temiz görüntüden ortalama kare hata, {seeds} tohum")
    fig, axes = plots.figure(
        2, 4, title="Üstte U-Net, altta Inception'ın dört penceresi"
    )
    top = {"temiz": y_val[0], "gürültülü": x_val[0], **cleaned}
    plots.digits(axes[0], list(top.values()), list(top))
    for ax, name, values in zip(axes[1], reader.output_names, maps, strict=False):
        strongest = np.sum(values[0], axis=(0, 1)).argmax()
        ax.imshow(values[0, :, :, strongest], cmap="gray_r")
        ax.set_title(name)
        ax.axis("off")
    lab.save(fig)

    new = {id(w) for w in reader.weights} - {id(w) for w in inception.weights}
    ratio = error["atlamasız"] / error["atlamalı"]
    lab.conclude(
        f"Atlamaların yerine kopya konunca hata ortalama {number(ratio.mean(), 2)} katı; "
        f"arttığı tohum: {(ratio > 1).sum()}/{seeds}. Kısa eğitimle Inception'ın doğruluğu "
        f"{percent(learned)}; onu okuyan alt modelin yeni ağırlığı {'var' if new else 'yok'}."
    )
    lab.check(
        "iki U-Net aynı başlıyor (fark)", largest_difference(*starts.values()), equal=0
    )
    lab.check(
        "atlama kesilince hata (en az kat)", ratio.min(), above=1.1, full_size=True
    )
    lab.check(
        "gürültü azalıyor", error["atlamalı"].max() / noisy, below=0.3, full_size=True
    )
    lab.check("alt modelin yeni ağırlığı", len(new), equal=0)
    for name in ("halve", "flat", "digit"):  # okunan katmandan çıkışa kadar elle
        joined = inception.get_layer(name)(joined)
    gap = largest_difference([joined], [inception(y_val[:1])])
    lab.check("okunan katmandan devam = model", gap, below=1e-6)
    lab.check("Inception'ın doğruluğu", learned, above=0.6, full_size=True)
    return curves


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="residual_blocks",
    settings={"depth": 4},
    task="Yirmi yerine dört katman olsun: Glorot ile başlayan düz ağ artık öğrenir mi?",
    quantity='"düz, Glorot" ağının doğrulama doğruluğu',
    measure=lambda found: found[""].query("ağ == 'düz, Glorot'")["val_accuracy"].mean(),
    low=0.85,
    high=0.94,
    write=percent,
    hint="Sinyalin gücü her katmanda yarıya iniyorsa dört katmanda kaçta kaçı kalır?",
    solution="Sığ ağda sinyal sönmeye vakit bulamaz: beş ağın beşi de öğrenir.",
)
lab.exercise(
    level="orta",
    section="auxiliary_loss",
    settings={"depth": 6},
    task="Yirmi yerine altı katman olsun: yardımcı kayıp ana doğruluğa kaç puan katar?",
    quantity="yardımcı kaybın ana doğruluğa kattığı",
    measure=lambda found: (
        found[""]
        .query("epoch == epoch.max()")
        .groupby("ağ")["val_main_accuracy"]
        .mean()
        @ [1, -1]
    ),
    low=-0.04,
    high=0.04,
    write=percent,
    hint="Gradyan altı katmandan geçerken ne kadar söner; yardıma gerek var mı?",
    solution="Fark gürültü düzeyinde: altı katmanlı ağ yardımsız da öğrenir.",
)
lab.exercise(
    level="ileri",
    section="concatenate_or_add",
    task="merges sözlüğünün sonuna üçüncü bir birleştirme yazın: Multiply, iki dalı çarpar.",
    quantity="Multiply ile doğrulama doğruluğu",
    measure=lambda found: found.query("birleştirme == 'Multiply'")[
        "val_accuracy"
    ].mean(),
    low=0.84,
    high=0.93,
    write=percent,
    hint="Satır iki şey ister: birleştiren katman, ikinci dalın genişliği. Hangisi eşit olmalı?",
    solution='"Multiply": (layers.Multiply(), width),',
)


if __name__ == "__main__":
    lab.run()
