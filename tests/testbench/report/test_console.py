"""What a developer sees of a call in the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ivr.call import commands, events
from ivr.call.commands import Command
from ivr.call.events import Event
from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.testbench.recording import PhoneRecord, RecordEntry
from ivr.testbench.report.console import CallConsole, latency_table, summary, verdict

REQUEST = commands.ReplyRequest("hi", "CA1", "speech", 1, "en", "CA1", "+1", "+2", "inbound", unheard="the rest")


class Screen:
    def __init__(self, *, t0: float | None = 1.0, scripted: bool = False) -> None:
        self.text = io.StringIO()
        self.record = PhoneRecord(t0=t0)
        self.show = CallConsole(Console(file=self.text, width=200), self.record, scripted=scripted)

    def happened(self, now: float, event: Event, *performed: Command) -> str:
        before = len(self.text.getvalue())
        self.show.happened("CA1", now, event, performed)
        return self.text.getvalue()[before:].strip()


def test_a_turn_is_a_line_for_each_thing_a_person_wants_to_know() -> None:
    screen = Screen(t0=5.0)
    assert (
        screen.happened(5.0, events.CallStarted("CA1", "MZ1")) == "0.00  bridge  the stream is open, its token is good"
    )
    assert screen.happened(5.1, events.AudioIn(0, b""), commands.SendAudio(b"greeting"), commands.WarmUp()) == ""
    line = screen.happened(7.0, events.AudioIn(0, b""), commands.Transcribe(1, bytes(16000)))
    assert line == "2.00  bridge  the caller pauses: 1.0 s of speech go to STT"
    line = screen.happened(7.5, events.TranscriptArrived(1, "hi [b]you[/b]"), commands.RequestReply(1, REQUEST))
    assert line.splitlines() == [
        "2.50  STT     +500 ms hi [b]you[/b]",
        "   2.50  bridge  asks the agent (the caller did not hear: the rest)",
    ]
    assert screen.happened(8.0, events.ReplyDelta(1, "Sure")) == "3.00  agent   +500 ms begins to answer"
    assert screen.happened(8.1, events.ReplyDelta(1, " thing."), commands.Speak(1, 1, "Sure thing.")) == (
        "3.10  TTS     sentence 1: Sure thing."
    )
    audio = events.TtsAudio(1, 1, b"")
    assert screen.happened(8.4, audio, commands.SendAudio(b"x")).endswith(
        "+1400 ms first audio on its way to the caller"
    )
    assert screen.happened(8.5, audio, commands.SendAudio(b"x")) == ""
    assert "BARGE-IN" in screen.happened(9.0, events.AudioIn(0, b""), commands.SendClear())


def test_a_filler_is_no_answer_and_no_barge_in() -> None:
    screen = Screen(t0=1.0)
    screen.happened(1.0, events.AudioIn(0, b""), commands.Transcribe(1, bytes(16000)))
    filler = commands.Note("filler", {"state": "thinking"})
    assert screen.happened(3.0, events.Tick(), filler, commands.SendAudio(b"x")) == "2.00  bridge  fills the silence"
    line = screen.happened(3.5, events.TtsAudio(1, 1, b""), commands.SendClear(), commands.SendAudio(b"y"))
    assert "the filler makes room" in line
    assert "+2500 ms first audio" in line


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": "commit", "rule": "words"}, "that was an interruption (words)"),
        ({"verdict": "resume", "rule": "backchannel"}, "that was none: the agent goes on (backchannel)"),
    ],
)
def test_an_overlap_is_judged(fields: dict[str, str], words: str) -> None:
    assert words in Screen().happened(1.0, events.Tick(), commands.Note("overlap", fields))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (events.TranscriptFailed(1, "timeout"), "FAILED: timeout"),
        (events.ReplyFailed(1, "http_500"), "FAILED: http_500"),
        (events.TtsFailed(1, 1, "degenerate"), "FAILED: no speech: degenerate"),
        (events.TranscriptArrived(1, ""), "(nothing understood)"),
    ],
)
def test_failures_are_named(event: Event, words: str) -> None:
    assert words in Screen().happened(1.0, event)


def test_the_clock_is_that_of_the_recording() -> None:
    """A greeting that comes late is seen to come late; what comes before the stream has no time."""
    screen = Screen(t0=None)
    screen.show.phone(RecordEntry(10.0, "request", "POST http://127.0.0.1:1/voice"))
    screen.record.t0 = 10.5
    screen.show.phone(RecordEntry(16.0, "agent_speaks", "0"))
    assert screen.text.getvalue().splitlines() == [
        "         phone   asks POST http://127.0.0.1:1/voice",
        "   5.50  phone   the agent is heard",
    ]


@pytest.mark.parametrize(("ended", "words"), [("agent", "the bridge hung up"), ("refused", "it had no stream")])
def test_how_a_call_ended_is_said_in_words(ended: str, words: str) -> None:
    screen = Screen()
    screen.show.phone(RecordEntry(1.0, "ended", ended))
    assert screen.text.getvalue().strip() == f"0.00  phone   the call is over: {words}"


def test_scripted_transcripts_say_so() -> None:
    assert "[SCRIPTED] مرحبا" in Screen(scripted=True).happened(1.0, events.TranscriptArrived(1, "مرحبا"))


def test_the_phone_and_the_end() -> None:
    screen = Screen()
    for entry in (
        RecordEntry(1.0, "caller_speaks", "Where is it?"),
        RecordEntry(1.5, "mark", "x"),
        RecordEntry(2.0, "clear", "800 ms"),
    ):
        screen.show.phone(entry)
    screen.show.phone(RecordEntry(2.01, "agent_speaks"))  # the fade
    screen.show.phone(RecordEntry(2.8, "agent_speaks"))
    screen.show.ended("CA1", 3.0, [], commands.HangUp("success", "agent_hung_up"))
    assert [line.strip() for line in screen.text.getvalue().splitlines()] == [
        "0.00  caller  says Where is it?",
        "1.00  phone   discarded unheard: 800 ms",
        "1.80  phone   the agent is heard",
        "2.00  bridge  call ended: success, agent_hung_up",
    ]


def test_the_table_says_who_took_the_time() -> None:
    turn = Turn(1, "speech", outcome="interrupted", overlaps=[Overlap(1.0, 1.1, 1.14, "commit")])
    turn.speech_ended_at, turn.endpoint_at, turn.transcript_at = 10.0, 10.5, 11.0
    turn.asked_at, turn.first_delta_at = 11.01, 11.5
    turn.sentences = [Sentence(1, "a", "a", 11.6, 11.61, 11.9, 11.92)]
    text = io.StringIO()
    Console(file=text, width=200).print(latency_table([Turn(0, "phrase"), turn, Turn(2, "speech", outcome="empty")]))
    lines = [line.split() for line in text.getvalue().splitlines()]
    assert ["1", "500", "500", "590", "290", "40", "1920", "interrupted"] in lines
    assert ["2", "-", "-", "-", "-", "-", "-", "empty"] in lines
    assert "barge-in, onset to clear: 140 ms" in summary([turn])
    assert summary([], {"TTS connections": "1"}) == ["TTS connections: 1"]


def test_verdict_says_what_is_wrong_and_how_it_ended() -> None:
    good = {"unmet": [], "not_known": [], "ended_by": "agent", "result": "success", "reason": "agent_goodbye"}
    untold = {**good, "not_known": ["whether"], "result": None}
    bad = {**good, "unmet": ["one", "two"], "ended_by": "refused", "result": None}
    assert verdict(good) == [("PASSED: the bridge hung up (success, agent_goodbye)", "bold green")]
    assert [line for line, _ in verdict(untold)] == [
        "NOT KNOWN: whether",
        "PASSED, as far as a phone can tell: the bridge hung up",
    ]
    assert [line for line, _ in verdict(bad, ["check: that"])] == [
        "NOT AS EXPECTED: one",
        "NOT AS EXPECTED: two",
        "check: that",
        "FAILED: it had no stream",
    ]
