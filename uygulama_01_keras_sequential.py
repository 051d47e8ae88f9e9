"""Uygulama 01 · Keras Sequential API        (09:00-11:45)

Dünün referans modelinden elle yazılan ilk ağa, oradan slaytın tam mimarisine; sonra o mimarinin
parçaları tek tek: aktivasyon, başlatıcı (initializer), düzenlileştirme (regularization),
BatchNorm (yığın normalleştirme) ve Dropout.

    python uygulama_01_keras_sequential.py              bütün bölümler
    python uygulama_01_keras_sequential.py --bolum 3    tek bölüm
    python uygulama_01_keras_sequential.py --yardim     öteki seçenekler
"""

# %% Hazırlık
# isort: off
from common import Lab, largest_difference, load_breast_cancer, load_mnist, percent, plots
from common import restart, set_seed
# isort: on  (önce common: Keras'ın ayarlarını o yapar)

from functools import cache, partial
from itertools import pairwise
from math import prod
from typing import NamedTuple

import keras
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, regularizers
from scipy.stats import binomtest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

BATCH = 125  # alt kümeleri tam böler; yarım kalan mini-batch Keras'a her şeyi iki kez izletir
BATCH_CANCER = 31  # aynı nedenle: 341 eğitim satırı = 11 adım
N_TRAIN = 10_000  # karşılaştırmalara yeten, saniyeler süren MNIST alt kümesi
N_DEEP = 5_000  # derin ağlarda adım pahalı: daha az görüntü
N_VAL = 2_000  # doğrulama görüntüsü: doğruluğun örnekleme hatası bir puanın altında kalsın

FOLDS, REPEATS = 5, 3  # dünkü çapraz doğrulama
TOP_FEATURES = 10  # arı kovanı grafiğinde gösterilen öznitelik

HAND_HIDDEN = 8  # elle hesaplanan ağın gizli nöronu: çizime sığsın
HAND_SHOWN = 6  # girdilerin çizilen kadarı
HAND_LR = 0.5  # tek adımda kayıp gözle görülür insin
FINITE_STEP = 1e-5  # sonlu farkın adımı: float64'te kesme ve yuvarlama hatasının dengesi

EPOCHS_CANCER = 30  # doğrulama kaybı düzleşene kadar
DEFAULT_MOMENTUM = 0.99  # Keras'ın varsayılanı
BN_MOMENTUM = 0.9  # varsayılanı az adımlı epoch'ta çok geriden gelir (bölüm 9)

LEAKY_SLOPE = 0.01  # slayttaki eğim (Keras'ın varsayılanı başka: bölüm 4)
PRELU_SLOPE = 0.25  # öğrenilen eğimin başlangıcı (He vd., 2015)
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer vd. (2017)

EPOCHS_LINEAR = 4  # doğrusal yığın düzleşir, tek katman ona yetişir
LINEAR_LR = 3e-3  # tek katman o kadar epoch'ta yetişsin
RACE_DEPTH = 8  # sigmoid'in gradyanını söndürmeye yeten derinlik
RACE_WIDTH = 64  # yarışan ağların gizli nöronu
EPOCHS_RACE = 3  # öğrenen ile öğrenemeyen ayrılana kadar
DYING_LR = 0.03  # Adam'ın olağan hızının 30 katı: nöronları öldürecek kadar

SIGNAL_DEPTH, SIGNAL_WIDTH = 20, 512  # sinyalin büyüyüp sönmesi bu derinlikte gözle görülür
SIGNAL_IMAGES = 300  # std'yi ölçmeye yeter
EPOCHS_SIGNAL = 3  # iyi başlatılan ağ öğrenene kadar

N_FEW = 1_000  # aşırı öğrenme (overfitting) görünsün diye az görüntü
EPOCHS_PENALTY = 20  # cezasız ağda genelleme açığı belirgin olana kadar
SEEDS = 3  # kalite iddiasında tekrar sayısı
L1_STRENGTH, L2_STRENGTH = 3e-4, 1e-2  # kayba eklenen aynı mertebede olsun (_ceza.csv)
WEIGHT_BINS = 81  # tek sayı: sıfır bir kutunun ortasında kalsın
NEAR_ZERO = 1e-3  # bundan küçük ağırlık sıfıra yakın sayılır

BN_COLUMNS = ("doku (ortalama)", "alan (ortalama)", "yarıçap (hata)", "simetri (en kötü)")
BN_EPOCHS = 8  # momentum 0.99'un geriden gelişi görülsün
BN_RATES = (0.1, 0.3, 1.0, 3.0)  # SGD için olağandan ıraksayana
BN_DEPTH, BN_WIDTH = 5, 100  # BatchNorm'suz ağın büyük LR'de ıraksayacağı derinlik
BN_TARGET = 0.88  # "kaç adımda?": BatchNorm'suz ağın da çoğu kez vardığı doğruluk
BN_STEPS, BN_CHECK = 150, 10  # adım sayısı ve kaç adımda bir ölçüldüğü

DROP_RATE = 0.3  # slayttaki oran
DROP_SHAPE = (1_000, 200)  # örnek, nöron: kapanan payın dağılımı görülsün
SEQUENCE_SHAPE = (100, 20, 16)  # örnek, adım, kanal
SELU_SHAPE = (500, 512)  # örnek, nöron: ortalama ve std az oynasın
ALPHA_RATE = 0.1  # slaytta AlphaDropout'un oranı
MC_PASSES = 40  # %95 aralığının iki ucunda birer geçiş kalsın
MC_NOISE = 500  # hiçbir rakama benzemeyen gürültü görüntüsü
EPOCHS_MC = 3  # yanlışların çoğu gerçekten zor rakamlar olana kadar
MC_LAYOUT = "ABCDE;XXXYY;XXXYY"  # üstte beş rakam, altta iki grafik
DEFERRED = (0.0, 0.01, 0.05, 0.10)  # kararı insana bırakılan pay

lab = Lab("uygulama_01_keras_sequential", "Uygulama 01 · Keras Sequential API", "09:00-11:45")


# %% 1 · Dün özeti
def baseline_pipeline() -> Pipeline:
    """Dünkü model: çarpık dağılan "hata" sütunlarına önce log, hepsine ölçek, sonra lojistik."""
    log_scale = make_pipeline(
        FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler()
    )
    columns = ColumnTransformer(
        [("log + ölçek", log_scale, make_column_selector("hata"))],
        remainder=StandardScaler(),
        verbose_feature_names_out=False,
    )
    return Pipeline([("sütunlar", columns), ("model", LogisticRegression(max_iter=1000))])


@cache
def baseline_scores(seed: int) -> dict[str, np.ndarray]:
    """Çapraz doğrulamada doğruluk ve AUC; test kümesi burada da görülmez."""
    data = load_breast_cancer(scaled=False)
    x = pd.DataFrame(np.vstack([data.x_train, data.x_val]), columns=data.feature_names)
    y = np.concatenate([data.y_train, data.y_val])
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=seed)
    scores = cross_validate(baseline_pipeline(), x, y, cv=folds, scoring=("accuracy", "roc_auc"))
    return {"doğruluk": scores["test_accuracy"], "AUC": scores["test_roc_auc"]}


@lab.section
def yesterday_baseline():
    """Dün özeti: ağın karşılaması gereken çıta

    Dünkü Pipeline + ColumnTransformer + LogisticRegression tümörlerin yüzde kaçını doğru ayırır?
    Bir hastanın SHAP değerleri taban değere eklenince hangi sayı çıkar? Önce tahmin edin.
    """
    scores = baseline_scores(lab.seed)
    rows = [{"ölçü": name, "ortalama": s.mean(), "std": s.std()} for name, s in scores.items()]
    lab.table(rows, f"Lojistik regresyon, {FOLDS} parça x {REPEATS} tekrar çapraz doğrulama")

    data = load_breast_cancer(scaled=False)
    train, val = (pd.DataFrame(x, columns=data.feature_names) for x in (data.x_train, data.x_val))
    model = baseline_pipeline().fit(train, data.y_train)

    # Öznitelikler bağımsız sayılınca SHAP doğrusal modelde kapalı formdadır
    # (Lundberg ve Lee, 2017): φ = w · (z - ortalama z)
    z_train, z_val = (model["sütunlar"].transform(frame) for frame in (train, val))
    weights, center = model["model"].coef_[0], z_train.mean(axis=0)
    base = center @ weights + model["model"].intercept_[0]
    shap = (z_val - center) * weights
    log_odds = model.decision_function(val)
    shap_error = np.abs(base + shap.sum(axis=1) - log_odds).max()

    names = model["sütunlar"].get_feature_names_out()
    top = np.argsort(-np.abs(shap).mean(axis=0))[:TOP_FEATURES]
    points = pd.DataFrame(shap[:, top], columns=names[top]).melt(var_name="öznitelik")
    points["z"] = z_val[:, top].T.ravel().clip(-2, 2)
    fig, ax = plots.figure(f"Kararı iten ilk {TOP_FEATURES} öznitelik ({len(val)} hasta)")
    sns.swarmplot(points, x="value", y="öznitelik", hue="z", palette="cividis", size=4, ax=ax)
    ax.get_legend().remove()
    ax.axvline(0, color="black")
    ax.set(xlabel="SHAP değeri (log-odds; sağa: kötü huylu yönünde)", ylabel="")
    fig.colorbar(plots.shades("cividis", -2, 2), ax=ax, label="öznitelik (standart sapma)")
    lab.save(fig)
    lab.observe(
        f"Çıta: doğruluk {percent(rows[0]['ortalama'], rows[0]['std'])}, AUC "
        f"{rows[1]['ortalama']:.3f} ± {rows[1]['std']:.3f}. Taban değer + SHAP değerleri "
        f"log-odds'tan en çok {shap_error:.0e} sapıyor; öznitelikler bağımsız sayılınca kararı en "
        f"çok iten: {names[top[0]]}."
    )
    return {row["ölçü"]: (row["ortalama"], row["std"]) for row in rows} | {"SHAP": shap_error}


