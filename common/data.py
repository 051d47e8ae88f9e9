"""Günün iki veri kümesi: MNIST (depodaki dosyadan) ve Breast Cancer (scikit-learn ile gelir).

İkisi de eğitim / doğrulama / test olarak ayrılmış gelir. Ayrım sabittir (`SPLIT_SEED`):
`--tohum` başlangıç ağırlıklarını ve mini-batch sırasını değiştirir, kimin test edildiğini değil.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import keras
import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import common
from common.files import REASONS, LabError

MNIST_FILE = common.ROOT / "data" / "mnist.npz"
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
MNIST_REPAIR = (
    "Onarmak için depo klasöründe şunu yazın: git checkout -- data/mnist.npz\n"
    "(Depo ZIP olarak indirildiyse ZIP'i yeniden indirin; ya da data/mnist.npz'yi silin: "
    "internet varken Keras'tan iner.)"
)
MNIST_VALIDATION = 5_000  # 60 000 eğitim görüntüsünden doğrulamaya ayrılan
PIXEL_MAX = 255  # uint8 piksel -> [0, 1]

SPLIT_SEED = 2024  # ayrımın kendi tohumu; herkes aynı test kümesini görür
TEST_SHARE = VALIDATION_SHARE = 0.2  # Breast Cancer: %60 eğitim, %20 doğrulama, %20 test

_MEASURES = ("yarıçap", "doku", "çevre", "alan", "pürüzsüzlük", "kompaktlık", "içbükeylik")
_MEASURES += ("içbükey nokta", "simetri", "fraktal boyut")
CANCER_FEATURES = tuple(
    f"{measure} ({kind})" for kind in ("ortalama", "hata", "en kötü") for measure in _MEASURES
)


@dataclass(frozen=True)
class Dataset:
    """One data set in three parts, read-only so that no section can change it for the next."""

    x_train: np.ndarray  # float32, (satır, öznitelik)
    y_train: np.ndarray  # int32, (satır,)
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    feature_names: tuple[str, ...]  # sütunlar pikselse boş
    class_names: tuple[str, ...]  # 0, 1, … etiketlerinin anlamı

    def __post_init__(self):
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


def _dataset(pairs, feature_names: tuple, class_names: tuple) -> Dataset:
    arrays = [array for x, y in pairs for array in (x, y.astype("int32"))]
    return Dataset(*arrays, feature_names, class_names)


@cache
def _mnist_arrays(path: Path) -> tuple[np.ndarray, ...]:
    """uint8 images (n, 28, 28) and labels (n,): x_train, y_train, x_test, y_test."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return _download_mnist(path)
    except OSError as error:
        reason = REASONS.get(error.errno, error)
        raise LabError(f"{path} okunamadı: {reason}.\n{MNIST_REPAIR}") from error
    if hashlib.sha256(content).hexdigest() != MNIST_SHA256:
        raise LabError(
            f"{path} bozuk ya da eksik inmiş; onunla eğitim yapılmadı, dosyaya dokunulmadı.\n"
            f"{MNIST_REPAIR}"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return tuple(arrays[k] for k in ("x_train", "y_train", "x_test", "y_test"))


def _download_mnist(path: Path) -> tuple[np.ndarray, ...]:
    print(f"{path} yok; Keras'ın kopyası aranıyor (gerekirse internetten inecek) …", flush=True)
    try:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras indirme hatasını çıplak Exception olarak atar
        raise LabError(f"{path} yok ve MNIST indirilemedi.\n{MNIST_REPAIR}") from error
    return x_train, y_train, x_test, y_test


def load_mnist(n_train: int | None = None, n_val: int | None = None) -> Dataset:
    """MNIST as flat rows of 784 pixels in [0, 1] (LeCun, Cortes and Burges, 1998).

    The 60 000 training images give 55 000 for training and 5 000 for validation (stratified); the
    10 000 test images stay as they are. Reshape rows to (28, 28) to see the digits.

    Args:
        n_train: how many training images; the first ones of a fixed shuffle (None: all).
        n_val: how many validation images, likewise (None: all).

    Raises:
        LabError: the file cannot be read, is damaged, or is missing and cannot be downloaded.
    """
    images, labels, x_test, y_test = _mnist_arrays(MNIST_FILE)
    rows = np.arange(len(images))
    split = {"test_size": MNIST_VALIDATION, "stratify": labels, "random_state": SPLIT_SEED}
    train, val = train_test_split(rows, **split)
    train, val = train[:n_train], val[:n_val]
    pairs = (images[train], labels[train]), (images[val], labels[val]), (x_test, y_test)
    flat = ((x.reshape(len(x), -1).astype("float32") / PIXEL_MAX, y) for x, y in pairs)
    return _dataset(flat, (), tuple("0123456789"))


def load_breast_cancer(scaled: bool = True) -> Dataset:
    """Breast Cancer Wisconsin (Street, Wolberg and Mangasarian, 1993), 569 rows, 30 features.

    Split 60/20/20, stratified. Label 1 is the malignant tumour (scikit-learn's own coding is the
    other way round), so that "positive" means what has to be found.

    Args:
        scaled: standardize each column with the mean and std of the training rows only;
            False gives the raw measurements.
    """
    raw = datasets.load_breast_cancer()
    x, y = raw.data, 1 - raw.target
    rest, test = train_test_split(
        np.arange(len(x)), test_size=TEST_SHARE, stratify=y, random_state=SPLIT_SEED
    )
    train, val = train_test_split(
        rest,
        test_size=VALIDATION_SHARE / (1 - TEST_SHARE),
        stratify=y[rest],
        random_state=SPLIT_SEED,
    )
    if scaled:
        x = StandardScaler().fit(x[train]).transform(x)
    pairs = ((x[rows].astype("float32"), y[rows]) for rows in (train, val, test))
    return _dataset(pairs, CANCER_FEATURES, ("iyi huylu", "kötü huylu"))
