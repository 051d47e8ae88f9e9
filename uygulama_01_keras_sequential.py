"""Uygulama 01 · Keras Sequential API        (09:00-11:45)

Dünün referans modelinden günün ilk ağına, oradan slaytın tam mimarisine; sonra o
mimarinin parçaları tek tek: aktivasyon, başlatıcı (initializer), düzenlileştirme
(regularization), BatchNorm (yığın normalleştirme) ve Dropout. Her bölüm iki parçadır:
önce ders (model, compile, fit), altında sonuç (tablo, şekil, sınamalar).

    python uygulama_01_keras_sequential.py                             bütün bölümler
    python uygulama_01_keras_sequential.py --bolum 8                   tek bölüm
    python uygulama_01_keras_sequential.py --bolum 8 --ayar depth=2    ya şöyle olsaydı?
    python uygulama_01_keras_sequential.py --yardim                    öteki seçenekler
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
from scipy.stats import binomtest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from common import (
    LabError,
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

CROSS_ENTROPY = "sparse_categorical_crossentropy"


# %% [markdown]
# ## 1 · Dün özeti
# %%
@lab.section(quick={"repeats": 1})
def yesterday_baseline(
    folds=5,  # dünkü çapraz doğrulama da beş parçalıydı
    repeats=3,  # tek bir bölünmenin sonucu şans olabilir
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
    folds = RepeatedStratifiedKFold(
        n_splits=folds, n_repeats=repeats, random_state=lab.seed
    )
    found = cross_validate(model, x, y, cv=folds, scoring=("accuracy", "roc_auc"))
    scores = pd.DataFrame(found)[["test_accuracy", "test_roc_auc"]]

    model.fit(x_train, data.y_train)
    mean = columns.transform(x_train).mean()
    shap = (columns.transform(x_val) - mean) * model[-1].coef_[0]  # ağırlık · sapma
    base = mean @ model[-1].coef_[0] + model[-1].intercept_[0]  # ortalama hasta
    log_odds = model.decision_function(x_val)
    return scores.set_axis(["doğruluk", "AUC"], axis=1), shap, base, log_odds


# %%
@yesterday_baseline.result
def _(scores, shap, base, log_odds):
    """Neden: Lojistik regresyon ölçülerin ağırlıklı toplamına bakar. Kötü huylu
    hücreler büyük ve düzensizdir; bu toplam iki sınıfı ayırmaya çoğu kez yeter.
    """
    mean, std = scores.mean(), scores.std()
    top = shap.abs().mean().nlargest(5).index
    lab.conclude(
        f"Dünkü model tümörlerin {percent(mean['doğruluk'])} kadarını doğru ayırdı. "
        f"Kararı en çok iten ölçü: {top[0]}."
    )
    table = pd.DataFrame({"ortalama": mean, "std": std}).rename_axis("ölçülen")
    lab.table(table, f"Çapraz doğrulama, {len(scores)} ölçüm")
    fig, axes = plots.mosaic("ABBB")
    sns.swarmplot(scores, y="doğruluk", size=13, color=plots.GREY, ax=axes["A"])
    axes["A"].axhline(mean["doğruluk"], color="black", linewidth=3)
    axes["A"].set(ylim=(0.9, 1.005), xticks=[], title="her nokta bir parça")
    points = shap[top].melt(var_name="ölçü", value_name="SHAP")
    sns.swarmplot(points, x="SHAP", y="ölçü", size=7, ax=axes["B"])
    axes["B"].axvline(0, color="black")
    axes["B"].set(title="her nokta bir hasta", ylabel="")
    axes["B"].set_xlabel("SHAP (log-odds): sola iyi huylu, sağa kötü huylu")
    lab.save(fig)

    gap = abs(base + shap.sum(axis=1) - log_odds).max()
    accuracy = mean["doğruluk"]
    lab.check("Çıtanın doğruluğu %96 ile %99 arasında", accuracy, within=(0.96, 0.99))
    lab.check("Çıtanın AUC'si 0,985'ten yüksek ({})", mean["AUC"], above=0.985)
    lab.check("Taban ile SHAP'ların toplamı log-odds'tur (fark {})", gap, below=1e-4)


# %% [markdown]
# ## 2 · İlk model
# %%
@lab.section
def first_model(
    patient=25,  # doğrulama kümesinde ağın tam emin olmadığı bir hasta
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
    if not 0 <= patient < len(patients):
        raise LabError(f"patient 0 ile {len(patients) - 1} arasında olmalı.")
    p, truth = patients["p"], patients["gerçek"]
    kinds = load_breast_cancer().class_names
    lab.conclude(
        f"İlk ağ {model.count_params()} sayı öğrendi. Ağ {patient} numaralı hastaya "
        f"{percent(p[patient])} olasılıkla kötü huylu diyor; hasta gerçekte "
        f"{kinds[truth[patient]]}."
    )
    lab.table(history.iloc[[0, -1]].set_index("epoch"), "İlk ve son epoch")
    fig, axes = plots.mosaic("GAA")
    model_graph(model, ax=axes["G"])
    shown = patients.assign(tür=np.take(kinds, truth))
    sns.stripplot(shown, x="p", y="tür", order=kinds, size=13, alpha=0.5, ax=axes["A"])
    axes["A"].axvline(0.5, color="black")
    ring = {"s": 500, "facecolors": "none", "edgecolors": "C1", "linewidths": 5}
    axes["A"].scatter(p[patient], truth[patient], zorder=5, **ring)
    axes["A"].set(xlabel="ağın kötü huylu için verdiği olasılık", ylabel="gerçekte")
    axes["A"].set_title(f"doğrulama hastaları; halka: {patient} numaralı hasta")
    lab.save(fig)

    by_hand = (30 + 1) * 8 + (8 + 1) * 1
    accuracy = ((p > 0.5) == truth).mean()
    gap = abs(accuracy - history["val_accuracy"].iloc[-1])
    lab.check(
        "Elle sayılan count_params() ile aynı", by_hand, equal=model.count_params()
    )
    lab.check("0,5'ten büyük p kötü huylu sayılıyor (fark {})", gap, below=1e-6)
    lab.check("İlk ağ doğrulamada %90'dan çok biliyor", accuracy, above=0.9)


# %% [markdown]
# ## 3 · Elle yazılan ağ
# %%
def forward(x, w1, b1, w2, b2):
    """İleri besleme: girdi → ağırlıklar → aktivasyon → çıkış."""
    hidden = np.tanh(x @ w1 + b1)
    p = 1 / (1 + np.exp(-(hidden @ w2 + b2)))  # sigmoid
    return hidden, p


def backward(x, y, w1, b1, w2, b2):
    """Geri yayılım: zincir kuralı, kayıptan girdiye doğru."""
    hidden, p = forward(x, w1, b1, w2, b2)
    d_out = (p - y) / len(x)  # sigmoid ile cross-entropy'nin türevi birlikte p - y
    d_hidden = d_out @ w2.T * (1 - hidden**2)  # tanh'ın türevi 1 - tanh²
    return [x.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_out, d_out.sum(axis=0)]


# %%
@lab.section
def network_by_hand(
    steps=20,  # kayıp eğrisi bu kadar adımda düzleşmeye başlar
    lr=0.5,  # SGD'nin kaybı her adımda gözle görülür iner
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

    losses = []
    weights = [w.astype("float64") for w in start]
    for _ in range(steps):  # aynı adımlar elle
        _, p = forward(x, *weights)
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        slopes = backward(x, y, *weights)
        weights = [w - lr * slope for w, slope in zip(weights, slopes, strict=True)]
    curves = tidy(history, elle=losses)
    return curves, start, weights, model.get_weights()


# %%
@network_by_hand.result
def _(curves, start, by_hand, by_keras, steps):
    """Neden: Keras da aynı zincir kuralını uygular. Fark yalnız yuvarlamadandır: Keras
    32 bitle, NumPy burada 64 bitle hesaplar.
    """
    gap = largest_difference(by_hand, by_keras)
    lab.conclude(
        f"{steps} adım elle ve Keras'la atılınca ağırlıkların en büyük farkı "
        f"{number(gap, 1)} oldu. Bu adımlarda kayıp {number(curves['loss'].iloc[0])} "
        f"değerinden {number(curves['loss'].iloc[-1])} değerine indi."
    )
    shown = curves.set_index("epoch")[["elle", "loss"]].iloc[[0, -1]]
    shown.columns = ["kayıp, elle", "kayıp, Keras"]
    lab.table(shown.rename_axis("adım"), "İlk ve son adım")
    fig, ax = plots.figure()
    keras_weights = np.concatenate([w.ravel() for w in by_keras])
    for weights, color in ((start, plots.GREY), (by_hand, plots.ACCENT)):
        values = np.concatenate([w.ravel() for w in weights])
        ax.scatter(keras_weights, values, s=90, alpha=0.6, color=color)
    ax.axline((0, 0), slope=1, color="black", zorder=0)
    ax.set(xlabel="Keras'ın ağırlığı, eğitimden sonra", ylabel="ağırlık")
    ax.text(0.02, 0.95, "renkli: elle, eğitimden sonra", color=plots.ACCENT,
            transform=ax.transAxes, va="top", weight="bold")  # fmt: skip
    ax.text(0.02, 0.89, "gri: eğitimden önce", color="dimgrey",
            transform=ax.transAxes, va="top", weight="bold")  # fmt: skip
    lab.save(fig)

    gap_loss = abs(curves["elle"] - curves["loss"]).max()
    fall = curves["loss"].iloc[-1] / curves["loss"].iloc[0]
    lab.check("Elle yazılan ağ Keras'la aynı ağırlıklara varıyor", gap, below=1e-4)
    lab.check(
        "Elle hesaplanan kayıp Keras'ınkiyle aynı (fark {})", gap_loss, below=1e-4
    )
    lab.check("Kayıp yarısından aza iniyor", fall, below=0.5)


# %% [markdown]
# ## 4 · Kayıp ve optimizer
# %%
@lab.section
def loss_and_optimizer(
    p_wrong=0.01,  # kötü huylu tümöre verilen olasılık: ağ emin ama yanılıyor
    lr=0.01,  # iki optimizer da bu LR ile ilk adımını atar
):
    """Kayıp ve optimizer: yanılan ağ nasıl düzelir?

    Soru: Tümör kötü huylu, ağ ise emin ve yanılıyor: 0,01 olasılık veriyor.
    Cross-entropy'nin gradyanı, MSE'nin gradyanının kaç katıdır? (a) 2 (b) 50 (c) 1000
    """
    p = np.append(p_wrong, np.linspace(0.01, 0.99, 99)).clip(1e-6, 1 - 1e-6)
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
    optimizers = {"SGD": keras.optimizers.SGD(lr), "Adam": keras.optimizers.Adam(lr)}
    steps = pd.DataFrame()
    for name, optimizer in optimizers.items():
        model.set_weights(start)
        model.compile(optimizer=optimizer, loss="binary_crossentropy")
        model.train_on_batch(*data.train)  # tek adım
        moved = [a - b for a, b in zip(model.get_weights(), start, strict=True)]
        steps[name] = np.concatenate([m.ravel() for m in moved])
    return slopes, steps


# %%
@loss_and_optimizer.result
def _(slopes, steps):
    """Neden: Zincir kuralı kaybın türevini sigmoid'in türevi p(1 - p) ile çarpar.
    Cross-entropy'de bu çarpan sadeleşir, geriye p - y kalır. MSE'de kalır ve p sıfıra
    giderken gradyanı söndürür: 2(p - y)p(1 - p).
    """
    curves = slopes.set_index("p").abs()
    wrong, cross, mse = curves.index[0], *curves.iloc[0]
    sizes = steps.abs()
    uneven = sizes.max() / sizes.min()
    lab.conclude(
        f"Ağ {number(wrong)} olasılık verip yanılınca cross-entropy'nin gradyanı MSE'nin "
        f"gradyanının {number(cross / mse)} katı oldu. İlk adımda en çok oynayan ağırlık "
        f"en az oynayan ağırlığın SGD'de {number(uneven['SGD'])} katı, Adam'da "
        f"{number(uneven['Adam'])} katı oynadı."
    )
    table = sizes.agg(["min", "median", "max"]).T.rename_axis("optimizer")
    table.columns = ["en küçük", "ortanca", "en büyük"]
    lab.table(table, "İlk adımda bir ağırlık ne kadar oynar?")
    fig, (left, right) = plots.figure(1, 2)
    left.plot(curves.sort_index(), linewidth=4, label=["cross-entropy", "MSE"])
    plots.label_lines(left)
    left.plot([wrong, wrong], [mse, cross], color="black", linewidth=3, marker="o")
    left.text(wrong + 0.03, 0.5, f"{number(cross / mse)} kat", size=30, weight="bold")
    left.set(xlabel="ağın verdiği olasılık p", ylabel="gradyan (mutlak değer)")
    sns.histplot(sizes["SGD"], log_scale=True, bins=30, color="C0", ax=right)
    right.axvline(sizes["Adam"].median(), color="C1", linewidth=6)
    right.set(xlabel="ilk adımın boyu", ylabel="SGD'de kaç ağırlık")
    right.set_title("çizgi: Adam'da her ağırlık")
    lab.save(fig)
    p = slopes["p"]
    gap = abs(slopes["binary_crossentropy"] - (p - 1)).max()
    gap_mse = abs(slopes["mse"] - 2 * (p - 1) * p * (1 - p)).max()
    lab.check("Cross-entropy'nin gradyanı p - y (fark {})", gap, below=1e-5)
    lab.check("MSE'nin gradyanı 2(p - y)p(1 - p) (fark {})", gap_mse, below=1e-5)
    lab.check("Adam'ın ilk adımları eşit (kat: {})", uneven["Adam"], below=1.5)


# %% [markdown]
# ## 5 · Tam mimari
# %%
@lab.section(quick={"epochs": 3})
def full_architecture(
    epochs=30,  # doğrulama kaybı bu kadar epoch'ta düzleşir
    momentum=0.9,  # Keras'ın 0.99'u epoch'ta 11 adımla geriden gelir (bölüm 13)
):
    """Tam mimari: Dense + BatchNorm + Dropout

    Soru: Slaytın 42 497 parametreli ağı, 114 test hastasında lojistik regresyondan kaç
    hasta fazla bilir?
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
        layers.BatchNormalization(momentum=momentum),
        layers.Dropout(0.3),
        layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
        layers.BatchNormalization(momentum=momentum),
        layers.Dropout(0.25),
        layers.Dense(1, activation="sigmoid"),
    ])
    auc = keras.metrics.AUC(name="auc")  # "AUC" yazılsa val_AUC diye izlenirdi
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
    truth = patients["gerçek"]
    p = patients[["ağ", "lojistik"]].astype("float64").clip(1e-7, 1 - 1e-7)
    known = (p > 0.5).eq(truth == 1, axis=0)
    only = known["ağ"] & ~known["lojistik"], known["lojistik"] & ~known["ağ"]
    more, fewer = only[0].sum(), only[1].sum()
    chance = binomtest(more, more + fewer).pvalue if more + fewer else 1.0  # McNemar
    told = "çıkabilir" if chance > 0.05 else "zor çıkar"
    counted = f"{abs(more - fewer)} hasta {'fazla' if more > fewer else 'az'}"
    lab.conclude(
        f"Ağ, lojistik regresyondan {counted if more != fewer else 'ne fazla ne az'} "
        f"bildi. Böyle bir sonuç şansla da {told} (eşli test, p = {number(chance, 2)})."
    )
    table = pd.DataFrame({"bildiği": known.sum(), "doğruluk": known.mean()})
    table["parametre"] = [model.count_params(), 30 + 1]
    lab.table(table.rename_axis("model"), f"Aynı {len(known)} test hastası")
    fig, (left, right) = plots.figure(1, 2)
    history.plot("epoch", ["loss", "val_loss"], linewidth=4, ax=left)
    plots.label_lines(left)
    plots.whole_epochs(left, len(history))
    left.set(title="ağın eğitimi", ylabel="kayıp", ylim=(0, None))
    odds = np.log(p / (1 - p))
    right.scatter(odds["lojistik"], odds["ağ"], 120, np.take(["C0", "C1"], truth))
    ringed = odds[only[0] | only[1]]
    ring = {"s": 600, "facecolors": "none", "edgecolors": "black", "linewidths": 3}
    right.scatter(ringed["lojistik"], ringed["ağ"], **ring)
    right.axhline(0, color="black")
    right.axvline(0, color="black")
    right.set(xlabel="lojistik regresyon (log-odds)", ylabel="ağ (log-odds)")
    right.set_title("turuncu: kötü huylu; halka: modeller ayrılıyor")
    lab.save(fig)

    loaded = keras.models.load_model(lab.save(model))
    x = load_breast_cancer().x_test
    gap = largest_difference([model(x)], [loaded(x)])
    by_hand = (30 + 5) * 256 + (256 + 5) * 128 + (128 + 1)
    accuracy = known["ağ"].mean()
    lab.check(
        "Elle sayılan count_params() ile aynı", by_hand, equal=model.count_params()
    )
    lab.check("Yüklenen .keras dosyası aynı yanıtı veriyor", gap, equal=0)
    lab.check("Ağ testte tutuyor", accuracy, above=0.93, full_size=True)
    lab.check("İki model yakın", abs(more - fewer), below=6, full_size=True)


