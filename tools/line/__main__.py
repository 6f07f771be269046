"""Prove what callers expect of a line: `python -m tools.line`, or with one of these.

scenes   every scene of tools/line/scenes.py, on real sockets (`--only WORDS` for some)
drain    SIGTERM with twenty calls, some handed over and some ringing
outbound calls that the bridge places, to people and machines (`--only WORDS` for some)
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tools.line import outbound, prove
from tools.line.drain import DRAIN_PEOPLE, STORY, drained
from tools.line.scenes import PEOPLE, SCENES, texts
from tools.line.setup import running


async def _scenes(given: argparse.Namespace, folder: Path) -> int:
    wanted = [one for one in SCENES if not given.only or given.only in one.name]
    async with running(folder, texts(), PEOPLE) as setup:
        found = await prove.played(setup, wanted)
    print(prove.table(found))
    good = sum(not one.faults for one in found)
    print(f"{good} of {len(found)} scenes as they should be")
    return int(good < len(found))


async def _drain(_: argparse.Namespace, folder: Path) -> int:
    async with running(folder, [*texts(), STORY], DRAIN_PEOPLE, {"IVR_NOTICE_SECONDS": "0"}) as setup:
        found = await drained(setup)
    print("\n".join(found.lines()))
    return int(bool(found.cut_off) or found.exit_code != 0 or found.turned_away < found.came)


async def _outbound(given: argparse.Namespace, folder: Path) -> int:
    wanted = [one for one in outbound.SCENES if not given.only or given.only in one.name]
    async with running(folder, outbound.texts(), {}, outbound.environment(folder)) as setup:
        found = await outbound.placed(setup, wanted)
    print(outbound.table(found))
    good = sum(not one.faults for one in found)
    print(f"{good} of {len(found)} calls as they should be")
    return int(good < len(found))


def main() -> int:
    """Run what the arguments ask for. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.line", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["scenes", "drain", "outbound"], default="scenes")
    parser.add_argument("--only", default="", help="scenes with these words in their name")
    parser.add_argument("--keep", type=Path, help="a folder for the files of the run")
    given = parser.parse_args()
    run = {"scenes": _scenes, "drain": _drain, "outbound": _outbound}[given.what]
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        return asyncio.run(run(given, given.keep))
    with tempfile.TemporaryDirectory(prefix="ivr-line-") as folder:
        return asyncio.run(run(given, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
