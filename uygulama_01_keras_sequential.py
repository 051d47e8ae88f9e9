"""Uygulama 01 · Keras Sequential API        (09:00-11:45)

Dünün referans modelinden elle yazılan ilk ağa, oradan slaytın tam mimarisine; sonra o mimarinin
parçaları tek tek: aktivasyon, başlatıcı (initializer), düzenlileştirme (regularization),
BatchNorm (yığın normalleştirme) ve Dropout.

    python uygulama_01_keras_sequential.py                             bütün bölümler
    python uygulama_01_keras_sequential.py --bolum 6                   tek bölüm
    python uygulama_01_keras_sequential.py --bolum 6 --ayar depth=2    ya şöyle olsaydı?
    python uygulama_01_keras_sequential.py --yardim                    öteki seçenekler
"""

# %% [markdown]
# # Uygulama 01 · Keras Sequential API

# %%
from common import Lab

lab = Lab(
    "uygulama_01_keras_sequential", "Uygulama 01 · Keras Sequential API", "09:00-11:45"
)

from timeit import repeat

import keras
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, regularizers
from scipy.stats import binomtest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from common import (
    largest_difference,
    load_breast_cancer,
    load_mnist,
    number,
    percent,
    plots,
    restart,
    set_seed,
    tidy,
)


# %% [markdown]
# ## 1 · Dün özeti
# %%
@lab.section(quick={"repeats": 1})
def yesterday_baseline(
    folds=5,  # dünkü çapraz doğrulama: her parçada 91 hasta sınanır
    repeats=3,  # karıştırıp yineleyince yayılım da görülür
    features=5,  # şekilde okunacak kadar öznitelik
):
    """Dün özeti: ağın aşması gereken çıta

    Soru: Dünkü Pipeline + ColumnTransformer + LogisticRegression 100 tümörün kaçını doğru ayırır?

    Neden: Lojistik regresyon özniteliklerin ağırlıklı toplamına bakar; kötü huylu hücreler büyük
    ve düzensiz olduğu için bu toplam iki sınıfı ayırmaya çoğu kez yeter. Doğrusal modelde bir
    özniteliğin katkısı (SHAP) ağırlık × (değer - ortalama) kadardır.
    """
    data = load_breast_cancer(scaled=False)
    x_train = pd.DataFrame(data.x_train, columns=data.feature_names)
    x_val = pd.DataFrame(data.x_val, columns=data.feature_names)
    log = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    columns = (
        ColumnTransformer(  # çarpık dağılan "hata" sütunlarına önce log, hepsine ölçek
            [
                (
                    "log + ölçek",
                    make_pipeline(log, StandardScaler()),
                    make_column_selector("hata"),
                )
            ],
            remainder=StandardScaler(),
            verbose_feature_names_out=False,
        ).set_output(transform="pandas")
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1_000))

    found = cross_validate(  # ölçekler her turda yalnız eğitim parçalarından öğrenilir
        model,
        pd.concat([x_train, x_val]),
        np.concatenate([data.y_train, data.y_val]),
        cv=RepeatedStratifiedKFold(
            n_splits=folds, n_repeats=repeats, random_state=lab.seed
        ),
        scoring=("accuracy", "roc_auc"),
    )
    scores = pd.DataFrame({
        "doğruluk": found["test_accuracy"],
        "AUC": found["test_roc_auc"],
    })
    table = scores.agg(["mean", "std"]).set_axis(["ortalama", "std"])
    title = f"Lojistik regresyon, {folds} parça x {repeats} tekrar çapraz doğrulama"
    lab.table(table.rename_axis(f"{len(scores)} ölçüm"), title)

    model.fit(x_train, data.y_train)
    z_train, z_val = columns.transform(x_train), columns.transform(x_val)
    weights, bias = model[-1].coef_[0], model[-1].intercept_[0]
    shap = (z_val - z_train.mean()) * weights  # her hasta, her öznitelik
    base = z_train.mean() @ weights + bias
    top = shap.abs().mean().nlargest(features).index
    points = shap[top].melt(
        var_name="öznitelik", value_name="SHAP"
    )  # satır başına bir nokta
    points["değer"] = z_val[top].melt()["value"]

    fig, ax = plots.figure(
        title=f"Kararı en çok iten {features} öznitelik ({len(x_val)} hasta)"
    )
    shades = {"palette": "cividis", "hue_norm": (-2, 2), "legend": False}
    sns.swarmplot(points, x="SHAP", y="öznitelik", hue="değer", size=8, ax=ax, **shades)
    ax.axvline(0, color="black")
    ax.set(xlabel="SHAP değeri (log-odds; sağa: kötü huylu yönünde)", ylabel="")
    label = "hastanın değeri (standart sapma; açık: büyük)"
    fig.colorbar(plots.shades("cividis", -2, 2), ax=ax, ticks=range(-2, 3), label=label)
    lab.save(fig)

    accuracy, auc = table.loc["ortalama"]
    lab.conclude(
        f"Ağın aşması gereken çıta: doğruluk {percent(accuracy, table.loc['std', 'doğruluk'])}, "
        f"AUC {number(auc)}. Kararı en çok iten öznitelik: {top[0]}."
    )
    lab.check("çıtanın doğruluğu", accuracy, within=(0.96, 0.99))
    lab.check("çıtanın AUC'si", auc, within=(0.985, 1))
    gap = abs(base + shap.sum(axis=1) - model.decision_function(x_val)).max()
    lab.check("taban + SHAP = log-odds", gap, below=1e-4)
    return {"": scores, "shap": points}


# %% [markdown]
# ## 2 · Elle yazılan ağ
# %%
def forward(x, w1, b1, w2, b2):
    """İleri besleme: girdi → ağırlıklar → aktivasyon → çıkış."""
    hidden = np.tanh(x @ w1 + b1)
    return hidden, 1 / (1 + np.exp(-(hidden @ w2 + b2)))


def backward(x, y, w1, b1, w2, b2):
    """Geri yayılım: zincir kuralı, kayıptan girdiye doğru."""
    hidden, p = forward(x, w1, b1, w2, b2)
    d_out = (p - y) / len(
        x
    )  # sigmoid ile cross-entropy'nin türevi birlikte böyle sadeleşir
    d_hidden = d_out @ w2.T * (1 - hidden**2)  # tanh'ın türevi 1 - tanh²
    return [x.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ d_out, d_out.sum(axis=0)]


def flat(weights):
    """Bütün ağırlıklar tek dizide."""
    return np.concatenate([w.ravel() for w in weights])


@lab.section
def network_by_hand(
    neurons=8,  # gizli nöron: hesap birkaç satıra sığsın
    steps=20,  # kayıp eğrisi düzleşmeye başlayana kadar
    lr=0.5,  # SGD için: her adımda kayıp gözle görülür insin
    adam_lr=0.001,  # Adam'ın varsayılanı
    p_wrong=0.01,  # kötü huylu tümöre verilen olasılık: ağ emin ama yanılıyor
):
    """Elle yazılan ağ: kayıp, geri yayılım, optimizer

    Soru: Tümör kötü huylu (y = 1), ağ ise emin ve yanılıyor (p = 0,01): cross-entropy'nin
    gradyanı MSE'ninkinin kaç katıdır?

    Neden: Zincir kuralı kaybın türevini sigmoid'in türevi p(1 - p) ile çarpar. Cross-entropy'de
    bu çarpan sadeleşir, geriye p - y kalır. MSE'de kalır: 2(p - y)p(1 - p), p = 0'da söner.
    """
    data = load_breast_cancer()
    x, y = data.x_train, data.y_train[:, None]
    model = keras.Sequential([layers.Input(shape=(30,))])
    model.add(layers.Dense(neurons, activation="tanh"))
    model.add(layers.Dense(1, activation="sigmoid"))
    start = model.get_weights()
    model.compile(optimizer=keras.optimizers.SGD(lr), loss="binary_crossentropy")
    history = model.fit(
        x, y, batch_size=len(x), epochs=steps, verbose=0
    )  # epoch = bir adım

    losses, weights = [], [w.astype("float64") for w in start]
    for _ in range(steps):  # aynı adımlar elle
        p = forward(x, *weights)[1].clip(
            1e-7, 1 - 1e-7
        )  # Keras da log 0'dan böyle kaçınır
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        gradients = backward(x, y, *weights)
        weights = [w - lr * g for w, g in zip(weights, gradients, strict=True)]
    sgd_gap = abs(flat(weights) - flat(model.get_weights())).max()
    curves = pd.DataFrame({
        "adım": range(steps),
        "elle": losses,
        "Keras": history.history["loss"],
    })

    model.set_weights(start)
    model.compile(optimizer=keras.optimizers.Adam(adam_lr), loss="binary_crossentropy")
    model.train_on_batch(x, y)
    g = flat(backward(x, y, *start))
    m, v = (
        0.1 * g,
        0.001 * g**2,
    )  # hareketli ortalamalar sıfırdan başlar: 1 - β1, 1 - β2
    rate = adam_lr * np.sqrt(0.001) / 0.1  # sıfırdan başlamanın düzeltmesi
    moves = pd.DataFrame({"SGD": lr * g, "Adam": rate * m / (np.sqrt(v) + 1e-7)})
    adam_gap = abs(flat(start) - moves["Adam"] - flat(model.get_weights())).max()
    table = moves.abs().agg(["min", "median", "max"]).T
    table = table.set_axis(["en küçük", "ortanca", "en büyük"], axis=1).rename_axis(
        "optimizer"
    )
    lab.table(table, f"İlk adımda {len(moves)} ağırlık ne kadar oynar?")

    p = np.append(p_wrong, np.linspace(0.02, 0.98, 25)).clip(
        1e-6, 1 - 1e-6
    )  # log 0 olmasın
    z = tf.constant(np.log(p / (1 - p))[:, None], dtype="float32")  # sigmoid(z) = p
    slopes = pd.DataFrame({"p": p})
    for name, loss in {"cross-entropy": "binary_crossentropy", "MSE": "mse"}.items():
        with tf.GradientTape() as tape:  # ayrıntısı uygulama 04'te
            tape.watch(z)
            error = keras.losses.get(loss)(tf.ones_like(z), tf.sigmoid(z))  # y = 1
        slopes[name] = -tape.gradient(error, z).numpy()  # eksi: adım gradyanın tersine
    cross, mse = slopes["cross-entropy"], slopes["MSE"]

    fig, (left, right) = plots.figure(
        1, 2, title="Elle yazılan ağ Keras'la aynı adımları atar"
    )
    sns.lineplot(curves, x="adım", y="elle", linewidth=9, label="elle", ax=left)
    sns.lineplot(
        curves, x="adım", y="Keras", linewidth=3, ls="--", label="Keras", ax=left
    )
    left.set(
        title=f"{steps} SGD adımı", xlabel="atılan adım", xticks=range(0, steps, 5)
    )
    left.set(ylabel="eğitim kaybı (cross-entropy)", ylim=(0, None))
    sns.lineplot(slopes.set_index("p"), markers=True, ax=right)
    right.set(
        title="kötü huylu tümörde (y = 1) gradyan", xlabel="ağın verdiği olasılık p"
    )
    right.set(ylabel="z'ye göre gradyan (mutlak değer)", ylim=(0, None))
    lab.save(fig)

    lab.conclude(
        f"Kayıp, elle atılan {steps} adımın ilkinde {number(losses[0])}, sonuncusunda "
        f"{number(losses[-1])}. p = {number(p[0])} iken cross-entropy'nin gradyanı MSE'ninkinin "
        f"{number(cross[0] / mse[0])} katı."
    )
    lab.check("SGD: elle = Keras", sgd_gap, below=1e-4)
    lab.check("Adam'ın ilk adımı: elle = Keras", adam_gap, below=1e-6)
    lab.check("kayıp iniyor: son / ilk", losses[-1] / losses[0], below=0.6)
    lab.check("cross-entropy: gradyan = p - y", abs(cross - (1 - p)).max(), below=1e-5)
    lab.check(
        "MSE: gradyan = 2(p - y)p(1 - p)",
        abs(mse - 2 * (1 - p) ** 2 * p).max(),
        below=1e-5,
    )
    return {"": curves, "ilk_adim": moves, "gradyan": slopes}


