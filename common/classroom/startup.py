"""What comes before a lab: the right Python, its packages, its streams, then Keras.

An older Python can read this file; it loads nothing before the version is checked.
"""

import os
import sys
import time

START = time.perf_counter()  # "yükleme dahil" counts from here
OLDEST, NEWEST = (3, 11), (3, 13)  # for other versions there are no packages
PACKAGES = (
    "tensorflow", "keras", "sklearn", "numpy", "pandas", "matplotlib", "seaborn",
    "rich", "pygments", "jinja2",
)  # fmt: skip
IN_NOTEBOOK = "ipykernel" in sys.modules  # a kernel of Jupyter, VS Code or Spyder
FOLDER = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))  # noqa: PTH100, PTH118, PTH120


def in_cells():
    """Whether cells run. In a kernel `%run` and Spyder's F5 run a whole script."""
    folder, name = os.path.split(os.path.abspath(sys.argv[0]))  # noqa: PTH100
    runs = name.endswith(".py") and os.path.realpath(folder) == os.path.realpath(FOLDER)
    return IN_NOTEBOOK and not runs


def start(script):
    """Check the machine, answer what needs no Keras, then load Keras without its log.

    Args:
        script: the name of the script, without ".py". The command line is read only
            where this script is what runs.

    Raises:
        SystemExit: the command line was answered, or the message says what to type.
    """
    check_machine()
    import contextlib

    from common.classroom import causes

    try:
        from common.classroom import command, terminal
        from common.files import LabError, command_line
    except Exception as error:
        raise SystemExit(causes.loading_failed(error)) from None
    path = os.path.abspath(sys.argv[0])  # noqa: PTH100
    runs_itself = os.path.basename(path) == script + ".py" and not in_cells()  # noqa: PTH119
    wait = contextlib.nullcontext()
    try:
        if runs_itself:
            command.answer_without_keras(path, sys.argv[1:])
            wait = terminal.waiting("Keras yükleniyor …")
        with wait:
            load_keras()
    except (LabError, OSError, KeyboardInterrupt) as error:
        again = command_line("python", *sys.argv)
        raise SystemExit(terminal.fail(error, again)) from None
    except Exception as error:
        raise SystemExit(causes.loading_failed(error)) from None


def check_machine():
    """Name the first thing that is missing, if nothing can go on without it."""
    check_python()
    check_hiding_files()
    repair_streams()
    check_packages()
    check_processor()


def check_python():
    """Refuse a Python that is too old for the packages."""
    if sys.version_info[:2] < OLDEST:
        raise SystemExit(
            f"Python {told_version()} bu ders için eski.\n"
            "Python 3.11, 3.12 ya da 3.13 kurun, "
            "sonra README'deki kurulum satırını onunla çalıştırın."
        )


def told_version():
    """The version of this Python as people say it, e.g. '3.9'."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def check_hiding_files():
    """Name a file or folder of the repository that takes the place of a module."""
    elsewhere = [p for p in sys.path if os.path.abspath(p) != FOLDER]  # noqa: PTH100
    for entry in sorted(os.listdir(FOLDER)):  # noqa: PTH208 (pathlib may be hidden itself)
        name, ending = os.path.splitext(entry)  # noqa: PTH122
        package = os.path.exists(os.path.join(FOLDER, entry, "__init__.py"))  # noqa: PTH110, PTH118
        if name == "common" or not (package or ending == ".py"):
            continue
        if name not in sys.stdlib_module_names:
            from importlib.machinery import PathFinder

            if getattr(PathFinder.find_spec(name, elsewhere), "loader", None) is None:
                continue
        kind, its = ("klasörü", "Klasörün") if package else ("dosyası", "Dosyanın")
        raise SystemExit(
            f"Bu klasördeki {entry} {kind}, "
            "Python'un aynı adlı modülünün yerine geçiyor.\n"
            f"{its} adını değiştirin, sonra komutu yeniden yazın."
        )


def repair_streams():
    """Open an empty file for a closed stream (`2>&-`); let streams spell plainly."""
    from common.classroom import spelling

    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            os.set_inheritable(descriptor, True)  # where it was opened in its place
            mode = "w" if descriptor else "r"
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))
    spelling.use(sys.stdout, sys.stderr)


def check_packages():
    """Name the packages that are missing, and the cure that fits this interpreter."""
    from importlib.util import find_spec
    from pathlib import Path

    from common.classroom import causes
    from common.files import command_line, here

    specs = {name: find_spec(name) for name in PACKAGES}
    missing = [name for name, spec in specs.items() if not (spec and spec.loader)]
    if not missing:
        return
    environment = Path(FOLDER, ".venv")
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    cure = f"Kurmak için şunu yazın:\n  {causes.install_command()}"
    if python.exists() and Path(sys.prefix) != environment:
        command = command_line(here(python), *sys.argv)
        cure = "Bu klasörün ortamı .venv içinde kurulu; onunla çalıştırın:"
        cure += f"\n  {command}"
    elif sys.version_info[:2] > NEWEST:
        cure = f"Python {told_version()} henüz yeni; "
        cure += "3.11 - 3.13 ile kurun (outputs/ornekler/sss.md)."
    raise SystemExit(f"Eksik paket: {', '.join(missing)}\n{cure}")


def check_processor(cpuinfo="/proc/cpuinfo"):
    """Refuse a processor without AVX: TensorFlow would kill the process.

    Only Linux tells. On Windows the DLL cannot be loaded; for Macs with such a
    processor there is no TensorFlow of this version.
    """
    from pathlib import Path

    try:
        lines = Path(cpuinfo).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    flags = [line.split() for line in lines if line.startswith("flags")]
    if flags and "avx" not in flags[0]:
        from common.classroom import causes

        raise SystemExit(causes.tell("processor has no AVX", ""))


def load_keras():
    """Load Keras on TensorFlow with its usual settings, whatever keras.json says."""
    import warnings

    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"):
        os.environ.pop(name, None)  # with these limits all numbers would be others
    if not IN_NOTEBOOK:  # figures are files
        os.environ["MPLBACKEND"] = "Agg"
    sys.stderr.flush()
    chatty = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "0"
    shown, watcher = (None, None) if chatty else turn_stderr_away()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PYTHONWARNINGS=error is not meant for it
            import keras

            import common.lab  # noqa: F401 (it loads the plotting packages, too)
    finally:
        if watcher:
            os.write(2, b"\0")  # this process lives and tells itself what happened
            os.dup2(shown, 2)
            os.close(shown)
            watcher.wait()
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


def turn_stderr_away():
    """Let a watching process read descriptor 2 (stderr) while Keras loads.

    TensorFlow writes a part of its log there before it reads any log level. If this
    process dies, the watching one tells its last words. TF_CPP_MIN_LOG_LEVEL=0 shows
    the whole log instead.

    Returns:
        The descriptor that is shown, and the watching process.
    """
    import subprocess

    watcher = subprocess.Popen(
        [sys.executable, "-c", "from common.classroom import startup; startup.watch()"],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is not meant for it; Windows needs the flag
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    shown = os.dup(2)
    os.dup2(watcher.stdin.fileno(), 2)
    watcher.stdin.close()
    return shown, watcher


def watch():
    """Run as the watching process; say nothing if the other process is still alive."""
    words = sys.stdin.buffer.read()
    if words.endswith(b"\0"):
        return
    repair_streams()
    from common.classroom import causes

    if sys.stdout.isatty():
        print("\x1b[?25h", flush=True)  # shows the cursor that the moving line hid
    raise SystemExit(causes.loading_died(words.decode(errors="replace")))
