"""Uygulama 02 · Callbacks ve öğrenme hızı (LR) zamanlaması        (11:45-13:00)

Önce callback'ler denenir: Keras'ın üç callback'i, elle yazılanlar, beşi birlikte. Sonra
LR'ye bakılır: aralık testi, sabit LR, zamanlamalar ve yarışları.

    python uygulama_02_callbacks_lr.py                             bütün bölümler
    python uygulama_02_callbacks_lr.py --bolum 3                   tek bölüm
    python uygulama_02_callbacks_lr.py --bolum 3 --ayar lr=0.1     ya şöyle olsaydı?
    python uygulama_02_callbacks_lr.py --yardim                    bütün seçenekler
"""

# %% [markdown]
# # Uygulama 02 · Callbacks ve LR zamanlaması

# %%
from common import Lab

lab = Lab(
    "uygulama_02_callbacks_lr",
    "Uygulama 02 · Callbacks ve LR zamanlaması",
    "11:45-13:00",
)

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from warnings import catch_warnings

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from keras.optimizers import schedules

from alistirmalar import sinamalar
from common import (
    LabError,
    final,
    keras_answer,
    load_breast_cancer,
    load_mnist,
    number,
    paired,
    percent,
    plots,
    restart,
    summary,
    tidy,
)


# %% [markdown]
# ## 1 · EarlyStopping
# %%
def cancer_model(metric="accuracy"):
    """Breast Cancer için küçük bir ağ kurar; bölüm 1, 2, 4, 5, 7 ve 8 onu kullanır."""
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
        layers.Dense(32, activation="relu", kernel_initializer="he_normal"),
        layers.Dense(1, activation="sigmoid"),
    ])
    adam = keras.optimizers.Adam(0.003)  # varsayılanın üç katı: ağ çabuk ezberler
    model.compile(optimizer=adam, loss="binary_crossentropy", metrics=[metric])
    return model


# %%
@lab.section(quick={"patience": 2})
def early_stopping(
    patience=15,  # slayt: iyileşme bu kadar epoch beklenir
    min_delta=1e-4,  # slayt: daha küçük bir düşüş iyileşme sayılmaz
    restore_best_weights=True,  # slayt böyle yazar; yazılmazsa False olur
):
    """EarlyStopping: eğitim nerede durur, hangi ağırlıklar kalır?

    Soru: Eğitim en iyi epoch'tan 15 epoch sonra durur. Durduğu andaki doğrulama kaybı
    en iyi epoch'takinden yüzde kaç yüksektir?
    """
    data = load_breast_cancer()
    model = cancer_model()
    early_stop = keras.callbacks.EarlyStopping(
        monitor="val_loss",
        patience=patience,
        min_delta=min_delta,
        restore_best_weights=restore_best_weights,
    )
    history = model.fit(
        *data.train,
        batch_size=31,  # 341 hasta: 11 eşit mini-batch
        epochs=150,  # erken durdurma bundan önce davranır
        validation_data=data.val,
        callbacks=[early_stop],
    )
    kept = model.evaluate(*data.val, batch_size=31)[0]  # bellekte kalan ağırlıklar
    return tidy(history), early_stop.best_epoch + 1, kept  # Keras 0'dan sayar


# %%
@early_stopping.result
def _(curves, best, kept, patience, restore_best_weights):
    """Neden: Eğitim kaybı düşerken doğrulama kaybı bir yerden sonra yükselir: aşırı
    öğrenme (overfitting). EarlyStopping bunu ancak sabrı (patience) bitince anlar.
    restore_best_weights=True en iyi epoch'un ağırlıklarını geri yükler.
    """
    run = curves.set_index("epoch")
    loss = run["val_loss"]
    scores = run["val_accuracy"].map(percent)
    last = len(run)
    rise = loss[last] / loss[best] - 1
    told = f"{percent(abs(rise))} {'yüksekti' if rise >= 0 else 'düşüktü'}"
    lab.conclude(
        f"Son epoch'un doğrulama kaybı en iyi epoch'takinden {told}. Doğruluk "
        f"{scores[best]} iken {scores[last]} oldu: doğruluk yalnız kararı sayar."
    )
    table = run.loc[[best, last], ["val_loss", "val_accuracy"]]
    lab.table(table, "En iyi epoch ve eğitimin durduğu epoch")
    place = best if restore_best_weights else last
    fig, ax = plots.figure()
    ax.axvspan(best, last, color="gold", alpha=0.3)
    ax.plot(run[["loss", "val_loss"]], linewidth=4, label=["loss", "val_loss"])
    ax.plot(place, kept, "D", markersize=20, color="black")
    ax.set(ylabel="kayıp", xlabel="epoch (sarı: sabır, siyah: bellekte kalan model)")
    ax.set_ylim(0, 1.8 * loss[best])
    plots.label_lines(ax)
    lab.save(fig)
    gap = abs(kept - loss[place])
    lab.check("Eğitim sabrın dolduğu epoch'ta duruyor", last - best, equal=patience)
    lab.check("Bellekteki model işaretli epoch'un modelidir (fark {})", gap, below=1e-6)
    claim = "Doğrulama kaybı sabır sürerken %5'ten çok yükseliyor"
    lab.check(claim, rise, above=0.05, full_size=True)


# %% [markdown]
# ## 2 · ModelCheckpoint
# %%
@lab.section(quick={"epochs": 4})
def model_checkpoint(
    epochs=25,  # doğrulama AUC'si en iyisini görür ve geriler
):
    """ModelCheckpoint: diskte hangi model kalır?

    Soru: monitor="val_auc" ve save_best_only=True ile 25 epoch'un kaçında dosya
    yazılır?
    """
    data = load_breast_cancer()
    metrics = {
        'AUC(name="auc")': keras.metrics.AUC(name="auc"),
        'metrics=["AUC"] (slayt)': "AUC",
    }
    x, y = data.train
    models = []
    runs = lab.runs(cancer_model, metrik=metrics)
    for model in runs:
        recorded = catch_warnings(record=True, action="always", category=UserWarning)
        with recorded as warnings, TemporaryDirectory() as folder:
            checkpoint = keras.callbacks.ModelCheckpoint(
                filepath=f"{folder}/{{epoch}}.keras",  # her kayıt ayrı dosya: sayılır
                monitor="val_auc",
                save_best_only=True,
                mode="max",
            )
            history = model.fit(
                x,
                y,
                batch_size=31,
                epochs=epochs,
                validation_data=data.val,
                callbacks=[checkpoint],
            )
            saved = [int(path.stem) for path in Path(folder).glob("*.keras")]
            models.append(keras.models.load_model(f"{folder}/{max(saved)}.keras"))
        runs.keep(history, yazıldı=[n + 1 in saved for n in history.epoch])
    on_disk = models[0].evaluate(*data.val, batch_size=31)[1]
    return runs.frame, models[0], on_disk, warnings[-1].message


