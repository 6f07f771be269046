"""A call that is run without a change is the call that was; one with a change answers as its tape shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call import events
from ivr.call.events import Event
from ivr.call.timeline import Turn
from ivr.replay.exact import steps
from ivr.replay.tape import Moment, Tape, TapeHeader
from ivr.replay.what_if.acoustics import EstimatedAcoustics
from ivr.replay.what_if.closed_loop import closed_loop
from ivr.replay.what_if.fitting import fit
from ivr.replay.what_if.outcome import as_it_was, as_it_would_have_been
from ivr.replay.what_if.taped_call import TapedCall, taped_call
from ivr.testbench.agent.script import TokenPace
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.scenario import Scenario, from_words
from tests.replay.taped import taped
from tests.replay.test_recorded_acoustics import without_audio
from tests.support.onnx_model import tiny_model
from tests.whole.world import Peers


def said(turns: list[Turn]) -> list[tuple[str, str, list[str], str]]:
    return [(turn.text, turn.outcome, [one.text for one in turn.sentences], turn.heard) for turn in turns]


@pytest.mark.parametrize(
    ("steps", "peers", "env"),
    [
        (("say what are your opening hours", "over 2600 say how much does it cost", "wait", "hang up"), Peers(), {}),
        (("say my number", "press 1234#", "hang up"), Peers(), {}),
        (("say hello there my friend", "over 200 say stop it now please", "hang up"), Peers(), {}),
        (("wait",), Peers(), {}),
        (("at 0.5 say a person please, if you can", "wait"), Peers(), {"IVR_TRANSFER_TO": "+966500000009"}),
        (("say hello there my friend", "hang up"), Peers(rules=("stt error requests=1",)), {}),
        (("say hello there my friend", "hang up"), Peers(agent="mode=cut"), {}),
        (("say hello there my friend", "hang up"), Peers(agent="mode=stall"), {}),
        (("say hello there", "wait", "say bye"), Peers(latency=0.08, phone=PhoneOptions(strict=True)), {}),
    ],
)
def test_a_run_without_a_change_is_the_call_that_was(
    phrases: Path, steps: tuple[str, ...], peers: Peers, env: dict[str, str]
) -> None:
    tape = taped(phrases, steps, peers, **env)
    call = taped_call(tape)
    run = closed_loop(call, tape.options)
    assert call.differs_at is None
    assert said(run.turns) == said(call.turns)
    assert run.hang_up == call.hang_up
    for then, now in zip(call.turns, run.turns, strict=True):
        assert (then.first_sent_at is None) == (now.first_sent_at is None)
        assert abs((then.first_sent_at or 0) - (now.first_sent_at or 0)) < 0.001


def test_a_replay_needs_no_turn_model(phrases: Path, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "tiny.onnx", bias=-4.0)
    tape = taped(phrases, ("say what are your opening hours", "hang up"), IVR_TURN_MODEL=str(model))
    model.unlink()
    call = taped_call(tape)
    assert call.differs_at is None
    run = closed_loop(call, tape.options)
    assert said(run.turns) == said(call.turns)
    # What it said made the caller wait.
    without = closed_loop(call, replace(tape.options, turn_model=False))
    then, now, less = ((turns[1].asked_at or 0) for turns in (call.turns, run.turns, without.turns))
    assert now == pytest.approx(then, abs=0.001)
    assert less < then - 0.15


def test_marks_come_back_as_fitted(phrases: Path) -> None:
    tape = taped(phrases, ("say hello there", "wait", "say what about prices", "wait"), Peers(latency=0.06))
    call = taped_call(tape)
    run = closed_loop(call, tape.options, as_recorded=False)
    assert said(run.turns) == said(call.turns)
    errors = [abs((a.ended_at or 0) - (b.ended_at or 0)) for a, b in zip(call.turns, run.turns, strict=True)]
    assert max(errors) < 0.002
    slow = closed_loop(call, tape.options, replace(fit(call), way_s=0.32), as_recorded=False)
    assert slow.turns[1].ended_at == pytest.approx((call.turns[1].ended_at or 0) + 0.2, abs=0.01)


def test_a_short_endpoint_cuts_off_who_pauses(paused: Tape) -> None:
    call = taped_call(paused)
    before = as_it_was(call)
    assert not before.cut_off and not before.modelled
    run = closed_loop(call, replace(paused.options, endpoint_ms=200, endpoint_least_ms=200))
    after = as_it_would_have_been(call, run)
    assert len(after.cut_off) == 1 and after.cut_off[0].modelled
    assert [turn.text for turn in run.turns[1:2]] == ["what are your opening hours"]
    assert run.turns[1].outcome == "superseded"
    assert after.waits[0].value < before.waits[0].value
    assert run.modelled_turns[1] == {"stt", "agent"} and run.parted_at is not None
    assert "words by their share of the recorded utterances" in after.modelled


def test_a_caller_who_was_hung_up_on_stays(phrases: Path) -> None:
    tape = taped(phrases, Scenario(from_words(["wait"]).steps, patience_s=90.0))
    call = taped_call(tape)
    assert call.hang_up is not None and call.hang_up.reason == "caller_silent"
    longer = closed_loop(call, replace(tape.options, silence_timeout=20.0))
    assert longer.hang_up is not None and longer.hang_up.reason == "caller_silent"
    assert longer.over_at > call.over_at + 10
    far = closed_loop(call, replace(tape.options, silence_timeout=300.0))
    assert far.hang_up is None
    assert as_it_would_have_been(call, far).end == ""


def test_no_tick_comes_while_the_process_stands(plain: Tape) -> None:
    """A stall of half a second in the middle of a sentence: what was due in it is done behind it."""
    at = next(i for i, one in enumerate(plain.moments) if one.now > 10.0)
    until = plain.moments[at].now + 0.5
    stall = Moment(until, events.Tick(0.5))
    moments = [
        replace_now(one, until) if plain.moments[at].now <= one.now < until else one for one in plain.moments[at:]
    ]
    tape = Tape(plain.header, [*plain.moments[:at], stall, *moments], plain.phrase_audio, end=plain.end)
    call = taped_call(tape)
    run = closed_loop(call, tape.options)
    assert call.stalls == [(until - 0.5, until)]
    quiet = [at for since, to in run.played for at in (since, to) if until - 0.5 < since < until - 0.01]
    assert quiet == []


def replace_now(moment: Moment, now: float) -> Moment:
    return Moment(now, moment.event, moment.commands, moment.sounds)


@pytest.mark.parametrize("agent_speaks", [True, False])
def test_a_tape_without_audio_is_run_by_its_numbers(phrases: Path, agent_speaks: bool) -> None:
    said_then = ("say hello there", "over 900 say stop it please", "wait", "hang up") if agent_speaks else ("hang up",)
    env = {} if agent_speaks else {"IVR_GREETING": ""}
    tape = without_audio(taped(phrases, said_then, None, **env))
    call = taped_call(tape)
    run = closed_loop(call, tape.options)
    assert call.differs_at is None
    assert said(run.turns) == said(call.turns)
    assert [turn.first_sent_at for turn in run.turns] == [turn.first_sent_at for turn in call.turns]


def test_an_agent_who_speaks_now_has_its_usual_loudness() -> None:
    tape = Tape(TapeHeader("CA1"), [Moment(0.0, events.Tick(), (), [10, 300, 10, None, [1, 2], 10, 500, 10, 500])])
    acoustics = EstimatedAcoustics(tape)
    acoustics.give([7, None])
    assert acoustics.frame(bytes(320), b"\xff" * 160) == (7, 500)
    acoustics.give([7, 90])
    assert acoustics.frame(bytes(320), b"\xff" * 160) == (7, 90)
    acoustics.give([7, 90])
    assert acoustics.frame(bytes(320), b"") == (7, None)
    assert EstimatedAcoustics(Tape(TapeHeader("CA1"))).frame(bytes(320), b"\xff" * 160) == (0, 0)


def test_the_call_may_begin_in_the_middle_of_its_tape(plain: Tape) -> None:
    """Answers without their requests say nothing, and nothing is made of them."""
    begun = next(place for place, one in enumerate(plain.moments) if isinstance(one.event, events.ReplyDelta))
    lost: list[Event] = [
        events.Transferred(),
        events.TtsEnded(9, 9),
        events.TranscriptArrived(99, "x"),
        events.MarkReached("p1"),
    ]
    late = [Moment(plain.moments[begun].now, one) for one in lost]
    call = taped_call(Tape(plain.header, [plain.moments[0], *late, *plain.moments[begun:]], plain.phrase_audio))
    assert call.differs_at is not None
    assert 99 not in call.transcripts and 0 not in call.replies and call.transfers == []
    closed_loop(call, plain.options)


def test_a_mark_that_was_lost_is_lost_again(phrases: Path) -> None:
    tape = taped(phrases, ("say hello there", "wait"))
    returned = [place for place, one in enumerate(tape.moments) if isinstance(one.event, events.MarkReached)]
    del tape.moments[returned[3]]
    # The last ones are on their way when the call ends.
    tape.moments = tape.moments[: returned[-2] + 1]
    call = taped_call(tape)
    assert [late for late in call.marks.values() if late is None] == [None]
    marks = sum(isinstance(one.event, events.MarkReached) for one in tape.moments)
    assert len(call.marks) == marks + 1
    assert said(closed_loop(call, tape.options).turns) == said(call.turns)


def test_a_transfer_that_comes_later_is_answered_later(phrases: Path) -> None:
    tape = taped(phrases, ("say a person please, if you can", "wait"), IVR_TRANSFER_TO="+966500000009")
    call = taped_call(tape)
    assert call.transfers and not any(isinstance(one[2], events.CallerLeft) for one in call.caller)
    run = closed_loop(call, replace(tape.options, endpoint_ms=1500, endpoint_least_ms=1500))
    assert run.hang_up == call.hang_up and run.over_at > call.over_at + 0.3


def test_a_transfer_that_did_not_come_is_modelled(phrases: Path) -> None:
    peers = Peers(agent="mode=500", transcripts=("what is it",) * 6)
    tape = taped(phrases, ("say what is it", "say what is it", "hang up"), peers, IVR_TRANSFER_TO="+966500000009")
    call = taped_call(tape)
    run = closed_loop(call, replace(tape.options, failures_in_a_row=1))
    assert call.transfers == []
    assert run.hang_up is not None and run.hang_up.reason == "agent_unavailable_transfer"
    assert run.modelled[-1].why == "the carrier was not asked to dial then"


def test_a_voice_that_is_not_heard_is_even() -> None:
    call = TapedCall(Tape(TapeHeader("CA1")))
    assert call.voiced_share(0, 8000, 4000) == 0.5
    call.voiced = [0] * 60
    assert call.voiced_share(0, 8000, 2000) == 0.25
    call.voiced = list(range(60))
    assert call.voiced_share(0, 8000, 2000) == pytest.approx(12 / 50)
    assert call.voiced_share(0, 8000, 80000) == 1.0


def test_a_phone_that_sent_nothing_sends_nothing(plain: Tape) -> None:
    until = next(place for place, one in enumerate(plain.moments) if one.now > 5.0)
    first = plain.moments[until].now
    silent = [*plain.moments[:until], *(Moment(first + at / 10, events.Tick()) for at in range(200))]
    decided = list(steps(Tape(plain.header, silent, plain.phrase_audio)))
    moments = [Moment(one.moment.now, one.moment.event, one.records) for one in decided]
    call = taped_call(Tape(plain.header, moments, plain.phrase_audio))
    assert call.hang_up is not None and call.hang_up.reason == "no_media"
    run = closed_loop(call, plain.options)
    assert run.hang_up == call.hang_up
    assert abs(run.over_at - call.over_at) < 12


def test_requests_that_were_given_up_say_when(plain: Tape) -> None:
    moments = list(plain.moments)
    at = next(place for place, one in enumerate(moments) if isinstance(one.event, events.TtsAudio))
    given_up = [["CancelSpeech", {"turn": 1, "sentence": 1}], ["CloseReply", {"turn": 1}], ["SendMark", {"name": "x"}]]
    moments[at] = replace_now(moments[at], moments[at].now)
    moments[at].commands = given_up
    # Its audio is behind it on the tape, and the mark comes back in the middle of nowhere.
    moments.insert(at + 1, Moment(moments[at].now, events.MarkReached("y")))
    call = taped_call(Tape(plain.header, moments, plain.phrase_audio))
    assert call.speeches[1, 1].given_up_s == pytest.approx(0.45, abs=0.01)
    assert call.replies[1].given_up_s == pytest.approx(0.87, abs=0.01)
    assert call.marks["x"] is None and "y" not in call.marks


def test_a_late_tick_is_late_again(phrases: Path) -> None:
    tape = taped(phrases, ("say hello there", "hang up"), Peers(pace=TokenPace(first_token=4.0)))
    at = next(
        i
        for i, m in enumerate(tape.moments)
        if ["Note", "filler"] in [[c[0], c[1].get("name")] for c in m.commands if c[0] == "Note"]
    )
    due = tape.moments[at].now
    tape.moments[at] = replace_now(tape.moments[at], due + 0.005)
    call = taped_call(tape)
    assert call.late == [(due, due + 0.005)]
    [filler] = closed_loop(call, tape.options).turns[1].fillers
    assert filler.ready_at == due + 0.005
