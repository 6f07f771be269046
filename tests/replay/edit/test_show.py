"""A tape is shown a line an event, and nothing on it can steer a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call import events
from ivr.call.call import Call
from ivr.call.commands import Command
from ivr.call.timeline import Turn
from ivr.replay.edit import wording
from ivr.replay.edit.show import ShownPart, asks_for, shown
from ivr.replay.edit.walk import Follower
from ivr.replay.tape import Moment, Tape, TapeEnd, TapeError, TapeHeader, Trouble
from tests.replay.edit.test_json_form import EVERY_COMMAND, EVERY_EVENT, of_everything
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def test_a_call_is_shown_turn_by_turn(tape: Tape) -> None:
    lines = list(shown(tape))
    text = "\n".join(lines)
    assert [line for line in lines if line.startswith("turn")] == ["turn 0", "turn 1", "turn 2", "turn 3"]
    assert re.search(r"0:08\.\d+ thinking +transcript 1 .“what are your opening hours”.  → note turn_end turn=1 ", text)
    assert re.search(r"\n +→ ask the agent, turn 1 .“what are your opening hours”", text)
    assert re.search(r"yielding +caller's audio, 20 ms  █  → clear", text)
    assert re.search(r"over +the other side left \(stop\)", text)
    assert lines[-1] == "success, caller_stop: 3 turns"
    # Frames without a decision share lines, and no frame is left out.
    assert len(lines) < len(tape.moments) / 10
    audio = sum(int(ms) for ms in re.findall(r"caller's audio, (\d+) ms", text))
    assert audio == sum(20 for moment in tape.moments if isinstance(moment.event, events.AudioIn))


def test_parts_of_a_call_are_shown(tape: Tape) -> None:
    of_turn = list(shown(tape, ShownPart(turn=2)))
    # The words over the turn before are what led to it.
    assert [line for line in of_turn if line.startswith("turn")] == ["turn 1", "turn 2"]
    text = "\n".join(of_turn)
    assert text.count("ask the agent, turn") == text.count("ask the agent, turn 2") == 1
    assert "opening hours" not in text
    with pytest.raises(TapeError, match="no turn 9: the call has turns 0 to 2"):
        list(shown(tape, ShownPart(turn=9)))
    with pytest.raises(TapeError, match="no turn 0: the call has none"):
        list(shown(Tape(TapeHeader("CA1")), ShownPart(turn=0)))
    some = list(shown(tape, ShownPart(start=8.0, end=8.2)))
    times = [float(found[1]) for line in some if (found := re.match(r" *00:(\d\d\.\d+) ", line))]
    assert times
    assert all(8.0 <= time <= 8.2 for time in times)
    each = list(shown(tape, ShownPart(start=8.0, end=8.2, each=True)))
    assert len(each) > len(some)


def test_every_event_and_command_has_words() -> None:
    tape = of_everything()
    text = "\n".join(shown(tape))
    for word in ("call CA1", "key 1", "fault of phone", "وين شحنتي", "TTS gave 1.1 up", "withdrawn: shutdown"):
        assert word in text
    for word in ("speak 1.1", "transcribe 1, 20 ms", "hang up: success, caller_stop", "filler state=thinking"):
        assert word in text
    for event in EVERY_EVENT:
        assert type(event).__name__ not in wording.event_words([event]) or isinstance(event, events.Transferred)
    assert wording.command_words([["WarmUp", {}]]) == ["warm up"]
    assert "trouble: wait, turn 1 00:02.000 3 s" in text
    assert "some events are missing here" in text
    assert "fault: a frame is damaged" in text
    assert "agent “Hello”" in text.replace("\u2068", "").replace("\u2069", "")
    assert len(EVERY_COMMAND) == 16


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([["SendAudio", 160, 1], ["SendMark", {"name": "p"}]], ["sent 20 ms"]),
        ([["SendClear", {}], ["SendAudio", 800]], ["clear", "sent 100 ms"]),
        ([[]], ["?"]),
        ([[7, 8]], ["?"]),
        ([["Speak", 3], ["SendAudio"], ["Transcribe", {"pcm": 4}]], [None, "transcribe None, 0 ms"]),
        ([["Later", {"x": 1}]], ["Later"]),
        ([["HangUp", {"result": "\x1b[31m", "reason": "\u202e"}]], ["hang up: \\x1b[31m, \\u202e"]),
        ([["CancelSpeech", {"turn": "\x9b", "sentence": "\x07"}]], ["cancel \\x9b.\\x07"]),
        ([["ForgetTranscript", {"utterance": "\x1b"}]], ["forget transcript \\x1b"]),
        ([["RequestReply", {"turn": 2, "request": 3}]], [None]),
        ([["Note", {"name": "n", "fields": 3}]], ["note n"]),
        ([["SendMark", {"name": "p"}]], []),
    ],
)
def test_what_a_tape_may_hold_has_words(commands: list[list[object]], words: list[str | None]) -> None:
    said = wording.command_words(commands)
    assert len(said) == len(words)
    assert all(expected in (None, found) for found, expected in zip(said, words, strict=True))


def test_only_decisions_decide() -> None:
    assert not wording.decides([["SendAudio", 160, 1], ["SendMark", {"name": "p"}]])
    assert wording.decides([["SendAudio", 160, 1], ["SendClear", {}]])
    assert wording.decides([[]])


@given(st.text())
def test_no_text_steers_the_terminal(text: str) -> None:
    line = wording.event_words([events.TranscriptArrived(1, text)])
    inside = line.removeprefix("transcript 1 ").removeprefix("\u2068").removesuffix("\u2069")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", inside)


def test_figures_are_written_for_people() -> None:
    assert wording.bars([]) == ""
    assert wording.bars([0.0, 0.5, 1.0]) == "▁▅█"
    assert wording.bars([0.0] * 99 + [1.0]) == "▁" * 39 + "█"
    assert wording.quoted("abc def", 5).strip("\u2068\u2069") == "“abc d…”"
    assert wording.quoted("abc", 3).strip("\u2068\u2069") == "“abc”"
    assert wording.milliseconds(events.TtsAudio(1, 1, bytes(160), 8000, "mulaw")) == 20
    assert wording.milliseconds(events.TtsAudio(1, 1, bytes(160), 0)) == 160_000


def test_rows_of_events_share_a_line() -> None:
    marks: list[events.Event] = [events.MarkReached("a"), events.MarkReached("b")]
    assert wording.event_words(marks) == "mark b and 1 before it"
    ticks: list[events.Event] = [events.Tick(0.25), events.Tick(), events.Tick()]
    assert wording.event_words(ticks) == "tick x3, stood 0.250 s"
    ends: list[events.Event] = [events.ReplyEnded(1, hang_up=True)]
    assert wording.event_words(ends) == "reply 1 is whole, hang up"


def test_a_phones_tape_points_to_its_report() -> None:
    tape = Tape(TapeHeader("CA1", side="phone"), phone=[["heard", 1]])
    assert "ivr report" in list(shown(tape))[-1]
    assert list(shown(tape))[1].startswith("the end is missing, 1 records of a phone")
    tape.end = TapeEnd(seconds=48.5)
    assert list(shown(tape))[1].startswith("48.5 s, 1 records of a phone")


@pytest.mark.parametrize("asked", [[], ["RequestReply"], ["RequestReply", None], ["RequestReply", {"turn": 1}]])
def test_only_the_question_of_a_turn_asks_for_it(asked: list[object]) -> None:
    assert not asks_for([asked] if asked else [], 2)
    assert asks_for([asked or ["Note"], ["RequestReply", {"turn": 2}]], 2)


def test_a_call_that_cannot_go_on_is_shown_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    start = events.CallStarted("CA1", "MZ1")
    moments = [Moment(1.0, start), Moment(1.1, events.Tick()), Moment(1.2, events.Tick())]
    tape = Tape(TapeHeader("CA1"), moments, end=TapeEnd(trouble=(Trouble("wait"),)))
    receive = Call.receive

    def breaks(self: Call, event: events.Event, now: float) -> list[Command]:
        if now > 1.0:
            raise RuntimeError("voice while hearing")
        return receive(self, event, now)

    monkeypatch.setattr(Call, "receive", breaks)
    follower = Follower(tape)
    seen = list(follower.moments())
    assert [one.state for one in seen] == ["listening", "-", "-"]
    assert [one.same for one in seen] == [False, False, False]
    assert follower.broke == "event 2: RuntimeError: voice while hearing"
    assert follower.turns == []
    lines = list(shown(tape))
    assert any("cannot go on with this call: event 2" in line for line in lines)
    assert "trouble: wait, no turn" in lines[-1]


def test_the_turns_of_a_followed_call_are_known(tape: Tape) -> None:
    follower = Follower(tape)
    assert all(seen.same for seen in follower.moments())
    assert [type(turn) for turn in follower.turns] == [Turn] * 3
    assert follower.broke == ""


def test_an_empty_call_has_its_lines() -> None:
    assert list(shown(Tape(TapeHeader("CA1")))) == [
        "CA1, time unknown, live",
        "0.000 s, 0 events, nothing is said of its legs",
    ]
