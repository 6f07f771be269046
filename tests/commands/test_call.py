"""`ivr call` keeps a tape of the call."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.commands.call import app
from ivr.replay import tape_file
from ivr.replay.phone.phone_tape import phone_call


@pytest.mark.live
def test_a_call_is_on_a_tape(tmp_path: Path) -> None:
    """No bridge is needed: the tape of a call that is refused says so."""
    done = CliRunner().invoke(app, ["http://127.0.0.1:9/voice", "--step", "press 1", "--out", str(tmp_path)])
    assert done.exit_code == 1, done.output
    assert str(tmp_path / "call.tape") in done.output
    tape = tape_file.read(tmp_path / "call.tape")
    assert (tape.faults, tape.header.side, set(tape.header.versions)) == ([], "phone", {"ivr", "python"})
    call = phone_call(tape)
    assert call.page() == (tmp_path / "call.html").read_text("utf-8")
    assert call.result is not None
    assert call.result["ended_by"] == "refused"
