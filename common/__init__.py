"""Dört uygulamanın ortak parçaları. Önce bu paket yüklenir: Keras'ın ayarlarını o yapar.

Burada ders yoktur: öğretilen her katman, `compile`, `fit` ve döngü kendi betiğinde durur.
Bu dosyayı eski bir Python da okuyabilmelidir; sürüm denetiminden önce hiçbir şey yüklenmez.
"""

import sys
import time

START = time.perf_counter()  # "içe aktarmalar dahil" süre buradan sayılır

OLDEST = (3, 11)  # daha eskisi için numpy ve pandas'ın bu sürümleri yok
if sys.version_info[:2] < OLDEST:
    raise SystemExit(
        "Python {}.{} bu ders için eski.\n"
        "Python 3.11, 3.12 ya da 3.13 kurun, sonra README'deki kurulum satırını onunla çalıştırın."
        "".format(*sys.version_info[:2])
    )

import codecs
import contextlib
import importlib.util
import io
import os
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tensorflow", "keras", "sklearn", "numpy", "pandas", "matplotlib", "seaborn", "rich")
PACKAGES += ("jinja2",)

# Terminalin gösteremediği harfin yerine yazılan (geri kalanı Unicode'un kendi ayrışımı verir)
_PLAIN = {"ı": "i", "→": "->", "←": "<-", "·": "-", "≥": ">=", "≤": "<=", "≈": "~", "≠": "!="}
_PLAIN |= {"—": "-", "–": "-", "−": "-", "×": "x", "√": "kök", "’": "'", "▸": ">", "∂": "d"}
_PLAIN |= {"μ": "mu", "σ": "sigma", "γ": "gamma", "β": "beta", "ε": "epsilon", "α": "alfa"}
_PLAIN |= {"λ": "lambda", "Σ": "toplam", "Δ": "delta", "φ": "phi", "∞": "sonsuz"}
_PLAIN |= {"✓": "[tamam]", "✗": "[TUTMADI]"} | dict.fromkeys("◐◓◑◒", "*")
_PLAIN |= dict.fromkeys("─━═", "-") | dict.fromkeys("│┃║", "|")
_PLAIN |= dict.fromkeys("┌┐└┘├┤┬┴┼┏┓┗┛┡┩┢┪┳┻╇╈╭╮╰╯", "+")


def _simplify(error):
    """Codec error handler: the nearest plain spelling of what the terminal cannot show."""
    text = unicodedata.normalize("NFKD", error.object[error.start : error.end])
    plain = "".join(_PLAIN.get(c, c) for c in text if not unicodedata.combining(c))
    return plain.encode("ascii", "replace").decode("ascii"), error.end


codecs.register_error("sade", _simplify)
for _stream in (sys.stdout, sys.stderr):
    if isinstance(_stream, io.TextIOWrapper):  # not so in Jupyter, where it is UTF-8 anyway
        _stream.reconfigure(errors="sade")

_missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
if _missing:
    raise SystemExit(
        "Eksik paket: " + ", ".join(_missing) + "\nKurmak için şunu yazın:\n"
        f'  "{sys.executable}" -m pip install -r "{ROOT / "requirements.txt"}"'
    )

os.environ["KERAS_BACKEND"] = "tensorflow"
_LOG_LEVEL = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextlib.contextmanager
def _start_up_log_off():
    """Keep TensorFlow's start-up log off the projector.

    A part of it is written to file descriptor 2 before any log level is read, so the descriptor
    itself is turned away for the time of the import. TF_CPP_MIN_LOG_LEVEL=0 shows everything.
    """
    if _LOG_LEVEL == "0":
        yield
        return
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as sink:
            os.dup2(sink.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


_script = Path(sys.argv[0])
if _script.name.startswith("uygulama_") and "ipykernel" not in sys.modules:
    from common import console

    console.answer_without_keras(_script, sys.argv[1:])
    _wait = console.waiting("Keras yükleniyor …")
else:
    _wait = contextlib.nullcontext()
with _wait, _start_up_log_off():
    import keras

from common import plots
from common.data import load_breast_cancer, load_mnist
from common.files import LabError
from common.fresh import predict_in, start_python
from common.lab import Lab, largest_difference
from common.seeds import restart, set_seed
from common.text import number, percent, tidy

__all__ = [
    "Lab",
    "LabError",
    "keras",
    "largest_difference",
    "load_breast_cancer",
    "load_mnist",
    "number",
    "percent",
    "plots",
    "predict_in",
    "restart",
    "set_seed",
    "start_python",
    "tidy",
]
