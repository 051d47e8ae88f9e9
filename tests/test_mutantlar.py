"""Yanlışı yakalayan sınamalar: betikte bir yer bozulunca hangi sınama tutmaz?

Her mutant derste kolayca yapılan bir yanlıştır: betiğin bir kopyasında doğru yazılış
(-) yanlışıyla (+) değişir, bölüm hızlı boyda koşar, adı yazılan sınama tutmaz.
"""

import re

import pytest
from helpers import LABS, load_script

from common.files import ROOT

MUTANTS = """
01 network_by_hand: Elle yazılan ağ Keras'la aynı ağırlıklara varıyor
- w - lr * slope for
+ w - 1.05 * lr * slope for
01 activation_gallery: Sigmoid'in türevi f(1 - f) olur (fark {})
- "sigmoid": keras.activations.sigmoid
+ "sigmoid": keras.activations.hard_sigmoid
01 activation_gallery: ELU'nun ortalaması sıfıra ReLU'dan yakındır
- "ELU": keras.activations.elu
+ "ELU": keras.activations.relu
01 batch_norm_by_hand: Slaytın formülü iki kipte de Keras'ın çıktısını veriyor (fark {})
- return layer.gamma * centred
+ return 1.01 * layer.gamma * centred
01 dropout_kinds: Açık nöron 1 / (1 - oran) ile çarpılıyor
- dropout = layers.Dropout(rate)
+ dropout = layers.Dropout(0.9 * rate)
01 dropout_kinds: SpatialDropout1D kanalın tamamını kapatıyor
- layers.SpatialDropout1D(rate)
+ layers.Dropout(rate, seed=1)
01 mc_dropout: Dondurulan BatchNorm'un ortalaması kaymıyor
- layer.trainable = False
+ layer.trainable = True
02 lr_logger: Dosyadaki LR formülün LR'sidir (fark {})
- on_train_batch_begin(self, batch, logs=None):  # adımdan önce: adımın LR'si
+ on_train_batch_end(self, batch, logs=None):
02 lr_range_test: Geri çözülen kayıp evaluate'in kaybıdır (fark {})
- (batch + 1) * logs["loss"] - batch * self.mean
+ logs["loss"]
02 own_schedules: Yüklenen zamanlama kaldığı yerden sürüyor (fark {})
- "half_cycle": self.half_cycle}
+ "half_cycle": 400}
03 multi_input_output: Toplam kayıp Σ ağırlık · kayıp'tır (fark {})
- "aux": aux_weight}
+ "aux": 2 * aux_weight}
03 concatenate_or_add: Add, iki dala aynı ağırlığı veren Concatenate'e eşittir (fark {})
- np.vstack([kernel, kernel])
+ np.vstack([kernel, 0.9 * kernel])
03 residual_blocks: Artık bağlantı ilk bloğun gradyanını {} kat büyütüyor
- layers.Add()([h, x])
+ layers.Add()([h, 0 * x])
03 shared_layers: İki ağ aynı kayıptan başlıyor (fark {})
- start_alike(model, runs.labels["tohum"], starts)
+ pass
04 gradient_tape: Bandın türevi formülün türevidir (fark {})
- y = f(x)
+ y = 1.001 * f(x)
04 none_gradients: Dört yanlış yazılışın dördünde de gradyan None oluyor
- tf.constant(x.numpy()) ** 2
+ x**2
04 none_gradients: Dört doğru yazılışın dördü de 2x veriyor (fark {})
- w.assign_sub(1.0)
+ w.assign_sub(2.0)
04 custom_loop: Döngü fit ile aynı ağırlıklara varıyor (fark {})
- loss += sum(model.losses)
+ loss += 0
04 training_flag: training=True her çağrıda ayrı çıktı veriyor
- layers.Dropout(rate)
+ layers.Dropout(0.0)
04 tf_function_speed: Beş yazılış aynı ağırlıklara varıyor (fark {})
- for x, y in iter(batches):
+ for x, y in batches.take(1 if tf.executing_eagerly() else 4):
04 gradient_clipping: global_clipnorm yönü koruyor
- "global_clipnorm": {"global_clipnorm": 1.0}
+ "global_clipnorm": {"clipvalue": 0.01}
04 mixed_precision: Ölçeklenen gradyanların %2'den azı sıfır oluyor
- ("mixed_float16", scale)
+ ("mixed_float16", None)
04 custom_loss: Bedel 1 iken kayıp cross-entropy'dir (fark {})
- return -(missed + alarm)
+ return -missed
04 custom_loss: Bedel 1 iken kayıp cross-entropy'dir (fark {})
- y = ops.reshape(y_true, ops.shape(y_pred))
+ y = y_true
04 custom_metric: Biriken F, scikit-learn'ün F'sidir (fark {})
- (1 + self.beta**2) * self.hits
+ self.beta**2 * self.hits
04 custom_train_step: Elle yazılan döngü de aynı kayba varıyor (fark {})
- total = loss + self.aux_weight *
+ total = loss + 0 *
"""
ROWS = re.findall(r"(\d\d) (\w+): (.+)\n- (.+)\n\+ (.+)\n", MUTANTS)
NAMES = [f"uygulama_{app}-{section}" for app, section, *_ in ROWS]
STEMS = {stem[9:11]: stem for stem in LABS}


@pytest.mark.parametrize(("app", "section", "told", "right", "wrong"), ROWS, ids=NAMES)
def test_a_mistake_is_noticed(
    app, section, told, right, wrong, tmp_path, without_figures
):
    text = (ROOT / f"{STEMS[app]}.py").read_text(encoding="utf-8")
    assert text.count(right) == 1
    lab = load_script(text.replace(right, wrong), STEMS[app], tmp_path).lab
    lab.configure(quick=True, out=tmp_path)
    lab.sections[section].run()
    failed = [c.label for c in lab.report.checks if c.asked and not c.holds]
    assert told in failed


def test_every_mutant_is_read():
    assert len(ROWS) * 3 == len(MUTANTS.strip().splitlines())