# %%
@model_checkpoint.result
def _(runs, best, on_disk, warning, epochs):
    """Neden: Dosya yalnız val_auc o ana kadarki en iyi değerini aşınca yazılır. Slaytın
    metrics=["AUC"] satırıyla ad val_AUC olur: Keras val_auc'u bulamaz, yalnız uyarır ve
    her epoch'ta yazar. Çaresi ad vermektir: keras.metrics.AUC(name="auc").
    """
    runs["val_auc"] = runs["val_auc"].fillna(runs["val_AUC"])
    files = runs[runs["yazıldı"]].groupby("metrik", sort=False)["val_auc"]
    table = files.agg(yazıldı="count", rekor="max", diskteki="last")
    right, wrong = table["yazıldı"]
    lab.save(best)  # .keras: en iyi model
    lab.conclude(
        f"Dosya {epochs} epoch'un {right} tanesinde yazıldı. Metriğin adı val_AUC "
        f"olunca Keras yalnız uyardı, dosyayı {wrong} kez yazdı."
    )
    lab.table(table, f"val_auc'un rekoru ve dosyadaki. Keras'ın uyarısı: {warning}")
    run = runs[:epochs].set_index("epoch")  # adı doğru olan
    auc = run["val_auc"]
    fig, ax = plots.figure()
    ax.plot(auc, color="grey", linewidth=4)
    ax.plot(auc[run["yazıldı"]], "o", color="C1", markersize=20)
    ax.set(xlabel="epoch (daire: dosya yazıldı)", ylabel="val_auc")
    plots.whole_epochs(ax, epochs)
    lab.save(fig)
    same = run["yazıldı"].equals(auc > auc.cummax().shift(fill_value=0))
    lab.check("Dosya yalnız val_auc rekor kırınca yazıldı", same, equal=True)
    gap = abs(on_disk - auc.max())
    lab.check("Diskteki model en iyi val_auc'u veriyor (fark {})", gap, below=1e-6)
    lab.check("Ad val_AUC olunca dosya her epoch'ta yazıldı", wrong, equal=epochs)


# %% [markdown]
# ## 3 · ReduceLROnPlateau
# %%
@lab.section(
    quick={"epochs": 5, "patience": 1, "seeds": 1},
    limits={"factor": (0.01, 0.9), "lr": (1e-4, 1), "seeds": (1, 4)},
)
def reduce_lr_on_plateau(
    factor=0.3,  # slayt: platoda LR bununla çarpılır
    patience=3,  # slaytta 7 yazar; eğitim kısa olunca 3 epoch'luk sabır yeter
    lr=0.3,  # SGD'yi en iyi yerin çevresinde sıçratacak kadar büyüktür
    epochs=14,  # ilk düşüşten sonrası da görülür
    seeds=3,  # aynı eğitim üç ayrı başlangıç ağırlığıyla yapılır
):
    """ReduceLROnPlateau: plato görünce LR'yi düşür

    Soru: Aynı eğitim üç kez yapılıyor, her seferinde başka başlangıç ağırlıklarıyla.
    LR'nin ilk düşüşünden sonra kayıp bu üç eğitimin kaçında yeni bir en iyiye iner?
    """
    data = load_mnist(10_000, 500)  # az görüntüde kaybı ezber belirler, LR değil

    def build():
        model = keras.Sequential([
            layers.Input(shape=(784,)),
            layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ])
        sgd = keras.optimizers.SGD(momentum=0.9)
        model.compile(optimizer=sgd, loss="sparse_categorical_crossentropy")
        return model

    reduce_lr = keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss", factor=factor, patience=patience, min_lr=1e-7
    )
    runs = lab.runs(build, seeds, LR={"platoda düşen": lr, "baştan küçük": lr * factor})
    for model in runs:
        own = [reduce_lr] if runs.labels["LR"] == "platoda düşen" else []
        history = model.fit(
            *data.train, 100, epochs, validation_data=data.val, callbacks=own
        )
        runs.keep(history)
    return runs.frame


# %%
@reduce_lr_on_plateau.result
def _(runs, seeds):
    """Neden: Büyük LR'de adımlar en iyi yerin çevresinde sıçrar. LR düşünce adımlar
    kısalır, kayıp daha aşağı iner. Callback bunu ancak sabrı bitince yapar.
    """
    falling = runs[runs["LR"] == "platoda düşen"]
    dropped = falling["learning_rate"] < falling["learning_rate"].max()
    table = runs.pivot_table("val_loss", "tohum", "LR", aggfunc="min")
    table["önce"] = falling[~dropped].groupby("tohum")["val_loss"].min()
    table["sonra"] = falling[dropped].groupby("tohum")["val_loss"].min()
    found = table["sonra"] < table["önce"]
    times = f"{seeds} eğitimin {found.sum()} tanesinde"
    lab.conclude(f"LR'nin ilk düşüşü {times} yeni bir en iyi kayıp getirdi.")
    lab.table(table, "En iyi doğrulama kaybı; önce, sonra: LR'nin ilk düşüşünden")
    drops = falling[falling.groupby("tohum")["learning_rate"].diff() < 0]
    fig, axes = plots.figure(1, seeds, sharey=True, squeeze=False)
    for ax, (seed, run) in zip(axes[0], runs.groupby("tohum"), strict=True):
        loss = run.pivot_table("val_loss", "epoch", "LR")
        ax.plot(loss["baştan küçük"], color="grey", linewidth=4)
        ax.plot(loss["platoda düşen"], linewidth=4)
        for epoch in drops["epoch"][drops["tohum"] == seed]:
            ax.axvline(epoch, color="C1", linestyle="--", linewidth=3)
        ax.set_title("yeni en iyi var" if found[seed] else "yeni en iyi yok")
        plots.whole_epochs(ax, loss.index[-1])
    axes[0, 0].set(ylabel="val_loss", ylim=(0, None))
    fig.supxlabel("epoch (kesikli: LR düştü, gri: LR baştan küçük)")
    lab.save(fig)
    fall = paired(table["önce"], table["sonra"]).mean
    lead = paired(table["platoda düşen"], table["baştan küçük"]).mean
    lab.check("LR düşünce en iyi kayıp {} iniyor", fall, above=0.01, full_size=True)
    told = "Baştan küçük LR'nin en iyi kaybı platoda düşenden düşüktür"
    lab.check(told, lead, above=0, full_size=True)


# %% [markdown]
# ## 4 · Callback'in anatomisi
# %%
class HookPrinter(keras.callbacks.Callback):
    """Her kancayı (hook) çağrıldıkça yazar; iç içelik satır başından okunur."""

    def tell(self, depth, name):
        lab.say("    " * depth + name)
        self.calls.append(name)

    def on_train_begin(self, logs=None):
        self.calls = []  # her fit baştan sayar
        self.tell(0, "on_train_begin")

    def on_train_end(self, logs=None):
        self.tell(0, "on_train_end")

    def on_epoch_begin(self, epoch, logs=None):
        self.tell(1, "on_epoch_begin")

    def on_epoch_end(self, epoch, logs=None):
        self.tell(1, "on_epoch_end")

    def on_train_batch_begin(self, batch, logs=None):
        self.tell(2, "on_train_batch_begin")

    def on_train_batch_end(self, batch, logs=None):
        self.tell(2, "on_train_batch_end")

    def on_test_begin(self, logs=None):
        self.tell(2, "on_test_begin")

    def on_test_end(self, logs=None):
        self.tell(2, "on_test_end")

    def on_test_batch_begin(self, batch, logs=None):
        self.tell(3, "on_test_batch_begin")

    def on_test_batch_end(self, batch, logs=None):
        self.tell(3, "on_test_batch_end")


