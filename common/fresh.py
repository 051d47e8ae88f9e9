"""A fresh Python process shows whether a model's file is enough without its script."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from common.files import ROOT, LabError


def start_python(code: str) -> subprocess.Popen:
    """Start a Python that knows nothing of the running script, and go on at once.

    Args:
        code: what that Python runs. It begins with its imports, which load while the
            caller works. Then `model_file, inputs, outputs = json.load(sys.stdin)`
            gives it three paths: the model, the inputs (`.npy`), and the file to which
            it writes the predictions (`.npy`).

    Returns:
        The process, for `predict_in`.

    Example:
        with start_python(code) as fresh:
            …
            predictions, printed = predict_in(fresh, model_file, x)
    """
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},  # it beats -X utf8
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        encoding="utf-8",
        errors="replace",
    )


def predict_in(
    process: subprocess.Popen, model_file: Path, x: np.ndarray
) -> tuple[np.ndarray, str]:
    """Let the process of `start_python` predict, and wait for its end.

    Args:
        process: what `start_python` returned.
        model_file: a `.keras` file.
        x: the inputs of the model, shape (n, …).

    Returns:
        The predictions, shape (n, …), and what the process printed.

    Raises:
        LabError: the process failed; its own message stands in the error.

    Example:
        predictions, printed = predict_in(fresh, path, x)
    """
    with TemporaryDirectory() as folder:
        inputs, outputs = Path(folder, "girdi.npy"), Path(folder, "tahmin.npy")
        np.save(inputs, x)
        paths = json.dumps([str(model_file), str(inputs), str(outputs)])  # ASCII
        printed, errors = process.communicate(paths)
        if process.returncode:
            raise LabError(f"Yeni süreç modeli yükleyemedi:\n{errors}")
        return np.load(outputs), printed