# %% [markdown]
# ## 6 · Aktivasyonlar
# %%
def binary_step(x):
    return ops.cast(x >= 0, "float32")


GALLERY = {
    "identity": keras.activations.linear,
    "binary step": binary_step,
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
    depth=8,  # bölüm 8'in ağında bu kadar gizli katman vardır
):
    """Aktivasyon fonksiyonları ve türevleri

    Soru: Sigmoid'in eğimi (türevi) en çok kaçtır?
    """
    x = np.linspace(-edge, edge, 400)
    x = np.sort(np.append(x, [-1e-6, 1e-6]))  # köşe olan 0'a iki yandan yaklaşılır
    inputs = keras.random.normal([1_000_000], seed=lab.seed)
    curves, means = [], {}
    for name, activation in GALLERY.items():
        points = tf.constant(x, dtype="float32")
        with tf.GradientTape() as tape:  # bant türevi alır: uygulama 04
            tape.watch(points)
            y = activation(points)
        slope = tape.gradient(y, points, unconnected_gradients="zero")
        curve = pd.DataFrame({"x": x, "f(x)": y.numpy(), "f'(x)": slope.numpy()})
        curves.append(curve.assign(fonksiyon=name))
        means[name] = float(ops.mean(activation(inputs)))
    return pd.concat(curves), means


