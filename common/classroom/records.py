"""What a run leaves for the page and for `--liste`: a JSON file a lab and a section."""

import json
from pathlib import Path

from common.files import ROOT, write_text

FORMAT = 5  # records of another format are passed over
LAB_FILE = "ders.json"
SECTION_FILES = "[0-9][0-9]_*.json"
RECORDED = ROOT / "outputs" / "ornekler" / "sonuclar.json"  # the day that was recorded
MOST_SECONDS = 1e6  # nothing that was measured took longer


def write_record(path: Path, record: dict) -> None:
    """Write what the page will say of a lab or a section (JSON, UTF-8)."""
    whole = record | {"format": FORMAT}
    write_text(path, json.dumps(whole, ensure_ascii=False, indent=1))


def _read_json(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_record(path: Path) -> dict:
    """One record; empty where another version or program left something else."""
    found = _read_json(path)
    return found if found.get("format") == FORMAT else {}


def read_seconds(folder: Path) -> dict[str, float]:
    """Seconds by section name: this machine's, else the recorded ones.

    Runs with other settings or with an option of the script's own do not count.
    """
    recorded = _read_json(RECORDED).get(folder.name)
    found = recorded.get("sections", {}) if isinstance(recorded, dict) else {}
    rows = list(found.items()) if isinstance(found, dict) else []
    for path in sorted(folder.glob(SECTION_FILES)):
        record = read_record(path)
        if record.get("usual") is True:
            rows.append((record.get("name"), record))
    seconds = {}
    for name, row in rows:
        value = row.get("seconds") if isinstance(row, dict) else None
        measured = type(value) in (int, float) and 0 <= value < MOST_SECONDS
        if measured and isinstance(name, str):
            seconds[name] = value
    return seconds
