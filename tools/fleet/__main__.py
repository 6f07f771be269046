"""Run a fleet on this machine: `python -m tools.fleet`, or `scripts/fleet`, with one of these.

up       three bridges, Caddy, Valkey and PostgreSQL with mock services, until Ctrl-C
prove    30 calls through the door; then a bridge is killed under them; then every bridge is restarted in turn
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tools.fleet import prove
from tools.fleet.fleet import ACCOUNT, SECRET, running
from tools.fleet.servers import Missing


def _say(text: str) -> None:
    print(text, flush=True)


async def _up(given: argparse.Namespace, folder: Path) -> int:
    async with running(folder, given.bridges) as fleet:
        _say(f"door      {fleet.url}")
        for bridge in fleet.bridges:
            _say(f"{bridge.name}  {bridge.url}")
        _say(f"board     {fleet.url}/board")
        for role, token in fleet.tokens.items():
            _say(f"    {role:8} {token}")
        _say(f"call it   TWILIO_ACCOUNT_SID={ACCOUNT} TWILIO_AUTH_TOKEN='{SECRET}' ivr call {fleet.url}/voice \\")
        _say(f"              --mock {fleet.peer} --say 'tell me the story'")
        _say(f"files     {folder}")
        _say("Ctrl-C ends it")
        await asyncio.Event().wait()
    return 0


async def _prove(given: argparse.Namespace, folder: Path) -> int:
    parts = {"steady": prove.steady, "killed": prove.killed, "replaced": prove.replaced}
    wanted = given.only or list(parts)
    failed, told = 0, []
    async with running(folder, given.bridges) as fleet:
        for name in wanted:
            _say(f"... {name}")
            proof = await parts[name](fleet, given.calls)
            failed += proof.good < len(proof.calls)
            told.append({"name": proof.name, "calls": len(proof.calls), "good": proof.good, **proof.facts})
            for line in proof.lines():
                _say(line)
    if given.json:
        given.json.write_text(json.dumps(told, indent=1, default=str) + "\n", "utf-8")
    return int(failed > 0)


def main() -> int:
    """Run what the arguments ask for. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/fleet", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run a fleet until Ctrl-C")
    proving = commands.add_parser("prove", help="prove what a fleet promises")
    for one in (up, proving):
        one.add_argument("--bridges", type=int, default=3, help="bridges (default 3)")
        one.add_argument("--folder", type=Path, help="where logs and data lie (default: a new folder)")
    proving.add_argument("--calls", type=int, default=30, help="calls at once (default 30)")
    proving.add_argument("--only", nargs="+", choices=("steady", "killed", "replaced"), help="these parts alone")
    proving.add_argument("--json", type=Path, help="write the proof as JSON")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="ivr-fleet-"))
    folder.mkdir(parents=True, exist_ok=True)
    work = {"up": _up, "prove": _prove}[given.command]
    try:
        return asyncio.run(work(given, folder))
    except Missing as problem:
        print(f"scripts/fleet: {problem}", file=sys.stderr)
        return 2
    except RuntimeError as problem:
        print(f"scripts/fleet: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
