"""Sayılar Türkçe yazılır; `fit`in geçmişi, her satırı bir ölçüm olan düzenli tabloya döner."""

import math

import pandas as pd

NAMES = {  # Keras'ın adı → tabloda ve eksende okunan
    "loss": "eğitim kaybı",
    "accuracy": "eğitim doğruluğu",
    "auc": "eğitim AUC",
    "val_loss": "doğrulama kaybı",
    "val_accuracy": "doğrulama doğruluğu",
    "val_auc": "doğrulama AUC",
    "mean": "ortalama",
}
SHARES = ("doğruluğu", "doğruluk", "accuracy", "pay")  # adında bunlardan biri geçen: yüzde


def is_share(name: str) -> bool:
    """Whether a column or an axis of this name holds shares between 0 and 1."""
    return any(word in str(name) for word in SHARES)


def percent(share: float, spread: float | None = None, digits: int = 1) -> str:
    """Write a share, or mean and std, the Turkish way: '%98,4', '%97,5 ± 1,6'; nan as '-'."""
    if math.isnan(share):
        return "-"
    number_ = f"{abs(share) * 100:.{digits}f}"
    sign = "-" if share < 0 and float(number_) else ""
    tail = "" if spread is None or math.isnan(spread) else f" ± {spread * 100:.{digits}f}"
    return f"{sign}%{number_}{tail}".replace(".", ",")


def number(value: float, digits: int = 3) -> str:
    """Write a number with `digits` significant digits: '0,371', '12,5', '1,5e-07'; nan as '-'."""
    value = float(value)
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "sonsuz" if value > 0 else "-sonsuz"
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{min(digits, 2) - 1}e}".replace(".0e", "e").replace(".", ",")
    places = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def tidy(history, **labels) -> pd.DataFrame:
    """What `fit` returned as tidy rows, one per epoch, with Keras' own column names.

    Args:
        history: a `keras.callbacks.History`.
        labels: columns that tell this run from the others, e.g. `aktivasyon="relu", tohum=42`.
    """
    frame = pd.DataFrame(history.history)
    return frame.assign(epoch=range(1, len(frame) + 1), **labels)
