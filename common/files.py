"""Yarım kalmayan dosyalar, ve okurunun düzeltebileceği hatalar."""

import csv
import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FAILED = 1  # çıkış kodu
TIMES = ("bolum", "ad", "saniye", "bellek_mb")  # sureler.csv
TEMPORARY = re.compile(
    r"\.(\d\d_\w+|sureler|ders|index|surum)-\d+\.\w+"
)  # `atomic` bunları bırakır
STALE_SECONDS = 3600  # bundan eski geçici dosya, öldürülen bir koşudan kalmıştır
WAITS = (0.05, 0.1, 0.2, 0.4)  # saniye; Windows'ta bir başkası dosyayı o anda okuyor olabilir

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


def _replace(temporary: Path, path: Path) -> None:
    for seconds in WAITS:
        try:
            os.replace(temporary, path)
        except PermissionError:
            time.sleep(seconds)
        else:
            return
    os.replace(temporary, path)


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
            _replace(temporary, path)
        finally:
            with suppress(OSError):  # Windows: yarıda kesilen yazmanın dosyası hâlâ açık olabilir
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise LabError(
            f"{path} yazılamadı: {_REASONS.get(error.errno, error)}. Önceki dosyalar duruyor.\n"
            "Dosya başka bir programda açıksa kapatın, disk doluysa yer açın ya da başka bir "
            "klasör verin: --cikti KLASÖR"
        ) from error


def sweep(folder: Path) -> None:
    """Delete what a killed run has left half-written; another one may be running, so only old."""
    for path in folder.glob(".*"):
        if TEMPORARY.fullmatch(path.name):
            with suppress(OSError):  # öteki koşu o anda yerine koydu
                if time.time() - path.stat().st_mtime > STALE_SECONDS:
                    path.unlink()


def read_times(path: Path) -> dict[str, dict]:
    """Earlier runs by section number: {"6": {"ad": ..., "saniye": ..., "bellek_mb": ...}}.

    Empty where there are none, or where the file is not what `write_times` writes.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = {row.pop("bolum"): row for row in csv.DictReader(file)}
            numbers = {n: {k: float(r[k]) for k in TIMES[2:]} for n, r in rows.items()}
            return {n: {"ad": rows[n]["ad"]} | numbers[n] for n in rows}
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        return {}  # yok, ya da elle değiştirilmiş: süreler yeniden ölçülür


def write_times(path: Path, times: dict[str, dict]) -> None:
    """Write seconds and memory by section number, in the order of the sections."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, TIMES, lineterminator="\n")
        writer.writeheader()
        order = sorted(times, key=lambda n: int(n) if n.isdigit() else len(times))
        writer.writerows({"bolum": n} | times[n] for n in order)