# %%
@lab.section(limits={"steps": (1, 11)})
def callback_anatomy(
    steps=2,  # epoch başına; az adım olunca bütün çağrılar şekle sığar
):
    """Callback'in anatomisi: hangi kanca (hook) ne zaman çağrılır?

    Soru: Eğitim 2 epoch sürüyor; her epoch'ta 2 eğitim adımı ve 1 doğrulama adımı var.
    fit toplam kaç kanca çağırır?
    """
    data = load_breast_cancer()
    model = cancer_model()
    hooks = HookPrinter()
    model.fit(
        data.x_train[: 31 * steps],
        data.y_train[: 31 * steps],
        batch_size=31,
        epochs=2,
        validation_data=(data.x_val[:31], data.y_val[:31]),
        callbacks=[hooks],
    )
    return (hooks.calls,)


# %%
@callback_anatomy.result
def _(calls, steps):
    """Neden: fit her işin başında on_…_begin'i, sonunda on_…_end'i çağırır. Derste
    11 iş vardır: fit, 2 epoch, 4 adım, 2 doğrulama, 2 doğrulama adımı. on_epoch_end
    doğrulamadan sonra gelir: logs'ta val_ metrikleri de vardır.
    """
    lab.conclude(f"fit toplam {len(calls)} kanca çağırdı.")
    table = pd.Series(calls).value_counts(sort=False).rename_axis("kanca")
    lab.table(table.to_frame("kaç kez çağrıldı"), f"2 epoch, epoch başına {steps} adım")
    order = np.array(["", *calls])  # ilk çağrının sırası 1'dir
    fig, ax = plots.figure()
    for job in ("train", "epoch", "train_batch", "test", "test_batch"):
        begin = np.flatnonzero(order == f"on_{job}_begin")
        end = np.flatnonzero(order == f"on_{job}_end")
        color = "C1" if job == "epoch" else "lightgrey"
        ax.barh(f"on_{job}_…", end - begin, left=begin, color=color, edgecolor="black")
    ax.set(xlabel="kaçıncı çağrı (çubuk: begin'den end'e)", xlim=(0, len(calls) + 1))
    ax.invert_yaxis()
    lab.save(fig)
    by_hand = 2 * (1 + 2 * (1 + steps + 1 + 1))
    lab.check("Kanca çağrısı iş sayısının iki katıdır", len(calls), equal=by_hand)
    ending = calls[-3:] == ["on_test_end", "on_epoch_end", "on_train_end"]
    claim = "Son üç kanca on_test_end, on_epoch_end, on_train_end'dir"
    lab.check(claim, ending, equal=True)


# %% [markdown]
# ## 5 · StopAtTarget
# %%
def watched(logs, monitor):
    """Metriğin değerini verir; metrik yoksa hangi adların olduğunu söyler."""
    if monitor not in logs:
        raise LabError(
            f"'{monitor}' adında bir metrik yok. Olanlar: {', '.join(sorted(logs))}.\n"
            "Birini yazın; val_ ile başlayanlar için fit'e validation_data= verin."
        )
    return logs[monitor]


class StopAtTarget(keras.callbacks.Callback):  # slayttaki BaseCallback Keras'ta yok
    """Metrik hedefe varınca durdurur, adımları sayar: slayttaki dört parça."""

    def __init__(self, monitor, target):
        super().__init__()
        self.monitor = monitor
        self.target = target

    def on_train_begin(self, logs=None):
        self.steps = 0  # aynı nesneyle ikinci bir fit sıfırdan sayar

    def on_batch_end(self, batch, logs=None):  # on_train_batch_end'in takma adı
        self.steps += 1

    def on_epoch_end(self, epoch, logs=None):
        if watched(logs, self.monitor) >= self.target:
            self.model.stop_training = True  # fit bu epoch'tan sonra durur


# %%
@lab.section(quick={"target": 0.9, "epochs": 4}, limits={"target": (0, 1)})
def stop_at_target(
    target=0.97,  # doğrulama doğruluğu buna varınca eğitim durur
    epochs=25,  # hedefe varılmazsa eğitim burada biter
):
    """Kendi callback'imiz: hedefe varınca dur

    Soru: Eğitim 25 epoch için başlatılıyor. Doğrulama doğruluğu %97'ye varınca duran
    callback kaç epoch'u yaptırmaz?
    """
    data = load_breast_cancer()
    model = cancer_model()
    stop = StopAtTarget("val_accuracy", target)
    curves = []
    for name, callbacks in {"callback yok": [], "StopAtTarget": [stop]}.items():
        restart(model, lab.seed)  # aynı ağırlık, aynı mini-batch sırasıyla başlar
        history = model.fit(
            *data.train,
            batch_size=31,
            epochs=epochs,
            validation_data=data.val,
            callbacks=callbacks,
        )
        curves.append(tidy(history, eğitim=name))
    return pd.concat(curves), stop.steps


# %%
@stop_at_target.result
def _(curves, steps, target, epochs):
    """Neden: fit her epoch'tan sonra self.model.stop_training'e bakar; True ise bir
    sonraki epoch'a başlamaz.
    """
    runs = curves.pivot_table("val_accuracy", "epoch", "eğitim")
    own = runs["StopAtTarget"].dropna()
    last = len(own)
    lab.conclude(
        f"StopAtTarget {epochs} epoch'tan {epochs - last} tanesini yaptırmadı."
    )
    table = curves.groupby("eğitim", sort=False)[["epoch", "val_accuracy"]].last()
    lab.table(table, "İki eğitimin son epoch'u")
    fig, ax = plots.figure()
    ax.plot(runs["callback yok"], color="grey", linewidth=4, label="callback yok")
    ax.plot(own, "o-", linewidth=5, markersize=14, label="StopAtTarget")
    ax.axhline(target, color="black", linestyle="--", label=f"hedef {percent(target)}")
    ax.set(xlabel="epoch", ylabel="val_accuracy")
    plots.whole_epochs(ax, epochs)
    plots.label_lines(ax)
    lab.save(fig)
    early = (own[:-1] >= target).sum()
    gap = abs(runs["callback yok"] - own).max()
    lab.check("Doğruluk hedefe son epoch'tan önce varmadı", early, equal=0)
    lab.check("Callback eğitimi durana kadar değiştirmiyor (fark {})", gap, equal=0)
    lab.check("on_batch_end her adımda bir kez çağrıldı", steps, equal=11 * last)


