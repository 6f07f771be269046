"""A caller who acts when told: each prompt at its moment, and an answer for each."""

import base64
import json

from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone, PhoneOptions
from ivr.testbench.phone.prompted import CALL_OVER, Prompt, PromptedScript, Words
from ivr.testbench.phone.script import CallerAct, HangUpPhone, PressKey, SayAudio
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import At, HangUpStep, IntoReply, Press, Wait

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)
WORDS = Words(b"\x10" * 8000, "a second")


class Stage:
    """A phone that is polled every 20 ms, and a caller who is told what to do."""

    def __init__(self) -> None:
        self.phone = Phone(IDS, PhoneRecord(), options=PhoneOptions(start_burst=1))
        self.script = PromptedScript(settle_ms=500)
        self.answers = 0
        self.script.answered = self._count
        self.frames = 0
        self.phone.open(self.now)
        self.phone.poll(self.now)

    @property
    def now(self) -> float:
        return round(0.02 * (self.frames + 1), 3)

    def _count(self) -> None:
        self.answers += 1

    def agent(self, ms: float) -> None:
        payload = base64.b64encode(b"\x20" * int(8 * ms)).decode()
        self.phone.receive(
            json.dumps({"event": "media", "streamSid": IDS.stream, "media": {"payload": payload}}), self.now
        )

    def until(self, seconds: float) -> list[tuple[float, CallerAct]]:
        """Let time pass; every act that came due, performed, with its time."""
        seen: list[tuple[float, CallerAct]] = []
        while self.now < seconds - 1e-9:
            self.frames += 1
            for due in self.script.poll(self.phone, self.now):
                seen.append((self.now, due))
                match due:
                    case SayAudio(ulaw, label):
                        self.phone.say(ulaw, self.now, label)
                    case PressKey(digit, more):
                        self.phone.press(digit, self.now, more=more)
                    case HangUpPhone(how):
                        self.phone.hang_up(self.now, how)
                    case _:
                        raise AssertionError(due)
            self.phone.poll(self.now)
        return seen


def test_without_a_prompt_the_caller_does_nothing() -> None:
    stage = Stage()
    stage.agent(200)
    assert stage.until(5) == []
    assert stage.script.answer is None
    assert (stage.answers, repr(stage.script)) == (0, "<PromptedScript 'idle'>")


def test_words_come_when_the_agent_has_finished() -> None:
    stage = Stage()
    stage.agent(1000)
    stage.script.ask(Prompt(WORDS))
    assert "a second" in repr(stage.script)
    ((at, act),) = stage.until(1.8)
    assert act == SayAudio(WORDS.ulaw, "a second")
    assert at == 1.52  # 20 ms until the audio came, a second of it, half a second of silence
    assert stage.answers == 0, "the words are not said to their end yet"
    stage.until(2.6)
    assert (stage.script.answer, stage.answers) == ("", 1)


def test_an_agent_that_owes_has_not_finished() -> None:
    stage = Stage()
    stage.agent(1000)
    stage.script.ask(Prompt(WORDS))
    stage.script.agent_owes = True
    assert stage.until(3) == []
    stage.script.agent_owes = False
    ((at, _),) = stage.until(4)
    assert at == 3.5


def test_a_second_prompt_waits_for_the_words_before() -> None:
    stage = Stage()
    stage.agent(3000)
    stage.script.ask(Prompt(WORDS, IntoReply(200)))
    stage.until(0.3)
    stage.script.ask(Prompt(WORDS, At(0.4)))
    assert [at for at, _ in stage.until(2)] == [1.22]


def test_keys_are_pressed_one_after_the_other() -> None:
    stage = Stage()
    stage.agent(500)
    stage.script.ask(Prompt(Press("1#")))
    assert stage.until(3) == [(1.02, PressKey("1", more=False)), (1.28, PressKey("#", more=True))]
    assert stage.script.answer == ""


def test_a_moment_alone_can_be_waited_for() -> None:
    stage = Stage()
    stage.agent(500)
    stage.script.ask(Prompt(None))
    assert stage.until(1.0) == []
    assert stage.script.answer is None
    stage.until(1.04)
    assert stage.script.answer == ""


def test_a_hang_up_is_done_at_once() -> None:
    stage = Stage()
    stage.script.ask(Prompt(HangUpStep("drop"), At(0.1)))
    assert stage.until(0.2) == [(0.1, HangUpPhone("drop"))]
    assert stage.script.answer == ""


def test_the_end_of_the_call_answers_a_prompt() -> None:
    over, waiting = Stage(), Stage()
    over.script.ask(Prompt(WORDS))
    waiting.script.ask(Prompt(Wait()))
    for stage in (over, waiting):
        stage.until(0.2)
        stage.phone.closed(stage.now, 1000)
        stage.until(0.3)
    assert (over.script.answer, waiting.script.answer) == (CALL_OVER, "")


def test_a_moment_that_never_comes_is_named() -> None:
    said: list[str | None] = []
    for prompt in (Prompt(WORDS, patience_s=2), Prompt(Wait(), patience_s=2), Prompt(WORDS, IntoReply(700), 2)):
        stage = Stage()
        stage.script.ask(prompt)
        stage.until(1.9)
        assert stage.script.answer is None
        stage.until(2.2)
        said.append(stage.script.answer)
    assert said == [
        "2 s passed without the agent speaking and then falling silent",
        "2 s passed without the agent hanging up",
        "2 s passed without 700 ms of the agent's reply",
    ]
