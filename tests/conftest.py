"""Fixtures and hooks; only a test process, not the one that hands out, loads Keras.

`pytest` sınamaları `--hizli` boyutunda sınar, `pytest -m tam` dersteki boyutta.
"""

import re
import signal

import pytest
from xdist.scheduler import LoadScopeScheduling

signal.signal(signal.SIGINT, signal.default_int_handler)  # `nohup … &` ignores it


class ByLab(LoadScopeScheduling):
    """A file's tests stay in one process; those about a lab by lab and seed."""

    def _split_scope(self, nodeid):
        parts = re.findall(r"uygulama_0\d|hizli|tam-\d+", nodeid)
        return "-".join([nodeid.split("::")[0], *sorted(set(parts))])


def pytest_xdist_make_scheduler(config, log):
    return ByLab(config, log)


def pytest_addoption(parser):
    parser.addoption(
        "--tohum",
        type=lambda text: [int(word) for word in text.split(",")],
        default=[42, 7],
        help="sınamaların tohumları, virgülle: hızlı boyda ilki, tam boyda hepsi",
    )


@pytest.fixture
def lab(tmp_path):
    """An empty lab of the test's own."""
    from helpers import SmallLab

    return SmallLab(tmp_path)


@pytest.fixture
def told(capsys):
    """Asserts what has been printed since the last time, and returns it."""

    def assert_told(*words: str, never: str = "Traceback") -> str:
        text = "".join(capsys.readouterr())
        assert [word for word in words if word not in text] == []
        assert [word for word in ("Traceback", never) if word in text] == []
        return text

    return assert_told
