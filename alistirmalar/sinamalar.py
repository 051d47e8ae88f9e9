"""Alıştırma dosyalarından ne istenir: `--sira yaz` bunları sınar.

Her fonksiyon öğrencinin dosyasında tanımlanan adları alır. Her ölçüt için bir cümle,
cümlenin doğru olup olmadığı ve doğru değilse nereye bakılacağı döner.
"""

import keras
import numpy as np
from keras import layers, regularizers
from keras.callbacks import EarlyStopping

from common import (
    largest_difference,
    load_breast_cancer,
    number,
    percent,
    restart,
)

SEED = 42  # karşılaştırılan iki eğitim aynı yerden başlar


def sequential(student):
    """01_sequential.py: modelin kendisi, eğitimi, doğruluğu."""
    data = load_breast_cancer()
    model = student.build()
    yield (
        "build() bir Sequential modeli döndürüyor",
        isinstance(model, keras.Sequential),
        f"Sizinki {type(model).__name__}: keras.Sequential'a, return model'e bakın.",
    )
    shape = getattr(model, "input_shape", None)
    yield (
        "Modelin girdisi 30 sütundur",
        shape == (None, 30),
        f"Sizin modelinizin girdisi: {shape}. layers.Input'un shape'ine bakın.",
    )
    found = model.count_params()
    yield (
        "Modelin 513 parametresi var",
        found == 513,
        f"Sizinkinin {found} var: gizli katmanda 16, çıkışta 1 nöron olmalı.",
    )
    p = np.array(model(1000 * data.x_val))  # büyük girdi aktivasyonun sınırını gösterir
    yield (
        "Model her hasta için 0 ile 1 arasında bir olasılık veriyor",
        0 <= p.min() < p.max() <= 1,
        f"Sizinki {number(p.min())} ile {number(p.max())} arasında: son katmana bakın.",
    )
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    part = keras.Model(model.inputs[0], dense[-1].input)
    hidden = part(data.x_val)
    trained = np.array(part(data.x_val, training=True))
    closed = (trained == 0) & (hidden != 0)
    yield (
        "Dropout eğitimde gizli nöronların %30'unu kapatıyor",
        np.any(closed) and np.allclose(trained, np.where(closed, 0, hidden / 0.7)),
        "Dropout'un oranına ve yerine bakın: gizli katmanla çıkış katmanı arasındadır.",
    )
    yield (
        "Gizli nöronlar ReLU'dan geçiyor: eksi değer yok, artı değerin sınırı yok",
        is_relu(hidden, part(2 * data.x_val)),
        "Gizli katmanın aktivasyonuna bakın.",
    )
    optimizer = getattr(model, "optimizer", None)
    kind = type(optimizer).__name__
    rate = float(getattr(optimizer, "learning_rate", 0))
    yield (
        "Derlenen modelin optimizer'ı, öğrenme hızı 0,01 olan bir Adam'dır",
        kind == "Adam" and np.isclose(rate, 0.01),
        f"Sizinki {kind}, öğrenme hızı {number(rate)}: compile'ın satırlarına bakın.",
    )

    rows = np.arange(544) % len(data.x_train)  # 30, 31 ve 32'liklerin sayısı ayrılır
    history = student.train(model, data.x_train[rows], data.y_train[rows], data.val)
    yield (
        "train() fit'in döndürdüğü geçmişi döndürüyor",
        isinstance(history, keras.callbacks.History),
        f"Sizinki {type(history).__name__}: return history'ye, .history'ye bakın.",
    )
    epochs = len(history.epoch)
    told = history.history.get("val_loss", [])
    own = model.evaluate(*data.val, return_dict=True)
    yield (
        "Her epoch'un sonunda train()'e verilen val ölçülüyor",
        len(told) == epochs and np.isclose(told[-1], own["loss"], atol=1e-4),
        "fit'e doğrulama kümesi olarak validation_data=val verin.",
    )
    steps = int(model.optimizer.iterations)
    yield (
        "544 hastayla eğitim 5 epoch'ta 90 adım atıyor: mini-batch'ler 31'liktir",
        (epochs, steps) == (5, 90),
        f"Sizinki {epochs} epoch'ta {steps} adım attı: epochs ve batch_size'a bakın.",
    )
    wanted = keras.losses.BinaryCrossentropy()(data.y_val[:, None], model(data.x_val))
    yield (
        "Kayıp iki sınıfın cross-entropy'sidir",
        np.isclose(own["loss"], wanted, atol=1e-4),
        f"Sizinki {number(own['loss'])}, cross-entropy {number(wanted)}: loss'a bakın.",
    )
    accuracy = own.get("accuracy", np.nan)
    yield (
        f"Doğrulama doğruluğu %93 ile %100 arasındadır ({percent(accuracy)})",
        accuracy >= 0.93,
        "Yukarıda ✗ yoksa metrics=[\"accuracy\"] satırına, fit'in x'ine, y'sine bakın.",
    )


