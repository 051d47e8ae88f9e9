"""The command line and its Turkish errors. It is read before Keras is loaded."""

import argparse
import ast
import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from common.classroom.records import read_seconds, recorded_seconds
from common.classroom.source import Outline, Section, read_outline
from common.classroom.terminal import OK, USAGE, say, terminal
from common.classroom.writing import Writing, finished, start_again
from common.files import ROOT, LabError, here

DEFAULT_SEED = 42
MAX_SEED = 2**32 - 100  # NumPy wants less than 2**32, and a section adds a few seeds
KINDS = {  # the type of a setting's value -> what has to be typed
    bool: "True ya da False",
    int: "pozitif tam sayı",
    float: "sayı (eksi değil)",
    str: "sözcük",
    tuple: "virgülle ayrılmış değerler",
}
GONE = {  # an option of an earlier version -> what does its work now
    "--goster": "şekiller günün sayfasındadır: outputs/index.html. Orada F büyütür.",
    "--uzun": "uzun eğitim de bir ayardır: --bolum 11 --ayar epochs=40 blocks=2",
    "--ablasyon": "teknikleri tek tek bölüm 13 kapatır: --bolum 13",
}


class UsageError(LabError):
    """The command line, or a line of the live console, cannot be understood."""

    code = USAGE


def _parser(outline: Outline) -> argparse.ArgumentParser:
    """The options of every lab, and those that the script declares."""
    parser = argparse.ArgumentParser(
        f"python {outline.script}",
        add_help=False,
        allow_abbrev=False,
        exit_on_error=False,
    )
    option = parser.add_argument

    def switch(*flags, help):
        option(*flags, action="store_true", help=help)

    many = {"nargs": "+", "action": "extend", "default": []}
    option("--bolum", **many, metavar="N", help="yalnız bu bölümleri çalıştırır: 3 5")
    settings = "bölümü başka ayarla dener: --bolum 6 --ayar depth=2"
    option("--ayar", **many, metavar="AD=DEĞER", help=settings)
    option("--sira", metavar="DÜZEY", help="alıştırma: temel, orta, ileri ya da yaz")
    switch("--ipucu", help="--sira ile ipucunu gösterir")
    switch("--cozum", help="--sira ile çözümü gösterir")
    switch("--bastan", help="--sira yaz ile boş bir dosyayı dosyanızın yanına koyar")
    switch("--liste", help="bölümleri ve sürelerini gösterir")
    switch("--bekle", help="canlı konsolu açar: önce soru gelir")
    switch("--hizli", help="az veriyle dener (çıktılar outputs/hizli)")
    seed = "tohumu seçer; yazılmazsa %(default)s olur"
    option("--tohum", default=str(DEFAULT_SEED), metavar="SAYI", help=seed)
    option("--cikti", metavar="KLASÖR", help="çıktı klasörünü seçer")
    for name, explanation in outline.switches.items():
        if name in outline.values:
            value = outline.values[name]
            option(f"--{name}", default="", metavar=value, help=explanation)
        else:
            switch(f"--{name}", help=explanation)
    explained = "bunları gösterir; --bolum N o bölümün ayarlarını ekler"
    switch("--yardim", "-h", "--help", help=explained)
    return parser


