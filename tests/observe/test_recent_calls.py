"""The last calls of a developer's bridge."""

from __future__ import annotations

from pathlib import Path

from ivr.call.commands import (
    CancelSpeech,
    CloseReply,
    Command,
    ForgetTranscript,
    HangUp,
    ReplyRequest,
    RequestReply,
    Speak,
    Transcribe,
)
from ivr.call.events import (
    SUPERSEDED,
    AudioIn,
    CallStarted,
    Event,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    Tick,
    TranscriptArrived,
    TranscriptFailed,
    TtsEnded,
)
from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.observe.recent_calls import ENDED_KEPT, CallSnapshot, RecentCalls, decode, encode
from ivr.server.app import create_app
from tests.support.front import CALL, Front, settings, visit


def test_a_call_is_remembered_with_its_turns() -> None:
    recent = RecentCalls()
    recent.happened("CA1", 5.0, CallStarted("CA1", "MZ1"), [])
    recent.happened("CA1", 5.5, Tick(), [])
    assert recent.get("CA1") == CallSnapshot(5.0)
    turn = Turn(1, "speech", "وين شحنتي", sentences=[Sentence(1, "a", "a", 6.0)], overlaps=[Overlap(6.5, 6.6, None)])
    recent.ended("CA1", 9.0, [turn], HangUp("success", "agent_goodbye"))
    recent.ended("CA2", 9.0, [turn], HangUp("success", "never_began"))
    told = recent.get("CA1")
    assert told == CallSnapshot(5.0, "success", "agent_goodbye", [turn])
    assert decode(encode(told)) == told
    assert recent.get("CA2") is None
    assert repr(recent) == "<RecentCalls 1 calls>"


def test_what_changes_is_told() -> None:
    recent, told = RecentCalls(), list[tuple[str, bool, str]]()
    recent.tell = lambda call_id, snapshot: told.append((call_id, snapshot.owes, snapshot.result))
    begun(recent, "CA1")
    recent.happened("CA1", 5.5, Tick(), [])
    recent.happened("CA1", 6.0, Tick(), [Transcribe(1, b"")])
    recent.happened("CA1", 6.1, Tick(), [])
    recent.happened("CA1", 6.2, AudioIn(0, b""), [])
    recent.happened("CA1", 6.5, TranscriptFailed(1, "no_words"), [])
    recent.ended("CA1", 9.0, [], HangUp("indeterminate", SUPERSEDED))
    recent.ended("CA1", 9.0, [], HangUp("success", "caller_stop"))
    recent.ended("CA1", 9.0, [], HangUp("success", "caller_stop"))
    assert told == [("CA1", False, ""), ("CA1", True, ""), ("CA1", False, ""), ("CA1", False, "success")]


def begun(recent: RecentCalls, call_id: str, at: float = 5.0) -> None:
    recent.happened(call_id, at, CallStarted(call_id, "MZ1"), [])


def test_only_the_last_that_are_over_are_remembered() -> None:
    recent = RecentCalls(3)
    begun(recent, "CA-long")
    for number in range(ENDED_KEPT + 2):
        begun(recent, f"CA{number}")
        recent.ended(f"CA{number}", 9.0, [], HangUp("success", "caller_stop"))
    assert recent.get("CA1") is None
    assert recent.get("CA2") == CallSnapshot(5.0, "success", "caller_stop")
    assert recent.get("CA-long") == CallSnapshot(5.0)
    assert repr(recent) == f"<RecentCalls {ENDED_KEPT + 1} calls>"


def test_no_more_calls_go_on_than_the_bridge_takes() -> None:
    recent = RecentCalls(2)
    for number in range(3):
        begun(recent, f"CA{number}")
    assert [recent.get(f"CA{number}") for number in range(3)] == [None, CallSnapshot(5.0), CallSnapshot(5.0)]


def test_a_second_stream_is_the_call_from_then_on() -> None:
    recent = RecentCalls()
    begun(recent, "CA1")
    begun(recent, "CA1", 6.0)
    recent.ended("CA1", 6.1, [Turn(0, "phrase")], HangUp("indeterminate", SUPERSEDED))
    assert recent.get("CA1") == CallSnapshot(6.0)
    recent.ended("CA1", 9.0, [], HangUp("success", "caller_stop"))
    begun(recent, "CA1", 10.0)
    assert recent.get("CA1") == CallSnapshot(10.0)


def test_only_a_developer_s_bridge_shows_its_calls(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        assert (await front.get(f"/calls/{CALL}")).text.strip() == "Not Found"

    async def developing(front: Front) -> None:
        recent = RecentCalls()
        front.app.router.routes[:] = create_app(front.bridge.settings, bridge=front.bridge, recent=recent).routes
        assert (await front.client.get(f"/calls/{CALL}")).status_code == 404
        recent.happened(CALL, 5.0, CallStarted(CALL, "MZ1"), [])
        assert (await front.client.get(f"/calls/{CALL}")).status_code == 202
        recent.ended(CALL, 9.0, [Turn(1, "speech", "hello")], HangUp("success", "agent_goodbye"))
        told = await front.client.get(f"/calls/{CALL}")
        assert (told.status_code, decode(told.content)) == (200, recent.get(CALL))
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP"):
            relayed = await front.client.get(f"/calls/{CALL}", headers={header: "203.0.113.9"})
            assert relayed.status_code == 404

    visit(settings(tmp_path), story)
    visit(settings(tmp_path, IVR_DEV="true"), developing)


def test_answer_is_owed_until_tts_has_delivered_all_of_it() -> None:
    request = ReplyRequest("x", "CA1", "speech", 1, "en", "CA1", "", "", "")
    rows: list[tuple[Event, list[Command], bool]] = [
        (Tick(), [Transcribe(1, b"")], True),
        (Tick(), [ForgetTranscript(1)], False),
        (Tick(), [Transcribe(2, b"")], True),
        (TranscriptFailed(2, "timeout"), [], False),
        (Tick(), [Transcribe(3, b"")], True),
        (TranscriptArrived(3, "hello"), [RequestReply(1, request)], True),
        # A filler sounds meanwhile, and other words are understood.
        (TranscriptArrived(4, "hello?"), [], True),
        (ReplyDelta(1, "One moment. "), [Speak(1, 1, "One moment.")], True),
        (TtsEnded(1, 1), [], True),
        (ReplyEnded(1), [Speak(1, 2, "Here.")], True),
        (TtsEnded(1, 2), [], False),
        (Tick(), [RequestReply(2, request)], True),
        (ReplyEnded(1), [], True),
        (ReplyFailed(2, "http_500"), [], False),
        (Tick(), [RequestReply(3, request), Speak(3, 1, "x")], True),
        (Tick(), [CloseReply(3), CancelSpeech(3, 1)], False),
    ]
    recent = RecentCalls()
    begun(recent, "CA1")
    wrong = []
    for number, (event, commands, owes) in enumerate(rows):
        recent.happened("CA1", 6.0, event, commands)
        if (snapshot := recent.get("CA1")) is None or snapshot.owes != owes:
            wrong.append((number, snapshot))
    assert wrong == []
    recent.happened("CA1", 7.0, Tick(), [Transcribe(9, b"")])
    recent.ended("CA1", 9.0, [], HangUp("success", "caller_stop"))
    assert recent.get("CA1") == CallSnapshot(5.0, "success", "caller_stop")
    recent.happened("CA1", 9.1, Tick(), [Transcribe(10, b"")])
    assert recent.get("CA1") == CallSnapshot(5.0, "success", "caller_stop")
