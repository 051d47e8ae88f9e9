"""Yarım kalmayan dosyalar, ve okurunun düzeltebileceği hatalar."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FAILED = 1  # çıkış kodu
TEMPORARY = ".*-[0-9]*.*"  # `atomic` geçici dosyalarının adı: .ad-süreç.uzantı
STALE_SECONDS = 3600  # bundan eski geçici dosya, öldürülen bir koşudan kalmıştır

_REASONS = {
    errno.ENOSPC: "disk dolu",
    errno.EACCES: "yazma izni yok ya da dosya başka bir programda açık",
    errno.EPERM: "yazma izni yok",
    errno.EROFS: "disk salt okunur",
    errno.ENOTDIR: "yolun bir parçası klasör değil",
    errno.EEXIST: "aynı adda bir dosya var",
}


class LabError(Exception):
    """What happened, and what to type next: an error that its reader can mend (exit code 1)."""

    code = FAILED


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes `path`'s place only when all went well.

    Raises:
        LabError: the file cannot be written; what stood there before is untouched.
    """
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise LabError(
            f"{path} yazılamadı: {_REASONS.get(error.errno, error)}. Önceki dosyalar duruyor.\n"
            "Yer açın ya da başka bir klasör verin: --cikti KLASÖR"
        ) from error


def sweep(folder: Path) -> None:
    """Delete what a killed run has left half-written; another one may be running, so only old."""
    for path in folder.glob(TEMPORARY):
        with suppress(FileNotFoundError):  # öteki koşu o anda yerine koydu
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()