# %% [markdown]
# ## 3 · Tam mimari
# %%
@lab.section(quick={"epochs": 3})
def full_architecture(
    epochs=30,  # doğrulama kaybı düzleşene kadar
    batch_size=31,  # 341 eğitim hastası = 11 eşit mini-batch
    momentum=0.9,  # slaytta yok: Keras'ın 0.99'u epoch başına 11 adımda geriden gelir (bölüm 9)
    significance=0.05,  # eşli sınamanın alışılmış eşiği
):
    """Tam mimari: Dense + BatchNorm + Dropout

    Soru: Slaytın 42 497 parametreli ağı, lojistik regresyondan kaç test hastası fazla bilir?

    Neden: Kötü ve iyi huylu tümörleri neredeyse bir düzlem ayırır; 341 hastada fazladan
    parametrenin öğreneceği az şey kalır. BatchNorm'un ortalaması ile varyansı gradyanla değil
    hareketli ortalamayla değişir: bunlar eğitilmeyen parametrelerdir.
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
    auc = keras.metrics.AUC(
        name="auc"
    )  # slayttaki "AUC" ile doğrulamadaki adı val_AUC olurdu
    model.compile(
        optimizer="adam", loss="binary_crossentropy", metrics=["accuracy", auc]
    )
    model.summary()
    x, y, val = data.x_train, data.y_train, (data.x_val, data.y_val)
    history = model.fit(
        x, y, batch_size=batch_size, epochs=epochs, validation_data=val, verbose=0
    )
    test = model.evaluate(data.x_test, data.y_test, verbose=0, return_dict=True)

    simple = LogisticRegression(max_iter=1_000).fit(
        x, y
    )  # aynı hastalar, aynı sütunlar
    p = (
        model
        .predict(data.x_test, verbose=0)[:, 0]
        .astype("float64")
        .clip(1e-7, 1 - 1e-7)
    )
    patients = pd.DataFrame({
        "ağ": np.log(p / (1 - p))
    })  # log-odds: 0'ın üstü "kötü huylu"
    patients["lojistik"] = simple.decision_function(data.x_test)
    known = (patients > 0).eq(
        data.y_test == 1, axis=0
    )  # hangi hastayı hangi model bildi
    only = [
        (known["ağ"] & ~known["lojistik"]).sum(),
        (known["lojistik"] & ~known["ağ"]).sum(),
    ]
    p_value = binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0  # McNemar, tam

    dense = [(30 + 1) * 256, (256 + 1) * 128, (128 + 1) * 1]  # (girdi + bias) · nöron
    tracked = (
        2 * 256 + 2 * 128
    )  # ortalama ile varyans; γ ile β de bu kadar, ama eğitilir
    total = sum(dense) + 2 * tracked
    table = pd.DataFrame({
        "bildiği": known.sum(),
        "doğruluk": known.mean(),
    }).rename_axis("model")
    table = table.assign(parametre=[total, 30 + 1], **{"yalnız bunun bildiği": only})
    lab.table(table, f"Aynı {len(known)} test hastası")

    curves = tidy(history)
    fig, (left, right) = plots.figure(1, 2, title="Slaytın ağı ve lojistik regresyon")
    sns.lineplot(curves.set_index("epoch")[["loss", "val_loss"]], ax=left)
    left.set(
        title="ağın eğitimi", ylabel="kayıp (cross-entropy + L2 cezası)", ylim=(0, None)
    )
    patients["gerçek"] = np.take(data.class_names, data.y_test)
    look = {"hue": "gerçek", "style": "gerçek", "s": 140}
    sns.scatterplot(patients, x="lojistik", y="ağ", ax=right, **look)
    right.axhline(0, color="black")
    right.axvline(0, color="black")
    right.set(title="test hastaları (sol üst, sağ alt: modeller ayrılıyor)")
    right.set(
        xlabel="lojistik regresyon (log-odds)", ylabel="ağ (log-odds, en çok ±16)"
    )
    lab.save(fig)

    verdict = "bir fark göstermiyor" if p_value > significance else "farkı gösteriyor"
    lab.conclude(
        f"Doğru bilinen test hastası: ağ {known['ağ'].sum()}, lojistik regresyon "
        f"{known['lojistik'].sum()}. Eşli sınama {verdict} (p = {number(p_value, 2)})."
    )
    lab.check("elle sayılan = count_params()", total, equal=model.count_params())
    not_trained = sum(w.numpy().size for w in model.non_trainable_weights)
    lab.check("eğitilmeyen: BatchNorm'un izlediği", not_trained, equal=tracked)
    loaded = keras.models.load_model(lab.save(model))
    gap = largest_difference([model(data.x_test)], [loaded(data.x_test)])
    lab.check("kaydedilip yüklenen modelin farkı", gap, equal=0)
    lab.check("ağın test doğruluğu", test["accuracy"], above=0.93, full_size=True)
    lab.check("ağın test AUC'si", test["auc"], above=0.98, full_size=True)
    lab.check(
        "ağ - lojistik (hasta)", only[0] - only[1], within=(-5, 5), full_size=True
    )
    return {"": curves, "ozet": table.reset_index()}


# %% [markdown]
# ## 4 · Aktivasyonlar
# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sides(x, left, right):
    """Parçalı fonksiyon: x < 0 iken left, yoksa right."""
    return np.where(x < 0, left, right)


def elu(x, alpha=1.0):
    return sides(x, alpha * (np.exp(x) - 1), x)


LEAKY = layers.LeakyReLU(negative_slope=0.01)  # slaytın eğimi
PRELU = layers.PReLU(
    keras.initializers.Constant(0.25)
)  # eğim öğrenilir; buradan başlar
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805  # SELU: Klambauer vd. (2017)
GALLERY = {  # ad: Keras'ın fonksiyonu, slaytın formülü, slaytın türevi
    "identity": ("linear", lambda x: x, np.ones_like),
    "binary step": (
        lambda x: tf.cast(x >= 0, x.dtype),
        lambda x: 1.0 * (x >= 0),
        np.zeros_like,
    ),
    "sigmoid": ("sigmoid", sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": (
        "tanh",
        lambda x: 2 / (1 + np.exp(-2 * x)) - 1,
        lambda x: 1 - np.tanh(x) ** 2,
    ),
    "arctan": (keras.ops.arctan, np.arctan, lambda x: 1 / (x**2 + 1)),
    "ReLU": ("relu", lambda x: sides(x, 0, x), lambda x: sides(x, 0, 1)),
    "Leaky ReLU": (LEAKY, lambda x: sides(x, 0.01 * x, x), lambda x: sides(x, 0.01, 1)),
    "PReLU": (PRELU, lambda x: sides(x, 0.25 * x, x), lambda x: sides(x, 0.25, 1)),
    "ELU": ("elu", elu, lambda x: sides(x, elu(x) + 1, 1)),
    "SELU": (
        "selu",
        lambda x: SCALE * elu(x, ALPHA),
        lambda x: SCALE * sides(x, elu(x, ALPHA) + ALPHA, 1),
    ),
    "SoftPlus": ("softplus", lambda x: np.log(1 + np.exp(x)), sigmoid),
    # Sıra sizde (ileri): bir satır da siz ekleyin
}


@lab.section
def activation_gallery(
    edge=4.0,  # -4 ile 4 arası: doymuş uçlar da görünür
    nearest=1e-6,  # sıfırın iki yanına bu kadar yaklaşılır; köşenin kendisinde türev yok
    samples=1_000_000,  # N(0, 1) girdi: ortalama üçüncü basamağa kadar otursun
    depth=8,  # bölüm 6'nın ağı
):
    """Aktivasyon fonksiyonları ve türevleri

    Soru: Gradyan sekiz sigmoid katmanından geçerken sekiz türevle çarpılır: türevlerin çarpımı en
    çok kaçta kaçtır?

    Neden: Sigmoid'in türevi f(1 - f) biçimindedir; toplamı 1 olan iki sayının çarpımı 1/4'ü
    aşamaz. ReLU'nun çıktısı hiç negatif olmaz, ELU'nunki olur: bu, ortalamayı sıfıra çeker.
    """
    x = np.linspace(-edge, edge, 400)  # çift sayıda nokta: köşe olan 0 aralarında yok
    x = np.sort(np.append(x, [-nearest, nearest])).astype("float32")
    x64, h = x.astype("float64"), nearest / 2
    z = tf.random.normal([samples])
    curves, rows, seconds = [], [], {}
    for name, (activation, formula, derivative) in GALLERY.items():
        function = keras.activations.get(activation)
        points = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(points)
            y = function(points)
        slope = tape.gradient(y, points, unconnected_gradients="zero").numpy()
        finite = (formula(x64 + h) - formula(x64 - h)) / (2 * h)  # türev bilmeyen yol
        curves.append(
            pd.DataFrame({"fonksiyon": name, "x": x, "f(x)": y, "f'(x)": slope})
        )
        row = {
            "fonksiyon": name,
            "en büyük f'": slope.max(),
            "ortalama": np.mean(function(z)),
        }
        row["f farkı"] = abs(y.numpy() - formula(x64)).max()
        row["f' farkı"] = abs(slope - derivative(x64)).max()
        row["sonlu fark"] = abs(finite - derivative(x64)).max()
        rows.append(row)
        seconds[name] = 1_000 * min(repeat(lambda f=function: f(z), number=1, repeat=5))
    curves, summary = pd.concat(curves), pd.DataFrame(rows).set_index("fonksiyon")

    table = summary[["en büyük f'", "ortalama"]].round(2) + 0.0  # "-0" yazılmasın
    table["süre (ms)"] = pd.Series(seconds)
    title = f"En büyük f': |x| ≤ {edge:g}; ortalama, süre: N(0, 1) girdi"
    lab.table(table, f"{title}, {samples / 1e6:g} milyon sayı")

    fig, axes = plots.figure(
        3, 4, title="Aktivasyon f(x) ve türevi f'(x)", sharex=True, sharey=True
    )
    axes[-1, -1].set(title="sıra sizde", xlabel="x")
    for ax, (name, curve) in zip(
        axes.flat, curves.groupby("fonksiyon", sort=False), strict=False
    ):
        sns.lineplot(curve, x="x", y="f(x)", linewidth=4, ax=ax)
        sns.lineplot(curve, x="x", y="f'(x)", linewidth=3, ls="--", ax=ax)
        ax.set(title=name, ylim=(-2.2, 3.2), ylabel="")
        ax.text(-edge, 2.5, f" f'({-edge:g}) = {number(curve.iloc[0, -1], 2)}")
    axes[0, 0].legend(axes[0, 0].lines, ["f(x)", "f'(x)"], loc="lower right")
    lab.save(fig)

    steepest, mean = summary["en büyük f'"], summary["ortalama"]
    lab.conclude(
        f"Sigmoid'in türevi en çok {number(steepest['sigmoid'])}; {depth} türevin çarpımı en çok "
        f"1 / {number(steepest['sigmoid'] ** -depth, 5)}. ELU'nun ortalama çıktısı sıfıra "
        f"ReLU'nunkinden yakın, ama sıfır değil: {number(mean['ELU'], 2)}."
    )
    lab.check(
        "f ve f': Keras = slayt",
        summary[["f farkı", "f' farkı"]].max().max(),
        below=1e-5,
    )
    lab.check(
        "slaytın f' formülü = sonlu fark", summary["sonlu fark"].max(), below=1e-6
    )
    lab.check("SELU'nun en büyük türevi", steepest["SELU"], within=(1.758, 1.7582))
    lab.check("ELU'nun ortalaması", mean["ELU"], within=(0.155, 0.165))
    sums = keras.activations.softmax(tf.random.normal([100, 10])).numpy().sum(axis=1)
    lab.check("softmax çıktılarının toplamı - 1", abs(sums - 1).max(), below=1e-5)
    minus = tf.constant([-1.0])  # aynı ad, üç eğim: slaytta 0.01
    lab.check(
        "layers.LeakyReLU(): f(-1)",
        layers.LeakyReLU()(minus)[0],
        within=(-0.301, -0.299),
    )
    by_name = keras.activations.get("leaky_relu")(minus)[0]
    lab.check('activation="leaky_relu": f(-1)', by_name, within=(-0.201, -0.199))
    return {"": curves, "ozet": summary.reset_index()}


# %% [markdown]
# ## 5 · Neden doğrusal aktivasyon yetmez?
# %%
@lab.section(quick={"n_train": 1_000, "epochs": 1, "seeds": 1})
def why_not_linear(
    n_train=5_000,  # karşılaştırmaya yeten, saniyeler süren MNIST alt kümesi
    epochs=4,  # doğrusal yığın düzleşir, tek katman ona yetişir
    lr=0.003,  # tek katman o kadar epoch'ta yetişsin
    seeds=3,  # yayılım görünsün
):
    """Neden doğrusal aktivasyon yetmez?

    Soru: Aktivasyonsuz üç katman, tek katmandan kaç puan daha doğru bilir?

    Neden: Doğrusal katmanlar arka arkaya çarpılınca yine tek bir doğrusal katman çıkar:
    (x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2). Optimize edilişi başkadır, temsil ettiği
    aynıdır. Araya giren ReLU bu çarpımı bozar; ağ düz olmayan sınırlar çizebilir.
    """
    data = load_mnist(n_train, 2_000)
    x, y = data.x_train, data.y_train
    val = {"validation_data": (data.x_val, data.y_val), "validation_batch_size": 1_000}
    curves, gaps = [], {}
    for name, activation in {
        "1 katman": "",
        "3 doğrusal": "linear",
        "3 ReLU": "relu",
    }.items():
        model = keras.Sequential([layers.Input(shape=(784,))])
        if activation:
            model.add(layers.Dense(128, activation=activation))
            model.add(layers.Dense(64, activation=activation))
        model.add(layers.Dense(10, activation="softmax"))
        adam = keras.optimizers.Adam(lr)
        model.compile(
            adam, loss="sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)  # doğrusal ve ReLU'lu ağ aynı ağırlıklardan başlar
            history = model.fit(x, y, batch_size=100, epochs=epochs, verbose=0, **val)
            curves.append(tidy(history, katmanlar=name, tohum=seed))

        if activation:  # üç katmanın ağırlıkları tek katmanda
            w1, b1, w2, b2, w3, b3 = model.get_weights()
            one = keras.Sequential([
                layers.Input(shape=(784,)),
                layers.Dense(10, "softmax"),
            ])
            one.set_weights([w1 @ w2 @ w3, (b1 @ w2 + b2) @ w3 + b3])
            gaps[name] = largest_difference([model(data.x_val)], [one(data.x_val)])
    curves = pd.concat(curves)

    last = curves[curves["epoch"] == epochs].groupby("katmanlar", sort=False)[
        "val_accuracy"
    ]
    table = last.agg(doğruluk="mean", std="std")
    table["tek matristen farkı"] = pd.Series(gaps)  # "1 katman"da boş: zaten tek matris
    lab.table(
        table, f"{n_train} görüntü, {epochs} epoch, {seeds} tohum", {"std": percent}
    )

    fig, ax = plots.figure(title="Doğrusal katman yığını tek katmandır")
    look = {"hue": "katmanlar", "style": "katmanlar", "markers": True, "errorbar": "sd"}
    sns.lineplot(curves, x="epoch", y="val_accuracy", ax=ax, **look)
    ax.set(title=f"{n_train} görüntü, {seeds} tohum", xticks=range(1, epochs + 1))
    lab.save(fig)

    single, stack, relu = table["doğruluk"]
    even = abs(stack - single) <= table["std"].iloc[:2].sum()  # iki ağın yayılımı
    lab.conclude(
        f"Doğruluk: üç doğrusal katman {percent(stack)}, tek katman {percent(single)} "
        f"({'fark gürültü düzeyinde' if even else 'temsil aynı, optimize edilişi başka'}). "
        f"Doğrusal yığın tek matristir; araya ReLU girince doğruluk {percent(relu)}."
    )
    lab.check("doğrusal yığın = tek matris", gaps["3 doğrusal"], below=1e-4)
    lab.check("ReLU'lu ağ tek matris değil", gaps["3 ReLU"], above=0.1)
    lab.check("doğrusal yığın - tek katman", stack - single, below=0.02, full_size=True)
    lab.check(
        "ReLU - doğrusalların iyisi",
        relu - max(single, stack),
        above=0.01,
        full_size=True,
    )
    return curves


# %% [markdown]
# ## 6 · Aktivasyon yarışı
# %%
def kernel_gradients(model, x, y):
    """Kaybın her gizli katmanın ağırlıklarına göre gradyanı, girdiden çıkışa."""
    with tf.GradientTape() as tape:  # ayrıntısı uygulama 04'te
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(x)))
    return [
        g.numpy()
        for g in tape.gradient(loss, [layer.kernel for layer in model.layers[:-1]])
    ]


@lab.section(quick={"depth": 2, "n_train": 500, "seeds": 1})
def activation_race(
    depth=8,  # sigmoid'in gradyanını söndürmeye yeten derinlik
    n_train=5_000,  # derin ağda adım pahalı: az görüntü
    epochs=1,  # öğrenen ile öğrenemeyen 50 adımda ayrılır
    usual_lr=0.001,  # Adam'ın varsayılanı
    high_lr=0.03,  # 30 katı: nöronları öldürecek kadar
    seeds=3,  # yayılım görünsün
):
    """Aktivasyon yarışı: kaybolan gradyan ve ölen ReLU

    Soru: Sekiz katmanlı sigmoid ağında ilk katmanın gradyanı, son katmanınkinin kaçta kaçıdır?

    Neden: Geri yayılım her katmanda aktivasyonun türeviyle çarpar; sigmoid'inki en çok 0,25'tir,
    art arda çarpımlar gradyanı söndürür. Girdisi hep negatif kalan ReLU nöronunun türevi 0'dır:
    gradyan almaz, kendi başına düzelemez. Leaky ReLU'nun negatif yanda da eğimi vardır.
    """
    data = load_mnist(n_train, 2_000)
    x, y = data.x_train, data.y_train
    racers = {  # her aktivasyon kendi başlatıcısıyla (bölüm 7)
        "sigmoid (Glorot)": ("sigmoid", "glorot_uniform"),
        "tanh (Glorot)": ("tanh", "glorot_uniform"),
        "ReLU (He)": ("relu", "he_normal"),
        "Leaky ReLU (He)": (
            layers.LeakyReLU(negative_slope=0.01),
            "he_normal",
        ),  # slaytın eğimi
        "ELU (He)": ("elu", "he_normal"),
        "SELU (LeCun)": ("selu", "lecun_normal"),
    }
    norms, scores = [], []
    for name, (activation, start) in racers.items():
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(depth):
            model.add(layers.Dense(64, activation=activation, kernel_initializer=start))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(
            "adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        for lr in (usual_lr, high_lr) if "ReLU" in name else (usual_lr,):
            model.optimizer.learning_rate = lr
            for seed in lab.each(lab.seeds(seeds), f"{name}, LR {number(lr)}, tohum"):
                restart(model, seed)
                first = kernel_gradients(model, x[:100], y[:100])
                size = [np.linalg.norm(g) for g in first]
                for layer in range(depth):
                    norms.append((name, lr, seed, layer + 1, size[layer] / size[-1]))
                model.fit(x, y, batch_size=100, epochs=epochs, verbose=0)
                accuracy = model.evaluate(data.x_val, data.y_val, 1_000, verbose=0)[1]
                silent = [np.all(g == 0, axis=0) for g in kernel_gradients(model, x, y)]
                dead = np.mean(silent)  # hiç gradyan almayan nöronlar
                scores.append((name, lr, seed, size[0] / size[-1], accuracy, dead))
    names = ["aktivasyon", "LR", "tohum"]
    norms = pd.DataFrame(norms, columns=[*names, "gizli katman", "oran"])
    scores = pd.DataFrame(
        scores, columns=[*names, "gradyan", "val_accuracy", "ölen pay"]
    )
    runs = scores.groupby(["aktivasyon", "LR"], sort=False)
    table = runs[["gradyan", "val_accuracy", "ölen pay"]].mean()
    table["std"] = runs["val_accuracy"].std()
    title = f"{seeds} tohum; gradyan (eğitimden önce): ilk / son gizli katman"
    lab.table(table, title, {"std": percent})

    fig, axes = plots.mosaic(
        "AB;AC", title=f"{depth} gizli katmanda gradyan ve öğrenme"
    )
    look = {
        "hue": "aktivasyon",
        "style": "aktivasyon",
        "markers": True,
        "errorbar": None,
    }
    sns.lineplot(norms, x="gizli katman", y="oran", ax=axes["A"], **look)
    axes["A"].set(title="kaybolan gradyan (eğitimden önce)", yscale="log")
    axes["A"].set(
        xlabel="gizli katman (1: girdiye yakın)", ylabel="gradyan / son katmanınki"
    )
    axes["A"].set_xticks(range(1, depth + 1))
    look = {"y": "aktivasyon", "errorbar": "sd", "edgecolor": "black"}
    raced = scores[scores["LR"] == usual_lr]
    sns.barplot(raced, x="val_accuracy", color="lightgrey", ax=axes["B"], **look)
    axes["B"].set(
        title=f"kendi başlatıcısıyla, LR {number(usual_lr)}", ylabel="", xlim=(0, 1)
    )
    relus = scores[scores["aktivasyon"].str.contains("ReLU")].assign(
        LR=scores["LR"].map(number)
    )
    look |= {"hue": "LR", "palette": ["white", "grey"]}
    sns.barplot(relus, x="ölen pay", ax=axes["C"], **look)
    axes["C"].set(title="ölen ReLU (dying ReLU) nöronları", ylabel="", xlim=(0, 1))
    lab.save(fig)

    raced, dead = table.xs(usual_lr, level="LR").fillna(0), table["ölen pay"]
    sigmoid, others = raced.iloc[0], raced.iloc[1:]
    best = others.loc[others["val_accuracy"].idxmax()]
    noise = best["std"] + others["std"]  # ondan az ayrılan başa baş sayılır
    tied = others.index[best["val_accuracy"] - others["val_accuracy"] <= noise]
    died, leaky_died = dead["ReLU (He)", high_lr], dead["Leaky ReLU (He)", high_lr]
    lab.conclude(
        f"Sigmoid'de ilk katmanın gradyanı son katmanınkinin {number(sigmoid['gradyan'], 1)} "
        f"katı; doğruluğu {percent(sigmoid['val_accuracy'])}, önde {', '.join(tied)}. "
        f"LR {number(high_lr)} ile ölen nöron: ReLU'da {percent(died, digits=0)}, Leaky ReLU'da "
        f"{percent(leaky_died, digits=0)}."
    )
    lab.check(
        "sigmoid'in gradyanı sönüyor", sigmoid["gradyan"], below=1e-3, full_size=True
    )
    lab.check("ötekilerinki ulaşıyor", others["gradyan"].min(), above=0.3)
    lead = others["val_accuracy"].min() - sigmoid["val_accuracy"]
    lab.check("ötekiler - sigmoid (doğruluk)", lead, above=0.3, full_size=True)
    rise = died - dead["ReLU (He)", usual_lr]
    lab.check("yüksek LR ReLU nöronlarını öldürüyor", rise, above=0.2, full_size=True)
    lab.check("Leaky ReLU'da ölen nöron", leaky_died, equal=0)
    return {"": scores, "gradyan": norms}


# %% [markdown]
# ## 7 · Başlatıcılar
# %%
@lab.section(quick={"depth": 3, "n_train": 500, "epochs": 1, "seeds": 1})
def initializers(
    depth=10,  # sinyal bu derinlikte bin kat büyür ya da söner
    width=512,  # kuram geniş katman için yazıldı
    n_train=5_000,  # derin ağda adım pahalı: az görüntü
    epochs=2,  # iyi başlatılan ağ öğrenene kadar
    lr=0.1,  # SGD: gradyanın boyunu Adam gibi kendisi düzeltmez
    seeds=3,  # yayılım görünsün
):
    """Başlatıcılar: sinyal derin ağdan sağ çıkar mı?

    Soru: Ağırlıklar He'nin iki katıysa ilk ReLU katmanından onuncuya sinyal kaç kat büyür?

    Neden: n girdinin ağırlıklı toplamında varyans n · Var(w) katına çıkar, ReLU gücün yarısını
    siler; He, Var(w) = 2/n ile bunu dengeler. LeCun SELU'yu dengeler; Glorot tanh'ta sönmeyi
    yavaşlatır. BatchNorm sinyali yeniden ölçekler: başlangıcın boyu daha az önemli olur.
    """
    data = load_mnist(n_train, 2_000)
    starts = {  # başlatıcı, ağırlıkların katı, aktivasyon
        "He + ReLU": ("he_normal", 1, "relu"),
        "Glorot + tanh": ("glorot_normal", 1, "tanh"),
        "LeCun + SELU": ("lecun_normal", 1, "selu"),
        "Glorot + ReLU": ("glorot_normal", 1, "relu"),  # uymayan çift
        "He / 2 + ReLU": ("he_normal", 0.5, "relu"),
        "He x 2 + ReLU": ("he_normal", 2, "relu"),
    }
    signals = []
    for name, (start, factor, activation) in starts.items():
        set_seed(lab.seed)
        h = (data.x_val - data.x_val.mean()) / data.x_val.std()
        for layer in range(1, depth + 1):  # eğitimsiz ağ, katman katman
            z = factor * layers.Dense(width, kernel_initializer=start)(
                h
            )  # bias 0'dan başlar
            signals.append((name, layer, np.std(z)))
            h = keras.activations.get(activation)(z)
    signals = pd.DataFrame(signals, columns=["başlatıcı", "katman", "std"])

    runs = []
    for norm in ("BatchNorm yok", "BatchNorm var"):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(depth):
            model.add(layers.Dense(64, kernel_initializer="he_normal"))
            if norm == "BatchNorm var":
                model.add(layers.BatchNormalization(momentum=0.9))  # az adım: bölüm 9
            model.add(layers.Activation("relu"))
        model.add(layers.Dense(10, activation="softmax"))
        sgd = keras.optimizers.SGD(lr)
        model.compile(sgd, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        for name, factor in {"He / 2": 0.5, "He": 1, "He x 2": 2}.items():
            for seed in lab.each(lab.seeds(seeds), f"{norm}, {name}, tohum"):
                restart(model, seed)
                for layer in model.layers[:-1]:  # aynı başlangıç, yarısı ya da iki katı
                    if isinstance(layer, layers.Dense):
                        layer.kernel.assign(factor * layer.kernel)
                model.fit(
                    data.x_train, data.y_train, batch_size=100, epochs=epochs, verbose=0
                )
                accuracy = model.evaluate(data.x_val, data.y_val, 1_000, verbose=0)[1]
                runs.append((name, norm, seed, accuracy))
    runs = pd.DataFrame(runs, columns=["başlangıç", "ağ", "tohum", "val_accuracy"])

    table = signals.pivot_table("std", "başlatıcı", "katman", sort=False)
    growth = table[depth] / table[1]
    table = table[sorted({1, depth})].add_prefix("katman ").assign(büyüme=growth)
    lab.table(table, f"z'nin std'si, {width} nöron")
    mean = runs.pivot_table("val_accuracy", "başlangıç", "ağ", sort=False)
    lab.table(mean, f"Doğrulama doğruluğu, {seeds} tohum", dict.fromkeys(mean, percent))

    fig, (left, right) = plots.figure(
        1, 2, title="Başlatıcı: derin ağda sinyal ve öğrenme"
    )
    look = {"hue": "başlatıcı", "style": "başlatıcı", "markers": True}
    sns.lineplot(signals, x="katman", y="std", ax=left, **look)
    left.set(yscale="log", title=f"eğitimsiz ağ, {width} nöron", ylabel="z'nin std'si")
    left.set(xticks=range(1, depth + 1), ylim=(None, 1e3 * signals["std"].max()))
    left.legend(loc="upper center", ncols=2)
    look = {
        "hue": "ağ",
        "palette": ["white", "grey"],
        "edgecolor": "black",
        "errorbar": "sd",
    }
    sns.barplot(runs, x="başlangıç", y="val_accuracy", ax=right, **look)
    right.set(title=f"eğitilen ağ, 64 nöron, {epochs} epoch", xlabel="başlangıç std'si")
    right.set(ylim=(0, 1.2), yticks=np.linspace(0, 1, 6))  # üstü göstergenin
    right.legend(loc="upper center", ncols=2)
    lab.save(fig)

    without, with_norm = np.ptp(mean["BatchNorm yok"]), np.ptp(mean["BatchNorm var"])
    lab.conclude(
        f"İki kat büyük başlangıç sinyali {number(growth['He x 2 + ReLU'])} katına çıkardı. "
        "Üç başlangıcın doğruluğu arasındaki en büyük fark (puan): BatchNorm yokken "
        f"{number(100 * without)}, varken {number(100 * with_norm)}."
    )
    steps = 2.0 ** (depth - 1)  # her katmanda std'nin iki katı
    lab.check(
        "He x 2: büyüme / 2^(katman-1)",
        growth["He x 2 + ReLU"] / steps,
        within=(0.5, 2),
    )
    own = np.exp(abs(np.log(growth.iloc[:3])).max())  # büyüme de sönme de kat olarak
    lab.check("kendi aktivasyonuyla sinyal en çok kaç kat değişti", own, below=8)
    lab.check(
        "BatchNorm farkı daraltıyor", without - with_norm, above=0.15, full_size=True
    )
    return {"": runs, "sinyal": signals}


# %% [markdown]
# ## 8 · L1, L2, ElasticNet
# %%
@lab.section(quick={"epochs": 1, "seeds": 1})
def weight_penalties(
    n_train=500,  # aşırı öğrenme (overfitting) görünsün diye az görüntü
    epochs=12,  # cezasız ağ eğitim kümesini ezberleyene kadar
    lr=3e-3,  # Adam'ın varsayılanının üç katı: daha az epoch yetsin
    slide=1e-4,  # slaytın gücü: l2(1e-4)
    l2=3e-3,  # onun otuz katı: etkisi görülsün
    l1=3e-4,  # kayba eklediği, l2'ninkiyle aynı mertebede
    seeds=3,  # fark ancak yayılımıyla okunur
):
    """L1, L2 ve ElasticNet: ağırlıkları cezalandırmak

    Soru: L1 cezası ağırlıkların yüzde kaçını sıfırın dibine (|w| < 0,001) iter; L2 yüzde kaçını?

    Neden: L1'in türevi ağırlık ne kadar küçülürse küçülsün aynıdır, onu sıfıra kadar iter.
    L2'ninki ağırlıkla birlikte küçülür: büyükleri kısar ama sıfırlamaz. Ağırlıkları küçük ağ
    eğitim kümesine daha zor uyar; bunun doğrulamaya yarayıp yaramadığı verisine bağlıdır.
    """
    data = load_mnist(n_train, 1_000)
    x, y = data.x_train, data.y_train
    val = {"validation_data": (data.x_val, data.y_val), "validation_batch_size": 1_000}
    used = x.std(axis=0) > 0  # hep boş kalan kenar pikselleri sayılmaz
    penalties = {  # L1'in ve L2'nin gücü: l2(1e-4) = L1L2(0, 1e-4)
        "cezasız": (0, 0),
        "L2 (slayt)": (0, slide),
        "L2": (0, l2),
        "L1": (l1, 0),
        "ElasticNet": (l1 / 2, l2 / 2),
    }
    curves, sizes, gaps = [], [], []
    for name, (a, b) in penalties.items():
        penalty = regularizers.L1L2(a, b)
        model = keras.Sequential([layers.Input(shape=(784,))])
        model.add(layers.Dense(128, activation="relu", kernel_regularizer=penalty))
        model.add(layers.Dense(10, activation="softmax"))
        bare = keras.metrics.SparseCategoricalCrossentropy(
            name="bare"
        )  # loss'ta ceza da vardır
        adam = keras.optimizers.Adam(lr)
        model.compile(adam, loss="sparse_categorical_crossentropy", metrics=[bare])
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)
            history = model.fit(x, y, batch_size=50, epochs=epochs, verbose=0, **val)
            curves.append(tidy(history, ceza=name, tohum=seed))
            w = abs(model.layers[0].kernel.numpy())
            near, large = (w[used] < 1e-3).mean(), np.quantile(w[used], 0.99)
            sizes.append((name, seed, near, large))
            by_hand = a * w.sum() + b * (w**2).sum()  # ElasticNet: Zou ve Hastie (2005)
            gaps.append(abs(by_hand - float(sum(model.losses))))
    curves = pd.concat(curves).rename(
        columns={"bare": "eğitim", "val_bare": "doğrulama"}
    )
    sizes = pd.DataFrame(
        sizes, columns=["ceza", "tohum", "sıfıra yakın pay", "en büyük %1"]
    )

    end = curves[curves["epoch"] == epochs]
    losses = end.groupby("ceza", sort=False)[["eğitim", "doğrulama"]].mean()
    by_seed = end.pivot_table("doğrulama", "ceza", "tohum", sort=False)
    gain = by_seed.loc["cezasız"] - by_seed  # aynı tohumun iki ağı karşılaştırılır
    table = sizes.groupby("ceza", sort=False)[
        ["sıfıra yakın pay", "en büyük %1"]
    ].mean()
    table = table.join(losses.add_suffix(" kaybı"))
    table["kazanç"], table["std"] = gain.mean(axis=1), gain.std(axis=1)
    shown = table.drop(columns="en büyük %1")
    lab.table(
        shown, f"L1 {number(l1)}, L2 {number(l2)}; kazanç: doğrulamada, cezasıza göre"
    )

    fig, (left, right) = plots.figure(
        1, 2, title="Cezalar: aşırı öğrenme ve ağırlıklar"
    )
    shown = curves[curves["ceza"].isin(["cezasız", "L2"])]
    shown = shown.melt(["epoch", "ceza"], ["eğitim", "doğrulama"], "küme", "kayıp")
    shown["eğri"] = shown["küme"] + ", " + shown["ceza"]
    look = {"hue": "eğri", "style": "eğri", "markers": True, "errorbar": "sd"}
    sns.lineplot(shown, x="epoch", y="kayıp", ax=left, **look)
    left.set(
        title="kayıp, ceza katılmadan", ylabel="kayıp (cross-entropy)", ylim=(0, 1)
    )
    look = {"color": "lightgrey", "edgecolor": "black", "errorbar": "sd"}
    sns.barplot(sizes, x="sıfıra yakın pay", y="ceza", ax=right, **look)
    right.set(
        title="ilk katmanın ağırlıkları", xlabel="|w| < 0,001 olan pay", ylabel=""
    )
    lab.save(fig)

    near, large = table["sıfıra yakın pay"], table["en büyük %1"]
    clear = table.index[table["kazanç"] > 2 * table["std"]]  # kazancı gürültüyü aşanlar
    told = ", ".join(clear) or ("hiçbiri" if seeds > 1 else "tek tohumla bilinmez")
    lab.conclude(
        f"Sıfıra yakın ağırlık: L1 ile {percent(near['L1'])}, L2 ile {percent(near['L2'])}. "
        f"Doğrulama kaybını gürültüyü aşacak kadar düşüren ceza: {told}."
    )
    lab.check("ceza: formül = sum(model.losses)", max(gaps), below=1e-4)
    lab.check(
        "sıfıra yakın: L1 - L2", near["L1"] - near["L2"], above=0.2, full_size=True
    )
    shrunk = large["L2"] / large["cezasız"]
    lab.check("L2 büyük ağırlıkları kısıyor (oran)", shrunk, below=0.85, full_size=True)
    overfit = losses["doğrulama"] - losses["eğitim"]
    lab.check(
        "cezasız ağ aşırı öğreniyor (açık)",
        overfit["cezasız"],
        above=0.2,
        full_size=True,
    )
    narrowed = overfit["cezasız"] - overfit["L2"]
    lab.check("L2 açığı daraltıyor", narrowed, above=0.03, full_size=True)
    return {"": curves, "agirlik": table.reset_index()}


# %% [markdown]
# ## 9 · BatchNorm elle
# %%
@lab.section(quick={"draws": 20})
def batch_norm_by_hand(
    batch_size=31,  # 341 eğitim hastası = 11 eşit mini-batch
    momentum=0.9,  # bölüm 3'teki ağın momentumu
    default=0.99,  # Keras'ın varsayılanı
    epochs=8,  # varsayılanın geriden gelişi görülsün
    sizes=(8, 32, 128),  # aynı hastanın içine düştüğü mini-batch'in boyu
    draws=200,  # her boyda kaç başka mini-batch
):
    """BatchNorm elle: eğitim kipi, çıkarım kipi, hareketli ortalama

    Soru: Bir epoch (11 adım) sonunda hareketli ortalama, varsayılan momentum 0,99 ile gerçek
    ortalamanın yüzde kaçına varır?

    Neden: Eğitimde her mini-batch kendi μ ve σ² değeriyle normalize edilir; aynı hasta başka
    mini-batch'te başka çıkar, küçük mini-batch'te daha da çok. Çıkarımda hareketli ortalama
    kullanılır; o, her adımda gerçeğe olan uzaklığın yalnız 1 - momentum kadarını kapatır.
    """
    data = load_breast_cancer(scaled=False)
    names = list(data.feature_names[:4])  # yarıçap, doku, çevre, alan
    x = data.x_train[:, :4]
    batches = [x[i : i + batch_size] for i in range(0, len(x), batch_size)]

    layer = layers.BatchNormalization(momentum=momentum)
    moving_mean, moving_variance = 0.0, 1.0  # katmanın başlangıç değerleri
    for batch in batches:
        output = layer(batch, training=True).numpy()  # yeni katmanda γ = 1, β = 0
        mean, variance = batch.mean(axis=0), batch.var(axis=0)
        moving_mean = momentum * moving_mean + (1 - momentum) * mean
        moving_variance = momentum * moving_variance + (1 - momentum) * variance
    x_hat = (batch - mean) / np.sqrt(variance + layer.epsilon)
    inferred = layer(batch, training=False).numpy()
    moved = (batch - moving_mean) / np.sqrt(moving_variance + layer.epsilon)
    gamma, beta = np.array([2.0, 1.0, 0.5, 1.0]), np.array([0.0, 1.0, 0.0, -1.0])
    layer.gamma.assign(gamma)  # eğitimde öğrenilir: ölçek ve kaydırma
    layer.beta.assign(beta)
    scaled = layer(batch, training=True).numpy()
    table = pd.DataFrame({"önce ortalama": mean, "önce std": np.sqrt(variance)})
    table["sonra ortalama"], table["sonra std"] = (
        output.mean(axis=0).round(4) + 0.0,
        output.std(0),
    )
    table.index = pd.Index(names, name="öznitelik")
    lab.table(table, f"Bir mini-batch ({len(batch)} hasta), γ = 1 ve β = 0 iken")

    reached = []
    for rate in (momentum, default):
        layer = layers.BatchNormalization(momentum=rate)
        for step, batch in enumerate(batches * epochs, start=1):
            layer(batch, training=True)
            share = np.mean(layer.moving_mean / x.mean(axis=0))
            reached.append((number(rate), step / len(batches), share))
    reached = pd.DataFrame(reached, columns=["momentum", "epoch", "pay"])

    rng, noise = np.random.default_rng(lab.seed), []
    for size in sizes:
        for _ in range(draws):  # aynı hasta, her seferinde başka komşularla
            batch = np.vstack([x[:1], rng.choice(x[1:], size - 1, replace=False)])
            noise.append((size, layer(batch, training=True).numpy()[0, 0]))
    noise = pd.DataFrame(noise, columns=["mini-batch", "çıktı"])

    fig, (left, right) = plots.figure(
        1, 2, title="BatchNorm: hareketli ortalama ve batch gürültüsü"
    )
    sns.lineplot(reached, x="epoch", y="pay", hue="momentum", style="momentum", ax=left)
    left.set(
        title="hareketli ortalama",
        ylabel="gerçek ortalamaya oranı (pay)",
        ylim=(0, 1.05),
    )
    left.legend(title="momentum", loc="lower right")
    sns.violinplot(noise, x="mini-batch", y="çıktı", color="lightgrey", cut=0, ax=right)
    right.set(
        title=f"aynı hasta, {draws} başka mini-batch", xlabel="mini-batch boyu (hasta)"
    )
    right.set_ylabel(f"BatchNorm çıktısı: {names[0]}")
    lab.save(fig)

    fast, slow = reached.loc[np.isclose(reached["epoch"], 1), "pay"]
    spread = noise.groupby("mini-batch")["çıktı"].std()
    times = spread[sizes[0]] / spread[sizes[-1]]
    lab.conclude(
        f"Bir epoch sonunda hareketli ortalamanın gerçeğe oranı: momentum {number(momentum)} ile "
        f"{percent(fast, digits=0)}, {number(default)} ile yalnız {percent(slow, digits=0)}. "
        f"Mini-batch {sizes[-1]} yerine {sizes[0]} hastayken aynı hastanın çıktısı "
        f"{number(times, 2)} kat çok oynuyor."
    )
    lab.check("γ = 1, β = 0: formül = katman", abs(output - x_hat).max(), below=1e-4)
    lab.check(
        "γ ve β ile: formül = katman",
        abs(scaled - gamma * x_hat - beta).max(),
        below=1e-4,
    )
    lab.check("çıkarım kipi: hareketli μ, σ²", abs(inferred - moved).max(), below=1e-4)
    lab.check("iki kipin çıktısı başka", abs(output - inferred).max(), above=0.1)
    lab.check("varsayılan momentum geriden geliyor", slow, within=(0.05, 0.2))
    lab.check("gürültü: en küçük / en büyük", times, above=2)
    return {"": reached, "gurultu": noise}


# %% [markdown]
# ## 10 · BatchNorm ve öğrenme hızı
# %%
@lab.section(quick={"steps": 40, "rates": (0.1, 1.0), "seeds": 1})
def batch_norm_learning_rates(
    steps=150,  # BatchNorm'suz ağ da hedefe varsın
    rates=(0.03, 0.1, 0.3, 1.0),  # SGD için küçükten ıraksayana
    equal=0.1,  # "aynı LR'de" karşılaştırmasının LR'si
    target=0.88,  # "kaç adımda?" sorusunun doğruluğu
    every=10,  # kaç adımda bir ölçülür
    seeds=3,  # yayılım görünsün
):
    """BatchNorm ile kaç kat hızlı, hangi öğrenme hızlarında (LR)?

    Soru: Slayt "10x daha hızlı eğitim" diyor: BatchNorm'lu ağ %88 doğruluğa kaç kat az adımda
    varır?

    Neden: BatchNorm her katmanda sinyali yeniden 0 ortalamaya ve 1 std'ye getirir; büyük adım
    ağırlıkları büyütse de sonraki katman bunu görmez. Neden hızlandırdığı tartışmalıdır: slaytın
    "internal covariate shift" açıklaması ya da pürüzsüzleşen kayıp (Santurkar vd., 2018).
    """
    rates, batch = sorted({*rates, equal}), 100
    data = load_mnist(batch * steps, n_val=1_000)  # her görüntü bir kez görülür
    curves = []
    for position in ("yok", "önce", "sonra"):
        model = keras.Sequential([layers.Input(shape=(784,))])
        for _ in range(5):
            model.add(layers.Dense(100, kernel_initializer="he_normal"))
            if position == "önce":
                model.add(layers.BatchNormalization(momentum=0.9))
            model.add(layers.Activation("relu"))
            if position == "sonra":
                model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
        for seed in lab.each(
            lab.seeds(seeds), f"BatchNorm {position}, {len(rates)} LR, tohum"
        ):
            restart(model, seed)
            start = model.get_weights()
            for lr in rates:
                model.set_weights(start)  # SGD'nin belleği yok: eğitim baştan başlar
                model.optimizer.learning_rate = lr
                for step in range(1, steps + 1):
                    rows = slice(batch * (step - 1), batch * step)
                    model.train_on_batch(data.x_train[rows], data.y_train[rows])
                    if step % every == 0:
                        guess = np.argmax(model.predict_on_batch(data.x_val), axis=1)
                        curves.append((
                            position,
                            lr,
                            seed,
                            step,
                            np.mean(guess == data.y_val),
                        ))
    names = ["BatchNorm", "LR", "tohum"]
    curves = pd.DataFrame(curves, columns=[*names, "adım", "val_accuracy"])

    wide = curves.pivot_table(
        "val_accuracy", "adım", names, sort=False
    )  # sütun başına bir koşu
    above = (wide >= target) & (
        wide.shift(-1) >= target
    )  # bu ölçümde ve bir sonrakinde
    runs = above.idxmax().where(above.any(), np.inf).rename("varış").reset_index()
    needed = runs.pivot_table("varış", "LR", "BatchNorm", sort=False)  # ortalama
    spread = runs.pivot_table(
        "varış", "LR", "BatchNorm", sort=False, aggfunc="std", dropna=False
    )
    shown = needed.map("{:.0f}".format).replace("inf", "varamadı")
    shown += spread.map(lambda s: f" ± {s:.0f}" if np.isfinite(s) else "")
    goal = percent(target, digits=0)
    title = f"{goal} doğruluğa kaç adım? (önce, sonra: aktivasyondan; varamadı: en az bir tohum)"
    lab.table(shown, title)

    fastest = needed.idxmin()  # her birinin en hızlı LR'si
    fig, (left, right) = plots.figure(1, 2, title="BatchNorm: LR aralığı ve hız")
    look = {"hue": "BatchNorm", "style": "BatchNorm", "markers": True}
    look["errorbar"] = ("pi", 100)  # bant: en kötü tohumdan en iyisine
    last = curves[curves["adım"] == curves["adım"].max()]
    sns.lineplot(last, x="LR", y="val_accuracy", ax=left, **look)
    left.set(
        title=f"{steps} adım sonunda", xscale="log", ylim=(0, 1), xlabel="LR (SGD)"
    )
    left.set_xticks(rates, map(number, rates))
    left.minorticks_off()
    fast = curves[curves["LR"] == curves["BatchNorm"].map(fastest)]
    sns.lineplot(fast, x="adım", y="val_accuracy", ax=right, legend=False, **look)
    right.axhline(target, color="black", linewidth=1)
    right.set(title="her biri en hızlı LR'sinde", ylim=(0, 1))
    lab.save(fig)

    equal_ratio = float(needed["yok"][equal]) / float(needed["önce"][equal])
    best_ratio = float(needed["yok"].min()) / float(needed["önce"].min())
    if np.isfinite([equal_ratio, best_ratio]).all():
        lab.conclude(
            f"BatchNorm'suz ağ {goal} doğruluğa, aynı LR'de ({number(equal)}) aktivasyondan önce "
            f"BatchNorm'lunun {number(equal_ratio, 2)} katı adımda vardı; her biri en hızlı "
            f"LR'sindeyken {number(best_ratio, 2)} katı adımda. Slayt 10 kat diyor."
        )
    else:
        lab.conclude(
            f"{steps} adımda {goal} doğruluğa varamayan ağ var: oran hesaplanamıyor."
        )
    lab.check("aynı LR'de kaç kat az adım", equal_ratio, above=1.5, full_size=True)
    lab.check("en hızlı LR'lerle kaç kat", best_ratio, within=(1.5, 10), full_size=True)
    top = last[last["LR"] == rates[-1]].groupby("BatchNorm")["val_accuracy"]
    lab.check(
        "en büyük LR: BatchNorm'lu (önce) öğreniyor", top.min()["önce"], above=0.8
    )
    lab.check("en büyük LR: BatchNorm'suz varamıyor", top.max()["yok"], below=target)
    return curves


# %% [markdown]
# ## 11 · Dropout çeşitleri
# %%
@lab.section(quick={"n_train": 500, "epochs": 2, "seeds": 1})
def dropout_kinds(
    rate=0.3,  # slaytın oranı
    alpha_rate=0.1,  # slaytta AlphaDropout'un oranı
    n_train=1_000,  # aşırı öğrenme (overfitting) görünsün diye az görüntü
    wrong=0.2,  # eğitim etiketlerinin bu kadarı rastgele: ezberlenecek gürültü
    epochs=15,  # Dropout'suz ağ gürültüyü ezberleyene kadar
    seeds=3,  # yayılım görünsün
):
    """Dropout çeşitleri: standart, SpatialDropout1D, AlphaDropout

    Soru: Oran 0,3 iken Keras eğitimde açık kalan nöronu kaçla çarpar?

    Neden: Kapanan nöronlar toplamı küçültür; kalanlar 1 / (1 - oran) ile çarpılınca beklenen
    toplam değişmez, çıkarımda yapacak iş kalmaz. Hangi nöronun kapanacağı bilinmediği için ağ
    tek bir nörona güvenemez: yanlış etiketleri ezberlemesi zorlaşır.
    """
    ones = np.ones((1_000, 200), dtype="float32")  # örnek, nöron
    dropout = layers.Dropout(rate)
    trained = dropout(ones, training=True).numpy()
    inferred = dropout(ones, training=False).numpy()
    table = pd.DataFrame({
        "girdi hep 1": ["Keras, eğitim", "Keras, çıkarım", "slayt, çıkarım"]
    })
    table["açık nöron"] = [
        trained.max(),
        inferred.max(),
        1 - rate,
    ]  # Srivastava vd. (2014)
    table["ortalama"] = [trained.mean(), inferred.mean(), 1 - rate]
    lab.table(table, "Dropout'un çıktısı: nerede, neyle ölçeklenir?")

    data, curves = load_mnist(n_train, 1_000), []
    x, y = data.x_train, data.y_train.copy()
    val = {
        "validation_data": (data.x_val, data.y_val),
        "validation_batch_size": 1_000,
    }  # temiz
    noisy = round(wrong * n_train)
    y[:noisy] = np.random.default_rng(lab.seed).integers(0, 10, noisy)
    for name, drop in {"Dropout yok": 0.0, f"oran {number(rate)}": rate}.items():
        model = keras.Sequential([layers.Input(shape=(784,))])
        for width in (256, 128):  # slaytın katmanları
            model.add(
                layers.Dense(width, activation="relu", kernel_initializer="he_normal")
            )
            model.add(layers.Dropout(drop))
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(
            "adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)
            history = model.fit(x, y, batch_size=50, epochs=epochs, verbose=0, **val)
            curves.append(tidy(history, ağ=name, tohum=seed))
    curves = pd.concat(curves)
    losses = curves.query("epoch == @epochs").pivot_table(
        "val_loss", "tohum", "ağ", sort=False
    )

    phase = np.random.default_rng(lab.seed).uniform(0, 6, 100)
    wave = np.sin(np.linspace(0, 60, 200)[:, None] + phase)  # 200 adım, 100 kanal
    betrayed = []
    for layer in (layers.Dropout(rate), layers.SpatialDropout1D(rate)):
        closed = layer(wave[None], training=True)[0].numpy() == 0
        guess = (
            pd
            .DataFrame(wave)
            .mask(closed)
            .interpolate(limit_direction="both")
            .fillna(0)
        )
        pair = wave[closed], guess.to_numpy()[closed]  # komşulardan kestirim
        betrayed.append(r2_score(*pair) if closed.any() else np.nan)

    signals = []
    for layer in (layers.Dropout(alpha_rate), layers.AlphaDropout(alpha_rate)):
        set_seed(lab.seed)  # aynı ağırlıklar
        h = keras.random.normal((500, 512))
        for _ in range(8):  # küçük kayma birikip görünsün
            h = layers.Dense(512, activation="selu", kernel_initializer="lecun_normal")(
                h
            )
            h = layer(h, training=True)
        signals.append((type(layer).__name__, float(np.mean(h)), float(np.std(h))))
    signals = pd.DataFrame(signals, columns=["çeşit", "ortalama", "std"]).set_index(
        "çeşit"
    )
    lab.table(signals, f"8 SELU katmanından sonra (oran {number(alpha_rate)})")

    fig, (left, right) = plots.figure(
        1, 2, title="Dropout ve aşırı öğrenme", sharey=True
    )
    look = {"x": "epoch", "hue": "ağ", "style": "ağ", "markers": True, "errorbar": "sd"}
    sns.lineplot(curves, y="loss", ax=left, **look)
    left.set(
        title=f"eğitim, {percent(wrong, digits=0)} etiket rastgele", ylabel="kayıp"
    )
    sns.lineplot(curves, y="val_loss", ax=right, legend=False, **look)
    right.set(title="doğrulama, etiketler doğru", ylim=(0, None))
    lab.save(fig)

    scale, (none, some) = trained.max(), losses.mean()
    saved = losses.iloc[:, 0] - losses.iloc[:, 1]  # tohum tohum: aynı başlangıç
    noise = "" if saved.mean() > 2 * saved.std() else " (gürültüden ayrılmıyor)"
    lab.conclude(
        f"Keras açık kalan nöronu eğitimde {number(scale)} ile çarptı, çıkarımda hiçbir şeyi "
        f"değiştirmedi. Az veride (rastgele etiket: {percent(wrong, digits=0)}) doğrulama kaybı: "
        f"Dropout'suz {number(none)}, Dropout'la {number(some)}{noise}."
    )
    lab.check("çarpan · (1 - oran)", scale * (1 - rate), within=(0.9999, 1.0001))
    lab.check("çıkarımda değişen", abs(inferred - ones).max(), equal=0)
    off = (trained == 0).mean(axis=1).std() / np.sqrt(rate * (1 - rate) / 200)
    lab.check("kapanan pay oynuyor: std / binom", off, within=(0.85, 1.15))
    lab.check(
        "Dropout'un azalttığı doğrulama kaybı", saved.mean(), above=0.03, full_size=True
    )
    lab.check("Dropout: kapanan, komşularından bulunur (R²)", betrayed[0], above=0.8)
    lab.check("SpatialDropout1D: bulunmaz (R²)", betrayed[1], below=0.1)
    lab.check(
        "SELU, AlphaDropout: std", signals["std"]["AlphaDropout"], within=(0.92, 1.08)
    )
    lab.check("SELU, Dropout: std", signals["std"]["Dropout"], above=1.1)
    return {"": curves, "cikti": table, "selu": signals.reset_index()}


# %% [markdown]
# ## 12 · MC Dropout
# %%
def entropy(p):
    """Olasılıkların entropisi: toplam belirsizlik (Gal ve Ghahramani, 2016)."""
    return -np.sum(p * np.log(p + 1e-7), axis=-1)


@lab.section(quick={"n_train": 4_000, "epochs": 1, "passes": 10})
def mc_dropout(
    n_train=20_000,  # yanlışların çoğu gerçekten zor rakamlar olana kadar
    epochs=3,  # doğruluk bu kadarla %96 dolayına varır
    passes=40,  # %95 aralığının iki ucunda birer geçiş kalsın
    deferred=0.10,  # insana bırakılan en kararsız pay
    n_noise=500,  # hiçbir rakama benzemeyen gürültü görüntüsü
):
    """MC Dropout: model ne zaman emin değil?

    Soru: En kararsız %10'u bir insana bırakırsak kalanların yüzde kaçı doğru bilinir?

    Neden: Açık bırakılan Dropout her geçişte başka bir alt ağa sorar. Zor ya da yabancı girdide
    alt ağlar ayrı cevaplar verir: ortalama olasılık yayılır, entropi büyür (on sınıf eşit
    olasıysa ln 10). İki rakam arasında kalan görüntüde tek geçişin olasılığı da yayılır:
    sıralamaya o da yetebilir.
    """
    data = load_mnist(n_train)
    model = keras.Sequential([layers.Input(shape=(784,))])
    for width, rate in ((256, 0.3), (128, 0.25)):  # slaytın katmanları
        model.add(
            layers.Dense(width, activation="relu", kernel_initializer="he_normal")
        )
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.Dropout(rate))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(data.x_train, data.y_train, batch_size=100, epochs=epochs, verbose=0)

    norm, trained = model.layers[1], model.get_weights()
    before = norm.moving_mean.numpy()
    model(data.x_val[:100], training=True)  # tuzak: BatchNorm'u da eğitim kipine sokar
    trap = abs(norm.moving_mean - before).numpy().max()
    model.set_weights(trained)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False  # bundan sonra training=True yalnız Dropout'u açar
    noise = (
        np.random.default_rng(lab.seed).uniform(size=(n_noise, 784)).astype("float32")
    )
    each = range(1, passes + 1)
    digits = np.stack([
        model(data.x_test, training=True) for _ in lab.each(each, "geçiş")
    ])
    noises = np.stack([
        model(noise, training=True) for _ in each
    ])  # geçiş, görüntü, sınıf
    moved = abs(norm.moving_mean - before).numpy().max()
    average = digits.mean(axis=0)
    unsure, kept = [], []
    for kind, way, p in (
        ("rakam", "MC Dropout", average),
        ("gürültü", "MC Dropout", noises.mean(axis=0)),
        ("rakam", "Dropout kapalı", model(data.x_test).numpy()),
        ("gürültü", "Dropout kapalı", model(noise).numpy()),
    ):
        unsure.append(
            pd.DataFrame({"girdi": kind, "yöntem": way, "belirsizlik": entropy(p)})
        )
        if kind == "rakam":  # en kararsız pay insana bırakılınca kalanın doğruluğu
            right = (p.argmax(axis=1) == data.y_test)[
                entropy(p).argsort()
            ]  # en eminden
            for share in np.linspace(0, deferred, 21):
                kept.append((
                    way,
                    share,
                    right[: round(len(right) * (1 - share))].mean(),
                ))
    unsure = pd.concat(unsure)
    kept = pd.DataFrame(
        kept, columns=["yöntem", "insana bırakılan pay", "kalanın doğruluğu"]
    )
    summary = kept.pivot_table(
        "kalanın doğruluğu", "insana bırakılan pay", "yöntem", sort=False
    )
    lab.table(summary[::10], "Kalanın test doğruluğu", dict.fromkeys(summary, percent))

    title = "En kararsız beş test rakamı (tahminin olasılığı, %95 aralık)"
    fig, axes = plots.mosaic("ABCDE;XXXYY;XXXYY", title=title)
    for name, i in zip("ABCDE", np.argsort(-entropy(average)), strict=False):
        guess = average[i].argmax()
        low, high = np.percentile(digits[:, i, guess], [2.5, 97.5])
        told = f"gerçek {data.y_test[i]}, tahmin {guess}"
        axes[name].imshow(data.x_test[i].reshape(28, 28), cmap="gray_r")
        axes[name].set(
            title=f"{told}\n{percent(low, digits=0)} - {percent(high, digits=0)}"
        )
        axes[name].set(xlabel=f"test no {i}", xticks=[], yticks=[])
    look = {"hue": "yöntem", "style": "yöntem", "errorbar": None}
    sns.lineplot(
        kept, x="insana bırakılan pay", y="kalanın doğruluğu", ax=axes["X"], **look
    )
    look = {"hue": "yöntem", "markers": ["o", "s"], "linestyle": "none", "dodge": 0.3}
    look |= {"estimator": "median", "errorbar": ("pi", 90)}  # ortanca ve %5 - %95
    sns.pointplot(unsure, x="girdi", y="belirsizlik", ax=axes["Y"], **look)
    axes["Y"].axhline(
        np.log(10), color="black", linestyle=":", label="ln 10: on sınıf eşit olası"
    )
    axes["Y"].legend(loc="upper left")
    axes["Y"].set(
        xlabel="", ylabel="belirsizlik (entropi)", ylim=(-0.1, 4.5)
    )  # göstergeye yer
    lab.save(fig)

    (first, _), (last, once_last) = summary.iloc[[0, -1]].to_numpy()
    lab.conclude(
        f"Test doğruluğu {percent(first)}; en kararsızlar insana bırakılınca kalanlarda "
        f"{percent(last)}. Tahmini de sıralamayı da Dropout kapalı tek geçiş yapınca: "
        f"{percent(once_last)}."
    )
    lab.check(
        "bırakınca kalanın doğruluğu artıyor", last - first, above=0.01, full_size=True
    )
    typical = unsure.groupby(["yöntem", "girdi"])["belirsizlik"].median()
    many, once = typical["MC Dropout"], typical["Dropout kapalı"]
    rise = many["gürültü"] - many["rakam"]
    lab.check("gürültüde belirsizlik - rakamda", rise, above=0.3, full_size=True)
    lab.check(
        "gürültüde MC Dropout - tek geçiş", many["gürültü"] - once["gürültü"], above=0
    )
    lab.check("dondurulmuş BatchNorm'un kayması", moved, equal=0)
    lab.check("tuzak: tek çağrıda kayma", trap, above=1e-3)
    return {"": unsure, "ozet": summary.reset_index()}


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="dropout_kinds",
    settings={"rate": 0.5},
    task="Oran 0,3 yerine 0,5 olsun: Keras açık kalan nöronu kaçla çarpar? Önce kâğıtta bulun.",
    quantity="eğitimde açık kalan nöronun çarpanı",
    measure=lambda found: found["cikti"]["açık nöron"].max(),
    low=1.99,
    high=2.01,
    write=number,
    hint="Nöronların ne kadarı açık kalır? Ortalamanın değişmemesi için kaçla çarpmak gerekir?",
    solution="1 / (1 - 0,5) = 2: açık kalan yarı, kapanan yarının yerini de doldurur.",
)
lab.exercise(
    level="orta",
    section="activation_race",
    settings={"depth": 2},
    task="Sekiz yerine iki gizli katman olsun: sigmoid ağı artık öğrenir mi, doğruluğu ne olur?",
    quantity="sigmoid'in doğrulama doğruluğu",
    measure=lambda found: (
        found[""].query("aktivasyon == 'sigmoid (Glorot)'")["val_accuracy"].mean()
    ),
    low=0.45,
    high=0.80,
    write=percent,
    hint="Türev en çok 0,25'tir. Çarpımları iki katmanda en çok kaçta kaç olabilir, sekizde?",
    solution="İki çarpım gradyanı söndürmez: ağ öğrenir, ama ötekilerden yavaş.",
)
lab.exercise(
    level="ileri",
    section="activation_gallery",
    task="GALLERY sözlüğünün sonundaki yere Mish'i yazın: f(x) = x · tanh(softplus(x)). Üç parça "
    'gerekir: Keras\'taki adı ("mish"), NumPy formülü, elle bulduğunuz türevi.',
    quantity="Mish'in en büyük türevi",
    measure=lambda found: (
        found["ozet"].set_index("fonksiyon")["en büyük f'"].get("Mish", np.nan)
    ),
    low=1.08,
    high=1.10,
    write=number,
    hint="Çarpımın türevi: f' = tanh(s) + x · (1 - tanh²(s)) · s'. Softplus'ın türevi s' nedir?",
    solution='"Mish": ("mish", lambda x: x * np.tanh(np.log1p(np.exp(x))), '
    "lambda x: np.tanh(np.log1p(np.exp(x))) "
    "+ x * sigmoid(x) * (1 - np.tanh(np.log1p(np.exp(x))) ** 2)),",
)


if __name__ == "__main__":
    lab.run()
