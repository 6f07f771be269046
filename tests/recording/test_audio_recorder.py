"""Which calls are recorded, from when on, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, SendAudio, SendMark
from ivr.call.events import AudioIn, CallerLeft, CallStarted, DigitPressed, Event, MarkReached, TtsFailed
from ivr.call.options import CallOptions, Phrase
from ivr.config.recordings import has_recordings, message_lines
from ivr.recording.audio_recorder import AudioRecorder, audio_recorder
from ivr.recording.audio_writer import AudioWriter
from ivr.recording.facts import RecordingFacts
from tests.support.front import settings

LOUD = bytes((0x10, 0x90)) * 80


class Kept(AudioWriter):
    """A writer that keeps in memory what it is given."""

    def __init__(self) -> None:
        super().__init__(Path("unused"))
        self.facts: list[RecordingFacts] = []
        self.on_done = self.facts.append
        self.begun: list[RecordingFacts] = []
        self.said, self.heard = bytearray(), bytearray()
        self.full = False

    def begin(self, ticket: int, facts: RecordingFacts) -> None:
        self.begun.append(facts)

    def add(self, ticket: int, caller: bytes, agent: bytes) -> bool:
        self.said += caller
        self.heard += agent
        return not self.full

    def end(self, ticket: int, facts: RecordingFacts) -> None:
        self.facts.append(facts)


@dataclass
class Line:
    """A call that is observed, on a line without any way."""

    recorder: AudioRecorder
    call: Call
    now: float = 100.0
    frame: int = 0
    marks: list[tuple[float, str]] = field(default_factory=list)
    free_at: float = 0.0

    def feed(self, event: Event) -> Sequence[Command]:
        commands = self.call.receive(event, self.now)
        self.recorder.happened("CA1", self.now, event, commands)
        for command in commands:
            if isinstance(command, SendAudio):
                self.free_at = max(self.now, self.free_at) + len(command.payload) / 8000
            elif isinstance(command, SendMark):
                self.marks.append((max(self.now, self.free_at), command.name))
        return commands

    def start(self, line: str = "main") -> None:
        self.recorder.began("CA1", self.now, self.call)
        self.feed(CallStarted("CA1", "MZ1", line=line))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.now += 0.02
            due = [name for at, name in self.marks if at <= self.now]
            self.marks = [(at, name) for at, name in self.marks if at > self.now]
            for name in due:
                self.feed(MarkReached(name))
            self.feed(AudioIn(self.frame * 20, LOUD))
            self.frame += 1

    def hang_up(self) -> None:
        ended = next(one for one in self.feed(CallerLeft("stop")) if isinstance(one, HangUp))
        self.recorder.ended("CA1", self.now, self.call.turns, ended)


def line(words: str = "this call is recorded", *, ready: bool = True) -> tuple[Line, Kept]:
    phrases = {"greeting": Phrase("hello", b"\x20" * 8000), "recorded": Phrase(words, b"\x30" * 8000 if ready else b"")}
    writer = Kept()
    recorder = AudioRecorder(writer, {"main": 7}, clock=lambda: 5000.0)
    return Line(recorder, Call(CallOptions(language="en", phrases=phrases))), writer  # type: ignore[arg-type]


def test_nothing_is_kept_before_the_announcement_was_heard() -> None:
    call, writer = line()
    call.start()
    call.run(0.9)
    assert not call.recorder.is_recorded("CA1")
    call.run(9.1)
    assert call.recorder.is_recorded("CA1")
    # Two seconds behind the ear, and up to one that waits to be handed over.
    assert 7 * 8000 <= len(writer.said) <= 8 * 8000
    call.hang_up()
    [facts] = writer.facts
    assert (facts.call, facts.line, facts.began, facts.days) == ("CA1", "main", 5000.0, 7)
    assert facts.announced_s is not None
    assert abs(facts.announced_s - 1.0) < 0.05
    first = round(facts.announced_s * 8000)
    assert set(writer.said[:first]) | set(writer.heard[:first]) == {0xFF}
    assert set(writer.said[first + 1 :]) == set(LOUD)
    assert set(writer.heard[first + 1 : 15_900]) == {0x20}
    assert 0x30 not in writer.heard
    assert len(writer.said) == len(writer.heard) == 10 * 8000
    assert not call.recorder.is_recorded("CA1")


def test_a_line_that_announces_nothing_is_recorded_at_once() -> None:
    call, writer = line(words="")
    call.start()
    call.run(4)
    call.hang_up()
    [facts] = writer.facts
    assert facts.announced_s is None
    assert writer.heard.count(0x20) == 8000
    assert len(writer.said) == 4 * 8000


def test_an_announcement_that_was_not_heard_keeps_nothing() -> None:
    call, writer = line(ready=False)
    call.start()
    call.feed(TtsFailed(0, 1, "voice_unknown", again=False))
    call.run(5)
    call.hang_up()
    assert (writer.begun, bytes(writer.said)) == ([], b"")
    assert [(one.state, one.reason) for one in writer.facts] == [("none", "not_announced")]


def test_calls_of_other_lines_are_not_recorded() -> None:
    call, writer = line()
    call.start("other")
    call.run(4)
    call.hang_up()
    assert (writer.begun, writer.facts) == ([], [])
    assert call.recorder.records("main")
    assert not call.recorder.records("other")
    assert "0 calls" in repr(call.recorder)


def test_a_recording_that_ended_is_given_nothing_more() -> None:
    call, writer = line(words="")
    call.start()
    call.run(4)
    writer.full = True
    call.run(1)
    kept = len(writer.said)
    assert not call.recorder.is_recorded("CA1")
    call.run(5)
    call.hang_up()
    assert len(writer.said) == kept
    assert len(writer.facts) == 1


def test_audio_that_the_line_holds_back_comes_at_its_place() -> None:
    call, writer = line(words="")
    call.start()
    call.run(3)
    first = call.frame
    for _ in range(200):
        call.now += 0.02
        call.feed(MarkReached("none"))
    for _ in range(200):
        call.feed(AudioIn(call.frame * 20, LOUD))
        call.frame += 1
    call.run(3)
    call.hang_up()
    assert first == 150
    assert set(writer.said) == set(LOUD)
    assert len(writer.said) == 10 * 8000


def test_a_second_stream_is_a_recording_of_its_own() -> None:
    call, writer = line(words="")
    call.start()
    call.run(3)
    call.hang_up()
    call.recorder.ended("CA1", call.now, (), HangUp("success", "again"))
    call.call = Call(call.call.options)
    call.marks, call.frame = [], 0
    call.start()
    call.run(3)
    call.hang_up()
    assert len(writer.facts) == 2


def test_the_board_is_told_what_is_recorded_now() -> None:
    call, writer = line()
    told: list[tuple[str, bool]] = []
    call.recorder.on_recorded = lambda call_id, recorded: told.append((call_id, recorded))
    call.start()
    call.run(0.9)
    assert told == []
    call.run(5)
    assert told == [("CA1", True)]
    # The disk is full: the call goes on, and is not recorded any more.
    writer.full = True
    call.run(5)
    assert told == [("CA1", True), ("CA1", False)]
    call.hang_up()
    assert len(told) == 2


def test_a_late_announcement_is_led_by_silence(tmp_path: Path) -> None:
    writer = AudioWriter(tmp_path)
    recorder = AudioRecorder(writer, {"main": 1})
    recorder.start()
    told: list[RecordingFacts] = []
    writer.on_done = told.append
    phrases = {"recorded": Phrase("words", b"\x30" * 80_000)}
    call = Line(recorder, Call(CallOptions(language="en", phrases=phrases)))  # type: ignore[arg-type]
    call.start()
    call.run(14)
    call.hang_up()
    recorder.close()
    [facts] = told
    assert (facts.seconds, facts.state) == (14.0, "kept")
    assert facts.announced_s is not None
    assert 10.0 <= facts.announced_s < 10.1


# -- messages of a line that is not recorded --------------------------------------------------------------------------


def taking_messages(*, first: bool = True) -> tuple[Line, Kept]:
    """A line of which messages are recorded, and nothing else."""
    phrases = {"greeting": Phrase("hello", b"\x20" * 8000), "message_announce": Phrase("we record it", b"\x30" * 4000)}
    writer = Kept()
    recorder = AudioRecorder(writer, {}, {"main": 7}, clock=lambda: 5000.0)
    options = CallOptions(language="en", phrases=phrases, message_first=first, record_messages=True)  # type: ignore[arg-type]
    return Line(recorder, Call(options)), writer


def test_of_a_call_only_the_message_is_kept() -> None:
    call, writer = taking_messages()
    call.start()
    # Greeting, announcement and tone take 1.8 s.
    call.run(2.0)
    assert not call.recorder.is_recorded("CA1")
    call.run(6.0)
    assert call.recorder.is_recorded("CA1")
    call.feed(DigitPressed("#"))
    said_until = call.now - 100.0
    call.run(8.0)
    # The call goes on, and its recording has ended.
    assert not call.recorder.is_recorded("CA1")
    call.hang_up()
    [facts] = writer.facts
    assert facts.announced_s is not None
    assert abs(facts.announced_s - 1.8) < 0.1
    first = round(facts.announced_s * 8000)
    assert set(writer.said[:first]) == {0xFF}
    assert set(LOUD) <= set(writer.said[first + 1 :])
    assert abs(len(writer.said) / 8000 - said_until) < 0.1
    assert not {0x20, 0x30} & set(writer.heard)


def test_a_hang_up_within_a_message_keeps_it_to_its_end() -> None:
    call, writer = taking_messages()
    call.start()
    call.run(6.0)
    call.hang_up()
    [facts] = writer.facts
    assert facts.state == "open"
    assert abs(len(writer.said) / 8000 - 6.0) < 0.1


def test_a_call_without_a_message_has_no_recording() -> None:
    call, writer = taking_messages(first=False)
    call.start()
    call.run(8.0)
    call.hang_up()
    assert (writer.begun, writer.facts, bytes(writer.said)) == ([], [], b"")


def test_lines_without_either_are_not_recorded() -> None:
    call, writer = taking_messages()
    call.start("other")
    call.run(8.0)
    call.hang_up()
    assert writer.facts == []


def test_a_line_says_which_messages_are_recorded(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    (tmp_path / "ivr.toml").write_text(
        '[[line]]\nnumber = "+12345"\nrecord_days = 3\n[line.call]\nrecord_messages = true\n'
        '[[line]]\nnumber = "+12346"\nrecord = true\n[line.call]\nrecord_messages = true\n',
        "utf-8",
    )
    assert audio_recorder(chosen) is None
    chosen = settings(tmp_path, IVR_CONFIG=str(tmp_path / "ivr.toml"))
    assert message_lines(chosen) == {"line_1": 3}
    recorder = audio_recorder(chosen)
    assert recorder is not None
    assert recorder.records("line_2")
    assert not recorder.records("line_1")
    assert has_recordings(chosen)