# %% [markdown]
# ## 6 · LRLogger
# %%
def digit_model(learning_rate=0.01):
    """MNIST için bir ağ kurar; bölüm 9, 10, 12 ve 13 de onu kullanır."""
    model = keras.Sequential([
        layers.Input(shape=(784,)),
        layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
        layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
        layers.Dense(10, activation="softmax"),
    ])
    sgd = keras.optimizers.SGD(learning_rate, momentum=0.9)  # sayı ya da zamanlama
    model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class LRLogger(keras.callbacks.Callback):
    """Her adımın LR'sini yazar; CSV dosyası her epoch sonunda yenilenir."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_train_begin(self, logs=None):
        self.rates = []  # aynı nesneyle ikinci bir fit yeni kayda başlar

    def on_train_batch_begin(self, batch, logs=None):  # adımdan önce: adımın LR'si
        self.rates.append(float(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch, logs=None):  # Ctrl-C'de on_train_end çağrılmaz
        log = pd.DataFrame({"adım": range(1, len(self.rates) + 1), "LR": self.rates})
        log.to_csv(self.path, index=False)


# %%
@lab.section(quick={"decay_steps": 50, "n_train": 1_000})
def lr_logger(
    decay_steps=1_000,  # slaytta CosineDecay(…, decay_steps=1000) yazar
    n_train=20_000,  # bir epoch 200 adımdır: 5 epoch 1000 adım eder
):
    """LRLogger: LR nerede okunur?

    Soru: LR kosinüs eğrisiyle 0,001'den sıfıra iniyor. Adımların dörtte üçü bitince LR
    kaçtır? (a) 0,0005 (b) 0,00025 (c) 0,00015
    """
    x, y = load_mnist(n_train).train
    cosine_decay = schedules.CosineDecay(1e-3, decay_steps=decay_steps)
    model = digit_model(cosine_decay)
    sgd = model.optimizer
    late = []  # yanlış yer: epoch bittikten sonra okunan LR
    too_late = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: late.append(float(sgd.learning_rate))
    )
    logger = LRLogger(lab.path("_lr", ".csv"))
    model.fit(x, y, batch_size=100, epochs=5, callbacks=[logger, too_late])
    return pd.read_csv(logger.path), late


# %%
@lr_logger.result
def _(log, late, decay_steps):
    """Neden: Kosinüs eğrisi (1 + cos(π · pay)) / 2'dir: dörtte üçte (1 + cos 135°) / 2,
    yani 0,146. LR her adımda değişir: epoch bitince okunan LR sonraki epoch'undur.
    """
    first = log[:: len(log) // len(late)].assign(geç=late)  # epoch'ların ilk adımı
    mistake = abs(first["LR"] - first["geç"]).max()
    place = log.loc[3 * len(log) // 4]
    lab.conclude(f"Adımların dörtte üçü bitince LR {number(place['LR'])} oldu.")
    lab.table(first, "Her epoch'un ilk adımının LR'si; geç: epoch bitince okunan LR")
    fig, ax = plots.figure()
    ax.plot(log["adım"], log["LR"], color="grey", linewidth=5)
    ax.vlines(first["adım"], first["geç"], first["LR"], color="C1", linewidth=4)
    ax.plot(first["adım"], first["geç"], "vC1", markersize=20, clip_on=False)
    ax.plot(place["adım"], place["LR"], "D", color="black", markersize=20)
    ax.text(place["adım"], place["LR"], f"    dörtte üçte {number(place['LR'])}")
    ax.set(xlabel="adım (ok: epoch bitince okunan LR)", ylabel="LR", ylim=(0, None))
    lab.save(fig)
    share = np.minimum((log["adım"] - 1) / decay_steps, 1)
    gap = abs(log["LR"] - 1e-3 * (1 + np.cos(np.pi * share)) / 2).max()
    lab.check("Dosyadaki LR formülün LR'sidir (fark {})", gap, below=1e-8)
    lab.check("Epoch bitince okunan LR doğru LR'den {} sapıyor", mistake, above=1e-6)


# %% [markdown]
# ## 7 · Plotter
# %%
class Plotter(keras.callbacks.Callback):
    """Bir metriğin eğrisini her `every` epoch'ta bir yeniden çizer."""

    def __init__(self, monitor, every=1):
        super().__init__()
        self.monitor = monitor
        self.every = every

    def on_train_begin(self, logs=None):
        self.values = []  # aynı nesneyle ikinci bir fit yeni şekle başlar
        self.drawn = []

    def on_epoch_end(self, epoch, logs=None):
        self.values.append(watched(logs, self.monitor))
        if len(self.values) % self.every == 0:
            self.draw()

    def on_train_end(self, logs=None):
        if len(self.values) % self.every:  # son epoch'lar daha çizilmedi
            self.draw()

    def draw(self):
        epochs = range(1, len(self.values) + 1)
        fig, ax = plots.figure(title="Eğitim sürerken")
        ax.plot(epochs, self.values, "o-", linewidth=4)
        ax.set(xlabel="epoch", ylabel=self.monitor)
        plots.whole_epochs(ax, len(epochs))
        lab.show_growing(fig)  # günün sayfasında ve dosyada
        self.drawn.append(len(epochs))


# %%
@lab.section(quick={"every": 2, "epochs": 3})
def plotter(
    every=3,  # her epoch'ta çizmek eğitimi yavaşlatır
    epochs=20,  # üçe bölünmez: sonda kalan epoch'lar da çizilmelidir
):
    """Plotter: eğitim sürerken büyüyen şekil

    Soru: Plotter her 3 epoch'ta bir çiziyor. 20 epoch süren eğitimde kaç şekil çizer?
    """
    data = load_breast_cancer()
    model = cancer_model()
    model.fit(*data.train, batch_size=31, validation_data=data.val)  # ilk fit yavaştır
    plotter = Plotter("val_loss", every)
    seconds = []
    for callbacks in ([], [plotter]):
        restart(model, lab.seed)  # aynı ağırlık, aynı mini-batch sırasıyla başlar
        start = time.perf_counter()
        history = model.fit(
            *data.train,
            batch_size=31,
            epochs=epochs,
            validation_data=data.val,
            callbacks=callbacks,
        )
        seconds.append(time.perf_counter() - start)
    return tidy(history), plotter.drawn, seconds


# %%
@plotter.result
def _(curves, drawn, seconds, every, epochs):
    """Neden: Şekil ancak çizilince değişir: her üç epoch'ta bir kez on_epoch_end, sonda
    kalan epoch'lar için bir kez on_train_end çizer.
    """
    lab.conclude(f"Plotter {len(drawn)} şekil çizdi.")
    without, with_plotter = seconds
    drawing = (with_plotter - without) / len(drawn)
    costs = {"bir epoch": without / epochs, "bir çizim": drawing}
    table = pd.DataFrame({"saniye": costs}).rename_axis("iş")
    lab.table(table, "Bir epoch ve bir çizim kaç saniye sürdü (makineye göre değişir)")
    loss = curves.set_index("epoch")["val_loss"]
    fig, ax = plots.figure()
    ax.plot(loss, color="grey", linewidth=4)
    ax.plot(loss[drawn], "o", markersize=24)
    ax.set(xlabel="epoch (daire: bu epoch bitince çizildi)", ylabel="val_loss")
    plots.whole_epochs(ax, epochs)
    lab.save(fig)
    by_hand = np.ceil(epochs / every)
    lab.check("Plotter elle sayılan kadar şekil çizdi", len(drawn), equal=by_hand)
    lab.check("Son şekilde bütün epoch'lar var", drawn[-1], equal=len(curves))


