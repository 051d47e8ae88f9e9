"""Uygulama 03 · Functional API ve çoklu girdi/çıkış        (14:00-15:15)

Sequential'ın yapamadıkları: iki girdi, iki çıkış, dal, birleştirme, artık bağlantı (skip
connection), yardımcı kayıp (auxiliary loss) ve paylaşılan katman. Her biri kurulur, çizilir,
ölçülür.

    python uygulama_03_functional_api.py              bütün bölümler
    python uygulama_03_functional_api.py --bolum 4    tek bölüm
    python uygulama_03_functional_api.py --yardim     öteki seçenekler
"""

# %% Hazırlık
# isort: off
from common import largest_difference, load_breast_cancer, load_mnist, percent, plots
from common import set_seed
from common.old import OldLab as Lab
from common.old import restart_from as restart
# isort: on  (önce common: Keras'ın ayarlarını o yapar)

from textwrap import fill, shorten

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from matplotlib.patches import FancyArrowPatch
from sklearn.preprocessing import KBinsDiscretizer

CROSS_ENTROPY = "sparse_categorical_crossentropy"
BATCH = 125  # MNIST alt kümelerini tam böler: yarım mini-batch Keras'a her şeyi iki kez izletir
BATCH_CANCER = 31  # aynı nedenle: 341 eğitim satırı = 11 adım
N_TRAIN = 10_000  # karşılaştırmalara yeten, saniyeler süren MNIST alt kümesi
N_VAL = 2_000  # doğrulama görüntüsü: doğruluğun örnekleme hatası bir puan dolayında kalsın
SEEDS = 3  # kalite iddiasında tekrar sayısı
MESSAGE = 110  # Keras iletisinin tabloya sığan kadarı (harf)
ACCEPTED = "hata yok"
TICK = 12  # eksen yazısının bir satırı (harf): yan yana adlar karışmasın

BINS = 4  # "hata" öznitelikleri kaç kategoriye bölünür: her birinde 85 eğitim satırı
BN_MOMENTUM = 0.9  # varsayılan 0.99, 11 adımlık epoch'ta çok geriden gelir (uygulama 01)
EPOCHS_CANCER = 30  # doğrulama kaybı düzleşene kadar

BRANCH, NARROW = 64, 32  # iki dalın genişliği; dar dal Add'in koşulunu bozar
EPOCHS_MERGE = 3  # birleştirmeler arasındaki fark (varsa) görünene kadar

DEPTHS = (20, 30, 40)  # düz ağın güç öğrendiği derinlikten hiç öğrenemediğine
DEEP_WIDTH = 64
N_DEEP = 3_000  # derin ağda adım pahalı: daha az görüntü
EPOCHS_DEEP = 3  # artık bağlantılı ağ öğrenene kadar
DRAWN_DEPTH = 4  # çizgesi gösterilen küçük ağ: bir izdüşümlü blok, bir olduğu gibi atlayan

HOLES = np.array([1, 0, 0, 0, 0, 0, 1, 0, 2, 1])  # 0, 1, ... 9'un yazılışındaki delik sayısı
TRUNK = 8  # iki çıkışın paylaştığı nöron: az olsun ki çıkışlar onun için yarışsın
HOLE_WEIGHTS = (0.0, 0.1, 0.5, 0.9, 1.0)  # delik kaybının ağırlığı; rakamınki 1'e tamamlar
EPOCHS_WEIGHTS = 3  # ödünleşim görünene kadar

AUX_DEPTH = 20  # ilk katmanlara çok az gradyan varan derinlik
AUX_WEIGHT = 0.3  # yardımcı kaybın ağırlığı (GoogLeNet: Szegedy vd., 2015)
N_AUX = 5_000
EPOCHS_AUX = 3

N_PAIRS = 5_000  # eğitim çifti; görüntü sayısı da bu kadar
N_PAIRS_VAL = 4_000  # doğrulama ve test çiftleri
PAIR_LR = 3e-3  # toplam zor bir hedef: saniyeler içinde öğrenilsin
EPOCHS_PAIRS = 10
ENCODER = (128, 32)  # kodlayıcının iki katmanı
PAIR_LAYOUT = "GGGAB;GGGCD;GGGXX;GGGXX"  # solda çizge, sağda dört çift ve sonuçlar

KERNELS = (1, 3, 7)  # Inception'ın aynı görüntüye baktığı pencereler (piksel)
FILTERS = 4  # pencere başına harita
N_MAPS = 2_500  # haritalar görüntüye benzemeye başlasın yeter

lab = Lab("uygulama_03_functional_api", "Uygulama 03 · Functional API", "14:00-15:15")


# %% Bölümlerin ortak araçları
def refusal(attempt) -> str:
    """Keras bu denemeyi geri çevirir mi? İletisinin başı; çevirmezse "hata yok"."""
    try:
        attempt()
    except ValueError as error:
        return shorten(str(error), MESSAGE, placeholder=" …")
    return ACCEPTED


def show_refusals(attempts: dict, title: str, suffix: str) -> dict[str, str]:
    """Her denemeye Keras'ın dediği ve çaresi: `attempts` adı → (deneme, çare)."""
    found = {name: refusal(attempt) for name, (attempt, _) in attempts.items()}
    rows = [
        {"denenen": name, "Keras'ın dediği": text, "çaresi": attempts[name][1]}
        for name, text in found.items()
    ]
    lab.table(rows, title, suffix=suffix)
    return found


def accuracies(model, x, targets: dict) -> dict[str, float]:
    """Her çıkışın doğruluğu, çıkışın adıyla. Tek nöronlu (sigmoid) çıkışta eşik 0.5."""
    found = {}
    for name, p in zip(model.output_names, keras.tree.flatten(model(x)), strict=True):
        predicted = np.argmax(p, axis=1) if p.shape[1] > 1 else np.round(p[:, 0])
        found[name] = float(np.mean(predicted == targets[name]))
    return found


def train(model, build, seed: int, x, y, batch: int, epochs: int) -> None:
    """`compile` edilmiş modeli `seed` ile yeniden başlatıp eğitir; yeni bir izleme (trace) olmaz.

    `build` aynı mimariyi kurar: başlangıç ağırlıkları ondan gelir.
    """
    model.optimizer.build(model.trainable_variables)  # yoksa ilk adım iki kez izlenir
    set_seed(seed)
    restart(model, build(), seed)
    model.fit(x, y, batch, epochs, verbose=0, callbacks=[lab.watch()])


def by_output(runs: list[dict]) -> dict[str, list[float]]:
    """Tohumların doğrulukları, çıkış çıkış."""
    return {name: [run[name] for run in runs] for name in runs[0]}


def score_table(scores: dict, title: str, first: str) -> None:
    """Koşul başına bir satır: her çıkışın ortalaması ve std'si."""
    rows = []
    for condition, outputs in scores.items():
        row = {first: condition}
        for name, values in outputs.items():
            row |= {name: np.mean(values), f"{name} std": np.std(values)}
        rows.append(row)
    lab.table(rows, title, dict.fromkeys(list(rows[0])[1:], percent))


