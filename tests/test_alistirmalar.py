"""Sıra sizde: alıştırmalar ve öğrencinin yazdığı dosya; hüküm ne yapıldığına bakar.

Yapılmayan alıştırmayı bölümlerin kendi koşuları sınar (test_bolumler.py).
"""

import dataclasses
import re

import pytest
from helpers import LABS, LEVELS, TASKS, load_script

from common import LabError
from common.classroom import writing
from common.files import ROOT
from common.seeds import set_seed

MARK = "# Sıra sizde (ileri): bir satır da siz ekleyin"


@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_a_task_has_hint_and_solution_and_hides_what_is_expected(stem, level, told):
    lab, exercise = LABS[stem], LABS[stem].exercises[level]
    assert list(lab.exercises) == [*LEVELS, "yaz"]
    assert exercise.hint
    assert lab.main(["--sira", level, "--ipucu"]) == 0
    told("İpucu:", never=exercise.write(exercise.low))
    assert lab.main(["--sira", level, "--cozum"]) == 0
    told("Çözüm:")


@pytest.mark.tam
@pytest.mark.parametrize(("stem", "level"), TASKS)
def test_task_done_is_judged_right(stem, level, request, tmp_path, told):
    text = (ROOT / f"{stem}.py").read_text(encoding="utf-8")
    exercise = LABS[stem].exercises[level]
    if not exercise.settings:
        assert text.count(MARK) == 1
        text = text.replace(MARK, exercise.solution)
    lab = load_script(text, stem, tmp_path).lab
    for seed in request.config.getoption("--tohum"):
        words = ["--sira", level, "--tohum", str(seed), "--cikti", str(tmp_path)]
        assert lab.main(words) == 0
        told("✓ beklenen")


YAZ = {stem[9:11]: lab.exercises["yaz"] for stem, lab in LABS.items()}


@pytest.fixture
def judged(tmp_path, capsys):
    """Judges a solution with one wrong place as far as the first ✗: what is told."""

    def judge(number: str, old: str, new: str) -> str:
        def until_wrong(student):
            for sentence, holds, look in YAZ[number].judge(student):
                yield sentence, holds, look
                if not holds:
                    return

        path = tmp_path / YAZ[number].path.name
        solution = YAZ[number].solution
        assert solution.count(old) == 1
        path.write_text(solution.replace(old, new), encoding="utf-8")
        set_seed(42)
        task = dataclasses.replace(YAZ[number], file=str(path), judge=until_wrong)
        try:
            right = writing.judge(task)
        except LabError as error:
            return str(error)
        told = capsys.readouterr().out
        assert right == ("✗" not in told)
        return told

    return judge


@pytest.mark.parametrize("stem", LABS)
def test_the_solution_is_right_and_nobody_overwrites_a_file(
    stem, tmp_path, told, monkeypatch
):
    lab, task = LABS[stem], LABS[stem].exercises["yaz"]
    path = tmp_path / task.path.name
    monkeypatch.setitem(lab.exercises, "yaz", dataclasses.replace(task, file=str(path)))
    yaz = ["--sira", "yaz", "--cikti", str(tmp_path)]
    assert [lab.main(yaz), lab.main([*yaz, "--bastan"]), lab.main(yaz)] == [1, 0, 1]
    count = task.solution.count("# boşluk")
    told(f"{path.name} yok. Boş dosya için", f"boşluk (...) sayısı: {count}.")
    text = path.read_text(encoding="utf-8")
    above = re.findall(r"(?m)^ *(.+)\n(?=.*\.\.\.)", text)
    assert len(above) == count
    assert [line for line in above if not re.fullmatch(r"# .+\.", line)] == []
    there = task.path.read_text(encoding="utf-8")
    assert there == text or there.count("...") < count  # bir öğrenci dolduruyor
    path.write_text(task.solution, encoding="utf-8")
    assert lab.main(yaz) == 0
    told("bütün sınamalardan geçti")
    assert [lab.main([*yaz, "--bastan"]) for _ in range(2)] == [0, 0]
    assert path.read_text(encoding="utf-8") == task.solution
    fresh = [path.with_stem(f"{path.stem}_yeni_{n}") for n in (1, 2)]
    assert [one.read_text(encoding="utf-8") for one in fresh] == [text, text]


