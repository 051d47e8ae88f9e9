"""Alıştırma 01 · Sequential: ilk modelinizi siz yazın.

Her boşluğun (...) üstündeki cümle oraya ne yazılacağını söyler. Sınamak için:

    python uygulama_01_keras_sequential.py --sira yaz
"""

import keras
from keras import layers


def build():
    """30 ölçüden, tümörün kötü huylu olma olasılığını bulan derlenmiş model."""
    model = keras.Sequential([
        # Girdi katmanını yazın: her hastanın 30 ölçüsü var.
        ...,
        # Gizli katmana 16 nöron ve ReLU aktivasyonu verin.
        ...,
        # Eğitimde gizli nöronların %30'unu rastgele kapatan katmanı yazın.
        ...,
        # Tek nöronu 0 ile 1 arasında bir olasılık veren çıkış katmanını yazın.
        ...,
    ])
    model.compile(
        # Öğrenme hızı 0,01 olan bir Adam optimizer'ı verin.
        optimizer=...,
        # İki sınıf için cross-entropy kaybını seçin.
        loss=...,
        metrics=["accuracy"],
    )
    return model


def train(model, x, y, val):
    """Modeli eğitir, eğitimin geçmişini döndürür; val doğrulama kümesidir: (x, y)."""
    # 31'lik mini-batch'lerle 5 epoch eğitin; val her epoch'un sonunda ölçülsün.
    history = ...
    return history


if __name__ == "__main__":
    print(__doc__)
