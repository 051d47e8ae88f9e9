"""Uygulama 03 · Functional API ve çoklu girdi/çıkış        (14:00-15:15)

Ders Sequential'ın yapamadıklarını yapar: iki girdi, iki çıkış, dal, birleştirme, artık
bağlantı (skip connection), yardımcı kayıp (auxiliary loss) ve paylaşılan katman. Her
bölüm iki parçadır: önce ders (model, compile, fit), altında sonuç (tablo, şekil,
sınamalar) gelir.

    python uygulama_03_functional_api.py                             bütün bölümler
    python uygulama_03_functional_api.py --bolum 4                   tek bölüm
    python uygulama_03_functional_api.py --bolum 4 --ayar depth=4    ya şöyle olsaydı?
    python uygulama_03_functional_api.py --yardim                    bütün seçenekler
"""

# %% [markdown]
# # Uygulama 03 · Functional API

# %%
from common import Lab

lab = Lab("uygulama_03_functional_api", "Uygulama 03 · Functional API", "14:00-15:15")

import textwrap
from itertools import pairwise

import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.preprocessing import KBinsDiscretizer

from alistirmalar import sinamalar
from common import (
    LabError,
    final,
    gradients,
    keras_answer,
    largest_difference,
    load_breast_cancer,
    load_mnist,
    model_graph,
    number,
    paired,
    percent,
    plots,
    summary,
)

CROSS_ENTROPY = "sparse_categorical_crossentropy"


def shorten(answer):
    """Keras'ın iletisinin başını verir; ileti yoksa "hata yok" der."""
    return textwrap.shorten(answer, 75, placeholder=" …") or "hata yok"


# %% [markdown]
# ## 1 · Sequential'dan Functional'a
# %%
@lab.section
def sequential_to_functional(
    neurons=16,  # az nöronla çizgedeki kutular dar kalır
):
    """Sequential'dan Functional'a: beş sınır, tek çizge

    Soru: Slayt Sequential'ın beş sınırını sayıyor. Beşi de denenince Keras kaç denemede
    hata verir?
    """
    start = keras.Input(shape=(20,))
    other = keras.Input(shape=(10,))
    dense = layers.Dense(neurons)
    attempts = {
        "① iki girdi": [start, other, dense],
        "② iki çıkış": [start, dense, [layers.Dense(1), layers.Dense(3)]],
        "③ dal": [start, [dense, layers.Dense(8)], dense],
        "④ birleştirme": [start, dense, layers.Concatenate()],
        "⑤ artık bağlantı": [start, dense, layers.Add()],
    }
    answers = {}
    for name, parts in attempts.items():
        answers[name] = keras_answer(keras.Sequential, parts)

    numeric = keras.Input(shape=(20,), name="numeric")  # ① iki girdi
    categories = keras.Input(shape=(10,), name="categories")
    x1 = layers.Dense(neurons, activation="relu", name="branch_1")(numeric)  # ③ iki dal
    x2 = layers.Dense(neurons, activation="relu", name="branch_2")(categories)
    x = layers.Concatenate(name="join")([x1, x2])  # ④ birleştirme
    h = layers.Dense(2 * neurons, activation="relu")(x)
    x = layers.Add(name="skip")([x, h])  # ⑤ artık bağlantı: x, h'nin yanından geçer
    main = layers.Dense(1, activation="sigmoid", name="main")(x)  # ② iki çıkış
    aux = layers.Dense(3, activation="softmax", name="aux")(x)
    model = keras.Model(inputs=[numeric, categories], outputs=[main, aux])
    return answers, model


# %%
@sequential_to_functional.result
def _(answers, model):
    """Neden: Sequential bir katman listesidir: her katmanın bir girdisi ve bir çıkışı
    vardır. Functional'da katman bir fonksiyon gibi çağrılır. Aynı tensör iki katmana
    verilebilir, iki tensör bir katmanda buluşabilir.
    """
    refused = sum(answer != "" for answer in answers.values())
    lab.conclude(
        f"Keras {len(answers)} denemenin {refused} tanesinde hata verdi. Functional "
        "API beşini tek modelde kurdu."
    )
    table = pd.DataFrame({"Sequential'da denenen": list(answers)})
    table["Keras'ın yanıtı"] = [shorten(answer) for answer in answers.values()]
    lab.table(table, "Slaytın beş sınırı")
    marks = {"numeric": "①", "categories": "①", "main": "②", "aux": "②"}
    marks.update({"branch_1": "③", "branch_2": "③", "join": "④", "skip": "⑤"})
    lab.save(model_graph(model, marks=marks))

    data = load_breast_cancer()
    listed = keras.Sequential([keras.Input((30,)), layers.Dense(16), layers.Dense(1)])
    inputs = keras.Input((30,))
    called = keras.Model(inputs, layers.Dense(1)(layers.Dense(16)(inputs)))
    called.set_weights(listed.get_weights())
    gap = largest_difference([listed(data.x_val)], [called(data.x_val)])
    lab.check("Keras beş denemenin beşinde de hata veriyor", refused, equal=5)
    lab.check("Aynı ağ iki yazılışla aynı çıktıyı veriyor (fark {})", gap, below=1e-6)


