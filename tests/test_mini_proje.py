"""Mini proje: hiçbir koşu ötekine karışmaz; kesilen eğitim, kesilmemiş gibi biter."""

import errno
import json
import re
import shutil
import signal

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import uygulama_04_custom_loop as lab04
from common import LabError

lab = lab04.lab
PROJECT = lab.sections["mini_project"]
STEM = f"{PROJECT.number:02}_mini_project"


MEMORY = {}


def remembered(function):
    """The same function; for the same arguments nothing is computed again."""

    def remember(data, **recipe):
        key = function.__name__, len(data.x_train), json.dumps(recipe, sort_keys=True)
        if key not in MEMORY:
            MEMORY[key] = function(data, **recipe)
        return MEMORY[key]

    return remember


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the mini project in a few steps; its folder is run.folder."""
    for name in (
        "train_baseline",
        "lr_range_test",
    ):  # sınanan onlar değil: bir kez koşsunlar
        monkeypatch.setattr(lab04, name, remembered(getattr(lab04, name)))

    def main(*words: str, sections=(0,)) -> int:
        numbers = [str(PROJECT.number + i) for i in sections]
        return lab.main([
            "--bolum",
            *numbers,
            "--hizli",
            "--cikti",
            str(tmp_path),
            *words,
        ])

    main.folder = tmp_path / lab.name
    yield main
    lab.configure()


def checkpoint(folder):
    """The only checkpoint: (its file, its arrays, its record without seconds)."""
    (path,) = folder.glob(f"{STEM}_tohum42_*.npz")
    with np.load(path) as saved:
        arrays = {name: saved[name] for name in saved}
    record = json.loads(str(arrays.pop("kayit")))
    del record["baseline"]["saniye"]
    return path, arrays, record | {"log": [r | {"saniye": 0} for r in record["log"]]}


def tables(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("[0-9]*.csv")}


def interrupt(monkeypatch, name, at, act):
    """Let the call number `at` of a function of the lab do something else first."""
    original, calls = getattr(lab04, name), []

    def changed(*arguments, **options):
        calls.append(arguments)
        found = original(*arguments, **options)
        return act(found) if len(calls) == at else found

    monkeypatch.setattr(lab04, name, changed)


def nan(found):
    return found | {"val_loss": float("nan")}


def ctrl_c(found):
    signal.raise_signal(signal.SIGINT)
    return found


def full_disk(found):
    raise LabError("disk dolu")


def same(one, other) -> bool:
    """Whether two checkpoints hold the same record and arrays, bit for bit."""
    (_, arrays, record), (_, others, again) = one, other
    alike = record == again and arrays.keys() == others.keys()
    return alike and all(np.array_equal(arrays[name], others[name]) for name in arrays)


def test_stopped_and_resumed_training_ends_like_the_uninterrupted_one(
    run, monkeypatch, capsys
):
    assert run(sections=(0, 1)) == 0
    whole, written, stopped = checkpoint(run.folder), tables(run.folder), []
    for act, code in ((ctrl_c, 130), (full_disk, 1), (nan, 1)):
        with monkeypatch.context() as patch:
            interrupt(patch, "validate", 2, act)
            assert run() == code
        last = capsys.readouterr().err.split("Tamamlanıp")[0].strip().splitlines()[-1]
        assert last.startswith("Kaldığı yerden: python")
        assert last.endswith("--surdur")
        stopped.append(checkpoint(run.folder))
        assert len(stopped[-1][2]["log"]) == 1
        assert same(stopped[-1], stopped[0])  # biri sürdürülünce hepsi sınanmış olur
        assert tables(run.folder) == written  # bitmiş sonuç, yarım kalanla değişmez
    assert run("--surdur", sections=(0, 1)) == 0
    assert same(checkpoint(run.folder), whole)
    assert tables(run.folder) == written


def test_stopped_before_the_first_checkpoint_there_is_nothing_to_resume(
    run, monkeypatch, capsys
):
    interrupt(monkeypatch, "validate", 1, ctrl_c)
    assert run() == 130
    assert "--surdur" not in capsys.readouterr().err


def test_every_plan_has_its_own_checkpoint(run, capsys):
    for words in ((), ("--tohum", "7"), ("--uzun",)):
        assert run("--surdur", *words) == 1
    files = re.findall(r"\S+\.npz: yok", capsys.readouterr().err)
    assert len(set(files)) == 3


def test_damaged_foreign_or_missing_checkpoint_is_told_before_training(
    run, monkeypatch, capsys
):
    def refused() -> str:
        assert run("--surdur") == 1
        return capsys.readouterr().err

    def put(record) -> None:
        with path.open("wb") as file:
            np.savez(file, kayit=json.dumps(record))

    assert run() == 0
    path, _, record = checkpoint(run.folder)
    good, broken = path.read_bytes(), "bozuk, kontrol noktası olarak okunamadı"
    monkeypatch.setattr(lab04, "build", lambda *_, **__: pytest.fail("eğitim başladı"))
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0xFF
    for content in (
        b"",
        b"bozuk",
        b"PK\x03\x04",
        good[: len(good) // 2],
        bytes(flipped),
    ):
        path.write_bytes(content)
        assert broken in refused()
        assert path.read_bytes() == content
    put({"plan": {}})
    assert "başka bir eğitimin" in refused()
    for foreign in (
        [record],
        {"plan": record["plan"]},
        {"plan": record["plan"], "log": 3},
    ):
        put(foreign)
        assert broken in refused()
    path.unlink()
    path.mkdir()
    assert "bir klasör" in refused()
    path.rmdir()
    assert "sürdürülecek bir eğitim bulunamadı" in refused()


def test_poster_shows_the_student_and_refuses_a_pair_of_two_runs(run, capsys):
    assert run() == 0
    assert run("--ayar", "width=16", "--ad", "Işık Öz", sections=(0, 1)) == 0
    trial = run.folder.parent / "deneme" / lab.name
    assert len(list(trial.glob("*poster_Isik_Oz.png"))) == 1
    assert not list(run.folder.glob("*poster*"))  # sınıfın posterine dokunmaz
    row = pd.read_csv(trial / f"{STEM}_ozet.csv").iloc[-1]
    assert row["ayarlar"] == "width=16"
    shutil.copy(trial / f"{STEM}.keras", run.folder)
    assert run(sections=(1,)) == 1
    assert "ayrı koşulardan" in capsys.readouterr().err
    shutil.copy(trial / f"{STEM}_ozet.csv", run.folder)
    good = (trial / f"{STEM}_ozet.csv").read_text(encoding="utf-8-sig")
    last = good.splitlines()[-1]
    wrong = [
        re.sub(r",0\.\d+,", ",çok,", good),
        "a,b\n1,2\n",
        "\x00",
        good + last + "\n",
    ]
    for text in (*wrong, good.replace("plan", "ad")):
        (run.folder / f"{STEM}_ozet.csv").write_text(text, encoding="utf-8-sig")
        assert run(sections=(1,)) == 1
        err = capsys.readouterr().err
        assert "Önce: python" in err
        assert "Traceback" not in err
    (run.folder / f"{STEM}.keras").write_bytes(b"")
    assert run(sections=(1,)) == 1
    assert "Poster mini projeyi ister" in capsys.readouterr().err


def test_full_disk_while_the_checkpoint_is_written(run, monkeypatch, capsys):
    assert run() == 0
    path, *_ = checkpoint(run.folder)
    before = path.read_bytes()

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "dolu")

    monkeypatch.setattr(np, "savez", refuse)
    assert run() == 1
    assert "disk dolu" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.tam
def test_ablation_changes_one_technique_and_leaves_the_project_alone(run):
    assert run("--ablasyon") == 0
    table = pd.read_csv(run.folder / f"{STEM}_ablasyon.csv")
    assert table["teknik"].tolist() == ["hepsi açık", *lab04.ABLATION]
    assert not (run.folder / f"{STEM}.csv").exists()


@pytest.mark.parametrize(
    "off", ["gürültü", "Dropout", "yardımcı çıkış", "gradyan kırpma"]
)
def test_recipes_of_the_ablation_start_from_the_same_weights(off):
    plan = PROJECT.settings | {"width": 16, "policy": "float32", "seed": 3}
    models = [
        lab04.build(0.01, **plan | change) for change in ({}, lab04.ABLATION[off])
    ]
    one, other = ([w.numpy() for w in model.trainable_weights] for model in models)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_mixed_float16_scales_the_loss_and_keeps_probabilities_in_float32():
    plan = PROJECT.settings | {"width": 8, "policy": "mixed_float16", "seed": 3}
    model = lab04.build(0.01, **plan)
    x, y = tf.random.uniform((4, 784)), tf.constant([1, 2, 3, 4])
    losses = lab04.make_epoch(model, 0.5, 0.3, 0.0)(x, y, np.array([[0, 1], [2, 3]]))
    assert np.isfinite(losses).all()
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert {output.dtype for output in model.outputs} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_report_card_tells_what_has_not_run(tmp_path):
    lab.configure(out=tmp_path)
    for app, table, *_ in lab04.HEADLINES:
        (tmp_path / f"uygulama_{app}" / f"{table}.csv").mkdir(parents=True)
    table = tmp_path / "uygulama_01" / "05_full_architecture_patients.csv"
    table.rmdir()
    table.write_text("ağ,lojistik,gerçek\n0.9,0.5,1\n0.2,0.1,1\n", encoding="utf-8-sig")
    values = lab04.report_card()["değer"].tolist()
    foreign = [
        "\udcff\x00,\n",
        "",
        "doğruluk\n",
        "doğruluk\niki\n",
        "doğruluk\n1e999\n",
        "a\n1\n",
    ]
    for text in (*foreign, "doğruluk\n-3\n", "doğruluk\n\n", "doğruluk,a\n98.25,1\n"):
        table.write_bytes(text.encode(errors="surrogateescape"))
        values += lab04.report_card()["değer"].tolist()
    lab.configure()
    assert values.pop(0) == "%50,00"
    assert all(value.startswith("dersin koşusu yok") for value in values)
