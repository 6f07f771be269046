"""Other programs read a call: a trace and a vCon as their documents say."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import wave
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from ivr.replay.report.perfetto import perfetto_trace
from ivr.replay.report.replayed import RebuiltCall, replayed
from ivr.replay.report.vcon import vcon_json
from ivr.replay.tape import Tape
from ivr.testbench.agent.script import TokenPace
from tests.replay.taped import taped
from tests.whole import world


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> RebuiltCall:
    phrases: Path = tmp_path_factory.mktemp("phrases")
    steps = ("say what are your opening hours", "over 2000 say how much does it cost", "wait", "press 1#")
    return replayed(taped(phrases, steps, world.Peers(pace=TokenPace(first_token=4.5, rate=400.0))))


def _clock(seconds: float) -> str:
    return f"2026-01-01T00:00:{seconds:06.3f}+00:00"


def test_a_trace_is_what_the_format_says(call: RebuiltCall) -> None:
    """https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU: the fields of each phase."""
    trace = json.loads(perfetto_trace(call))
    events = trace["traceEvents"]
    needed = {"M": {"name", "pid", "args"}, "X": {"ts", "dur", "tid"}, "i": {"ts", "s", "tid"},
              "b": {"ts", "id", "cat"}, "e": {"ts", "id", "cat"}, "C": {"ts", "args", "name"}}  # fmt: skip
    for event in events:
        assert event["ph"] in needed
        assert needed[event["ph"]] <= event.keys()
        assert isinstance(event.get("ts", 0), int)
        assert event.get("ts", 0) >= 0
    assert {event["ph"] for event in events} == set(needed)
    times = [event["ts"] for event in events if "ts" in event]
    assert times == sorted(times)


def test_spans_of_a_track_do_not_overlap(call: RebuiltCall) -> None:
    events = json.loads(perfetto_trace(call))["traceEvents"]
    ends: dict[int, int] = {}
    for event in events:
        if event["ph"] == "X":
            # A microsecond is rounding.
            assert event["ts"] >= ends.get(event["tid"], 0) - 1, event
            ends[event["tid"]] = event["ts"] + event["dur"]
    names = {event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert names == {"caller", "STT", "agent", "TTS", "playout", "marks", "floor", "events"}


def test_every_request_of_a_trace_has_its_end(call: RebuiltCall) -> None:
    events = json.loads(perfetto_trace(call))["traceEvents"]
    begun = [(event["cat"], event["id"]) for event in events if event["ph"] == "b"]
    assert sorted(begun) == sorted((event["cat"], event["id"]) for event in events if event["ph"] == "e")
    assert len(set(begun)) == len(begun)
    assert any(event["name"] == "filler" for event in events if event["ph"] == "X")


def test_a_vcon_has_what_the_draft_asks_for(call: RebuiltCall) -> None:
    vcon = json.loads(vcon_json(call, _clock, 1_800_000_000_000))
    assert vcon["vcon"] == "0.4.0"
    assert UUID(vcon["uuid"]).version == 8
    assert UUID(vcon["uuid"]).int >> 80 == 1_800_000_000_000
    assert vcon["created_at"] == _clock(0.0)
    for dialog in vcon["dialog"]:
        assert {"type", "start", "parties", "mediatype", "body", "encoding"} <= dialog.keys()
        assert set(dialog["parties"]) == {0, 1}
        assert "mimetype" not in dialog
    (analysis,) = vcon["analysis"]
    assert {"type", "dialog", "vendor", "body", "encoding"} <= analysis.keys()
    assert isinstance(analysis["body"], str)
    assert json.loads(analysis["body"])["turns"]
    assert analysis["dialog"] == list(range(len(vcon["dialog"])))


def test_a_vcon_s_recording_has_both_channels(call: RebuiltCall) -> None:
    recording = json.loads(vcon_json(call, _clock, 0))["dialog"][0]
    sound = base64.urlsafe_b64decode(recording["body"] + "=" * (-len(recording["body"]) % 4))
    digest = base64.urlsafe_b64encode(hashlib.sha512(sound).digest()).rstrip(b"=").decode()
    assert recording["content_hash"] == f"sha512-{digest}"
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        assert file.getnframes() == max(len(call.caller.audio), len(call.agent.audio))


def test_a_vcon_tells_who_said_what(call: RebuiltCall) -> None:
    texts = [dialog for dialog in json.loads(vcon_json(call, _clock, 0))["dialog"] if dialog["type"] == "text"]
    assert [text["start"] for text in texts] == sorted(text["start"] for text in texts)
    assert "what are your opening hours" in [text["body"] for text in texts if text["originator"] == 0]
    assert any(text["originator"] == 1 for text in texts)


def test_a_vcon_without_sound_or_start_is_one(call: RebuiltCall) -> None:
    silent = Tape(replace(call.tape.header, legs={"caller": "scores"}))
    vcon = json.loads(vcon_json(replayed(silent), _clock, 0))
    assert vcon["dialog"] == []
    assert vcon["parties"] == [{"name": "caller"}, {"name": "agent"}]
