"""Run `ivr serve` as a process of its own among mock services, with a line for each kind of agent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.routing import Mount

from ivr.testbench.demo import ready
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule
from ivr.testbench.loopback import bound
from ivr.testbench.mock import HURRY, Mock
from ivr.testbench.twilio.rest import Switchboard
from tools.tapes.plan import FAULT_RULES, LINES, BridgeName, number_of
from tools.tapes.speech import MarkerRecogniser

ROOT: Final = Path(__file__).parents[2]
ACCOUNT: Final = f"AC{0:032x}"
SECRET: Final = "none"
START_PATIENCE_S: Final = 180.0
STOP_PATIENCE_S: Final = 60.0
_ELSEWHERE: Final = ("IVR_", "TWILIO_", "HAMSA_")
"""Settings of this shell are none of these bridges."""


@dataclass(frozen=True, slots=True)
class ServedBridge:
    """Hold what a call needs to know of the bridge that it calls."""

    url: str
    switchboard: Switchboard
    tapes: Path
    """Where it keeps its tapes."""


def lines_toml(peer: str, options: Mapping[str, str]) -> str:
    """`ivr.toml` with all lines. `options`: fields of CallOptions for every line, as TOML writes them."""
    tables = ["[call]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())]
    for line in LINES:
        query = f"?{line.query}" if line.query else ""
        keys = {
            "number": number_of(line),
            "name": line.name,
            "language": line.language,
            "webhook_url": f"http://{peer}/webhook{query}",
        }
        written = "".join(f"{name} = {json.dumps(value)}\n" for name, value in keys.items())
        tables.append(f"[[line]]\n{written}{line.keys}\n")
    return "\n".join(tables)


@contextlib.asynccontextmanager
async def served(
    name: BridgeName,
    out: Path,
    markers: Mapping[str, int],
    *,
    at_once: int,
    seed: int,
    env: Mapping[str, str],
    options: Mapping[str, str],
) -> AsyncIterator[ServedBridge]:
    """Run a bridge and its mock service while the block runs. Raises RuntimeError when it does not start."""
    home, tapes = out / "bridges" / name, out / "bridges" / name / "tapes"
    home.mkdir(parents=True, exist_ok=True)
    switchboard, mock = Switchboard(ACCOUNT, SECRET), Mock(marked=())
    rules = tuple(parse_rule(rule) for rule in FAULT_RULES[name])
    hear = MarkerRecogniser(markers)
    # Phrases are rendered before any call, without faults and quickly.
    mock.hamsa = MockHamsa(HamsaProfile(voice="espeak", speed=HURRY), hear=hear)
    with contextlib.closing(bound()) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with mock.serving(Mount("/", switchboard.app())) as peer:
        (home / "ivr.toml").write_text(lines_toml(peer, options), encoding="utf-8")
        settings = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": SECRET,
            "IVR_TWILIO_REST_URL": f"http://{peer}",
            "IVR_HAMSA_URL": f"ws://{peer}/v1/realtime/ws",
            "HAMSA_API_KEY": "mock",
            "IVR_WEBHOOK_URL": f"http://{peer}/webhook",
            "IVR_HOST": "127.0.0.1",
            "IVR_PORT": str(port),
            "IVR_MAX_CALLS": str(2 * at_once + 10),
            "IVR_CACHE_DIR": str(out / "bridges" / "phrases"),
            "IVR_CONFIG": str(home / "ivr.toml"),
            "IVR_TAPES": str(tapes),
            "IVR_TAPES_KEEP": "all",
            **env,
        }
        plain = {key: value for key, value in os.environ.items() if not key.startswith(_ELSEWHERE)}
        with (home / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ivr", "serve", "--dev",
                cwd=home, env={**plain, **settings, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            await _listening(process, port, home / "log")
            await ready(url, 60.0)
            # The phrases are there: now the service has its own pace and its faults.
            mock.hamsa.profile = HamsaProfile(voice="espeak", seed=seed, first_frame_spread=0.1, rules=rules)
            yield ServedBridge(url, switchboard, tapes)
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_PATIENCE_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Wait until a bridge has its port. Raises RuntimeError when it does not come to that."""
    for _ in range(int(START_PATIENCE_S / 0.1)):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise RuntimeError(f"a bridge does not start: see {log}")


@contextlib.asynccontextmanager
async def served_all(
    names: Sequence[BridgeName], out: Path, markers: Mapping[str, int], **more: object
) -> AsyncIterator[dict[BridgeName, ServedBridge]]:
    """Run several bridges while the block runs."""
    async with contextlib.AsyncExitStack() as stack:
        found = {}
        for name in names:
            found[name] = await stack.enter_async_context(served(name, out, markers, **more))  # type: ignore[arg-type]
        yield found
