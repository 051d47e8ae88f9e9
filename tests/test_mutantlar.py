"""Yanlışı yakalayan sınamalar: betikte bir yer bozulunca hangi sınama tutmaz?

Her mutant derste kolayca yapılan bir yanlıştır: betiğin bir kopyasında doğru yazılış
yanlışıyla değişir, bölüm hızlı boyda koşar, başı yazılan sınama tutmaz.
"""

import matplotlib.pyplot as plt
import pytest
from helpers import LABS, load_script

from common.classroom import lettering
from common.files import ROOT

STEP_START = "begin(self, batch, logs=None):  # adımdan önce: adımın LR'si"
STEP_END = "end(self, batch, logs=None):"
LOSS = '(batch + 1) * logs["loss"] - batch * self.mean'
ALIKE = 'start_alike(model, runs.labels["tohum"], starts)'
TOO_FEW = "batches.take(1 if tf.executing_eagerly() else 4)"
GLOBAL_NORM = '"global_clipnorm": {"global_clipnorm": 1.0}'
EACH_VALUE = '"global_clipnorm": {"clipvalue": 0.01}'
SHAPED = "y = ops.reshape(y_true, ops.shape(y_pred))"
MUTANTS = [  # section, right, wrong, how the check that does not hold begins
    ("network_by_hand", "w - lr * slope", "w - 1.05 * lr * slope", "Elle yazılan ağ"),
    ("activation_gallery", "ons.sigmoid,", "ons.hard_sigmoid,", "Sigmoid'in türevi"),
    ("activation_gallery", "activations.elu,", "activations.relu,", "ELU'nun ortalama"),
    ("batch_norm_by_hand", "layer.gamma * c", "1.01 * layer.gamma * c", "Slaytın form"),
    ("dropout_kinds", "= layers.Dropout(rate)", "= layers.Dropout(0.9 * rate)", "Açık"),
    ("dropout_kinds", "SpatialDropout1D(rate)", "Dropout(rate, seed=1)", "SpatialDrop"),
    ("mc_dropout", "layer.trainable = False", "layer.trainable = True", "Dondurulan"),
    ("lr_logger", STEP_START, STEP_END, "Dosyadaki LR formülün LR'sidir"),
    ("lr_range_test", LOSS, 'logs["loss"]', "Geri çözülen kayıp evaluate'in"),
    ("own_schedules", '": self.half_cycle}', '": 400}', "Yüklenen zamanlama"),
    ("multi_input_output", ": aux_weight}", ": 2 * aux_weight}", "Toplam kayıp Σ"),
    ("concatenate_or_add", "[kernel, kernel]", "[kernel, 0.9 * kernel]", "Add, iki"),
    ("residual_blocks", "Add()([h, x])", "Add()([h, 0 * x])", "Artık bağlantı ilk"),
    ("shared_layers", ALIKE, "pass", "İki ağ aynı kayıptan başlıyor"),
    ("gradient_tape", "y = f(x)", "y = 1.001 * f(x)", "Bandın türevi formülün"),
    ("none_gradients", "tf.constant(x.numpy()) ** 2", "x**2", "Dört yanlış yazılışın"),
    ("none_gradients", "assign_sub(1.0)", "assign_sub(2.0)", "Dört doğru yazılışın"),
    ("custom_loop", "+= sum(model.losses)", "+= 0", "Döngü fit ile aynı ağırlıklara"),
    ("training_flag", "layers.Dropout(rate)", "layers.Dropout(0.0)", "training=True"),
    ("tf_function_speed", "iter(batches)", TOO_FEW, "Beş yazılış aynı ağırlıklara"),
    ("gradient_clipping", GLOBAL_NORM, EACH_VALUE, "global_clipnorm yönü koruyor"),
    ("mixed_precision", '16", scale)', '16", None)', "Ölçeklenen gradyanların"),
    ("custom_loss", "-(missed + alarm)", "-missed", "Bedel 1 iken kayıp"),
    ("custom_loss", SHAPED, "y = y_true", "Bedel 1 iken kayıp"),
    ("custom_metric", "(1 + self.beta**2)", "self.beta**2", "Biriken F, scikit"),
    ("custom_train_step", "+ self.aux_weight *", "+ 0 *", "Elle yazılan döngü"),
]
# These take longest; that their checks can fail is asked together with the full size.
DEAR = {"custom_metric", "mixed_precision", "residual_blocks", "tf_function_speed"}
STEMS = {name: stem for stem, lab in LABS.items() for name in lab.sections}
ROWS = []
for row in MUTANTS:
    name = f"{STEMS[row[0]][:12]}-{row[0]}"  # ByLab reads the lab
    marks = [pytest.mark.tam] if row[0] in DEAR else []
    ROWS.append(pytest.param(*row, id=name, marks=marks))


@pytest.mark.parametrize(("section", "right", "wrong", "told"), ROWS)
def test_a_mistake_is_noticed(section, right, wrong, told, tmp_path, monkeypatch):
    stem = STEMS[section]
    text = (ROOT / f"{stem}.py").read_text(encoding="utf-8")
    assert text.count(right) == 1
    lab = load_script(text.replace(right, wrong), stem, tmp_path).lab
    lab.configure(quick=True, out=tmp_path)
    monkeypatch.setattr(lettering, "finish", lambda fig, conclusion="": None)
    monkeypatch.setattr(plt.Figure, "savefig", lambda self, path: path.touch())
    lab.sections[section].run()
    failed = [c.label for c in lab.report.checks if c.asked and not c.holds]
    assert any(label.startswith(told) for label in failed)
