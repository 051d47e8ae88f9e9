"""Uygulama 02 · Callbacks ve öğrenme hızı (LR) zamanlaması        (11:45-13:00)

Önce eğitimi yöneten callback'ler: erken durdurma, kontrol noktası, platoda LR düşürme ve elle
yazılanlar; beşi birlikte. Sonra LR'nin kendisi: LR aralık testi, zamanlamalar ve yarışları.

    python uygulama_02_callbacks_lr.py                             bütün bölümler
    python uygulama_02_callbacks_lr.py --bolum 3                   tek bölüm
    python uygulama_02_callbacks_lr.py --bolum 3 --ayar lr=0.1     ya şöyle olsaydı?
    python uygulama_02_callbacks_lr.py --yardim                    öteki seçenekler
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

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from time import perf_counter
from timeit import repeat
from warnings import catch_warnings

import keras
import numpy as np
import pandas as pd
import seaborn as sns
import tensorflow as tf
from keras import layers, ops
from keras.optimizers import schedules

from common import (
    LabError,
    largest_difference,
    load_breast_cancer,
    load_mnist,
    number,
    percent,
    plots,
    predict_in,
    restart,
    set_seed,
    start_python,
    tidy,
)

BATCH = 31  # 341 eğitim hastası = 11 eşit mini-batch
CANCER_LR = 0.003  # Adam'ın varsayılanının üç katı: aşırı öğrenme çabuk başlasın
MAX_EPOCHS = 150  # erken durdurma bundan önce davransın


def cancer_model(metrics):
    """Bölüm 1, 2 ve 4'ün modeli: callback'ler değişir, ağ aynı kalır."""
    model = keras.Sequential([
        layers.Input(shape=(30,)),
        layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
        layers.Dense(32, activation="relu", kernel_initializer="he_normal"),
        layers.Dense(1, activation="sigmoid"),
    ])
    adam = keras.optimizers.Adam(CANCER_LR)
    model.compile(optimizer=adam, loss="binary_crossentropy", metrics=metrics)
    return model


def mnist_model(optimizer):
    """Bölüm 3 ve 5'in modeli."""
    model = keras.Sequential([layers.Input(shape=(784,))])
    model.add(layers.Dense(64, activation="relu", kernel_initializer="he_normal"))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(10, activation="softmax"))
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    return model


# %% [markdown]
# ## 1 · EarlyStopping
# %%
@lab.section(quick={"patience": 3})
def early_stopping(
    monitor="val_loss",  # slayt
    patience=15,  # slayt: iyileşme bu kadar epoch beklenir
    min_delta=1e-4,  # slayt: bundan küçük düşüş iyileşme sayılmaz
    restore_best_weights=(False, True),  # slaytta True; varsayılan False da denenir
):
    """EarlyStopping: eğitim nerede durur, hangi ağırlıklar kalır?

    Soru: Eğitim en iyi epoch'tan 15 epoch sonra durur: durduğu andaki doğrulama kaybı, en iyi
    epoch'takinin kaç katıdır?

    Neden: Eğitim kaybı düşerken doğrulama kaybı bir yerden sonra yükselir: aşırı öğrenme
    (overfitting). EarlyStopping bunu ancak sabrı (patience) bitince anlar; dip geride kalmıştır.
    restore_best_weights=True en iyi epoch'un ağırlıklarını saklar, sonunda geri yükler.
    """
    data = load_breast_cancer()
    x, y, val = data.x_train, data.y_train, (data.x_val, data.y_val)
    model = cancer_model(metrics=["accuracy"])
    rows = []
    for restore in restore_best_weights:
        restart(model, lab.seed)  # aynı ağırlıklar, aynı mini-batch sırası
        stop = keras.callbacks.EarlyStopping(
            monitor=monitor,
            patience=patience,
            min_delta=min_delta,
            restore_best_weights=restore,
        )
        history = model.fit(
            x,
            y,
            BATCH,
            epochs=MAX_EPOCHS,
            validation_data=val,
            callbacks=[stop],
            verbose=0,
        )
        best, last = stop.best_epoch + 1, len(history.epoch)
        loss, accuracy = model.evaluate(*val, batch_size=BATCH, verbose=0)
        rows.append((
            str(restore),
            best,
            last,
            best if restore else last,
            loss,
            accuracy,
        ))
    names = ["restore_best_weights", "en iyi", "durulan", "bellekteki"]
    table = pd.DataFrame(rows, columns=[*names, "val_loss", "val_accuracy"])
    lab.table(
        table, "Aynı eğitim, iki ayar: en iyi, durulan ve sonunda bellekteki epoch"
    )

    curves = tidy(history)
    fig, ax = plots.figure(title="EarlyStopping: en iyi epoch ve durulan epoch")
    sns.lineplot(curves.set_index("epoch")[["loss", "val_loss"]], linewidth=4, ax=ax)
    for restore, _, _, epoch, loss, _ in rows:
        kept = f"bellekte kalan, restore_best_weights={restore}: epoch {epoch}"
        ax.plot(
            epoch,
            loss,
            "D" if restore == "True" else "s",
            ms=18,
            color="black",
            label=kept,
        )
    ax.set(ylabel="kayıp (cross-entropy)", ylim=(0, None))
    ax.legend()
    lab.save(fig)

    losses = curves.set_index("epoch")["val_loss"]
    waited, ratio = last - best, losses.iloc[-1] / losses[best]
    lab.conclude(
        f"En iyi epoch {best}; eğitim {waited} epoch sonra {'durdu' if waited else 'bitti'}. "
        f"Son epoch'un doğrulama kaybı en iyi epoch'unkinin {number(ratio)} katı."
    )
    lab.check("durulan - en iyi epoch = patience", waited, equal=patience)
    gap = abs(losses[table["bellekteki"]].to_numpy() - table["val_loss"]).max()
    lab.check("bellekteki model o epoch'unki (kayıp farkı)", gap, below=1e-6)
    lab.check("sabır beklerken kayıp yükseldi (kat)", ratio, above=1.05, full_size=True)
    return {"": curves, "ozet": table}


# %% [markdown]
# ## 2 · ModelCheckpoint
# %%
PREDICT = """
import json, sys, keras, numpy as np
model_file, inputs, outputs = json.load(sys.stdin)
np.save(outputs, keras.models.load_model(model_file)(np.load(inputs)))
"""  # yarınki siz: bu betikten hiçbir şey bilmeyen yeni bir Python


