"""Uygulama 01 · Keras Sequential API        (09:00-11:45)

Ders dünün referans modelinden günün ilk ağına, oradan slaytın tam mimarisine geçer;
sonra mimarinin parçaları tek tek denenir. Her bölüm iki parçadır: önce ders (model,
compile, fit), altında sonuç (tablo, şekil, sınamalar) gelir.

    python uygulama_01_keras_sequential.py                             bütün bölümler
    python uygulama_01_keras_sequential.py --bolum 8                   tek bölüm
    python uygulama_01_keras_sequential.py --bolum 8 --ayar depth=2    ya şöyle olsaydı?
    python uygulama_01_keras_sequential.py --yardim                    bütün seçenekler
"""

# %% [markdown]
# # Uygulama 01 · Keras Sequential API

# %%
from common import Lab

lab = Lab(
    "uygulama_01_keras_sequential", "Uygulama 01 · Keras Sequential API", "09:00-11:45"
)

from functools import partial
from timeit import repeat

import keras
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, ops, regularizers
from scipy.stats import binomtest, entropy
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from alistirmalar import sinamalar
from common import (
    final,
    gradients,
    largest_difference,
    load_breast_cancer,
    load_mnist,
    model_graph,
    number,
    paired,
    percent,
    plots,
    set_seed,
    summary,
    tidy,
)


# %% [markdown]
# ## 1 · Dün özeti
# %%
@lab.section(limits={"folds": (2, 50)})
def yesterday_baseline(
    folds=5,  # dünkü çapraz doğrulama da beş parçalıydı; her parçada iki tür bulunur
):
    """Dün özeti: ağın aşması gereken çıta

    Soru: Dünkü Pipeline + ColumnTransformer + LogisticRegression tümörlerin yüzde
    kaçını doğru ayırır?
    """
    data = load_breast_cancer(scaled=False)
    x_train = pd.DataFrame(data.x_train, columns=data.feature_names)
    x_val = pd.DataFrame(data.x_val, columns=data.feature_names)
    log = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    errors = make_column_selector("hata")  # bu sütunlar çarpık dağılır: önce log
    columns = ColumnTransformer(
        [("log + ölçek", make_pipeline(log, StandardScaler()), errors)],
        remainder=StandardScaler(),
        verbose_feature_names_out=False,
    )
    columns.set_output(transform="pandas")
    model = make_pipeline(columns, LogisticRegression(max_iter=1_000))

    x = pd.concat([x_train, x_val])
    y = np.concatenate([data.y_train, data.y_val])
    parts = RepeatedStratifiedKFold(n_splits=folds, n_repeats=3, random_state=lab.seed)
    scores = pd.DataFrame({"doğruluk": cross_val_score(model, x, y, cv=parts)})

    model.fit(x_train, data.y_train)
    mean = columns.transform(x_train).mean()
    shap = (columns.transform(x_val) - mean) * model[-1].coef_[0]  # ağırlık · sapma
    base = mean @ model[-1].coef_[0] + model[-1].intercept_[0]  # ortalama hasta
    return scores, shap, base, model.decision_function(x_val)


# %%
@yesterday_baseline.result
def _(scores, shap, base, log_odds):
    """Neden: Lojistik regresyon ölçülerin ağırlıklı toplamına bakar. Kötü huylu
    hücreler büyük ve düzensizdir; bu toplam iki sınıfı ayırmaya çoğu kez yeter.
    Yarıçap, çevre ve alan birlikte büyür: ağırlığı aralarında paylaşırlar.
    """
    accuracy = scores["doğruluk"].mean()
    top = shap.abs().mean().nlargest(5).index
    lab.conclude(f"Dünkü model tümörlerin {percent(accuracy)} kadarını doğru ayırdı.")
    table = pd.DataFrame({"doğruluk": [percent(accuracy, scores["doğruluk"].std())]})
    lab.table(table, f"Çapraz doğrulama, {len(scores)} ölçüm")
    fig, axes = plots.mosaic("ABBB")
    sns.stripplot(scores, y="doğruluk", size=13, color=plots.GREY, ax=axes["A"])
    axes["A"].axhline(accuracy, color="black", linewidth=3)
    axes["A"].set(xticks=[], title="nokta: bir parça\nçizgi: ortalama")
    sns.swarmplot(shap[top], orient="h", size=7, color=plots.ACCENT, ax=axes["B"])
    axes["B"].axvline(0, color="black")
    axes["B"].set(title="nokta: bir hasta", xlabel="SHAP (log-odds): sağa kötü huylu")
    lab.save(fig)

    gap = abs(base + shap.sum(axis=1) - log_odds).max()
    lab.check("Dünkü doğruluk %96 ile %99 arasındadır", accuracy, within=(0.96, 0.99))
    lab.check("Taban ile SHAP'ların toplamı log-odds'tur (fark {})", gap, below=1e-4)


# %% [markdown]
# ## 2 · İlk model
# %%
@lab.section(limits={"patient": (0, 113)})
def first_model(
    patient=25,  # ağ doğrulama kümesindeki bu hastada tam emin değildir
):
    """İlk model: Sequential, compile, fit, predict

    Soru: Ağ 30 ölçüye bakıyor; 8 gizli nöronu ve tek çıkış nöronu var. Ağ eğitimde
    kaç sayı öğrenir?
    """
    data = load_breast_cancer()
    keras.config.enable_interactive_logging()  # Keras her epoch'u yazsın

    model = keras.Sequential([
        layers.Input(shape=(30,)),  # bir hastanın 30 ölçüsü
        layers.Dense(8, activation="relu"),  # gizli katman
        layers.Dense(1, activation="sigmoid"),  # kötü huylu olma olasılığı
    ])
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),  # varsayılanın on katı: az epoch yeter
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    history = model.fit(
        *data.train, batch_size=31, epochs=8, validation_data=data.val, verbose=2
    )
    print("history.history:", list(history.history))
    model.evaluate(*data.val, verbose=2)  # [kayıp, doğruluk]
    p = model.predict(data.x_val, verbose=2)[:, 0]
    return tidy(history), pd.DataFrame({"p": p, "gerçek": data.y_val}), model


# %%
@first_model.result
def _(history, patients, model, patient):
    """Neden: Bir Dense nöronunun her girdi için bir ağırlığı, bir de bias'ı vardır.
    Gizli katman (30 + 1) · 8, çıkış katmanı (8 + 1) · 1 sayı öğrenir.
    """
    one = patients.loc[patient]
    kinds = load_breast_cancer().class_names
    learned = model.count_params()
    lab.conclude(
        f"İlk ağ {learned} sayı öğrendi. Ağ {patient} numaralı hastanın tümörüne "
        f"{percent(one['p'])} olasılıkla kötü huylu diyor."
    )
    lab.table(history.iloc[[0, -1]].set_index("epoch"), "İlk ve son epoch")
    fig, (left, right) = plots.figure(1, 2, width_ratios=[1, 2])
    model_graph(model, ax=left)
    shown = patients.assign(tür=np.take(kinds, patients["gerçek"]))
    sns.stripplot(shown, x="p", y="tür", order=kinds, size=13, alpha=0.5, ax=right)
    right.axvline(0.5, color="black")
    right.scatter(one["p"], one["gerçek"], s=500, color="C1", zorder=5)
    right.set(xlabel="ağın kötü huylu için verdiği olasılık", ylabel="gerçekte")
    right.set_title(f"doğrulama hastaları; turuncu: {patient} numaralı")
    lab.save(fig)

    accuracy = history["val_accuracy"].iloc[-1]
    lab.check("Elle sayım Keras'ın sayımına eşittir", 31 * 8 + 9 * 1, equal=learned)
    lab.check("İlk ağ doğrulamada %90'dan çok biliyor", accuracy, above=0.9)


# %% [markdown]
# ## 3 · Elle yazılan ağ
# %%
def forward_and_backward(x, y, w1, b1, w2, b2):
    """İleri besleme girdiden çıkışa, geri yayılım (zincir kuralı) kayıptan girdiye."""
    hidden = np.tanh(x @ w1 + b1)  # girdi → ağırlıklar → aktivasyon
    p = 1 / (1 + np.exp(-(hidden @ w2 + b2)))  # çıkış: sigmoid
    d_out = (p - y) / len(x)  # sigmoid ile cross-entropy'nin türevi birlikte p - y
    d_hidden = d_out @ w2.T * (1 - hidden**2)  # tanh'ın türevi 1 - tanh²
    return [x.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_out, d_out.sum(axis=0)]


