"""Plain spellings for terminals that cannot show every letter (cp1254, ASCII)."""

import codecs
import io
import unicodedata

NAME = "sade"  # the name of the handler of encoding errors

# Spellings that Unicode's decomposition does not give. A sign of the first text becomes
# the word at the same place in the second one.
_WORDS = {
    "ı → ← ↑ · ≥ ≤ ≈ ≠ — – − × √ ’ ▸ ∂": "i -> <- ^ - >= <= ~ != - - - x kok ' > d",
    "± ° π “ ”": '+- derece pi " "',
    "μ σ γ β ε α λ Σ": "mu sigma gamma beta epsilon alfa lambda toplam",
    "Δ φ ∞ ✓ ✗": "delta phi sonsuz [tamam] [TUTMADI]",
}
_LETTERS = {"◐◓◑◒": "*", "─━═": "-", "│┃║": "|", "┌┐└┘├┤┬┴┼┏┓┗┛┡┩┢┪┳┻╇╈╭╮╰╯": "+"}
_PLAIN = {}
for _shown, _spelt in _WORDS.items():
    _PLAIN.update(zip(_shown.split(), _spelt.split(), strict=True))
for _shown, _spelt in _LETTERS.items():
    _PLAIN.update(dict.fromkeys(_shown, _spelt))


def plain(text: str) -> str:
    """The nearest spelling in ASCII: 'eğitim → %98' becomes 'egitim -> %98'."""
    letters = unicodedata.normalize("NFKD", text)
    spelt = (_PLAIN.get(c, c) for c in letters if not unicodedata.combining(c))
    return "".join(spelt).encode("ascii", "replace").decode("ascii")


def _simplify(error: UnicodeError) -> tuple[str, int]:
    """The spelling of what cannot be encoded, and where the encoding goes on."""
    return plain(error.object[error.start : error.end]), error.end


def use(*streams) -> None:
    """Let streams spell what they cannot show; those of Jupyter can show everything."""
    codecs.register_error(NAME, _simplify)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=NAME)
