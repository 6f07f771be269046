"""The process says nothing to anybody on its own: no name is looked up, no address called, no file written.

A native library may do so behind Python's back, so the system calls of a new process are read, in a home of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIVE = """
import asyncio, sys
from pathlib import Path
from ivr.media.vad import scorer
from tests.support.front import a_bridge, settings

async def main():
    assert type(scorer.factory()).__name__ == "SileroScorer"
    assert "onnxruntime" not in sys.modules
    bridge = a_bridge(settings(Path(sys.argv[1])), scorer=scorer.factory)
    await bridge.start()
    scorer.factory().score(bytes(320))
    await asyncio.sleep(2)
    await bridge.stop()

asyncio.run(main())
"""
JUDGING = """
import asyncio, sys
from pathlib import Path
from tests.support.front import a_bridge, settings
from tests.support.onnx_model import tiny_model

async def main():
    folder = Path(sys.argv[1])
    (folder / "cache").mkdir()
    model = tiny_model(folder / "cache" / "tiny.onnx", bias=3.0)
    bridge = a_bridge(settings(folder, IVR_TURN_MODEL=str(model)))
    await bridge.start()
    judging = bridge.parts._judging
    assert "onnxruntime" in sys.modules
    assert 0.9 < await judging.judge(bytes(16000)) < 1
    await asyncio.sleep(2)
    await bridge.stop()

asyncio.run(main())
"""
IMPORTS = "import ivr.media.vad.silero as silero; silero.load(); import ivr.cli, ivr.server.serve, ivr.testbench.demo"
VERSION = "import sys; sys.argv = ['ivr', 'version']; import ivr.cli; ivr.cli.main()"
PROGRAMS = {"a bridge": LIVE, "a turn model": JUDGING, "a library": IMPORTS, "the command": VERSION}
WRITING = re.compile(r'(?:openat|open|creat)\([^"]*"(?P<path>[^"]+)", [^)]*O_(?:WRONLY|RDWR|CREAT)[^)]*\) = \d')
MADE = re.compile(r'(?:mkdir|mkdirat|rename|renameat2?|symlink|link)\([^"]*"(?P<path>[^"]+)".* = 0')
CALLING = re.compile(r"(?:connect|sendto|sendmsg)\(.*sa_family=AF_INET6?,.*")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    (made / "tmp").mkdir(parents=True)
    return made


def environment(home: Path, telemetry: str | None) -> dict[str, str]:
    """An environment without settings of ours; `telemetry`: what it says to onnxruntime."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IVR_", "ORT_", "XDG_"))}
    told = {} if telemetry is None else {"ORT_DISABLE_TELEMETRY": telemetry}
    return {**kept, **told, "HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.live
@pytest.mark.parametrize(
    ("program", "telemetry"), [("a bridge", None), ("a bridge", "0"), ("a turn model", ""), ("a turn model", "0")]
)
def test_no_file_is_left_in_a_home(home: Path, tmp_path: Path, program: str, telemetry: str | None) -> None:
    command = [sys.executable, "-c", PROGRAMS[program], str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, env=environment(home, telemetry), capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert [path for path in home.rglob("*") if path != home / "tmp"] == []


@pytest.mark.live
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace on this machine: system calls are not read")
@pytest.mark.parametrize("program", PROGRAMS)
def test_no_name_is_looked_up_and_no_file_is_written(home: Path, tmp_path: Path, program: str) -> None:
    trace = tmp_path / "trace"
    watch = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=%network,%file"]
    ran = subprocess.run(
        [*watch, sys.executable, "-c", PROGRAMS[program], str(tmp_path)],
        cwd=ROOT,
        env=environment(home, None),
        capture_output=True,
        check=False,
    )
    if b"ptrace" in ran.stderr.lower() or b"Operation not permitted" in ran.stderr:
        pytest.skip("this machine lets no process be traced")
    assert ran.returncode == 0, ran.stderr[-3000:]
    calls = trace.read_text("utf-8", "replace").splitlines()
    assert [line for line in calls if CALLING.search(line)] == []
    made = [match["path"] for line in calls if (match := WRITING.search(line) or MADE.search(line))]
    ours = (str(tmp_path / "cache"), str(tmp_path / "ivr.toml"), "/dev/", "/proc/self/", "/sys/")
    assert [path for path in made if not path.startswith(ours)] == []