# %% [markdown]
# ## 8 · Beş callback birlikte
# %%
@lab.section(quick={"patience": 3, "plateau_patience": 1})
def five_callbacks(
    patience=15,  # slayt: EarlyStopping bu kadar epoch bekler
    plateau_patience=7,  # slayt: ReduceLROnPlateau bu kadar epoch bekler
):
    """Beş callback birlikte: kim ne zaman iş gördü?

    Soru: En iyi epoch'tan sonra EarlyStopping 15 epoch, ReduceLROnPlateau 7 epoch
    bekler. Eğitim durana kadar LR kaç kez düşer?
    """
    data = load_breast_cancer()
    model = cancer_model(keras.metrics.AUC(name="auc"))
    early_stop = keras.callbacks.EarlyStopping(
        "val_loss", min_delta=1e-4, patience=patience, restore_best_weights=True
    )
    best_file = lab.path("_en_iyi", ".keras")
    checkpoint = keras.callbacks.ModelCheckpoint(
        best_file, monitor="val_auc", save_best_only=True, mode="max"
    )
    reduce_lr = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor=0.3, patience=plateau_patience, min_lr=1e-7
    )
    logger = LRLogger(lab.path("_lr", ".csv"))
    plotter = Plotter("val_loss", every=10)
    callbacks = [early_stop, checkpoint, reduce_lr, logger, plotter]
    history = model.fit(
        *data.train,
        batch_size=31,
        epochs=150,
        validation_data=data.val,
        callbacks=callbacks,
    )
    saved = keras.models.load_model(best_file)  # dosyada kalan model
    file_auc = saved.evaluate(*data.val, batch_size=31)[1]
    return tidy(history), early_stop.best_epoch + 1, file_auc, plotter.drawn


# %%
@five_callbacks.result
def _(curves, best, file_auc, drawn, patience, plateau_patience):
    """Neden: EarlyStopping ile ReduceLROnPlateau aynı val_loss'a bakar: kısa sabır
    dolunca LR düşer, uzun sabır dolunca eğitim durur. ModelCheckpoint val_auc'a bakar.
    """
    run = curves.set_index("epoch")
    auc = run["val_auc"]
    fallen = run.index[run["learning_rate"].diff() < 0] - 1  # epoch bitince düşer
    falls = (fallen > best).sum()
    lab.conclude(f"En iyi epoch'tan sonra eğitim durana kadar LR {falls} kez düştü.")
    acted = {
        "ModelCheckpoint: yazdı": run.index[auc > auc.cummax().shift(fill_value=0)],
        "Plotter: çizdi": drawn,
        "ReduceLROnPlateau: LR düştü": fallen,
        "EarlyStopping: durdu": [len(run)],
    }
    table = pd.Series(acted, name="epoch").map(list).rename_axis("callback")
    told = f"Dosyada epoch {auc.idxmax()}, bellekte epoch {best} kaldı."
    lab.table(table.to_frame(), f"Kim ne zaman iş gördü? {told}")
    fig, (top, bottom) = plots.figure(2, 1, sharex=True)
    top.plot(run["val_loss"], color="grey", linewidth=4)
    top.set_ylabel("val_loss")
    for name, epochs in acted.items():
        bottom.plot(epochs, [name] * len(epochs), "o", markersize=20)
    bottom.axvline(best, color="black", linestyle=":", linewidth=3)
    bottom.set_xlabel("epoch (noktalı çizgi: bellekte kalan)")
    plots.whole_epochs(bottom, len(run))
    lab.save(fig)
    gap = abs(file_auc - auc.max())
    lab.check("Dosyada val_auc'u en yüksek model var (fark {})", gap, below=1e-5)
    expected = (patience - 1) // plateau_patience
    lab.check("LR kısa sabrın her doluşunda bir kez düştü", falls, equal=expected)


# %% [markdown]
# ## 9 · LR aralık testi
# %%
class LRFinder(keras.callbacks.Callback):
    """LR aralık testi (Smith, 2017): LR her adımda aynı oranla büyür."""

    def __init__(self, steps_per_decade):
        super().__init__()
        self.growth = 10 ** (1 / steps_per_decade)

    def on_train_begin(self, logs=None):
        self.rates = []
        self.losses = []
        self.mean = 0.0

    def on_train_batch_begin(self, batch, logs=None):
        self.rates.append(1e-7 * self.growth ** len(self.rates))  # slayt: 1e-7
        self.model.optimizer.learning_rate = self.rates[-1]

    def on_train_batch_end(self, batch, logs=None):
        # logs["loss"] epoch'un o ana kadarki ortalamasıdır: n · yeni - (n - 1) · eski
        self.losses.append((batch + 1) * logs["loss"] - batch * self.mean)
        self.mean = logs["loss"]
        if not self.losses[-1] < 2 * self.losses[0]:  # NaN da ıraksamadır
            self.model.stop_training = True


# %%
@lab.section(quick={"steps_per_decade": 12}, limits={"steps_per_decade": (5, 60)})
def lr_range_test(
    steps_per_decade=25,  # LR 25 adımda on katına çıkınca kayıp pürüzsüz okunur
):
    """LR aralık testi (LR finder)

    Soru: LR 1e-7'den başlıyor, her adımda büyüyor. Kayıp hangi LR'de düşmeye başlar?
    (a) 0,00001 (b) 0,01 (c) 1
    """
    x, y = load_mnist(8 * steps_per_decade * 100).train  # LR sekiz kez on katına çıkar
    model = digit_model()
    third = slice(200, 300)  # üçüncü mini-batch: LR daha etkisizdir
    by_hand = model.evaluate(x[third], y[third], batch_size=100)[0]
    finder = LRFinder(steps_per_decade)
    model.fit(x, y, batch_size=100, shuffle=False, callbacks=[finder])
    return pd.DataFrame({"LR": finder.rates, "mini-batch": finder.losses}), by_hand


# %%
@lr_range_test.result
def _(test, by_hand, steps_per_decade):
    """Neden: Küçük LR'de ağırlıklar neredeyse yerinde durur, kayıp değişmez. LR
    büyüyünce adımlar kaybı indirir. LR çok büyüyünce adım vadiye sığmaz, kayıp artar.
    """
    loss = test["mini-batch"]
    trend = loss.ewm(span=10).mean()  # son adımlara daha çok ağırlık veren ortalama
    before = loss[:steps_per_decade].mean()
    fallen = (before - trend) / (before - trend.min())  # düşüşün ne kadarı bitti
    low = test["LR"][(fallen >= 0.1).idxmax()]
    high = test["LR"][(fallen >= 0.9).idxmax()]
    last = test["LR"].iloc[-1]
    lab.conclude(
        f"Kayıp LR {number(low, 1)} iken düşmeye başladı; LR {number(high, 1)} olunca "
        f"düşüşün onda dokuzu bitmişti. Eğitim LR {number(last, 1)} iken ıraksadı."
    )
    marks = {"düşmeye başladı": low, "düşüş bitiyor": high, "ıraksadı": last}
    lab.table(pd.DataFrame({"LR": marks}).rename_axis("kayıp"), "LR aralığı")
    fig, ax = plots.figure()
    ax.axvspan(low, high, color="gold", alpha=0.3)
    ax.plot(test["LR"], loss, "o", color="silver", markersize=10)
    ax.plot(test["LR"], trend, linewidth=5)
    for name, rate in marks.items():
        ax.axvline(rate, color="black", linestyle="--")
        ax.text(rate, 1.8 * before, f"{name} \n{number(rate, 1)} ", ha="right")
    ax.set(xscale="log", ylim=(0, 2 * before), xlabel="LR", ylabel="mini-batch kaybı")
    lab.save(fig)
    gap = abs(by_hand - loss[2])
    lab.check("Geri çözülen kayıp evaluate'in kaybıdır (fark {})", gap, below=1e-3)
    lab.check("Düşüşü bitiren LR'nin {} katında eğitim ıraksıyor", last / high, above=2)


