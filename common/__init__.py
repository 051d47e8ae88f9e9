"""Dört uygulamanın ortak parçaları. Önce bu paket yüklenir: Keras'ın ayarlarını o yapar.

Burada ders yoktur: öğretilen her katman, `compile`, `fit` ve döngü kendi betiğinde durur.
Bu dosyayı eski bir Python da okuyabilmelidir; sürüm denetiminden önce hiçbir şey yüklenmez.
"""

import sys
import time

START = time.perf_counter()  # "yükleme dahil" süre buradan sayılır

OLDEST, NEWEST = (3, 11), (3, 13)  # ötekiler için paketlerin bu sürümleri yok
if sys.version_info[:2] < OLDEST:
    raise SystemExit(
        "Python {}.{} bu ders için eski.\n"
        "Python 3.11, 3.12 ya da 3.13 kurun, sonra README'deki kurulum satırını onunla çalıştırın."
        "".format(*sys.version_info[:2])
    )

import os

PACKAGES = ("tensorflow", "keras", "sklearn", "numpy", "pandas", "matplotlib", "seaborn", "rich")
PACKAGES += ("jinja2",)
_folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
for _name in sorted(os.listdir(_folder)):  # noqa: PTH208 (pathlib'in kendisi gölgelenmiş olabilir)
    if _name.endswith(".py") and _name[:-3] in {*sys.stdlib_module_names, *PACKAGES}:
        raise SystemExit(
            f"Bu klasördeki {_name} dosyası, Python'un aynı adlı modülünün yerine geçiyor.\n"
            "Dosyanızın adını değiştirin, sonra komutu yeniden yazın."
        )

import codecs
import contextlib
import importlib.util
import io
import unicodedata
from pathlib import Path

from common.files import LabError, command_line

ROOT = Path(_folder).resolve()

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
_open = sys.stdout is not None
for _fd, _name in enumerate(("stdin", "stdout", "stderr")):
    if getattr(sys, _name) is None:  # kapalı (`2>&-`): yerinde boş bir dosya dursun
        os.dup2(os.open(os.devnull, os.O_RDWR), _fd)
        setattr(sys, _name, os.fdopen(_fd, "w" if _fd else "r", encoding="utf-8"))
for _stream in (sys.stdout, sys.stderr):
    if isinstance(_stream, io.TextIOWrapper):  # Jupyter'de değil: orada zaten UTF-8
        _stream.reconfigure(errors="sade")

if not _open:
    raise SystemExit("Standart çıktı kapalı; komutu sonunda >&- olmadan yazın.")
_missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
_install = command_line(sys.executable, "-m", "pip", "install", "-r", f"{ROOT}/requirements.txt")
if _missing:
    _python = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _cure = f"Kurmak için şunu yazın:\n  {_install}"
    if _python.exists() and Path(sys.prefix) != ROOT / ".venv":
        _command = command_line(str(_python), *sys.argv)
        _cure = f"Bu klasörün ortamı .venv içinde kurulu; onunla çalıştırın:\n  {_command}"
    elif sys.version_info[:2] > NEWEST:
        _version = ".".join(map(str, sys.version_info[:2]))
        _cure = f"Python {_version} henüz yeni; 3.11 - 3.13 ile kurun (outputs/ornekler/sss.md)."
    raise SystemExit("Eksik paket: " + ", ".join(_missing) + f"\n{_cure}")

os.environ["KERAS_BACKEND"] = "tensorflow"
if "ipykernel" not in sys.modules:
    os.environ["MPLBACKEND"] = "Agg"  # pencere yalnız --goster ile
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


from common import console

_script, _wait = Path(sys.argv[0]), contextlib.nullcontext()
try:
    if _script.name.startswith("uygulama_") and "ipykernel" not in sys.modules:
        console.answer_without_keras(_script, sys.argv[1:])
        _wait = console.waiting("Keras yükleniyor …")
    with _wait, _start_up_log_off():
        import keras

        from common import plots
        from common.data import load_breast_cancer, load_mnist
        from common.fresh import predict_in, start_python
        from common.lab import Lab, largest_difference
        from common.seeds import restart, set_seed
        from common.text import number, percent, tidy
except ImportError as _error:
    raise SystemExit(
        f"Bir paket yüklenemedi: {_error}\n"
        f"Paketleri yeniden kurun:\n  {_install} --force-reinstall"
    ) from _error
except (LabError, OSError, KeyboardInterrupt) as _error:
    raise SystemExit(console.fail(_error, command_line("python", *sys.argv))) from None

keras.config.set_floatx("float32")  # ~/.keras/keras.json başka söylese de
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")
