"""A fresh Python process shows whether a model's file is enough without its script."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from common.files import ROOT, LabError

_PREDICT = """
import json, sys, keras, numpy as np
model_file, inputs, outputs = json.load(sys.stdin)
model = keras.models.load_model(model_file)
np.save(outputs, model.predict(np.load(inputs), verbose=0))
"""


def start_python(first: str) -> subprocess.Popen:
    """Start a Python that knows nothing of the running script, and go on at once.

    Args:
        first: what that Python runs first, e.g. the import of the script that holds the
            model's own classes. It loads while the caller works.

    Returns:
        The process, for `predict_in`.

    Example:
        with start_python("import uygulama_04_custom_loop") as fresh:
            …
            predictions = predict_in(fresh, model_file, x)
    """
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", f"{first}\n{_PREDICT}"],
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
) -> np.ndarray:
    """Let the process of `start_python` load a model and predict; wait for its end.

    Args:
        process: what `start_python` returned.
        model_file: a `.keras` file.
        x: the inputs of the model, shape (n, …).

    Returns:
        The predictions, shape (n, …).

    Raises:
        LabError: the process failed; its own message stands in the error.

    Example:
        predictions = predict_in(fresh, path, x)
    """
    with TemporaryDirectory() as folder:
        inputs, outputs = Path(folder, "girdi.npy"), Path(folder, "tahmin.npy")
        np.save(inputs, x)
        paths = json.dumps([str(model_file), str(inputs), str(outputs)])  # ASCII
        _, errors = process.communicate(paths)
        if process.returncode:
            raise LabError(f"Yeni süreç modeli yükleyemedi:\n{errors}")
        return np.load(outputs)
