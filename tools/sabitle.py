"""requirements.txt'in getirdiği bütün paketleri sabitler: constraints.txt.

    python tools/sabitle.py

pip her sistemde en eski Python ile çözer, yenilerinde dener. (For the maintainers.)
"""

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
MANYLINUX = (*(f"_2_{n}" for n in range(28, 11, -1)), "2014", "2010", "1")
SYSTEMS = {  # sys_platform -> (platform_system, os_name, pip's names of the platform)
    "linux": ("Linux", "posix", [f"manylinux{n}_x86_64" for n in MANYLINUX]),
    "win32": ("Windows", "nt", ["win_amd64"]),
    "darwin": ("Darwin", "posix", ["macosx_14_0_arm64", "macosx_12_0_arm64"]),
}
MACHINES = {"linux": "x86_64", "win32": "AMD64", "darwin": "arm64"}
PYTHONS = ("3.11", "3.12", "3.13")
HEADER = "# Bu dosyayı python tools/sabitle.py yazar; elle değiştirmeyin."


def resolve(platforms: list[str], python: str, wanted: list[str], *more) -> dict:
    """What pip would install there: name -> metadata (markers: of this machine)."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "rapor.json")
        options = ["--dry-run", "--ignore-installed", "--only-binary=:all:", "-q"]
        options += ["--target", folder, "--report", str(report)]
        options += ["--python-version", python, "--implementation", "cp"]
        for name in platforms:
            options += ["--platform", name]
        pip = [sys.executable, "-m", "pip", "install", *options, *more, *wanted]
        subprocess.run(pip, check=True, cwd=ROOT)
        told = json.loads(report.read_text(encoding="utf-8"))
    return {one["metadata"]["name"].lower(): one["metadata"] for one in told["install"]}


def needed(metadata: dict, environment: dict, wanted: list[str]) -> tuple[dict, set]:
    """Of what pip has found, what that system needs; and what it needs beside."""
    queue = [Requirement(line) for line in wanted]
    found, missing = {}, set()
    while queue:
        requirement = queue.pop()
        name = requirement.name.lower().replace("_", "-")
        known = {key.replace("_", "-").replace(".", "-"): key for key in metadata}
        if name.replace(".", "-") not in known:
            missing.add(str(requirement).partition(";")[0].strip())
            continue
        data = metadata[known[name.replace(".", "-")]]
        if data["name"] in found and not requirement.extras:
            continue
        found[data["name"]] = data["version"]
        for line in data.get("requires_dist", ()):
            brought = Requirement(line)
            extras = {"", *requirement.extras}
            fits = [environment | {"extra": extra} for extra in extras]
            if not brought.marker or any(map(brought.marker.evaluate, fits)):
                queue.append(brought)
    return found, missing


def versions_of(system: str) -> dict[str, str]:
    """What that system needs, by name: resolved for the oldest Python, tried on all."""
    platform, os_name, platforms = SYSTEMS[system]
    environment = {"sys_platform": system, "platform_system": platform}
    environment |= {"os_name": os_name, "platform_machine": MACHINES[system]}
    environment |= {"python_version": PYTHONS[0], "python_full_version": PYTHONS[0]}
    environment |= {"platform_python_implementation": "CPython"}
    environment |= {"implementation_name": "cpython"}
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if line and line[0] != "#"]
    missing = {""}
    while missing:
        metadata = resolve(platforms, PYTHONS[0], asked)
        found, missing = needed(metadata, environment, asked)
        asked += sorted(missing)
    for python in PYTHONS[1:]:
        resolve(platforms, python, [f"{n}=={v}" for n, v in found.items()], "--no-deps")
        print(system, python, len(found), flush=True)
    return found


def main() -> None:
    """Ask for every system, then write what differs with its marker."""
    with ThreadPoolExecutor() as pool:
        by_system = dict(zip(SYSTEMS, pool.map(versions_of, SYSTEMS), strict=True))
    lines = [HEADER]
    names = {name for found in by_system.values() for name in found}
    for name in sorted(names, key=str.lower):
        where = {s: found[name] for s, found in by_system.items() if name in found}
        if len(where) == len(SYSTEMS) and len(set(where.values())) == 1:
            lines.append(f"{name}=={where['linux']}")
            continue
        for system, version in where.items():
            lines.append(f"{name}=={version} ; sys_platform == '{system}'")
    (ROOT / "constraints.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