# %% [markdown]
# ## 2 · Çoklu girdi, çoklu çıkış
# %%
def two_inputs_two_outputs(part):
    """Breast Cancer'ın bir parçasından iki girdi ve iki etiket yapar.

    num ortalama ve en kötü ölçülerdir (20 sütun); cat iki "hata" ölçüsüdür, beşer
    kategoriye bölünür (10 sütun). main tanıdır; aux en kötü alanın ortalama alanın kaç
    katı olduğunu söyler (az, orta, çok).
    """
    data = load_breast_cancer()
    raw = load_breast_cancer(scaled=False)
    x = getattr(raw, f"x_{part}")
    x_train = raw.x_train
    names = list(raw.feature_names)
    numeric = [i for i, name in enumerate(names) if "hata" not in name]
    chosen = [names.index("yarıçap (hata)"), names.index("alan (hata)")]
    worst, mean = names.index("alan (en kötü)"), names.index("alan (ortalama)")

    bins = KBinsDiscretizer(5, encode="onehot-dense", quantile_method="linear")
    bins.fit(x_train[:, chosen])  # sınırları yalnız eğitim kümesi belirler
    thirds = np.quantile(x_train[:, worst] / x_train[:, mean], [1 / 3, 2 / 3])
    aux = np.digitize(x[:, worst] / x[:, mean], thirds)
    inputs = {"num": getattr(data, f"x_{part}")[:, numeric]}
    inputs["cat"] = bins.transform(x[:, chosen]).astype("float32")
    return inputs, {"main": getattr(data, f"y_{part}"), "aux": aux}


# %%
@lab.section(quick={"epochs": 2, "seeds": 1})
def multi_input_output(
    aux_weight=0.5,  # yardımcı çıkışın kaybı toplamda yarım sayılır
    epochs=12,  # doğrulama kaybı bu kadar epoch'ta düzleşir
    seeds=4,  # az hastada tek tohumun sonucu şans olabilir
):
    """Çoklu girdi, çoklu çıkış: slaytın modeli

    Soru: Modele 20 sayısal sütunun yanında 10 kategorik sütun da verilince yardımcı
    çıkışın doğruluğu kaç puan artar?
    """
    x, y = two_inputs_two_outputs("train")
    val = two_inputs_two_outputs("val")

    def build(seen):
        inp_num = keras.Input(shape=(20,), name="num")
        inp_cat = keras.Input(shape=(10,), name="cat")
        x1 = layers.Dense(64, "relu")(inp_num)  # sayısal dal
        x1 = layers.BatchNormalization(momentum=0.9)(x1)
        x1 = layers.Dropout(0.3)(x1)
        x2 = layers.Rescaling(seen)(inp_cat)  # 0 ile çarpılan kategori görünmez
        x2 = layers.Dense(32, "relu")(x2)  # kategorik dal
        merged = layers.concatenate([x1, x2])
        h = layers.Dense(64, "relu")(merged)
        out_main = layers.Dense(1, "sigmoid", name="main")(h)  # tanı
        out_aux = layers.Dense(3, "softmax", name="aux")(h)  # değişkenlik
        model = keras.Model(inputs=[inp_num, inp_cat], outputs=[out_main, out_aux])
        model.compile(
            optimizer=keras.optimizers.Adam(0.003),
            loss={"main": "binary_crossentropy", "aux": CROSS_ENTROPY},
            loss_weights={"main": 1.0, "aux": aux_weight},
            metrics={"main": ["accuracy"], "aux": ["accuracy"]},
        )
        return model

    runs = lab.runs(build, seeds, girdi={"sayısal": 0.0, "sayısal + kategorik": 1.0})
    for model in runs:
        runs.keep(model.fit(x, y, batch_size=31, epochs=epochs, validation_data=val))
    return runs.frame, model


# %%
@multi_input_output.result
def _(runs, model, aux_weight):
    """Neden: Yardımcı çıkış, en kötü alanın ortalama alanın kaç katı olduğunu sorar. Az
    hastayla bölmeyi öğrenmek güçtür; kategoriler bu orana dair kestirme bir ipucudur.
    """
    gains = {}
    for output in ("main", "aux"):
        accuracy = final(runs, f"val_{output}_accuracy")
        gains[output] = paired(accuracy["sayısal + kategorik"], accuracy["sayısal"])
    main, aux = gains["main"], gains["aux"]
    lab.conclude(
        "Kategorik sütunlar yardımcı çıkışın doğruluğunu "
        f"{aux.told('artırdı', 'düşürdü')}. Tanının doğruluğu "
        f"{main.told('arttı', 'azaldı')}."
    )
    columns = {"tanı (main)": "val_main_accuracy", "aux": "val_aux_accuracy"}
    lab.table(summary(runs, **columns), "Doğrulama doğruluğu")
    fig, axes = plots.mosaic("GA;GB")
    for letter, (output, gain) in zip("AB", gains.items(), strict=True):
        plots.scores(runs, f"val_{output}_accuracy", axes[letter])
        gained = f"{100 * gain.mean:+.1f} puan".replace(".", ",")
        axes[letter].set(title=f"{output}: {gained}", xlabel="val_accuracy")
    model_graph(model, ax=axes["G"])
    lab.save(fig)

    test = model.evaluate(*two_inputs_two_outputs("test"), 1_000, return_dict=True)
    gap = abs(test["loss"] - test["main_loss"] - aux_weight * test["aux_loss"])
    lab.check("Toplam kayıp Σ ağırlık · kayıp'tır (fark {})", gap, below=1e-5)
    claim = "Kategorik sütunlar aux doğruluğunu 1 puandan çok artırıyor"
    lab.check(claim, aux.mean, above=0.01, full_size=True)
    claim = "Model test hastalarının %92'sinden çoğunun tanısını biliyor"
    lab.check(claim, test["main_accuracy"], above=0.92, full_size=True)


# %% [markdown]
# ## 3 · Concatenate mi, Add mi?
# %%
def top_and_bottom(x, y):
    """Görüntünün üst ve alt yarısı iki girdi olur; etiket tektir."""
    return {"top": x[:, :392], "bottom": x[:, 392:]}, y


