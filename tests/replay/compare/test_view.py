"""What a difference is to the caller, measured at the ear."""

from __future__ import annotations

import pytest

from ivr.call.events import Tick
from ivr.replay.compare.changes import Change
from ivr.replay.compare.difference import Difference, ReplayFinding
from ivr.replay.compare.ear import Decided
from ivr.replay.compare.show import headline, lines
from ivr.replay.compare.view import callers_view
from ivr.replay.tape import CommandRecord, Moment, Tape, TapeHeader

Stream = list[tuple[float, list[CommandRecord]]]
CLEAR: CommandRecord = ["SendClear", {}]
END: CommandRecord = ["HangUp", {"result": "success", "reason": "goodbye"}]


PHRASE: CommandRecord = ["Note", {"name": "phrase", "fields": {"name": "reprompt"}}]


def audio(ms: int) -> CommandRecord:
    return ["SendAudio", ms * 8, 0]


def speak(sentence: int, text: str) -> CommandRecord:
    return ["Speak", {"turn": 1, "sentence": sentence, "text": text}]


def view(then: Stream, today: Stream, *, until: float = 100.0, changes: list[Change] | None = None) -> list[str]:
    """What the caller notices of two histories that part at second 10 of a call that began at second 0."""
    tape = Tape(TapeHeader("CA1"), [Moment(0.0, Tick())])
    parted = Difference(0, 10.0, Tick(), [], [], changes or [Change("yield", "missing")])
    streams = [[Decided(now, records) for now, records in stream] for stream in (then, today)]
    return callers_view(ReplayFinding(tape, [parted], parted, then=streams[0], today=streams[1], until=until))


SPEAKS = [(9.0, [audio(2000)])]


@pytest.mark.parametrize(
    ("then", "today", "said"),
    [
        (SPEAKS, SPEAKS, []),
        ([*SPEAKS, (10.0, [CLEAR])], SPEAKS, ["the agent would have gone on 1000 ms longer"]),
        (SPEAKS, [*SPEAKS, (10.0, [CLEAR, audio(40)])], ["the agent would have gone on 960 ms shorter"]),
        ([(10.5, [audio(500)])], [(10.3, [audio(500)])], ["the agent would have begun to speak 200 ms earlier"]),
        ([(10.5, [audio(500)])], [(10.9, [audio(500)])], ["the agent would have begun to speak 400 ms later"]),
        ([(10.5, [audio(500)])], [(10.51, [audio(500)])], []),
        ([(10.5, [audio(500)])], [], ["the agent would not have begun to speak after 500 ms, as it did"]),
        ([], [(10.5, [audio(500)])], ["the agent would have begun to speak after 500 ms; it did not"]),
        ([(11, [speak(2, "Bye.")])], [], ["sentence 2 “Bye.” would not have been asked for by then"]),
        ([], [(11, [speak(2, "Bye.")])], ["sentence 2 “Bye.” would have been asked for"]),
        ([(11, [speak(2, "Bye.")])], [(12, [speak(2, "Bye.")])], []),
        ([(12, [END])], [], ["the call would not have ended at 00:12.000"]),
        ([], [(12, [END])], ["the call would have ended at 00:12.000"]),
    ],
)
def test_what_the_caller_notices(then: Stream, today: Stream, said: list[str]) -> None:
    assert view(then, today) == said


def test_what_lies_behind_the_end_of_the_view_is_not_told() -> None:
    assert view([*SPEAKS, (10.0, [CLEAR])], SPEAKS, until=10.5) == [
        "the agent would have gone on at least 1000 ms longer"
    ]
    assert view([(11, [speak(2, "Bye."), audio(100)]), (12, [END])], [], until=10.5) == []
    assert view([], [(11, [speak(2, "Bye."), audio(100)]), (12, [END])], until=10.5) == []


def test_what_hangs_on_a_request_is_told_with_its_condition() -> None:
    later = Change("endpoint", "missing", ["Transcribe", {"utterance": 1}], None, 0.1)
    sooner = Change("speech", "new", None, speak(1, "Yes."), 0.2)
    other = Change("reply", "new", None, ["CloseReply", {"turn": 1}], 0.2)
    assert view([], [], changes=[later, sooner, other]) == [
        "what follows from the words of this utterance would come 100 ms later, if they take as long",
        "what follows from the audio of this sentence would come 200 ms earlier, if they take as long",
    ]


def test_a_call_that_fails_has_no_view() -> None:
    failed = Difference(0, 0.0, Tick(), [], [], [Change("failure", "new")], failure="KeyError: 5")
    tape = Tape(TapeHeader("CA1"), [Moment(0.0, Tick())])
    assert callers_view(ReplayFinding(tape, [failed], failed)) == []
    assert callers_view(ReplayFinding(tape)) == []
    assert headline(failed) == "today's code fails: KeyError: 5"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change("yield", "missing", CLEAR), "went silent: cleared what the phone still had (clear), today not"),
        (
            Change("reply", "missing", ["CloseReply", {"turn": 1}], None, 0.1),
            "read no more of the reply of turn 1, today 100 ms later",
        ),
        (Change("speech", "new", None, speak(1, "Yes.")), "asked TTS for sentence 1 of turn 1 “Yes.”, then not"),
        (
            Change("speech", "new", None, speak(1, "Yes."), 0.1),
            "asked TTS for sentence 1 of turn 1 “Yes.” 100 ms sooner",
        ),
        (Change("audio", "other", audio(20), audio(20)), "sent 20 ms of audio, today with other samples"),
        (Change("note", "other", PHRASE, PHRASE), "said the line's phrase reprompt, today with other figures"),
        (
            Change("order", "order", CLEAR, ["CloseReply", {"turn": 1}]),
            "went silent: cleared what the phone still had (clear), today before that "
            "read no more of the reply of turn 1",
        ),
        (
            Change("text", "other", speak(1, "a"), speak(1, "b")),
            "asked TTS for sentence 1 of turn 1 “a”, today asked TTS for sentence 1 of turn 1 “b”",
        ),
    ],
)
def test_a_difference_in_a_few_words(change: Change, said: str) -> None:
    assert headline(Difference(0, 0.0, Tick(), [], [], [change])) == said


def test_two_differences_are_both_shown() -> None:
    event = Tick()
    tape = Tape(TapeHeader("CA1"), [Moment(0.0, event), Moment(1.0, event)])
    first = Difference(0, 0.0, event, [audio(20)], [["SendAudio", 160, 1]], [Change("audio", "other")])
    second = Difference(1, 1.0, event, [CLEAR], [], [Change("yield", "missing", CLEAR)])
    told = "\n".join(lines(ReplayFinding(tape, [first, second], second), "a.tape", 0.1))
    assert "The first of 2 differences is in “audio”, event 1 of 2" in told
    assert "And this makes it another call (“yield”, event 2):" in told
    assert "now       did nothing: sent no clear" in told


def test_audio_is_told_by_its_phrase() -> None:
    changes = [Change("playout", "missing", audio(20)), Change("note", "missing", PHRASE)]
    assert headline(Difference(0, 0.0, Tick(), [], [], changes)) == "said the line's phrase reprompt, today not"
    assert headline(Difference(0, 0.0, Tick(), [], [], changes[:1])) == "sent 20 ms of audio, today not"