def draw_scores(ax, scores: dict) -> None:
    """Koşullar yan yana; her çıkış bir işaret, çubuğu tohumların std'si."""
    for i, name in enumerate(next(iter(scores.values()))):
        means, stds = zip(
            *((np.mean(s[name]), np.std(s[name])) for s in scores.values()), strict=True
        )
        look = plots.look(i) | {"linestyle": "none", "markersize": 14}
        places = np.arange(len(scores)) + 0.12 * i
        ax.errorbar(places, means, stds, label=name, capsize=9, **look)
    ax.set_xticks(range(len(scores)), [fill(name, TICK) for name in scores])
    ax.set(xlim=(-0.5, len(scores) - 0.3), ylabel="doğrulama doğruluğu (ortalama ± std)")
    ax.legend()
    plots.percent_axis(ax.yaxis, digits=1)


# %% 1 · Sequential'dan Functional'a
def two_inputs() -> keras.Model:
    """İki girdi, iki dal, bir birleşme."""
    one, two = keras.Input((20,), name="one"), keras.Input((10,), name="two")
    merged = layers.concatenate([layers.Dense(16, "relu")(one), layers.Dense(8, "relu")(two)])
    return keras.Model([one, two], layers.Dense(1, "sigmoid")(merged))


def branch_and_skip() -> keras.Model:
    """Girdi dallanır: biri Dense'ten geçer, öteki atlayıp sonuca eklenir."""
    inputs = keras.Input((30,))
    x = layers.Dense(30, "relu")(inputs)
    x = layers.Add()([x, inputs])
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(x))


def unconnected() -> keras.Model:
    """Çıkışa giden ikinci girdi modele söylenmemiş."""
    one, two = keras.Input((20,)), keras.Input((10,))
    return keras.Model(inputs=one, outputs=layers.Dense(1)(layers.concatenate([one, two])))


def sequential_attempts() -> dict:
    """Sequential'a kurdurulmak istenenler ve Functional'daki yazılışı."""
    dense, inputs = layers.Dense(30), layers.Input(shape=(30,))

    def sequence(*parts):
        return lambda: keras.Sequential([inputs, *parts])

    return {
        "iki girdi": (sequence(layers.Input(shape=(10,)), dense), "Model([a, b], çıkış)"),
        "dal": (sequence([dense, layers.Dense(8)]), "aynı tensörü iki katmana ver"),
        "birleştirme": (sequence(dense, layers.Concatenate()), "Concatenate()([x1, x2])"),
        "artık bağlantı": (sequence(dense, layers.Add()), "Add()([x, inputs])"),
        "Functional, iki girdi": (two_inputs, "-"),
        "Functional, dal ve atlama": (branch_and_skip, "-"),
        "Functional, eksik girdi": (unconnected, "her girdiyi inputs= içine yaz"),
    }


