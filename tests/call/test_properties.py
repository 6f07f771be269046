"""What holds for every call, whatever happens on it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.actions import Expect, Gather, Message
from ivr.call.call import Call
from ivr.call.commands import (
    Command,
    HangUp,
    PlayAudio,
    RequestReply,
    SendAudio,
    SendClear,
    Speak,
    Transcribe,
    Transfer,
)
from ivr.call.events import (
    CallerLeft,
    DigitPressed,
    Event,
    MarkReached,
    ReplyAction,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    ReplyPause,
    Tick,
    TranscriptArrived,
    TranscriptFailed,
    TransferFailed,
    Transferred,
    TtsAudio,
    TtsEnded,
    TtsFailed,
    TurnJudged,
)
from tests.call.stage import LOUD, STARTED, Stage, options, phrases

NUMBERS = st.integers(0, 4)
WORDS = st.sampled_from(["", "hello there", "Yes. And then? ", "٢٥.٥ ريال. ", "a", "\ud83d"])
ACTIONS = st.one_of(
    st.builds(ReplyAction, NUMBERS, st.just("say"), WORDS, interruptible=st.booleans()),
    st.builds(ReplyAction, NUMBERS, st.just("play"), st.just("menu.wav"), interruptible=st.booleans()),
    st.builds(ReplyAction, NUMBERS, st.just("pause"), ms=st.sampled_from([20, 700])),
    st.builds(ReplyAction, NUMBERS, st.just("dtmf"), st.just("1w2")),
    st.builds(ReplyAction, NUMBERS, st.just("language"), st.sampled_from(["en", "ar"])),
)
ENDS = st.builds(
    ReplyEnded,
    NUMBERS,
    st.booleans(),
    message=st.sampled_from([None, Message(longest_s=5, silence_s=1)]),
    gather=st.sampled_from([None, Gather(2, allow_speech=False), Gather(terminator="", first_timeout_s=1.0)]),
    expect=st.sampled_from([None, Expect("digits", 2)]),
    context=st.sampled_from([None, "{}"]),
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(TranscriptArrived, NUMBERS, WORDS),
    st.builds(TranscriptFailed, NUMBERS, st.just("closed")),
    st.builds(TurnJudged, NUMBERS, st.sampled_from([0.0, 0.5, 1.0])),
    st.builds(ReplyDelta, NUMBERS, WORDS),
    st.builds(ReplyPause, NUMBERS),
    ACTIONS,
    ENDS,
    st.builds(ReplyEnded, NUMBERS, st.booleans(), st.sampled_from([None, None, "", "+966110000001", "+882990000000"])),
    st.just(Transferred()),
    st.builds(TransferFailed, st.sampled_from(["refused", "gone"])),
    st.builds(ReplyFailed, NUMBERS, st.just("broken")),
    st.builds(TtsAudio, NUMBERS, NUMBERS, st.sampled_from([b"", LOUD * 20]), st.just(8000), st.just("mulaw")),
    st.builds(TtsEnded, NUMBERS, NUMBERS),
    st.builds(TtsFailed, NUMBERS, NUMBERS, st.just("closed")),
    st.builds(DigitPressed, st.sampled_from("15#")),
    st.builds(MarkReached, st.sampled_from(["p1", "p2", "p9", "x"])),
    st.just(Tick()),
    st.just(CallerLeft("stop")),
)
STEPS = st.one_of(
    st.tuples(st.just("speak"), st.sampled_from([40, 80, 160, 400])),
    st.tuples(st.just("wait"), st.sampled_from([20, 320, 520, 3000])),
    st.tuples(st.just("serve"), st.sampled_from([0, 200, 900])),
    st.tuples(st.just("event"), EVENTS),
)


def serve(stage: Stage, ms: int) -> None:
    """The peers do what they were asked last."""
    for kind in (Transcribe, RequestReply, Speak, PlayAudio):
        if asked := stage.all(kind):
            last = asked[-1]
            if isinstance(last, Transcribe):
                stage.feed(TranscriptArrived(last.utterance, "one two three"))
            elif isinstance(last, RequestReply):
                stage.feed(ReplyDelta(last.turn, "Here is one. Here is two."))
                stage.feed(ReplyEnded(last.turn))
            elif isinstance(last, PlayAudio):
                stage.feed(TtsAudio(last.turn, last.sentence, LOUD * (ms // 20), 8000, "mulaw"))
                stage.feed(TtsEnded(last.turn, last.sentence))
            elif isinstance(last, Speak):
                stage.voice(ms)


def played(script: list[tuple[str, Any]], **choices: Any) -> Stage:
    """A call on which all of this has happened."""
    patience = {"silence_timeout": 2.0, "speech_timeout": 2.0, "reply_timeout": 2.0, "failures_in_a_row": 2}
    stage = Stage(options(turn_model=True, **patience, **choices))
    for step, value in script:
        match step:
            case "speak":
                stage.speak(value)
            case "wait":
                stage.wait(value)
            case "serve":
                serve(stage, value)
            case "event":
                stage.feed(value)
        wake = stage.call.wake_at()
        assert wake is None or stage.ended is None
    return stage


PEOPLE = st.sampled_from([(), ("+966110000001",)])


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=40), st.booleans(), PEOPLE, st.booleans())
def test_a_call_left_alone_comes_to_its_end(
    script: list[tuple[str, Any]], ready: bool, people: tuple[str, ...], eager: bool
) -> None:
    stage = played(script, phrases=phrases(ready=ready), transfer_to=people, eager=eager)
    stage.wait(60_000)
    assert stage.ended is not None, repr(stage.call)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40), st.booleans(), st.booleans(), PEOPLE, st.booleans())
def test_whatever_happens_the_call_keeps_its_word(
    script: list[tuple[str, Any]], ready: bool, greeted: bool, people: tuple[str, ...], eager: bool
) -> None:
    given_phrases = phrases(ready=ready, **({} if greeted else {"greeting": ""}))
    stage = played(script, phrases=given_phrases, transfer_to=people, eager=eager)
    hang_ups = stage.all(HangUp)
    assert len(hang_ups) == (stage.ended is not None)
    assert not hang_ups or stage.log[-1][1] is hang_ups[0]
    assert {transfer.number for transfer in stage.all(Transfer)} <= {*people}
    one_voice_at_a_time(stage)
    nothing_follows_a_dropped_turn(stage)
    for turn in stage.call.turns[:-1]:
        assert turn.outcome != "open"


def one_voice_at_a_time(stage: Stage) -> None:
    asked = [(one.turn, one.sentence) for one in stage.all(Speak)]
    asked += [(one.turn, one.sentence) for one in stage.all(PlayAudio)]
    assert len(asked) == len(set(asked))


def nothing_follows_a_dropped_turn(stage: Stage) -> None:
    """Between a commit and the next sentence or phrase no audio leaves."""
    for turn in stage.call.turns:
        if turn.outcome != "interrupted" or turn.ended_at is None or turn is stage.call.turns[-1]:
            continue
        follower = stage.call.turns[stage.call.turns.index(turn) + 1]
        begun = min((s.ready_at for s in follower.sentences), default=float("inf"))
        late = [c for at, c in stage.log if turn.ended_at < at < begun and isinstance(c, SendAudio)]
        assert late == []


def test_the_same_events_give_the_same_commands() -> None:
    tape: list[tuple[float, Event]] = []
    original = Stage(options(phrases=phrases()), start=False)
    receive = original.call.receive

    def record(event: Event, now: float) -> list[Command]:
        tape.append((now, event))
        return receive(event, now)

    original.call.receive = record  # type: ignore[method-assign]
    original.feed(STARTED)
    original.wait(700)
    original.answer(ms=2000)
    original.wait(600)
    original.speak(80)
    original.wait(600)
    original.speak(500)
    original.wait(600)
    replayed = Call(options(phrases=phrases()))
    again = [command for now, event in tape for command in replayed.receive(event, now)]
    assert again == [command for _, command in original.log]
    assert again.count(SendClear()) == 2
