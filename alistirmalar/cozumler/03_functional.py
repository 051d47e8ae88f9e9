"""Alıştırma 03 · Functional: çizimdeki modeli siz kurun.

    num (20) ─ Dense 16, relu ─┐                               ┌─ main: Dense 1, sigmoid
                               ├─ Concatenate ─ Dense 8, relu ─┤
    cat (10) ─ Dense 8, relu ──┘                               └─ aux: Dense 3, softmax

Her boşluğun (...) üstündeki cümle oraya ne yazılacağını söyler. Sınamak için:

    python uygulama_03_functional_api.py --sira yaz
"""

import keras
from keras import layers


def build():
    """Çizimdeki derlenmiş model."""
    num = keras.Input(shape=(20,), name="num")
    # İkinci girdiyi yazın: 10 sütunu var, adı "cat".
    cat = keras.Input(shape=(10,), name="cat")  # boşluk
    x1 = layers.Dense(16, activation="relu")(num)
    # İkinci dalı cat'ten başlatın.
    x2 = layers.Dense(8, activation="relu")(cat)  # boşluk
    # İki dalı yan yana bitiştirin.
    merged = layers.Concatenate()([x1, x2])  # boşluk
    h = layers.Dense(8, activation="relu")(merged)
    main = layers.Dense(1, activation="sigmoid", name="main")(h)
    # İkinci çıkışı h'den alın: üç sınıfın olasılıkları, adı "aux".
    aux = layers.Dense(3, activation="softmax", name="aux")(h)  # boşluk
    # Modeli iki girdisi ve iki çıkışıyla kurun.
    model = keras.Model(inputs=[num, cat], outputs=[main, aux])  # boşluk
    model.compile(
        "adam",
        loss={"main": "binary_crossentropy", "aux": "sparse_categorical_crossentropy"},
        # Toplam kayıpta main bir, aux yarım sayılsın: bir sözlük yazın.
        loss_weights={"main": 1.0, "aux": 0.5},  # boşluk
    )
    return model


if __name__ == "__main__":
    print(__doc__)
