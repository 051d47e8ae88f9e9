"""The day's two data sets: MNIST (a file of the repository) and Breast Cancer.

Both come split into train, validation and test. The split is fixed (`SPLIT_SEED`):
`--tohum` changes initial weights and batch order, not who is tested.
"""

import hashlib
import io
import socket
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
DOWNLOAD_SECONDS = 15  # a network that is silent for longer is an error
MNIST_VALIDATION = 5_000  # of the 60 000 training images
PIXEL_MAX = 255  # a uint8 pixel divided by this is in [0, 1]

SPLIT_SEED = 2024  # it is fixed, so that everyone has the same test set
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
    """One data set in three parts; no section can change its arrays for the next.

    Attributes:
        x_train, x_val, x_test: float32, shape (rows, features).
        y_train, y_val, y_test: int32, shape (rows,).
        feature_names: the names of the columns; empty where these are pixels.
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
    """A `Dataset` of the pairs (x, y) of its three parts."""
    arrays = []
    for x, y in pairs:
        arrays += [x.astype("float32", copy=False), y.astype("int32")]
    return Dataset(*arrays, feature_names, class_names)


@cache
def _mnist_arrays(path: Path) -> tuple[np.ndarray, ...]:
    """x_train, y_train, x_test, y_test: uint8, images (n, 28, 28) and labels (n,)."""
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


def _download_mnist(path: Path) -> tuple[np.ndarray, ...]:
    """The same arrays from Keras, which keeps a copy of its own or downloads one."""
    import keras

    told = "Keras'ın kopyası aranıyor (gerekirse internetten inecek) …"
    print(f"{path} yok; {told}", flush=True)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_SECONDS)
    try:
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception here
        raise LabError(f"{path} yok ve MNIST indirilemedi.\n{MNIST_REPAIR}") from error
    finally:
        socket.setdefaulttimeout(before)
    return x_train, y_train, x_test, y_test


def load_mnist(n_train: int | None = None, n_val: int | None = None) -> Dataset:
    """Load MNIST (LeCun, Cortes and Burges, 1998) as rows of 784 pixels.

    Of the 60 000 training images 55 000 are for training and 5 000 for validation
    (stratified); the 10 000 test images stay as they are. A row that is reshaped to
    (28, 28) shows the digit.

    Args:
        n_train: how many training images, the first of a fixed shuffle; None: all.
        n_val: how many validation images, likewise; None: all.

    Returns:
        A `Dataset`: x float32, shape (n, 784), from 0 to 1; y int32, shape (n,), from
        0 to 9.

    Raises:
        LabError: the file cannot be read or is damaged, or it is missing and MNIST
            cannot be downloaded.

    Example:
        data = load_mnist(5_000, 2_000)
        model.fit(*data.train, validation_data=data.val)
    """
    images, labels, x_test, y_test = _mnist_arrays(MNIST_FILE)
    rows = np.arange(len(images))
    train, val = train_test_split(
        rows, test_size=MNIST_VALIDATION, stratify=labels, random_state=SPLIT_SEED
    )
    pairs = []
    for rows in (train[:n_train], val[:n_val]):
        pairs.append((_pixels(images[rows]), labels[rows]))
    pairs.append((_pixels(x_test), y_test))
    return _dataset(pairs, (), tuple("0123456789"))


def _pixels(images: np.ndarray) -> np.ndarray:
    """Images as float32 rows of pixels from 0 to 1."""
    return images.reshape(len(images), -1).astype("float32") / PIXEL_MAX


def load_breast_cancer(scaled: bool = True) -> Dataset:
    """Load Breast Cancer Wisconsin (Street, Wolberg and Mangasarian, 1993).

    Its 569 rows are split 60/20/20, stratified. Label 1 is the malignant tumour, so
    that "positive" is what has to be found; scikit-learn codes it the other way round.

    Args:
        scaled: True: each column is standardized with the mean and the std of the
            training rows; False: the raw measurements.

    Returns:
        A `Dataset`: x float32, shape (n, 30); y int32, shape (n,), 0 or 1.

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
    pairs = [(x[rows], y[rows]) for rows in (train, val, test)]
    return _dataset(pairs, CANCER_FEATURES, ("iyi huylu", "kötü huylu"))
