"""Veri: gerçek MNIST, doğru ayrım, sızıntı yok; bozuk ya da eksik dosyada ne olur."""

import errno
import hashlib
import struct

import keras
import numpy as np
import pytest

from common import data as data_module
from common import load_breast_cancer, load_mnist
from common.files import LabError

ORIGINAL_MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.mark.parametrize(("name", "md5"), ORIGINAL_MD5.items())
def test_arrays_written_as_idx_are_the_original_distribution(name, md5):
    with np.load(data_module.MNIST_FILE, allow_pickle=False) as arrays:
        array = arrays[name]
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    assert hashlib.md5(header + array.tobytes()).hexdigest() == md5


def test_mnist_split():
    data = load_mnist()
    assert (len(data.x_train), len(data.x_val), len(data.x_test)) == (
        55_000,
        5_000,
        10_000,
    )
    assert data.x_train.dtype == np.float32
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)
    assert data.y_train.dtype == np.int32
    shares = np.bincount(data.y_val) / len(data.y_val)
    assert shares == pytest.approx(
        np.bincount(data.y_train) / len(data.y_train), abs=1e-3
    )
    train = {row.tobytes() for row in data.x_train}
    assert not any(row.tobytes() in train for row in data.x_val)


def test_mnist_subset_is_the_start_of_the_whole():
    small, whole = load_mnist(100, 50), load_mnist()
    assert np.array_equal(small.x_train, whole.x_train[:100])
    assert np.array_equal(small.y_val, whole.y_val[:50])


def test_breast_cancer_split_and_scaler_fitted_on_train_only():
    scaled, raw = load_breast_cancer(), load_breast_cancer(scaled=False)
    assert [len(part) for part in (scaled.x_train, scaled.x_val, scaled.x_test)] == [
        341,
        114,
        114,
    ]
    mean, std = (
        raw.x_train.mean(axis=0, dtype="float64"),
        raw.x_train.std(axis=0, dtype="float64"),
    )
    for one, other in ((scaled.x_train, raw.x_train), (scaled.x_test, raw.x_test)):
        assert one == pytest.approx((other - mean) / std, abs=1e-3)
    assert len(scaled.feature_names) == scaled.x_train.shape[1] == 30


def test_breast_cancer_label_one_is_malignant():
    data = load_breast_cancer(scaled=False)
    y = np.concatenate([data.y_train, data.y_val, data.y_test])
    assert (len(y), y.sum()) == (569, 212)
    assert data.class_names[1] == "kötü huylu"
    radius = data.x_train[:, data.feature_names.index("yarıçap (ortalama)")]
    assert radius[data.y_train == 1].mean() > radius[data.y_train == 0].mean()


def test_no_section_can_change_the_data_for_the_next():
    with pytest.raises(ValueError, match="read-only"):
        load_breast_cancer().x_train[0, 0] = 1


@pytest.fixture
def mnist_copy(tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    path.write_bytes(data_module.MNIST_FILE.read_bytes())
    monkeypatch.setattr(data_module, "MNIST_FILE", path)
    return path


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


CURES = (
    r"git checkout -- data/mnist.npz[\s\S]*ZIP'i yeniden indirin[\s\S]*Keras'tan iner"
)


@pytest.mark.parametrize(
    "damage", [flipped, lambda c: c[: len(c) // 2], lambda c: b"", lambda c: b"x"]
)
def test_damaged_file_is_reported_and_kept(mnist_copy, damage):
    broken = damage(mnist_copy.read_bytes())
    mnist_copy.write_bytes(broken)
    with pytest.raises(LabError, match=rf"bozuk[\s\S]*{CURES}"):
        load_mnist()
    assert mnist_copy.read_bytes() == broken


def test_file_that_cannot_be_read_or_downloaded(mnist_copy, monkeypatch):
    def refuse(path=None):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    def told(reason: str) -> None:
        with pytest.raises(LabError, match=rf"{reason}[\s\S]*{CURES}"):
            load_mnist()

    with monkeypatch.context() as patch:
        patch.setattr(type(mnist_copy), "read_bytes", refuse)
        told("izin yok")
    mnist_copy.unlink()
    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)
    told("indirilemedi")
    mnist_copy.mkdir()
    told("bir klasör")


def test_missing_file_falls_back_to_keras(mnist_copy, monkeypatch):
    arrays, calls = data_module._mnist_arrays.__wrapped__(mnist_copy), []
    mnist_copy.unlink()
    monkeypatch.setattr(
        keras.datasets.mnist,
        "load_data",
        lambda: calls.append(1) or (arrays[:2], arrays[2:]),
    )
    assert len(load_mnist().x_train) == 55_000
    assert calls == [1]
