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
    kind = type(model).__name__
    yield (
        "build() bir Sequential modeli döndürüyor",
        isinstance(model, keras.Sequential),
        f"Sizinki {kind} döndürüyor: fonksiyonun sonunda return model yazmalı.",
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
    p = np.array(model(data.x_val))
    yield (
        "Model her hasta için 0 ile 1 arasında bir sayı veriyor",
        p.min() >= 0 and p.max() <= 1,
        f"Sizinki {number(p.min())} ile {number(p.max())} arasında sayılar veriyor: "
        "çıkış katmanının aktivasyonuna bakın.",
    )
    hidden = keras.Model(model.inputs[0], model.layers[-1].input)(data.x_val)
    yield (
        "Gizli nöronlar ReLU'dan geçiyor: hiçbiri eksi değer vermiyor",
        np.min(hidden) >= 0,
        "Gizli katmanın aktivasyonuna bakın.",
    )
    rates = [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)]
    yield (
        "Dropout'un oranı 0,3'tür",
        rates == [0.3],
        f"Sizin modelinizdeki Dropout oranlarının listesi: {rates}",
    )
    rate = float(model.optimizer.learning_rate)
    yield (
        "Adam'ın öğrenme hızı 0,01'dir",
        np.isclose(rate, 0.01),
        f"Sizinki {number(rate)}: Adam'a learning_rate verin.",
    )

    history = student.train(model, *data.train, data.val)
    yield (
        "train() fit'in döndürdüğü geçmişi döndürüyor",
        isinstance(history, keras.callbacks.History),
        "model.fit(…) satırının değeri history olmalı.",
    )
    epochs = len(history.epoch)
    steps = int(model.optimizer.iterations)
    yield (
        "Eğitim 5 epoch'ta 55 adım atıyor",
        (epochs, steps) == (5, 55),
        f"Sizinki {epochs} epoch'ta {steps} adım attı: epochs ve batch_size'a bakın.",
    )
    yield (
        "Doğrulama kümesi her epoch'ta ölçülüyor",
        len(history.history.get("val_loss", [])) == epochs,
        "fit'e validation_data verin.",
    )
    told = history.history["val_loss"][-1]
    accuracy = history.history["val_accuracy"][-1]
    wanted = keras.losses.BinaryCrossentropy()(data.y_val[:, None], model(data.x_val))
    yield (
        "Kayıp iki sınıfın cross-entropy'sidir",
        np.isclose(told, wanted, atol=1e-4),
        f"Sizinki {number(told)}, cross-entropy {number(wanted)}: loss'a bakın.",
    )
    yield (
        f"Doğrulama doğruluğu %93 ile %100 arasındadır ({percent(accuracy)})",
        accuracy >= 0.93,
        "Yukarıdaki ✗ satırlarını düzeltince doğruluk artar.",
    )


def callback(student):
    """02_callback.py: önce kancalar elle çağrılır, sonra gerçek bir eğitim."""
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(16, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    keeper = student.KeepBest()
    losses = [0.9, 0.4, 0.6]
    records, untouched = play(keeper, model, losses)
    yield (
        "best her epoch'un sonunda, o âna kadarki en küçük doğrulama kaybıdır",
        records == [0.9, 0.4, 0.4],
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
        "on_train_begin her eğitimin başında çağrılır: rekor orada sıfırlanmalı.",
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
        "build() bir keras.Model döndürüyor",
        isinstance(model, keras.Model),
        "Fonksiyonun sonunda return model yazmalı.",
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
    found = model.count_params()
    yield (
        "Modelin 660 parametresi var",
        found == 660,
        f"Sizinkinin {found} var: dalların genişliğine ve birleştirmeye bakın.",
    )
    rng = np.random.default_rng(SEED)
    x = {"num": rng.normal(size=(64, 20)), "cat": rng.normal(size=(64, 10))}
    before = predicted(model, x)
    moved = {}
    for name in x:
        other = x | {name: x[name] + 1}
        moved[name] = largest_difference(predicted(model, other), before)
    yield (
        "İki girdi de çıkışları değiştiriyor",
        min(moved.values()) > 0,
        f"Etkisi olmayan girdi: {min(moved, key=moved.get)}. Dalların başına bakın.",
    )
    main, aux = before
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
    """Modelin çıkışları, NumPy dizileri olarak."""
    return [np.array(output) for output in model(x)]


def train_step(student):
    """04_train_step.py: adım adım fit'in vardığı kayba ve ağırlıklara varır."""
    data = load_breast_cancer()
    x, y = data.x_train[:155], data.y_train[:155, None]  # 31'lik beş mini-batch
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(16, activation="relu", kernel_regularizer=regularizers.l2(0.01)),
        layers.BatchNormalization(momentum=0.9),
        layers.Dropout(0.3),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.run_eagerly = True  # beş adım böyle daha çabuk
    restart(model, SEED)
    start = model.get_weights()
    loss_fn = keras.losses.BinaryCrossentropy()
    accuracy = keras.metrics.BinaryAccuracy()
    losses = []
    for rows in np.split(np.arange(len(x)), 5):
        parts = model, model.optimizer, loss_fn, accuracy, x[rows], y[rows]
        losses.append(float(student.train_step(*parts)))
    stepped = model.get_weights()
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
    history = model.fit(x, y, batch_size=31, shuffle=False).history
    gap = largest_difference(stepped, model.get_weights())
    yield (
        "Adımın kaybı fit'in kaybıyla aynıdır: L2 cezası da içindedir",
        np.isclose(np.mean(losses), history["loss"][0], atol=1e-4),
        f"Sizinki {number(np.mean(losses), 4)}, fit'inki "
        f"{number(history['loss'][0], 4)}: loss'a giren her terime bakın.",
    )
    yield (
        "Beş adım, fit'in vardığı ağırlıklara varıyor",
        gap < 1e-5,
        f"En büyük fark {number(gap)}: gradyanın neye göre alındığına bakın.",
    )
    yield (
        "Doğruluk metriği fit'in bildirdiği doğruluğu veriyor",
        np.isclose(accuracy.result(), history["accuracy"][0]),
        f"Sizinki {percent(float(accuracy.result()))}, fit'inki "
        f"{percent(history['accuracy'][0])}: update_state'e (y, y_pred) verin.",
    )