def _parse(parser: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """Read the options; argparse's English errors become one Turkish sentence."""
    usage = parser.format_usage().removeprefix("usage: ")
    right = f"Doğrusu:\n  {usage}Açıklamalar: {parser.prog} --yardim"
    try:
        args, unknown = parser.parse_known_args(argv)
    except argparse.ArgumentError as error:
        name = error.argument_name or "Komut satırı"
        flag = name.split("/")[0]
        action = parser._option_string_actions.get(flag)
        wrong = "bir değer almaz" if action and action.nargs == 0 else "eksik yazıldı"
        raise UsageError(f"{flag} {wrong}. {right}") from error
    if unknown and unknown[0] in GONE:
        raise UsageError(f"{unknown[0]} artık yok; {GONE[unknown[0]]}")
    if unknown:
        near = difflib.get_close_matches(unknown[0], parser._option_string_actions, n=1)
        hint = f" {near[0]} mi demek istediniz?" if near else ""
        raise UsageError(f"{' '.join(unknown)}: anlaşılmadı.{hint} {right}")
    return args


def understand(outline: Outline, argv: list[str]) -> argparse.Namespace | None:
    """Read what the command line asks for.

    Returns:
        The options, and beside them `chosen` (the sections), `settings`, `seed`, `task`
        (an exercise or None) and `switches` (the script's own options). None where the
        command line was a question: its answer has been printed.

    Raises:
        UsageError: the command line is wrong; the sentence says what is right.
        LabError: a file that the student writes is not finished.
    """
    parser = _parser(outline)
    args = _parse(parser, argv)
    chosen = _choose(outline, args.bolum)
    if args.yardim:
        help_text = parser.format_help().replace("usage:", "kullanım:", 1)
        help_text = help_text.replace("options:", "seçenekler:", 1)
        say(describe_settings(chosen) if args.bolum else help_text)
        return None
    if args.liste:
        show_sections(outline)
        return None
    _check_values(args)
    task = outline.exercises.get(args.sira)
    asked = args.sira is not None or args.ipucu or args.cozum or args.bastan
    if asked and not task:
        known = ", ".join(outline.exercises) or "yok"
        told = f"--sira {args.sira}: böyle bir alıştırma yok."
        if args.sira is None:
            told = "Hangi alıştırma? --sira DÜZEY yazın."
        raise UsageError(f"{told} Bu uygulamadakiler: {known}")
    if args.bastan:
        if not isinstance(task, Writing):
            raise UsageError("--bastan yalnız --sira yaz ile kullanılır.")
        path = start_again(task)
        say(f"Boş dosya yazıldı: {here(path)}", whole=True)
        if path != task.path:
            say(f"Sınanan dosya değişmedi: {task.file}", whole=True)
            say("Yeni dosya sınansın isterseniz eskisini başka adla saklayın.")
            say("Sonra yeni dosyaya bu adı verin.")
        return None
    if args.ipucu or args.cozum:
        say(f"{task.level}: {task.task}", "bold")
        if args.ipucu:
            say(f"İpucu: {task.hint}")
        if args.cozum:
            say(f"Çözüm: {task.solution}")
        return None
    if isinstance(task, Writing):
        finished(task)  # its error is told now, not after Keras has loaded
    args.chosen = [outline.sections[task.section]] if task else chosen
    for section in args.chosen:
        if section.problem:
            raise UsageError(
                f"{outline.script}, {section.problem}\n"
                "Öteki bölümler --bolum ile koşar."
            )
    args.settings = read_settings(chosen, args.ayar)
    args.task = task
    args.seed = int(args.tohum)
    args.switches = {name: getattr(args, name) for name in outline.switches}
    _check_switches(outline, args)
    return args


def _check_values(args: argparse.Namespace) -> None:
    """Refuse values that no lab takes, and options that do not go together."""
    seed = args.tohum
    if not (seed.isascii() and seed.isdigit() and int(seed[:11]) <= MAX_SEED):
        told = f"--tohum {seed[:20]}: 0 ile {MAX_SEED} arasında tam sayı yazın."
        raise UsageError(told)
    if args.cikti is not None and not args.cikti.strip():
        raise UsageError("--cikti: klasörün adı boş. Örneğin: --cikti sonuclar")
    if args.hizli and args.cikti and Path(args.cikti).resolve() == ROOT / "outputs":
        raise UsageError(
            "--hizli dersin sonuçlarının üzerine yazmaz; --cikti için başka ad verin."
        )
    if args.sira is not None and (args.bolum or args.ayar):
        told = "--sira kendi bölümünü ve ayarını çalıştırır; --bolum ile --ayar almaz."
        raise UsageError(told)
    if args.ayar and not args.bolum:
        told = "--ayar için bölümü de yazın. Örneğin: --bolum 6 --ayar depth=2"
        raise UsageError(told)


def _check_switches(outline: Outline, args: argparse.Namespace) -> None:
    """Refuse an option of the script's own that no chosen section knows."""
    given = [name for name, value in args.switches.items() if value]
    for name in given:
        knowing = [s for s in outline.sections.values() if name in s.options]
        if knowing and not any(section in knowing for section in args.chosen):
            numbers = " ".join(str(section.number) for section in knowing)
            raise UsageError(
                f"--{name}: seçilen bölümlerde işi yok. Doğrusu: --bolum {numbers}"
            )


def _choose(outline: Outline, numbers: list[str]) -> list[Section]:
    """The sections with these numbers; without any all that do not run alone."""
    sections = outline.sections.values()
    if not numbers:
        return [s for s in sections if not s.alone]
    unknown = sorted(set(numbers) - {str(s.number) for s in sections})
    if unknown:
        valid = "\n".join(f"  {s.number:>2}  {s.label}" for s in sections)
        told = f"Böyle bir bölüm yok: {' '.join(unknown)}. Bölümler:\n{valid}"
        raise UsageError(told)
    return [s for s in sections if str(s.number) in numbers]


def read_settings(sections: list[Section], words: list[str]) -> dict:
    """Read settings as they are typed: 'depth=2' gives {"depth": 2}.

    A value is of the kind that the setting usually has. A number may have a decimal
    comma ('rate=0,5'); in a tuple the comma separates ('rates=0.1,0.3'), unless a
    semicolon does ('rates=0,1;0,3').

    Raises:
        UsageError: no section has such a setting, or the value does not fit it.
    """
    found = {}
    for word in _whole_words(words):
        name, _, text = word.partition("=")
        known = [s.settings[name] for s in sections if name in s.settings]
        if not known:
            listed = describe_settings(sections)
            raise UsageError(f"{word}: böyle bir ayar yok. Olanlar:\n{listed}")
        try:
            found[name] = _value(text.strip(), known[0])
        except (ValueError, SyntaxError, TypeError) as error:
            example = format_settings({name: known[0]})
            raise UsageError(
                f"{word}: {name} ayarına {KINDS[type(known[0])]} yazın, "
                f"örneğin {example}. Olanlar:\n{describe_settings(sections)}"
            ) from error
    for section in sections:
        if told := section.refused(found):
            raise UsageError(f"{told} Olanlar:\n{describe_settings([section])}")
    return found


def _whole_words(words: list[str]) -> list[str]:
    """Join what PowerShell and the console split at spaces: 'rates=0.1, 0.3'."""
    whole = []
    for word in words:
        if whole and "=" not in word:
            whole[-1] += f" {word}"
        else:
            whole.append(word)
    return whole


def _value(text: str, usual):
    """The value that a text means, of the kind that `usual` has.

    Raises:
        ValueError, SyntaxError, TypeError: the text means no such value.
    """
    if isinstance(usual, str):
        return text.strip("'\"")
    if isinstance(usual, tuple):
        if bracketed := re.fullmatch(r"\(([^()]*)\)", text):
            text = bracketed[1]
        apart = "," if isinstance(usual[0], str) else r"[,\s]"
        parts = re.split(";" if ";" in text else apart, text)
        values = tuple(_value(part.strip(), usual[0]) for part in parts if part.strip())
        if not values:
            raise ValueError(text)
        return values
    value = ast.literal_eval(text.replace(",", "."))
    if isinstance(usual, float) and type(value) is int:
        value = float(value)
    if type(value) is not type(usual):
        raise ValueError(text)
    smallest = 1 if isinstance(usual, int) and usual >= 1 else 0  # 0 layers make no net
    if not isinstance(usual, bool) and value < smallest:
        raise ValueError(text)
    return value


def typed(settings: Mapping) -> list[str]:
    """Settings as they are typed: ['depth=8', 'rates=0.1,0.3']."""
    words = []
    for name, value in settings.items():
        parts = value if isinstance(value, tuple) else (value,)
        words.append(f"{name}={','.join(map(str, parts))}")
    return words


def format_settings(settings: Mapping) -> str:
    """Settings as they are typed, in one text: 'depth=2 epochs=1'."""
    return " ".join(typed(settings))


def describe_settings(sections: list[Section]) -> str:
    """The settings of sections with the lesson's values and the reasons for these."""
    lines = []
    for section in sections:
        lines.append(f"Bölüm {section.number} · {section.label}")
        for name, usual in section.settings.items():
            word = format_settings({name: usual})
            lines.append(f"  {word}   {section.reasons[name]}".rstrip())
        if not section.settings:
            lines.append("  Bu bölümün ayarı yok.")
    return "\n".join(lines)


def show_sections(outline: Outline) -> None:
    """Print the sections with the seconds that they take."""
    here_taken = read_seconds(ROOT / "outputs" / outline.name)
    recorded = recorded_seconds(outline.name)
    grid = Table("bölüm", "konu", "saniye", title=f"{outline.title} · {outline.hours}")
    for section in outline.sections.values():
        took = ""
        if section.name in here_taken:
            took = f"{here_taken[section.name]:.0f}"
        elif section.name in recorded:
            took = f"~{recorded[section.name]:.0f}"
            grid.caption = "~: kaydedilen günün saniyesi; bölüm burada henüz koşmadı"
        grid.add_row(str(section.number), section.label, took)
    terminal().print(grid)


def answer_without_keras(path: str, argv: list[str]) -> None:
    """End the program where the command line needs no Keras; its answer is printed."""
    if understand(read_outline(Path(path)), argv) is None:
        raise SystemExit(OK)