# %% 2 · Elle yazılan ağ
def forward(x, w1, b1, w2, b2):
    """İleri besleme: girdi → ağırlıklar → aktivasyon → çıkış."""
    hidden = np.tanh(x @ w1 + b1)
    return hidden, 1 / (1 + np.exp(-(hidden @ w2 + b2)))


def cross_entropy(y, p):
    """Kayıp: doğru sınıfa verilen olasılığın eksi logaritması, ortalama."""
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def backward(x, y, w1, b1, w2, b2):
    """Geri yayılım: zincir kuralı, kayıptan girdiye doğru."""
    hidden, p = forward(x, w1, b1, w2, b2)
    d_out = (p - y) / len(x)  # sigmoid ile cross-entropy'nin türevi birlikte böyle sadeleşir
    d_hidden = d_out @ w2.T * (1 - hidden**2)  # tanh'ın türevi 1 - tanh²
    return [x.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_out, d_out.sum(axis=0)]


def finite_differences(x, y, weights):
    """Her ağırlığı azıcık oynatıp kaybın değişimine bakar: türev bilmeyen, yavaş yol."""
    slopes = [np.zeros_like(w) for w in weights]
    for w, slope in zip(weights, slopes, strict=True):
        for index in np.ndindex(w.shape):
            middle, losses = w[index], []
            for w[index] in (middle + FINITE_STEP, middle - FINITE_STEP):
                losses.append(cross_entropy(y, forward(x, *weights)[1]))
            w[index] = middle
            slope[index] = (losses[0] - losses[1]) / (2 * FINITE_STEP)
    return slopes


def draw_network(ax, gradients) -> None:
    """Girdi-gizli-çıkış şeması; çizgi kalınlığı o ağırlığın gradyanıyla orantılı."""
    sides = [gradients[0][:HAND_SHOWN], gradients[2]]
    counts = [HAND_SHOWN, HAND_HIDDEN, 1]
    heights = [np.arange(n) - (n - 1) / 2 for n in counts]
    for side, slopes in enumerate(sides):
        for (i, j), width in np.ndenumerate(np.abs(slopes) / np.abs(slopes).max()):
            ends = heights[side][i], heights[side + 1][j]
            ax.plot((side, side + 1), ends, color=plots.COLORS[side], linewidth=0.5 + 6 * width)
    texts = f"girdi\n(ilk {HAND_SHOWN})", f"gizli\n(tanh, {HAND_HIDDEN})", "çıkış\n(sigmoid)"
    for x, (y, text) in enumerate(zip(heights, texts, strict=True)):
        ax.plot([x] * len(y), y, "o", markersize=30, color="white", markeredgecolor="black")
        ax.text(x, -5.5, text, ha="center", va="center")
    ax.set(
        xlim=(-0.4, 2.4),
        ylim=(-6.2, 4),
        title="ileri besleme →\n← geri yayılım (kalın: büyük gradyan)",
    )
    ax.axis("off")


def draw_gradients(hand, tape, numeric):
    """Solda ağ, sağda üç yolla bulunan gradyanlar: hepsi köşegende."""
    fig, (left, right) = plots.figure("Geri yayılım: elle, Keras'la, sonlu farkla", 1, 2)
    draw_network(left, hand)
    hand, tape, numeric = (
        np.concatenate([g.ravel() for g in way]) for way in (hand, tape, numeric)
    )
    right.axline((0, 0), slope=1, color="black")
    right.plot(hand, tape, "o", markersize=16, fillstyle="none", label="GradientTape")
    right.plot(hand, numeric, "x", markersize=8, label="sonlu fark")
    right.set(xlabel="zincir kuralıyla bulunan gradyan", ylabel="öteki yolla bulunan gradyan")
    right.legend()
    return fig


