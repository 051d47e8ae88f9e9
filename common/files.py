"""Files that are never half-written, and errors that their reader can mend.

It is loaded before the packages are checked, so it uses Python's own modules only.
"""

import errno
import json
import os
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).resolve().parent.parent  # the repository

FAILED = 1  # the exit code of a run that has failed
BACKUP = "yedek"  # the folder of keras.callbacks.BackupAndRestore in `Lab.backup`
HALF = ".yarim"  # in the temporary names of `atomic`: .01_first-99.yarim.png
STALE_SECONDS = 3600  # an older temporary file was left by a run that was killed
WAITS = (0.05, 0.1, 0.2, 0.4)  # seconds; on Windows another program may hold a file
ELSEWHERE = "başka bir klasör verin: --cikti KLASÖR"

REASONS = {
    errno.ENOSPC: "disk dolu",
    errno.EDQUOT: "disk kotanız doldu",
    errno.EACCES: "izin yok ya da dosya başka bir programda açık",
    errno.EPERM: "izin yok",
    errno.EROFS: "disk salt okunur",
    errno.ENOENT: "böyle bir klasör yok",
    errno.ENOTDIR: "yolun bir parçası klasör değil",
    errno.EEXIST: "aynı adda bir dosya var",
    errno.EISDIR: "aynı adda bir klasör var",
    errno.ENAMETOOLONG: "yol çok uzun",
    errno.EIO: "disk okunamıyor ya da yazılamıyor",
}


class LabError(Exception):
    """An error that its reader can mend: it says what happened and what to type next.

    Example:
        raise LabError("Yedek bozuk.\nBaştan: python uygulama_04_custom_loop.py")
    """

    code = FAILED  # the exit code of a run that it ends


def command_line(*words: str, windows: bool = os.name == "nt") -> str:
    """Write words as one command for the shell, with quotes where it needs them.

    On Windows the command is valid in cmd.exe and in PowerShell. PowerShell takes a
    quoted first word for a text; such a command is written once for each of the two.
    """
    if not windows:
        return shlex.join(words)
    plain = re.compile(r"[\w.:=/\\+-]+")
    quoted = [word if plain.fullmatch(word) else f'"{word}"' for word in words]
    line = " ".join(quoted)
    return line if quoted[0] == words[0] else f"{line}\n  PowerShell: & {line}"


def here(path: Path) -> str:
    """Write a path as a user types it in the current folder."""
    folder = Path.cwd()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


@contextmanager
def explain_os_errors(what: Path | str, cure: str) -> Iterator[None]:
    """Turn an OSError of the block into a LabError that says what to do.

    Args:
        what: what could not be written.
        cure: what to do next, a Turkish sentence.
    """
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno, error)
        told = f"{what} yazılamadı: {reason}. Önceki dosyalar duruyor."
        raise LabError(f"{told}\n{cure}") from error


def _replace(temporary: Path, path: Path) -> None:
    """Put a file in the place of another; wait while another program holds that one."""
    for seconds in WAITS:
        with suppress(PermissionError):
            os.replace(temporary, path)
            return
        time.sleep(seconds)
    os.replace(temporary, path)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path; it takes the place of `path` when the block ends well.

    Raises:
        LabError: the file cannot be written; what stood there before is untouched.
    """
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{HALF}{path.suffix}")
    cure = "Dosya başka bir programda açıksa kapatın, disk doluysa yer açın ya da "
    with explain_os_errors(path, cure + ELSEWHERE):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _replace(temporary, path)
        finally:
            with suppress(OSError):  # Windows: an interrupted write may still hold it
                temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text atomically; a character that UTF-8 cannot hold becomes '?'."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _probe(folder: Path | None) -> None:
    """Write a nameless file in the folder; None means the system's temporary folder."""
    with TemporaryFile(dir=folder) as file:
        file.write(bytes(4096))


def can_resume(folder: Path) -> bool:
    """Tell whether BackupAndRestore left a whole state here, so that `fit` can go on.

    Where a killed run left its state half-written, the state before it takes its place.

    Args:
        folder: the folder that holds the folder `BACKUP`.
    """
    import h5py  # comes with Keras

    backup = folder / BACKUP
    names = ("latest.weights.h5", "training_metadata.json")
    for ending in ("", ".bkp"):  # Keras keeps the state before the last one as .bkp
        weights, record = (backup / f"{name}{ending}" for name in names)
        try:
            h5py.File(weights).close()
            whole = json.loads(record.read_text(encoding="utf-8"))["epoch"] > 0
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not whole:
            continue
        if ending:
            for name in names:
                os.replace(backup / f"{name}{ending}", backup / name)
        return True
    return False


def prepare(folder: Path) -> None:
    """Make the folder and sweep it; fail before a training rather than after it.

    Raises:
        LabError: nothing can be written there or in the system's temporary folder.
    """
    with explain_os_errors(folder, f"Yer açın ya da {ELSEWHERE}"):
        folder.mkdir(parents=True, exist_ok=True)
        _probe(folder)
    cure = "Yer açın ya da TMPDIR ortam değişkenine başka bir klasör yazın."
    with explain_os_errors("Geçici klasör", cure):
        _probe(None)
    half_written = f".*-*{HALF}.*"
    for path in [*folder.glob(half_written), *folder.parent.glob(half_written)]:
        with suppress(OSError):  # another run may just have put it into its place
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()