COPY = "self.weights = self.model.get_weights()  # boşluk"
JOIN = "layers.Concatenate()([x1, x2])"
HIDDEN = '        layers.Dense(16, activation="relu"),  # boşluk\n'
DROPOUT = "        layers.Dropout(0.3),  # boşluk\n"
ABOVE = "        # Eğitimde gizli nöronların %30'unu rastgele kapatan katmanı yazın.\n"
OUT = '        layers.Dense(1, activation="sigmoid"),  # boşluk\n'
BETWEEN = (
    "        # Tek nöronu 0 ile 1 arasında bir olasılık veren çıkış katmanını yazın.\n"
)
ADAM = "Adam(learning_rate=0.01)"
BRANCH = 'layers.Dense(8, activation="relu")(cat)'
AUX = 'name="aux")(h)'
APPLY = "optimizer.apply(grads, model.trainable_variables)"
WRONG = [
    ("01", "    return model\n", "", "bir Sequential modeli"),
    ("01", "model.compile(", "dict(", "Derlenen modelin"),
    ("01", "(30,)", "(20,)", "girdisi 30 sütundur"),
    ("01", "Dense(16, ", "Dense(8, ", "513 parametresi"),
    ("01", ', activation="sigmoid"', "", "0 ile 1 arasında bir olasılık"),
    ("01", '"sigmoid"', '"relu"', "0 ile 1 arasında bir olasılık"),
    ("01", "0.3", "0.03", "%30'unu"),
    ("01", HIDDEN + ABOVE + DROPOUT, DROPOUT + HIDDEN, "%30'unu"),
    ("01", DROPOUT + BETWEEN + OUT, OUT + DROPOUT, "%30'unu"),
    ("01", ', activation="relu"', "", "ReLU'dan geçiyor"),
    ("01", '"relu"', '"sigmoid"', "ReLU'dan geçiyor"),
    ("01", '"relu"', '"softplus"', "ReLU'dan geçiyor"),
    ("01", "learning_rate=0.01", "", "0,01 olan bir Adam"),
    ("01", ADAM, "AdamW(learning_rate=0.01)", "0,01 olan bir Adam"),
    ("01", ADAM, "RMSprop(learning_rate=0.01)", "0,01 olan bir Adam"),
    ("01", "return history", "", "döndürdüğü geçmişi"),
    ("01", "validation_data=val)", "validation_data=val).history", "geçmişi"),
    ("01", ", validation_data=val", "", "train()'e verilen val"),
    ("01", "validation_data=val", "validation_data=(x, y)", "verilen val"),
    ("01", "validation_data=val", "validation_split=0.2", "verilen val"),
    ("01", "batch_size=31, ", "", "mini-batch'ler 31'liktir"),
    ("01", '"binary_crossentropy"', '"mse"', "cross-entropy"),
    ("01", 'metrics=["accuracy"]', 'metrics=["acc"]', "doğruluğu"),
    ("02", 'float("inf")', "0.0", "en küçük doğrulama kaybıdır"),
    ("02", 'float("inf")', "100", "en küçük doğrulama kaybıdır"),
    ("02", COPY, "self.model.set_weights(self.weights)", "on_epoch_end"),
    ("02", COPY, "self.weights = self.model.weights", "on_train_end"),
    ("02", "set_weights(self.weights)", "get_weights()", "on_train_end"),
    ("02", 'float("inf")', 'getattr(self, "best", 9e99)', "ikinci eğitimde baştan"),
    ("03", "model.compile(", "dict(optimizer=", "derlenmiş bir keras.Model"),
    ("03", "shape=(10,)", "shape=(12,)", "iki girdisi"),
    ("03", '"softmax", name="aux"', '"softmax"', "iki çıkışı"),
    ("03", AUX, 'name="aux")(merged)', "h'den çıkıyor"),
    ("03", AUX, 'name="aux")(main)', "h'den çıkıyor"),
    ("03", JOIN, "x1", "İki girdi de"),
    ("03", JOIN, "layers.Concatenate()([x1, 0 * x2])", "İki girdi de"),
    ("03", BRANCH, BRANCH.replace("8", "4"), "660 parametresi"),
    ("03", BRANCH, "layers.Dense(8)(cat)", "ReLU'dan geçiyor"),
    ("03", BRANCH, BRANCH.replace("relu", "tanh"), "ReLU'dan geçiyor"),
    ("03", '"softmax"', '"sigmoid"', "toplamı 1"),
    ("03", '"aux": 0.5', '"aux": 1.0', "Toplam kayıp"),
    ("04", "    return loss\n", "", "tek bir sayı"),
    ("04", "sum(model.losses)", "model.losses", "tek bir sayı"),
    ("04", "optimizer.apply(grads, ", "optimizer.build(", "Adım ağırlıkları"),
    ("04", "training=True", "training=False", "eğitim kipinde"),
    ("04", "sum(model.losses)", "model.losses[0]", "L2 cezası da içindedir"),
    ("04", "loss_fn(y, y_pred)", "loss_fn(y_pred, y)", "fit'in ilk kaybıyla"),
    ("04", "gradient(loss, ", "gradient(y_pred, ", "Üç adım"),
    ("04", APPLY, f"[{APPLY} for _ in range(2)]", "Üç adım"),
    ("04", APPLY, APPLY.replace("s)", "s[:2])").replace("grads", "grads[:2]"), "Üç"),
    ("04", "accuracy.update_state(y, y_pred)", "accuracy.result()", "Doğruluk metriği"),
]


