"""How near every check comes to failing: the labs at full size, several seeds.

    python tools/paylar.py 1 4 7 10            all labs but the sections that run alone
    python tools/paylar.py 1 4 --lab 03        one lab

A section with three seeds takes the next two as well: 1, 4, 7 and 10 are seeds 1 to 12.
Writes `outputs/ornekler/sinama_paylari.csv`: a row per check with its value that came
nearest to the bound, the seed and the margin in tenths of the bound (below 1 is too
near). The rows of labs that did not run stay.
"""

import argparse
import json
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "outputs" / "ornekler" / "sinama_paylari.csv"
KEYS = ["uygulama", "bölüm", "sınama"]


def margin(value: float, bounds: dict) -> float:
    """Distance to the nearest bound in tenths of it; where that is 0, the value's.

    Of a share that has to be near one ("above 0.985") the rest counts, the mistakes:
    0.0065 of them are 5.7 tenths away from 0.015.
    """
    room = []
    low, high = bounds.get("within") or (bounds.get("above"), bounds.get("below"))
    if bounds.get("within"):
        room.append((min(value - low, high - value), (high - low) / 2))
    elif high is not None:
        room.append((high - value, high))
    elif low is not None:
        room.append((value - low, 1 - low if 0.9 <= low < 1 else low))
    return min(10 * space / abs(bound or value or 1) for space, bound in room)


def run(script: str, seed: str, folder: str) -> None:
    """Run a lab in this process; one JSON line for every check that has a bound."""
    sys.path.insert(0, str(ROOT))
    from common.lab import Lab

    ask = Lab.check

    def noted(lab, label, value, *, full_size=False, **bounds):
        if bounds.get("equal") is None:
            written = {
                name: given for name, given in bounds.items() if given is not None
            }
            row = [lab.name, lab.report.section.name, label, seed]
            row += [float(value), str(written), float(margin(float(value), bounds))]
            with (Path(folder) / "paylar.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        return ask(lab, label, value, full_size=full_size, **bounds)

    Lab.check = noted
    sys.argv = [script, "--tohum", seed, "--cikti", folder]
    runpy.run_path(str(ROOT / script), run_name="__main__")


def main() -> None:
    """Run what was asked for, then keep the nearest value of every check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="+")
    parser.add_argument("--lab", default="0", help="03: only that script")
    parser.add_argument("--table", type=Path, default=TABLE, help="where it is written")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run(args.one[0], args.seeds[0], args.one[1])
        return
    rows = []
    for script in sorted(ROOT.glob(f"uygulama_{args.lab}*.py")):
        for seed in args.seeds:
            with tempfile.TemporaryDirectory() as folder:
                own = [sys.executable, __file__, seed, "--one", script.name, folder]
                print(script.name, seed, flush=True)
                subprocess.run(own, stdout=subprocess.DEVNULL, check=False)
                text = (Path(folder) / "paylar.jsonl").read_text(encoding="utf-8")
                rows += map(json.loads, text.splitlines())
    columns = [*KEYS, "tohum", "değer", "sınır", "pay"]
    found = pd.DataFrame(rows, columns=columns).sort_values("pay", kind="stable")
    found = found.drop_duplicates(KEYS)
    if args.table.exists():
        before = pd.read_csv(args.table)
        found = pd.concat([before[~before["uygulama"].isin(found["uygulama"])], found])
    found = found.sort_values(["uygulama", "pay"], kind="stable")
    found.to_csv(args.table, index=False, encoding="utf-8", float_format="%.4g")
    print(found.groupby("uygulama").head(8).to_string())


if __name__ == "__main__":
    main()
