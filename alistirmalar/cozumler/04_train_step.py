"""Alıştırma 04 · Eğitim adımı: fit'in bir adımını siz yazın.

Her boşluğun (...) üstündeki cümle oraya ne yazılacağını söyler. Sınamak için:

    python uygulama_04_custom_loop.py --sira yaz
"""

import tensorflow as tf


def train_step(model, optimizer, loss_fn, accuracy, x, y):
    """Bir mini-batch ile bir adım atar; L2 cezasını da sayan kaybı döndürür."""
    with tf.GradientTape() as tape:
        # Modeli x ile eğitim kipinde çağırın; Dropout ve BatchNorm o kipte çalışsın.
        y_pred = model(x, training=True)  # boşluk
        # Tahminin kaybını loss_fn ile bulun.
        loss = loss_fn(y, y_pred)  # boşluk
        # L2 cezalarını ekleyin: model.losses her katmanın cezasını tutar.
        loss += sum(model.losses)  # boşluk
    # Kaybın, eğitilen ağırlıklara göre gradyanlarını banttan alın.
    grads = tape.gradient(loss, model.trainable_variables)  # boşluk
    # Gradyanları optimizer ile ağırlıklara uygulayın.
    optimizer.apply(grads, model.trainable_variables)  # boşluk
    # Doğruluk metriğini bu mini-batch'in etiketleri ve tahminleriyle güncelleyin.
    accuracy.update_state(y, y_pred)  # boşluk
    return loss


if __name__ == "__main__":
    print(__doc__)