# %%
@lab.section(limits={"lr": (0, 10)})
def network_by_hand(
    steps=20,  # kayıp eğrisi bu kadar adımda düzleşmeye başlar
    lr=0.5,  # kayıp her adımda gözle görülür iner; 10'dan büyük adımda sigmoid taşar
):
    """Elle yazılan ağ: ileri besleme ve geri yayılım

    Soru: Aynı ağ 20 adım elle, 20 adım Keras'la eğitilince ağırlıkların en büyük farkı
    kaç olur? (a) 0,1 (b) 0,001 (c) 0,0000001
    """
    data = load_breast_cancer()
    x, y = data.x_train, data.y_train[:, None]
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(8, activation="tanh"),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(lr), loss="binary_crossentropy")
    start = model.get_weights()
    history = model.fit(x, y, batch_size=len(x), epochs=steps)  # epoch = bir adım

    weights = [w.astype("float64") for w in start]
    for _ in range(steps):  # aynı adımlar elle atılır
        slopes = forward_and_backward(x, y, *weights)
        weights = [w - lr * slope for w, slope in zip(weights, slopes, strict=True)]
    return tidy(history), start, weights, model.get_weights()


# %%
@network_by_hand.result
def _(curves, start, by_hand, by_keras):
    """Neden: Keras da aynı zincir kuralını uygular. Fark yalnız yuvarlamadandır: Keras
    32 bitle, NumPy burada 64 bitle hesaplar.
    """
    gap = largest_difference(by_hand, by_keras)
    lab.conclude(
        f"Elle ve Keras'la eğitilen ağırlıkların en büyük farkı {number(gap, 1)} oldu."
    )
    lab.table(
        curves.iloc[[0, -1]].set_index("epoch"),
        "İlk ve son adım (bir epoch bir adımdır)",
    )
    fig, ax = plots.figure()
    for before, hand, reached in zip(start, by_hand, by_keras, strict=True):
        ax.scatter(reached, before, s=90, alpha=0.6, color=plots.GREY)
        ax.scatter(reached, hand, s=90, alpha=0.6, color=plots.ACCENT)
    ax.axline((0, 0), slope=1, color="black", zorder=0)
    ax.set(xlabel="Keras'ın ağırlığı, eğitimden sonra", ylabel="ağırlık")
    ax.set_title("mavi: elle, eğitimden sonra; gri: eğitimden önce")
    lab.save(fig)
    lab.check("Elle yazılan ağ Keras'la aynı ağırlıklara varıyor", gap, below=1e-4)


# %% [markdown]
# ## 4 · Kayıp ve optimizer
# %%
@lab.section(limits={"p_wrong": (0.0001, 0.999)})
def loss_and_optimizer(
    p_wrong=0.01,  # ağ kötü huylu tümöre bu olasılığı verir: emindir ama yanılır
):
    """Kayıp ve optimizer: yanılan ağ nasıl düzelir?

    Soru: Tümör kötü huylu, ağ ise emin ve yanılıyor: 0,01 olasılık veriyor.
    Cross-entropy'nin gradyanı, MSE'nin gradyanının kaç katıdır? (a) 2 (b) 50 (c) 1000
    """
    p = np.append(p_wrong, np.linspace(0.01, 0.99, 99))
    y = np.ones((len(p), 1))  # hepsi kötü huylu
    z = tf.constant(np.log(p / (1 - p))[:, None])  # sigmoid(z) = p
    slopes = pd.DataFrame({"p": p})
    for name in ("binary_crossentropy", "mse"):
        with tf.GradientTape() as tape:  # bant türevi alır: uygulama 04
            tape.watch(z)
            loss = keras.losses.get(name)(y, keras.activations.sigmoid(z))
        slopes[name] = tape.gradient(loss, z).numpy()

    data = load_breast_cancer()
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(8, activation="tanh"),
        layers.Dense(1, activation="sigmoid"),
    ])
    start = model.get_weights()
    steps = pd.DataFrame()
    for optimizer in (keras.optimizers.SGD, keras.optimizers.Adam):
        model.set_weights(start)
        model.compile(optimizer=optimizer(0.01), loss="binary_crossentropy")
        model.train_on_batch(*data.train)  # tek adım
        moved = [a - b for a, b in zip(model.get_weights(), start, strict=True)]
        steps[optimizer.__name__] = np.concatenate([m.ravel() for m in moved])
    return slopes, steps


# %%
@loss_and_optimizer.result
def _(slopes, steps):
    """Neden: Zincir kuralı kaybın türevini sigmoid'in türevi p(1 - p) ile çarpar.
    Cross-entropy'de bu çarpan sadeleşir, geriye p - y kalır. MSE'de kalır ve p sıfıra
    giderken gradyanı söndürür: 2(p - y)p(1 - p). Adam gradyanı kendi boyuna böler.
    """
    p = slopes["p"]
    cross = slopes["binary_crossentropy"].abs()
    mse = slopes["mse"].abs()
    times = cross[0] / mse[0]
    sizes = steps.abs()
    sgd, adam = sizes.max() / sizes.median()
    lab.conclude(
        f"Ağın olasılığı {number(p[0])} iken cross-entropy'nin gradyanı MSE'nin "
        f"gradyanının {number(times)} katı oldu. İlk adımda ağırlıklar Adam'da eşit "
        f"oynadı; SGD'de en çok oynayan, ortancanın {number(sgd, 2)} katı oynadı."
    )
    table = pd.DataFrame({"ortanca": sizes.median(), "en büyük": sizes.max()})
    lab.table(table.rename_axis("optimizer"), "İlk adımın boyu")
    fig, (left, right) = plots.figure(1, 2)
    slopes[1:].abs().plot("p", linewidth=4, ax=left)
    plots.label_lines(left, ["cross-entropy", "MSE"])
    left.plot([p[0], p[0]], [mse[0], cross[0]], color="black", linewidth=3, marker="o")
    left.text(p[0] + 0.03, 0.5, f"{number(times)} kat", size=30, weight="bold")
    left.set(xlabel="ağın verdiği olasılık p", ylabel="gradyan (mutlak değer)")
    sns.histplot(sizes["SGD"], log_scale=True, bins=30, color="C0", ax=right)
    right.axvline(sizes["Adam"].median(), color="C1", linewidth=6)
    right.set(xlabel="ilk adımın boyu (mavi SGD, turuncu Adam)", ylabel="kaç ağırlık")
    lab.save(fig)
    gap = largest_difference([cross, mse], [1 - p, 2 * (1 - p) ** 2 * p])
    lab.check("Bant iki formülün gradyanını veriyor (fark {})", gap, below=1e-5)
    lab.check("Adam'ın ilk adımları neredeyse eşittir", adam, below=1.5)


# %% [markdown]
# ## 5 · Tam mimari
# %%
@lab.section(quick={"epochs": 3})
def full_architecture(
    epochs=30,  # doğrulama kaybı bu kadar epoch'ta düzleşir
):
    """Tam mimari: Dense + BatchNorm + Dropout

    Soru: Slaytın 42 497 parametreli ağı, 114 test hastasından kaçının tanısını lojistik
    regresyondan fazla bilir?
    """
    data = load_breast_cancer()
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(
            256,
            activation="relu",
            kernel_initializer="he_normal",
            kernel_regularizer=regularizers.l2(1e-4),
        ),
        layers.BatchNormalization(momentum=0.9),  # 0.99 geriden gelir: bölüm 13
        layers.Dropout(0.3),
        layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
        layers.BatchNormalization(momentum=0.9),
        layers.Dropout(0.25),
        layers.Dense(1, activation="sigmoid"),
    ])
    auc = keras.metrics.AUC(name="auc")  # slaytın "AUC"si val_AUC olurdu
    model.compile(
        optimizer="adam", loss="binary_crossentropy", metrics=["accuracy", auc]
    )
    model.summary(print_fn=print)
    history = model.fit(
        *data.train, batch_size=31, epochs=epochs, validation_data=data.val
    )
    simple = LogisticRegression(max_iter=1_000).fit(*data.train)  # referans model
    patients = pd.DataFrame({"ağ": model.predict(data.x_test)[:, 0]})
    patients["lojistik"] = simple.predict_proba(data.x_test)[:, 1]
    patients["gerçek"] = data.y_test
    return tidy(history), patients, model


# %%
@full_architecture.result
def _(history, patients, model):
    """Neden: İki tümör türünü neredeyse bir düzlem ayırır. Fazladan parametrenin 341
    eğitim hastasından öğreneceği az şey kalır.
    """
    known = (patients[["ağ", "lojistik"]] > 0.5).eq(patients["gerçek"] == 1, axis=0)
    more = known["ağ"].sum() - known["lojistik"].sum()
    differ = known["ağ"] != known["lojistik"]  # eşli test bunlara bakar (McNemar, 1947)
    chance = binomtest(known["ağ"][differ].sum(), max(1, differ.sum())).pvalue
    lab.conclude(
        f"Ağ, lojistik regresyondan {abs(more)} hastanın tanısını "
        f"{'fazla' if more >= 0 else 'az'} bildi. Bu fark şansla da "
        f"{'çıkabilir' if chance > 0.05 else 'zor çıkar'} (p = {number(chance, 2)})."
    )
    table = pd.DataFrame({"bildiği": known.sum(), "doğruluk": known.mean()})
    table["parametre"] = [model.count_params(), 30 + 1]
    lab.table(table.rename_axis("model"), f"Aynı {len(known)} test hastası, eşli test")
    fig, (left, right) = plots.figure(1, 2)
    history.plot("epoch", ["loss", "val_loss"], linewidth=4, ax=left)
    plots.label_lines(left)
    plots.whole_epochs(left, len(history))
    left.set(title="ağın eğitimi", ylabel="kayıp", ylim=(0, None))
    colors = np.take(["C0", "C1"], patients["gerçek"])
    patients.plot.scatter("lojistik", "ağ", s=120, c=colors, alpha=0.5, ax=right)
    right.plot("lojistik", "ağ", "ok", data=patients[differ], ms=25, mfc="none", mew=3)
    right.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    right.set_title("olasılıklar (turuncu: kötü huylu, halka: modeller ayrılıyor)")
    lab.save(fig)
    total = 35 * 256 + 261 * 128 + 129
    lab.check("Elle sayım Keras'ın sayımına eşittir", total, equal=model.count_params())
    claim = "Ağ test hastalarının %93'ünden çoğunu doğru biliyor"
    lab.check(claim, known["ağ"].mean(), above=0.93, full_size=True)