def is_relu(values, doubled):
    """ReLU eksi değer vermez; girdi iki katına çıkınca değerler de çıkar (bias 0)."""
    return np.min(values) >= 0 and np.allclose(doubled, 2 * values, atol=1e-4)


def callback(student):
    """02_callback.py: önce kancalar elle çağrılır, sonra gerçek bir eğitim."""
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(16, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    keeper = student.KeepBest()
    losses = [1e30, 0.4, 0.6]  # ilk kayıp, ne kadar büyük olsa da rekordur
    records, untouched = play(keeper, model, losses)
    yield (
        "best her epoch'un sonunda, o âna kadarki en küçük doğrulama kaybıdır",
        records == [1e30, 0.4, 0.4],
        f"Doğrulama kaybı {losses} iken sizin rekorunuz {records} oldu: "
        "on_train_begin ile on_epoch_end'e bakın.",
    )
    yield (
        "on_epoch_end modelin ağırlıklarını değiştirmiyor",
        untouched,
        "Ağırlıkları yalnız on_train_end içinde geri koyun.",
    )
    restored = model.get_weights()[0].max()
    yield (
        "on_train_end en iyi epoch'un ağırlıklarını geri koyuyor",
        restored == 1,
        "Ağırlıkların ne zaman kopyalandığına ve geri konup konmadığına bakın.",
    )
    records, _ = play(keeper, model, [0.8, 0.7, 0.75])
    yield (
        "Aynı callback ikinci eğitimde baştan başlıyor",
        records == [0.8, 0.7, 0.7],
        "on_train_begin her eğitimden önce çağrılır: rekor orada yeniden başlatılmalı.",
    )

    model.compile(keras.optimizers.Adam(0.2), loss="binary_crossentropy")
    data = load_breast_cancer()
    few = data.x_train[:60], data.y_train[:60]  # az hasta: doğrulama kaybı inip çıkar
    ends = []
    for kept in (keeper, EarlyStopping(patience=3, restore_best_weights=True)):
        restart(model, SEED)
        model.fit(*few, 60, epochs=3, validation_data=data.val, callbacks=[kept])
        ends.append(model.get_weights())
    gap = largest_difference(*ends)
    yield (
        "fit'ten sonra ağırlıklar EarlyStopping'in geri koyduklarıyla aynıdır",
        gap == 0,
        f"En büyük fark {number(gap)}: yukarıdaki ölçütlere bakın.",
    )


def play(keeper, model, losses):
    """Kancaları fit gibi sırayla çağırır; ağırlıklar epoch'un numarasıdır (0, 1, 2).

    Her epoch'tan sonraki rekor, bir de ağırlıkların o sırada değişmediği döner.
    """
    keeper.set_model(model)
    keeper.on_train_begin()
    records = []
    untouched = True
    for epoch, loss in enumerate(losses):
        model.set_weights([np.full_like(part, epoch) for part in model.get_weights()])
        keeper.on_epoch_end(epoch, {"loss": 0.5 - 0.1 * epoch, "val_loss": loss})
        records.append(keeper.best)
        untouched = untouched and np.all(model.get_weights()[0] == epoch)
    keeper.on_train_end()
    return records, untouched


def functional(student):
    """03_functional.py: iki girdi, birleştirme, iki çıkış, kayıpların toplamı."""
    model = student.build()
    yield (
        "build() derlenmiş bir keras.Model döndürüyor",
        isinstance(model, keras.Model) and model.compiled,
        "build() içinde model.compile(…) çağrılmalı, sonunda return model yazmalı.",
    )
    inputs = {tensor.name: tensor.shape[1] for tensor in model.inputs}
    yield (
        "Modelin iki girdisi num (20 sütun) ile cat'tir (10 sütun)",
        inputs == {"num": 20, "cat": 10},
        f"Sizin modelinizin girdileri: {inputs}",
    )
    widths = [tensor.shape[1] for tensor in model.outputs]
    outputs = dict(zip(model.output_names, widths, strict=True))
    yield (
        "Modelin iki çıkışı main (1 sayı) ile aux'tur (3 sayı)",
        outputs == {"main": 1, "aux": 3},
        f"Sizin modelinizin çıkışları: {outputs}",
    )
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    h = model.get_layer("main").input
    yield (
        "aux da main gibi h'den çıkıyor",
        any(layer.units == 3 and layer.input is h for layer in dense),
        "aux'un katmanını h'ye bağlayın.",
    )
    rng = np.random.default_rng(SEED)
    x = {"num": rng.normal(size=(64, 20)), "cat": rng.normal(size=(64, 10))}
    before = predicted(model, x)
    moved = {}
    for name in x:
        other = x | {name: x[name] + 1}
        after = predicted(model, other).values()
        moved[name] = largest_difference(after, before.values())
    yield (
        "İki girdi de çıkışları değiştiriyor",
        min(moved.values()) > 0,
        f"Etkisi olmayan girdi: {min(moved, key=moved.get)}. x2 ile merged'e bakın.",
    )
    found = model.count_params()
    yield (
        "Modelin 660 parametresi var",
        found == 660,
        f"Sizinkinin {found} var: x2 ile aux'un nöron sayısına, merged'e bakın.",
    )
    (merged,) = [layer.input for layer in dense if layer.output is h]
    branches = keras.Model(model.inputs, merged)
    doubled = {name: 2 * columns for name, columns in x.items()}
    yield (
        "İki dal da ReLU'dan geçiyor: eksi değer yok, artı değerin sınırı yok",
        is_relu(branches(x), branches(doubled)),
        "x2'nin aktivasyonuna bakın.",
    )
    main, aux = before["main"], before["aux"]
    yield (
        "aux üç sınıfa toplamı 1 olan olasılıklar veriyor",
        np.allclose(aux.sum(axis=1), 1, atol=1e-4),
        "Sınıflardan biri seçilecek: aux'un aktivasyonuna bakın.",
    )
    y = {"main": rng.integers(0, 2, 64), "aux": rng.integers(0, 3, 64)}
    model.run_eagerly = True
    told, *_ = model.evaluate(x, y)
    main_loss = keras.losses.BinaryCrossentropy()(y["main"][:, None], main)
    aux_loss = keras.losses.SparseCategoricalCrossentropy()(y["aux"], aux)
    total = main_loss + aux_loss / 2
    yield (
        "Toplam kayıp main'in kaybı ile aux'un kaybının yarısının toplamıdır",
        np.isclose(told, total, atol=1e-4),
        f"Sizinki {number(told)}, istenen {number(total)}: loss_weights'e bakın.",
    )


def predicted(model, x):
    """Modelin çıkışları: ad -> NumPy dizisi."""
    outputs = map(np.array, keras.tree.flatten(model(x)))
    return dict(zip(model.output_names, outputs, strict=True))


def train_step(student):
    """04_train_step.py: adım adım fit'in vardığı kayba ve ağırlıklara varır."""
    data = load_breast_cancer()
    x, y = data.x_train[:93], data.y_train[:93, None]  # 31'lik üç mini-batch
    l2 = regularizers.l2(0.01)
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(16, activation="relu", kernel_regularizer=l2),
        layers.BatchNormalization(momentum=0.9),
        layers.Dropout(0.3),
        layers.Dense(1, activation="sigmoid", kernel_regularizer=l2),
    ])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.run_eagerly = True  # üç adım böyle daha çabuk
    restart(model, SEED)
    start = model.get_weights()
    optimizer = keras.optimizers.Adam()
    loss_fn = keras.losses.BinaryCrossentropy()
    accuracy = keras.metrics.BinaryAccuracy()
    losses = []
    for rows in np.split(np.arange(len(x)), 3):
        parts = model, optimizer, loss_fn, accuracy, x[rows], y[rows]
        losses.append(student.train_step(*parts))
    stepped = model.get_weights()
    loss = losses[0]
    yield (
        "train_step() kaybı tek bir sayı olarak döndürüyor",
        loss is not None and np.ndim(loss) == 0,
        f"Sizinki {np.array(loss)} döndürüyor: return loss'a, L2 toplamına bakın.",
    )
    yield (
        "Adım ağırlıkları değiştiriyor",
        not np.array_equal(stepped[0], start[0]),
        "Gradyanları optimizer ile uygulayın.",
    )
    yield (
        "Adım eğitim kipinde atılıyor: BatchNorm'un hareketli ortalaması değişiyor",
        np.any(model.layers[1].moving_mean),
        "Modeli training=True ile çağırın.",
    )

    restart(model, SEED)
    told, *_ = model.train_on_batch(x[:31], y[:31])
    restart(model, SEED)
    fitted = model.fit(x, y, batch_size=31, shuffle=False).history
    yield (
        "İlk adımın kaybı fit'in ilk kaybıyla aynıdır: L2 cezası da içindedir",
        np.isclose(loss, told, atol=1e-4),
        f"Sizinki {number(loss, 4)}, fit'inki {number(told, 4)}: terimlerine bakın.",
    )
    gap = largest_difference(stepped, model.get_weights())
    yield (
        "Üç adım, fit'in vardığı ağırlıklara varıyor",
        gap < 1e-5,
        f"En büyük fark {number(gap)}: tape.gradient ile apply satırlarına bakın.",
    )
    yield (
        "Doğruluk metriği fit'in bildirdiği doğruluğu veriyor",
        np.isclose(accuracy.result(), fitted["accuracy"][0]),
        f"Sizinki {percent(float(accuracy.result()))}, fit'inki "
        f"{percent(fitted['accuracy'][0])}: update_state'e (y, y_pred) verin.",
    )