# %%
@activation_gallery.result
def _(curves, means, edge, depth):
    """Neden: Sigmoid'in türevi f(1 - f) biçimindedir. Toplamı 1 olan iki sayının çarpımı
    1/4'ü aşamaz; f = 1/2 iken, yani x = 0'da 1/4 olur.
    """
    groups = curves.groupby("fonksiyon", sort=False)
    steepest = groups["f'(x)"].max()
    lab.conclude(
        f"Sigmoid'in eğimi en çok {number(steepest['sigmoid'])}. {depth} katmandan geçen "
        f"gradyan {depth} eğimle çarpılır: bu çarpım en çok "
        f"1 / {number(steepest['sigmoid'] ** -depth)} olabilir."
    )
    inputs = keras.random.normal([1_000_000])
    table = pd.DataFrame({"en büyük f'": steepest.round(2), "ortalama": means})
    table["süre (ms)"] = [
        1_000 * min(repeat(partial(function, inputs), number=1, repeat=3))
        for function in GALLERY.values()
    ]
    lab.table(table, "Ortalama ve süre: bir milyon N(0, 1) girdi")
    fig, axes = plots.figure(3, 4, sharex=True, sharey=True)
    axes[-1, -1].set_title("sıra sizde")
    for ax, (name, curve) in zip(axes.flat, groups, strict=False):
        curve.plot(
            "x", ["f(x)", "f'(x)"], color=["grey", "C0"], lw=4, legend=False, ax=ax
        )
        ax.set(title=f"{name}: en çok {number(steepest[name])}", ylim=(-2.2, 3.2))
    axes[0, 0].set_ylabel("f gri, f' mavi")
    lab.save(fig)

    f, slope = (groups.get_group("sigmoid")[name] for name in ("f(x)", "f'(x)"))
    default = layers.LeakyReLU()(tf.constant([-1.0]))[0]
    lab.check(
        "Sigmoid'in türevi f(1 - f) (fark {})",
        abs(slope - f * (1 - f)).max(),
        below=1e-6,
    )
    lab.check(
        "ELU'nun ortalaması sıfıra ReLU'nunkinden yakın",
        means["ELU"] / means["ReLU"],
        below=0.6,
    )
    lab.check(
        "layers.LeakyReLU() slaytın 0,01 eğimini kullanmıyor (eğim {})",
        -default,
        above=0.29,
    )


