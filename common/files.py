"""Yarım kalmayan dosyalar, başkalarının bıraktığı dosyalar, okurunun düzeltebileceği hatalar.

Paketler denetlenmeden yüklenir: yalnız Python'un kendi modüllerini kullanır.
"""

import csv
import errno
import math
import os
import re
import shlex
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

FAILED = 1  # çıkış kodu
TIMES_FILE = "sureler.csv"
TIMES = ("bolum", "ad", "saniye", "bellek_mb")
MOST_SECONDS = 1e6  # bundan uzun bir süre ölçülmüş olamaz
HALF = ".yarim"  # `atomic`in geçici dosyası: .01_first-99.yarim.png
STALE_SECONDS = 3600  # bundan eski geçici dosya, öldürülen bir koşudan kalmıştır
WAITS = (0.05, 0.1, 0.2, 0.4)  # saniye; Windows'ta bir başkası dosyayı o anda okuyor olabilir
ENDINGS = (".csv", ".json", ".keras", ".npz", ".png")  # bölümlerin yazdığı dosyalar
ELSEWHERE = "başka bir klasör verin: --cikti KLASÖR"
ZIP_YEARS = range(1980, 2108)  # .keras ve .npz birer ZIP'tir: başka tarih taşıyamaz

REASONS = {
    errno.ENOSPC: "disk dolu",
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
    """What happened, and what to type next: an error that its reader can mend (exit code 1)."""

    code = FAILED


def command_line(*words: str, windows: bool = os.name == "nt") -> str:
    """The words as one command for the shell, quoted where it needs that."""
    if not windows:
        return shlex.join(words)
    return " ".join(w if re.fullmatch(r"[\w.,:=/\\+@%-]+", w) else f'"{w}"' for w in words)


@contextmanager
def _told(what: Path | str, cure: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = REASONS.get(error.errno, error)
        raise LabError(f"{what} yazılamadı: {reason}. Önceki dosyalar duruyor.\n{cure}") from error


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
    temporary = path.with_name(f".{path.stem}-{os.getpid()}{HALF}{path.suffix}")
    cure = "Dosya başka bir programda açıksa kapatın, disk doluysa yer açın ya da "
    with _told(path, cure + ELSEWHERE):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _replace(temporary, path)
        finally:
            with suppress(OSError):  # Windows: yarıda kesilen yazmanın dosyası hâlâ açık olabilir
                temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text atomically; what UTF-8 cannot hold (a strange file name) becomes '?'."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _probe(folder: Path | None) -> None:
    with TemporaryFile(dir=folder) as file:  # kimsenin dosyasının adını almaz
        file.write(bytes(4096))


def prepare(folder: Path, stems: Iterable[str] = ()) -> None:
    """Sweep the folder, and fail before a training rather than after it.

    Args:
        folder: where files named `stems` + something will be written; made if missing.

    Raises:
        LabError: the folder, the temporary folder or the clock does not allow it, or a directory
            stands in the place of a file.
    """
    year = time.localtime(time.time()).tm_year
    if year not in ZIP_YEARS:
        raise LabError(
            f"Bilgisayarın saati {year} yılını gösteriyor; modeller bu tarihle kaydedilemez.\n"
            "Saati düzeltin, sonra komutu yeniden yazın."
        )
    with _told(folder, f"Yer açın ya da {ELSEWHERE}"):
        folder.mkdir(parents=True, exist_ok=True)
        _probe(folder)
    with _told("Geçici klasör", "Yer açın ya da TMPDIR ortam değişkenine başka bir klasör yazın."):
        _probe(None)
    for path in folder.iterdir():
        ours = path.name == TIMES_FILE or path.name.startswith(tuple(stems))
        if ours and path.suffix in ENDINGS and path.is_dir():
            raise LabError(
                f"{path} bir klasör; bölüm bu adla dosya yazacak.\n"
                f"Klasörün adını değiştirin ya da {ELSEWHERE}"
            )
    sweep(folder)
    sweep(folder.parent)


def sweep(folder: Path) -> None:
    """Delete what a killed run has left half-written; another one may be running, so only old."""
    for path in folder.glob(f".*-*{HALF}.*"):
        with suppress(OSError):  # öteki koşu o anda yerine koydu
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()


def read_times(path: Path) -> dict[str, dict]:
    """Earlier runs by section number: {"6": {"ad": ..., "saniye": ..., "bellek_mb": ...}}.

    A row that `write_times` would not write is left out; so is a file that cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return {}
    times = {}
    for row in rows:
        with suppress(KeyError, TypeError, ValueError):
            number = row["bolum"] if row["bolum"] == "toplam" else str(int(row["bolum"]))
            numbers = {key: float(row[key]) for key in TIMES[2:]}
            if 0 <= numbers["saniye"] < MOST_SECONDS:
                times[number] = {"ad": row["ad"]} | numbers
    return times


def write_times(path: Path, times: dict[str, dict]) -> None:
    """Write seconds and memory by section number, in the order of the sections."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, TIMES, lineterminator="\n")
        writer.writeheader()
        order = sorted(times, key=lambda n: math.inf if n == "toplam" else int(n))
        writer.writerows({"bolum": n} | times[n] for n in order)
