"""The day's two data sets: MNIST (a file of the repository) and Breast Cancer.

Both come split into train, validation and test. The split is fixed (`SPLIT_SEED`):
`--tohum` changes initial weights and batch order, not who is tested.
"""

import hashlib
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from common.files import REASONS, ROOT, LabError

MNIST_FILE = ROOT / "data" / "mnist.npz"
MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
MNIST_REPAIR = (
    "Onarmak için depo klasöründe şunu yazın: git checkout -- data/mnist.npz\n"
    "(Depo ZIP olarak indirildiyse ZIP'i yeniden indirin; "
    "ya da data/mnist.npz'yi silin: internet varken Keras'tan iner.)"
)
DOWNLOAD_SECONDS = 15  # of silence
MNIST_VALIDATION = 5_000  # of the 60 000 training images
PIXEL_MAX = 255  # uint8 pixel -> [0, 1]

SPLIT_SEED = 2024  # everyone sees the same test set
TEST_SHARE = VALIDATION_SHARE = 0.2  # Breast Cancer: 60 % train, 20 % validation

_MEASURES = (
    "yarıçap", "doku", "çevre", "alan", "pürüzsüzlük", "kompaktlık", "içbükeylik",
    "içbükey nokta", "simetri", "fraktal boyut",
)  # fmt: skip
_KINDS = ("ortalama", "hata", "en kötü")
CANCER_FEATURES = tuple(
    f"{measure} ({kind})" for kind in _KINDS for measure in _MEASURES
)


@dataclass(frozen=True)
class Dataset:
    """One data set in three parts, read-only: no section can change it for the next.

    Attributes:
        x_train, x_val, x_test: float32, shape (rows, features).
        y_train, y_val, y_test: int32, shape (rows,).
        feature_names: of the columns; empty where they are pixels.
        class_names: what the labels 0, 1, … mean.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]

    def __post_init__(self):
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def train(self) -> tuple[np.ndarray, np.ndarray]:
        """(x, y) of the training part: `model.fit(*data.train)`."""
        return self.x_train, self.y_train

    @property
    def val(self) -> tuple[np.ndarray, np.ndarray]:
        """(x, y) of the validation part: `validation_data=data.val`."""
        return self.x_val, self.y_val

    @property
    def test(self) -> tuple[np.ndarray, np.ndarray]:
        """(x, y) of the test part: `model.evaluate(*data.test)`, once, at the end."""
        return self.x_test, self.y_test


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
            f"{path} bozuk ya da eksik inmiş; "
            "onunla eğitim yapılmadı, dosyaya dokunulmadı.\n"
            f"{MNIST_REPAIR}"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return tuple(arrays[k] for k in ("x_train", "y_train", "x_test", "y_test"))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """A network that stays silent for so long is an error."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _download_mnist(path: Path) -> tuple[np.ndarray, ...]:
    import keras

    told = "Keras'ın kopyası aranıyor (gerekirse internetten inecek) …"
    print(f"{path} yok; {told}", flush=True)
    try:
        with time_limit(DOWNLOAD_SECONDS):
            (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception here
        raise LabError(f"{path} yok ve MNIST indirilemedi.\n{MNIST_REPAIR}") from error
    return x_train, y_train, x_test, y_test


def load_mnist(n_train: int | None = None, n_val: int | None = None) -> Dataset:
    """MNIST as flat rows of 784 pixels in [0, 1] (LeCun, Cortes and Burges, 1998).

    The 60 000 training images give 55 000 for training and 5 000 for validation
    (stratified); the 10 000 test images stay as they are. Reshape rows to (28, 28) to
    see the digits.

    Args:
        n_train: how many training images; the first of a fixed shuffle (None: all).
        n_val: how many validation images, likewise (None: all).

    Returns:
        A `Dataset`: x float32 (n, 784), y int32 (n,) from 0 to 9.

    Raises:
        LabError: the file cannot be read, is damaged, or is missing and cannot be
            downloaded.

    Example:
        data = load_mnist(5_000, 2_000)
        model.fit(*data.train, validation_data=data.val)
    """
    images, labels, x_test, y_test = _mnist_arrays(MNIST_FILE)
    rows = np.arange(len(images))
    train, val = train_test_split(
        rows, test_size=MNIST_VALIDATION, stratify=labels, random_state=SPLIT_SEED
    )
    train, val = train[:n_train], val[:n_val]
    pairs = (images[train], labels[train]), (images[val], labels[val]), (x_test, y_test)
    flat = ((x.reshape(len(x), -1).astype("float32") / PIXEL_MAX, y) for x, y in pairs)
    return _dataset(flat, (), tuple("0123456789"))


def load_breast_cancer(scaled: bool = True) -> Dataset:
    """Breast Cancer Wisconsin (Street, Wolberg and Mangasarian, 1993).

    569 rows, split 60/20/20, stratified. Label 1 is the malignant tumour
    (scikit-learn's own coding is the other way round), so that "positive" means what
    has to be found.

    Args:
        scaled: standardize each column with the mean and std of the training rows only;
            False gives the raw measurements.

    Returns:
        A `Dataset`: x float32 (n, 30), y int32 (n,), 0 or 1.

    Example:
        data = load_breast_cancer()
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
