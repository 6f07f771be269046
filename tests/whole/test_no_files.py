"""A whole call in a process that can open no file: no module and no data is loaded late.

The process is a new one, because modules that another test imported are there already. After the answer to the voice
webhook every file that the bridge opens fails as if no file descriptor were left. Sockets still work.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.testbench import tts

ROOT = Path(__file__).parents[2]
CALL = """
import errno, io, json, sys, traceback
from pathlib import Path
from rich.console import Console
from ivr.server.bridge import Bridge
from ivr.testbench.demo import Demo
from tests.support import live

armed, wanted = False, []

def refuse(event, arguments):
    global armed
    if not armed or event != "open":  # an import that finds something opens it
        return
    armed = False
    frames = [frame.filename for frame in traceback.extract_stack()]
    ours = any("/ivr/" in name and "/ivr/testbench/" not in name for name in frames)
    theirs = any("/ivr/testbench/" in name for name in frames)
    armed = True
    if ours and not theirs:
        wanted.append(str(arguments[0]))
        raise OSError(errno.EMFILE, "Too many open files")

sys.addaudithook(refuse)
answer = Bridge.answer

def answered(bridge, *given):
    global armed
    told = answer(bridge, *given)
    armed = True
    return told

Bridge.answer = answered
shown = io.StringIO()
good = live.run(Demo("en", Path(sys.argv[1]), 10.0, Console(file=shown, width=200)).run())
armed = False
print(json.dumps({"good": good, "wanted": wanted, "shown": shown.getvalue()}))
"""

START = """
import asyncio, sys
from pathlib import Path
from tests.support.front import a_bridge, settings

async def main():
    bridge = a_bridge(settings(Path(sys.argv[1])))
    await bridge.start()
    assert "anyio._backends._asyncio" in sys.modules
    await bridge.stop()

asyncio.run(main())
"""


def test_http_modules_are_imported_at_start(tmp_path: Path) -> None:
    """The first REST request of a process may be the hang-up of a call: it must not import anything."""
    ran = subprocess.run([sys.executable, "-c", START, str(tmp_path)], cwd=ROOT, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]


@pytest.mark.live
@pytest.mark.skipif(not tts.available(), reason="no espeak-ng on this machine")
def test_call_opens_no_file_and_imports_nothing(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", CALL, str(tmp_path / "out")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["wanted"] == []
    assert told["good"], told["shown"]