@lab.section
def sequential_to_functional():
    """Sequential'dan Functional'a: aynı ağ, iki yazılış

    Aynı ağırlıklarla iki yazılışın çıktısı ne kadar ayrılır? Sequential iki girdiye, bir dala ya
    da bir artık bağlantıya ne der? Önce tahmin edin.
    """
    data = load_breast_cancer()
    sequential = keras.Sequential(
        [
            layers.Input(shape=(30,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    inputs = keras.Input(shape=(30,))
    x = layers.Dense(64, activation="relu")(inputs)  # katman çağrılır: tensör girer, tensör çıkar
    outputs = layers.Dense(1, activation="sigmoid")(x)
    functional = keras.Model(inputs, outputs)
    functional.set_weights(sequential.get_weights())
    difference = largest_difference([sequential(data.x_val)], [functional(data.x_val)])
    counts = {"Sequential": sequential.count_params(), "Functional": functional.count_params()}
    rows = [{"yazılış": name, "parametre": count} for name, count in counts.items()]
    lab.table(rows, f"Çıktıların en büyük farkı: {difference:g}")

    messages = show_refusals(sequential_attempts(), "Sequential neyi geri çevirir?", "_denemeler")

    fig, axes = plots.figure("Sequential tek yoldur, Functional her yönlü döngüsüz çizge", 1, 3)
    drawn = {
        "Sequential": sequential,
        "iki girdi": two_inputs(),
        "dal ve atlama": branch_and_skip(),
    }
    for ax, (name, model) in zip(axes, drawn.items(), strict=True):
        plots.model_graph(model, name, ax)
    lab.save(fig)
    refused = [name for name, text in messages.items() if text != ACCEPTED]
    lab.observe(
        f"İki yazılışın çıktıları arasındaki en büyük fark {difference:g}, parametreleri "
        f"{' ve '.join(str(count) for count in counts.values())}. Geri çevrilenler: "
        f"{', '.join(refused)}."
    )
    return {"difference": difference, "counts": counts, "messages": messages}


# %% 2 · Çoklu girdi ve çıkış
def slide_model() -> keras.Model:
    """Slaytın modeli, satır satır."""
    inp_num = keras.Input(shape=(20,), name="num")
    inp_cat = keras.Input(shape=(10,), name="cat")
    x1 = layers.Dense(64, "relu")(inp_num)  # sayısal dal
    x1 = layers.BatchNormalization(momentum=BN_MOMENTUM)(x1)
    x1 = layers.Dropout(0.3)(x1)
    x2 = layers.Dense(32, "relu")(inp_cat)  # kategorik dal
    merged = layers.concatenate([x1, x2])
    x = layers.Dense(64, "relu")(merged)
    out_main = layers.Dense(1, "sigmoid", name="main")(x)
    out_aux = layers.Dense(3, "softmax", name="aux")(x)
    return keras.Model(inputs=[inp_num, inp_cat], outputs=[out_main, out_aux])


SLIDE_COUNTS = {  # Dense: (girdi + 1 bias) · nöron; BatchNorm: γ, β ve izlenen μ, σ²
    "dense": (20 + 1) * 64,
    "batch_normalization": 4 * 64,
    "dense_1": (10 + 1) * 32,
    "dense_2": (64 + 32 + 1) * 64,
    "main": (64 + 1) * 1,
    "aux": (64 + 1) * 3,
}


def slide_shapes(model) -> list[dict]:
    """Katman başına çıktı şekli ve parametre sayısı, elle ve Keras'la."""
    return [
        {
            "katman": layer.name,
            "çıktı": str(layer.output.shape),
            "elle": SLIDE_COUNTS.get(layer.name, 0),
            "Keras": layer.count_params(),
        }
        for layer in model.layers
    ]


def two_views() -> dict[str, tuple[dict, dict]]:
    """Parça → (girdiler, hedefler). Kategori ve sınıf sınırlarını yalnız eğitim kümesi belirler.

    num: 20 "ortalama" ve "en kötü" ölçü. cat: 10 "hata" ölçüsünün çeyreklik numarası.
    main: tanı. aux: çekirdek büyüklüğü ne kadar değişken (patolojide anizokaryoz: az, orta,
    çok)? En kötü alan / ortalama alan oranının üçte birlikleri. Bu oran bir girdi sütunu
    değildir; ağ onu iki sütundan bulmalıdır.
    """
    data, raw = load_breast_cancer(), load_breast_cancer(scaled=False)
    is_error = np.array(["hata" in name for name in data.feature_names])
    worst, mean = (data.feature_names.index(f"alan ({kind})") for kind in ("en kötü", "ortalama"))
    bins = KBinsDiscretizer(BINS, encode="ordinal", quantile_method="averaged_inverted_cdf")
    bins.fit(raw.x_train[:, is_error])
    thirds = np.quantile(raw.x_train[:, worst] / raw.x_train[:, mean], (1 / 3, 2 / 3))
    views = {}
    for part in ("train", "val", "test"):
        scaled, x = getattr(data, f"x_{part}"), getattr(raw, f"x_{part}")
        categories = bins.transform(x[:, is_error]) / (BINS - 1)
        inputs = {"num": scaled[:, ~is_error], "cat": categories.astype("float32")}
        variation = np.digitize(x[:, worst] / x[:, mean], thirds)
        views[part] = inputs, {"main": getattr(data, f"y_{part}"), "aux": variation}
    return views


def only(inputs: dict, kept: tuple[str, ...]) -> dict:
    """Öteki girdi her satırda aynı (sıfır): bilgi taşımaz, ağ ve ağırlıkları aynı kalır."""
    return {name: x if name in kept else np.zeros_like(x) for name, x in inputs.items()}


def trivial_guess(targets: dict, val_targets: dict) -> dict[str, list[float]]:
    """Hep eğitimin en sık sınıfını söyleyenin doğrulama doğruluğu, çıkış çıkış."""
    common = {name: np.bincount(target).argmax() for name, target in targets.items()}
    return {name: [float(np.mean(val_targets[name] == common[name]))] for name in targets}


def bad_inputs(inputs: dict, targets: dict) -> dict:
    """Üç olağan yanlış: Keras her birini ilk adımdan önce yakalar."""
    model = slide_model()
    model.compile(loss={"main": "binary_crossentropy", "aux": CROSS_ENTROPY})

    def fit(x):
        return lambda: model.fit(x, targets, verbose=0)

    num, cat = inputs["num"], inputs["cat"]
    return {
        "yanlış ad": (fit({"num": num, "category": cat}), "Input'un name= değerini yaz"),
        "eksik satır": (fit({"num": num, "cat": cat[:-1]}), "dizilerin boyunu eşitle"),
        "liste sırası": (fit([cat, num]), "liste yerine adlı sözlük ver"),
    }


@lab.section
def multi_input_output():
    """Çoklu girdi, çoklu çıkış: slaytın modeli

    Modelde kaç parametre var? Tanıyı hangi girdi daha iyi bilir: 20 sayısal ölçü mü, 10 kategori
    mi? İkisi birlikte ne katar? Önce tahmin edin.
    """
    views = two_views()
    (inputs, targets), (val_inputs, val_targets) = views["train"], views["val"]
    model = slide_model()
    losses = {"main": "binary_crossentropy", "aux": CROSS_ENTROPY}
    model.compile(optimizer="adam", loss=losses)
    shapes = slide_shapes(model)
    lab.table(shapes, f"{model.count_params()} parametre", suffix="_parametreler")
    messages = show_refusals(bad_inputs(inputs, targets), "Bozuk girdi", "_bozuk_girdi")

    scores = {}
    times = lab.few(EPOCHS_CANCER)  # kopyalar birlikte karışır: `fit` bir kez hazırlanır
    y = {name: np.tile(target, times) for name, target in targets.items()}
    for kept in lab.each([("num",), ("cat",), ("num", "cat")], "eğitiliyor, girdi"):
        x = {n: np.tile(v, (times, 1)) for n, v in only(inputs, kept).items()}
        runs = []
        for seed in lab.seeds(SEEDS):
            train(model, slide_model, seed, x, y, BATCH_CANCER, 1)
            runs.append(accuracies(model, only(val_inputs, kept), val_targets))
        scores[" + ".join(kept)] = by_output(runs)
    scores = {"en sık sınıf": trivial_guess(targets, val_targets)} | scores
    score_table(scores, "Doğrulama doğruluğu: her girdi ne katıyor?", "girdi")
    test = accuracies(model, *views["test"])
    lab.save(model)

    fig, axes = plots.mosaic("İki girdi, iki çıkış (Breast Cancer)", "GX")
    draw_scores(axes["X"], scores)
    plots.model_graph(model, "", axes["G"])
    lab.save(fig)
    lone, both = scores["num"], scores["num + cat"]
    gain = {n: (np.mean(both[n]) - np.mean(lone[n])) * 100 for n in both}
    lab.observe(
        f"{model.count_params()} parametre. Kategorilerin sayısal girdiye kattığı: tanıda "
        f"{gain['main']:+.1f}, değişkenlikte {gain['aux']:+.1f} puan (tohumlar arası std "
        f"{np.std(both['main']) * 100:.1f} ve {np.std(both['aux']) * 100:.1f}). Testte tanı "
        f"{percent(test['main'])}, değişkenlik {percent(test['aux'])}."
    )
    return {"shapes": shapes, "scores": scores, "messages": messages, "test": test}


# %% 3 · Concatenate mi, Add mi?
def halves_model(merge, second: int, project: bool = False) -> keras.Model:
    """Görüntünün üst ve alt yarısı ayrı girdi; iki dal `merge` ile birleşir."""
    top, bottom = keras.Input((392,), name="top"), keras.Input((392,), name="bottom")
    one = layers.Dense(BRANCH, "relu")(top)
    two = layers.Dense(second, "relu")(bottom)
    if project:
        two = layers.Dense(BRANCH, use_bias=False, name="project")(two)  # 32 → 64
    output = layers.Dense(10, "softmax", name="digit")(merge([one, two]))
    return keras.Model([top, bottom], output)


MERGES = {  # dallar 64 + 64, izdüşümlüde 64 + (32 → 64): modeli kuran, parametreleri elle
    "Concatenate": (
        lambda: halves_model(layers.Concatenate(), BRANCH),
        2 * (392 + 1) * 64 + (64 + 64 + 1) * 10,
    ),
    "Add": (
        lambda: halves_model(layers.Add(), BRANCH),
        2 * (392 + 1) * 64 + (64 + 1) * 10,
    ),
    "izdüşümlü Add": (
        lambda: halves_model(layers.Add(), NARROW, project=True),
        (392 + 1) * 64 + (392 + 1) * 32 + 32 * 64 + (64 + 1) * 10,
    ),
}


def halves(x: np.ndarray) -> dict[str, np.ndarray]:
    """784 piksellik satırın ilk ve son 392 pikseli: üst ve alt yarı."""
    return {"top": x[:, :392], "bottom": x[:, 392:]}


def add_is_a_tied_concatenate(joined, added, x) -> float:
    """W(a + b) = [W W] · [a b]: Add, iki yarının çıkış ağırlığını paylaşan Concatenate'tir."""
    *branches, kernel, bias = added.get_weights()
    joined.set_weights([*branches, np.vstack([kernel, kernel]), bias])
    return largest_difference([added(x)], [joined(x)])


def add_attempts() -> dict:
    """Add'e verilen genişlikler; 1 genişliği hata vermez, yayılır (broadcast)."""

    def add(width: int):
        return lambda: layers.Add()([keras.Input((BRANCH,)), keras.Input((width,))])

    return {
        f"{BRANCH} ile {BRANCH}": (add(BRANCH), "-"),
        f"{BRANCH} ile {NARROW}": (add(NARROW), f"Dense({BRANCH}) ile izdüşür"),
        f"{BRANCH} ile 1": (add(1), "hata beklemeyin: 1 sayı hepsine eklenir"),
    }


@lab.section
def concatenate_or_add():
    """Concatenate mi, Add mi? İki birleştirme

    Add'den sonraki katman kaç parametre eksik taşır? Add 64 ile 32 genişliğini toplar mı; ya 64
    ile 1'i? Doğruluk hangisinde yüksek? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_TRAIN), N_VAL)
    x, x_val = halves(data.x_train), halves(data.x_val)
    models, scores, rows = {}, {}, []
    for name in lab.each(MERGES, "eğitiliyor"):
        build, by_hand = MERGES[name]
        model = models[name] = build()
        model.compile(optimizer="adam", loss=CROSS_ENTROPY)
        runs = []
        for seed in lab.seeds(SEEDS):
            train(model, build, seed, x, data.y_train, BATCH, lab.few(EPOCHS_MERGE))
            runs.append(accuracies(model, x_val, {"digit": data.y_val}))
        scores[name] = by_output(runs)
        rows.append({"birleştirme": name, "elle": by_hand, "Keras": model.count_params()})
        rows[-1] |= {"doğruluk": np.mean(scores[name]["digit"])}
        rows[-1] |= {"std": np.std(scores[name]["digit"])}
    lab.table(rows, f"Parametreler; {lab.few(SEEDS)} tohum", {"doğruluk": percent, "std": percent})

    messages = show_refusals(add_attempts(), "Add'in şekil koşulu", "_sekil_hatasi")
    joined, added, projected, *_ = models.values()

    fig, axes = plots.mosaic("Concatenate yan yana koyar, Add toplar", "AAABBBXX")
    plots.with_sizes(fig, data)
    draw_scores(axes["X"], scores)
    plots.model_graph(joined, "Concatenate", axes["A"])
    plots.model_graph(projected, "Add, izdüşümlü", axes["B"])
    lab.save(fig)
    difference = add_is_a_tied_concatenate(joined, added, x_val)
    written = [
        f"{name} {percent(np.mean(found['digit']), np.std(found['digit']))}"
        for name, found in scores.items()
    ]
    lab.observe(
        f"Add'li ağda Concatenate'liden {rows[0]['Keras'] - rows[1]['Keras']} parametre az. "
        f"Doğruluk: {', '.join(written)}. Add {BRANCH} ile {NARROW} genişliğini geri "
        f"çevirdi, {BRANCH} ile 1 için: {messages[f'{BRANCH} ile 1']}. Çıkış ağırlıkları iki "
        f"yarıda aynı olan Concatenate, Add'den en çok {difference:.0e} ayrılıyor."
    )
    return {"rows": rows, "scores": scores, "messages": messages, "difference": difference}


# %% 4 · Artık bloklar
def residual_block(x, width: int):
    """y = relu(F(x) + x) (He vd., 2016); genişlik değişiyorsa x de izdüşümle o genişliğe iner."""
    h = layers.Dense(width, "relu")(x)
    h = layers.Dense(width)(h)
    if x.shape[-1] != width:  # kendi tohumu: öteki katmanlar düz ağdakiyle aynı başlasın
        start = keras.initializers.GlorotUniform(lab.seed)
        x = layers.Dense(width, use_bias=False, kernel_initializer=start)(x)
    return layers.Activation("relu")(layers.Add()([h, x]))


def plain_block(x, width: int):
    """Aynı iki katman, atlama yok: y = relu(F(x))."""
    h = layers.Dense(width, "relu")(x)
    h = layers.Dense(width)(h)
    return layers.Activation("relu")(h)


BLOCKS = {"düz": plain_block, "artık bağlantılı": residual_block}


def deep_network(block, depth: int) -> keras.Model:
    """784 piksel → `depth` katman, ikişer ikişer bloklarda → 10 rakam."""
    inputs = keras.Input((784,))
    x = inputs
    for _ in range(depth // 2):
        x = block(x, DEEP_WIDTH)
    return keras.Model(inputs, layers.Dense(10, "softmax", name="digit")(x))


def block_gradients(model, x, y) -> list[float]:
    """Kaybın her bloğun çıktısına göre gradyanının normu; çıktıları bir alt model verir."""
    blocks = [layer.output for layer in model.layers if isinstance(layer, layers.Activation)]
    reader = keras.Model(model.input, [*blocks, model.output])
    with tf.GradientTape() as tape:
        *outputs, p = reader(x)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, p))
    return [float(tf.norm(gradient)) for gradient in tape.gradient(loss, outputs)]


def shared_start(plain, residual) -> float:
    """İki ağın ortak katmanlarının başlangıç ağırlıkları arasındaki en büyük fark."""
    kernels = [
        [
            layer.kernel
            for layer in model.layers
            if isinstance(layer, layers.Dense) and layer.use_bias
        ]
        for model in (plain, residual)
    ]
    return largest_difference(*kernels)


def accuracy_by_epoch(model, data, epochs: int) -> list[float]:
    """Eğitir; her epoch'un sonundaki doğrulama doğruluğunu verir."""
    model.compile(optimizer="adam", loss=CROSS_ENTROPY)
    model.optimizer.build(model.trainable_variables)
    set_seed(lab.seed)
    curve = []
    measure = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: curve.append(
            accuracies(model, data.x_val, {"digit": data.y_val})["digit"]
        )
    )
    model.fit(
        data.x_train,
        data.y_train,
        BATCH,
        epochs,
        verbose=0,
        callbacks=[measure, lab.watch()],
    )
    return curve


def draw_depths(norms, curves, final):
    """En derin iki ağın gradyanı ve öğrenme eğrileri; derinliğe karşı doğruluk."""
    fig, (left, middle, right) = plots.figure("Artık bağlantı derin ağı eğitilebilir kılar", 1, 3)
    deepest = max(depth for _, depth in curves)
    last = {name: (norms[name, deepest], curves[name, deepest]) for name in BLOCKS}
    norm, curve = ({name: pair[i] for name, pair in last.items()} for i in (0, 1))
    plots.curves(left, norm, "blok (1: girdiye yakın)", "blok çıktısının gradyanı (norm)")
    left.set(yscale="log", title=f"eğitimden önce, {deepest} katman")
    plots.curves(middle, curve, "epoch", "doğrulama doğruluğu", legend=False)
    middle.set_title(f"eğitim, {deepest} katman")
    for i, (name, points) in enumerate(final.items()):
        right.plot(list(points), list(points.values()), label=name, **plots.look(i))
    right.set(xlabel="derinlik (katman)", xticks=list(points), title="son doğruluk")
    right.legend()
    for ax in (middle, right):
        ax.set_ylim(0, 1)
        plots.percent_axis(ax.yaxis)
    return fig


@lab.section
def residual_blocks():
    """Artık bloklar: derin ağ neden öğrenemez, neden öğrenir?

    40 katmanlı düz ağda ilk bloğa gradyanın kaçta kaçı varır? Aynı ağa yalnız artık bağlantılar
    eklenince hangi doğruluğa çıkar? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_DEEP), N_VAL)
    drawn = deep_network(residual_block, DRAWN_DEPTH)
    norms, curves, rows, starts = {}, {}, [], []
    for depth in lab.each(lab.pick(DEPTHS, DEPTHS[:1]), "derinlik"):
        networks = {}
        for name, block in BLOCKS.items():
            set_seed(lab.seed)  # iki ağ aynı ağırlıklardan, aynı mini-batch sırasıyla
            networks[name] = deep_network(block, depth)
        starts.append(shared_start(*networks.values()))
        for name, model in networks.items():
            key = name, depth
            norms[key] = block_gradients(model, data.x_train[:BATCH], data.y_train[:BATCH])
            curves[key] = accuracy_by_epoch(model, data, lab.few(EPOCHS_DEEP))
            row = {"ağ": name, "derinlik": depth, "parametre": model.count_params()}
            row |= {"ilk/son blok gradyanı": norms[key][0] / norms[key][-1]}
            rows.append(row | {"doğrulama doğruluğu": curves[key][-1]})
    lab.table(rows, "Aynı başlangıç, aynı veri", {"doğrulama doğruluğu": percent})
    final = {name: {d: c[-1] for (n, d), c in curves.items() if n == name} for name in BLOCKS}
    lab.save(plots.with_sizes(draw_depths(norms, curves, final), data))
    title = "Artık blok: ilki izdüşümle (784 → 64), ikincisi olduğu gibi atlar"
    lab.save(plots.model_graph(drawn, title), "_cizge")

    plain, residual = rows[-2:]
    lab.observe(
        f"{plain['derinlik']} katmanda ilk bloğun gradyanı son bloğunkinin düz ağda "
        f"{plain['ilk/son blok gradyanı']:.0e}, artık bağlantılı ağda "
        f"{residual['ilk/son blok gradyanı']:.1f} katı; doğruluk düz ağda "
        f"{percent(plain['doğrulama doğruluğu'])}, artık bağlantılıda "
        f"{percent(residual['doğrulama doğruluğu'])}. Aradaki "
        f"{residual['parametre'] - plain['parametre']} parametre ilk bloğun izdüşümüdür."
    )
    return {"rows": rows, "start": max(starts), "final": final, "curves": curves}


# %% 5 · Kayıp ağırlıkları
def two_headed() -> keras.Model:
    """Bir gövde, iki çıkış: rakam (10 sınıf) ve delik sayısı (0, 1, 2)."""
    image = keras.Input((784,), name="image")
    x = layers.Dense(TRUNK, "relu")(image)
    digit = layers.Dense(10, "softmax", name="digit")(x)
    holes = layers.Dense(3, "softmax", name="holes")(x)
    return keras.Model(image, [digit, holes])


def loss_by_hand(model, x, targets: dict, weights: dict) -> tuple[dict, float]:
    """Her çıkışın kaybı (doğru sınıfın -log olasılığı) ve ağırlıklı toplam Σ w · kayıp."""
    parts = {}
    for name, p in zip(model.output_names, model(x), strict=True):
        parts[name] = float(-np.log(p.numpy()[np.arange(len(p)), targets[name]]).mean())
    return parts, sum(weights[name] * loss for name, loss in parts.items())


def output_traps(x, y: dict) -> dict:
    """Çıkış adlarıyla düşülen iki tuzak; sonuncusu ikincinin çaresidir."""
    alone, both = two_headed(), two_headed()
    alone.compile("adam", {"digit": CROSS_ENTROPY})
    both.compile("adam", dict.fromkeys(y, CROSS_ENTROPY), metrics=dict.fromkeys(y, "accuracy"))

    def stopped(**mode):
        stop = keras.callbacks.EarlyStopping("val_digit_accuracy", **mode)
        both.fit(x, y, BATCH, verbose=0, validation_data=(x, y), callbacks=[stop])

    return {
        "loss içinde holes yok": (
            lambda: alone.fit(x, y, BATCH, verbose=0),
            "her çıkışa kayıp; istenmeyene w = 0",
        ),
        "mode yok": (stopped, 'mode="max"'),
        'mode="max"': (lambda: stopped(mode="max"), "-"),
    }


def draw_trade_off(scores) -> object:
    """Solda ağırlığa karşı iki doğruluk; sağda birbirine karşı."""
    fig, (left, right) = plots.figure("Kayıp ağırlıkları: iki çıkışın ödünleşimi", 1, 2)
    means = {name: [np.mean(s[name]) for s in scores.values()] for name in ("digit", "holes")}
    for i, (name, label) in enumerate((("digit", "rakam"), ("holes", "delik sayısı"))):
        stds = [np.std(s[name]) for s in scores.values()]
        left.errorbar(list(scores), means[name], stds, label=label, capsize=8, **plots.look(i))
    left.set(xlabel="delik kaybının ağırlığı w (rakamınki 1 - w)", ylabel="doğrulama doğruluğu")
    left.legend(loc="lower center")
    right.plot(means["digit"], means["holes"], **plots.look(2))
    for x, y, weight in zip(means["digit"], means["holes"], scores, strict=True):
        look = {"textcoords": "offset points", "size": plots.FONT - 1.5}
        right.annotate(f"w = {weight:g}", (x, y), (-10, -26), ha="right", **look)
    right.margins(0.2)
    right.set(xlabel="rakam doğruluğu", ylabel="delik sayısı doğruluğu")
    for axis in (left.yaxis, right.xaxis, right.yaxis):
        plots.percent_axis(axis)
    return fig


@lab.section
def multi_output_loss_weights():
    """Kayıp ağırlıkları: iki çıkış bir gövdeyi paylaşır

    Rakam ve delik sayısı sekiz nöronu paylaşıyor. Delik kaybının ağırlığı büyüdükçe rakam
    doğruluğu ne olur? Ağırlık 0 olunca o çıkış ne bilir? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_TRAIN), N_VAL)
    y = {"digit": data.y_train, "holes": HOLES[data.y_train]}
    y_val = {"digit": data.y_val, "holes": HOLES[data.y_val]}
    scores, totals = {}, []
    for weight in lab.each(lab.pick(HOLE_WEIGHTS, HOLE_WEIGHTS[::2]), "delik kaybının ağırlığı"):
        model = two_headed()
        weights = {"digit": 1 - weight, "holes": weight}
        model.compile(
            optimizer="adam",
            loss={"digit": CROSS_ENTROPY, "holes": CROSS_ENTROPY},
            loss_weights=weights,
        )
        runs = []
        for seed in lab.seeds(SEEDS):
            train(model, two_headed, seed, data.x_train, y, BATCH, lab.few(EPOCHS_WEIGHTS))
            runs.append(accuracies(model, data.x_val, y_val))
        scores[weight] = by_output(runs)
        parts, total = loss_by_hand(model, data.x_val, y_val, weights)
        by_keras = float(model.compute_loss(y=list(y_val.values()), y_pred=model(data.x_val)))
        row = {"w": weight} | {f"{name} kaybı": loss for name, loss in parts.items()}
        totals.append(row | {"Σ w · kayıp (elle)": total, "loss (Keras)": by_keras})
    score_table(scores, f"Doğrulama doğruluğu, {lab.few(SEEDS)} tohum", "w")
    lab.table(totals, "Toplam kayıp: elle ve Keras'la", suffix="_toplam")
    few = data.x_val[:BATCH], {name: target[:BATCH] for name, target in y_val.items()}
    title = 'Çıkış adlarıyla tuzaklar: EarlyStopping("val_digit_accuracy")'
    traps = show_refusals(output_traps(*few), title, "_tuzaklar")
    lab.save(model)

    lab.save(plots.with_sizes(draw_trade_off(scores), data))
    first, *_, last = scores.values()
    lost = max(abs(row["Σ w · kayıp (elle)"] - row["loss (Keras)"]) for row in totals)
    lab.observe(
        f"w = 0 iken rakam {percent(np.mean(first['digit']))}, delik "
        f"{percent(np.mean(first['holes']))}; w = 1 iken rakam {percent(np.mean(last['digit']))}, "
        f"delik {percent(np.mean(last['holes']))}. Elle bulunan toplam Keras'ınkinden en çok "
        f"{lost:.0e} ayrılıyor."
    )
    return {"scores": scores, "totals": totals, "traps": traps}


# %% 6 · Yardımcı kayıp
def deep_with_auxiliary(depth: int = AUX_DEPTH) -> keras.Model:
    """Derin düz ağ; yarı yolda aynı rakamı tahmin eden yardımcı çıkış (`aux`)."""
    image = keras.Input((784,), name="image")
    x = image
    for number in range(1, depth + 1):
        x = layers.Dense(DEEP_WIDTH, "relu")(x)
        if number == depth // 2:
            aux = layers.Dense(10, "softmax", name="aux")(x)
    main = layers.Dense(10, "softmax", name="main")(x)
    return keras.Model(image, [main, aux])


def without_head(model) -> keras.Model:
    """Yalnız ana çıkışa giden alt model: aynı katmanlar, aynı ağırlıklar, kopya değil."""
    return keras.Model(model.input, model.get_layer("main").output)


def layer_gradients(model, x, y, aux_weight: float) -> list[float]:
    """Kaybın her gizli katmanın ağırlıklarına göre gradyanının normu."""
    hidden = [layer.kernel for layer in model.layers if layer.name.startswith("dense")]
    entropy = keras.losses.sparse_categorical_crossentropy
    with tf.GradientTape() as tape:
        main, aux = model(x)
        loss = tf.reduce_mean(entropy(y, main)) + aux_weight * tf.reduce_mean(entropy(y, aux))
    return [float(tf.norm(gradient)) for gradient in tape.gradient(loss, hidden)]


def draw_auxiliary(norms, scores, data):
    """Küçük bir örneğin çizgesi, eğitimden önce gradyanlar, doğruluklar."""
    fig, axes = plots.mosaic("Yardımcı kayıp: yarı yoldan gelen gradyan", "GGGLLLXX")
    plots.curves(axes["L"], norms, "gizli katman (1: girdiye yakın)", "ağırlık gradyanı (norm)")
    axes["L"].set(yscale="log", title="eğitimden önce")
    plots.with_sizes(fig, data)
    draw_scores(axes["X"], scores)
    plots.model_graph(deep_with_auxiliary(DRAWN_DEPTH), f"{DRAWN_DEPTH} katmanlısı", axes["G"])
    return fig


@lab.section
def auxiliary_loss():
    """Yardımcı kayıp: derin ağa yarı yoldan gradyan

    Yarı yola eklenen çıkış, ilk katmanın gradyanını kaç kat büyütür? Eğitimden sonra o çıkış
    kesilip atılınca ana çıkış değişir mi? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_AUX), N_VAL)
    y = {"main": data.y_train, "aux": data.y_train}
    y_val = {"main": data.y_val, "aux": data.y_val}
    full = deep_with_auxiliary()
    inference = without_head(full)
    few = data.x_train[:BATCH], data.y_train[:BATCH]
    norms = {"yardımcı kayıpla": layer_gradients(full, *few, AUX_WEIGHT)}
    norms["yalnız ana kayıp"] = layer_gradients(full, *few, 0.0)
    losses = {"main": CROSS_ENTROPY, "aux": CROSS_ENTROPY}
    full.compile("adam", loss=losses, loss_weights={"main": 1.0, "aux": AUX_WEIGHT})
    plain = without_head(deep_with_auxiliary())  # karşılaştırma: yardımcı çıkışsız eğitim
    plain.compile("adam", loss=CROSS_ENTROPY)
    builds = {full: deep_with_auxiliary, plain: lambda: without_head(deep_with_auxiliary())}
    runs = {full: [], plain: []}
    for seed in lab.each(lab.seeds(SEEDS), "iki eğitim, tohum"):
        for model, build in builds.items():
            target = y if model is full else y["main"]
            train(model, build, seed, data.x_train, target, BATCH, lab.few(EPOCHS_AUX))
            runs[model].append(accuracies(model, data.x_val, y_val))
    scores = {n: by_output(runs[m]) for n, m in (("yardımcı kayıpla", full), ("yalın", plain))}
    ends = {name: {"main": found["main"]} for name, found in scores.items()}
    score_table(ends, f"{AUX_DEPTH} katman, {lab.few(SEEDS)} tohum", "eğitim")

    cut = largest_difference([full(data.x_val)[0]], [inference(data.x_val)])
    kept = {id(v) for v in inference.variables}
    lab.save(draw_auxiliary(norms, ends, data))
    times = norms["yardımcı kayıpla"][0] / norms["yalnız ana kayıp"][0]
    aided, plainly = (np.array(found["main"]) for found in ends.values())
    wins = int(np.sum(aided > plainly))
    lab.observe(
        f"Yardımcı kayıp ilk katmanın gradyanını {times:.0f} katına çıkardı. Ana çıkışın "
        f"doğruluğu onunla {percent(aided.mean(), aided.std())}, onsuz "
        f"{percent(plainly.mean(), plainly.std())}; {len(aided)} tohumun {wins} tanesinde onunla "
        f"yüksek. Çıkış kesilince {full.count_params() - inference.count_params()} parametre "
        f"eksildi, ana çıkış {cut:g} kadar değişti."
    )
    shared = kept < {id(v) for v in full.variables}
    found = {"norms": norms, "times": times, "cut": cut, "shared": shared}
    return found | {"scores": scores, "counts": (full.count_params(), inference.count_params())}


# %% 7 · Paylaşılan katmanlar
def encoder(name: str) -> keras.Sequential:
    """Görüntü → 32 sayılık kod."""
    hidden = [layers.Dense(width, "relu") for width in ENCODER]
    return keras.Sequential([layers.Input(shape=(784,)), *hidden], name=name)


def pair_network(shared: bool) -> keras.Model:
    """İki rakam → toplamları (0-18) ve hangisinin büyük olduğu."""
    first, second = keras.Input((784,), name="first"), keras.Input((784,), name="second")
    one = encoder("encoder")
    two = one if shared else encoder("encoder_2")  # paylaşılan: aynı nesne iki kez çağrılır
    x = layers.concatenate([one(first), two(second)])
    x = layers.Dense(64, "relu")(x)
    total = layers.Dense(19, "softmax", name="sum")(x)
    larger = layers.Dense(3, "softmax", name="larger")(x)  # 0: ikinci, 1: eşit, 2: birinci
    return keras.Model([first, second], [total, larger])


def pairs_of(x, digits, count: int, rng) -> tuple[dict, dict]:
    """Verilen görüntülerden çekilen çiftler: (girdiler, hedefler)."""
    i, j = rng.integers(len(x), size=(2, count))
    larger = 1 + np.sign(digits[i] - digits[j])
    return {"first": x[i], "second": x[j]}, {"sum": digits[i] + digits[j], "larger": larger}


def pair_parameters(shared: bool) -> int:
    """Elle: bir ya da iki kodlayıcı, birleşen kodlar, iki çıkış."""
    one = (784 + 1) * 128 + (128 + 1) * 32
    head = (2 * 32 + 1) * 64 + (64 + 1) * 19 + (64 + 1) * 3
    return (1 if shared else 2) * one + head


def draw_pairs(model, scores, x, y):
    """Çizge, dört doğrulama çifti ve doğruluklar."""
    fig, axes = plots.mosaic("Paylaşılan kodlayıcı: iki görüntü, bir ağırlık kümesi", PAIR_LAYOUT)
    predicted = np.argmax(model(x)[0], axis=1)
    for i, letter in enumerate("ABCD"):
        picture = np.hstack([x[name][i].reshape(28, 28) for name in ("first", "second")])
        axes[letter].imshow(picture, cmap="gray_r")
        axes[letter].set_title(f"toplam {y['sum'][i]}, tahmin {predicted[i]}")
        axes[letter].axis("off")
    draw_scores(axes["X"], scores)
    axes["X"].set_ylabel("doğruluk")
    plots.model_graph(model, "", axes["G"])
    return fig


@lab.section
def shared_layers():
    """Paylaşılan katmanlar: iki rakamın toplamı

    İki görüntü aynı kodlayıcıdan geçiyor. Ayrı iki kodlayıcı kaç parametre fazla ister, ve daha
    mı iyi öğrenir? Önce tahmin edin.
    """
    data = load_mnist(lab.few(N_PAIRS), N_VAL)
    rng = np.random.default_rng(lab.seed)  # çiftler parçaların içinde kurulur, karışmaz
    x, y = pairs_of(data.x_train, data.y_train, lab.few(N_PAIRS), rng)
    x_val, y_val = pairs_of(data.x_val, data.y_val, N_PAIRS_VAL, rng)
    x_test, y_test = pairs_of(data.x_test, data.y_test, N_PAIRS_VAL, rng)
    models, scores, rows = {}, {}, []
    for name, shared in (("ayrı", False), ("paylaşılan", True)):
        model = models[name] = pair_network(shared)
        optimizer = keras.optimizers.Adam(learning_rate=PAIR_LR)
        model.compile(optimizer, loss={"sum": CROSS_ENTROPY, "larger": CROSS_ENTROPY})
        runs = []
        for seed in lab.each(lab.seeds(SEEDS), f"{name} kodlayıcı, tohum"):
            epochs = lab.few(EPOCHS_PAIRS)
            train(model, lambda s=shared: pair_network(s), seed, x, y, BATCH, epochs)
            runs.append(accuracies(model, x_val, y_val))
        scores[name] = by_output(runs)
        row = {"kodlayıcı": name, "elle": pair_parameters(shared), "Keras": model.count_params()}
        rows.append(row | {n: np.mean(values) for n, values in scores[name].items()})
    lab.table(rows, f"{lab.few(SEEDS)} tohum", {"sum": percent, "larger": percent})
    test = accuracies(model, x_test, y_test)
    lab.save(model)
    lab.save(draw_pairs(model, scores, x_val, y_val))

    separate, together = (np.array(scores[name]["sum"]) for name in scores)
    gap = (together.mean() - separate.mean()) * 100
    lab.observe(
        f"Paylaşılan kodlayıcıyla {rows[1]['Keras']}, ayrı kodlayıcılarla {rows[0]['Keras']} "
        f"parametre. Toplamda doğruluk paylaşılanla {percent(together.mean(), together.std())}, "
        f"ayrıyla {percent(separate.mean(), separate.std())}: fark {gap:+.1f} puan "
        f"({len(together)} tohum). Paylaşılanın test çiftlerinde doğruluğu: toplam "
        f"{percent(test['sum'])}, büyük olan {percent(test['larger'])}."
    )
    found = {"rows": rows, "scores": scores, "test": test, "models": models}
    return found | {"pairs": {"train": x, "val": x_val, "test": x_test}}


# %% 8 · İstediğin topoloji
def inception() -> keras.Model:
    """Paralel dallar: aynı görüntüye üç pencereyle bakılır (Szegedy vd., 2015)."""
    image = keras.Input((784,), name="image")
    x = layers.Reshape((28, 28, 1))(image)
    looks = [
        layers.Conv2D(FILTERS, k, padding="same", activation="relu", name=f"conv_{k}x{k}")(x)
        for k in KERNELS
    ]
    x = layers.MaxPooling2D()(layers.Concatenate()(looks))
    return keras.Model(image, layers.Dense(10, "softmax", name="digit")(layers.Flatten()(x)))


def u_net() -> keras.Model:
    """Daralan ve genişleyen kol arasında uzun atlamalar (Ronneberger vd., 2015)."""
    image = keras.Input((784,), name="image")
    down_1 = layers.Dense(128, "relu", name="down_1")(image)
    down_2 = layers.Dense(64, "relu", name="down_2")(down_1)
    x = layers.Dense(16, "relu", name="middle")(down_2)
    x = layers.Dense(64, "relu", name="up_2")(x)
    x = layers.Dense(128, "relu", name="up_1")(layers.Concatenate()([x, down_2]))
    x = layers.Concatenate()([x, down_1])
    return keras.Model(image, layers.Dense(784, "sigmoid", name="picture")(x))


def dense_net() -> keras.Model:
    """Her katman kendinden öncekilerin hepsini okur (Huang vd., 2017)."""
    image = keras.Input((784,), name="image")
    seen = [layers.Dense(32, "relu")(image)]
    seen.append(layers.Dense(32, "relu")(seen[0]))
    for _ in range(2):
        seen.append(layers.Dense(32, "relu")(layers.Concatenate()(seen)))
    x = layers.Concatenate()(seen)
    return keras.Model(image, layers.Dense(10, "softmax", name="digit")(x))


ZOO = {
    "inception": ("Inception: paralel dallar", inception),
    "u_net": ("U-Net: uzun atlamalar", u_net),
    "dense_net": ("DenseNet: herkes öncekileri okur", dense_net),
    "siyam": ("Siyam ağı: paylaşılan katman", lambda: pair_network(shared=True)),
}


def topology(name: str, model, fig) -> dict:
    """Çizgede ne var: katman, bağlantı, dallanma, birleşme, atlama; çizilen kutu ve ok."""
    nodes, edges = plots.graph_of(model)
    level = plots.graph_levels(nodes, edges)
    sources, targets = zip(*edges, strict=True)
    return {
        "model": name,
        "katman": len(nodes),
        "kutu": len(fig.axes[0].texts),
        "bağlantı": len(edges),
        "ok": sum(isinstance(patch, FancyArrowPatch) for patch in fig.axes[0].patches),
        "çok ok çıkan": sum(sources.count(node) > 1 for node in nodes),
        "çok ok giren": sum(targets.count(node) > 1 for node in nodes),
        "atlayan ok": sum(level[target] - level[source] > 1 for source, target in edges),
    }


def draw_maps(image, maps):
    """Görüntü ve her dalın haritaları, satır satır."""
    fig, axes = plots.figure("Aynı görüntü, üç pencere: aktivasyon haritaları", 3, FILTERS + 1)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    for row, k, values in zip(axes, KERNELS, maps, strict=True):
        row[0].imshow(image.reshape(28, 28), cmap="gray_r")
        row[0].set_ylabel(f"{k} x {k} piksel")
        for i, ax in enumerate(row[1:]):
            ax.imshow(values[0, :, :, i], cmap="gray_r")
            ax.set_title(f"harita {i + 1}")
    return fig


@lab.section
def custom_topology():
    """İstediğin topoloji: küçük bir model bahçesi

    Çizgelerde kaç dallanma, kaç birleşme, kaç atlama var? Bir ara katmanın çıktısını görmek için
    modeli yeniden eğitmek gerekir mi? Önce tahmin edin.
    """
    rows, models = [], {}
    for name, (title, build) in ZOO.items():
        model = models[name] = build()
        fig = plots.model_graph(model, title)
        rows.append(topology(name, model, fig))
        lab.save(fig, f"_{name}")
    lab.table(rows, "Yönlü döngüsüz çizgeler: modelde ve çizimde")

    data = load_mnist(lab.few(N_MAPS), N_VAL)
    model = models["inception"]
    model.compile(optimizer="adam", loss=CROSS_ENTROPY)
    model.fit(data.x_train, data.y_train, BATCH, verbose=0)
    branches = [model.get_layer(f"conv_{k}x{k}") for k in KERNELS]
    reader = keras.Model(model.input, [branch.output for branch in branches])  # eğitim gerekmez
    image = data.x_val[:1]
    maps = [values.numpy() for values in reader(image)]
    by_layer = [branch(image.reshape(1, 28, 28, 1)).numpy() for branch in branches]
    difference = largest_difference(maps, by_layer)
    learned = accuracies(model, data.x_val, {"digit": data.y_val})["digit"]
    lab.save(draw_maps(image, maps))
    most = max(rows, key=lambda row: row["atlayan ok"])
    lab.observe(
        f"{len(rows)} modelin {sum(row['katman'] for row in rows)} katmanı "
        f"{sum(row['kutu'] for row in rows)} kutu, {sum(row['bağlantı'] for row in rows)} "
        f"bağlantısı {sum(row['ok'] for row in rows)} ok olarak çizildi. En çok atlama: "
        f"{most['model']} ({most['atlayan ok']} ok). Alt modelin okuduğu haritalar katmanı tek "
        f"başına çağırınca çıkandan {difference:g} kadar ayrılıyor; bir epoch sonunda doğruluk "
        f"{percent(learned)}."
    )
    return {"rows": rows, "models": models, "difference": difference, "learned": learned}


# %% Sıra sizde
lab.exercise(
    "temel",
    "multi_output_loss_weights",
    "Gövde genişleyince iki çıkış hâlâ yarışır mı? w = 0.9 iken rakam doğruluğu ne olur?",
    "w = 0.9 iken rakam doğruluğu",
    lambda found: np.mean(found["scores"][0.9]["digit"]),
    0.84,
    0.94,
    {"TRUNK": 64},
    percent,
)
lab.exercise(
    "orta",
    "residual_blocks",
    "Sığ ağda artık bağlantı hâlâ gerekli mi? Düz ağ hangi doğruluğa varır?",
    "En derin düz ağın doğruluğu",
    lambda found: found["final"]["düz"][max(found["final"]["düz"])],
    0.65,
    0.92,
    {"DEPTHS": (4, 8)},
    percent,
)
lab.exercise(
    "ileri",
    "concatenate_or_add",
    "MERGES sözlüğünün sonuna çarpan bir birleştirme ekleyin (layers.Multiply, adı "
    '"Multiply"); parametre sayısını elle de yazın. Hangi birleştirmeninkiyle aynıdır, doğruluğu '
    "da aynı mıdır?",
    "Multiply'ın doğruluğu",
    lambda found: np.mean(found["scores"]["Multiply"]["digit"]),
    0.89,
    0.96,
    write=percent,
)


if __name__ == "__main__":
    lab.run()