# %% [markdown]
# ## 6 · Aktivasyonlar
# %%
GALLERY = {
    "identity": keras.activations.linear,
    "binary step": lambda x: ops.cast(x >= 0, "float32"),
    "sigmoid": keras.activations.sigmoid,
    "tanh": keras.activations.tanh,
    "arctan": ops.arctan,
    "ReLU": keras.activations.relu,
    "Leaky ReLU": layers.LeakyReLU(negative_slope=0.01),  # slaytın eğimi
    "PReLU": layers.PReLU(keras.initializers.Constant(0.25)),  # eğimi öğrenilir
    "ELU": keras.activations.elu,
    "SELU": keras.activations.selu,
    "SoftPlus": keras.activations.softplus,
    # Sıra sizde (ileri): bir satır da siz ekleyin
}


# %%
@lab.section
def activation_gallery(
    edge=4.0,  # -4 ile 4 arasında doymuş uçlar da görünür
):
    """Aktivasyon fonksiyonları ve türevleri

    Soru: Sigmoid'in eğimi (türevi) en çok kaçtır?
    """
    x = np.linspace(-edge, edge, 400)
    x = np.sort(np.append(x, [-1e-6, 1e-6]))  # köşe olan 0'a iki yandan yaklaşılır
    points = tf.constant(x, dtype="float32")
    curves = []
    for name, activation in GALLERY.items():
        with tf.GradientTape() as tape:  # bant türevi alır: uygulama 04
            tape.watch(points)
            y = activation(points)
        slope = tape.gradient(y, points, unconnected_gradients="zero")
        curve = pd.DataFrame({"x": x, "f(x)": y.numpy(), "f'(x)": slope.numpy()})
        curves.append(curve.assign(fonksiyon=name))
    return pd.concat(curves)


# %%
@activation_gallery.result
def _(curves):
    """Neden: Sigmoid'in türevi f(1 - f) biçimindedir. Toplamı 1 olan iki sayının
    çarpımı 1/4'ü aşamaz; f = 1/2 iken, yani x = 0'da 1/4 olur.
    """
    groups = curves.groupby("fonksiyon", sort=False)
    steepest = groups["f'(x)"].max()
    lab.conclude(f"Sigmoid'in eğimi en çok {number(steepest['sigmoid'])} olur.")
    inputs = keras.random.normal([1_000_000], seed=lab.seed)
    means = {name: float(ops.mean(f(inputs))) for name, f in GALLERY.items()}
    cost = [min(repeat(partial(f, inputs), number=1)) for f in GALLERY.values()]
    table = pd.DataFrame({"en büyük f'": steepest.round(2), "ortalama": means})
    table["süre (ms)"] = 1_000 * np.array(cost)
    table = table.rename_axis("fonksiyon").round(2)
    lab.table(table, "Ortalama ve süre: bir milyon N(0, 1) girdi")
    fig, axes = plots.figure(3, 4, sharex=True, sharey=True)
    axes[-1, -1].set_title("sıra sizde")
    axes[0, 0].set_ylabel("f gri, f' mavi")
    for ax, (name, curve) in zip(axes.flat, groups, strict=False):
        ax.plot(curve["x"], curve["f(x)"], linewidth=4, color=plots.GREY)
        ax.plot(curve["x"], curve["f'(x)"], linewidth=4, color=plots.ACCENT)
        ax.set(title=f"{name}: en çok {number(steepest[name])}", ylim=(-2.2, 3.2))
    lab.save(fig)
    sigmoid = groups.get_group("sigmoid")
    gap = sigmoid["f'(x)"] - sigmoid["f(x)"] * (1 - sigmoid["f(x)"])
    closer = means["ELU"] / means["ReLU"]
    lab.check("Sigmoid'in türevi f(1 - f) olur (fark {})", abs(gap).max(), below=1e-6)
    lab.check("ELU'nun ortalaması sıfıra ReLU'dan yakındır", closer, below=0.6)
    z = keras.random.normal([5, 10], seed=lab.seed)
    softmax = ops.exp(z) / ops.sum(ops.exp(z), axis=1, keepdims=True)
    gap = largest_difference([keras.activations.softmax(z)], [softmax])
    lab.check("Softmax eᶻ / Σ eᶻ olur, toplamı 1'dir (fark {})", gap, below=1e-6)


# %% [markdown]
# ## 7 · Neden doğrusal aktivasyon yetmez?
# %%
def gap_to_one_layer(model, x):
    """Üç katmanın kernel'leri çarpılır: tek kernel ve tek bias aynı yanıtı verir mi?"""
    w1, b1, w2, b2, w3, b3 = model.get_weights()
    one_layer = ops.softmax(x @ (w1 @ w2 @ w3) + (b1 @ w2 + b2) @ w3 + b3)
    return largest_difference([model(x)], [one_layer])


