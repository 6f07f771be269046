"""What a process does for what is kept of its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.call.call import Call
from ivr.call.commands import HangUp
from ivr.call.events import CallStarted
from ivr.call.options import CallOptions
from ivr.keeper.kept import Kept
from ivr.observe.metrics import Metrics
from ivr.records.folder import spool_folder
from ivr.records.frames import read_frames
from ivr.records.record import Ended, decode_entry
from tests.support.front import settings


@pytest.mark.parametrize(("node", "written"), [("", "bridge-7"), ("bridge-7.1", "bridge-7.1")])
def test_a_record_names_the_node_as_the_fleet_does(tmp_path: Path, node: str, written: str) -> None:
    env = {"IVR_DATA_DIR": str(tmp_path), "IVR_DATABASE_URL": f"sqlite:///{tmp_path}/c.sqlite", "IVR_NODE": "bridge-7"}
    kept = Kept(settings(tmp_path, **env), None, node)
    assert kept.records is not None
    kept.start(Metrics())
    kept.records.began("CA1", 1.0, Call(CallOptions()))
    kept.records.happened("CA1", 1.0, CallStarted("CA1", "MZ1"), [])
    kept.records.ended("CA1", 2.0, [], HangUp("success", "caller_stop"))
    kept.close()
    files = sorted(spool_folder(tmp_path).glob("*.spool"))
    entries = [decode_entry(frame.payload) for path in files for frame in read_frames(path.read_bytes()).frames]
    [ended] = [entry for entry in entries if isinstance(entry, Ended)]
    assert ended.facts.node == written
