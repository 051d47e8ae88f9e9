"""Yeni bir Python süreci: modelin dosyası, onu yazan betik olmadan da aynı modeli verir mi?"""

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
        code: reads from sys.stdin, one a line: model file, `.npy` file of the inputs, `.npy` file
            to write the predictions to. What it imports first loads while the caller works.
    """
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", code],
        cwd=common.ROOT,
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
        printed, errors = process.communicate(f"{model_file}\n{inputs}\n{outputs}")
        if process.returncode:
            raise LabError(f"Yeni süreç modeli yükleyemedi:\n{errors}")
        return np.load(outputs), printed
