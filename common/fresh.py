"""Yeni bir Python süreci: modelin dosyası, onu yazan betik olmadan da aynı modeli verir mi?"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import common
from common.files import LabError


def start_python(code: str) -> subprocess.Popen:
    """Start a Python that knows nothing of the running script, and go on at once.

    Args:
        code: begins with its imports, which load while the caller works, then
            `model_file, inputs, outputs = json.load(sys.stdin)`: the model, the `.npy` file of
            the inputs, the `.npy` file to write the predictions to.
    """
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", code],
        cwd=common.ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},  # yoksa -X utf8'den baskın çıkar
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        encoding="utf-8",
        errors="replace",
    )


def predict_in(process: subprocess.Popen, model_file: Path, x: np.ndarray) -> tuple:
    """What that process predicts for `x` and what it printed: (array, str).

    Raises:
        LabError: the process failed; its own message stands in it.
    """
    with TemporaryDirectory() as folder:
        inputs, outputs = Path(folder, "girdi.npy"), Path(folder, "tahmin.npy")
        np.save(inputs, x)
        paths = json.dumps([str(model_file), str(inputs), str(outputs)])  # ASCII: ğ → \\u011f
        printed, errors = process.communicate(paths)
        if process.returncode:
            raise LabError(f"Yeni süreç modeli yükleyemedi:\n{errors}")
        return np.load(outputs), printed
