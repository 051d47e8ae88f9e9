"""Yanlışı yakalayan sınamalar: betikte bir yer bozulunca hangi sınama tutmaz?

Her satır derste kolayca yapılan bir yanlıştır: betiğin bir kopyasında doğru yazılış
bununla değişir, bölüm hızlı boyda koşar. Keras'ın kendisine dokunulmaz.
"""

import pytest
from helpers import LABS, load_script

from common.files import ROOT

STEMS = {stem[9:11]: stem for stem in LABS}
MUTANTS = [  # uygulama, bölüm, doğrusu, yanlışı, tutmaması gereken sınama
    (
        "01",
        "network_by_hand",
        "w - lr * slope for",
        "w - 1.05 * lr * slope for",
        "Elle yazılan ağ Keras'la aynı ağırlıklara varıyor",
    ),
    (
        "01",
        "activation_gallery",
        '"sigmoid": keras.activations.sigmoid',
        '"sigmoid": keras.activations.hard_sigmoid',
        "Sigmoid'in türevi f(1 - f) olur (fark {})",
    ),
    (
        "01",
        "activation_gallery",
        '"ELU": keras.activations.elu',
        '"ELU": keras.activations.relu',
        "ELU'nun ortalaması sıfıra ReLU'dan yakındır",
    ),
    (
        "01",
        "batch_norm_by_hand",
        "return layer.gamma * centred",
        "return 1.01 * layer.gamma * centred",
        "Slaytın formülü iki kipte de Keras'ın çıktısını veriyor (fark {})",
    ),
    (
        "01",
        "dropout_kinds",
        "dropout = layers.Dropout(rate)",
        "dropout = layers.Dropout(0.9 * rate)",
        "Açık nöron 1 / (1 - oran) ile çarpılıyor",
    ),
    (
        "01",
        "dropout_kinds",
        "layers.SpatialDropout1D(rate)",
        "layers.Dropout(rate, seed=1)",
        "SpatialDropout1D kanalın tamamını kapatıyor",
    ),
    (
        "01",
        "mc_dropout",
        "layer.trainable = False",
        "layer.trainable = True",
        "Dondurulan BatchNorm'un ortalaması kaymıyor",
    ),
    (
        "02",
        "lr_logger",
        "on_train_batch_begin(self, batch, logs=None):  # adımdan önce: adımın LR'si",
        "on_train_batch_end(self, batch, logs=None):",
        "Dosyadaki LR formülün LR'sidir (fark {})",
    ),
    (
        "02",
        "lr_range_test",
        '(batch + 1) * logs["loss"] - batch * self.mean',
        'logs["loss"]',
        "Geri çözülen kayıp evaluate'in kaybıdır (fark {})",
    ),
    (
        "02",
        "own_schedules",
        '"half_cycle": self.half_cycle}',
        '"half_cycle": 400}',
        "Yüklenen zamanlama kaldığı yerden sürüyor (fark {})",
    ),
    (
        "03",
        "multi_input_output",
        '"aux": aux_weight}',
        '"aux": 2 * aux_weight}',
        "Toplam kayıp Σ ağırlık · kayıp'tır (fark {})",
    ),
    (
        "03",
        "concatenate_or_add",
        "np.vstack([kernel, kernel])",
        "np.vstack([kernel, 0.9 * kernel])",
        "Add, iki dala aynı ağırlığı veren Concatenate'e eşittir (fark {})",
    ),
    (
        "03",
        "residual_blocks",
        "layers.Add()([h, x])",
        "layers.Add()([h, 0 * x])",
        "Artık bağlantı ilk bloğun gradyanını {} kat büyütüyor",
    ),
    (
        "03",
        "shared_layers",
        'start_alike(model, runs.labels["tohum"], starts)',
        "pass",
        "İki ağ aynı kayıptan başlıyor (fark {})",
    ),
    (
        "04",
        "gradient_tape",
        "y = f(x)",
        "y = 1.001 * f(x)",
        "Bandın türevi formülün türevidir (fark {})",
    ),
    (
        "04",
        "none_gradients",
        "tf.constant(x.numpy()) ** 2",
        "x**2",
        "Dört yanlış yazılışın dördünde de gradyan None oluyor",
    ),
    (
        "04",
        "none_gradients",
        "w.assign_sub(1.0)",
        "w.assign_sub(2.0)",
        "Dört doğru yazılışın dördü de 2x veriyor (fark {})",
    ),
    (
        "04",
        "custom_loop",
        "loss += sum(model.losses)",
        "loss += 0",
        "Döngü fit ile aynı ağırlıklara varıyor (fark {})",
    ),
    (
        "04",
        "training_flag",
        "layers.Dropout(rate)",
        "layers.Dropout(0.0)",
        "training=True her çağrıda çıktıyı değiştiriyor",
    ),
    (
        "04",
        "tf_function_speed",
        "for x, y in iter(batches):",
        "for x, y in batches.take(1 if tf.executing_eagerly() else 4):",
        "Beş yazılış aynı ağırlıklara varıyor (fark {})",
    ),
    (
        "04",
        "gradient_clipping",
        '"global_clipnorm": {"global_clipnorm": 1.0}',
        '"global_clipnorm": {"clipvalue": 0.01}',
        "global_clipnorm yönü koruyor",
    ),
    (
        "04",
        "mixed_precision",
        '("mixed_float16", scale)',
        '("mixed_float16", None)',
        "Ölçekli gradyan sıfır olmuyor",
    ),
    (
        "04",
        "custom_loss",
        "return -(missed + alarm)",
        "return -missed",
        "Bedel 1 iken kayıp cross-entropy'dir (fark {})",
    ),
    (
        "04",
        "custom_loss",
        "y = ops.reshape(y_true, ops.shape(y_pred))",
        "y = y_true",
        "Bedel 1 iken kayıp cross-entropy'dir (fark {})",
    ),
    (
        "04",
        "custom_metric",
        "(1 + self.beta**2) * self.hits",
        "self.beta**2 * self.hits",
        "Biriken F, scikit-learn'ün F'sidir (fark {})",
    ),
    (
        "04",
        "custom_train_step",
        "total = loss + self.aux_weight *",
        "total = loss + 0 *",
        "Elle yazılan döngü de aynı kayba varıyor (fark {})",
    ),
]


@pytest.mark.parametrize(
    ("app", "section", "right", "wrong", "told"),
    MUTANTS,
    ids=[f"uygulama_{mutant[0]}-{mutant[1]}" for mutant in MUTANTS],
)
def test_a_mistake_is_noticed(
    app, section, right, wrong, told, tmp_path, without_figures
):
    text = (ROOT / f"{STEMS[app]}.py").read_text(encoding="utf-8")
    assert text.count(right) == 1
    lab = load_script(text.replace(right, wrong), STEMS[app], tmp_path).lab
    lab.configure(quick=True, out=tmp_path)
    lab.sections[section].run()
    failed = [c.label for c in lab.report.checks if c.asked and not c.holds]
    assert told in failed