# %%
@lab.section(quick={"epochs": 1, "seeds": 1})
def why_not_linear(
    epochs=6,  # tek katman bu kadar epoch'ta üç doğrusal katmana yetişir
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Neden doğrusal aktivasyon yetmez?

    Soru: Aralarında aktivasyon olmayan üç katman, MNIST'te tek katmandan kaç puan daha
    doğru bilir?
    """
    data = load_mnist(5_000, 2_000)
    stacks = {"1 katman": None, "3 doğrusal": "linear", "3 ReLU": "relu"}

    def build(activation, columns=784, classes=10):
        model = keras.Sequential([layers.Input(shape=(columns,))])
        if activation:
            model.add(layers.Dense(64, activation=activation))
            model.add(layers.Dense(32, activation=activation))
        model.add(layers.Dense(classes, activation="softmax"))
        adam = keras.optimizers.Adam(0.003)  # varsayılanın üç katı: az epoch yeter
        model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, katmanlar=stacks)
    for model in runs:
        history = model.fit(
            *data.train, batch_size=100, epochs=epochs, validation_data=data.val
        )
        runs.keep(history)

    moons = make_moons(400, noise=0.15, random_state=lab.seed)  # iki boyutlu noktalar
    small = {}
    for name, activation in stacks.items():
        small[name] = build(activation, columns=2, classes=2)
        small[name].fit(*moons, batch_size=40, epochs=8 * epochs)
    return runs.frame, moons, small


# %%
@why_not_linear.result
def _(runs, moons, small):
    """Neden: Doğrusal katmanlar arka arkaya çarpılınca tek bir doğrusal katman çıkar:
    (x W1) W2 = x (W1 W2). Aynı fonksiyonlar bulunur, yalnız öğrenme hızı değişir. Araya
    giren ReLU bu çarpımı bozar: sınır bükülebilir.
    """
    accuracy = final(runs, "val_accuracy")
    stack = paired(accuracy["3 doğrusal"], accuracy["1 katman"])
    relu = paired(accuracy["3 ReLU"], accuracy["3 doğrusal"])
    lab.conclude(
        f"Üç doğrusal katman tek katmandan {stack.told('çok bildi', 'az bildi')}. "
        f"Araya ReLU girince doğruluk {relu.told('arttı', 'azaldı')}."
    )
    lab.table(summary(runs, "val_accuracy"), "MNIST'te doğrulama doğruluğu")
    x, y = np.meshgrid(np.linspace(-1.8, 2.8, 150), np.linspace(-1.3, 1.8, 150))
    grid = np.column_stack([x.ravel(), y.ravel()]).astype("float32")
    points, classes = moons
    fig, axes = plots.mosaic("ABC;ABC;DDD;DDD")
    for letter, (name, model) in zip("ABC", small.items(), strict=True):
        p = model(grid).numpy()[:, 1].reshape(x.shape)
        axes[letter].contour(x, y, p, levels=[0.5], colors="black", linewidths=4)
        axes[letter].scatter(*points.T, c=np.take(["C0", "C1"], classes), s=30)
        axes[letter].set(xticks=[], yticks=[], title=f"sınır: {name}")
    plots.scores(runs, "val_accuracy", axes["D"])
    axes["D"].set_xlabel("MNIST'te doğrulama doğruluğu")
    lab.save(fig)
    same = gap_to_one_layer(small["3 doğrusal"], grid)
    bent = gap_to_one_layer(small["3 ReLU"], grid)
    lab.check("Üç doğrusal katman tek matrise eşittir (fark {})", same, below=1e-5)
    lab.check("ReLU'lu üç katman tek matrise eşit değil (fark {})", bent, above=0.1)
    claim = "Araya giren ReLU doğruluğu 1 puandan çok artırıyor"
    lab.check(claim, relu.mean, above=0.01, full_size=True)


# %% [markdown]
# ## 8 · Kaybolan gradyan
# %%
@lab.section(quick={"depth": 2, "seeds": 1}, limits={"depth": (1, 30)})
def vanishing_gradient(
    depth=8,  # sigmoid'in gradyanı bu derinlikte söner; 30'dan derinde 0'a yuvarlanır
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Kaybolan gradyan: hangi aktivasyon derin ağda öğrenir?

    Soru: Sekiz katmanlı sigmoid ağında ilk katmana ulaşan gradyan, son katmandaki
    gradyandan kaç kat küçüktür? (a) 8 (b) 100 (c) 10 000
    """
    data = load_mnist(5_000, 2_000)  # derin ağda adım pahalıdır: az görüntü yeter

    def build(activation, start):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(depth):
            model.add(layers.Dense(64, activation, kernel_initializer=start))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    activations = {  # her aktivasyon kendi başlatıcısıyla başlar (bölüm 10)
        "sigmoid": ("sigmoid", "glorot_uniform"),
        "tanh": ("tanh", "glorot_uniform"),
        "ReLU": ("relu", "he_normal"),
        "Leaky ReLU": (layers.LeakyReLU(negative_slope=0.01), "he_normal"),
        "ELU": ("elu", "he_normal"),
        "SELU": ("selu", "lecun_normal"),
    }
    runs = lab.runs(build, seeds, aktivasyon=activations)
    for model in runs:
        norms = [np.linalg.norm(g) for g in gradients(model, *data.train)]
        history = model.fit(*data.train, batch_size=100, validation_data=data.val)
        runs.keep(history, gradyan=norms[0] / norms[-2])  # ilk / son gizli katman
    return runs.frame


# %%
@vanishing_gradient.result
def _(runs, depth):
    """Neden: Geri yayılım her katmanda aktivasyonun türeviyle çarpar. Sigmoid'in türevi
    en çok 0,25'tir; art arda çarpımlar gradyanı söndürür.
    """
    gradient = final(runs, "gradyan").mean()
    accuracy = final(runs, "val_accuracy").mean()
    others = accuracy.drop("sigmoid").min()
    lab.conclude(
        f"{depth} katmanlı sigmoid ağında ilk katmana ulaşan gradyan, son katmandaki "
        f"gradyandan {number(1 / gradient['sigmoid'], 1)} kat küçük oldu."
    )
    lab.table(summary(runs, "gradyan", "val_accuracy"), "Eğitimden önce ve sonra")
    fig, (left, right) = plots.figure(1, 2, sharey=True)
    plots.scores(runs, "gradyan", left)
    left.set(title="eğitimden önce", xscale="log", xlabel="gradyan: ilk / son katman")
    plots.scores(runs, "val_accuracy", right)
    right.set(title="eğitimden sonra", xlim=(0, 1))
    lab.save(fig)

    claim = "Sigmoid ağında gradyan ilk katmana 1000 kattan çok küçülerek ulaşıyor"
    lab.check(claim, gradient["sigmoid"], below=1e-3, full_size=True)
    claim = "Kalan beş ağda gradyan ilk katmanda sönmüyor (oran en az {})"
    lab.check(claim, gradient.drop("sigmoid").min(), above=0.3)
    claim = "Kalan beş ağın en kötüsü sigmoid ağından 30 puandan çok iyi biliyor"
    lab.check(claim, others - accuracy["sigmoid"], above=0.3, full_size=True)


# %% [markdown]
# ## 9 · Ölen ReLU
# %%
@lab.section(quick={"depth": 2, "seeds": 1}, limits={"rates": (0, 1), "depth": (1, 30)})
def dying_relu(
    rates=(0.001, 0.03),  # Adam'ın varsayılan LR'si ve 30 katı karşılaştırılır
    depth=8,  # ağ bölüm 8'in ağıdır
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Ölen ReLU (dying ReLU): artık gradyan almayan nöronlar

    Soru: LR 0,001 yerine 0,03 olunca ReLU nöronlarının yüzde kaçı hiçbir görüntüden
    gradyan almaz?
    """
    data = load_mnist(5_000, 2_000)

    def build(activation):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(depth):
            model.add(layers.Dense(64, activation, kernel_initializer="he_normal"))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    activations = {"ReLU": "relu", "Leaky ReLU": layers.LeakyReLU(negative_slope=0.01)}
    runs = lab.runs(build, seeds, aktivasyon=activations, LR=rates)
    for model in runs:
        history = model.fit(*data.train, batch_size=100, validation_data=data.val)
        hidden = gradients(model, *data.train)[:-1]  # gizli katmanların kernel'leri
        dead = [np.all(gradient == 0, axis=0) for gradient in hidden]  # sütunu hep 0
        runs.keep(history, ölen_pay=np.mean(dead))
    return runs.frame


# %%
@dying_relu.result
def _(runs, rates):
    """Neden: Büyük adımlar nöronun ağırlıklarını birlikte aşağı çeker: ağırlıklı toplam
    her görüntüde negatif kalır. ReLU'nun türevi orada 0'dır: gradyan almayan nöron
    kendi başına düzelemez. Leaky ReLU'nun orada da eğimi vardır.
    """
    dead = final(runs, "ölen_pay").mean()
    accuracy = final(runs, "val_accuracy").mean()
    high = max(rates)
    share = dead["ReLU", high]
    lab.conclude(
        f"LR {number(high)} iken ReLU nöronlarının {percent(share)} kadarı hiç gradyan "
        f"almadı. Bu LR'de doğruluk ReLU ile {percent(accuracy['ReLU', high])}, Leaky "
        f"ReLU ile {percent(accuracy['Leaky ReLU', high])} oldu."
    )
    lab.table(summary(runs, "val_accuracy", ölen="ölen_pay"), "Bir epoch sonunda")
    fig, ax = plots.figure()
    plots.scores(runs, "ölen_pay", ax)
    ax.set(xlabel="hiç gradyan almayan nöronların payı", xlim=(-0.03, 1))
    lab.save(fig)

    claim = "Büyük LR'de ReLU nöronlarının %20'sinden çoğu ölüyor"
    lab.check(claim, share, above=0.2, full_size=True)
    leaky = dead["Leaky ReLU"].max()
    lab.check("Leaky ReLU ağında hiçbir nöron ölmüyor", leaky, equal=0)


# %% [markdown]
# ## 10 · Başlatıcılar
# %%
@lab.section(limits={"depth": (1, 100)})
def initializers(
    depth=10,  # sinyal bu derinlikte yüzlerce kat büyüyebilir
):
    """Başlatıcılar: sinyal derin ağdan sağ çıkar mı?

    Soru: Ağırlıklar He'nin iki katı olunca sinyal, ilk ReLU katmanından onuncuya kadar
    kaç kat büyür? (a) 2 (b) 20 (c) 500
    """
    x = load_mnist(1, 1_000).x_val
    x = (x - x.mean()) / x.std()
    starts = {  # başlatıcı, ağırlıkların katı, aktivasyon
        "He + ReLU": ("he_normal", 1, "relu"),
        "Glorot + tanh": ("glorot_normal", 1, "tanh"),
        "LeCun + SELU": ("lecun_normal", 1, "selu"),
        "Glorot + ReLU": ("glorot_normal", 1, "relu"),  # uymayan çift
        "2 · He + ReLU": ("he_normal", 2, "relu"),
    }
    signals = []
    for name, (start, factor, activation) in starts.items():
        set_seed(lab.seed)
        h = x
        for layer in range(1, depth + 1):  # eğitimsiz ağda sinyal katman katman ilerler
            z = factor * layers.Dense(512, kernel_initializer=start)(h)
            h = layers.Activation(activation)(z)
            signals.append((name, lab.seed, layer, float(ops.std(z))))
    return pd.DataFrame(signals, columns=["çift", "tohum", "katman", "std"])


# %%
@initializers.result
def _(signals, depth):
    """Neden: He her katmanda sinyalin std'sini korur; iki katı ağırlıklar onu her
    katmanda ikiyle çarpar. Birinciden onuncu katmana dokuz çarpım vardır: 2⁹ = 512.
    """
    std = signals.pivot_table("std", "çift", "katman", sort=False)
    growth = std[depth] / std[1]
    lab.conclude(
        f"Ağırlıklar He'nin iki katı olunca sinyal {depth} katman boyunca "
        f"{number(growth['2 · He + ReLU'])} kat büyüdü."
    )
    table = pd.DataFrame({"ilk katman": std[1], "son katman": std[depth]})
    lab.table(table.assign(kat=growth), "Sinyalin std'si, 512 nöronlu katmanlar")
    fig, ax = plots.figure()
    plots.curves(signals, "std", ax, x="katman")
    ax.set(yscale="log", ylabel="sinyalin std'si (eğitimsiz ağ)", xticks=std.columns)
    lab.save(fig)

    doubled = growth["2 · He + ReLU"] / 2.0 ** (depth - 1)
    selu = std.loc["LeCun + SELU", depth]
    wrong = growth["Glorot + ReLU"] / growth["He + ReLU"]
    kernel = keras.initializers.HeNormal(lab.seed)((512, 512))
    he = float(ops.std(kernel)) / np.sqrt(2 / 512)
    told = "He'nin std'si √(2 / girdi sayısı) olur (oranları {})"
    lab.check(told, he, within=(0.98, 1.02))
    told = "2 · He sinyali katman başına iki kat dolayında büyütüyor"
    lab.check(told, doubled, within=(0.5, 2))
    lab.check("SELU, BatchNorm'suz da std'yi koruyor (std {})", selu, within=(0.7, 1.4))
    lab.check("ReLU ağının sinyali Glorot ile He'den küçük kalıyor", wrong, below=1)


# %% [markdown]
# ## 11 · L1, L2, ElasticNet
# %%
@lab.section(quick={"epochs": 1, "seeds": 1})
def weight_penalties(
    l1=1e-3,  # L1 bu kadarken ağırlıkların çoğunu sıfıra indirir
    epochs=20,  # cezasız ağ bu kadar epoch'ta eğitim kümesini ezberler
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """L1, L2 ve ElasticNet: ağırlıkları cezalandırmak

    Soru: L1 cezası ağırlıkların yüzde kaçını sıfıra yapıştırır (|w| < 0,001)?
    """
    data = load_mnist(500, 1_000)  # az görüntüde aşırı öğrenme (overfitting) görünür
    used = data.x_train.std(axis=0) > 0  # hep boş kenar piksellerine bakılmaz

    def build(penalty):
        model = keras.Sequential([
            layers.Input(shape=(784,)),
            layers.Dense(128, activation="relu", kernel_regularizer=penalty),
            layers.Dense(10, activation="softmax"),
        ])
        bare = keras.metrics.SparseCategoricalCrossentropy()  # ceza katılmayan kayıp
        sgd = keras.optimizers.SGD(0.05, momentum=0.9)  # Adam küçük cezayı da büyütür
        model.compile(sgd, "sparse_categorical_crossentropy", metrics=[bare])
        return model

    penalties = {
        "cezasız": None,
        "L2 (slayt)": regularizers.L2(1e-4),
        "L2": regularizers.L2(3e-3),  # slaytın otuz katı: etkisi görülür
        "L1": regularizers.L1(l1),
        "ElasticNet": regularizers.L1L2(l1 / 2, 3e-3 / 2),
    }
    runs = lab.runs(build, seeds, ceza=penalties)
    kernels = {}
    for model in runs:
        model.fit(*data.train, batch_size=50, epochs=epochs)
        loss = model.evaluate(*data.val)[1]
        w = model.layers[0].kernel.numpy()[used]
        kernels[runs.labels["ceza"]] = w.ravel()
        runs.keep(val_loss=loss, sıfır_payı=np.mean(abs(w) < 0.001))
    return runs.frame, kernels


# %%
@weight_penalties.result
def _(runs, kernels):
    """Neden: L1'in türevi ağırlık küçülse de aynı kalır: ağırlığı sıfıra kadar iter.
    L2'nin türevi ağırlıkla birlikte küçülür: büyükleri kısar ama sıfırlamaz.
    """
    near = final(runs, "sıfır_payı").mean()
    loss = final(runs, "val_loss")
    gains = [paired(loss["cezasız"], loss[name]) for name in list(loss)[1:]]
    helped = [gain for gain in gains if gain.clear and gain.mean > 0]
    lab.conclude(
        f"L1 cezası ağırlıkların {percent(near['L1'])} kadarını, L2 cezası "
        f"{percent(near['L2'])} kadarını sıfıra yapıştırdı. Dört cezanın {len(helped)} "
        "tanesi doğrulama kaybını şanstan ayrılacak kadar düşürdü."
    )
    lab.table(summary(runs, "val_loss", sıfırda="sıfır_payı"), "Sıfırda: |w| < 0,001")
    fig, axes = plots.mosaic("AD;BD;CD")
    bins = np.arange(-0.061, 0.062, 0.002)  # ortadaki kutu: |w| < 0,001
    for letter, name in zip("ABC", ("cezasız", "L2", "L1"), strict=True):
        w = kernels[name]
        axes[letter].hist(w, bins, color="lightgrey")
        axes[letter].hist(w[abs(w) < 0.001], bins, color="C0")
        axes[letter].set(yticks=[], title=f"{name}: {percent(near[name])} sıfırda")
    gained = runs.assign(kazanç=runs["tohum"].map(loss["cezasız"]) - runs["val_loss"])
    plots.scores(gained[gained["ceza"] != "cezasız"], "kazanç", axes["D"])
    axes["D"].axvline(0, color="black")
    axes["D"].set_xlabel("doğrulama kaybındaki azalma (cezasıza göre)")
    lab.save(fig)
    told = "L1 ağırlıkların yarısından çoğunu sıfırlıyor"
    lab.check(told, near["L1"], above=0.5, full_size=True)
    told = "L2 ağırlıkların onda birinden azını sıfırlıyor"
    lab.check(told, near["L2"], below=0.1)


# %% [markdown]
# ## 12 · BatchNorm elle
# %%
def normalized(x, mean, variance, layer):
    """Slaytın formülü: y = γ · (x - μ) / √(σ² + ε) + β."""
    centred = (x - mean) / ops.sqrt(variance + layer.epsilon)
    return layer.gamma * centred + layer.beta  # yeni katmanda γ = 1, β = 0


# %%
@lab.section(limits={"batch_size": (2, 341)})  # tek hastanın std'si yoktur
def batch_norm_by_hand(
    batch_size=31,  # 341 eğitim hastası 11 eşit mini-batch'e bölünür
):
    """BatchNorm elle: eğitim kipi ve çıkarım kipi

    Soru: Ham veride tümör alanının std'si, yarıçapın std'sinin yaklaşık yüz katıdır.
    Eğitim kipindeki BatchNorm'dan sonra kaç katı olur?
    """
    x = load_breast_cancer(scaled=False).x_train[:, :4]
    layer = layers.BatchNormalization(momentum=0.9)  # az adım vardır: bölüm 13
    for start in range(0, len(x), batch_size):
        layer(x[start : start + batch_size], training=True)  # hareketli μ ve σ² değişir

    batch = x[:batch_size]
    trained = layer(batch, training=True)  # mini-batch'in kendi μ ve σ²'si
    by_hand = normalized(batch, ops.mean(batch, axis=0), ops.var(batch, axis=0), layer)
    inferred = layer(batch, training=False)  # hareketli μ ve σ²
    tracked = normalized(batch, layer.moving_mean, layer.moving_variance, layer)

    free = layers.BatchNormalization()
    free.build(batch.shape)
    free.gamma.assign(np.sqrt(batch.var(axis=0) + free.epsilon))  # γ ile β öğrenilir;
    free.beta.assign(batch.mean(axis=0))  # bu değerlerle girdi olduğu gibi geçer
    back = free(batch, training=True)
    return batch, trained, by_hand, inferred, tracked, back


# %%
@batch_norm_by_hand.result
def _(batch, trained, by_hand, inferred, tracked, back):
    """Neden: Eğitim kipinde her sütundan mini-batch'in kendi ortalaması çıkarılır,
    sonra sütun kendi std'sine bölünür: her sütunun std'si 1 olur.
    """
    names = ["yarıçap", "doku", "çevre", "alan"]
    before = pd.DataFrame(batch, columns=names)
    after = pd.DataFrame(np.array(trained), columns=names)
    table = pd.DataFrame({"önce": before.std(ddof=0), "sonra": after.std(ddof=0)})
    table["sonra, çıkarım"] = np.std(inferred, axis=0)
    times = table.loc["alan"] / table.loc["yarıçap"]
    lab.conclude(
        f"BatchNorm'dan sonra alanın std'si yarıçapın std'sinin "
        f"{number(times['sonra'])} katı oldu (önce {number(times['önce'])} katıydı)."
    )
    lab.table(table.rename_axis("std"), f"Bir mini-batch, {len(batch)} hasta")
    fig, (left, right) = plots.figure(1, 2, sharey=True)
    sns.stripplot(before, orient="h", size=12, alpha=0.5, ax=left)
    left.set(title="önce", xlabel="ham değer")
    sns.stripplot(after, orient="h", size=12, alpha=0.5, ax=right)
    right.set(title="sonra (eğitim kipi)", xlabel="BatchNorm'un çıktısı")
    lab.save(fig)

    wrong = largest_difference([trained, inferred], [by_hand, tracked])
    gap = largest_difference([trained], [inferred])
    claim = "Slaytın formülü iki kipte de Keras'ın çıktısını veriyor (fark {})"
    lab.check(claim, wrong, below=1e-4)
    lab.check("İki kipin çıktıları ayrılıyor (en çok {})", gap, above=0.1)
    lost = largest_difference([back], [batch]) / batch.max()
    claim = "γ = √(σ² + ε) ve β = μ olunca BatchNorm girdiyi geri veriyor (fark {})"
    lab.check(claim, lost, below=1e-4)


# %% [markdown]
# ## 13 · BatchNorm'un momentumu
# %%
@lab.section
def batch_norm_momentum(
    batch_size=31,  # 341 eğitim hastası 11 eşit mini-batch'e bölünür
):
    """BatchNorm'un momentumu: hareketli ortalama geriden gelir

    Soru: Hareketli ortalama 0'dan başlar. Bir epoch (11 adım) sonunda, Keras'ın
    varsayılan momentumu 0,99 ile gerçek ortalamanın yüzde kaçına varır?
    """
    x = load_breast_cancer(scaled=False).x_train[:, :4]
    batches = tf.data.Dataset.from_tensor_slices(x).batch(batch_size)
    way = []
    for momentum in (0.9, 0.99):
        layer = layers.BatchNormalization(momentum=momentum)
        for step, batch in enumerate(batches.repeat(8), start=1):
            layer(batch, training=True)  # yeni = momentum · eski + (1 - momentum) · μ
            share = float(ops.mean(layer.moving_mean / x.mean(axis=0)))
            way.append((momentum, lab.seed, step, share))
    way = pd.DataFrame(way, columns=["momentum", "tohum", "adım", "pay"])
    return way, len(batches)


# %%
@batch_norm_momentum.result
def _(way, steps):
    """Neden: Her adım gerçek ortalamaya olan uzaklığın yalnız 1 - momentum kadarını
    kapatır. n adım sonunda varılan pay yaklaşık 1 - momentumⁿ olur.
    """
    share = way[way["adım"] == steps].set_index("momentum")["pay"]
    lab.conclude(
        f"Bir epoch ({steps} adım) sonunda hareketli ortalama, momentum 0,99 ile "
        f"gerçek ortalamanın {percent(share[0.99], digits=0)} kadarına vardı. Momentum "
        f"0,9 ile {percent(share[0.9], digits=0)} kadarına vardı."
    )
    formula = (1 - share.index**steps).to_numpy()
    table = pd.DataFrame({"ölçülen pay": share, "formülün payı": formula})
    lab.table(table, "Bir epoch sonunda gerçek ortalamaya oran")
    fig, ax = plots.figure()
    plots.curves(way, "pay", ax, x="adım")
    ax.axvline(steps, color="black", linewidth=2)
    ax.text(steps + 0.5, 0.02, "bir epoch", size=20)
    ax.set(ylabel="gerçek ortalamaya oranı (pay)", ylim=(0, 1.05))
    lab.save(fig)

    gap = abs(share - formula).max()
    lab.check("Varılan pay 1 - momentumⁿ formülüne yakındır (fark {})", gap, below=0.1)
    lab.check("Momentum 0,99 ile varılan pay %20'den azdır", share[0.99], below=0.2)


# %% [markdown]
# ## 14 · BatchNorm'un hızı
# %%
@lab.section(
    quick={"rates": (0.1,), "target": 0.2, "seeds": 1},
    limits={"rates": (0.0001, 100), "target": (0.01, 1)},
)
def batch_norm_speed(
    rates=(0.03, 0.1, 0.3, 1.0, 3.0),  # her ağın en hızlı LR'si bu aralığın içindedir
    target=0.8,  # iki ağ da 80 adımda bu doğruluğa varır
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """BatchNorm ile kaç kat hızlı?

    Soru: Slayt "10x daha hızlı eğitim" diyor. BatchNorm'lu ağ %80 doğruluğa,
    BatchNorm'suz ağdan kaç kat az adımda varır?
    """
    data = load_mnist(8_000)  # 80 adım: her görüntü bir kez görülür, ezber olmaz

    def build(position):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(5):
            model.add(layers.Dense(100, kernel_initializer="he_normal"))
            if position == "önce":
                model.add(layers.BatchNormalization())
            model.add(layers.Activation("relu"))
            if position == "sonra":
                model.add(layers.BatchNormalization())
        model.add(layers.Dense(10, activation="softmax"))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, BatchNorm=("yok", "önce", "sonra"), LR=rates)
    for model in runs:
        # on adım bir "epoch" sayılır
        history = model.fit(*data.train, batch_size=100, epochs=8, steps_per_epoch=10)
        reached = np.array(history.history["accuracy"]) >= target
        first = 10 * (reached.argmax() + 1) if reached.any() else np.inf
        runs.keep(history, varış=first)  # hedefe kaçıncı adımda vardı
    return runs.frame


# %%
@batch_norm_speed.result
def _(runs, target):
    """Neden: BatchNorm her katmanda sinyali 0 ortalamaya, 1 std'ye getirir. Bunun
    eğitimi neden hızlandırdığı tartışmalıdır: slaytın "internal covariate shift"
    açıklaması ya da pürüzsüzleşen kayıp (Santurkar vd., 2018).
    """
    needed = runs.pivot_table("varış", "BatchNorm", "LR", sort=False)  # ortalama adım
    slow = needed.loc["yok"].idxmin()  # BatchNorm'suz ağın en hızlı LR'si
    fast = needed.loc["önce"].idxmin()
    goal = percent(target, digits=0)
    times = needed[slow]["yok"] / needed.loc["önce"]
    same = times[slow]
    accuracy = final(runs, "accuracy")
    gain = paired(accuracy["önce", fast], accuracy["yok", slow])
    lab.conclude(
        f"BatchNorm'lu ağ {goal} doğruluğa BatchNorm'suz ağdan {number(same, 2)} kat "
        f"az adımda vardı (LR {number(slow)}). Her ağ en hızlı LR'sindeyken "
        f"{number(times[fast], 2)} kat az adımda vardı; eğitim doğruluğu 80 adım "
        f"sonunda {gain.told('yüksekti', 'düşüktü')}."
    )
    if not np.isfinite(needed[slow][["yok", "önce"]]).all():
        lab.conclude(f"80 adımda {goal} doğruluğa varamayan ağ var.")
    lab.table(needed.T, f"{goal} doğruluğa kaç adım? (sonsuz: varamayan tohum var)")
    fig, ax = plots.figure()
    ax.axhspan(82, 96, color="lightgrey", zorder=0)  # 80 adımda varamayanların yeri
    ax.text(needed.columns[0], 91, "varamadı", size=22)
    plots.curves(runs.replace({"varış": {np.inf: 88}}), "varış", ax, x="LR")
    ax.set(xscale="log", ylabel=f"{goal} doğruluğa kaç adım", ylim=(0, 96))
    ax.set_title("BatchNorm: yok, aktivasyondan önce, aktivasyondan sonra")
    lab.save(fig)
    told = "Aynı LR'de BatchNorm'lu ağ hedefe {} kat az adımda varıyor"
    lab.check(told, same, above=1.2, full_size=True)


# %% [markdown]
# ## 15 · BatchNorm'un iki sözü daha
# %%
def outputs_of_one_patient(size):
    """Aynı hasta her mini-batch'te BatchNorm'dan başka bir çıktı alır."""
    x = load_breast_cancer().x_train
    rng = np.random.default_rng(lab.seed)
    layer = layers.BatchNormalization()
    outputs = []
    for _ in range(100):
        others = rng.choice(x[1:], size - 1, replace=False)
        batch = np.concatenate([x[:1], others])
        outputs.append(float(layer(batch, training=True)[0, 0]))
    return pd.DataFrame({"mini-batch": size, "çıktı": outputs})


# %%
@lab.section(quick={"depth": 1, "seeds": 1}, curious=True)
def batch_norm_promises(
    depth=10,  # başlangıcın boyu bu derinlikte fark eder (bölüm 10)
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """BatchNorm'un iki sözü daha: başlangıç ve hafif düzenlileştirme

    Soru: Ağırlıklar He'nin yarısı, kendisi ya da iki katıyla başlıyor. BatchNorm bu üç
    ağın doğrulukları arasındaki en büyük farkı kaç puan azaltır?
    """
    noise = pd.concat(map(outputs_of_one_patient, (8, 32, 128)))
    data = load_mnist(5_000, 1_000)

    def build(norm):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(depth):
            model.add(layers.Dense(64, kernel_initializer="he_normal"))
            if norm:
                model.add(layers.BatchNormalization(momentum=0.9))
            model.add(layers.Activation("relu"))
        model.add(layers.Dense(10, activation="softmax"))
        sgd = keras.optimizers.SGD(0.1)  # gradyanın boyunu Adam gibi düzeltmez
        model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, ağ={"BatchNorm'suz": False, "BatchNorm'lu": True})
    for model in runs:
        start = model.get_weights()
        for name, factor in {"He / 2": 0.5, "He": 1, "2 · He": 2}.items():
            set_seed(runs.labels["tohum"])  # üç ağ da aynı mini-batch sırasını görür
            model.set_weights(start)
            for layer in model.layers[:-1]:
                if isinstance(layer, layers.Dense):
                    layer.kernel.assign(factor * layer.kernel)
            history = model.fit(*data.train, 100, epochs=2, validation_data=data.val)
            runs.keep(history, başlangıç=name)
    return runs.frame, noise


# %%
@batch_norm_promises.result
def _(runs, noise):
    """Neden: BatchNorm her katmanda sinyali yeniden ölçekler: başlangıcın boyu sonraki
    katmana geçmez.
    """
    runs.insert(0, "başlangıç", runs.pop("başlangıç"))  # başlangıç da bir koşuldur
    accuracy = final(runs, "val_accuracy")
    spread = accuracy.T.groupby(level="ağ").agg(np.ptp).T
    less = paired(spread["BatchNorm'suz"], spread["BatchNorm'lu"])
    std = noise.groupby("mini-batch")["çıktı"].std()
    times = std[8] / std[128]
    lab.conclude(
        "BatchNorm üç başlangıcın doğrulukları arasındaki en büyük farkı "
        f"{less.told('azalttı', 'artırdı')}. Mini-batch 128 yerine 8 hasta olunca "
        f"aynı hastanın çıktısı {number(times, 2)} kat çok oynadı."
    )
    lab.table(summary(runs, "val_accuracy"), "Doğrulama doğruluğu")
    fig, (left, right) = plots.figure(1, 2)
    plots.scores(runs, "val_accuracy", left)
    left.set(xlim=(0, 1))
    sns.stripplot(noise, x="mini-batch", y="çıktı", size=9, alpha=0.4, ax=right)
    right.set(title="aynı hasta, yüz mini-batch", xlabel="mini-batch'teki hasta sayısı")
    lab.save(fig)
    claim = "BatchNorm başlangıçların farkını 10 puandan çok azaltıyor"
    lab.check(claim, less.mean, above=0.1, full_size=True)
    lab.check("Çıktı küçük mini-batch'te çok oynuyor ({} kat)", times, above=2)


# %% [markdown]
# ## 16 · Dropout ve aşırı öğrenme
# %%
@lab.section(
    quick={"n_train": 500, "epochs": 2, "seeds": 1},
    limits={"rate": (0, 0.95), "wrong": (0.01, 1)},
)
def dropout_overfitting(
    rate=0.3,  # slaytın oranıdır
    wrong=0.2,  # eğitim etiketlerinin bu kadarı rastgeledir: ağ onları ezberler
    n_train=1_000,  # az görüntüde aşırı öğrenme (overfitting) görünür
    epochs=15,  # Dropout'suz ağ gürültüyü bu kadar epoch'ta ezberler
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Dropout ezberlemeyi zorlaştırır

    Soru: Eğitim etiketlerinin beşte biri rastgele. Dropout doğrulama kaybını yüzde kaç
    azaltır?
    """
    data = load_mnist(n_train, 1_000)
    x, y = data.train
    val = data.val
    noisy = round(wrong * len(y))
    labels = np.random.default_rng(lab.seed).integers(0, 10, noisy)
    y = np.concatenate([labels, y[noisy:]])  # doğrulamanın etiketleri doğrudur

    def build(rate):
        model = keras.Sequential([
            layers.Input(shape=(784,)),
            layers.Dense(256, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(rate),
            layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(rate),
            layers.Dense(10, activation="softmax"),
        ])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    runs = lab.runs(build, seeds, ağ={"Dropout'suz": 0.0, "Dropout'lu": rate})
    for model in runs:
        history = model.fit(x, y, batch_size=50, epochs=epochs, validation_data=val)
        runs.keep(history, ezber_payı=model.evaluate(x[:noisy], labels)[1])
    return runs.frame


# %%
@dropout_overfitting.result
def _(runs):
    """Neden: Hangi nöronun kapanacağı bilinmediği için ağ tek bir nörona güvenemez:
    yanlış etiketleri ezberlemesi zorlaşır.
    """
    loss = final(runs, "val_loss")
    saved = paired(loss["Dropout'suz"], loss["Dropout'lu"])
    share = saved.mean / loss["Dropout'suz"].mean()
    told = f" ({saved.words})" if saved.words else ""
    known = final(runs, "ezber_payı").mean()
    lab.conclude(
        f"Dropout doğrulama kaybını {percent(abs(share), digits=0)} "
        f"{'azalttı' if share >= 0 else 'artırdı'}{told}. Rastgele etiketlerin "
        f"Dropout'suz ağ {percent(known.iloc[0])}, Dropout'lu ağ "
        f"{percent(known.iloc[1])} kadarını ezberledi."
    )
    lab.table(summary(runs, "val_loss", "val_accuracy", ezber="ezber_payı"), "Sonunda")
    fig, (left, right) = plots.figure(1, 2)
    plots.scores(runs, "ezber_payı", left)
    left.set(title="eğitim", xlabel="rastgele etiketlerin ezberlenen payı", xlim=(0, 1))
    plots.curves(runs, "val_loss", right)
    right.set(title="doğrulama: etiketler doğru", ylim=(0, None))
    lab.save(fig)

    claim = "Dropout'lu ağın doğrulama kaybı Dropout'suz ağın kaybından düşüktür"
    lab.check(claim, saved.mean, above=0.03, full_size=True)
    fewer = known.iloc[0] - known.iloc[1]
    claim = "Dropout'lu ağ rastgele etiketlerin daha azını ezberliyor"
    lab.check(claim, fewer, above=0.1, full_size=True)


# %% [markdown]
# ## 17 · Dropout çeşitleri
# %%
@lab.section(limits={"rate": (0.01, 0.99)})
def dropout_kinds(
    rate=0.3,  # slaytın oranıdır
):
    """Dropout çeşitleri: ne kapanır, ne korunur?

    Soru: Oran 0,3 iken Keras, eğitimde açık kalan nöronu kaçla çarpar?
    """
    ones = np.ones((1, 200, 100), dtype="float32")  # bir örnek, 200 adım, 100 kanal
    dropout = layers.Dropout(rate)
    spatial = layers.SpatialDropout1D(rate)
    outputs = {
        "Dropout, eğitim": dropout(ones, training=True)[0].numpy(),
        "Dropout, çıkarım": dropout(ones, training=False)[0].numpy(),
        "SpatialDropout1D, eğitim": spatial(ones, training=True)[0].numpy(),
    }
    table = [(name, y.max(), y.mean()) for name, y in outputs.items()]
    table = pd.DataFrame(table, columns=["katman", "açık nöronun değeri", "ortalama"])

    signals = []
    for layer in (layers.Dropout(0.1), layers.AlphaDropout(0.1)):  # slaytın oranı
        set_seed(lab.seed)  # iki ağ aynı ağırlıklar ve aynı girdiyle başlar
        x = keras.random.normal((500, 512))
        for depth in range(1, 9):  # küçük kayma sekiz katmanda birikir
            x = layers.Dense(512, "selu", kernel_initializer="lecun_normal")(x)
            x = layer(x, training=True)
            signals.append((type(layer).__name__, lab.seed, depth, float(ops.std(x))))
    signals = pd.DataFrame(signals, columns=["çeşit", "tohum", "katman", "std"])
    return table, signals, outputs


# %%
def guessed_from_neighbours(closed):
    """Dalganın kapanan değerleri komşu adımlardan bulunur mu? R² 1 ise tam bulunur."""
    steps = np.linspace(0, 60, len(closed))[:, None]
    wave = np.sin(steps + np.arange(closed.shape[1]) + 0.1)  # komşular benzer
    opened = pd.DataFrame(wave).mask(closed)
    guess = opened.interpolate(limit_direction="both").fillna(0).to_numpy()
    return r2_score(wave[closed], guess[closed])


# %%
@dropout_kinds.result
def _(table, signals, outputs, rate):
    """Neden: Kapanan nöronlar toplamı küçültür. Kalanlar 1 / (1 - oran) ile çarpılınca
    beklenen toplam değişmez; çıkarımda yapacak iş kalmaz.
    """
    trained, inferred, spatial = outputs.values()
    std = signals.groupby("çeşit")["std"].last()
    lab.conclude(
        f"Keras açık kalan nöronu yalnız eğitimde {number(trained.max())} ile çarptı. "
        f"Slayt ise ağırlıkları çıkarımda {number(1 - rate)} ile çarpar."
    )
    lab.table(table.set_index("katman"), "Girdi hep 1 iken çıktı")
    fig, axes = plots.mosaic("ABCC")
    for letter, name in zip("AB", ("Dropout", "SpatialDropout1D"), strict=True):
        closed = outputs[f"{name}, eğitim"][:60, :40] == 0
        axes[letter].imshow(closed, cmap="gray", aspect="auto")
        axes[letter].set(title=name, xticks=[], yticks=[])
        axes[letter].set(xlabel="kanal (beyaz: kapalı)", ylabel="adım")
    plots.curves(signals, "std", axes["C"], x="katman")
    axes["C"].set(title="SELU katmanlarında", ylabel="çıktının std'si", ylim=(0, 1.4))
    lab.save(fig)
    scale = trained.max() * (1 - rate)
    inside = np.ptp(spatial, axis=0).max()
    lab.check("Açık nöron 1 / (1 - oran) ile çarpılıyor", scale, within=(0.999, 1.001))
    lab.check("Çıkarımda hiçbir nöron değişmiyor", abs(inferred - 1).max(), equal=0)
    lab.check("SpatialDropout1D kanalın tamamını kapatıyor", inside, equal=0)
    single, whole = (guessed_from_neighbours(y == 0) for y in (trained, spatial))
    lab.check("Kapanan tek değer komşu adımdan bulunuyor (R² {})", single, above=0.8)
    lab.check("Kapanan kanal komşu adımdan bulunamıyor (R² {})", whole, below=0.1)
    alpha = std["AlphaDropout"]
    lab.check("AlphaDropout std'yi koruyor (std {})", alpha, within=(0.92, 1.08))
    lab.check("Dropout SELU'da std'yi büyütüyor (std {})", std["Dropout"], above=1.1)


# %% [markdown]
# ## 18 · MC Dropout
# %%
def accuracy_left(p, truth, shares):
    """En kararsız pay bir insana bırakılınca kalanların ne kadarı doğru bilinir?"""
    surest = entropy(p, axis=1).argsort()  # -Σ p log p (Gal ve Ghahramani, 2016)
    right = (p.argmax(axis=1) == truth)[surest]  # en emin rakam başta gelir
    return [right[: round(len(p) * (1 - share))].mean() for share in shares]


# %%
@lab.section(quick={"n_train": 2_000, "passes": 4}, limits={"deferred": (0, 0.9)})
def mc_dropout(
    passes=40,  # %95 aralığının iki ucunda birer geçiş kalır
    deferred=0.1,  # rakamların en kararsız onda biri insana bırakılır
    n_train=20_000,  # kalan yanlışların çoğu gerçekten zor rakamlardır
):
    """MC Dropout: model ne zaman emin değil?

    Soru: Ağın en kararsız kaldığı rakamlar, her onda biri, bir insana bırakılınca kalan
    rakamların yüzde kaçı doğru bilinir?
    """
    data = load_mnist(n_train)
    model = keras.Sequential([
        layers.Input(shape=(784,)),
        layers.Dense(256, activation="relu", kernel_initializer="he_normal"),
        layers.BatchNormalization(momentum=0.9),
        layers.Dropout(0.3),
        layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
        layers.BatchNormalization(momentum=0.9),
        layers.Dropout(0.25),
        layers.Dense(10, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(*data.train, batch_size=100, epochs=3)

    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False  # training=True artık yalnız Dropout'u açar
    x, y = data.test
    each = lab.each(range(1, passes + 1), "geçiş")
    several = np.stack([model(x, training=True) for _ in each])  # Dropout açık
    once = model(x, training=False).numpy()  # Dropout kapalı tek geçiş
    shares = np.linspace(0, deferred, 11)
    kept = pd.DataFrame({"insana bırakılan pay": shares})
    kept["MC Dropout"] = accuracy_left(several.mean(axis=0), y, shares)
    kept["Dropout kapalı"] = accuracy_left(once, y, shares)
    return kept, several, model


# %%
def draw_least_certain(several, axes):
    """En kararsız rakamları ve tahminin olasılığının %95 aralığını gösterir."""
    data = load_mnist(1)
    average = several.mean(axis=0)
    surest = entropy(average, axis=1).argsort()
    for ax, i in zip(axes, reversed(surest), strict=False):
        guess = average[i].argmax()
        low, high = np.percentile(several[:, i, guess], [2.5, 97.5])
        title = f"gerçek {data.y_test[i]}, tahmin {guess}\n"
        title += f"{percent(low, digits=0)} - {percent(high, digits=0)}"
        plots.digits([ax], data.x_test[[i]], [title])


def largest_shift(model):
    """training=True ile bir çağrı BatchNorm'un ortalamasını ne kadar oynatır?"""
    norm = model.layers[1]
    before = norm.moving_mean.numpy()
    model(load_mnist(100).x_train, training=True)
    return largest_difference([before], [norm.moving_mean.numpy()])


# %%
@mc_dropout.result
def _(kept, several, model, passes, deferred):
    """Neden: Model yanlışlarını kararsız olduğu yerde yapar: en kararsızlar insana
    bırakılınca yanlışların çoğu onlarla gider.
    """
    curves = kept.set_index("insana bırakılan pay")
    first = curves["MC Dropout"].iloc[0]
    many, once = curves.iloc[-1]
    lab.conclude(
        f"En kararsız {percent(deferred, digits=0)} insana bırakılınca kalan rakamların"
        f" {percent(many)} kadarı doğru bilindi (hiç bırakılmazken {percent(first)}). "
        f"Dropout kapalı tek geçişle de {percent(once)} kadarı bilindi."
    )
    lab.table(curves.iloc[::5].map(percent), "Kalan rakamların test doğruluğu")
    fig, ax = plots.figure()
    ax.plot(curves, linewidth=4, label=list(curves))
    plots.label_lines(ax)
    ax.set(xlabel="insana bırakılan pay", ylabel="kalan rakamların doğruluğu")
    lab.save(fig)
    told = f"En kararsız on rakam ve tahminin olasılığı ({passes} geçişin %95 aralığı)"
    fig, axes = plots.figure(2, 5, title=told)
    draw_least_certain(several, axes.flat)
    lab.save(fig, "_kararsiz")

    frozen = largest_shift(model)
    model.layers[1].trainable = True
    trap = largest_shift(model)
    claim = "İnsana bırakınca kalan rakamların doğruluğu 1 puandan çok artıyor"
    lab.check(claim, many - first, above=0.01, full_size=True)
    lab.check("Dondurulan BatchNorm'un ortalaması kaymıyor", frozen, equal=0)
    lab.check("Dondurulmayan BatchNorm'un ortalaması kayıyor", trap, above=1e-3)


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="dropout_kinds",
    settings={"rate": 0.5},
    task="Oran 0,3 yerine 0,5 olsun. Keras açık kalan nöronu kaçla çarpar?",
    quantity="eğitimde açık kalan nöronun çarpanı",
    measure=lambda found: found["table"]["açık nöronun değeri"].max(),
    low=1.99,
    high=2.01,
    write=number,
    hint="Nöronların ne kadarı açık kalır? Ortalama değişmesin diye kaçla çarpılır?",
    solution="1 / (1 - 0,5) = 2: açık kalan yarı, kapanan yarının yerini de doldurur.",
)
lab.exercise(
    level="orta",
    section="vanishing_gradient",
    settings={"depth": 2},
    task="Sekiz yerine iki gizli katman olsun. Sigmoid ağının doğruluğu ne olur?",
    quantity="sigmoid ağının doğrulama doğruluğu",
    measure=lambda runs: final(runs, "val_accuracy")["sigmoid"].mean(),
    low=0.45,
    high=0.80,
    write=percent,
    hint="Türev en çok 0,25'tir. İki türevin çarpımı en çok kaçta kaç olabilir?",
    solution="İki çarpım gradyanı söndürmez: ağ kalan beş ağdan yavaş öğrenir.",
)
lab.exercise(
    level="ileri",
    section="activation_gallery",
    task="GALLERY sözlüğünün sonuna Mish'i yazın: f(x) = x · tanh(softplus(x)). Bir ad "
    "ile lambda x: diye başlayan bir formül yeter; ops.tanh ve ops.softplus hazırdır.",
    quantity="Mish'in en büyük türevi",
    measure=lambda curves: curves.loc[curves["fonksiyon"] == "Mish", "f'(x)"].max(),
    low=1.08,
    high=1.10,
    write=number,
    hint="Türevi bant (GradientTape) bulur: yalnız f(x) yazılır.",
    solution='"Mish": lambda x: x * ops.tanh(ops.softplus(x)),',
)
lab.exercise(
    level="yaz",
    section="first_model",
    file="alistirmalar/01_sequential.py",
    judge=sinamalar.sequential,
    task="alistirmalar/01_sequential.py: ilk modelinizi kurun, derleyin, eğitin.",
    hint="Bölüm 2'nin modeli aynı dört adımdır. Bölüm 5 Dropout'u da gösterir.",
)


if __name__ == "__main__":
    lab.run()