# %% [markdown]
# ## 10 · Sabit LR
# %%
def walk(lr, steps=15):
    """SGD'nin iki ağırlıklı dar bir vadideki yolu: kayıp (w1² + 10 · w2²) / 2."""
    weights = keras.Variable([-9.0, 2.0])
    sgd = keras.optimizers.SGD(lr)
    path = [weights.numpy()]
    for _ in range(steps):
        gradient = weights * [1.0, 10.0]
        sgd.apply([gradient], [weights])
        path.append(weights.numpy())
    return np.array(path)


@lab.section(quick={"n_train": 2_000, "seeds": 1})
def constant_learning_rates(
    times=(0.03, 1, 10, 30),  # önerilen LR bu sayılarla çarpılır
    n_train=10_000,  # bu kadar görüntü 100'er 100'er 100 adım eder
    seeds=3,  # tek tohumun sonucu şans olabilir
):
    """Sabit LR problemi: büyüğü atlar, küçüğü takılır

    Soru: Ağ önerilen LR'nin yüzde 3'ü, kendisi, 10 katı ve 30 katıyla 100'er adım
    eğitiliyor. Bu dört ağın kaçı rakamların yarısından çoğunu bilir?
    """
    data = load_mnist(n_train, 2_000)
    suggested = 0.1  # aralık testi bu LR'nin dolayını önerdi
    runs = lab.runs(digit_model, seeds, LR=[suggested * factor for factor in times])
    for model in runs:
        runs.keep(model.fit(*data.train, batch_size=100, validation_data=data.val))
    return runs.frame


# %%
@constant_learning_rates.result
def _(runs):
    """Neden: Küçük LR'de adımlar kısadır, süre yetmez. Büyük LR'de adım vadiye sığmaz,
    karşı yamaca atlar. Ağırlıklar savrulunca ReLU nöronlarının çoğu hep 0 verir: ağ her
    görüntüye aynı yanıtı verir, kayıp ln 10 = 2,3 dolayında kalır.
    """
    accuracy = final(runs, "val_accuracy")
    mean = accuracy.mean()
    behind = paired(accuracy[mean.idxmax()], accuracy.iloc[:, 0])
    lab.conclude(
        f"{len(mean)} ağın {(mean > 0.5).sum()} tanesi rakamların yarısından çoğunu "
        f"bildi. En küçük LR en iyi LR'den {behind.told('geride kaldı', 'önde')}."
    )
    lab.table(summary(runs, "val_loss", "val_accuracy"), "Bir epoch sonunda")
    fig, (left, right) = plots.figure(1, 2)
    w1, w2 = np.meshgrid(np.linspace(-10, 4), np.linspace(-5, 6))
    left.contour(w1, w2, w1**2 + 10 * w2**2, levels=12, colors="lightgrey")
    for lr, told in {0.01: "ilerleyemez", 0.15: "varır", 0.205: "atlar"}.items():
        w1, w2 = walk(lr).T
        left.plot(w1, w2, "o-", linewidth=3, label=f"LR {number(lr)}: {told}")
    plots.label_lines(left)
    left.set(title="iki ağırlıklı vadi (minimum: 0, 0)", xlabel="w1", ylabel="w2")
    plots.scores(runs, "val_accuracy", right)
    right.set(title="eğitilen ağlar", xlim=(0, 1))
    lab.save(fig)
    claim = "En küçük LR'nin doğruluğu en iyi LR'den 2 puandan çok geride kalıyor"
    lab.check(claim, behind.mean, above=0.02, full_size=True)
    claim = "En iyi LR ile ağ rakamların %80'inden çoğunu biliyor"
    lab.check(claim, mean.max(), above=0.8, full_size=True)
    lab.check("En büyük LR ile ağ %30'dan azını biliyor", mean.iloc[-1], below=0.3)


# %% [markdown]
# ## 11 · LR zamanlamaları
# %%
@lab.section(
    quick={"decay_steps": 250},
    limits={
        "lr": (1e-6, 1),
        "decay_steps": (250, 3_000),
        "warmup_steps": (1, 500),
        "rate": (0, 1),
    },
)
def lr_schedules(
    lr=1e-3,  # slaytta CosineDecay(initial=1e-3, …) yazar
    decay_steps=1_000,  # slaytta …, decay_steps=1000) yazar
    warmup_steps=200,  # slaytta WarmupCosineDecay(warmup_steps=200) yazar
    rate=0.96,  # slaytta ExponentialDecay(rate=0.96, steps=1000) yazar
):
    """LR zamanlamaları: slaytın stratejileri Keras'ta

    Soru: decay_steps=1000, warmup_steps=200: ısınmalı kosinüs kaçıncı adımda sıfıra
    iner?
    """
    warm = schedules.CosineDecay(
        0.0, decay_steps, warmup_target=lr, warmup_steps=warmup_steps
    )
    restarts = schedules.CosineDecayRestarts(lr, decay_steps, t_mul=1.0)
    stairs = schedules.ExponentialDecay(lr, decay_steps, rate, staircase=True)
    gallery = {
        "CosineDecay": schedules.CosineDecay(lr, decay_steps),
        "CosineDecayRestarts": restarts,
        "CosineDecay\nwarmup_target=": warm,
        "ExponentialDecay": schedules.ExponentialDecay(lr, decay_steps, rate),
        "ExponentialDecay\nstaircase=True": stairs,
    }
    total = 3 * decay_steps  # üç basamak ve üç kosinüs inişi sığar
    curves = pd.DataFrame({"adım": range(0, total, 10)})
    for name, schedule in gallery.items():
        curves[name] = [float(schedule(step)) for step in curves["adım"]]
    zero = next(n for n in range(decay_steps, total + 1) if float(warm(n)) < 1e-12)
    return curves, zero


# %%
@lr_schedules.result
def _(curves, zero, lr, decay_steps, warmup_steps, rate):
    """Neden: Zamanlama epoch'un değil adımın fonksiyonudur. Keras ısınmayı
    decay_steps'ten ayrı sayar: önce ısınma adımları, sonra decay_steps kadar iniş.
    """
    lab.conclude(f"Isınmalı kosinüs adım {zero} olunca sıfıra indi.")
    curves = curves.set_index("adım")
    step = curves.index.to_numpy()
    share = step / decay_steps
    falling = np.clip((step - warmup_steps) / decay_steps, 0, 1)
    formulas = [
        lr * (1 + np.cos(np.pi * np.minimum(share, 1))) / 2,
        lr * (1 + np.cos(np.pi * (share % 1))) / 2,
        lr * np.minimum(step / warmup_steps, (1 + np.cos(np.pi * falling)) / 2),
        lr * rate**share,
        lr * rate ** np.floor(share),
    ]
    fig, axes = plots.figure(2, 3, sharey="row")
    for ax, name, formula in zip(axes.flat, curves, formulas, strict=False):
        ax.plot(step, formula, color="lightgrey", linewidth=14)
        ax.plot(curves[name], linewidth=4)
        ax.set(title=name, xlabel="adım (gri: formül)")
    axes[0, 2].plot(zero, 0, "o", color="C1", markersize=16)
    axes[1, 2].set_title("CyclicalLR\n(Keras'ta yok: bölüm 12)")
    axes[1, 2].axis("off")
    lab.save(fig)
    gap = abs(curves - np.transpose(formulas)).max()
    lab.table(gap.rename_axis("zamanlama").to_frame("fark"), "Formül ile Keras")
    lab.check("Beş zamanlama formülün LR'sini veriyor (fark {})", gap.max(), below=1e-8)
    lab.check("Isınma inişten ayrı sayılıyor", zero - decay_steps, equal=warmup_steps)


