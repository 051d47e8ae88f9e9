"""Mini proje: kesilen eğitim sürer, bitmiş dosyalara dokunulmaz."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import uygulama_04_custom_loop as lab04
from common.data import load_mnist

lab = lab04.lab
PROJECT = lab.sections["mini_project"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the mini project in a few steps; its folder is run.folder."""
    monkeypatch.setattr(lab04, "load_mnist", lambda n: load_mnist(min(n, 500), 100))

    def main(*words: str, sections=(0,)) -> int:
        numbers = [str(PROJECT.number + i) for i in sections]
        out = ["--hizli", "--cikti", str(tmp_path)]
        return lab.main(["--bolum", *numbers, *out, *words])

    main.folder = tmp_path / lab.name
    yield main
    lab.configure()


def test_stopped_training_goes_on_and_finished_files_stay(run, monkeypatch, capsys):
    begin = lab04.Diary.on_epoch_begin

    def stopped(epoch: int) -> str:
        """What is told when Ctrl-C is pressed as that epoch (from 0) begins."""

        def changed(self, now, logs=None):
            begin(self, now)
            if now == epoch and isinstance(self.model, lab04.TwoHeadModel):
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(lab04.Diary, "on_epoch_begin", changed)
            assert run() == 130
        return capsys.readouterr().err

    assert "Kaldığı yerden: python" in stopped(2)
    assert run("--surdur", "--tohum", "7") == 1  # başka bir eğitim
    assert "kesilmiş bir eğitim yok" in capsys.readouterr().err
    (folder,) = run.folder.glob(f"{PROJECT.stem}_" + "?" * 8)
    good = {path: path.read_bytes() for path in (folder / "yedek").iterdir()}
    for path in good:
        path.write_bytes(b"bozuk")
    assert run("--surdur") == 1
    assert "Yedek bozuk" in capsys.readouterr().err
    for path, content in good.items():  # son yedek yazılırken öldürüldü
        path.write_bytes(content[: 1000 if path.suffix == ".h5" else None])
    assert run("--surdur") == 0
    assert len(lab.report.found[1][lab04.OURS].epoch) == 2  # öncekinden: 2 ve 3
    assert not folder.exists()
    files = run.folder.glob(f"{PROJECT.stem}*.[ckp]*")
    before = {path: path.read_bytes() for path in files}
    assert {path.suffix for path in before} == {".csv", ".keras", ".png"}
    assert "Kaldığı yerden" not in stopped(0)  # sürdürülecek bir şey daha yok
    assert {path: path.read_bytes() for path in before} == before


def test_nan_tells_a_smaller_peak(run, monkeypatch, capsys):
    def nan(self, x, y, predicted):
        return tf.reduce_sum(predicted) * np.nan

    monkeypatch.setattr(lab04.TwoHeadModel, "compute_loss", nan)
    assert run("--ayar", "width=16") == 1
    told = capsys.readouterr().err
    assert "Kayıp sayı olmaktan çıktı" in told
    assert "--ayar width=16 peak=0.004" in told
    assert "--surdur" not in told


def test_poster_shows_the_student_and_refuses_a_damaged_project(run, capsys):
    assert run() == 0
    assert run("--ayar", "width=16", "--ad", "Işık $Öz", sections=(0, 1)) == 0
    trial = run.folder.parent / "deneme" / lab.name
    assert len(list(trial.glob("*poster_Isik_Oz.png"))) == 1
    assert not list(run.folder.glob("*poster*"))  # sınıfın posterine dokunmaz
    assert lab.report.found[2] == "width=16"
    assert lab.report.found[3].startswith("Doğrulama doğruluğu sınıfın")
    for suffix, content in ((".keras", b""), (".json", b"[]")):
        path = run.folder / f"{PROJECT.stem}{suffix}"
        good = path.read_bytes()
        path.write_bytes(content)
        assert run(sections=(1,)) == 1
        assert capsys.readouterr().err.startswith("\nPoster mini projeyi ister")
        path.write_bytes(good)


def test_policy_is_chosen_by_the_device_alone(monkeypatch):
    for devices, policy in (([], "float32"), (["GPU:0"], "mixed_float16")):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda _, d=devices: d)
        assert lab04.precision_policy() == policy


def test_mixed_float16_scales_the_loss_and_keeps_probabilities_in_float32():
    keras.config.set_dtype_policy("mixed_float16")
    model = lab04.project_network(8, 1)
    model.compile(lab04.project_optimizer(0.01, 10), lab04.CROSS_ENTROPY)
    keras.config.set_dtype_policy("float32")
    history = model.fit(np.ones((8, 784)), np.arange(8), verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert {output.dtype for output in model.outputs} == {"float32"}


def test_report_card_tells_what_has_not_run(tmp_path):
    lab.configure(out=tmp_path)
    for app, table, *_ in lab04.CARD:
        (tmp_path / f"uygulama_{app}" / f"{table}.csv").mkdir(parents=True)
    table = tmp_path / "uygulama_01" / "05_full_architecture_patients.csv"
    table.rmdir()
    table.write_text("ağ,lojistik,gerçek\n0.9,0.9,1\n0.2,0.8,1\n", encoding="utf-8-sig")
    values = lab04.report_card()["doğruluk"].tolist()
    for text in ("", "\0", "a\n1\n", "ağ\niki\n", "ağ,gerçek\n1,1\n"):
        table.write_text(text, encoding="utf-8")
        values += lab04.report_card()["doğruluk"].tolist()
    lab.configure()
    assert values.pop(0) == "ağ %50,00; lojistik %100,00 (fark şanstan ayrılmıyor)"
    assert all(value.startswith("dersin koşusu yok") for value in values)