@lab.section(quick={"epochs": 5})
def model_checkpoint(
    epochs=25,  # doğrulama AUC'si en iyisini görüp gerilesin
):
    """ModelCheckpoint: diskte hangi model kalır?

    Soru: monitor="val_auc" ve save_best_only=True ile 25 epoch'un kaçında dosya yazılır?

    Neden: save_best_only=True iken dosya yalnız val_auc rekor kırınca yazılır. Slayttaki
    metrics=["accuracy", "AUC"] ile metriğin adı val_AUC olur: Keras val_auc'u bulamaz, yalnız
    uyarır ve her epoch'ta yazar. Çaresi ad vermektir: keras.metrics.AUC(name="auc").
    """
    data = load_breast_cancer()
    x, y, val = data.x_train, data.y_train, (data.x_val, data.y_val)
    metrics = {'AUC(name="auc")': keras.metrics.AUC(name="auc"), '"AUC" (slayt)': "AUC"}
    runs, fresh = [], start_python(PREDICT)  # o Keras'ı yüklerken burada eğitim sürer
    with (
        fresh,
        TemporaryDirectory() as folder,
        catch_warnings(record=True, action="always") as w,
    ):
        for name, metric in metrics.items():
            set_seed(lab.seed)  # iki eğitim aynı; yalnız metriğin adı başka
            model = cancer_model(metrics=["accuracy", metric])
            path = f"{folder}/{len(runs)}_{{epoch:02d}}.keras"  # her kayıt ayrı dosya: sayılsın
            save = keras.callbacks.ModelCheckpoint(
                path, monitor="val_auc", mode="max", save_best_only=True
            )
            history = model.fit(
                x,
                y,
                BATCH,
                epochs=epochs,
                validation_data=val,
                callbacks=[save],
                verbose=0,
            )
            run = tidy(history, metrik=name).rename(
                columns={"AUC": "auc", "val_AUC": "val_auc"}
            )
            run["yazıldı"] = [Path(path.format(epoch=n)).exists() for n in run["epoch"]]
            run["diskteki"] = run["val_auc"].where(run["yazıldı"]).ffill()
            runs.append(run)
        with lab.file("", ".keras") as path:  # doğru adla son yazılan: en iyi model
            shutil.copyfile(max(Path(folder).glob("0_*.keras")), path)
        elsewhere, _ = predict_in(fresh, lab.path("", ".keras"), data.x_val)
    (right, wrong), both = runs, pd.concat(runs)
    trap = [str(one.message) for one in w if "val_auc" in str(one.message)]

    summary = {"yazıldı": "sum", "val_auc": "max", "diskteki": "last"}
    table = both.groupby("metrik", sort=False).agg(summary)
    table.columns = ["yazılan dosya", "en iyi AUC", "diskteki AUC"]
    four = dict.fromkeys(table.columns[1:], lambda auc: number(auc, 4))
    lab.table(table, f'{epochs} epoch, monitor="val_auc"', four)
    lab.say(
        f"Tuzak · adı val_AUC iken Keras'ın uyarısı: {trap[0] if trap else 'yok'}\n"
    )
    fig, ax = plots.figure(title='monitor="val_auc": diskteki model ne kadar iyi?')
    look = {"x": "epoch", "y": "diskteki", "hue": "metrik", "style": "metrik", "ax": ax}
    sns.lineplot(both, drawstyle="steps-post", linewidth=4, **look)
    look |= {"size": "metrik", "sizes": [500, 180], "legend": False}
    sns.scatterplot(both[both["yazıldı"]], **look)
    ax.set(ylabel="diskteki modelin doğrulama AUC'si (işaret: dosya yazıldı)")
    ax.legend(title="metrics=[…]")
    lab.save(fig)

    records = right["val_auc"].cummax().diff().fillna(1) > 0  # ilk epoch hep rekordur
    best = right["epoch"][right["yazıldı"]].max()
    lab.conclude(
        f"{epochs} epoch'ta dosya {right['yazıldı'].sum()} kez yazıldı, metriğin adı yanlışken "
        f"{wrong['yazıldı'].sum()} kez. Diskte kalan en iyi model: epoch {best}."
    )
    lab.check(
        "kaydı ile rekoru ayrılan epoch", (records != right["yazıldı"]).sum(), equal=0
    )
    loaded = keras.models.load_model(lab.path("", ".keras"))
    stored = loaded.evaluate(*val, batch_size=BATCH, verbose=0, return_dict=True)["auc"]
    lab.check(
        "diskteki - en iyi val_auc", abs(stored - right["val_auc"].max()), below=1e-6
    )
    gap = largest_difference([loaded(data.x_val).numpy()], [elsewhere])
    lab.check("yeni süreçte tahminin farkı", gap, below=1e-6)
    lab.check("yanlış adla yazılmayan epoch", (~wrong["yazıldı"]).sum(), equal=0)
    lab.check("yanlış adla uyarısız epoch", epochs - len(trap), equal=0)
    return both


# %% [markdown]
# ## 3 · ReduceLROnPlateau
# %%
@lab.section(quick={"n_train": 1_000, "epochs": 6, "patience": 1, "seeds": 1})
def reduce_lr_on_plateau(
    factor=0.3,  # slayt: platoda LR bununla çarpılır
    patience=7,  # slayt
    min_lr=1e-7,  # slayt
    lr=0.3,  # SGD'yi dibin çevresinde sıçratacak kadar büyük
    n_train=1_500,  # epoch kısa sürsün: MNIST'in bir parçası
    epochs=25,  # ilk düşüşten sonrası da görülsün
    seeds=3,  # yayılım görünsün
):
    """ReduceLROnPlateau: plato görünce LR'yi düşür

    Soru: LR'nin ilk düşüşünden sonra val_loss üç tohumun kaçında yeni bir rekor kırar?

    Neden: Büyük LR dibin çevresinde sıçrar; LR küçülünce sıçrama da küçülür. Ama her düşüş
    patience kadar epoch bekler; büyük LR'nin o sırada verdiği zararı küçük LR her zaman geri
    alamaz. LR'yi bir zamanlama yönetiyorsa callback onu değiştiremez: sabır bitince TypeError.
    """
    data = load_mnist(n_train, 500)
    x, y = data.x_train, data.y_train
    val = {"validation_data": (data.x_val, data.y_val), "validation_batch_size": 1_000}
    model = mnist_model(keras.optimizers.SGD(momentum=0.9))
    reduce_lr = keras.callbacks.ReduceLROnPlateau(
        monitor="val_loss", factor=factor, patience=patience, min_lr=min_lr
    )
    high, falling, low = (
        f"sabit {number(lr)}",
        "platoda düşen",
        f"sabit {number(lr * factor)}",
    )
    runs = {high: (lr, []), falling: (lr, [reduce_lr]), low: (lr * factor, [])}
    curves = []
    for name, (start, callbacks) in runs.items():
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            model.optimizer.learning_rate = start
            restart(model, seed)
            history = model.fit(
                x, y, 100, epochs, callbacks=callbacks, verbose=0, **val
            )
            curves.append(tidy(history, koşu=name, tohum=seed))
    curves = pd.concat(curves)

    drops = []
    for seed, run in curves[curves["koşu"] == falling].groupby("tohum"):
        losses, rates = run["val_loss"].to_numpy(), run["learning_rate"].to_numpy()
        for nth, i in enumerate(np.flatnonzero(np.diff(rates) < 0) + 1, start=1):
            drops.append((
                seed,
                nth,
                i + 1,
                rates[i],
                losses[:i].min(),
                losses[i:].min(),
            ))
    names = ["tohum", "düşüş", "epoch", "yeni LR", "önceki en iyi", "sonraki en iyi"]
    drops = pd.DataFrame(drops, columns=names)
    drops["rekor"] = drops["sonraki en iyi"] < drops["önceki en iyi"]
    lab.table(
        drops.astype({"rekor": int}),
        "LR'nin düştüğü epoch'lar (rekor 1: evet, 0: hayır)",
    )
    end = curves[curves["epoch"] > epochs - patience]
    loss = end.pivot_table("val_loss", "koşu", "tohum", sort=False)
    table = loss.add_prefix("tohum ").assign(ortalama=loss.mean(axis=1))
    lab.table(table, f"Doğrulama kaybı, son {patience} epoch'un ortalaması")

    schedule = keras.optimizers.schedules.CosineDecay(lr, decay_steps=1_000)
    model, trap = mnist_model(keras.optimizers.SGD(schedule)), "hata vermedi"
    clash = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor, patience, min_delta=100
    )
    try:  # min_delta=100: hiçbir iyileşme yetmez, sabır epoch 2'de işlemeye başlar
        model.fit(x[:100], y[:100], epochs=99, callbacks=[clash], verbose=0, **val)
    except TypeError as error:
        trap = str(error).split(".")[0]
    done = len(model.history.epoch)
    lab.say(
        f"Tuzak · zamanlama + ReduceLROnPlateau, epoch {done + 1} biterken: {trap}\n"
    )

    fig, (top, bottom) = plots.figure(2, 1, title="Platoda LR düşürme", sharex=True)
    look = {"hue": "koşu", "style": "koşu", "errorbar": "sd", "linewidth": 4}
    sns.lineplot(curves, x="epoch", y="val_loss", ax=top, **look)
    top.set(ylim=(0, None))
    top.legend(title="LR", ncols=3)
    look = {"hue": "tohum", "style": "tohum", "palette": "dark", "linewidth": 4}
    plateau = curves[curves["koşu"] == falling]
    sns.lineplot(
        plateau, x="epoch", y="learning_rate", drawstyle="steps-mid", ax=bottom, **look
    )
    bottom.set(ylabel="düşen LR", ylim=(0, None))
    lab.save(fig)

    first, later = (
        drops["rekor"][drops["düşüş"] == 1],
        drops["rekor"][drops["düşüş"] > 1],
    )
    gain, extra = loss.loc[high] - loss.loc[falling], loss.loc[falling] - loss.loc[low]
    lab.conclude(
        f"İlk düşüşün rekor getirdiği tohum: {first.sum()}/{seeds}. Doğrulama kaybı, LR platoda "
        f"düşünce {number(table['ortalama'][falling])}, baştan küçükken "
        f"{number(table['ortalama'][low])}; küçüğün daha iyi bitirdiği tohum: "
        f"{(extra > 0).sum()}/{seeds}."
    )
    by_hand = np.maximum(lr * factor ** drops["düşüş"], min_lr)
    wrong = max(abs(drops["yeni LR"] / by_hand - 1), default=0)
    lab.check("düşen LR / (LR · factor^düşüş) - 1", wrong, below=1e-5)
    lab.check(
        "düşürmenin kazancı (doğrulama kaybı)", gain.mean(), above=0.03, full_size=True
    )
    lab.check("küçük sabit LR'nin ek kazancı", extra.mean(), above=0.03, full_size=True)
    lab.check("sonraki düşüşlerin rekoru", later.sum(), below=2, full_size=True)
    lab.check("TypeError'dan önce biten epoch = patience", done, equal=patience)
    return {"": curves, "dususler": drops}


