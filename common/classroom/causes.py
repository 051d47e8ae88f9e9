"""The one place that knows causes and cures: from what an error says to what to type.

It is loaded before the packages are checked, so it uses Python's own modules only.
"""

import os
import re
import sys
import warnings
from pathlib import Path
from traceback import format_exception
from typing import NamedTuple

from common.files import ROOT, command_line, here


class Cause(NamedTuple):
    """One row of a table.

    In sentence and cure `{0}` is what the pattern caught; `tell` knows the other words.
    """

    pattern: str  # what is searched in an error's text or a process' last words
    sentence: str  # what is true for this machine or for this line
    cure: str  # what to type or to do next


MEMORY = Cause(
    r"MemoryError|bad_alloc|[Pp]aging file|Cannot allocate memory|OOM when allocating",
    "Bellek yetmedi.",
    "Açık programları kapatın, sonra komutu yeniden yazın.",
)
LOADING = (  # what fails while Keras loads; the first row that fits is told
    Cause(
        r"compiled to use \w*AVX|Illegal instruction|processor has no AVX",
        "Bu bilgisayarın işlemcisi TensorFlow'un istediği AVX komutlarını bilmiyor.",
        "Dersi Colab'da izleyin (outputs/ornekler/sss.md, Colab).",
    ),
    Cause(
        r"OMP: Error #15|libiomp5",
        "Süreçte iki OpenMP kitaplığı var: pip ile conda paketleri karışmış.",
        "Dersin kendi ortamını kurun, komutu onunla yazın:\n  {new_environment}",
    ),
    Cause(
        r"GLIBC\w*_[\d.]+' not found",
        "Bu Linux, TensorFlow'un paketinden eski: {innermost}",
        "Dersi Colab'da izleyin (outputs/ornekler/sss.md, Colab).",
    ),
    Cause(
        r"DLL load failed|Failed to load the native TensorFlow runtime",
        "TensorFlow'un derlenmiş kitaplığı açılamadı: {innermost}",
        "Windows'ta önce Microsoft Visual C++ 2015-2022 (x64) kurun, "
        "sonra bilgisayarı yeniden başlatın:\n"
        "  winget install Microsoft.VCRedist.2015+.x64\n"
        "Hata sürerse işlemcide AVX yoktur: dersi Colab'da izleyin. "
        "En son paketleri yeniden kurun:\n  {install} --force-reinstall",
    ),
    Cause(
        r'(?s)keras[/\\]src[/\\]backend[/\\]config\.py"(?!.*\n +File ")',  # innermost
        "Keras kendi ayar dosyasını okuyamadı ({settings}): {innermost}",
        "Bu dosyayı silin; Keras doğrusunu kendisi yazar.",
    ),
    MEMORY,
    Cause(
        r"VersionError|AttributeError|cannot import name|compiled using NumPy"
        r"|numpy\.core|dtype size changed|[Nn]umpy (?:version|>=|<)",
        "Kurulu paketlerin sürümleri birbirine uymuyor: {innermost}\n{versions}",
        "Dersin sürümlerini kurun:\n  {install}",
    ),
    Cause(
        r"ImportError|ModuleNotFoundError",
        "Bir paket yüklenemedi: {innermost}",
        "Paketleri yeniden kurun:\n  {install} --force-reinstall",
    ),
    Cause(
        r"\S",
        "Keras yüklenemedi: {innermost}",
        "Paketleri yeniden kurun:\n  {install} --force-reinstall",
    ),
    Cause(
        "",
        "Süreç Keras'ı yüklerken bir şey demeden bitti: ya bellek yetmedi "
        "ya da işlemci TensorFlow'un komutlarını bilmiyor.",
        f"{MEMORY.cure} Yine biterse dersi Colab'da izleyin (outputs/ornekler/sss.md).",
    ),
)
LESSON = (  # what Keras says of a student's edit while a section runs
    MEMORY,
    Cause(
        r"label value of (\d+) which is outside the valid range of \[0, (\d+)\)",
        "Etiketlerde {0} var, ama çıkış katmanının nöron sayısı {1}.",
        "Çıkış katmanına sınıf sayısı kadar nöron yazın: "
        'layers.Dense(10, activation="softmax").\n'
        'İki sınıf varsa tek nöron kalsın, kaybı "binary_crossentropy" yazın.',
    ),
    Cause(
        r"softmax over axis -?\d+ of a tensor of shape \S+, 1\)",
        "Tek nöronlu softmax her örneğe 1 der; ağ hiçbir şey öğrenemez.",
        'İki sınıf için layers.Dense(1, activation="sigmoid") yazın, '
        'kaybı "binary_crossentropy" olsun.',
    ),
    Cause(
        r"In loss categorical_crossentropy, expected y_pred\.shape",
        "categorical_crossentropy tek nöronlu çıkışla çalışmaz.",
        'İki sınıf için kaybı "binary_crossentropy" yazın.',
    ),
    Cause(
        r"`?target`? and `?output`? must have the same (?:shape|rank)",
        "Kayıp, etiketlerle çıkışın aynı şekilde olmasını istiyor.",
        'Etiketler 0, 1, 2 … diye sayıysa kaybı "sparse_categorical_crossentropy" '
        "yazın.",
    ),
)
FATAL_WARNINGS = LESSON[2:4]  # here Keras only warns, and then trains for nothing
# How lines begin that are not told: TensorFlow's log, and the inside of a traceback.
NOISE = re.compile(r"WARNING: All log|[IW]\d{4} |\d{4}-\d\d-\d\d .*?: [IW] ")
NO_NEWS = re.compile(r'File "|\[\[|Graph execution error|Detected at |Traceback ')
COLOUR = re.compile(r"\x1b\[[\d;]*m")  # what a terminal reads as a colour


