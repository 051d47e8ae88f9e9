"""What a lab and its sections leave for the page and for `--liste`: JSON files."""

import json
from collections.abc import Iterable
from pathlib import Path

from common.files import ROOT, write_text

FORMAT = 5  # a record of another format is passed over
LAB_FILE = "ders.json"
SECTION_FILES = "[0-9][0-9]_*.json"
RECORDED = ROOT / "outputs" / "ornekler" / "sonuclar.json"  # of the recorded day
MOST_SECONDS = 1e6  # nothing that was measured took longer


def write_record(path: Path, record: dict) -> None:
    """Write a record: what the page will say of a lab or a section."""
    whole = record | {"format": FORMAT}
    write_text(path, json.dumps(whole, ensure_ascii=False, indent=1))


def _read_json(path: Path) -> dict:
    """The dictionary in a file; it is empty where the file holds none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_record(path: Path) -> dict:
    """A record; it is empty where another version or program wrote the file."""
    found = _read_json(path)
    return found if found.get("format") == FORMAT else {}


def _measured(rows: Iterable[tuple]) -> dict[str, float]:
    """The seconds in rows of (section's name, its record); others are left out."""
    seconds = {}
    for name, row in rows:
        value = row.get("seconds") if isinstance(row, dict) else None
        usable = type(value) in (int, float) and 0 <= value < MOST_SECONDS
        if usable and isinstance(name, str):
            seconds[name] = value
    return seconds


def read_seconds(folder: Path) -> dict[str, float]:
    """The seconds of each section, by name, as this machine has measured them.

    A run with other settings or with an option of the script's own does not count.

    Args:
        folder: the folder of a lab's files.
    """
    records = [read_record(path) for path in sorted(folder.glob(SECTION_FILES))]
    usual = [record for record in records if record.get("usual") is True]
    return _measured((record.get("name"), record) for record in usual)


def recorded_seconds(lab: str) -> dict[str, float]:
    """The same of the recorded day, for a machine on which nothing has run yet."""
    return _measured(_read_json(RECORDED).get(lab, {}).get("sections", {}).items())