# %% [markdown]
# ## 7 · Neden doğrusal aktivasyon yetmez?
# %%
def build_stack(activation, columns=784, classes=10):
    """Bir ya da (activation verilirse) üç katmanlı ağ."""
    model = keras.Sequential([layers.Input(shape=(columns,))])
    if activation:
        model.add(layers.Dense(64, activation=activation))
        model.add(layers.Dense(32, activation=activation))
    model.add(layers.Dense(classes, activation="softmax"))
    adam = keras.optimizers.Adam(0.003)  # varsayılanın üç katı: az epoch yeter
    model.compile(adam, loss=CROSS_ENTROPY, metrics=["accuracy"])
    return model


def one_matrix(model):
    """Üç katmanın kernel'leri çarpılır: tek katmanın kernel'i ve bias'ı."""
    w1, b1, w2, b2, w3, b3 = model.get_weights()
    return [w1 @ w2 @ w3, (b1 @ w2 + b2) @ w3 + b3]


# %%
@lab.section(quick={"n_train": 1_000, "epochs": 1, "seeds": 1})
def why_not_linear(
    n_train=5_000,  # karşılaştırmaya yeten, saniyeler süren MNIST alt kümesi
    epochs=4,  # üç doğrusal katman düzleşir, tek katman ona yetişir
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Neden doğrusal aktivasyon yetmez?

    Soru: Aralarında aktivasyon olmayan üç katman, MNIST'te tek katmandan kaç puan daha
    doğru bilir?
    """
    data = load_mnist(n_train, 2_000)
    stacks = {"1 katman": None, "3 doğrusal": "linear", "3 ReLU": "relu"}
    runs = lab.runs(build_stack, seeds, katmanlar=stacks)
    for model in runs:
        history = model.fit(
            *data.train, batch_size=100, epochs=epochs, validation_data=data.val
        )
        runs.keep(history)

    moons = make_moons(400, noise=0.15, random_state=lab.seed)  # iki boyutlu noktalar
    small = {}
    for name, activation in stacks.items():
        model = build_stack(activation, columns=2, classes=2)
        model.fit(*moons, batch_size=20, epochs=30)
        small[name] = model

    linear = small["3 doğrusal"]
    single = build_stack(None, columns=2, classes=2)
    single.set_weights(one_matrix(linear))  # üç katman tek katmanda
    return runs.frame, moons, small, single


# %%
def draw_boundary(model, points, classes, ax):
    """İki sınıfın noktaları ve modelin aralarında çizdiği sınır."""
    x, y = np.meshgrid(np.linspace(-1.8, 2.8, 150), np.linspace(-1.3, 1.8, 150))
    grid = np.column_stack([x.ravel(), y.ravel()])
    p = model(grid).numpy()[:, 1].reshape(x.shape)
    ax.contourf(x, y, p > 0.5, levels=[-0.5, 0.5, 1.5], colors=["C0", "C1"], alpha=0.25)
    ax.contour(x, y, p, levels=[0.5], colors="black", linewidths=4)
    ax.scatter(*points.T, c=np.take(["C0", "C1"], classes), s=14)
    ax.set(xticks=[], yticks=[])


# %%
@why_not_linear.result
def _(runs, moons, small, single):
    """Neden: Doğrusal katmanlar arka arkaya çarpılınca yine tek bir doğrusal katman
    çıkar: (x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2). Araya giren ReLU bu çarpımı
    bozar: sınır bükülebilir.
    """
    accuracy = final(runs, "val_accuracy")
    stack = paired(accuracy["3 doğrusal"], accuracy["1 katman"])
    relu = paired(accuracy["3 ReLU"], accuracy["3 doğrusal"])
    lab.conclude(
        "Üç doğrusal katmanın doğruluğu tek katmanınkinden "
        f"{stack.told('yüksek', 'düşük')}. Araya ReLU girince doğruluk "
        f"{relu.told('arttı', 'azaldı')}."
    )
    lab.table(summary(runs, "val_accuracy"), "MNIST'te doğrulama doğruluğu")
    fig, axes = plots.mosaic("ABC;ABC;DDD;DDD")
    for letter, (name, model) in zip("ABC", small.items(), strict=True):
        draw_boundary(model, *moons, axes[letter])
        axes[letter].set_title(f"{name}: sınırı")
    plots.scores(runs, "val_accuracy", axes["D"])
    axes["D"].set_xlabel("MNIST'te doğrulama doğruluğu")
    lab.save(fig)

    x = moons[0]
    linear = largest_difference([small["3 doğrusal"](x)], [single(x)])
    single.set_weights(one_matrix(small["3 ReLU"]))
    bent = largest_difference([small["3 ReLU"](x)], [single(x)])
    lab.check("Doğrusal yığın tek matristir (fark {})", linear, below=1e-5)
    lab.check("ReLU'lu ağ tek matris değildir (fark {})", bent, above=0.1)
    lab.check("Yığın tek katmanı geçemiyor", stack.mean, below=0.02, full_size=True)
    lab.check("ReLU doğruluğu artırıyor", relu.mean, above=0.01, full_size=True)


# %% [markdown]
# ## 8 · Kaybolan gradyan
# %%
@lab.section(quick={"depth": 2, "n_train": 500, "seeds": 1})
def vanishing_gradient(
    depth=8,  # sigmoid'in gradyanı bu derinlikte söner
    n_train=5_000,  # derin ağda adım pahalıdır: az görüntü yeter
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Kaybolan gradyan: hangi aktivasyon derin ağda öğrenir?

    Soru: Sekiz katmanlı sigmoid ağında ilk katmana ulaşan gradyan, son katmandaki
    gradyandan kaç kat küçüktür? (a) 8 (b) 100 (c) 10 000
    """
    data = load_mnist(n_train, 2_000)

    def build(activation, start):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(depth):
            model.add(layers.Dense(64, activation, kernel_initializer=start))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile("adam", loss=CROSS_ENTROPY, metrics=["accuracy"])
        return model

    leaky = layers.LeakyReLU(negative_slope=0.01)  # slaytın eğimi
    activations = {  # her aktivasyon kendi başlatıcısıyla (bölüm 10)
        "sigmoid": ("sigmoid", "glorot_uniform"),
        "tanh": ("tanh", "glorot_uniform"),
        "ReLU": ("relu", "he_normal"),
        "Leaky ReLU": (leaky, "he_normal"),
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
        f"gradyandan {number(1 / gradient['sigmoid'], 1)} kat küçük. Bir epoch sonra "
        f"sigmoid ağı görüntülerin {percent(accuracy['sigmoid'])} kadarını, kalan beş "
        f"ağın en kötüsü {percent(others)} kadarını bildi."
    )
    title = "Gradyan: eğitimden önce; doğruluk: eğitimden sonra"
    lab.table(summary(runs, "gradyan", "val_accuracy"), title)
    fig, (left, right) = plots.figure(1, 2, sharey=True)
    plots.scores(runs, "gradyan", left)
    left.set(
        title="eğitimden önce", xscale="log", xlabel="gradyan: ilk / son gizli katman"
    )
    plots.scores(runs, "val_accuracy", right)
    right.set(title="eğitimden sonra", xlim=(0, 1))
    lab.save(fig)

    faded, arrived = gradient["sigmoid"], gradient.drop("sigmoid").min()
    lead = others - accuracy["sigmoid"]
    lab.check("Sigmoid ağında gradyan sönüyor", faded, below=1e-3, full_size=True)
    lab.check("Kalan beş ağda gradyan ilk katmana ulaşıyor", arrived, above=0.3)
    lab.check("Kalan beş ağ sigmoid'den iyi", lead, above=0.3, full_size=True)


# %% [markdown]
# ## 9 · Ölen ReLU
# %%
@lab.section(quick={"n_train": 500, "seeds": 1})
def dying_relu(
    rates=(0.001, 0.03),  # Adam'ın varsayılan LR'si ve 30 katı karşılaştırılır
    depth=8,  # ağ bölüm 8'in ağıdır
    n_train=5_000,  # derin ağda adım pahalıdır: az görüntü yeter
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Ölen ReLU (dying ReLU): artık gradyan almayan nöronlar

    Soru: LR 0,001 yerine 0,03 olunca ReLU nöronlarının yüzde kaçı hiçbir görüntüden
    gradyan almaz?
    """
    data = load_mnist(n_train, 2_000)

    def build(activation):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(depth):
            model.add(layers.Dense(64, activation, kernel_initializer="he_normal"))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile("adam", loss=CROSS_ENTROPY, metrics=["accuracy"])
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
    """Neden: Büyük bir adım bias'ı çok negatif yapabilir: nöronun girdisi her görüntüde
    negatif kalır, ReLU'nun türevi orada 0'dır. Gradyan almayan nöron kendi başına
    düzelemez. Leaky ReLU'nun negatif yanda da eğimi vardır.
    """
    dead = final(runs, "ölen_pay").mean()
    told = dead.map(partial(percent, digits=0))
    high, usual = max(rates), min(rates)
    lab.conclude(
        f"LR {number(high)} iken ReLU nöronlarının {told['ReLU', high]} kadarı hiç gradyan "
        f"almadı. Bu pay aynı LR'de Leaky ReLU nöronlarında {told['Leaky ReLU', high]}, "
        f"LR {number(usual)} iken ReLU nöronlarında {told['ReLU', usual]} oldu."
    )
    lab.table(summary(runs, "val_accuracy", ölen="ölen_pay"), "Bir epoch sonunda")
    fig, ax = plots.figure()
    plots.scores(runs, "ölen_pay", ax)
    ax.set(xlabel="hiç gradyan almayan nöronların payı", xlim=(-0.03, 1))
    lab.save(fig)

    rise = dead["ReLU", high] - dead["ReLU", usual]
    leaky = dead["Leaky ReLU"].max()
    lab.check("Yüksek LR ReLU nöronlarını öldürüyor", rise, above=0.2, full_size=True)
    lab.check("Leaky ReLU'da hiçbir nöron ölmüyor", leaky, equal=0)


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="ileri",
    section="activation_gallery",
    task="GALLERY sözlüğünün sonuna Mish'i yazın: f(x) = x · tanh(softplus(x)). Bir ad ve "
    "lambda x: ile başlayan bir formül gerekir; ops.tanh ve ops.softplus hazırdır.",
    quantity="Mish'in en büyük türevi",
    measure=lambda curves: 0,
    low=1.08,
    high=1.10,
    write=number,
    hint="Bant (GradientTape) türevi kendisi bulur: yalnız f(x) yazılır.",
    solution='"Mish": lambda x: x * ops.tanh(ops.softplus(x)),',
)


if __name__ == "__main__":
    lab.run()
