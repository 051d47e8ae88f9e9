"""Before a lab begins: the right Python, its packages, streams; then Keras.

An older Python can read this file; nothing is loaded before its version is checked.
"""

import os
import sys
import time

START = time.perf_counter()  # "yükleme dahil" counts from here
OLDEST, NEWEST = (3, 11), (3, 13)  # there are no packages for the others
PACKAGES = (
    "tensorflow", "keras", "sklearn", "numpy", "pandas", "matplotlib", "seaborn",
    "rich", "pygments", "jinja2",
)  # fmt: skip
IN_NOTEBOOK = "ipykernel" in sys.modules
FOLDER = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))  # noqa: PTH100, PTH118, PTH120


def start(script):
    """Check, answer what needs no Keras, then load Keras without its start-up log.

    The command line is read only where this script (its name without ".py") is what
    runs. Leaves with SystemExit once it has answered, or says what to type.
    """
    check_python()
    check_hiding_files()
    repair_streams()
    check_packages()
    import contextlib

    from common.classroom import command, terminal
    from common.files import LabError, command_line

    path = os.path.abspath(sys.argv[0])  # noqa: PTH100
    runs_itself = os.path.basename(path) == script + ".py" and not IN_NOTEBOOK  # noqa: PTH119
    wait = contextlib.nullcontext()
    try:
        if runs_itself:
            command.answer_without_keras(path, sys.argv[1:])
            wait = terminal.waiting("Keras yükleniyor …")
        with wait:
            load_keras()
    except ImportError as error:
        raise SystemExit(
            f"Bir paket yüklenemedi: {error}\n"
            f"Paketleri yeniden kurun:\n  {install_command()} --force-reinstall"
        ) from error
    except (LabError, OSError, KeyboardInterrupt) as error:
        again = command_line("python", *sys.argv)
        raise SystemExit(terminal.fail(error, again)) from None


def check_python():
    """Refuse a Python that is too old for the packages."""
    if sys.version_info[:2] < OLDEST:
        raise SystemExit(
            f"Python {told_version()} bu ders için eski.\n"
            "Python 3.11, 3.12 ya da 3.13 kurun, "
            "sonra README'deki kurulum satırını onunla çalıştırın."
        )


def told_version():
    """The version of this Python as people say it: '3.9'."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def check_hiding_files():
    """Name a file of the repository's folder that takes the place of a module."""
    names = set(sys.stdlib_module_names) | set(PACKAGES)
    for name in sorted(os.listdir(FOLDER)):  # noqa: PTH208 (pathlib may be hidden itself)
        if name.endswith(".py") and name[:-3] in names:
            raise SystemExit(
                f"Bu klasördeki {name} dosyası, "
                "Python'un aynı adlı modülünün yerine geçiyor.\n"
                "Dosyanızın adını değiştirin, sonra komutu yeniden yazın."
            )


def repair_streams():
    """Give closed streams (`2>&-`) an empty file; let streams spell what they can."""
    from common.classroom import spelling

    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            mode = "w" if descriptor else "r"
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))
    spelling.use(sys.stdout, sys.stderr)


def install_command():
    """The command that installs the packages for this Python."""
    from common.files import command_line

    requirements = FOLDER + "/requirements.txt"
    return command_line(sys.executable, "-m", "pip", "install", "-r", requirements)


def check_packages():
    """Name the packages that are missing, with the cure that fits this interpreter."""
    import importlib.util
    from pathlib import Path

    from common.files import command_line

    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if not missing:
        return
    environment = Path(FOLDER, ".venv")
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    cure = f"Kurmak için şunu yazın:\n  {install_command()}"
    if python.exists() and Path(sys.prefix) != environment:
        command = command_line(str(python), *sys.argv)
        cure = "Bu klasörün ortamı .venv içinde kurulu; onunla çalıştırın:"
        cure += f"\n  {command}"
    elif sys.version_info[:2] > NEWEST:
        cure = f"Python {told_version()} henüz yeni; "
        cure += "3.11 - 3.13 ile kurun (outputs/ornekler/sss.md)."
    raise SystemExit(f"Eksik paket: {', '.join(missing)}\n{cure}")


def load_keras():
    """Load Keras on TensorFlow with its usual settings, whatever ~/.keras says.

    TensorFlow writes a part of its start-up log to file descriptor 2 before it reads
    any log level, so the descriptor is turned away meanwhile. TF_CPP_MIN_LOG_LEVEL=0
    shows everything.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if not IN_NOTEBOOK:  # figures are files
        os.environ["MPLBACKEND"] = "Agg"
    sys.stderr.flush()
    shown = os.dup(2)
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "0":
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 2)
        os.close(sink)
    try:
        import keras

        import common.lab  # noqa: F401 (the plotting packages, while the user waits)
    finally:
        os.dup2(shown, 2)
        os.close(shown)
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
