"""The pytest plugin, in the runs of a developer's own tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr.replay import tape_file
from ivr.replay.tape import Moment, Tape
from tests.replay.taped import taped

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def run(folder: Path, test: str, *arguments: str) -> tuple[int, str]:
    """Run one file of tests as a developer does; return the exit code and what was printed."""
    folder.joinpath("test_mine.py").write_text(test, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    # Where the package is installed, pytest knows the plugin already.
    if not any(one.value == "ivr.replay.plugin" for one in entry_points(group="pytest11")):
        command += ["-p", "ivr.replay.plugin"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_marked_test_is_the_replay_of_its_tape(tape: Tape, tmp_path: Path) -> None:
    tape_file.write(tmp_path / "good.tape", tape)
    moments = list(tape.moments)
    at = next(place for place, one in enumerate(moments) if one.commands)
    moments[at] = Moment(moments[at].now, moments[at].event, [["SendClear", {}]])
    tape_file.write(tmp_path / "bad.tape", Tape(tape.header, moments, tape.phrase_audio, end=tape.end))
    code, output = run(
        tmp_path,
        "import pytest\n"
        "@pytest.mark.tape('good.tape')\n"
        "def test_same(): pass\n"
        "@pytest.mark.tape('bad.tape')\n"
        "def test_different(): pass\n"
        "@pytest.mark.tape('gone.tape')\n"
        "def test_gone(): pass\n"
        "@pytest.mark.tape('good.tape')\n"
        "def test_words(tape):\n"
        "    assert tape.same and tape.heard[0].startswith('Hello') and tape.first_audio_ms(1) < 3000\n"
        "def test_unmarked(tape): pass\n",
        "--strict-markers",
        "--junitxml=out.xml",
    )
    assert code == 1
    assert "2 passed, 2 failed, 1 error" in output.replace("2 failed, 2 passed", "2 passed, 2 failed")
    assert "bad.tape: different. The first of" in output
    assert "gone.tape: No such file or directory" in output
    assert not re.search(r"ivr report \S*gone\.tape", output)
    assert "needs @pytest.mark.tape" in output
    assert "Traceback" not in output
    properties = [one.attrib for one in ElementTree.parse(tmp_path / "out.xml").iter("property")]
    assert {"name": "ivr_tape", "value": str(tmp_path / "bad.tape")} in properties


APP = """
import asyncio, pytest
from tests.replay.golden.tone_bridge import application
"""


def test_the_tape_of_a_failed_call_is_kept(tmp_path: Path) -> None:
    code, output = run(
        tmp_path,
        f"{APP}\n"
        "def test_quick(phone):\n"
        "    call = phone.call(application())\n"
        "    call.say('where is my parcel')\n"
        "    call.listen()\n"
        "    assert call.answer_ms < 100\n"
        "@pytest.mark.phone(seed=4)\n"
        "async def test_awaiting(phone):\n"
        "    call = await phone.call(application())\n"
        "    await call.say('where is my parcel')\n"
        "    assert (await call.listen()).ms == 1500\n"
        "async def test_awaiting_in_vain(phone):\n"
        "    call = await phone.call(application())\n"
        "    await call.say('where is my parcel', after_s=60, patience_s=5)\n"
        "@pytest.mark.phone(tone=3)\n"
        "def test_unknown_setting(phone): pass\n",
        "--ivr-tapes=kept",
        "--junitxml=out.xml",
    )
    assert code == 1
    assert "2 failed, 1 passed, 1 error" in output
    assert "tapes of failed tests" in output
    path = Path("kept/test_mine.py_test_quick.tape")
    assert f"test_mine.py::test_quick: {path}" in output
    assert f"ivr report {path} -o call.html" in output
    kept = tape_file.read(tmp_path / path)
    assert (kept.header.side, kept.end) == ("phone", None), "the test failed while the call went on"
    assert "5 s passed without the agent speaking and then falling silent" in output
    properties = [one.attrib["value"] for one in ElementTree.parse(tmp_path / "out.xml").iter("property")]
    assert properties == [str(path), "kept/test_mine.py_test_awaiting_in_vain.tape"]


def test_the_plugin_costs_a_run_nothing(tmp_path: Path) -> None:
    loaded = "import sys; import ivr.replay.plugin; print(sorted(one for one in sys.modules if one.startswith('ivr')))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['ivr', 'ivr.replay', 'ivr.replay.plugin']"


def test_the_example_of_the_documents_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", (ROOT / "docs/testing.md").read_text("utf-8"), re.S)
    names = ["my_bridge.py", "test_my_bridge.py", "my_desk.py", "test_my_transfer.py"]
    assert [name for name, _ in blocks] == names
    (tmp_path / "my_bridge.py").write_text(blocks[0][1], "utf-8")
    code, output = run(tmp_path, blocks[1][1], "--ivr-tapes=tapes", "-W", "ignore::DeprecationWarning")
    assert code == 1
    assert "1 failed, 2 passed" in output
    assert "assert 800.0 < 500" in output
    kept = "tapes/test_mine.py_test_the_answer_comes_within_half_a_second.tape"
    assert output.count(kept) == 3
    (tmp_path / "my_desk.py").write_text(blocks[2][1], "utf-8")
    code, output = run(tmp_path, blocks[3][1])
    assert (code, "3 passed" in output) == (0, True), output
    assert (tmp_path / kept).exists()