# %% [markdown]
# ## 4 · Callback'in anatomisi
# %%
class HookRecorder(keras.callbacks.Callback):
    """Çağrılan her kancanın (hook) adını sırayla yazar."""

    def on_train_begin(self, logs=None):
        self.calls = ["on_train_begin"]  # her fit baştan başlar

    def on_train_end(self, logs=None):
        self.calls.append("on_train_end")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append("on_epoch_begin")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append("on_epoch_end")

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append("on_train_batch_begin")

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append("on_train_batch_end")

    def on_test_begin(self, logs=None):
        self.calls.append("on_test_begin")

    def on_test_end(self, logs=None):
        self.calls.append("on_test_end")

    def on_test_batch_begin(self, batch, logs=None):
        self.calls.append("on_test_batch_begin")

    def on_test_batch_end(self, batch, logs=None):
        self.calls.append("on_test_batch_end")


def logged(logs, monitor):
    """İzlenen metrik; yoksa hangi adların olduğunu söyleyen hata."""
    if monitor not in logs:
        raise LabError(
            f"'{monitor}' adında bir metrik yok. Bu eğitimde olanlar: {', '.join(sorted(logs))}.\n"
            "Birini yazın; val_ ile başlayanlar için fit'e validation_data= verin."
        )
    return logs[monitor]


class StopAtTarget(keras.callbacks.Callback):
    """Slayttaki dört parça: metrik hedefe varınca eğitimi durdurur, adımları sayar."""

    def __init__(self, monitor, target):
        super().__init__()
        self.monitor, self.target = monitor, target

    def on_train_begin(self, logs=None):
        self.steps = 0

    def on_batch_end(self, batch, logs=None):  # on_train_batch_end'in takma adı
        self.steps += 1

    def on_epoch_end(self, epoch, logs=None):
        if logged(logs, self.monitor) >= self.target:
            self.model.stop_training = True  # fit bu epoch'tan sonra durur


