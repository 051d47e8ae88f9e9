"""Files that are never half-written, and errors that their reader can mend.

Loaded before the packages are checked: it uses Python's own modules only.
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

FAILED = 1  # exit code
BACKUP = "yedek"  # the folder of keras.callbacks.BackupAndRestore in `Lab.backup`
HALF = ".yarim"  # in the temporary names of `atomic`: .01_first-99.yarim.png
STALE_SECONDS = 3600  # an older temporary file was left by a run that was killed
WAITS = (0.05, 0.1, 0.2, 0.4)  # seconds; on Windows another program may be reading it
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
    """What happened, and what to type next: an error that its reader can mend."""

    code = FAILED  # exit code


def command_line(*words: str, windows: bool = os.name == "nt") -> str:
    """The words as one command for the shell, quoted where it needs that.

    On Windows it is valid in cmd.exe and in PowerShell, which splits words at commas
    and takes a quoted first word for a text: there it is written twice.
    """
    if not windows:
        return shlex.join(words)
    plain = re.compile(r"[\w.:=/\\+-]+")
    quoted = [word if plain.fullmatch(word) else f'"{word}"' for word in words]
    line = " ".join(quoted)
    return line if quoted[0] == words[0] else f"{line}\n  PowerShell: & {line}"


def here(path: Path) -> str:
    """A path as it is typed in the current folder."""
    folder = Path.cwd()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


@contextmanager
def explain_os_errors(what: Path | str, cure: str) -> Iterator[None]:
    """Turn an OSError of the block into a LabError: `what` could not be written."""
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno, error)
        told = f"{what} yazılamadı: {reason}. Önceki dosyalar duruyor."
        raise LabError(f"{told}\n{cure}") from error


def _replace(temporary: Path, path: Path) -> None:
    for seconds in WAITS:
        with suppress(PermissionError):
            os.replace(temporary, path)
            return
        time.sleep(seconds)
    os.replace(temporary, path)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of `path` when the block ends well.

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
    """Write a text atomically; what UTF-8 cannot hold becomes '?'."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _probe(folder: Path | None) -> None:
    with TemporaryFile(dir=folder) as file:  # takes nobody's file name
        file.write(bytes(4096))


def can_resume(folder: Path) -> bool:
    """Whether BackupAndRestore's folder in this one is whole, so that `fit` can go on.

    A state that a killed run left half-written is replaced by the one before it.
    """
    import h5py  # comes with Keras

    weights = folder / BACKUP / "latest.weights.h5"
    record = folder / BACKUP / "training_metadata.json"
    for old in ("", ".bkp"):
        states = [path.with_name(path.name + old) for path in (weights, record)]
        try:
            h5py.File(states[0]).close()
            whole = json.loads(states[1].read_text(encoding="utf-8"))["epoch"] > 0
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if whole and old:
            os.replace(states[0], weights)
            os.replace(states[1], record)
        if whole:
            return True
    return False


def prepare(folder: Path) -> None:
    """Make and sweep the folder, and fail before a training rather than after it.

    Raises:
        LabError: nothing can be written there, or in the temporary folder.
    """
    with explain_os_errors(folder, f"Yer açın ya da {ELSEWHERE}"):
        folder.mkdir(parents=True, exist_ok=True)
        _probe(folder)
    cure = "Yer açın ya da TMPDIR ortam değişkenine başka bir klasör yazın."
    with explain_os_errors("Geçici klasör", cure):
        _probe(None)
    half_written = f".*-*{HALF}.*"
    for path in [*folder.glob(half_written), *folder.parent.glob(half_written)]:
        with suppress(OSError):  # another run has just put it into its place
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()
