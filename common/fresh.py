"""A fresh Python process: is a model's file enough, without its script?"""

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
        code: begins with its imports, which load while the caller works, then
            `model_file, inputs, outputs = json.load(sys.stdin)`: the model, the `.npy`
            file of the inputs, the `.npy` file to write the predictions to.

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


def predict_in(process: subprocess.Popen, model_file: Path, x: np.ndarray) -> tuple:
    """What that process predicts, and what it printed.

    Args:
        process: of `start_python`.
        model_file: a `.keras` file.
        x: inputs of the model, shape (n, …).

    Returns:
        The predictions (array, shape (n, …)) and the text.

    Raises:
        LabError: the process failed; its own message stands in it.
    """
    with TemporaryDirectory() as folder:
        inputs, outputs = Path(folder, "girdi.npy"), Path(folder, "tahmin.npy")
        np.save(inputs, x)
        paths = json.dumps([str(model_file), str(inputs), str(outputs)])  # ASCII
        printed, errors = process.communicate(paths)
        if process.returncode:
            raise LabError(f"Yeni süreç modeli yükleyemedi:\n{errors}")
        return np.load(outputs), printed