# %%
@lab.section(quick={"n_train": 1_000, "epochs": 1, "seeds": 1})
def concatenate_or_add(
    width=64,  # iki dal da bu genişliktedir: Add eşit genişlik ister
    n_train=5_000,  # bu kadar görüntü karşılaştırmaya yeter, eğitim saniyeler sürer
    epochs=2,  # öğrenmenin çoğu ilk epoch'larda olur
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Concatenate mi, Add mi? İki birleştirme

    Soru: 64 genişlikte iki dal Concatenate yerine Add ile birleşince 10 nöronlu çıkış
    katmanının parametresi kaç azalır?
    """
    data = load_mnist(n_train, 2_000)
    train = top_and_bottom(*data.train)
    val = top_and_bottom(*data.val)

    def build(merge):
        top = keras.Input(shape=(392,), name="top")
        bottom = keras.Input(shape=(392,), name="bottom")
        one = layers.Dense(width, activation="relu")(top)
        two = layers.Dense(width, activation="relu")(bottom)
        merged = merge([one, two])
        digit = layers.Dense(10, activation="softmax", name="digit")(merged)
        model = keras.Model(inputs=[top, bottom], outputs=digit)
        model.compile("adam", loss=CROSS_ENTROPY, metrics=["accuracy"])
        return model

    merges = {
        "Concatenate": layers.Concatenate(),
        "Add": layers.Add(),
        # Sıra sizde (ileri): bir satır da siz ekleyin
    }
    runs = lab.runs(build, seeds, birleştirme=merges)
    for model in runs:
        history = model.fit(*train, batch_size=100, epochs=epochs, validation_data=val)
        runs.keep(history, parametre=model.count_params())
    return runs.frame, build(layers.Concatenate()), build(layers.Add())


# %%
@concatenate_or_add.result
def _(runs, joined, summed, width):
    """Neden: Concatenate iki dalı yan yana koyar: genişlikler toplanır, çıkış katmanı
    her dala ayrı ağırlık verir. Add karşılıklı sayıları toplar: iki dal çıkış
    katmanının ağırlıklarını paylaşır.
    """
    fewer = joined.count_params() - summed.count_params()
    accuracy = final(runs, "val_accuracy")
    gain = paired(accuracy["Concatenate"], accuracy["Add"])
    lab.conclude(
        f"Add ile birleşince çıkış katmanının parametresi {fewer} azaldı. "
        f"Concatenate'li ağ Add'li ağdan {gain.told('çok bildi', 'az bildi')}."
    )
    lab.table(summary(runs, "val_accuracy", parametre="parametre"), "İki birleştirme")
    fig, (left, right) = plots.figure(1, 2)
    left.set_title("Concatenate")
    right.set_title("Add")
    model_graph(joined, ax=left)
    model_graph(summed, ax=right)
    lab.save(fig)

    x, _ = top_and_bottom(*load_mnist(1, 2_000).val)
    *branches, kernel, bias = summed.get_weights()
    joined.set_weights([*branches, np.vstack([kernel, kernel]), bias])
    gap = largest_difference([joined(x)], [summed(x)])
    claim = "Add çıkış katmanından dal genişliğinin 10 katı parametre eksiltiyor"
    lab.check(claim, fewer, equal=width * 10)
    claim = "Add, iki dala aynı ağırlığı veren Concatenate'e eşittir (fark {})"
    lab.check(claim, gap, below=1e-5)
    claim = "Concatenate ile Add'in doğrulukları arasında 2 puandan az fark var"
    lab.check(claim, gain.mean, within=(-0.02, 0.02), full_size=True)


# %% [markdown]
# ## 4 · Artık bloklar
# %%
@lab.section(quick={"depth": 4, "epochs": 1, "seeds": 1})
def residual_blocks(
    depth=20,  # düz ağ bu derinlikte güç öğrenir; iki katman bir bloktur
    epochs=3,  # öğrenen ağ öğrenemeyenden bu kadar epoch'ta ayrılır
    seeds=3,  # tek tohumun sonucu şans olabilir
    batch_norm=False,  # orta alıştırma bunu açar
):
    """Artık bloklar: derin ağı ne eğitilebilir kılar?

    Soru: 20 katmanlı düz ağa yalnız artık bağlantılar eklenince doğrulama doğruluğu kaç
    puan artar?
    """
    data = load_mnist(3_000, 2_000)  # derin ağda adım pahalıdır: az görüntü yeter

    def build(start, skip):
        inputs = keras.Input(shape=(784,))
        x = layers.Dense(64, activation="relu", kernel_initializer=start)(inputs)
        for _ in range(depth // 2):
            h = layers.Dense(64, activation="relu", kernel_initializer=start)(x)
            h = layers.Dense(64, kernel_initializer=start)(h)
            if batch_norm:
                h = layers.BatchNormalization(momentum=0.9)(h)
            if skip:
                h = layers.Add()([h, x])  # artık bağlantı: F(x) + x (He vd., 2016)
            x = layers.Activation("relu")(h)
        model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
        adam = keras.optimizers.Adam(0.003)  # varsayılanın üç katı: az adım yeter
        model.compile(adam, loss=CROSS_ENTROPY, metrics=["accuracy"])
        return model

    starts = {"Glorot": "glorot_normal", "He": "he_normal"}
    skips = {"düz": False, "artık bağlantılı": True}
    runs = lab.runs(build, seeds, başlatıcı=starts, ağ=skips)
    for model in runs:
        before = np.linalg.norm(gradients(model, *data.train)[1])  # ilk blok, eğitimsiz
        history = model.fit(
            *data.train, batch_size=100, epochs=epochs, validation_data=data.val
        )
        runs.keep(history, gradyan=before)
    return runs.frame


# %%
@residual_blocks.result
def _(runs, depth):
    """Neden: Glorot ile ReLU sinyalin gücünü her katmanda yarıya indirir; düz ağda ilk
    bloğa gradyan ulaşmaz. Artık bağlantı bloğun girdisini olduğu gibi taşır: ne sinyal
    söner ne gradyan. He ise artık bağlantılı ağda sinyali blok blok büyütür.
    """
    score = final(runs, "val_accuracy")
    plain, skipped = score["Glorot", "düz"], score["Glorot", "artık bağlantılı"]
    skip = paired(skipped, plain)
    he = paired(score["He", "düz"], plain)
    both = paired(score["He", "artık bağlantılı"], skipped)
    lab.conclude(
        f"Artık bağlantılar {depth} katmanlı düz ağın doğruluğunu "
        f"{skip.told('artırdı', 'düşürdü')}. He başlatıcısı düz ağın doğruluğunu "
        f"{he.told('artırdı', 'düşürdü')}, artık bağlantılı ağın doğruluğunu "
        f"{both.told('artırdı', 'düşürdü')}."
    )
    lab.table(summary(runs, "gradyan", "val_accuracy"), f"{depth} katman")
    fig, (left, right) = plots.figure(1, 2, sharey=True)
    plots.scores(runs, "gradyan", left)
    left.set(title="eğitimden önce", xscale="log", xlabel="ilk bloğun gradyan normu")
    plots.scores(runs, "val_accuracy", right)
    right.set(title="eğitimden sonra", xlim=(0, 1))
    lab.save(fig)

    size = final(runs, "gradyan").mean()
    ratio = size["Glorot", "artık bağlantılı"] / size["Glorot", "düz"]
    lab.check("Artık bağlantı ilk bloğun gradyanını {} kat büyütüyor", ratio, above=1.5)
    claim = "Artık bağlantılar düz ağın doğruluğunu 20 puandan çok artırıyor"
    lab.check(claim, skip.mean, above=0.2, full_size=True)
    claim = "He düz ağın doğruluğunu Glorot'a göre 8 puandan çok artırıyor"
    lab.check(claim, he.mean, above=0.08, full_size=True)


# %% [markdown]
# ## 5 · Kayıp ağırlıkları
# %%
def digit_and_holes(x, digits):
    """Görüntülere iki etiket verir: rakam ve rakamdaki delik sayısı (8'de iki)."""
    holes = np.array([1, 0, 0, 0, 0, 0, 1, 0, 2, 1])
    return x, {"main": digits, "holes": holes[digits]}


# %%
@lab.section(quick={"weights": (0.0, 0.9), "n_train": 1_000, "epochs": 1, "seeds": 1})
def multi_output_loss_weights(
    weights=(0.0, 0.5, 0.9),  # delik kaybı w ile, rakam kaybı 1 - w ile çarpılır
    n_train=4_000,  # bu kadar görüntüyle eğitim saniyeler sürer
    epochs=5,  # doğruluk bu kadar epoch'ta düzleşir
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Kayıp ağırlıkları: iki çıkış bir gövdeyi paylaşır

    Soru: Ağ hem rakamı hem rakamdaki delik sayısını (8'de iki) buluyor. Deliğin kayıp
    ağırlığı 0'dan 0,9'a çıkınca rakam doğruluğu kaç puan düşer?
    """
    if weights[0] >= weights[-1] or weights[-1] > 1:
        raise LabError("weights 0 ile 1 arasında, artan en az iki ağırlık olmalı.")
    data = load_mnist(n_train, 2_000)
    train = digit_and_holes(*data.train)
    val = digit_and_holes(*data.val)

    def build(neurons, w):
        image = keras.Input(shape=(784,), name="image")
        h = layers.Dense(neurons, activation="relu", name="trunk")(image)
        main = layers.Dense(10, activation="softmax", name="main")(h)  # hangi rakam
        holes = layers.Dense(3, activation="softmax", name="holes")(h)  # kaç delik
        model = keras.Model(inputs=image, outputs=[main, holes])
        model.compile(
            optimizer=keras.optimizers.Adam(0.01),
            loss={"main": CROSS_ENTROPY, "holes": CROSS_ENTROPY},
            loss_weights={"main": 1 - w, "holes": w},
            metrics={"main": ["accuracy"], "holes": ["accuracy"]},
        )
        return model

    trunks = {"8 nöron": 8, "64 nöron": 64}
    runs = lab.runs(build, seeds, gövde=trunks, w=weights)
    for model in runs:
        history = model.fit(*train, batch_size=80, epochs=epochs, validation_data=val)
        runs.keep(history)
    return runs.frame


# %%
@multi_output_loss_weights.result
def _(runs, weights):
    """Neden: fit Σ ağırlık · kayıp toplamını küçültür. Dar gövdede iki çıkış az nöron
    için yarışır; nöronlar ağırlığı büyük olana çalışır. Geniş gövdede nöron boldur,
    yarış gevşer.
    """
    low, high = weights[0], weights[-1]
    digit = final(runs, "val_main_accuracy")
    drop = paired(digit["8 nöron", low], digit["8 nöron", high])
    wide = paired(digit["64 nöron", low], digit["64 nöron", high])
    lab.conclude(
        f"Deliğin ağırlığı {number(high)} olunca rakam doğruluğu 8 nöronlu gövdede "
        f"{drop.told('düştü', 'arttı')}, 64 nöronlu gövdede "
        f"{wide.told('düştü', 'arttı')}."
    )
    columns = {"rakam": "val_main_accuracy", "delik sayısı": "val_holes_accuracy"}
    lab.table(summary(runs, **columns), "Doğrulama doğruluğu (w: deliğin ağırlığı)")
    fig, axes = plots.figure(1, 2, sharey=True)
    for ax, (name, column) in zip(axes, columns.items(), strict=True):
        plots.curves(runs, column, ax, x="w")
        ax.set(title=name, xlabel="deliğin ağırlığı w", ylim=(0, 1), xticks=weights)
    axes[0].set_ylabel("doğrulama doğruluğu")
    lab.save(fig)
    total = (1 - runs["w"]) * runs["val_main_loss"] + runs["w"] * runs["val_holes_loss"]
    gap = abs(total - runs["val_loss"]).max()
    lab.check("Keras'ın kaybı Σ ağırlık · kayıp'tır (fark {})", gap, below=1e-4)
    claim = "Rakam doğruluğu 8 nöronlu gövdede 3 puandan çok düşüyor"
    lab.check(claim, drop.mean, above=0.03, full_size=True)
    claim = "Rakam doğruluğu 64 nöronlu gövdede 8 nöronlu gövdeden az düşüyor"
    lab.check(claim, drop.mean - wide.mean, above=0.02, full_size=True)


# %% [markdown]
# ## 6 · Yardımcı kayıp
# %%
@lab.section(quick={"depth": 6, "n_train": 500, "epochs": 2, "seeds": 1})
def auxiliary_loss(
    depth=20,  # düz ağ bu derinlikte güç öğrenir (bölüm 4)
    weight=0.3,  # yardımcı kayıp bu ağırlıkla eklenir (GoogLeNet: Szegedy vd., 2015)
    n_train=1_500,  # derin ağda adım pahalıdır: az görüntü yeter
    epochs=4,  # iki eğitim bu kadar epoch'ta ayrılır
    seeds=5,  # üç tohumla büyük fark bile şanstan ayrılmayabilir
):
    """Yardımcı kayıp: derin ağa yarı yoldan gradyan

    Soru: 20 katmanlı ağın yarı yoluna ikinci bir çıkış ve kayıp eklenince ana çıkışın
    doğruluğu kaç puan artar?
    """
    data = load_mnist(n_train, 1_000)
    y = {"main": data.y_train, "aux": data.y_train}  # iki çıkış da rakamı arar
    val = data.x_val, {"main": data.y_val, "aux": data.y_val}

    def build(w):
        image = keras.Input(shape=(784,), name="image")
        h = image
        for k in range(1, depth + 1):
            h = layers.Dense(64, activation="relu")(h)
            if k == depth // 2:
                aux = layers.Dense(10, activation="softmax", name="aux")(h)
        main = layers.Dense(10, activation="softmax", name="main")(h)
        model = keras.Model(inputs=image, outputs=[main, aux])
        model.compile(
            optimizer="adam",
            loss={"main": CROSS_ENTROPY, "aux": CROSS_ENTROPY},
            loss_weights={"main": 1.0, "aux": w},
            metrics={"main": ["accuracy"], "aux": ["accuracy"]},
        )
        return model

    runs = lab.runs(build, seeds, kayıp={"yalnız ana": 0.0, "ana + yardımcı": weight})
    for model in runs:
        runs.keep(model.fit(data.x_train, y, 50, epochs, validation_data=val))
    inference = keras.Model(model.input, model.outputs[0])  # yardımcı çıkış kesilir
    return runs.frame, model, inference


# %%
@auxiliary_loss.result
def _(runs, model, inference, depth):
    """Neden: Ana kaybın gradyanı ilk yarıya ancak daha öğrenmemiş ikinci yarıdan
    geçerek varır. Yardımcı kaybın gradyanı ortadan başlar: ilk yarı rakamları erken
    ayırır, ikinci yarı bunun üstüne kurar.
    """
    accuracy = final(runs, "val_main_accuracy")
    gain = paired(accuracy["ana + yardımcı"], accuracy["yalnız ana"])
    x = load_mnist(1, 1_000).x_val
    cut = largest_difference([model(x)[0]], [inference(x)])
    lab.conclude(
        f"Yardımcı kayıp {depth} katmanlı ağın ana doğruluğunu "
        f"{gain.told('artırdı', 'düşürdü')}. Yardımcı çıkış sonradan kesilince ana "
        f"çıkış {'hiç değişmedi' if cut == 0 else 'değişti'}."
    )
    columns = {"ana çıkış": "val_main_accuracy", "yardımcı çıkış": "val_aux_accuracy"}
    lab.table(summary(runs, **columns), "Doğrulama doğruluğu")
    fig, ax = plots.figure()
    plots.curves(runs, "val_main_accuracy", ax)
    ax.set(ylabel="ana çıkışın doğrulama doğruluğu", ylim=(0, 1))
    lab.save(fig)
    removed = model.count_params() - inference.count_params()
    claim = "Yardımcı kayıp ana çıkışın doğruluğunu 3 puandan çok artırıyor"
    lab.check(claim, gain.mean, above=0.03, full_size=True)
    lab.check("Yardımcı çıkış kesilince ana çıkış hiç değişmiyor", cut, equal=0)
    lab.check("Kesilen çıkışta (64 + 1) · 10 parametre vardı", removed, equal=650)


# %% [markdown]
# ## 7 · Paylaşılan katmanlar
# %%
def draw_pairs(x, digits, count):
    """Görüntü çiftleri çeker; etiket iki rakamın toplamıdır."""
    rng = np.random.default_rng(lab.seed)
    i, j = rng.integers(len(x), size=(2, count))
    return {"first": x[i], "second": x[j]}, digits[i] + digits[j]


def make_encoder(name):
    """784 pikseli 32 sayıya indirir."""
    hidden = layers.Dense(128, activation="relu")
    return keras.Sequential([hidden, layers.Dense(32, activation="relu")], name=name)


def start_alike(model, seed, starts):
    """Aynı tohumda iki ağ da aynı fonksiyondan başlar: kodlayıcı ve baş kopyalanır."""
    if seed not in starts:  # önce ayrı kodlayıcılar gelir
        weights = model.get_layer("encoder").get_weights()
        model.get_layer("encoder_2").set_weights(weights)
        starts[seed] = {layer.name: layer.get_weights() for layer in model.layers}
    for layer in model.layers:
        layer.set_weights(starts[seed][layer.name])


# %%
@lab.section(quick={"n_pairs": 500, "epochs": 1, "seeds": 1}, curious=True)
def shared_layers(
    n_pairs=5_000,  # bu kadar çift, bu kadar görüntüden çekilir
    epochs=6,  # toplam zor bir hedeftir: çoğu çift bu kadar epoch'ta öğrenilir
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Paylaşılan katmanlar: iki rakamın toplamı

    Soru: Ağ iki görüntüdeki rakamları topluyor. İki ayrı kodlayıcı yerine aynı
    kodlayıcı iki kez çağrılınca parametrelerin yüzde kaçı eksilir?
    """
    data = load_mnist(n_pairs, 2_000)
    x, y = draw_pairs(*data.train, n_pairs)
    val = draw_pairs(*data.val, 2_000)

    def build(shared):
        first = keras.Input(shape=(784,), name="first")
        second = keras.Input(shape=(784,), name="second")
        encoder = make_encoder("encoder")
        other = encoder if shared else make_encoder("encoder_2")
        codes = [encoder(first), other(second)]  # aynı nesne: aynı ağırlıklar
        h = layers.Concatenate(name="codes")(codes)
        h = layers.Dense(64, activation="relu", name="head")(h)
        total = layers.Dense(19, activation="softmax", name="sum")(h)  # 0, 1, … 18
        model = keras.Model(inputs=[first, second], outputs=total)
        adam = keras.optimizers.Adam(0.003)  # varsayılanın üç katı: az epoch yeter
        model.compile(adam, loss=CROSS_ENTROPY, metrics=["accuracy"])
        return model

    starts = {}
    runs = lab.runs(build, seeds, kodlayıcı={"ayrı": False, "paylaşılan": True})
    for model in runs:
        start_alike(model, runs.labels["tohum"], starts)
        before = model.evaluate(*val)[0]
        history = model.fit(x, y, batch_size=125, epochs=epochs, validation_data=val)
        runs.keep(history, parametre=model.count_params(), ilk_kayıp=before)
    return runs.frame, model


# %%
@shared_layers.result
def _(runs, model):
    """Neden: Aynı katman nesnesi iki kez çağrılır: tek ağırlık kümesi iki görüntüye de
    bakar ve ikisinden de gradyan alır. İkinci kodlayıcının ağırlıkları ortadan kalkar.
    """
    size = final(runs, "parametre").iloc[0]
    accuracy = final(runs, "val_accuracy")
    gain = paired(accuracy["paylaşılan"], accuracy["ayrı"])
    lost = size["ayrı"] - size["paylaşılan"]
    lab.conclude(
        f"Kodlayıcı paylaşılınca parametrelerin {percent(lost / size['ayrı'])} kadarı "
        f"eksildi. Toplamı bilme doğruluğu {gain.told('arttı', 'düştü')}."
    )
    lab.table(summary(runs, "val_accuracy", parametre="parametre"), "İki kodlayıcı")
    pairs, totals = draw_pairs(*load_mnist(1, 2_000).val, 2_000)
    guesses = model.predict(pairs).argmax(axis=1)
    missed = np.flatnonzero(guesses != totals)[0]  # bilinmeyen ilk çift
    fig, axes = plots.mosaic("GGAA;GGBC")
    plots.scores(runs, "val_accuracy", axes["A"])
    told = [f"toplam {totals[missed]}", f"ağın yanıtı {guesses[missed]}"]
    images = [images[missed] for images in pairs.values()]
    plots.digits([axes["B"], axes["C"]], images, told)
    model_graph(model, ax=axes["G"])
    lab.save(fig)

    start = final(runs, "ilk_kayıp")
    gap = abs(start["ayrı"] - start["paylaşılan"]).max()
    lab.check("Bir kodlayıcı kadar parametre eksildi", lost, equal=785 * 128 + 129 * 32)
    lab.check("İki ağ aynı kayıptan başlıyor (fark {})", gap, below=1e-4)
    lab.check("Paylaşmak 5 puan kaybettirmiyor", gain.mean, above=-0.05, full_size=True)
    claim = "İki ağ da toplamların %30'undan çoğunu doğru biliyor"
    lab.check(claim, accuracy.min().min(), above=0.3, full_size=True)


# %% [markdown]
# ## 8 · U-Net
# %%
def conv(filters, name, strides=1):
    """Görüntüyü 3 x 3 piksellik pencereyle tarar (ayrıntısı Hafta 2'de)."""
    look = {"padding": "same", "activation": "relu", "name": name}
    return layers.Conv2D(filters, 3, strides, **look)


def noisy_and_clean(x, noise):
    """Görüntülere gürültü ekler, temizlerini de verir; gürültünün tohumu aynıdır."""
    clean = x.reshape(-1, 28, 28, 1)
    rng = np.random.default_rng(lab.seed)
    return clean + rng.normal(0, noise, clean.shape), clean


# %%
@lab.section(quick={"n_train": 100, "epochs": 1, "seeds": 1}, curious=True)
def u_net(
    n_train=1_500,  # evrişim CPU'da pahalıdır: az görüntü yeter
    epochs=3,  # iki ağ bu kadar epoch'ta ayrılır
    noise=0.2,  # std'si bu kadarken ince ayrıntı daha seçilir (piksel 0 ile 1 arasında)
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """U-Net: atlama bağlantıları ne taşır?

    Soru: Gürültü gideren U-Net'in iki atlama bağlantısı kesilince hata kaç katına
    çıkar? (a) 1,1 (b) 3 (c) 10
    """
    data = load_mnist(n_train, 500)
    train = noisy_and_clean(data.x_train, noise)
    val = noisy_and_clean(data.x_val, noise)

    def build(skip):
        image = keras.Input(shape=(28, 28, 1), name="noisy")
        down_1 = conv(8, "down_1")(image)
        down_2 = conv(16, "down_2", strides=2)(down_1)  # 14 x 14
        h = conv(16, "middle", strides=2)(down_2)  # 7 x 7
        # Kesik ağda h kendisiyle birleşir: iki ağın ağırlık sayısı aynıdır
        h = layers.UpSampling2D(name="up_2")(h)
        h = layers.Concatenate(name="join_2")([h, down_2 if skip else h])
        h = conv(8, "conv_2")(h)
        h = layers.UpSampling2D(name="up_1")(h)
        h = layers.Concatenate(name="join_1")([h, down_1 if skip else h])
        last = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="clean")
        model = keras.Model(image, last(h))
        adam = keras.optimizers.Adam(0.01)  # varsayılanın on katı: az epoch yeter
        model.compile(adam, loss="binary_crossentropy", metrics=["mse"])
        return model

    images = {"temiz": val[1][0], "gürültülü": val[0][0]}
    runs = lab.runs(build, seeds, atlama={"kesik": False, "bağlı": True})
    for model in runs:
        runs.keep(model.fit(*train, batch_size=50, epochs=epochs, validation_data=val))
        images["atlama " + runs.labels["atlama"]] = model.predict(val[0][:1])[0]
    return runs.frame, images


# %%
U_PLACES = {  # katman: sütunu ve satırı (satır: 28 x 28, 14 x 14, 7 x 7)
    "noisy": (0, 2),
    "down_1": (1, 2),
    "down_2": (1, 1),
    "middle": (2, 0),
    "up_2": (3, 1),
    "join_2": (4, 1),
    "conv_2": (5, 1),
    "up_1": (5, 2),
    "join_1": (6, 2),
    "clean": (7, 2),
}


def draw_u(ax):
    """U-Net'i çizer: katman kutu, tensör ok olur; atlama bağlantısı renklidir."""
    boxes = {}
    for name, place in U_PLACES.items():
        border = {"boxstyle": "square", "facecolor": "white", "edgecolor": "black"}
        text = ax.text(*place, name, ha="center", va="center", bbox=border)
        boxes[name] = text.get_bbox_patch()
    ways = [(way, {"color": "black", "linewidth": 2}) for way in pairwise(U_PLACES)]
    skip = {"color": "C1", "linewidth": 4, "connectionstyle": "arc3,rad=-0.2"}
    ways += [(("down_1", "join_1"), skip), (("down_2", "join_2"), skip)]
    for (source, target), look in ways:
        arrow = {"arrowstyle": "-|>", "mutation_scale": 24, "shrinkA": 3, "shrinkB": 3}
        ends = {"patchA": boxes[source], "patchB": boxes[target]}
        places = U_PLACES[target], U_PLACES[source]
        ax.annotate("", *places, arrowprops=arrow | ends | look)
    ax.set(xlim=(-0.5, 7.5), ylim=(-0.4, 2.9))
    ax.axis("off")


# %%
@u_net.result
def _(runs, images, noise, seeds):
    """Neden: Daralan kol 28 x 28 görüntüyü 7 x 7'ye indirir; ince ayrıntı orada
    kaybolur. Atlama bağlantısı ayrıntıyı genişleyen kola doğrudan taşır.
    """
    error = final(runs, "val_mse")
    ratio = error["kesik"] / error["bağlı"]
    moved = "çıktı" if ratio.mean() > 1 else "indi"
    lab.conclude(
        f"Atlama bağlantıları kesilince hata ortalama {number(ratio.mean(), 2)} katına "
        f"{moved}. Hata {seeds} tohumun {(ratio > 1).sum()} tanesinde arttı."
    )
    lab.table(summary(runs, hata="val_mse"), "Temiz görüntüden ortalama kare hata")
    fig, axes = plots.mosaic("UUUU;UUUU;abcd;abcd")
    draw_u(axes["U"])
    shown = list(images.values())
    plots.digits([axes[letter] for letter in "abcd"], shown, list(images))
    lab.save(fig)
    left = error["bağlı"].max() / noise**2
    claim = "Atlama bağlantıları kesilince hata her tohumda artıyor (en az {} kat)"
    lab.check(claim, ratio.min(), above=1.1, full_size=True)
    claim = "U-Net'in hatası gürültünün hatasının onda üçünden azdır"
    lab.check(claim, left, below=0.3, full_size=True)


# %% [markdown]
# ## 9 · Şekil hataları
# %%
@lab.section(curious=True)
def shape_errors(
    width=64,  # ilk dal bu genişliktedir, ikinci dal bunun yarısıdır
):
    """Şekil hataları: Keras ne der, çaresi nedir?

    Soru: Keras altı yanlış satırdan kaçını hata vermeden kabul eder?
    """
    one = keras.Input(shape=(width,), name="one")
    half = keras.Input(shape=(width // 2,), name="half")
    single = keras.Input(shape=(1,), name="single")
    main = layers.Dense(10, activation="softmax", name="main")(one)
    aux = layers.Dense(3, activation="softmax", name="aux")(one)
    model = keras.Model(inputs=one, outputs=[main, aux])
    x = np.zeros((8, width))
    y = {"main": np.zeros(8), "aux": np.zeros(8)}

    answers = {
        "Add: biri yarı genişlikte": keras_answer(layers.Add(), [one, half]),
        "Add: birinin genişliği 1": keras_answer(layers.Add(), [one, single]),
        "Model: unutulan girdi": keras_answer(keras.Model, single, main),
        "predict: bir sütun fazla": keras_answer(
            model.predict, np.zeros((8, width + 1))
        ),
    }
    model.compile("adam", loss={"main": CROSS_ENTROPY})
    answers["compile: aux için kayıp yok"] = keras_answer(model.fit, x, y)
    model.compile(
        optimizer="adam",
        loss={"main": CROSS_ENTROPY, "aux": CROSS_ENTROPY},
        metrics={"main": ["accuracy"], "aux": ["accuracy"]},
    )
    stop = keras.callbacks.EarlyStopping("val_main_accuracy")
    fit = {"validation_data": (x, y), "callbacks": [stop]}
    answers["EarlyStopping: mode= yok"] = keras_answer(model.fit, x, y, **fit)
    return answers


# %%
@shape_errors.result
def _(answers):
    """Neden: Genişliği 1 olan tensör karşısındakinin her sütununa eklenir
    (broadcasting); NumPy de böyle yapar. Kalan beş satırda şekiller, adlar ya da
    kayıplar birbirini tutmaz.
    """
    cures = [
        "dalı Dense(64) ile eşitleyin",
        "hata yok: genişliği kendiniz denetleyin",
        "bütün girdileri inputs= listesine yazın",
        "x'in sütunlarını keras.Input'takine eşitleyin",
        "her çıkışa kayıp yazın, istenmeyenin ağırlığı 0 olsun",
        'mode="max" yazın',
    ]
    accepted = [name for name, answer in answers.items() if not answer]
    lab.conclude(
        f"Keras {len(answers)} yanlış satırın {len(accepted)} tanesini hata vermeden "
        f"kabul etti ({', '.join(accepted) or 'hiçbiri'})."
    )
    shown = [
        answer[:60] + " …" if answer else "hata yok" for answer in answers.values()
    ]
    table = {"yanlış satır": list(answers), "Keras'ın yanıtı": shown, "çaresi": cures}
    lab.table(pd.DataFrame(table), "Altı yanlış satır")
    claim = "Keras altı yanlış satırdan yalnız birini hata vermeden kabul ediyor"
    lab.check(claim, len(accepted), equal=1)
    quiet = answers["Add: birinin genişliği 1"] == ""
    lab.check("Genişliği 1 olan dal toplanırken Keras susuyor", quiet, equal=True)


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="residual_blocks",
    settings={"depth": 4},
    task="Yirmi yerine dört katman olsun: Glorot ile başlayan düz ağ öğrenir mi?",
    quantity="Glorot ile başlayan düz ağın doğrulama doğruluğu",
    measure=lambda runs: final(runs, "val_accuracy")["Glorot", "düz"].mean(),
    low=0.85,
    high=0.94,
    write=percent,
    hint="Sinyalin gücü her katmanda yarıya iniyorsa dört katmanda kaçta kaçı kalır?",
    solution="Sığ ağda sinyal sönmeye vakit bulamaz: dört ağın dördü de öğrenir.",
)
lab.exercise(
    level="orta",
    section="residual_blocks",
    settings={"batch_norm": True},
    task="Her bloğa BatchNorm eklensin: He ile başlayan artık bağlantılı ağ ne yapar?",
    quantity="He ile başlayan artık bağlantılı ağın doğrulama doğruluğu",
    measure=lambda runs: final(runs, "val_accuracy")["He", "artık bağlantılı"].mean(),
    low=0.80,
    high=0.95,
    write=percent,
    hint="He artık bağlantılı ağda sinyali blok blok büyütür. BatchNorm ne yapar?",
    solution="BatchNorm dalı her blokta yeniden ölçekler: sinyal büyümez, ağ öğrenir.",
)
lab.exercise(
    level="ileri",
    section="concatenate_or_add",
    task="merges sözlüğünün sonuna üçüncü bir birleştirme yazın: Multiply iki dalı "
    "çarpar.",
    quantity="Multiply ile doğrulama doğruluğu",
    measure=lambda runs: (
        final(runs, "val_accuracy").get("Multiply", pd.Series(dtype=float)).mean()
    ),
    low=0.84,
    high=0.93,
    write=percent,
    hint="Sözlükteki satırlar bir ad ve birleştiren bir katmandır.",
    solution='"Multiply": layers.Multiply(),',
)
lab.exercise(
    level="yaz",
    section="multi_input_output",
    file="alistirmalar/03_functional.py",
    judge=sinamalar.functional,
    task="alistirmalar/03_functional.py: çizimdeki modeli kurun.",
    hint="Bölüm 2'nin modeli aynı çizgedir: önce dallar, sonra birleştirme, çıkışlar.",
)


if __name__ == "__main__":
    lab.run()
