"""Veri: gerçek MNIST, doğru ayrım, sızıntı yok; bozuk ya da eksik dosyada ne olur."""

import os
import re
import socket
from pathlib import Path

import numpy as np
import pytest

from common import data as data_module
from common import load_breast_cancer, load_mnist
from common.files import LabError

PARTS = ("x_train", "x_val", "x_test")


def test_mnist_split():
    data = load_mnist()
    assert [len(getattr(data, part)) for part in PARTS] == [55_000, 5_000, 10_000]
    assert (data.x_train.dtype, data.y_train.dtype) == (np.float32, np.int32)
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)
    shares = [np.bincount(y) / len(y) for y in (data.y_val, data.y_train)]
    assert shares[0] == pytest.approx(shares[1], abs=1e-3)
    train = {row.tobytes() for row in data.x_train}
    assert not any(row.tobytes() in train for row in data.x_val)
    small = load_mnist(100, 50)
    assert np.array_equal(small.x_train, data.x_train[:100])
    assert np.array_equal(small.y_val, data.y_val[:50])


def test_breast_cancer_split_labels_and_a_scaler_fitted_on_train_only():
    scaled, raw = load_breast_cancer(), load_breast_cancer(scaled=False)
    assert [len(getattr(scaled, part)) for part in PARTS] == [341, 114, 114]
    with pytest.raises(ValueError, match="read-only"):  # sonraki bölümün verisi
        scaled.x_train[0, 0] = 1
    mean = raw.x_train.mean(axis=0, dtype="float64")
    std = raw.x_train.std(axis=0, dtype="float64")
    for one, other in ((scaled.x_train, raw.x_train), (scaled.x_test, raw.x_test)):
        assert one == pytest.approx((other - mean) / std, abs=1e-3)
    assert len(raw.feature_names) == raw.x_train.shape[1] == 30
    y = np.concatenate([raw.y_train, raw.y_val, raw.y_test])
    assert (len(y), y.sum()) == (569, 212)
    assert raw.class_names[1] == "kötü huylu"
    radius = raw.x_train[:, raw.feature_names.index("yarıçap (ortalama)")]
    assert radius[raw.y_train == 1].mean() > radius[raw.y_train == 0].mean()


@pytest.fixture
def mnist_copy(tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    path.write_bytes(data_module.MNIST_FILE.read_bytes())
    monkeypatch.setattr(data_module, "MNIST_FILE", path)
    return path


CURES = ["git checkout -- data/mnist.npz", "ZIP'i yeniden indirin", "Keras'tan iner"]


def assert_refused(reason: str) -> None:
    """MNIST is not loaded; told are the reason and all three cures."""
    told = r"[\s\S]*".join(map(re.escape, [reason, *CURES]))
    with pytest.raises(LabError, match=told):
        load_mnist()


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [flipped, lambda c: c[: len(c) // 2], lambda c: b""])
def test_damaged_file_is_reported_and_kept(mnist_copy, damage):
    broken = damage(mnist_copy.read_bytes())
    mnist_copy.write_bytes(broken)
    assert_refused("bozuk")
    assert mnist_copy.read_bytes() == broken


def test_a_file_that_cannot_be_read_is_told_with_its_reason(mnist_copy):
    mnist_copy.unlink()
    mnist_copy.mkdir()
    assert_refused("bir klasör" if os.name != "nt" else "izin yok")


KERAS_HOME = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))


@pytest.mark.skipif(
    (KERAS_HOME / "datasets" / "mnist.npz").exists(), reason="Keras'ın kopyası var"
)
@pytest.mark.parametrize("listens", [True, False])  # sessiz ağ, olmayan ağ
def test_a_missing_file_and_no_network_end_with_the_cures(
    mnist_copy, monkeypatch, listens
):
    mnist_copy.unlink()
    monkeypatch.setattr(data_module, "DOWNLOAD_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", address)
        monkeypatch.setenv("no_proxy", "")
        if not listens:
            silent.close()
        assert_refused("indirilemedi")
    assert socket.getdefaulttimeout() is None
