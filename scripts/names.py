"""Check that the tests have the same names, in the same order, wherever and whenever they are collected.

The processes that share a run (pytest-xdist) each collect for themselves and give up when they do not agree. So two
processes collect here that agree in little: seed of the hashes, time of day, date and zone, locale, coding of files,
working directory, and the width of the terminal. `python -m scripts.names` prints what differs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
SHOWN: Final = 10
"""Differences that are printed, at most."""
YEARS: Final = 3 * 365 * 86400.0
"""Seconds by which the clock of the second process is ahead."""

HERE: Final = {"PYTHONHASHSEED": "1", "TZ": "HERE+12", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "COLUMNS": "80"}
# 26 hours to the east: it is always another day there.
THERE: Final = {
    "PYTHONHASHSEED": "4242",
    "TZ": "THERE-14",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "COLUMNS": "300",
}

_COLLECT = "import sys, scripts.names as names; sys.exit(names.collect(float(sys.argv[1])))"


def collect(ahead: float) -> int:
    """Print the names of all tests with a clock that is ahead by so many seconds. Return pytest's exit code."""
    import pytest

    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + ahead
    time.time_ns = lambda: nanoseconds() + int(ahead * 1e9)
    settings = ("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT))
    return int(pytest.main([*settings, "--collect-only", "-q", "-p", "no:xdist", str(ROOT / "tests")]))


def collecting(world: Mapping[str, str], folder: Path, ahead: float, told: Path) -> subprocess.Popen[bytes]:
    """Start a process that collects in another environment and writes to `told`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **world}
    command = [sys.executable, "-c", _COLLECT, str(ahead)]
    with told.open("wb") as out:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)


def names(told: str) -> list[str]:
    """Return the tests among pytest's lines."""
    return [line for line in told.splitlines() if "::" in line]


def differences(here: list[str], there: list[str]) -> list[str]:
    """Return the first differences of two lists of names."""
    pairs = zip_longest(here, there, fillvalue="nothing")
    return [f"{one} | {other}" for one, other in pairs if one != other][:SHOWN]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder, "here"), Path(folder, "there")
        processes = collecting(HERE, ROOT, 0.0, outputs[0]), collecting(THERE, Path(folder), YEARS, outputs[1])
        codes = [process.wait() for process in processes]
        here, there = (told.read_text(encoding="utf-8", errors="replace") for told in outputs)
    if any(codes) or not names(here):
        print((here if codes[0] else there)[-4000:])
        return 1
    found = differences(names(here), names(there))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
