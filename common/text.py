"""Numbers written the Turkish way, and what `fit` returns as a tidy table."""

import math

import pandas as pd

NAMES = {  # Keras' name -> the name that people read in tables and on axes
    "loss": "eğitim kaybı",
    "accuracy": "eğitim doğruluğu",
    "auc": "eğitim AUC",
    "val_loss": "doğrulama kaybı",
    "val_accuracy": "doğrulama doğruluğu",
    "val_auc": "doğrulama AUC",
    "mean": "ortalama",
}
SHARES = ("doğruluğu", "doğruluk", "accuracy", "pay")  # words that name a share


def is_share(name: str) -> bool:
    """Tell whether a column or an axis of this name holds shares between 0 and 1."""
    return any(word in str(name) for word in SHARES)


def percent(share: float, spread: float | None = None, digits: int = 1) -> str:
    """Write a share, or a mean and its std, as percentages the Turkish way.

    Args:
        share: a number between 0 and 1.
        spread: its std between 0 and 1; nan is left out.
        digits: how many digits stand after the decimal comma.

    Example:
        percent(0.975, 0.016)  # '%97,5 ± 1,6'; nan is '-'
    """
    if math.isnan(share):
        return "-"
    written = f"{abs(share) * 100:.{digits}f}"
    sign = "-" if share < 0 and float(written) else ""
    tail = ""
    if spread is not None and not math.isnan(spread):
        tail = f" ± {spread * 100:.{digits}f}"
    return f"{sign}%{written}{tail}".replace(".", ",")


def number(value: float, digits: int = 3) -> str:
    """Write a number the Turkish way.

    Args:
        value: any number.
        digits: how many significant digits are written.

    Example:
        number(0.3714)  # '0,371'; 1.5e-7 is '1,5e-07', 11264 is '11 264', nan is '-'
    """
    value = float(value)
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "sonsuz" if value > 0 else "-sonsuz"
    if value and not 1e-4 <= abs(value) < 1e6:
        text = f"{value:.{min(digits, 2) - 1}e}"
        return text.replace(".0e", "e").replace(".", ",")
    places = 0
    if value:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    elif abs(value) >= 10_000:
        text = f"{value:,.0f}".replace(",", " ")
    return text.replace(".", ",")


def whole(value: int) -> str:
    """Write a whole number of any size: 42497 is '42 497', 1490 is '1490'."""
    return f"{value:,}".replace(",", " ") if abs(value) >= 10_000 else str(value)


def tidy(history, **labels) -> pd.DataFrame:
    """Make a tidy table of what `fit` returned: a row per epoch.

    Args:
        history: a `keras.callbacks.History`.
        labels: further columns, which tell this run from others.

    Returns:
        A frame with Keras' own column names ("loss", "val_accuracy", …), "epoch" (from
        1) and the labels.

    Example:
        tidy(model.fit(x, y), aktivasyon="relu", tohum=42)
    """
    frame = pd.DataFrame(history.history)
    return frame.assign(epoch=range(1, len(frame) + 1), **labels)