@lab.section(quick={"max_epochs": 5})
def callback_anatomy(
    epochs=2,  # kancaların sırası için yeter
    steps=2,  # epoch başına mini-batch: bütün çağrılar şekle sığsın
    target=0.97,  # bu doğruluğa varınca dur
    max_epochs=25,  # hedefe varılmazsa burada biter
):
    """Callback'in anatomisi: hangi kanca (hook) ne zaman çağrılır?

    Soru: 2 epoch, epoch başına 2 eğitim ve 1 doğrulama adımı: fit toplam kaç kanca çağırır?

    Neden: fit her işin başında on_…_begin'i, sonunda on_…_end'i çağırır. Doğrulama epoch'un
    içindedir: on_epoch_end en son gelir, logs'ta val_ metrikleri de vardır. Slayttaki
    BaseCallback Keras'ta yoktur: keras.callbacks.Callback'ten türetilir.
    """
    data = load_breast_cancer()
    x, y, val = data.x_train, data.y_train, (data.x_val, data.y_val)
    model = cancer_model(metrics=["accuracy"])
    steps = min(steps, len(x) // BATCH)
    n, hooks = BATCH * steps, HookRecorder()
    one = (x[:BATCH], y[:BATCH])  # doğrulama tek adım sürsün
    model.fit(x[:n], y[:n], BATCH, epochs, 0, callbacks=[hooks], validation_data=one)
    bars, opened = [], []
    for place, call in enumerate(hooks.calls, start=1):
        if call.endswith("begin"):
            opened.append((call.replace("begin", "…"), place))
        else:  # her end, en son açılan begin'i kapatır
            bars.append((*opened.pop(), place, call.replace("end", "…")))
    bars = pd.DataFrame(bars, columns=["kanca", "begin", "end", "kapatan"]).sort_values(
        "begin"
    )
    table = bars.groupby("kanca", sort=False)["begin"].agg(["count", "min"])
    table.columns = ["begin ve end çifti", "ilk çağrının sırası"]
    lab.table(table, f"{epochs} epoch, epoch başına {steps} adım")

    restart(model, lab.seed)
    stop = StopAtTarget("val_accuracy", target)
    history = model.fit(
        x, y, BATCH, max_epochs, validation_data=val, callbacks=[stop], verbose=0
    )
    curves, last = tidy(history), len(history.epoch)

    fig, (left, right) = plots.figure(
        1, 2, title="Kancalar: sırası ve kullanılışı", width_ratios=(3, 2)
    )
    width = bars["end"] - bars["begin"]
    left.barh(
        bars["kanca"], width, left=bars["begin"], color="lightgrey", edgecolor="k"
    )
    left.set(xlabel="çağrı sırası (çubuk: begin'den end'e)", xlim=(0, None))
    left.xaxis.get_major_locator().set_params(integer=True)
    left.invert_yaxis()
    sns.lineplot(curves, x="epoch", y="val_accuracy", marker="o", linewidth=4, ax=right)
    right.axhline(target, color="black", ls="--")
    right.set_title(f"StopAtTarget, hedef {percent(target)}")
    lab.save(fig)

    target_met = "hedefe varıp durdu" if model.stop_training else "hedefe varamadı"
    lab.conclude(
        f"fit {len(hooks.calls)} kanca çağırdı; on_epoch_end doğrulamadan sonra geldi. "
        f"StopAtTarget'lı eğitim {target_met}: epoch {last}."
    )
    calls = 2 + epochs * (
        2 + 2 * steps + 2 + 2
    )  # fit, epoch, adımlar, doğrulama, onun tek adımı
    lab.check("çağrı: 2 + epoch · (2 + 2 · adım + 4)", len(hooks.calls), equal=calls)
    lab.check(
        "kendi begin'ini kapatmayan end",
        (bars["kanca"] != bars["kapatan"]).sum(),
        equal=0,
    )
    gap = hooks.calls.index("on_epoch_end") - hooks.calls.index("on_test_end")
    lab.check("on_test_end'den on_epoch_end'e (çağrı)", gap, equal=1)
    missed = (curves["val_accuracy"][:-1] >= target).sum()
    lab.check("hedefe varıp durmayan epoch", missed, equal=0)
    lab.check(
        "on_batch_end = adım (fark)", stop.steps - last * -(-len(x) // BATCH), equal=0
    )
    base = hasattr(keras.callbacks, "BaseCallback")
    lab.check("keras.callbacks.BaseCallback var", base, equal=0)
    return {"": bars, "hedef": curves}


# %% [markdown]
# ## 5 · LRLogger ve Plotter
# %%
class LRLogger(keras.callbacks.Callback):
    """Her adımın LR'sini yazar; CSV dosyası her epoch sonunda yenilenir."""

    def on_train_begin(self, logs=None):
        self.rows = []  # ikinci bir fit yeni bir kayda başlar

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch + 1

    def on_train_batch_begin(
        self, batch, logs=None
    ):  # sonra okunsa: bir sonraki adımın LR'si
        lr = float(self.model.optimizer.learning_rate)
        self.rows.append({"epoch": self.epoch, "adım": len(self.rows) + 1, "LR": lr})

    def on_epoch_end(
        self, epoch, logs=None
    ):  # Ctrl-C'de on_train_end çağrılmaz: burada yaz
        with lab.file("_lr", ".csv") as path:
            pd.DataFrame(self.rows).to_csv(path, index=False, encoding="utf-8-sig")


class Plotter(keras.callbacks.Callback):
    """Bir metrik ve LR: her `every` epoch'ta bir yenilenen şekil, `--goster` ile pencerede de."""

    def __init__(self, monitor, label, every=1):
        super().__init__()
        self.monitor, self.label, self.every = monitor, label, every

    def on_train_begin(self, logs=None):
        self.rows, self.drawn = [], []

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:  # epoch sonunda okunan, bir sonraki epoch'un LR'sidir
            self.lr = float(self.model.optimizer.learning_rate)

    def on_epoch_end(self, epoch, logs=None):
        logged(logs, self.monitor)
        self.rows.append({**logs, "epoch": epoch + 1, "LR": self.lr})
        if (epoch + 1) % self.every == 0:
            self.draw()

    def on_train_end(self, logs=None):
        if len(self.rows) % self.every:
            self.draw()

    def draw(self):
        curves = pd.DataFrame(self.rows).set_index("epoch")
        self.fig, (left, right) = plots.figure(1, 2, title="Eğitim sürerken")
        name = self.monitor.removeprefix("val_")
        known = [
            key for key in (name, f"val_{name}") if key in curves
        ]  # doğrulama yoksa teki
        sns.lineplot(curves[known], markers=True, ax=left)
        left.set(ylabel=self.label)
        sns.lineplot(curves[["LR"]], markers=True, legend=False, ax=right)
        right.set(ylabel="LR (epoch'un ilk adımında)", ylim=(0, None))
        for ax in (left, right):
            ax.xaxis.get_major_locator().set_params(integer=True)
        self.drawn.append(len(self.rows))
        path = lab.save(self.fig, "_canli")
        if lab.show_window:
            lab.preview(path, "Eğitim sürerken")


@lab.section(quick={"decay_steps": 40, "n_train": 2_000, "epochs": 2})
def lr_logger_and_plotter(
    initial=1e-3,  # slayt: CosineDecay(initial=1e-3, …)
    decay_steps=1_000,  # slayt: …, decay_steps=1000)
    n_train=20_000,  # 100 görüntülük 200 adım: 5 epoch = 1000 adım
    epochs=5,  # LR sıfıra inene kadar
):
    """Kendi callback'lerimiz: LRLogger ve Plotter

    Soru: LR kosinüs eğrisiyle 0,001'den sıfıra iniyor: adımların dörtte üçü bitince LR kaçtır?

    Neden: Zamanlamada LR her adımda değişir; adımdan önce okunan LR o adımın, adımdan sonra
    okunan bir sonraki adımın LR'sidir. Ctrl-C'de on_train_end çağrılmaz: kayıt ile şekil bu
    yüzden her epoch sonunda yazılır. İkisi de fit başlarken boşalır, nesne yeniden kullanılır.
    """
    data = load_mnist(n_train, 2_000)
    x, y, val = data.x_train, data.y_train, (data.x_val, data.y_val)
    cosine = keras.optimizers.schedules.CosineDecay(initial, decay_steps=decay_steps)
    adam = keras.optimizers.Adam(learning_rate=cosine)
    model = mnist_model(adam)
    late = []  # yanlış yer: epoch bittikten sonra okunan LR
    too_late = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: late.append(float(adam.learning_rate))
    )
    logger, plotter = LRLogger(), Plotter("val_accuracy", "doğruluk")
    own = [too_late, logger, plotter]
    start = perf_counter()
    model.fit(x, y, 100, epochs=epochs, validation_data=val, callbacks=own, verbose=0)
    costs = {"bütün fit": perf_counter() - start}

    log = pd.read_csv(lab.path("_lr", ".csv"))
    drawn = plotter.fig.axes[1].lines[0].get_ydata()
    step = np.minimum(log["adım"] - 1, decay_steps)
    log["formül"] = initial * (1 + np.cos(np.pi * step / decay_steps)) / 2
    first = (
        log.groupby("epoch").first().assign(**{"Plotter": drawn, "epoch bitince": late})
    )
    lab.table(
        first, "Epoch'un ilk adımı: LRLogger'ın dosyası, formül, Plotter'ın şekli"
    )
    jobs = {"Plotter: bir çizim": plotter.draw}
    jobs["LRLogger: bir dosya"] = lambda: logger.on_epoch_end(0)
    jobs["LRLogger: bir adım"] = lambda: logger.on_train_batch_begin(
        0
    )  # dosyaya girmez
    costs |= {name: min(repeat(job, number=1, repeat=2)) for name, job in jobs.items()}
    lab.table(
        pd.DataFrame({"saniye": costs}).rename_axis("iş"), "Callback'lerin bedeli"
    )
    fig, ax = plots.figure(title="LRLogger'ın dosyası, Plotter'ın şekli: aynı LR")
    sns.lineplot(
        log, x="adım", y="LR", linewidth=4, color="grey", label="LRLogger", ax=ax
    )
    points = first.drop(columns="LR").melt(
        "adım", ["Plotter", "epoch bitince"], "okunan", "LR"
    )
    look = {"hue": "okunan", "style": "okunan", "s": 300, "zorder": 3}
    sns.scatterplot(points, x="adım", y="LR", ax=ax, **look)
    ax.set_xlabel("adım (işaretler: epoch'un ilk adımı)")
    ax.legend(title="")
    lab.save(fig)

    formula, agree = (
        abs(log["LR"] - log["formül"]).max(),
        abs(drawn - first["LR"]).max(),
    )
    mistake, step = abs(first["epoch bitince"] - first["LR"]).max(), 3 * len(log) // 4
    lab.conclude(
        f"Adım {step} bitince LR: {number(log['LR'][step])}. Dosya ile şekil "
        f"{'aynı' if agree == 0 else 'ayrı'}; epoch bitince okunan LR'nin en büyük hatası: "
        f"{number(mistake)}."
    )
    lab.check("yazılan adım - eğitimin adımı", len(log) - int(adam.iterations), equal=0)
    lab.check("LRLogger'ın LR'si - formül", formula, below=1e-8)
    lab.check("Plotter'ın şekli - LRLogger'ın dosyası", agree, equal=0)
    lab.check("epoch bitince okumanın hatası / ilk LR", mistake / initial, above=1e-3)
    return log


# %% [markdown]
# ## 6 · Beş callback birlikte
# %%
@lab.section(quick={"every": 20, "patience": 7, "plateau_patience": 3})
def five_callbacks(
    every=10,  # Plotter kaç epoch'ta bir çizsin: her epoch'ta çizmek eğitimden uzun sürer
    patience=15,  # slayt: EarlyStopping'in sabrı
    min_delta=1e-4,  # slayt: bundan küçük düşüş iyileşme sayılmaz
    factor=0.3,  # slayt: platoda LR bununla çarpılır
    plateau_patience=7,  # slayt: ReduceLROnPlateau'nun sabrı
):
    """Beş callback birlikte: kim ne zaman iş gördü?

    Soru: Erken durdurma en iyi epoch'tan sonra 15 epoch bekler; bu sırada LR kaç kez düşer?

    Neden: EarlyStopping ile ReduceLROnPlateau aynı val_loss'a bakar: kısa sabır dolunca LR düşer,
    uzun sabır dolunca eğitim durur. ModelCheckpoint val_auc'a bakar: AUC yalnız sıralamayı, kayıp
    olasılığın kendisini ölçer; en iyi epoch'ları başka olabilir.
    """
    data = load_breast_cancer()
    x, y, val = data.x_train, data.y_train, (data.x_val, data.y_val)
    model = cancer_model(metrics=[keras.metrics.AUC(name="auc")])  # adı val_auc olsun
    best_file = lab.path("_en_iyi", ".keras")
    early_stop = keras.callbacks.EarlyStopping(
        monitor="val_loss",
        patience=patience,
        restore_best_weights=True,
        min_delta=min_delta,
    )
    checkpoint = keras.callbacks.ModelCheckpoint(
        filepath=best_file, monitor="val_auc", save_best_only=True, mode="max"
    )
    reduce_lr = keras.callbacks.ReduceLROnPlateau(
        "val_loss",
        factor=factor,
        patience=plateau_patience,
        min_lr=1e-7,
        min_delta=min_delta,
    )
    logger, plotter = LRLogger(), Plotter("val_loss", "kayıp", every)
    callbacks = [early_stop, checkpoint, reduce_lr, logger, plotter]
    history = model.fit(
        x,
        y,
        BATCH,
        epochs=MAX_EPOCHS,
        validation_data=val,
        callbacks=callbacks,
        verbose=0,
    )

    curves = tidy(history)
    auc, rate, last = curves["val_auc"], curves["learning_rate"], len(curves)
    saved = auc > auc.cummax().shift(
        fill_value=-np.inf
    )  # save_best_only: yalnız rekor kırılınca
    dropped = (
        rate.shift(-1) < rate
    )  # epoch bitince düşen LR bir sonraki epoch'ta görülür
    kept, best = (
        int(auc.idxmax()) + 1,
        early_stop.best_epoch + 1,
    )  # ikisi de 0'dan sayar
    acted = {
        "EarlyStopping": [last] if early_stop.stopped_epoch else [],
        "ModelCheckpoint": curves["epoch"][saved],
        "ReduceLROnPlateau": curves["epoch"][dropped],
        "LRLogger": {row["epoch"] for row in logger.rows},
        "Plotter": plotter.drawn,
    }
    events = pd.concat(
        pd.DataFrame({"callback": k, "epoch": list(e)}) for k, e in acted.items()
    )
    loaded = keras.models.load_model(best_file)
    models = {f"dosyada (epoch {kept})": loaded, f"bellekte (epoch {best})": model}
    table = pd.DataFrame(
        [m.evaluate(*val, verbose=0) for m in models.values()], list(models)
    )
    table = table.set_axis(["val_loss", "val_auc"], axis=1).rename_axis("model")
    four = dict.fromkeys(table, lambda value: number(value, 4))
    lab.table(table, f"{last} epoch bitti: eldeki iki model", four)

    fig, (top, bottom) = plots.figure(
        2, 1, title="Beş callback iş başında", sharex=True
    )
    sns.lineplot(curves.set_index("epoch")[["loss", "val_loss"]], ax=top)
    look = {"color": "black", "linewidth": 3}
    top.axvline(kept, linestyle=":", label=f"dosyadaki model: epoch {kept}", **look)
    top.axvline(best, linestyle="-.", label=f"bellekteki model: epoch {best}", **look)
    top.set(yscale="log", ylabel="kayıp (log ölçek)")
    top.legend(loc="upper right", ncols=2)
    sns.stripplot(
        events, x="epoch", y="callback", hue="callback", size=12, jitter=0, ax=bottom
    )
    for epoch in curves["epoch"][dropped]:
        told = f"LR {number(rate[epoch], 2)}"  # 0'dan sayılan satır: bir sonraki epoch'un LR'si
        bottom.annotate(
            told, (epoch, 2), (0, 10), textcoords="offset points", ha="center"
        )
    bottom.set(xlabel="epoch", ylabel="", xlim=(0, last + 3))
    lab.save(fig)

    falls = int((dropped & (curves["epoch"] > best)).sum())
    lab.conclude(
        f"Dosyada kalan: epoch {kept} (en iyi val_auc), bellekte kalan: epoch {best} "
        f"(EarlyStopping'in en iyisi). Sonraki {last - best} epoch'ta LR {falls} kez düştü."
    )
    in_file, in_memory = table["val_auc"].iloc[0], table["val_loss"].iloc[1]
    lab.check(
        "dosyadaki val_auc - görülenlerin en iyisi",
        abs(in_file - auc.max()),
        below=1e-5,
    )
    gap = abs(in_memory - curves["val_loss"][best - 1])
    lab.check("bellekteki val_loss - o epoch'unki", gap, below=1e-5)
    lab.check("durulan - en iyi epoch", last - best, equal=patience)
    lab.check("bu arada LR düşüşü", falls, equal=(patience - 1) // plateau_patience)
    lab.check("iş gören callback", events["callback"].nunique(), equal=5)
    return {"": curves, "olaylar": events}


# %% [markdown]
# ## 7 · LR aralık testi
# %%
def deeper_model():
    """Bölüm 7, 8 ve 9'un ağı."""
    model = keras.Sequential([layers.Input(shape=(784,))])
    for _ in range(2):
        model.add(layers.Dense(64, activation="relu", kernel_initializer="he_normal"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


class LRFinder(keras.callbacks.Callback):
    """LR aralık testi (Smith, 2017): LR her adımda aynı oranla büyür, ıraksayınca eğitim durur.

    Ağırlıklar bozulur: testten sonra modeli yeniden başlatın. Mini-batch'ler eşit boyda olmalı.
    """

    def __init__(self, start, steps_per_decade):
        super().__init__()
        self.start, self.steps_per_decade = start, steps_per_decade

    def on_train_begin(self, logs=None):
        self.rates, self.losses = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.mean = 0.0  # Keras ortalamaya her epoch yeniden başlar

    def on_train_batch_begin(self, batch, logs=None):
        self.rates.append(self.start * 10 ** (len(self.rates) / self.steps_per_decade))
        self.model.optimizer.learning_rate = self.rates[-1]

    def on_train_batch_end(self, batch, logs=None):
        # logs["loss"] epoch başından beri ortalamadır; bu adımınki: n · yeni - (n - 1) · eski
        self.losses.append((batch + 1) * logs["loss"] - batch * self.mean)
        self.mean = logs["loss"]
        trend = self.smooth()
        if not trend[-1] <= 2 * trend.min():  # dibin iki katı; NaN da ıraksamadır
            self.model.stop_training = True

    def smooth(self):
        """Gürültüsü azaltılmış kayıp: son adımlara daha çok ağırlık veren ortalama."""
        return pd.Series(self.losses).ewm(span=10).mean().to_numpy()


@lab.section(
    quick={"n_train": 10_000, "steps_per_decade": 12, "seeds": 1, "times": (30,)}
)
def lr_range_test(
    start=1e-7,  # slayt: LR 1e-7'den başlar
    steps_per_decade=25,  # LR on katına kaç adımda çıksın: kayıp pürüzsüz okunsun
    n_train=20_000,  # 200 adım: LR sekiz kez on katına çıkabilir, slayttaki 1'in ötesine
    fallen=(0.1, 0.9),  # toplam düşüşün payı: düşmeye başladı, düşüş bitiyor
    times=(3, 10, 30),  # önerilenin kaç katı da denensin
    broken=0.5,  # doğruluk bunun altındaysa eğitim bozuldu
    seeds=3,  # yayılım görünsün
):
    """LR aralık testi (LR finder): hangi LR'de bozulur?

    Soru: Önerilen LR'nin 3, 10 ve 30 katından hangisinde eğitim ilk kez bozulur?

    Neden: Gradyan yalnız yakın çevreyi anlatır. Adım vadiye sığıyorsa büyük LR hızlandırır;
    sığmıyorsa her adım karşı yamaçta daha yukarıya düşer, kayıp ıraksar. Keras'ın logs["loss"]
    değeri epoch başından beri ortalamadır: yükselişi geç gösterir, geri çözmek gerekir.
    """
    data = load_mnist(n_train, 2_000)
    x, y, val = data.x_train, data.y_train, (data.x_val, data.y_val)
    model = deeper_model()
    sgd = keras.optimizers.SGD(learning_rate=start, momentum=0.9)
    model.compile(sgd, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    rows = x[: 100 * steps_per_decade], y[: 100 * steps_per_decade]
    loss = keras.losses.sparse_categorical_crossentropy(rows[1], model(rows[0]))
    by_hand = np.mean(
        np.reshape(loss, (-1, 100)), axis=1
    )  # ilk on katta ağırlıklar oynamaz
    finder = LRFinder(start, steps_per_decade)
    model.fit(x, y, batch_size=100, shuffle=False, callbacks=[finder], verbose=0)
    if not model.stop_training:
        raise LabError(
            "Test ıraksamadan bitti: steps_per_decade küçülsün ya da n_train büyüsün."
        )

    trend = finder.smooth()
    bottom = int(np.argmin(trend))
    before = trend[:steps_per_decade].mean()  # LR henüz etkisiz
    share = (before - trend[: bottom + 1]) / (before - trend[bottom])
    low, high = (finder.rates[int(np.argmax(share >= part))] for part in fallen)
    last = finder.rates[-1]

    tried = {"alt uç": low, "önerilen": high} | {
        f"önerilen x {k}": k * high for k in times
    }
    runs = []
    for name, lr in tried.items():
        for seed in lab.each(lab.seeds(seeds), f"{name}, LR {number(lr, 2)}, tohum"):
            restart(model, seed)
            model.optimizer.learning_rate = lr
            history = model.fit(x, y, batch_size=100, validation_data=val, verbose=0)
            runs.append(tidy(history, deneme=name, LR=lr, tohum=seed))
    runs = pd.concat(runs)
    score = runs.groupby(["deneme", "LR"], sort=False)["val_accuracy"]
    table = score.agg(doğruluk="mean", **{"doğruluk std": "std"}).reset_index("LR")
    lab.table(table, f"Her LR ile {len(x) // 100} adım, {seeds} tohum: doğrulama")

    test = pd.DataFrame({"LR": finder.rates, "mini-batch": finder.losses})
    test["düzleştirilmiş"] = trend
    test["Keras'ın ortalaması"] = test["mini-batch"].expanding().mean()
    fig, (left, right) = plots.figure(
        1, 2, title="LR aralık testi ve önerinin denenmesi"
    )
    sns.scatterplot(
        test, x="LR", y="mini-batch", color="grey", label="mini-batch", ax=left
    )
    sns.lineplot(test.set_index("LR").iloc[:, 1:], linewidth=4, ax=left)
    left.set(xscale="log", ylim=(0, 2.05 * before), title="LR her adımda büyüyor")
    left.set(xlabel="LR (log ölçek)", ylabel="kayıp (cross-entropy)")
    left.legend(loc="lower left")
    sns.lineplot(
        runs,
        x="LR",
        y="val_accuracy",
        marker="o",
        errorbar="sd",
        color="grey",
        ax=right,
    )
    right.set(xscale="log", ylim=(0, 1), title="o LR ile gerçekten eğitince")
    right.set_xlabel("LR (log ölçek)")
    marks = {"alt uç": (low, ":"), "önerilen": (high, "--"), "test durdu": (last, "-")}
    for name, (lr, style) in marks.items():
        left.axvline(lr, color="black", linestyle=style)
        right.axvline(
            lr, color="black", linestyle=style, label=f"{name}: {number(lr, 2)}"
        )
    right.legend(loc="lower left")
    lab.save(fig)

    accuracy = table["doğruluk"]
    bad = [k for k in times if accuracy[f"önerilen x {k}"] < broken]
    end = f"{bad[0]} katında bozuldu" if bad else "denenen hiçbir katında bozulmadı"
    lab.conclude(
        f"Önerilen LR ile doğruluk {percent(accuracy['önerilen'])}; eğitim onun {end}. "
        f"Testin kendisi önerilenin {number(last / high, 1)} katında durmuştu."
    )
    error = abs(np.array(finder.losses[:steps_per_decade]) - by_hand).max()
    lab.check("geri bulunan kayıp = elle (LR etkisizken)", error, below=1e-3)
    lab.check("testin durduğu LR / önerilen", last / high, above=3)
    gain = accuracy["önerilen"] - accuracy["alt uç"]
    lab.check("önerilen - alt uç (doğruluk)", gain, above=0.02)
    lab.check("önerilenle doğruluk", accuracy["önerilen"], above=0.8)
    lab.check(f"{times[-1]} katı öğrenemiyor", accuracy.iloc[-1], below=0.3)
    return {"": runs, "test": test}


# %% [markdown]
# ## 8 · LR zamanlamaları
# %%
@keras.saving.register_keras_serializable(package="uygulama_02")
class WarmupCosineDecay(schedules.LearningRateSchedule):
    """Slayttaki ad Keras'ta yok: doğrusal ısınma (warmup), sonra kosinüs tavlama."""

    def __init__(self, peak, warmup_steps, decay_steps):
        super().__init__()
        self.peak, self.warmup_steps, self.decay_steps = peak, warmup_steps, decay_steps

    def __call__(self, step):
        step = ops.cast(step, "float32")  # optimizer tam sayı verir
        rising = self.peak * step / self.warmup_steps
        share = ops.clip((step - self.warmup_steps) / self.decay_steps, 0, 1)
        falling = self.peak * (1 + ops.cos(np.pi * share)) / 2
        return ops.where(step < self.warmup_steps, rising, falling)

    def get_config(self):  # model kaydedilirken: __init__ neyle çağrılsın
        return {k: getattr(self, k) for k in ("peak", "warmup_steps", "decay_steps")}


@keras.saving.register_keras_serializable(package="uygulama_02")
class CyclicalLR(schedules.LearningRateSchedule):
    """Slayttaki ad Keras'ta yok: base ile max arasında üçgen (Smith, 2017)."""

    def __init__(self, base, max, step_size):
        super().__init__()
        self.base, self.max, self.step_size = (
            base,
            max,
            step_size,
        )  # step_size: yarım döngü

    def __call__(self, step):
        step = ops.cast(step, "float32") % (2 * self.step_size)
        height = 1 - ops.abs(step / self.step_size - 1)  # 0 → 1 → 0
        return self.base + (self.max - self.base) * height

    def get_config(self):
        return {name: getattr(self, name) for name in ("base", "max", "step_size")}


@keras.saving.register_keras_serializable(package="uygulama_02")
class OneCycle(schedules.LearningRateSchedule):
    """Tek döngü, Smith ve Topin'in (2017) doğrularıyla: peak / 10 → peak → peak / 10 → sıfır.

    fast.ai ile PyTorch doğru yerine kosinüs kullanır ve doruğa daha erken çıkar.
    """

    def __init__(self, peak, total_steps, ramp=0.45):
        super().__init__()
        self.peak, self.total_steps, self.ramp = (
            peak,
            total_steps,
            ramp,
        )  # ramp: çıkışın payı

    def __call__(self, step):
        share = ops.cast(step, "float32") / self.total_steps
        height = 1 - ops.abs(share / self.ramp - 1)  # ilk iki parçada 0 → 1 → 0
        rest = ops.clip((1 - share) / (1 - 2 * self.ramp), 0, 1)  # son parçada 1 → 0
        return self.peak * (0.1 * rest + 0.9 * ops.maximum(height, 0))

    def get_config(self):
        return {name: getattr(self, name) for name in ("peak", "total_steps", "ramp")}


def cosine(share):
    """1'den 0'a inen yarım kosinüs; 0'ın solunda 1, 1'in sağında 0."""
    return (1 + np.cos(np.pi * np.clip(share, 0, 1))) / 2


def answer(call):
    """Yanlış satırı dener: Keras'ın hatasının adı ve iletisinin başı."""
    try:
        call()
    except (
        AttributeError,
        TypeError,
        ValueError,
        tf.errors.InvalidArgumentError,
    ) as error:
        text = str(error).split("\x1b[1m")[
            -1
        ]  # kalın yazının kodu: asıl ileti ondan sonra
        return f"{type(error).__name__}: {shorten(text, 60, placeholder=' …')}"
    return "hata vermedi"


@lab.section
def schedule_gallery(
    lr=1e-3,  # slayt: CosineDecay'in başlangıcı
    decay_steps=1_000,  # slayt: CosineDecay, ExponentialDecay
    rate=0.96,  # slayt: ExponentialDecay'in çarpanı
    warmup_steps=200,  # slayt: WarmupCosineDecay
    cycle=(1e-4, 1e-2),  # slayt: CyclicalLR(base, max)
    total=3_000,  # üç basamak, iki dönem, üç döngü sığsın
    every=10,  # kaç adımda bir okunsun: eğri pürüzsüz
):
    """LR zamanlamaları: formülleri, Keras'taki adları, tuzakları

    Soru: decay_steps=1000, warmup_steps=200 olan CosineDecay kaçıncı adımda sıfıra iner?

    Neden: Zamanlama epoch'un değil adımın fonksiyonudur; optimizer onu her adımda çağırır. Keras
    ısınmayı decay_steps'ten ayrı sayar. ExponentialDecay üssü kesirli alır: basamak isteyen
    staircase=True yazar.
    """
    s, (low, high) = np.arange(0, total, every, dtype="float64"), cycle
    half, up = total // 6, 0.45 * total  # üç döngü; OneCycle'ın çıkışı
    length = 2.0 ** np.floor(
        np.log2(1 + s / decay_steps)
    )  # dönemin boyu: 1, 2, 4, … kat
    period = (1 + s / decay_steps) / length - 1  # dönemin bitmiş payı
    falling = cosine((s - warmup_steps) / decay_steps)
    warm = lr * np.where(s < warmup_steps, s / warmup_steps, falling)
    wave = np.interp(s % (2 * half), [0, half, 2 * half], [low, high, low])
    one = np.interp(s, [0, up, 2 * up, total], [high / 10, high, high / 10, 0])
    smooth = schedules.ExponentialDecay(lr, decay_steps, rate)
    stairs = schedules.ExponentialDecay(lr, decay_steps, rate, staircase=True)
    restarts = schedules.CosineDecayRestarts(
        lr, decay_steps
    )  # her dönem öncekinin iki katı
    warmed = schedules.CosineDecay(
        0.0, decay_steps, warmup_target=lr, warmup_steps=warmup_steps
    )
    gallery = {  # ad: (zamanlama, formülü)
        "ExponentialDecay": (smooth, lr * rate ** (s / decay_steps)),
        "ExponentialDecay\nstaircase=True": (stairs, lr * rate ** (s // decay_steps)),
        "CosineDecay": (
            schedules.CosineDecay(lr, decay_steps),
            lr * cosine(s / decay_steps),
        ),
        "CosineDecayRestarts": (restarts, lr * cosine(period)),
        "CosineDecay\nwarmup_target=": (warmed, warm),
        "WarmupCosineDecay": (WarmupCosineDecay(lr, warmup_steps, decay_steps), warm),
        "CyclicalLR": (CyclicalLR(low, high, half), wave),
        "OneCycle": (OneCycle(high, total), one),
    }
    curves, model, moved = [], deeper_model(), []
    for name, (schedule, formula) in gallery.items():
        owner = "Keras" if type(schedule).__module__.startswith("keras.") else "bizim"
        rates = [float(schedule(int(step))) for step in s]
        frame = pd.DataFrame({
            "zamanlama": name,
            "kimin": owner,
            "adım": s,
            "LR": rates,
        })
        curves.append(frame.assign(formül=formula))
        if owner == "bizim":  # modelle kaydedilir, yüklenir: aynı adımda aynı LR mi
            model.compile(keras.optimizers.SGD(schedule), loss="mse")
            loaded = keras.models.load_model(lab.save(model, f"_{name}")).optimizer
            loaded.iterations.assign(warmup_steps // 2)
            moved.append(
                abs(float(loaded.learning_rate) - float(schedule(warmup_steps // 2)))
            )
    curves = pd.concat(curves)

    adam, warmup = (
        keras.optimizers.Adam,
        {"warmup_target": lr, "warmup_steps": warmup_steps},
    )
    traps = [  # yazılan, denemesi, çaresi
        ("Adam(lr=1e-3)", lambda: adam(lr=1e-3), "learning_rate="),
        ("Adam(np.float32(1e-3))", lambda: adam(np.float32(1e-3)), "float(...)"),
        (
            "CosineDecay(0, 1000, …)",
            lambda: schedules.CosineDecay(0, 1000, **warmup)(0),
            "0.0",
        ),
        (
            "schedules.WarmupCosineDecay",
            lambda: schedules.WarmupCosineDecay,
            "warmup_target=",
        ),
    ]
    rows = pd.DataFrame([(name, answer(call), cure) for name, call, cure in traps])
    rows.columns = ["yazılan", "Keras'ın yanıtı", "çaresi"]
    lab.table(rows, "Sık yazılan yanlışlar")

    fig, axes = plots.figure(
        2, 4, title="LR zamanlamaları (gri: formül)", sharex=True, sharey=True
    )
    for ax, (name, curve) in zip(
        axes.flat, curves.groupby("zamanlama", sort=False), strict=True
    ):
        owner, top = curve["kimin"].iloc[0], curve["LR"].max()
        ax.plot(curve["adım"], curve["formül"] / top, color="lightgrey", linewidth=9)
        sns.lineplot(x=curve["adım"], y=curve["LR"] / top, linewidth=3, ax=ax)
        title = f"{name}\n({owner}, tepe {number(top)})"
        ax.set(title=title, ylabel="LR / tepesi", ylim=(0, 1.05))
    lab.save(fig)

    later = range(
        decay_steps, 2 * (warmup_steps + decay_steps)
    )  # ısınmayı da saysaydı: ilki
    zero = next(step for step in later if float(warmed(step)) < 1e-12)
    middle, still = (
        float(schedule(decay_steps // 2)) / lr for schedule in (smooth, stairs)
    )
    lab.conclude(
        f"Isınmalı CosineDecay'in sıfıra indiği adım: {number(zero, 4)} (warmup_steps + "
        f"decay_steps). ExponentialDecay basamağın yarısında LR'yi {percent(1 - middle)} "
        "azalttı; staircase=True iken henüz değiştirmedi."
    )
    curves["fark"] = abs(curves["LR"] - curves["formül"])
    lab.check("formülden en büyük fark", curves["fark"].max(), below=1e-8)
    lab.check("ısınmalı kosinüs sıfırda (adım)", zero, equal=warmup_steps + decay_steps)
    lab.check("staircase: basamağın yarısında kayıp LR", abs(1 - still), below=1e-6)
    lab.check("kaydedilip yüklenen zamanlamanın farkı", max(moved), equal=0)
    refused = (rows["Keras'ın yanıtı"] != "hata vermedi").sum()
    lab.check("Keras'ın geri çevirdiği yanlış", refused, equal=len(traps))
    return {"": curves, "tuzaklar": rows}


# %% [markdown]
# ## 9 · Zamanlama yarışı
# %%
def standings(runs):
    """Birinci ile tablosu: ondan 2 standart hatayı aşan farkla kalan geride, öteki başa baş."""
    final = runs.pivot_table("val_accuracy", "tohum", "yarışçı", sort=False)
    best = final.mean().idxmax()
    behind = -100 * final.sub(
        final[best], axis=0
    )  # tohum tohum: aynı başlangıç, aynı sıra
    gap, error = behind.mean(), behind.sem()
    least = error.drop(
        best
    ).mean()  # üç tohum şansla yakın düşebilir: hata en az ortalama kadar
    table = runs.groupby("yarışçı", sort=False)[["ilk varış", "kalıcı varış"]].median()
    table = table.assign(doğruluk=final.mean(), geride=gap, hata=error)
    noise = 2 * error.clip(lower=least)  # tek tohumda yok (NaN): hüküm de yok
    table["sonuç"] = np.select(
        [gap > noise, gap <= noise], ["geride", "başa baş"], "tek tohum"
    )
    table.loc[best, "sonuç"] = "birinci"
    return best, table


@lab.section(quick={"steps": 10, "every": 5, "seeds": 1})
def schedule_race(
    peak=0.1,  # bölüm 7'nin önerisi dolayında: sabit LR'nin dayandığı
    times=3,  # "super-convergence": tepe bunun kaç katı
    small=30,  # küçük LR: ortak LR'nin kaçta kaçı
    batch_size=100,  # bölüm 7'deki gibi
    steps=160,  # iyi LR'ler hedefe varsın; her adım yeni görüntülerle
    every=40,  # kaç adımda bir doğrulama; steps'i tam böler
    target=0.92,  # "bu doğruluğa kaç adımda?"
    seeds=3,  # fark ancak yayılımıyla okunur
):
    """Zamanlama yarışı: aynı ağ, aynı başlangıç, aynı mini-batch sırası

    Soru: İyi seçilmiş sabit LR, on LR yolunun birincisinden kaç puan geride bitirir?

    Neden: Küçük LR'de adımlar kısadır, süre yetmez. Büyük LR'de gradyan gürültüsü ağırlıkları
    sıçratır: minimumu atlar. Sonda küçülen LR bu gürültüyü söndürür; LR'si zaten iyi seçilmiş
    eğitimde kazanacağı az şey kalır.
    """
    if steps % every:
        raise LabError(
            f"every={every} adım steps={steps} adımı bölmüyor: birini değiştirin."
        )
    data = load_mnist(steps * batch_size, 2_000)
    x, y = data.x_train, data.y_train
    val = {"validation_data": (data.x_val, data.y_val), "validation_batch_size": 2_000}
    warm, large = steps // 10, times * peak
    racers = {
        "sabit, küçük": peak / small,
        "sabit, ortak": peak,
        "sabit, büyük": large,
        "ExponentialDecay": schedules.ExponentialDecay(
            peak, 1_000, 0.96
        ),  # slaytın ayarı
        "CosineDecay": schedules.CosineDecay(peak, steps),
        "CosineDecayRestarts": schedules.CosineDecayRestarts(
            peak, steps // 2, t_mul=1.0
        ),
        "WarmupCosineDecay": WarmupCosineDecay(peak, warm, steps - warm),
        "CyclicalLR": CyclicalLR(peak / small, peak, steps // 4),
        "OneCycle, ortak": OneCycle(peak, steps),
        "OneCycle, büyük": OneCycle(large, steps),
        # Sıra sizde (ileri): bir satır da siz ekleyin
    }
    model, curves = deeper_model(), []
    for name, schedule in racers.items():
        # optimizer.learning_rate = schedule yetmez: izlenmiş (trace) model eskisiyle eğitir
        sgd = keras.optimizers.SGD(schedule, momentum=0.9)
        model.compile(sgd, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        for seed in lab.each(lab.seeds(seeds), f"{name}, tohum"):
            restart(model, seed)
            history = model.fit(  # "epoch" = iki ölçümün arası
                x,
                y,
                batch_size,
                epochs=steps // every,
                steps_per_epoch=every,
                verbose=0,
                **val,
            )
            run = tidy(history, yarışçı=name, tohum=seed, atılan=int(sgd.iterations))
            run["adım"] = every * run.pop("epoch")
            above = run["val_accuracy"] >= target
            stays = above[::-1].cummin()[::-1]  # buradan sona kadar hep üstünde
            run["ilk varış"] = min(run["adım"][above], default=np.inf)
            run["kalıcı varış"] = min(run["adım"][stays], default=np.inf)
            curves.append(run)
    curves = pd.concat(curves, ignore_index=True)
    runs = curves[curves["adım"] == curves["adım"].max()].copy()  # koşuların sonu

    best, table = standings(runs)
    runs["sonuç"] = runs["yarışçı"].map(table["sonuç"])
    title = f"{steps} adım, {seeds} tohum; varış: {percent(target)} doğruluğa kaçıncı adımda"
    lab.table(table, f"{title} (ortanca); geride: eşli fark (puan), standart hatası")

    fig, (left, right) = plots.figure(1, 2, title="Zamanlama yarışı")
    some = curves[curves["yarışçı"].isin([*list(racers)[:3], best])]
    look = {"hue": "yarışçı", "style": "yarışçı", "units": "tohum", "estimator": None}
    sns.lineplot(some, x="adım", y="val_accuracy", markers=True, ax=left, **look)
    left.axhline(target, color="black", linewidth=1)
    low = some["val_accuracy"].median() - 0.2  # varışlar açık görünsün
    left.set(title="üç sabit LR ve birinci: her çizgi bir tohum", ylim=(low, 1))
    left.legend(loc="upper left")
    look = {"hue": "sonuç", "style": "sonuç", "s": 160}
    sns.scatterplot(runs, x="val_accuracy", y="yarışçı", ax=right, **look)
    right.set(title="yarışın sonu: her nokta bir tohum", ylabel="")
    lab.save(fig)

    gap, arrival = table["geride"], table["kalıcı varış"]
    common, large_gap, one = gap[["sabit, ortak", "sabit, büyük", "OneCycle, büyük"]]
    quicker = arrival["OneCycle, büyük"] < arrival.drop("OneCycle, büyük").min()
    lab.conclude(
        f"Birinci: {best}. Ondan geride kalan puan: iyi seçilmiş (ortak) sabit LR "
        f"{number(common, 2)} ({table['sonuç']['sabit, ortak']}), küçük "
        f"{number(gap['sabit, küçük'], 2)}, büyük {number(large_gap, 2)}; büyük tepeli OneCycle "
        f"hedefe en hızlı varan {'oldu' if quicker else 'olmadı'}."
    )
    lab.check(
        "küçük LR takılıyor (puan)",
        gap["sabit, küçük"] - common,
        above=2,
        full_size=True,
    )
    lab.check("büyük LR atlıyor (puan)", large_gap - common, above=0.5, full_size=True)
    lab.check(
        "büyük tepe: OneCycle - sabit (puan)", large_gap - one, above=1, full_size=True
    )
    lab.check("birinci - ortak sabit (puan)", common, below=3, full_size=True)
    lab.check("her koşuda atılan adım / istenen", runs["atılan"].min() / steps, equal=1)
    end = float(racers["ExponentialDecay"](steps)) / peak
    lab.check("slaytın ExponentialDecay'i: son / ilk LR", end, within=(0.98, 1))
    return {"": curves, "ozet": runs}


# %% [markdown]
# ## Sıra sizde
# %%
lab.exercise(
    level="temel",
    section="schedule_gallery",
    settings={"warmup_steps": 500},
    task="Isınma 200 yerine 500 adım sürsün: ısınmalı CosineDecay kaçıncı adımda sıfıra iner?",
    quantity="LR'nin sıfıra indiği adım",
    measure=lambda found: (
        found[""]
        .query("zamanlama.str.contains('warmup_target') and adım > 0 and LR < 1e-9")[
            "adım"
        ]
        .min()
    ),
    low=1_490,
    high=1_510,
    write=lambda step: number(step, 4),
    hint="decay_steps ısınmayı sayar mı, saymaz mı?",
    solution="500 + 1000 = 1500: Keras ısınmayı decay_steps'ten ayrı sayar.",
)
lab.exercise(
    level="orta",
    section="schedule_race",
    settings={"times": 10},
    task="Büyük LR, ortak LR'nin üç yerine on katı olsun: sabit büyük LR ile doğruluk ne olur?",
    quantity='"sabit, büyük" LR ile doğrulama doğruluğu',
    measure=lambda found: (
        found["ozet"].query("yarışçı == 'sabit, büyük'")["val_accuracy"].mean()
    ),
    low=0.05,
    high=0.25,
    write=percent,
    hint="Bölüm 7'de önerilen LR'nin on katında ne olmuştu?",
    solution="Şans düzeyi, %10 dolayı: adımlar vadiye sığmaz, eğitim ıraksar.",
)
lab.exercise(
    level="ileri",
    section="schedule_race",
    task="Yarışa yeni bir LR yolu katın: doğrusal inen PolynomialDecay. racers sözlüğünün sonuna "
    '"PolynomialDecay" adıyla yazın; LR peak ile başlasın, son adımda sıfır olsun.',
    quantity="PolynomialDecay ile doğrulama doğruluğu",
    measure=lambda found: (
        found["ozet"].query("yarışçı == 'PolynomialDecay'")["val_accuracy"].mean()
    ),
    low=0.92,
    high=0.96,
    write=percent,
    hint="schedules.PolynomialDecay üç sayı ister: başlangıç LR'si, adım sayısı, son LR.",
    solution='"PolynomialDecay": schedules.PolynomialDecay(peak, steps, 0.0),',
)


if __name__ == "__main__":
    lab.run()
