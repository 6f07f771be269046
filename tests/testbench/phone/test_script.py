"""The script of a scenario, driven by hand: which act is due when."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone, PhoneOptions
from ivr.testbench.phone.script import CallerAct, HangUpPhone, PhoneScript, PressKey, SayAudio, StepTimedOut
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import HangUpStep, IntoReply, Scenario, Step, Wait, from_words

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)
SECOND = b"\x10" * 8000


def near(seconds: float, abs: float = 0.0) -> Any:
    """About then; typed so that it may stand where a number stands."""
    return pytest.approx(seconds, abs=abs)


class Stage:
    """A phone that is polled every 20 ms, and a script that is watched."""

    def __init__(
        self, *lines: str, settle_ms: float = 500, patience_s: float = 10, steps: tuple[Step, ...] = ()
    ) -> None:
        scenario = from_words(lines or ["wait"])
        self.phone = Phone(IDS, PhoneRecord(), options=PhoneOptions(start_burst=1))
        self.script = PhoneScript(
            Scenario(steps or scenario.steps, settle_ms=settle_ms, patience_s=patience_s),
            dict.fromkeys(range(len(lines)), SECOND),
        )
        self.frames = 0
        self.phone.open(self.now)
        self.phone.poll(self.now)

    @property
    def now(self) -> float:
        return 0.02 * (self.frames + 1)

    def agent(self, ms: float) -> None:
        payload = base64.b64encode(b"\x20" * int(8 * ms)).decode()
        message = {"event": "media", "streamSid": IDS.stream, "media": {"payload": payload}}
        self.phone.receive(json.dumps(message), self.now)

    def until(self, seconds: float) -> list[tuple[float, CallerAct]]:
        """Let time pass; every act that came due, performed, with its time."""
        seen: list[tuple[float, CallerAct]] = []
        while self.now < seconds - 1e-9:
            self.frames += 1
            for due in self.script.poll(self.phone, self.now):
                seen.append((round(self.now, 3), due))
                match due:
                    case SayAudio(ulaw, label):
                        self.phone.say(ulaw, self.now, label)
                    case PressKey(digit, more):
                        self.phone.press(digit, self.now, more=more)
                    case HangUpPhone(how):
                        self.phone.hang_up(self.now, how)
            self.phone.poll(self.now)
        return seen


def test_step_comes_when_the_agent_has_finished() -> None:
    stage = Stage("say hello", "after 0.3 say bye")
    assert stage.until(2) == []
    stage.agent(1000)
    assert stage.until(5) == [(3.5, SayAudio(SECOND, "hello"))]
    stage.agent(400)
    assert stage.until(7) == [(6.2, SayAudio(SECOND, "bye"))]
    assert stage.script.step == Step(Wait())
    assert repr(stage.script) == "<PhoneScript step 3 of 2>"


def test_pause_of_the_agent_is_not_its_end() -> None:
    stage = Stage("say hello")
    stage.agent(500)
    stage.until(0.9)
    stage.agent(500)
    assert stage.until(3) == [(near(1.9, abs=0.021), SayAudio(SECOND, "hello"))]


def test_agent_that_owes_an_answer_has_not_finished() -> None:
    stage = Stage("press 1")
    stage.agent(200)
    stage.script.agent_owes = True
    assert stage.until(3) == []
    stage.script.agent_owes = False
    # Audio that the bridge sent last may be on its way.
    assert [act for _, act in stage.until(3.4)] == []
    assert stage.until(4) == [(near(3.52, abs=0.05), PressKey("1", more=False))]


def test_end_of_the_greeting_is_not_an_answer() -> None:
    stage = Stage("say one", "say two")
    stage.agent(300)
    assert [act for _, act in stage.until(8)] == [SayAudio(SECOND, "one")]
    stage.agent(300)
    assert [act for _, act in stage.until(9)] == [SayAudio(SECOND, "two")]


def test_agent_over_the_caller_is_not_an_answer() -> None:
    stage = Stage("at 0.5 say one", "say two")
    stage.until(0.8)
    stage.agent(300)
    assert stage.until(4) == []
    stage.agent(300)
    assert [act for _, act in stage.until(6)] == [SayAudio(SECOND, "two")]


def test_step_over_the_answer() -> None:
    stage = Stage("at 0.5 say one", "over 1000 say stop")
    stage.until(2)
    stage.agent(3000)
    assert stage.until(6) == [(near(3.0, abs=0.021), SayAudio(SECOND, "stop"))]
    assert stage.phone.record.speech[-1].over


def test_step_over_a_numbered_reply() -> None:
    stage = Stage(steps=(Step(HangUpStep(), IntoReply(200, reply=0)),))
    stage.agent(1000)
    assert stage.until(2) == [(near(0.22, abs=0.021), HangUpPhone("stop"))]
    assert stage.until(3) == []


def test_step_at_a_time() -> None:
    stage = Stage("at 1 say one", "at 1.5 say two", "at 4 hang up")
    assert stage.until(9) == [
        (1.0, SayAudio(SECOND, "one")),
        (2.0, SayAudio(SECOND, "two")),
        (4.0, HangUpPhone("stop")),
    ]


def test_keys_come_one_by_one() -> None:
    stage = Stage("at 0.1 press 123", "at 0.2 press 4")
    assert stage.until(2) == [
        (0.1, PressKey("1", more=False)),
        (0.36, PressKey("2", more=True)),
        (0.62, PressKey("3", more=True)),
        (0.64, PressKey("4", more=False)),
    ]
    assert stage.phone.acts == 2


def test_step_that_times_out_is_done_anyway() -> None:
    stage = Stage("say one", "over 500 say two", patience_s=2)
    acts = stage.until(9)
    assert acts[0] == (
        near(2.04, abs=0.03),
        StepTimedOut("2 s (patience_s) for the agent to finish, at step 1 (say 'one')"),
    )
    assert acts[1][1] == SayAudio(SECOND, "one")
    assert acts[2][1] == StepTimedOut("2 s (patience_s) for the agent to speak for 500 ms, at step 2 (say 'two')")


def test_end_waits_for_the_agent_to_hang_up() -> None:
    stage = Stage("wait", patience_s=3)
    assert stage.until(9) == [
        (near(3.04, abs=0.03), StepTimedOut("3 s (patience_s) for the agent to hang up, at step 1 (wait)")),
        (near(3.04, abs=0.03), HangUpPhone("stop")),
    ]


def test_step_has_its_own_patience() -> None:
    stage = Stage(steps=(Step(Wait(), patience_s=1),))
    assert [act for _, act in stage.until(2)] == [
        StepTimedOut("1 s (patience_s) for the agent to hang up, at step 1 (wait)"),
        HangUpPhone("stop"),
    ]


def test_scenario_without_an_end_waits_for_nothing() -> None:
    stage = Stage("at 0 press 1", patience_s=3)
    assert [act for _, act in stage.until(9)] == [PressKey("1", more=False), HangUpPhone("stop")]


def test_wait_ends_when_the_agent_never_hangs_up() -> None:
    stage = Stage("wait")
    stage.phone.closed(stage.now, 1000)
    assert stage.until(20) == []


def test_step_without_audio_is_refused() -> None:
    with pytest.raises(ValueError, match="no audio for step 2"):
        PhoneScript(from_words(["wait", "say x"]), {})
    assert PhoneScript(from_words(["wav a.wav"]), {0: b"x"}).step.act.path == Path("a.wav")  # type: ignore[union-attr]


def test_file_is_labelled_by_its_name() -> None:
    stage = Stage("at 0.1 wav folder/a.wav")
    assert stage.until(1) == [(0.1, SayAudio(SECOND, "a.wav"))]
