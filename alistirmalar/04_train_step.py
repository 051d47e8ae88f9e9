"""Alıştırma 04 · Eğitim adımı: fit'in bir adımını siz yazın.

Her boşluğun (...) üstündeki cümle oraya ne yazılacağını söyler. Sınamak için:

    python uygulama_04_custom_loop.py --sira yaz
"""

import tensorflow as tf


def train_step(model, optimizer, loss_fn, accuracy, x, y):
    """Bir mini-batch ile bir adım atar; L2 cezasını da sayan kaybı döndürür."""
    with tf.GradientTape() as tape:
        # Modeli x ile eğitim kipinde çağırın; Dropout ve BatchNorm o kipte çalışsın.
        y_pred = ...
        # Tahminin kaybını loss_fn ile bulun.
        loss = ...
        # L2 cezalarını ekleyin: model.losses her katmanın cezasını tutar.
        loss += ...
    # Kaybın, eğitilen ağırlıklara göre gradyanlarını banttan alın.
    grads = ...
    # Gradyanları optimizer ile ağırlıklara uygulayın.
    ...
    # Doğruluk metriğini bu mini-batch'in etiketleri ve tahminleriyle güncelleyin.
    ...
    return loss


if __name__ == "__main__":
    print(__doc__)