@lab.section
def network_by_hand():
    """Elle yazılan ağ: girdi - gizli - çıkış

    Zincir kuralıyla elle bulunan gradyan, Keras'ınkiyle kaçıncı basamağa kadar aynı çıkar?
    Eksi gradyan yönünde tek adım atınca kayıp ne olur? Önce tahmin edin.
    """
    data = load_breast_cancer()
    x, y = data.x_train[:BATCH_CANCER], data.y_train[:BATCH_CANCER, None]
    model = keras.Sequential(
        [
            layers.Input(shape=(data.n_features,)),
            layers.Dense(HAND_HIDDEN, activation="tanh"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=keras.optimizers.SGD(HAND_LR), loss="binary_crossentropy")
    weights = [w.astype("float64") for w in model.get_weights()]
    with tf.GradientTape() as tape:  # ayrıntısı uygulama 04'te
        p_keras = model(x)
        loss_keras = tf.reduce_mean(keras.losses.binary_crossentropy(y, p_keras))
    by_tape = [g.numpy() for g in tape.gradient(loss_keras, model.trainable_variables)]

    p = forward(x, *weights)[1]
    loss = cross_entropy(y, p)
    by_chain_rule = backward(x, y, *weights)
    by_difference = finite_differences(x, y, weights)
    stepped = [w - HAND_LR * g for w, g in zip(weights, by_chain_rule, strict=True)]
    new_loss = cross_entropy(y, forward(x, *stepped)[1])
    model.train_on_batch(x, y)  # Keras'ın SGD'si de aynı adımı atar
    differences = {
        "ileri besleme: NumPy, Keras": largest_difference([p], [p_keras.numpy()]),
        "kayıp: NumPy, Keras": abs(loss - float(loss_keras)),
        "gradyan: zincir kuralı, GradientTape": largest_difference(by_chain_rule, by_tape),
        "gradyan: zincir kuralı, sonlu fark": largest_difference(by_chain_rule, by_difference),
        "bir SGD adımı: NumPy, Keras": largest_difference(stepped, model.get_weights()),
    }
    rows = [{"karşılaştırılan": name, "en büyük fark": d} for name, d in differences.items()]
    lab.table(rows, "Elle hesap ile ötekiler")

    lab.save(draw_gradients(by_chain_rule, by_tape, by_difference))
    lab.observe(
        f"{model.count_params()} gradyanda elle hesap GradientTape'ten en çok yaklaşık "
        f"{rows[2]['en büyük fark']:.0e} ayrılıyor; tek adımda kayıp {loss:.3f} → {new_loss:.3f}."
    )
    return differences | {"loss": loss, "new_loss": new_loss}


# %% 3 · Tam mimari
def slide_model() -> keras.Sequential:
    """Slaytın modeli, katman katman."""
    return keras.Sequential(
        [
            layers.Input(shape=(30,)),
            layers.Dense(
                256,
                activation="relu",
                kernel_initializer="he_normal",
                kernel_regularizer=regularizers.L2(1e-4),
            ),
            layers.BatchNormalization(momentum=BN_MOMENTUM),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
            layers.BatchNormalization(momentum=BN_MOMENTUM),
            layers.Dropout(0.25),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def count_parameters(sizes: tuple[int, ...], model: keras.Model) -> list[dict]:
    """Dense: (girdi + 1 bias) · nöron. BatchNorm: γ ve β eğitilir, ortalama ve varyans izlenir."""
    rows = []
    for inputs, neurons in pairwise(sizes):
        rows += [
            ("Dense", f"({inputs} + 1) · {neurons}", (inputs + 1) * neurons, 0),
            ("BatchNorm", f"2 · {neurons} + 2 · {neurons}", 2 * neurons, 2 * neurons),
            ("Dropout", "-", 0, 0),
        ]
    del rows[-2:]  # çıkış katmanından sonra BatchNorm ve Dropout yok
    table = []
    for row, layer in zip(rows, model.layers, strict=True):
        parts = (layer.trainable_weights, layer.non_trainable_weights)
        keras_counts = [sum(prod(weight.shape) for weight in part) for part in parts]
        names = ("katman", "hesap", "eğitilen", "eğitilmeyen")
        by_keras = dict(zip(("Keras eğitilen", "Keras eğitilmeyen"), keras_counts, strict=True))
        table.append(dict(zip(names, row, strict=True)) | by_keras)
    return table


def against_the_bar(correct: int, count: int, bar: np.ndarray):
    """Doğruluğun %95 güven aralığı (Wilson, 1927) ve çıtaya göre hüküm."""
    interval = binomtest(correct, count).proportion_ci(method="wilson")
    if interval.low > bar.mean():
        return interval, "çıtayı geçiyor"
    if interval.high < bar.mean():
        return interval, "çıtanın altında kalıyor"
    return interval, "çıtadan ayırt edilemiyor"


def bar_rows(bar, bar_auc, test) -> list[dict]:
    """Çıta ile ağ yan yana."""
    return [
        {"model": "lojistik (çapraz doğrulama)", "doğruluk": bar.mean(), "AUC": bar_auc.mean()},
        {"model": "sinir ağı (test)", "doğruluk": test["accuracy"], "AUC": test["auc"]},
    ]


def draw_bar(history, bar, test):
    """Öğrenme eğrileri; doğruluk panelinde çıta ve test sonucu."""
    names = {"loss": "kayıp (cross-entropy + L2)", "accuracy": "doğruluk", "auc": "AUC"}
    fig, axes = plots.learning_curves(history, names, "Slaytın modeli Breast Cancer'da")
    axes[1].axhspan(bar.mean() - bar.std(), bar.mean() + bar.std(), alpha=0.2, label="çıta ± std")
    axes[1].axhline(test["accuracy"], color="black", linestyle=":", label="test")
    axes[1].legend()
    plots.percent_axis(axes[1].yaxis)
    return fig


@lab.section
def full_architecture():
    """Tam mimari: Dense + BatchNorm + Dropout

    Slaytın modelinde kaç parametre var, kaçı eğitilmez? Ağ, bölüm 1'deki çıtayı geçer mi?
    Önce tahmin edin.
    """
    data = load_breast_cancer()
    model = slide_model()
    model.compile(
        optimizer="adam",
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.AUC(name="auc")],  # "AUC" yazılsa adı val_AUC olurdu
    )
    model.summary()
    rows = count_parameters((data.n_features, 256, 128, 1), model)
    lab.table(rows, "Parametreler: elle ve Keras'la", suffix="_parametreler")

    history = model.fit(
        data.x_train,
        data.y_train,
        validation_data=(data.x_val, data.y_val),
        epochs=lab.few(EPOCHS_CANCER),
        batch_size=BATCH_CANCER,
        validation_batch_size=len(data.x_val),
        verbose=0,
        callbacks=[lab.progress()],
    )
    test = model.evaluate(data.x_test, data.y_test, len(data.y_test), verbose=0, return_dict=True)
    loaded = keras.models.load_model(lab.save(model))
    reload_difference = float(np.abs(model(data.x_test) - loaded(data.x_test)).max())

    bar, bar_auc = baseline_scores(lab.seed).values()
    lab.table(bar_rows(bar, bar_auc, test), "Çıta ve ağ", {"doğruluk": percent})
    lab.save(draw_bar(history, bar, test))
    correct = round(test["accuracy"] * len(data.y_test))
    interval, verdict = against_the_bar(correct, len(data.y_test), bar)
    lab.observe(
        f"{model.count_params()} parametrenin {sum(row['eğitilmeyen'] for row in rows)} tanesi "
        f"eğitilmez (BatchNorm'un izledikleri). Ağ {len(data.y_test)} test hastasının {correct} "
        f"tanesini bildi: {percent(test['accuracy'])}, %95 güven aralığı "
        f"{percent(interval.low)} - {percent(interval.high)}: {percent(bar.mean(), bar.std())} "
        f"düzeyindeki {verdict}."
    )
    found = {"rows": rows, "test": test, "interval": interval, "verdict": verdict}
    return found | {"reload_difference": reload_difference}


# %% 4 · Aktivasyonlar
class Activation(NamedTuple):
    """Keras'ın fonksiyonu, slaytın formülü ve slaytın türevi."""

    keras: object
    formula: object
    derivative: object


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def softmax_first(x):
    """Üç çıkışlı softmax'ın ilki; öteki iki çıkış 0 ve 1'de durur."""
    return keras.activations.softmax(tf.stack([x, 0 * x, 0 * x + 1], axis=-1))[..., 0]


GALLERY = {
    "identity": Activation(keras.activations.linear, lambda x: x, np.ones_like),
    "binary step": Activation(
        lambda x: tf.cast(x >= 0, x.dtype), lambda x: np.where(x < 0, 0, 1), np.zeros_like
    ),
    "sigmoid": Activation("sigmoid", sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": Activation(
        "tanh", lambda x: 2 / (1 + np.exp(-2 * x)) - 1, lambda x: 1 - np.tanh(x) ** 2
    ),
    "arctan": Activation(keras.ops.arctan, np.arctan, lambda x: 1 / (x**2 + 1)),
    "ReLU": Activation("relu", lambda x: np.where(x < 0, 0, x), lambda x: np.where(x < 0, 0, 1)),
    "Leaky ReLU": Activation(
        lambda x: layers.LeakyReLU(negative_slope=LEAKY_SLOPE)(x),
        lambda x: np.where(x < 0, LEAKY_SLOPE * x, x),
        lambda x: np.where(x < 0, LEAKY_SLOPE, 1),
    ),
    "PReLU": Activation(
        lambda x: layers.PReLU(keras.initializers.Constant(PRELU_SLOPE))(x),
        lambda x: np.where(x < 0, PRELU_SLOPE * x, x),
        lambda x: np.where(x < 0, PRELU_SLOPE, 1),
    ),
    "ELU": Activation("elu", elu, lambda x: np.where(x < 0, elu(x) + 1, 1)),
    "SELU": Activation(
        "selu",
        lambda x: SELU_SCALE * elu(x, SELU_ALPHA),
        lambda x: SELU_SCALE * np.where(x < 0, elu(x, SELU_ALPHA) + SELU_ALPHA, 1),
    ),
    "SoftPlus": Activation("softplus", lambda x: np.log(1 + np.exp(x)), sigmoid),
    "softmax": Activation(
        softmax_first,
        lambda x: np.exp(x) / (np.exp(x) + 1 + np.e),
        lambda x: np.exp(x) * (1 + np.e) / (np.exp(x) + 1 + np.e) ** 2,
    ),
}


def leaky_relu_slopes() -> dict[str, float]:
    """Aynı ad, üç eğim: slaytın, katmanın ve aktivasyon adının x < 0 eğimi."""
    minus_one = tf.constant([-1.0])
    return {
        "slayt: 0.01x": LEAKY_SLOPE,
        "layers.LeakyReLU()": -float(layers.LeakyReLU()(minus_one)[0]),
        'activation="leaky_relu"': -float(keras.activations.leaky_relu(minus_one)[0]),
    }


@lab.section
def activation_gallery():
    """Aktivasyon fonksiyonları ve türevleri

    Sigmoid'in türevi en çok kaçtır? Hangi fonksiyonun türevi her yerde sıfırdır?
    Leaky ReLU'nun eğimi Keras'ta slayttaki gibi 0.01 midir? Önce tahmin edin.
    """
    x = np.linspace(-4, 4, 160, dtype="float32")  # çift sayıda nokta: köşe olan 0 dışarıda kalır
    fig, axes = plots.figure("Aktivasyon f(x) ve türevi f'(x)", 3, 4, sharex=True, sharey=True)
    rows = []
    for ax, (name, activation) in zip(axes.flat, GALLERY.items(), strict=True):
        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            values = keras.activations.get(activation.keras)(inputs)
        slopes = tape.gradient(values, inputs, unconnected_gradients="zero").numpy()
        row = {"fonksiyon": name, "f farkı": np.abs(values - activation.formula(x)).max()}
        row["f' farkı"] = np.abs(slopes - activation.derivative(x)).max()
        rows.append(row | {"en büyük f'": slopes.max()})
        ax.plot(x, values, label="f(x)", linewidth=4)
        ax.plot(x, slopes, label="f'(x)", linewidth=3, linestyle="--")
        ax.set(title=name, ylim=(-2.2, 3.2))
    for ax in axes[-1]:
        ax.set_xlabel("x")
    axes[0, 0].legend(loc="lower right")
    lab.save(fig)
    lab.table(rows, "Keras ile slayttaki formül arasındaki en büyük fark")

    leaky = leaky_relu_slopes()
    slope_rows = [{"yazılışı": name, "x < 0 eğimi": slope} for name, slope in leaky.items()]
    lab.table(slope_rows, "Aynı ad, üç eğim: Leaky ReLU", suffix="_leaky")
    logits = np.random.default_rng(lab.seed).normal(0, 3, (100, 10)).astype("float32")
    sums = keras.activations.softmax(tf.constant(logits)).numpy().sum(axis=1)
    steepest = {row["fonksiyon"]: row["en büyük f'"] for row in rows}
    flat = [name for name, slope in steepest.items() if slope == 0]
    lab.observe(
        f"Sigmoid'in türevi en çok {steepest['sigmoid']:.2f}; {RACE_DEPTH} katmanda türevlerin "
        f"çarpımı en çok {steepest['sigmoid'] ** RACE_DEPTH:.1e}. Türevi her yerde sıfır olan: "
        f"{', '.join(flat)}. Softmax çıktılarının toplamı 1'den en çok "
        f"{np.abs(sums - 1).max():.0e} sapıyor."
    )
    return {"rows": rows, "leaky_slopes": leaky, "softmax_sum_error": np.abs(sums - 1).max()}


# %% 5 · Neden doğrusal aktivasyon yetmez?
def classifier(*hidden) -> keras.Sequential:
    """784 piksel → verilen gizli katmanlar → 10 rakam; bütün MNIST deneylerinin kalıbı."""
    output = layers.Dense(10, activation="softmax")
    model = keras.Sequential([layers.Input(shape=(784,)), *hidden, output])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)  # yoksa Keras ilk adımı iki kez izler (trace)
    return model


def accuracy(model, data) -> float:
    """Doğrulama doğruluğu."""
    return float(np.mean(np.argmax(model(data.x_val), axis=1) == data.y_val))


def fit(model, data, epochs: int) -> list[float]:
    """Eğitir; her epoch'un sonundaki doğrulama doğruluğunu verir.

    `validation_data=` aynı sayıyı verir, ama her modele ikinci bir izleme (trace) ekler.
    """
    curve = []
    measure = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: curve.append(accuracy(model, data))
    )
    model.fit(data.x_train, data.y_train, BATCH, epochs, verbose=0, callbacks=[measure])
    return curve


def draw_linear(curves, by_matrix, by_network):
    """Doğruluk eğrileri ve ağın çıktısı ile tek matrisinki."""
    fig, (left, right) = plots.figure("Doğrusal katman yığını tek katmandır", 1, 2)
    plots.curves(left, curves, "epoch", "doğrulama doğruluğu")
    plots.percent_axis(left.yaxis)
    right.plot(by_matrix[:BATCH].ravel(), by_network[:BATCH].ravel(), "o", alpha=0.3)
    right.set(xlabel="tek matrisin olasılığı", ylabel="3 katmanlı ağın olasılığı")
    right.set_title("doğrulama görüntüleri, 10 sınıf")
    return fig


@lab.section
def why_not_linear():
    """Neden doğrusal aktivasyon yetmez?

    Aktivasyonsuz üç katman, tek katmandan (softmax regresyonu) ne kadar iyi olur?
    Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_TRAIN), N_VAL)
    hidden = {
        "tek katman": lambda: (),
        "3 doğrusal katman": lambda: (layers.Dense(128), layers.Dense(64)),
        "3 katman, ReLU": lambda: (layers.Dense(128, "relu"), layers.Dense(64, "relu")),
    }
    models, curves = {}, {}
    for name in lab.each(hidden, "eğitiliyor"):
        set_seed(lab.seed)  # doğrusal ve ReLU'lu ağ aynı ağırlıklardan başlar
        models[name] = classifier(*hidden[name]())
        models[name].optimizer.learning_rate = LINEAR_LR
        curves[name] = fit(models[name], data, lab.few(EPOCHS_LINEAR))

    # (x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2): aktivasyonsuz yığın tek katmandır
    kernel, bias = np.eye(data.n_features), np.zeros(data.n_features)
    for layer in models["3 doğrusal katman"].layers:
        w, b = layer.get_weights()
        kernel, bias = kernel @ w, bias @ w + b
    by_matrix = keras.ops.softmax(data.x_val @ kernel + bias).numpy()
    by_network = models["3 doğrusal katman"].predict(data.x_val, N_VAL, verbose=0)
    difference = np.abs(by_matrix - by_network).max()

    rows = [
        {"ağ": name, "parametre": models[name].count_params(), "doğrulama doğruluğu": values[-1]}
        for name, values in curves.items()
    ]
    lab.table(rows, "Aynı veri, aynı epoch sayısı", {"doğrulama doğruluğu": percent})
    lab.save(plots.with_sizes(draw_linear(curves, by_matrix, by_network), data))
    single, stack, relu = (row["doğrulama doğruluğu"] for row in rows)
    lab.observe(
        f"Doğrusal üç katman tek matrise {difference:.0e} farkla eşit; tek katmandan "
        f"farkı {(stack - single) * 100:+.1f} puan. Araya ReLU girince fark "
        f"{(relu - single) * 100:+.1f} puan."
    )
    return {"difference": difference, "single": single, "stack": stack, "relu": relu}


# %% 6 · Aktivasyon yarışı
USUAL, SILENT, DEAD = "olağan LR'de hep negatif", "hep negatif", "ölü (gradyanı 0)"
RACERS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu")


def deep_mlp(activation: str, depth=RACE_DEPTH, start=keras.initializers.GlorotUniform):
    """Aynı genişlikte gizli katmanlar; Leaky ReLU slayttaki eğimle."""
    if activation == "leaky_relu":
        activation = layers.LeakyReLU(negative_slope=LEAKY_SLOPE)
    return classifier(
        *(
            layers.Dense(RACE_WIDTH, activation=activation, kernel_initializer=start())
            for _ in range(depth)
        )
    )


def kernel_gradients(model, x, y) -> list[np.ndarray]:
    """Kaybın her gizli katmanın ağırlıklarına göre gradyanı, girdiden çıkışa."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(x)))
    kernels = [layer.kernel for layer in model.layers[:-1]]
    return [gradient.numpy() for gradient in tape.gradient(loss, kernels)]


def always_negative(model, x) -> float:
    """Hiçbir görüntüde pozitife geçmeyen gizli nöronların payı."""
    silent = []
    for layer in model.layers[:-1]:
        x = layer(x)
        silent.append(np.all(x <= 0, axis=0))
    return float(np.mean(silent))


def train_too_fast(model, name: str, data) -> dict:
    """Olağan LR'den sonra aynı ağ, aynı başlangıç, çok yüksek LR: kaç nöron susar, kaçı ölür?"""
    usual = always_negative(model, data.x_train)
    set_seed(lab.seed)
    restart(model, deep_mlp(name), lab.seed)
    model.optimizer.learning_rate = DYING_LR
    final = fit(model, data, lab.few(EPOCHS_RACE))[-1]
    gradients = kernel_gradients(model, data.x_train, data.y_train)
    return {
        USUAL: usual,
        SILENT: always_negative(model, data.x_train),
        DEAD: float(np.mean([np.all(g == 0, axis=0) for g in gradients])),
        "doğrulama doğruluğu": final,
    }


def draw_race(norms, curves, dying):
    """Gradyan normu, öğrenme eğrileri ve yüksek LR'de susan nöronlar."""
    title = f"{RACE_DEPTH} gizli katmanda gradyan ve öğrenme"
    fig, (left, middle, right) = plots.figure(title, 1, 3)
    plots.curves(left, norms, "gizli katman (1: girdiye yakın)", "gradyanın normu", legend=False)
    left.set_yscale("log")
    plots.curves(middle, curves, "epoch", "doğrulama doğruluğu")
    plots.percent_axis(middle.yaxis)
    silent = pd.DataFrame(dying).set_index("aktivasyon").iloc[:, :-1]
    silent.plot.bar(ax=right, rot=0, ylim=(0, 1), xlabel="", ylabel="nöron payı")
    right.set_title(f"LR {DYING_LR}")
    plots.percent_axis(right.yaxis)
    return fig


@lab.section
def activation_race():
    """Aktivasyon yarışı: kaybolan gradyan ve ölen ReLU

    Derin ağda hangi aktivasyonun gradyanı ilk katmana varmaz? Öğrenme hızı (LR) 30 katına çıkınca
    kaç ReLU nöronu ölür (dying ReLU); Leaky ReLU'nunkiler de ölür mü? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_DEEP), N_VAL)
    norms, curves, rows, dying = {}, {}, [], []
    racers = lab.pick(RACERS, ("sigmoid", "relu", "leaky_relu"))
    for name in lab.each(racers, "eğitiliyor"):
        set_seed(lab.seed)  # hepsi aynı (Glorot) ağırlıklarla ve aynı mini-batch sırasıyla
        model = deep_mlp(name)
        gradients = kernel_gradients(model, data.x_train[:BATCH], data.y_train[:BATCH])
        norms[name] = [float(np.linalg.norm(gradient)) for gradient in gradients]
        curves[name] = fit(model, data, lab.few(EPOCHS_RACE))
        ratio = norms[name][0] / norms[name][-1]
        row = {"aktivasyon": name, "ilk/son katman gradyanı": ratio}
        rows.append(row | {"doğrulama doğruluğu": curves[name][-1]})
        if name in ("relu", "leaky_relu"):
            dying.append({"aktivasyon": name} | train_too_fast(model, name, data))
    shares = dict.fromkeys(list(dying[0])[1:], percent)
    lab.table(rows, f"{RACE_DEPTH} gizli katman, Adam", shares)
    lab.table(dying, f"Aynı ağlar, LR {DYING_LR}", shares, suffix="_olen_relu")

    lab.save(plots.with_sizes(draw_race(norms, curves, dying), data))
    ratios = {row["aktivasyon"]: row["ilk/son katman gradyanı"] for row in rows}
    best = max(curves, key=lambda name: curves[name][-1])
    relu, leaky = dying
    lab.observe(
        f"Sigmoid'de ilk katmanın gradyanı son katmanınkinin {ratios['sigmoid']:.0e} katı, "
        f"ReLU'da {ratios['relu']:.1f} katı. Doğruluk: sigmoid {percent(curves['sigmoid'][-1])}, "
        f"en iyisi {best} {percent(curves[best][-1])}. Hep negatif nöron olağan LR'de ReLU ile "
        f"{percent(relu[USUAL])}; LR {DYING_LR} ile ReLU'da {percent(relu[SILENT])} "
        f"(gradyanı sıfır, ölü: {percent(relu[DEAD])}), Leaky ReLU'da {percent(leaky[SILENT])} "
        f"(ölü: {percent(leaky[DEAD])})."
    )
    return {"ratios": ratios, "curves": curves, "dying": dying}


# %% 7 · Başlatıcılar
class Start(NamedTuple):
    """Bir başlatıcı, yanındaki aktivasyon ve ağırlık varyansının formülü (girdi, çıktı sayısı)."""

    initializer: object
    activation: str
    variance: object


STARTS = {
    "sıfır": Start(keras.initializers.Zeros, "relu", lambda n_in, n_out: 0.0),
    "N(0, 0.01)": Start(
        partial(keras.initializers.RandomNormal, 0.0, 0.01), "relu", lambda n_in, n_out: 0.01**2
    ),
    "N(0, 1)": Start(
        partial(keras.initializers.RandomNormal, 0.0, 1.0), "relu", lambda n_in, n_out: 1.0
    ),
    "Glorot": Start(
        keras.initializers.GlorotNormal, "relu", lambda n_in, n_out: 2 / (n_in + n_out)
    ),
    "He": Start(keras.initializers.HeNormal, "relu", lambda n_in, n_out: 2 / n_in),
    "LeCun + SELU": Start(keras.initializers.LecunNormal, "selu", lambda n_in, n_out: 1 / n_in),
}
KEPT = {"relu": 1 / 2, "selu": 1.0}  # kalan E[z²] payı: He (2015); SELU'da sabit nokta 1


def signal_stds(start: Start, x: np.ndarray) -> tuple[list[float], list[float]]:
    """Eğitimsiz katmanlarda z'nin std'si: ölçülen ve kuramın dediği."""
    measured, theory, power = [], [], float(np.mean(x**2))
    for _ in range(SIGNAL_DEPTH):
        n_in, n_out = x.shape[1], SIGNAL_WIDTH
        z = x @ start.initializer()((n_in, n_out))  # Dense'in yaptığı çarpım, bias sıfır
        measured.append(float(np.std(z, dtype="float64")))
        variance = n_in * start.variance(n_in, n_out) * power
        theory.append(np.sqrt(variance))
        x, power = keras.activations.get(start.activation)(z), variance * KEPT[start.activation]
    return measured, theory


def zero_start_symmetry(data) -> tuple[float, float]:
    """Sıfırdan başlayan sigmoid ağı: ağırlıklar ne kadar oynadı, nöronlar ne kadar ayrıldı?"""
    model = classifier(layers.Dense(RACE_WIDTH, activation="sigmoid"))
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    fit(model, data, 1)
    kernel = model.layers[0].kernel.numpy()
    return float(np.abs(kernel).max()), float(np.ptp(kernel, axis=1).max())


def draw_signals(measured, theory, curves):
    """Sinyalin std'si (kuram ince çizgi) ve öğrenme eğrileri."""
    fig, (left, right) = plots.figure("Başlatıcı: derin ağda sinyal ve öğrenme", 1, 2)
    left.set_title(f"sinyal: {SIGNAL_DEPTH} katman x {SIGNAL_WIDTH} nöron, eğitimsiz")
    right.set_title(f"eğitim: {lab.few(SIGNAL_DEPTH)} katman x {RACE_WIDTH} nöron")
    seen = {name: np.where(np.array(stds) > 0, stds, np.nan) for name, stds in measured.items()}
    plots.curves(left, seen, "katman", "z'nin std'si (işaretli: ölçülen, ince: kuram)")
    for expected in theory.values():
        left.plot(range(1, SIGNAL_DEPTH + 1), expected, color="black", linewidth=1)
    left.set_yscale("log")
    plots.curves(right, curves, "epoch", "doğrulama doğruluğu", legend=False)
    plots.percent_axis(right.yaxis)
    return fig


@lab.section
def initializers():
    """Başlatıcılar: sinyal yirmi katmandan sağ çıkar mı?

    N(0, 0.01) ile yirmi katman sonra sinyalin ne kadarı kalır? Bütün ağırlıklar sıfırdan
    başlarsa nöronlar birbirinden ayrılabilir mi? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_DEEP), N_VAL)
    x = data.x_val[:SIGNAL_IMAGES]
    x = (x - x.mean()) / x.std()
    measured, theory, curves, networks = {}, {}, {}, {}
    for name in lab.each(STARTS, "başlatıcı"):
        start = STARTS[name]
        set_seed(lab.seed)
        measured[name], theory[name] = signal_stds(start, x)
        set_seed(lab.seed)
        fresh = deep_mlp(start.activation, lab.few(SIGNAL_DEPTH), start.initializer)
        network = networks.setdefault(start.activation, fresh)
        restart(network, fresh, lab.seed)
        curves[name] = fit(network, data, lab.few(EPOCHS_SIGNAL))
    moved, spread = zero_start_symmetry(data)

    rows = [
        {
            "başlatıcı": name,
            "son katmanda std": measured[name][-1],
            "kuram": theory[name][-1],
            "doğrulama doğruluğu": curves[name][-1],
        }
        for name in STARTS
    ]
    lab.table(
        rows, f"Sinyal {SIGNAL_DEPTH} katman sonra; doğruluk", {"doğrulama doğruluğu": percent}
    )
    lab.save(plots.with_sizes(draw_signals(measured, theory, curves), data))
    best = max(curves, key=lambda name: curves[name][-1])
    lab.observe(
        f"{SIGNAL_DEPTH} katman sonra std: N(0, 0.01) ile {measured['N(0, 0.01)'][-1]:.0e}, "
        f"N(0, 1) ile {measured['N(0, 1)'][-1]:.0e}, He ile {measured['He'][-1]:.2f}. En iyi "
        f"öğrenen {best} ({percent(curves[best][-1])}). Sıfırdan başlayan ağda ağırlıklar "
        f"{moved:.2f} kadar oynadı, ama nöronlar arasındaki fark {spread:g} kaldı."
    )
    return {"rows": rows, "theory": theory, "measured": measured, "zeros": (moved, spread)}


# %% 8 · L1, L2, ElasticNet
PENALTIES = {
    "yok": None,
    "L1": regularizers.L1(L1_STRENGTH),
    "L2": regularizers.L2(L2_STRENGTH),
    "ElasticNet": regularizers.L1L2(L1_STRENGTH / 2, L2_STRENGTH / 2),
}


PENALTY_COLUMNS = (
    "sıfıra yakın",
    "eğitim kaybı",
    "doğrulama kaybı",
    "genelleme açığı",
    "doğruluk",
)


def penalty_by_hand(kernel: np.ndarray, l1: float, l2: float) -> float:
    """ElasticNet cezası (Zou ve Hastie, 2005): l1 · Σ|w| + l2 · Σw²; biri sıfırsa L1 ya da L2."""
    return float(l1 * np.abs(kernel).sum() + l2 * np.square(kernel).sum())


def losses_without_penalty(model, data) -> tuple[float, float]:
    """Eğitim ve doğrulama kaybı, cezalar katılmadan: genelleme açığı bunların farkıdır."""
    parts = (data.x_train, data.y_train), (data.x_val, data.y_val)
    entropy = keras.losses.sparse_categorical_crossentropy
    return tuple(float(tf.reduce_mean(entropy(y, model(x)))) for x, y in parts)


def draw_weights(rows, kernels):
    """Ceza başına ilk katmanın ağırlık dağılımı."""
    fig, axes = plots.figure("Cezalar ağırlıkları nereye iter?", 1, 4, sharex=True, sharey=True)
    for ax, row in zip(axes, rows, strict=True):
        name, share, gap = row["ceza"], percent(row["sıfıra yakın"]), row["genelleme açığı"]
        ax.hist(kernels[name].ravel(), bins=WEIGHT_BINS, histtype="stepfilled", log=True)
        ax.set(title=f"{name}\nsıfıra yakın {share}\ngenelleme açığı {gap:.2f}", xlabel="ağırlık")
    axes[0].set_ylabel("ağırlık sayısı")
    return fig


def penalized_runs(penalty, repeated, data, used, seeds) -> tuple[keras.Model, list]:
    """Son eğitilen ağ ve her tohum için `PENALTY_COLUMNS` sırasıyla ölçülenler."""

    def fresh():
        return classifier(layers.Dense(128, "relu", kernel_regularizer=penalty))

    model, runs = fresh(), []
    for seed in seeds:
        set_seed(seed)
        restart(model, fresh(), seed)
        model.fit(*repeated, BATCH, verbose=0)
        train_loss, val_loss = losses_without_penalty(model, data)
        small = np.mean(np.abs(model.layers[0].kernel.numpy()[used]) < NEAR_ZERO)
        gap = val_loss - train_loss
        runs.append((small, train_loss, val_loss, gap, accuracy(model, data)))
    return model, runs


@lab.section
def weight_penalties():
    """L1, L2 ve ElasticNet: ağırlıkları cezalandırmak

    Hangisi daha çok ağırlığı sıfırın dibine iter, hangisi hepsini küçültür? Az veride genelleme
    açığını (doğrulama kaybı - eğitim kaybı) ne kadar daraltırlar? Önce tahmin edin.
    """
    data = load_mnist(N_FEW, N_VAL)
    used = data.x_train.std(axis=0) > 0  # hep boş kalan kenar pikselleri sayılmaz
    times = lab.few(EPOCHS_PENALTY)  # kopyalar birlikte karışır: `fit` bir kez hazırlanır
    repeated = np.tile(data.x_train, (times, 1)), np.tile(data.y_train, times)
    rows, kernels, by_hand = [], {}, {}
    seeds = lab.seeds(SEEDS)
    for name in lab.each(PENALTIES, f"{len(seeds)} tohumla eğitiliyor"):
        model, runs = penalized_runs(PENALTIES[name], repeated, data, used, seeds)
        kernel = kernels[name] = model.layers[0].kernel.numpy()
        if PENALTIES[name]:
            config = {"l1": 0.0, "l2": 0.0} | PENALTIES[name].get_config()
            by_hand[name] = penalty_by_hand(kernel, **config), float(sum(model.losses))
        row = {"ceza": name} | dict(zip(PENALTY_COLUMNS, np.mean(runs, axis=0), strict=True))
        rows.append(row | {"açığın std'si": np.std(runs, axis=0)[3]})
    title = f"{N_FEW} görüntü, {len(seeds)} tohumun ortalaması"
    lab.table(rows, title, {"sıfıra yakın": percent, "doğruluk": percent})
    sums = [{"ceza": k, "elle": v[0], "sum(model.losses)": v[1]} for k, v in by_hand.items()]
    lab.table(sums, "Kayba eklenen ceza", suffix="_ceza")

    kernels = {name: kernel[used] for name, kernel in kernels.items()}
    lab.save(plots.with_sizes(draw_weights(rows, kernels), data))
    free, l1, l2, _ = rows
    best = min(rows, key=lambda row: row["genelleme açığı"])
    narrowed = f"en dar {best['ceza']} ile {best['genelleme açığı']:.2f}"
    lab.observe(
        f"Sıfıra yakın ağırlık: L1 {percent(l1['sıfıra yakın'])}, L2 "
        f"{percent(l2['sıfıra yakın'])}. Genelleme açığı cezasız {free['genelleme açığı']:.2f}, "
        f"{narrowed if best is not free else 'hiçbir ceza daraltmadı'}. Doğrulama kaybı cezasız "
        f"{free['doğrulama kaybı']:.3f}, en düşüğü {min(r['doğrulama kaybı'] for r in rows):.3f}; "
        f"doğrulama doğruluğu cezasız {percent(free['doğruluk'])}, en yükseği "
        f"{percent(max(row['doğruluk'] for row in rows))}."
    )
    return {"rows": rows, "by_hand": by_hand}


# %% 9 · BatchNorm elle
def normalize(x, mean, variance, gamma, beta, epsilon):
    """Slaytın formülü (Ioffe ve Szegedy, 2015): x̂ = (x - μ) / √(σ² + ε), y = γ x̂ + β."""
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def moving_by_hand(batches) -> tuple[np.ndarray, np.ndarray]:
    """Hareketli ortalama ve varyans: eskisinin `BN_MOMENTUM` kadarı kalır, gerisi yenisinden."""
    moving_mean, moving_variance = 0.0, 1.0  # katmanın başlangıç değerleri
    for batch in batches:
        mean, variance = batch.mean(axis=0), batch.var(axis=0)  # n'ye bölünen varyans
        moving_mean = BN_MOMENTUM * moving_mean + (1 - BN_MOMENTUM) * mean
        moving_variance = BN_MOMENTUM * moving_variance + (1 - BN_MOMENTUM) * variance
    return moving_mean, moving_variance


def moving_mean_share(x, batches, momentum: float) -> list[float]:
    """Her adımdan sonra hareketli ortalamanın gerçek ortalamaya oranı (0'dan başlar)."""
    layer, share = layers.BatchNormalization(momentum=momentum), []
    for batch in batches * BN_EPOCHS:
        layer(batch, training=True)
        share.append(float(np.mean(layer.moving_mean / x.mean(axis=0))))
    return share


def draw_batch_norm(before, after, reached, steps):
    """Mini-batch önce ve sonra; hareketli ortalamanın epoch'lar boyunca aldığı yol."""
    fig, (left, middle, right) = plots.figure("BatchNorm ne yapar?", 1, 3)
    names = [name.split()[0] for name in BN_COLUMNS]
    for ax, values in ((left, before), (middle, after)):
        ax.boxplot(values, tick_labels=names, widths=0.6, medianprops={"linewidth": 3})
    left.set(yscale="log", title="önce", ylabel="ölçü (kendi biriminde)")
    middle.set(title="sonra (γ ve β ile)", ylabel="BatchNorm çıktısı")
    for i, (label, share) in enumerate(reached.items()):
        epochs = np.arange(1, len(share) + 1) / steps
        right.plot(epochs, share, label=label, **plots.look(i) | {"marker": ""})
    right.set(xlabel="epoch", title="hareketli ortalama", ylabel="gerçek ortalamaya oranı")
    right.legend()
    plots.percent_axis(right.yaxis)
    return fig


@lab.section
def batch_norm_by_hand():
    """BatchNorm elle: eğitim kipi, çıkarım kipi, hareketli ortalama

    Çıkarım kipinde katman hangi ortalamayı kullanır? Bir epoch (11 mini-batch) sonunda,
    varsayılan momentum 0.99 ile o ortalama gerçeğin yüzde kaçına varır? Önce tahmin edin.
    """
    data = load_breast_cancer(scaled=False)
    columns = [data.feature_names.index(name) for name in BN_COLUMNS]
    x = data.x_train[:, columns]
    batches = [x[i : i + BATCH_CANCER] for i in range(0, len(x), BATCH_CANCER)]
    rng = np.random.default_rng(lab.seed)
    n = len(columns)
    gamma, beta = rng.uniform(0.5, 2, n), rng.uniform(-1, 1, n)

    layer = layers.BatchNormalization(momentum=BN_MOMENTUM)
    layer.build((None, n))
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    for batch in batches:
        trained = layer(batch, training=True).numpy()
    inferred = layer(batch, training=False).numpy()
    by_hand = normalize(batch, batch.mean(axis=0), batch.var(axis=0), gamma, beta, layer.epsilon)
    mean, variance = moving_by_hand(batches)
    inferred_by_hand = normalize(batch, mean, variance, gamma, beta, layer.epsilon)
    differences = {
        "eğitim kipi: mini-batch'in μ, σ² değerleri": np.abs(trained - by_hand).max(),
        "çıkarım kipi: hareketli μ, σ² değerleri": np.abs(inferred - inferred_by_hand).max(),
        "hareketli ortalama (göreli)": np.abs(layer.moving_mean / mean - 1).max(),
        "hareketli varyans (göreli)": np.abs(layer.moving_variance / variance - 1).max(),
    }
    rows = [{"formül": name, "en büyük fark": float(d)} for name, d in differences.items()]
    lab.table(rows, "BatchNormalization: formül ile Keras")
    gap = np.abs(trained - inferred).max()

    momenta = (BN_MOMENTUM, DEFAULT_MOMENTUM)
    reached = {f"momentum {m}": moving_mean_share(x, batches, m) for m in momenta}
    lab.save(draw_batch_norm(batch, trained, reached, len(batches)))
    fast, slow = (share[len(batches) - 1] for share in reached.values())
    lab.observe(
        f"Formül ile katman en çok {max(differences.values()):.0e} ayrılıyor. Aynı mini-batch iki "
        f"kipte {gap:.2f} kadar farklı çıkıyor. Bir epoch ({len(batches)} adım) sonunda hareketli "
        f"ortalama momentum {BN_MOMENTUM} ile yolun {percent(fast)}, varsayılan "
        f"{DEFAULT_MOMENTUM} ile {percent(slow)} kadarını alıyor."
    )
    return {"differences": differences, "mode_gap": gap, "reached": (fast, slow)}


# %% 10 · BatchNorm ve öğrenme hızı
def bn_network(position: str) -> keras.Sequential:
    """Aynı ağ: BatchNorm yok, aktivasyondan önce ya da aktivasyondan sonra."""
    hidden = []
    for _ in range(BN_DEPTH):
        hidden.append(layers.Dense(BN_WIDTH, kernel_initializer="he_normal"))
        norm = [layers.BatchNormalization(momentum=BN_MOMENTUM)]
        relu = [layers.Activation("relu")]
        hidden += {"yok": relu, "önce": norm + relu, "sonra": relu + norm}[position]
    model = classifier(*hidden)
    model.compile(
        optimizer=keras.optimizers.SGD(),  # kendi LR'sini uyarlamayan en yalın optimizer
        loss="sparse_categorical_crossentropy",
    )
    return model


def accuracy_by_step(model, data, steps: int) -> list[float]:
    """`fit`in içi: her adımda yeni bir mini-batch; arada bir doğrulama doğruluğu."""
    curve = []
    for step in range(1, steps + 1):
        batch = slice((step - 1) * BATCH, step * BATCH)  # veri zaten karışık sırada
        model.train_on_batch(data.x_train[batch], data.y_train[batch])
        if step % BN_CHECK == 0:
            curve.append(accuracy(model, data))
    return curve


def draw_learning_rates(own, best, curves):
    """LR'ye karşı son doğruluk; en hızlı LR'lerle adımlar boyunca doğruluk."""
    fig, (left, right) = plots.figure("BatchNorm ile LR aralığı ve hız", 1, 2)
    for i, (position, rows) in enumerate(own.items()):
        label, rate = f"BatchNorm {position}", best[position]["LR"]
        rates, curve = [row["LR"] for row in rows], curves[position, rate]
        left.plot(rates, [row["son doğruluk"] for row in rows], label=label, **plots.look(i))
        checks = BN_CHECK * np.arange(1, len(curve) + 1)
        right.plot(checks, curve, label=f"{label}, LR {rate:g}", **plots.look(i))
    left.set(xscale="log", xlabel="öğrenme hızı (LR, SGD)", ylabel="son doğrulama doğruluğu")
    left.set_xticks(rates, [f"{rate:g}" for rate in rates])
    right.axhline(BN_TARGET, color="black", linewidth=1)
    right.set(xlabel="adım", ylabel="doğrulama doğruluğu (en hızlı LR ile)")
    for ax, corner in ((left, "lower left"), (right, "lower right")):
        plots.percent_axis(ax.yaxis)
        ax.legend(loc=corner)
    return fig


def steps_to_target(curve: list[float]) -> float:
    """Hedefe vardığı ve bir sonraki ölçümde de orada kaldığı ilk adım; varamadıysa sonsuz."""
    above = np.array(curve) >= BN_TARGET
    stays = np.flatnonzero(above[:-1] & above[1:])
    return float(BN_CHECK * (stays[0] + 1)) if len(stays) else np.inf


def speed_sentence(steps: dict[str, list[float]]) -> str:
    """En hızlı LR'lerle adım sayıları; oran yalnız iki ortanca da sonluysa söylenir."""
    spans = [f"{name} {min(s):.0f} - {max(s):.0f}" for name, s in steps.items()]
    text = f"En hızlı LR'leriyle adım sayısı, BatchNorm {', '.join(spans)}"
    none, *others = (float(np.median(s)) for s in steps.values())
    if not np.isfinite([none, *others]).all():
        return f"{text}; varamayan olduğu için kat sayısı ölçülemedi (slayt: 10 kat)."
    before, after = (f"{none / other:.1f}" for other in others)
    text += f"; BatchNorm'suzun ortancası, aktivasyondan önce olanın {before}, sonra olanın "
    return f"{text}{after} katı (slayt: 10 kat)."


@lab.section
def batch_norm_learning_rates():
    """BatchNorm hangi öğrenme hızlarını (LR) kullanılır kılar?

    Slayt "10 kat daha hızlı eğitim" diyor. Aynı doğruluğa BatchNorm'lu ağ kaç kat az adımda
    varır? BatchNorm aktivasyondan önce mi sonra mı daha iyi? Önce tahmin edin.
    """
    # Neden işe yaradığı tartışmalı: "internal covariate shift" (Ioffe ve Szegedy, 2015) ya da
    # pürüzsüzleşen kayıp yüzeyi (Santurkar vd., 2018). Burada yalnız etkisi ölçülür.
    n_steps, rates = lab.few(BN_STEPS), lab.pick(BN_RATES, BN_RATES[1::2])
    data = load_mnist(BATCH * n_steps, N_VAL // 2)  # her görüntü bir kez görülür
    own, best, curves, repeats = {}, {}, {}, {}
    for position in ("yok", "önce", "sonra"):
        set_seed(lab.seed)
        model, twin = bn_network(position), bn_network(position)
        own[position] = []
        for rate in lab.each(rates, f"BatchNorm {position}, LR"):
            restart(model, twin, lab.seed)
            model.optimizer.learning_rate = rate
            curve = curves[position, rate] = accuracy_by_step(model, data, n_steps)
            row = {"BatchNorm": position, "LR": rate, "adım": steps_to_target(curve)}
            own[position].append(row | {"son doğruluk": curve[-1]})
        best[position] = min(own[position], key=lambda row: (row["adım"], -row["son doğruluk"]))
        repeats[position] = [curves[position, best[position]["LR"]]]
        model.optimizer.learning_rate = best[position]["LR"]
        for seed in lab.seeds(SEEDS)[1:]:  # en hızlı LR, başka tohumlar
            set_seed(seed)
            restart(model, bn_network(position), seed)
            repeats[position].append(accuracy_by_step(model, data, n_steps))
    target = percent(BN_TARGET, digits=0)
    rows = [row for rows in own.values() for row in rows]
    lab.table(rows, f"{target} doğruluğa kaç adım? (inf: varamadı)", {"son doğruluk": percent})
    lab.save(plots.with_sizes(draw_learning_rates(own, best, curves), data))

    usable = {n: [row["LR"] for row in r if row["adım"] < np.inf] for n, r in own.items()}
    steps = {name: [steps_to_target(curve) for curve in c] for name, c in repeats.items()}
    listed = [f"{n}: {', '.join(f'{r:g}' for r in u) or 'hiçbiri'}" for n, u in usable.items()]
    finals = {name: np.mean([curve[-1] for curve in c]) for name, c in repeats.items()}
    lab.observe(
        f"{target} doğruluğa varan LR'ler, BatchNorm {'; '.join(listed)} (taranan en büyüğü "
        f"{max(rates):g}). {speed_sentence(steps)} Son doğruluk BatchNorm yokken "
        f"{percent(finals['yok'])}, önceyken {percent(finals['önce'])}, sonrayken "
        f"{percent(finals['sonra'])}."
    )
    return {"rows": rows, "usable": usable, "steps": steps, "finals": finals}


# %% 11 · Dropout çeşitleri
def selu_signals() -> dict[str, np.ndarray]:
    """SELU ağında her katmandan sonra Dropout: çıktının (ortalaması, std'si), katman katman."""
    normal = np.random.default_rng(lab.seed).normal(size=SELU_SHAPE).astype("float32")
    kinds = {"yok": layers.Identity(), "Dropout": layers.Dropout(ALPHA_RATE)}
    kinds["AlphaDropout"] = layers.AlphaDropout(ALPHA_RATE)
    signals = {}
    for name, dropout in kinds.items():
        set_seed(lab.seed)  # aynı ağırlıklar
        x, trace = normal, []
        for _ in range(RACE_DEPTH):
            dense = layers.Dense(x.shape[1], "selu", kernel_initializer="lecun_normal")
            x = dropout(dense(x), training=True)
            trace.append((np.mean(x), np.std(x)))
        signals[name] = np.array(trace, dtype=float)
    return signals


def show_signals(signals) -> str:
    """SELU ağının sonunda çıktının ortalaması ve std'si: tablo ve cümle."""
    rows, ends = [], []
    for name, trace in signals.items():
        mean, std = trace[-1]
        rows.append({"SELU ağında": name, "ortalama": mean, "std": std})
        if name != "yok":
            ends.append(f"{name} ile ortalama {mean:.3f}, std {std:.2f}")
    lab.table(rows, f"{RACE_DEPTH} SELU katmanı sonunda (hedef 0 ve 1)", suffix="_selu")
    return " ve ".join(ends)


def draw_dropouts(masks, dropped, signals):
    """Üstte maskeler; altta kapanan payın dağılımı ve SELU ağında ortalama, std."""
    fig, axes = plots.figure(f"Dropout çeşitleri (oran {DROP_RATE}, SELU'da {ALPHA_RATE})", 2, 3)
    for ax, (name, values) in zip(axes[0], masks.items(), strict=True):
        off = values.min()
        sns.heatmap(values[:20, :20] == off, cmap="gray_r", cbar=False, linewidths=1, ax=ax)
        ax.set(title=f"{name}\nsiyah: {off:.2f}", xticks=[], yticks=[], xlabel="nöron")
        ax.set_ylabel("örnek")
    axes[0, 1].set(xlabel="kanal", ylabel="adım")
    shares, counts = np.unique(dropped, return_counts=True)
    axes[1, 0].bar(shares, counts, width=np.diff(shares).min())
    axes[1, 0].set(xlabel="bir örnekte kapanan pay", ylabel="örnek sayısı")
    axes[1, 0].set_xticks((DROP_RATE - 0.1, DROP_RATE, DROP_RATE + 0.1))
    plots.percent_axis(axes[1, 0].xaxis)
    for ax, column, label in ((axes[1, 1], 0, "ortalaması"), (axes[1, 2], 1, "std'si")):
        moments = {name: trace[:, column] for name, trace in signals.items()}
        plots.curves(ax, moments, "SELU katmanı", f"çıktının {label}", legend=column == 1)
    return fig


@lab.section
def dropout_kinds():
    """Dropout çeşitleri: standart, SpatialDropout1D, AlphaDropout

    Slayt "testte ağırlıklar 0.7 ile ölçeklenir" diyor: Keras nerede, neyle ölçekler?
    Her satırda nöronların tam %30'u mu kapanır? Önce tahmin edin.
    """
    ones = np.ones(DROP_SHAPE, dtype="float32")
    dropout = layers.Dropout(DROP_RATE)
    trained, inferred = dropout(ones, training=True).numpy(), dropout(ones, training=False).numpy()
    dropped = (trained == 0).mean(axis=1)

    sequence = np.ones(SEQUENCE_SHAPE, dtype="float32")
    spatial = layers.SpatialDropout1D(DROP_RATE)(sequence, training=True).numpy()
    within = np.ptp(spatial, axis=1).max()  # 0: bir kanal bütün adımlarda ya açık ya kapalı

    signals = selu_signals()
    original = (trained > 0).astype("float32")  # özgün Dropout (Srivastava vd., 2014): ölçeksiz
    outputs = {
        "Keras, eğitim": trained,
        "Keras, çıkarım": inferred,
        "özgün Dropout, eğitim": original,
        f"özgün Dropout, çıkarım: x {1 - DROP_RATE:g} (slayt)": ones * (1 - DROP_RATE),
        "Keras SpatialDropout1D, eğitim": spatial,
    }
    rows = [
        {"katman": name, "kapanan": (values == 0).mean(), "ortalama": values.mean()}
        for name, values in outputs.items()
    ]
    lab.table(rows, "Girdi hep 1 iken çıktı", {"kapanan": percent})
    ends = show_signals(signals)

    alpha = layers.AlphaDropout(DROP_RATE)(ones, training=True).numpy()
    masks = {"Dropout": trained, "SpatialDropout1D": spatial[0], "AlphaDropout": alpha}
    lab.save(draw_dropouts(masks, dropped, signals))
    scale = trained.max()
    lab.observe(
        f"Keras açık kalan nöronu eğitimde {scale:.3f} = 1 / (1 - {DROP_RATE}) ile çarpıyor, "
        f"çıkarımda hiçbir şeyi değiştirmiyor. Kapanan pay ortalama {percent(dropped.mean())}, "
        f"ama örnekten örneğe {percent(dropped.min())} - {percent(dropped.max())}. SELU ağının "
        f"sonunda {ends}."
    )
    found = {"dropped": dropped, "scale": scale, "within": within}
    return found | {"outputs": outputs, "signals": signals}


# %% 12 · MC Dropout
def network_with_dropout() -> keras.Sequential:
    """Slaytın iki gizli katmanı, MNIST'e göre."""
    hidden = []
    for width, rate in ((256, 0.3), (128, 0.25)):
        hidden += [layers.Dense(width, "relu", kernel_initializer="he_normal")]
        hidden += [layers.BatchNormalization(momentum=BN_MOMENTUM), layers.Dropout(rate)]
    return classifier(*hidden)


def mc_predict(model, x: np.ndarray, passes: int) -> np.ndarray:
    """Yalnız Dropout eğitim kipinde: (geçiş, örnek, sınıf) olasılıkları.

    `model(x, training=True)` BatchNorm'u da eğitim kipine sokar ve istatistiklerini kaydırır.
    """
    outputs = []
    for _ in range(passes):
        h = x
        for layer in model.layers:
            h = layer(h, training=True) if isinstance(layer, layers.Dropout) else layer(h)
        outputs.append(h)
    return np.stack(outputs)


def entropy(p: np.ndarray) -> np.ndarray:
    """Ortalama olasılıkların entropisi: toplam belirsizlik (Gal ve Ghahramani, 2016)."""
    return -(p * np.log(p + keras.config.epsilon())).sum(axis=-1)


def accuracy_of_the_sure(p: np.ndarray, y: np.ndarray) -> list[float]:
    """En kararsız pay insana bırakılınca kalanların doğruluğu, `DEFERRED` sırasıyla."""
    correct = (p.argmax(axis=1) == y)[np.argsort(entropy(p))]
    return [float(correct[: round(len(y) * (1 - share))].mean()) for share in DEFERRED]


def confidence_interval(passes: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Slaytın güven aralığı: tahmin edilen sınıfın olasılığında geçişlerin %95'i. (2, örnek)"""
    chosen = passes[:, np.arange(len(predicted)), predicted]
    return np.percentile(chosen, (2.5, 97.5), axis=0)


def uncertain_titles(true, predicted, interval) -> list[str]:
    """Rakamın üstüne yazılan: gerçek, tahmin ve güven aralığı."""
    ends = np.vectorize(percent)(interval, digits=0)
    return [
        f"gerçek {y}, tahmin {guess}\n{low} - {high}"
        for y, guess, low, high in zip(true, predicted, *ends, strict=True)
    ]


def draw_uncertainty(images, titles, rows, boxes):
    """Üstte en kararsız rakamlar; altta bırakılan paya karşı doğruluk ve belirsizlik."""
    fig, axes = plots.mosaic("En kararsız beş rakam (MC geçişlerinin %95 aralığı)", MC_LAYOUT)
    plots.digits([axes[letter] for letter in "ABCDE"], images, titles)
    left, right = axes["X"], axes["Y"]
    for i, name in enumerate(list(rows[0])[1:]):
        left.plot(DEFERRED, [row[name] for row in rows], label=name, **plots.look(i))
    left.legend()
    left.set(xlabel="insana bırakılan en kararsız pay", ylabel="kalanın doğruluğu")
    plots.percent_axis(left.xaxis)
    plots.percent_axis(left.yaxis, digits=1)
    look = {"whis": (5, 95), "showfliers": False, "medianprops": {"linewidth": 3}}
    right.boxplot(list(boxes.values()), tick_labels=list(boxes), **look)
    right.set_ylabel("belirsizlik (entropi)")
    return fig


@lab.section
def mc_dropout():
    """MC Dropout: model ne zaman emin değil?

    En kararsız %10'u bir insana bırakırsak kalanların doğruluğu ne olur? Model, rakam olmayan
    gürültüde rakamlardakinden daha mı kararsız? Önce tahmin edin.
    """
    data = load_mnist(lab.few(2 * N_TRAIN), N_VAL)
    model = network_with_dropout()
    fit(model, data, lab.few(EPOCHS_MC))
    before = model.get_weights()

    passes = mc_predict(model, data.x_test, lab.few(MC_PASSES))
    mean = passes.mean(axis=0)
    predicted, uncertainty = mean.argmax(axis=1), entropy(mean)
    order = np.argsort(uncertainty)  # en eminden en kararsıza
    kept = accuracy_of_the_sure(mean, data.y_test)
    single = accuracy_of_the_sure(model(data.x_test).numpy(), data.y_test)  # Dropout kapalı
    noise = np.random.default_rng(lab.seed).uniform(size=(MC_NOISE, 784)).astype("float32")
    on_noise = entropy(mc_predict(model, noise, lab.few(MC_PASSES)).mean(axis=0))
    moved = largest_difference(before, model.get_weights())
    model(data.x_test[:BATCH], training=True)
    trap = largest_difference(before, model.get_weights())

    names = ("insana bırakılan", "MC Dropout", "Dropout kapalı, tek geçiş")
    rows = [dict(zip(names, row, strict=True)) for row in zip(DEFERRED, kept, single, strict=True)]
    title = f"Kalanın test doğruluğu ({len(passes)} geçiş)"
    lab.table(rows, title, dict.fromkeys(rows[0], percent))

    hardest = order[: -len("ABCDE") - 1 : -1]
    interval = confidence_interval(passes[:, hardest], predicted[hardest])
    titles = uncertain_titles(data.y_test[hardest], predicted[hardest], interval)
    boxes = {"rakam": uncertainty, "gürültü": on_noise}
    fig = draw_uncertainty(data.x_test[hardest], titles, rows, boxes)
    lab.save(plots.with_sizes(fig, data))
    noisy, clear = np.median(on_noise), np.median(uncertainty)
    lab.observe(
        f"Bütün test kümesinde doğruluk {percent(kept[0])}; en kararsız "
        f"{percent(DEFERRED[-1], digits=0)} insana bırakılınca kalanlarda {percent(kept[-1])} "
        f"(tahmini de sıralamayı da Dropout kapalı tek geçiş yapınca {percent(single[-1])}). "
        f"Gürültüde belirsizlik (ortanca {noisy:.2f}) rakamlardakinden ({clear:.2f}) "
        f"{'yüksek' if noisy > clear else 'yüksek değil'}. Geçişler BatchNorm'u {moved:g} kadar, "
        f"model(x, training=True) ise tek çağrıda {trap:.2g} kadar oynattı."
    )
    found = {"kept": kept, "single": single, "uncertainty": (clear, noisy), "interval": interval}
    return found | {"moved": moved, "trap": trap}


# %% Sıra sizde
lab.exercise(
    "temel",
    "dropout_kinds",
    "Keras açık kalan nöronu kaçla çarpar? Önce kâğıtta bulun.",
    "eğitimde açık kalan nöronun çarpanı",
    lambda found: found["scale"],
    1.99,
    2.01,
    {"DROP_RATE": 0.5},
)
lab.exercise(
    "orta",
    "activation_race",
    "Sigmoid ağı artık öğrenir mi?",
    "sigmoid'in doğrulama doğruluğu",
    lambda found: found["curves"]["sigmoid"][-1],
    0.60,
    0.90,
    {"RACE_DEPTH": 2},
    percent,
)
lab.exercise(
    "ileri",
    "activation_gallery",
    "GALLERY sözlüğünde arctan satırının yerine Mish yazın, x·tanh(softplus(x)): Keras'taki adı "
    '"mish", NumPy formülü ve elle bulduğunuz türevi. '
    "Türev doğruysa fark yuvarlama kadardır.",
    "Mish satırındaki iki farkın büyüğü",
    lambda found: max(
        max(row["f farkı"], row["f' farkı"]) for row in found["rows"] if row["fonksiyon"] == "Mish"
    ),
    0,
    5e-6,
)


if __name__ == "__main__":
    lab.run()