def find(rows: tuple[Cause, ...], text: str) -> tuple[Cause, tuple] | None:
    """The first row whose pattern is in the text, and what the pattern caught there."""
    for row in rows:
        if found := re.search(row.pattern, text):
            return row, found.groups()
    return None


def let_fatal_warnings_raise() -> None:
    """Make errors of FATAL_WARNINGS until the caller's `catch_warnings` ends."""
    for cause in FATAL_WARNINGS:
        warnings.filterwarnings("error", f".*{cause.pattern}")


def first_line(error: BaseException) -> str:
    """The type of an error and what it says, in one line."""
    text = str(error)
    bold = re.search(r"\x1b\[1m(.+?)\x1b\[0m", text, re.DOTALL)  # Keras' own sentence
    raised = re.findall(r"(?m)^\w*Error: (.+)$", text)  # a traceback inside the message
    text = bold[1] if bold else (raised or [text])[-1]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = next((line for line in lines if not NO_NEWS.match(line)), "")
    return COLOUR.sub("", f"{type(error).__name__}: {told}").removesuffix(": ")


def loading_failed(error: BaseException) -> str:
    """Say why Keras could not be loaded, and what to type."""
    text = "".join(format_exception(error))
    while cause := error.__cause__ or error.__context__:
        error = cause
    kind, _, told = first_line(error).partition(": ")
    return tell(text, told or kind)


def loading_died(words: str) -> str:
    """Say the same for a process that has died: its last words come first."""
    lines = [line for line in words.splitlines() if line and not NOISE.match(line)]
    return "\n".join([*lines, tell("\n".join(lines), (lines or [""])[-1])])


def tell(text: str, innermost: str) -> str:
    """The sentence and the cure of LOADING for a text; `innermost` is its main line."""
    row, caught = find(LOADING, text)
    home = os.environ.get("KERAS_HOME", "~/.keras")
    words = {
        "innermost": innermost,
        "install": install_command(),
        "new_environment": new_environment(),
        "settings": Path(home, "keras.json").expanduser(),
        "versions": other_versions(),
    }
    told = f"{row.sentence}\n{row.cure}".format(*caught, **words)
    return told.replace("\n\n", "\n")


def new_environment() -> str:
    """README's line, which makes the repository's own environment with its packages."""
    pip = "python -m pip install -r requirements.txt -c constraints.txt"
    there = Path.cwd() == ROOT
    if os.name == "nt":  # cmd.exe and PowerShell have no sign in common for "and then"
        lines = ["py -3 -m venv .venv", rf".venv\Scripts\{pip}"]
        return "\n  ".join(lines if there else [f'pushd "{ROOT}"', *lines])
    folder = "" if there else command_line("cd", str(ROOT)) + " && "
    return f"{folder}python3 -m venv .venv && .venv/bin/{pip}"


def install_command() -> str:
    """The command that installs the packages for this Python.

    Outside an environment pip would refuse that (PEP 668) or change a conda base, so
    there it is the command that makes an environment.
    """
    if sys.prefix == sys.base_prefix and "COLAB_RELEASE_TAG" not in os.environ:
        return new_environment()
    files = [here(ROOT / name) for name in ("requirements.txt", "constraints.txt")]
    pip = [here(Path(sys.executable)), "-m", "pip", "install"]
    return command_line(*pip, "-r", files[0], "-c", files[1])


def other_versions() -> str:
    """A sentence about packages unlike constraints.txt; empty where there are none."""
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    try:
        text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    except OSError:
        return ""
    told = []
    for line in text.splitlines():
        wanted = Requirement(line) if line and line[0] != "#" else None
        if not wanted or (wanted.marker and not wanted.marker.evaluate()):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            told.append(f"{wanted.name} {found} (derste {wanted.specifier})")
    return f"Şu sürümler dersinkinden farklı: {', '.join(told)}" if told else ""