# %% [markdown]
# ## 12 · Kendi zamanlamalarımız
# %%
@keras.saving.register_keras_serializable(package="uygulama_02")
class WarmupCosineDecay(schedules.LearningRateSchedule):
    """Slayttaki ad Keras'ta yok: LR doğrusal ısınır (warmup), sonra kosinüsle iner."""

    def __init__(self, peak, warmup_steps, decay_steps):
        super().__init__()
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.decay_steps = decay_steps

    def __call__(self, step):
        step = ops.cast(step, "float32")  # optimizer tam sayı verir
        rising = self.peak * step / self.warmup_steps
        share = ops.clip((step - self.warmup_steps) / self.decay_steps, 0, 1)
        falling = self.peak * (1 + ops.cos(np.pi * share)) / 2
        return ops.where(step < self.warmup_steps, rising, falling)

    def get_config(self):  # yüklenirken __init__ bunlarla çağrılır
        config = {"peak": self.peak, "warmup_steps": self.warmup_steps}
        return config | {"decay_steps": self.decay_steps}


@keras.saving.register_keras_serializable(package="uygulama_02")
class CyclicalLR(schedules.LearningRateSchedule):
    """Slayttaki ad Keras'ta yok: LR base ile max arasında üçgen çizer (Smith, 2017)."""

    def __init__(self, base, max, half_cycle):
        super().__init__()
        self.base = base
        self.max = max
        self.half_cycle = half_cycle

    def __call__(self, step):
        step = ops.cast(step, "float32") % (2 * self.half_cycle)
        height = 1 - ops.abs(step / self.half_cycle - 1)  # 0'dan 1'e, sonra 0'a
        return self.base + (self.max - self.base) * height

    def get_config(self):
        return {"base": self.base, "max": self.max, "half_cycle": self.half_cycle}


# %%
@lab.section(curious=True, quick={"steps": 20}, limits={"steps": (1, 5_000)})
def own_schedules(
    steps=100,  # model bu kadar adım eğitilince kaydedilir
):
    """Kendi zamanlamalarımız: WarmupCosineDecay ve CyclicalLR

    Soru: Isınma 200 adım sürüyor, tepe 0,001. Model 100 adım eğitilip kaydediliyor.
    Yüklenen modelin sıradaki adımda kullanacağı LR kaçtır?
    """
    x, y = load_mnist(10 * steps).train
    own = {
        "WarmupCosineDecay": WarmupCosineDecay(1e-3, 200, decay_steps=1_000),
        "CyclicalLR": CyclicalLR(base=1e-4, max=1e-2, half_cycle=500),
    }
    curves = pd.DataFrame({"adım": range(0, 3_000, 10)})
    rates = []
    for name, schedule in own.items():
        curves[name] = [float(schedule(step)) for step in curves["adım"]]
        model = digit_model(schedule)
        model.fit(x, y, batch_size=10)
        path = lab.save(model, f"_{name}")
        loaded = keras.models.load_model(path)  # LR'yi de, adım sayısını da bilir
        before = float(model.optimizer.learning_rate)
        after = float(loaded.optimizer.learning_rate)
        rates.append({"zamanlama": name, "kaydedilen": before, "yüklenen": after})
    return curves, pd.DataFrame(rates)


# %%
@own_schedules.result
def _(curves, rates, steps):
    """Neden: .keras dosyasında optimizer'ın adım sayısı da vardır: ısınma kaldığı
    yerden sürer. get_config ayarları dosyaya yazar; kayıtlı ad sınıfı buldurur.
    """
    lr = number(rates["yüklenen"][0])
    lab.conclude(f"Yüklenen model sıradaki adımda LR {lr} kullanır.")
    lab.table(rates, f"{steps} adımdan sonra sıradaki adımın LR'si")
    step = curves["adım"]
    falling = np.clip((step - 200) / 1_000, 0, 1)
    warm = np.minimum(step / 200, (1 + np.cos(np.pi * falling)) / 2)
    by_hand = {
        "WarmupCosineDecay": 1e-3 * warm,
        "CyclicalLR": np.interp(step % 1_000, [0, 500, 1_000], [1e-4, 1e-2, 1e-4]),
    }
    fig, axes = plots.figure(1, 2)
    for ax, (name, formula) in zip(axes, by_hand.items(), strict=True):
        ax.plot(step, formula, color="lightgrey", linewidth=14)
        ax.plot(step, curves[name], linewidth=4)
        ax.axvline(steps, color="C1", linestyle="--", linewidth=3)
        ax.set(title=name, xlabel="adım (gri: formül, kesikli: kayıt)", ylabel="LR")
    lab.save(fig)
    gap = max(abs(curves[name] - formula).max() for name, formula in by_hand.items())
    moved = abs(rates["kaydedilen"] - rates["yüklenen"]).max()
    lab.check("İki sınıfımız formülün LR'sini veriyor (fark {})", gap, below=1e-8)
    lab.check("Yüklenen zamanlama kaldığı yerden sürüyor (fark {})", moved, equal=0)