@pytest.mark.parametrize(("number", "old", "new", "sentence"), WRONG)
def test_a_wrong_answer_is_noticed(judged, number, old, new, sentence):
    told = judged(number, old, new)
    assert sentence in told.partition("✗")[2].splitlines()[0]


FIT = "history = model.fit"
STOP = "raise KeyboardInterrupt"
TAPE = "    with tf.GradientTape() as tape:\n"
BEFORE = f"{TAPE}        pass\n    if True:\n"
BROKEN = [  # a wrong place, the line that is told, the message, where to look
    ("01", "layers.Dense(16", "layer.Dense(16", "", "NameError", "Adın yazılışına"),
    ("01", "learning_rate=", "lr=", "", "ValueError: Argument(s) not", "adlara"),
    ("01", "binary_c", "sparse_categorical_c", FIT, "InvalidArg", "İki sınıf için"),
    ("01", "binary_c", "categorical_c", FIT, "SyntaxWarning", "tek nöronlu çıkışla"),
    ("01", "binary_c", "binary_k", FIT, "ValueError: Could not", "adın dosyadaki"),
    ("01", "import keras\n", "import keras\nexit(3)\n", "exit", "SystemExit", "exit"),
    ("01", "import keras\n", f"import keras\n{STOP}\n", STOP, "Keyboard", "döngüdeyse"),
    ("01", '"relu"', "“relu”", "", "SyntaxError: invalid character", "tırnaklara"),
    ("01", "    history =", "  history =", "history", "IndentationError", "boşluklara"),
    ("01", "    history =", "\thistory =", "history", "TabError", "boşluklara"),
    ("02", "self.best:", "self.best", "", "SyntaxError: expected ':'", "ayraçlara"),
    ("02", 'logs["val_loss"]', 'logs["los"]', "", "KeyError: 'los'", "Sözlükteki"),
    ("03", "layers.Concatenate", "layers.Add", "", "ValueError: Inputs", "(shape)"),
    ("03", "(cat)", "", JOIN, "ValueError: Only input", "girdisi unutulmuş"),
    ("04", TAPE, BEFORE, APPLY, "ValueError: No grad", "with bloğunun"),
    ("04", "loss_fn(y, y_pred)", "loss_fn(y)", "", "TypeError", "Argümanların"),
]


@pytest.mark.parametrize(("number", "old", "new", "at", "message", "look"), BROKEN)
def test_a_line_that_fails_is_shown(judged, number, old, new, at, message, look):
    place, line, told, cure = judged(number, old, new).splitlines()[-4:]
    text = YAZ[number].solution.replace(old, new)
    shown = text.splitlines()[int(place.split("satır ")[1].rstrip(":")) - 1]
    assert line.strip() == shown.strip()
    assert (at or new) in shown
    assert told.startswith(message)
    assert look in cure


UNSHOWN = [  # a wrong place whose line says nothing, what is told
    ("01", '"sigmoid"', '"softmax"', "Tek nöronlu softmax her örneğe 1 der"),
    ("03", "def build", "def biuld", "Dosyada build adı yok"),
    ("03", '"main": 1.0, ', "", "loss_weights'te iki çıkışın"),
    ("03", '"main": 1.0, "aux"', '"ax"', "yarıda kaldı.\nKeyError: 'main'"),
    ("03", "[main, aux]", "[aux, main]", "bütün sınamalardan geçti"),
    ("03", JOIN, "...", "merged = ...  # boşluk\nİki dalı yan yana bitiştirin."),
]


@pytest.mark.parametrize(("number", "old", "new", "told"), UNSHOWN)
def test_what_no_line_shows_is_told(judged, number, old, new, told):
    assert told in judged(number, old, new)


def test_a_file_that_is_not_utf_8_is_told(tmp_path):
    path = tmp_path / "dosya.py"
    path.write_bytes("# ağırlık".encode("cp1254"))
    with pytest.raises(LabError, match="UTF-8 değil"):
        writing.finished(dataclasses.replace(YAZ["01"], file=str(path)))
