"""Alıştırma 02 · Callback: en iyi ağırlıkları kendi callback'inizle saklayın.

Her boşluğun (...) üstündeki cümle oraya ne yazılacağını söyler. Sınamak için:

    python uygulama_02_callbacks_lr.py --sira yaz
"""

import keras


class KeepBest(keras.callbacks.Callback):
    """En küçük doğrulama kaybının ağırlıklarını saklar, eğitim bitince geri koyar."""

    def on_train_begin(self, logs=None):
        # Daha epoch görülmedi: en iyi kayıp, her kaybın kırabileceği bir sayı olsun.
        self.best = float("inf")  # boşluk
        self.weights = self.model.get_weights()

    def on_epoch_end(self, epoch, logs=None):
        # Biten epoch'un doğrulama kaybını logs sözlüğünden okuyun.
        loss = logs["val_loss"]  # boşluk
        # Kayıp rekor kırdı mı, ona bakın.
        if loss < self.best:  # boşluk
            # Yeni rekoru yazın.
            self.best = loss  # boşluk
            # Modelin bu andaki ağırlıklarının bir kopyasını alın.
            self.weights = self.model.get_weights()  # boşluk

    def on_train_end(self, logs=None):
        # Sakladığınız ağırlıkları modele geri koyun.
        self.model.set_weights(self.weights)  # boşluk


if __name__ == "__main__":
    print(__doc__)