# %% [markdown]
# ## 13 · Zamanlama yarışı
# %%
@lab.section(
    quick={"steps": 12, "n_val": 200, "seeds": 1},
    limits={"peak": (1e-4, 10), "steps": (12, 548)},
)
def schedule_race(
    peak=0.1,  # bölüm 9'un önerisi dolayındadır: sabit LR iyi seçilmiş olur
    times=3,  # CyclicalLR'nin tepesi peak'in bu kadar katıdır (super-convergence)
    steps=160,  # iyi LR'ler 100 görüntülük bu kadar adımda öğrenir
    n_val=2_000,  # bu kadar görüntüyle doğruluk çabuk ölçülür, az oynar
    seeds=3,  # küçük farklar ancak birkaç tohumla görülür
):
    """Zamanlama yarışı: aynı ağ, aynı başlangıç, aynı mini-batch sırası

    Soru: İyi seçilmiş sabit LR, altı LR yolunun birincisinden kaç puan geride bitirir?
    """
    data = load_mnist(100 * steps, n_val)
    warm = steps // 10  # ısınma
    restarts = schedules.CosineDecayRestarts(peak, steps // 2, t_mul=1.0)
    racers = {
        "sabit": peak,
        "ExponentialDecay": schedules.ExponentialDecay(peak, steps / 25, 0.96),
        "CosineDecay": schedules.CosineDecay(peak, steps),
        "CosineDecayRestarts": restarts,
        "ısınma + kosinüs": WarmupCosineDecay(peak, warm, steps - warm),  # bölüm 12
        "CyclicalLR": CyclicalLR(peak / 30, times * peak, steps // 2),
        # Sıra sizde (ileri): bir satır da siz ekleyin
    }
    runs = lab.runs(digit_model, seeds, yarışçı=racers)
    for model in runs:
        history = model.fit(
            *data.train,
            batch_size=100,
            epochs=4,
            steps_per_epoch=steps // 4,
            validation_data=data.val,
        )
        runs.keep(history, adım=[steps // 4 * n for n in range(1, 5)])
    return runs.frame


# %%
@schedule_race.result
def _(runs, times, steps):
    """Neden: Küçülen LR mini-batch gürültüsünün sıçratmasını söndürür; sabit LR'nin
    doğruluğu inip çıkar. LR iyi seçildiyse sabit LR de sonunda birinciye yaklaşır.
    """
    accuracy = final(runs, "val_accuracy")
    ranking = accuracy.mean().sort_values(ascending=False)
    best = ranking.index[0]
    gaps = {name: paired(accuracy[best], accuracy[name]) for name in ranking.index}
    behind = {name: gap.told("geride kaldı", "önde") for name, gap in gaps.items()}
    cyclical = paired(accuracy["CyclicalLR"], accuracy["sabit"])
    lab.conclude(
        f"Sabit LR birinciden ({best}) {behind['sabit']}. Tepesi {times} kat büyük "
        f"CyclicalLR sabit LR'den {cyclical.told('önde bitirdi', 'geride kaldı')}."
    )
    table = summary(runs, "val_accuracy").loc[ranking.index]
    behind[best] = "birinci"
    table["birinciden"] = pd.Series(behind)
    lab.table(table, f"{steps} adımın sonunda")
    ranked = pd.concat(runs[runs["yarışçı"] == name] for name in ranking.index)
    fig, (left, right) = plots.figure(1, 2)
    plots.scores(ranked, "val_accuracy", left)
    two = ranked[ranked["yarışçı"].isin([best, "sabit"])]
    plots.curves(two, "val_accuracy", right, x="adım")
    lab.save(fig)
    lead = gaps["sabit"].mean
    worst = ranking.min()
    lab.check("Birinci sabit LR'yi 3 puan geçemiyor", lead, below=0.03, full_size=True)
    told = "Sonuncu da rakamların %80'inden çoğunu biliyor"
    lab.check(told, worst, above=0.8, full_size=True)


# %% [markdown]
# ## 14 · Callback tuzakları
# %%
def train(callbacks=(), metric="accuracy", lr=0.1):
    """Tek nöronlu bir ağı eğitir; yanlış satırlar burada denenir."""
    data = load_breast_cancer()
    model = keras.Sequential([layers.Input(shape=(30,)), layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(lr), "binary_crossentropy", metrics=[metric])
    x, y = data.train
    model.fit(x, y, epochs=10, callbacks=callbacks, validation_data=data.val)
    return model


@lab.section(curious=True)
def callback_traps(
    patience=2,  # sabır platoda çabuk biter
):
    """Callback ve LR tuzakları: Keras ne der, çaresi nedir?

    Soru: Keras altı yanlış satırdan kaçını hata vermeden kabul eder?
    """
    decay = schedules.CosineDecay(0.1, decay_steps=100)
    plateau = keras.callbacks.ReduceLROnPlateau(patience=patience, min_delta=100)
    missed = keras.metrics.FalseNegatives(name="missed")  # Keras yönünü bilemez
    stop = keras.callbacks.EarlyStopping("val_missed")
    integer = schedules.CosineDecay(0, 100, warmup_target=0.1, warmup_steps=10)
    model = train()  # izlenmiş (trace) bir model
    before = model.get_weights()[0]
    model.optimizer.learning_rate = schedules.ExponentialDecay(0.0, 100, 0.96)
    x, y = load_breast_cancer().train
    answers = {
        "zamanlama + ReduceLROnPlateau": keras_answer(train, [plateau], lr=decay),
        "Adam(lr=1e-3)": keras_answer(keras.optimizers.Adam, lr=1e-3),
        "CosineDecay(0, …)": keras_answer(integer, 0),
        "CosineDecay(initial=1e-3)": keras_answer(schedules.CosineDecay, initial=1e-3),
        "EarlyStopping: mode= yok": keras_answer(train, [stop], missed),
        "optimizer.learning_rate = zamanlama": keras_answer(model.fit, x, y),
    }
    moved = abs(model.get_weights()[0] - before).max()  # yeni LR 0'dı
    return answers, moved


# %%
@callback_traps.result
def _(answers, moved):
    """Neden: fit'in izlenmiş (trace) adımı eski LR'yi tutar, sonradan atanan
    zamanlamaya bakmaz. Atanan zamanlama hep 0 veriyordu; ağırlıklar yine de değişti.
    """
    accepted = [line for line, answer in answers.items() if not answer]
    lab.conclude(
        f"Keras {len(answers)} yanlış satırın {len(accepted)} tanesini kabul etti."
    )
    cures = [
        "ikisinden birini seçin",
        "learning_rate=",
        "0.0 yazın",
        "initial_learning_rate=",
        'mode="min" yazın',
        "modeli yeniden compile edin",
    ]
    told = [shorten(answer or "hata yok", 70) for answer in answers.values()]
    columns = {"yanlış satır": list(answers), "Keras'ın yanıtı": told, "çaresi": cures}
    lab.table(pd.DataFrame(columns), "Altı yanlış satır")
    lab.check("Keras yalnız bir yanlış satırı kabul ediyor", len(accepted), equal=1)
    claim = "Sonradan LR 0 atanınca da ağırlıklar değişiyor (en çok {})"
    lab.check(claim, moved, above=1e-4)


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="lr_schedules",
    settings={"warmup_steps": 500},
    task="Isınma 500 adım sürsün. Isınmalı kosinüs kaçıncı adımda sıfıra iner?",
    quantity="LR'nin sıfıra indiği adım",
    measure=lambda curves: curves["adım"][1:][curves.iloc[1:, 3] < 1e-9].min(),
    low=1_490,
    high=1_510,
    write=lambda step: number(step, 4),
    hint="decay_steps ısınmayı sayar mı, saymaz mı?",
    solution="500 + 1000 = 1500: Keras ısınmayı decay_steps'ten ayrı sayar.",
)
lab.exercise(
    level="orta",
    section="five_callbacks",
    settings={"plateau_patience": 3},
    task="plateau_patience 3 olsun. En iyi epoch'tan sonra LR kaç kez düşer?",
    quantity="LR'nin düşme sayısı",
    measure=lambda curves: (curves["learning_rate"].tail(15).diff() < 0).sum(),
    low=4,
    high=4,
    write=number,
    hint="15 epoch'a 3 epoch'luk sabır kaç kez sığar? Sonuncusunda eğitim de durur.",
    solution="4: LR 3, 6, 9 ve 12 epoch sonra düşer; 15 epoch dolunca eğitim durur.",
)
lab.exercise(
    level="ileri",
    section="schedule_race",
    task='racers sözlüğünün sonuna doğrusal inen bir LR katın, adı "PolynomialDecay" '
    "olsun: LR peak ile başlasın, son adımda sıfır olsun.",
    quantity="PolynomialDecay ile doğrulama doğruluğu",
    measure=lambda runs: (
        final(runs, "val_accuracy").mean().get("PolynomialDecay", np.nan)
    ),
    low=0.92,
    high=0.96,
    write=percent,
    hint="schedules.PolynomialDecay üç sayı ister: ilk LR, adım sayısı, son LR.",
    solution='"PolynomialDecay": schedules.PolynomialDecay(peak, steps, 0.0),',
)
lab.exercise(
    level="yaz",
    section="stop_at_target",
    file="alistirmalar/02_callback.py",
    judge=sinamalar.callback,
    task="alistirmalar/02_callback.py: en iyi ağırlıkları saklayan callback'i yazın.",
    hint="Bölüm 5'in callback'ine bakın: sayacı on_train_begin'de başlatır.",
)


if __name__ == "__main__":
    lab.run()
