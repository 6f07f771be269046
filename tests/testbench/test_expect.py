"""What every call has to be, and what a scenario expects, held against what came of the call."""

from __future__ import annotations

from typing import Any

from ivr.testbench.expect import CALL_KEYS, STEP_KEYS, WORDS, ExpectedCall, ExpectedStep, Expects, holds, unknown, unmet
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report.result import result
from ivr.testbench.scenario import from_words

GREETING: dict[str, Any] = {
    "kind": "greeting", "said": "", "sound_ms": 250.0, "answer_ms": 250.0, "audible_ms": 250.0, "failure": None,
    "barge_in_stop_ms": None, "resumed": None, "transcript": "", "heard": "Welcome.", "unheard": "", "answered": False,
    "outcome": "heard", "spent_ms": {},
}  # fmt: skip
TURN: dict[str, Any] = {
    **GREETING, "kind": "speech", "said": "Hello", "sound_ms": 500.0, "answer_ms": 900.0, "transcript": "Hello there",
    "heard": "Sure, it's 25 SAR.", "unheard": "More?", "answered": True,
    "spent_ms": {"endpoint": 500.0, "stt": 200.0, "agent": 100.0, "tts": 90.0, "own": 10.0},
}  # fmt: skip
CALL: dict[str, Any] = {
    "untold": None, "ended_by": "agent", "refused": None, "result": "success", "reason": "agent_goodbye",
    "seconds": 20.0, "first_audio_ms": 250.0,
    "first_audible_ms": 260.0, "silence_ms": 2400.0, "underruns_ms": [40.0, 60.0], "discarded_ms": 7.5,
    "gave_up": [], "not_played": [], "warnings": [{"code": 31951, "reason": "odd"}], "document_said": ["Good", "bye."],
    "transfer": ["+9661"], "on_time": True, "turns": [GREETING, TURN],
}  # fmt: skip
SAID = "step 1 (say 'Hello')"
NO_DEV = "no --dev"
TOLD = ("answer_ms", "audible_ms", *WORDS, "answered", "outcome", "failure", "spent_ms", "resumed")
UNTOLD = dict.fromkeys(TOLD)


def judged(
    call: Expects | None = None,
    step: Expects | None = None,
    *,
    act: dict[str, Any] | None = None,
    greeting: dict[str, Any] | None = None,
    waits: bool = True,
    awaited: bool = False,
    **changes: Any,
) -> list[str]:
    """Judge a good call with some changes."""
    turns = [{**GREETING, **(greeting or {})}, {**TURN, **(act or {})}]
    expected = ExpectedCall(call or {}, [ExpectedStep(SAID, step or {}, waits)], awaited)
    return unmet(expected, {**CALL, "turns": turns, **changes})


def untold(**changes: Any) -> dict[str, Any]:
    """A call whose bridge tells nothing."""
    return {"untold": NO_DEV, "result": None, "reason": None, "greeting": UNTOLD, "act": {**UNTOLD, **changes}}


def refuse(found: list[tuple[str, list[str], list[str]]]) -> None:
    """Report every row that is not as it should be."""
    wrong = [f"{name}: {got} instead of {wanted}" for name, got, wanted in found if got != wanted]
    assert not wrong, "\n".join(wrong)


def test_keys_are_fields_of_a_result() -> None:
    found = result(PhoneRecord(), from_words(["press 1"]), NO_DEV)
    for key in CALL_KEYS.values():
        key.value(found)
    for key in STEP_KEYS.values():
        key.value(found["turns"][0])


def test_good_call_has_nothing_to_say() -> None:
    assert judged() == []
    assert judged(**untold()) == []


def test_what_no_call_may_be() -> None:
    apology: dict[str, Any] = {"failure": "http_500", "answer_ms": None, "answered": False, "heard": "Sorry."}
    failed = [f"{SAID}: no answer: http_500; the caller heard 'Sorry.'"]
    mute: dict[str, Any] = {"answered": False, "answer_ms": None, "heard": ""}
    cough: dict[str, Any] = {**mute, "resumed": True}
    upstream: dict[str, Any] = {"result": "upstream_error", "reason": "agent_unavailable"}
    over = ["the call ended in upstream_error: agent_unavailable"]
    refused: dict[str, Any] = {"refused": "nothing listens", "ended_by": "refused", "turns": [GREETING]}
    late: dict[str, Any] = {"gave_up": ["step 1"], "not_played": ["step 2", "step 3"]}
    vain = ["waited in vain: step 1"]
    not_played = [f"not played, because the call was over: step {number}" for number in (2, 3)]
    silent: dict[str, Any] = {"result": "caller_error", "reason": "caller_silent"}
    rows: list[tuple[str, list[str], list[str]]] = [
        ("apology", judged(act=apology), failed),
        ("apology, expected by failure", judged(step={"failure": ("http_500",)}, act=apology), []),
        ("apology, expected by outcome", judged(step={"outcome": ("heard",)}, act=apology), []),
        ("apology, expected by answered", judged(step={"answered": False}, act=apology), []),
        ("half an answer", judged(act={"failure": "tts"}), [f"{SAID}: no whole answer: tts; the caller heard "
                                                            "\"Sure, it's 25 SAR.\""]),
        ("no answer", judged(act=mute), [f"{SAID}: no answer; understood was 'Hello there'"]),
        ("not understood", judged(act={**mute, "transcript": ""}), [f"{SAID}: no answer; nothing was understood"]),
        ("no answer, not waited for", judged(act=mute, waits=False), []),
        ("a cough", judged(act=cough), []),
        ("ended by a fault", judged(**upstream), over),
        ("by a fault of its own", judged(result="bridge_error", reason="x"), ["the call ended in bridge_error: x"]),
        ("expected by result", judged({"result": ("upstream_error",)}, act=apology, **upstream, **late), []),
        ("expected by reason", judged({"reason": ("/unavail/",)}, **upstream), []),
        ("success expected", judged({"result": ("success", "upstream_error")}, act=apology), failed),
        ("gave it up", judged(result="indeterminate", reason="no_media"), ["the bridge gave the call up: no_media"]),
        ("caller left", judged(result="indeterminate", reason="caller_drop", ended_by="caller"), []),
        ("caller silent", judged(**silent), []),
        ("hang-up awaited", judged(**silent, awaited=True), ["the agent did not hang up; the bridge ended the call: "
                                                             "caller_silent"]),
        ("died", judged(ended_by="lost"), ["the connection died after 20.0 s"]),
        ("died, expected", judged({"ended_by": ("lost",)}, ended_by="lost"), []),
        ("refused", judged(**refused), ["the call was refused: nothing listens"]),
        ("refused, expected", judged({"ended_by": ("refused",)}, **refused), []),
        ("refused, words expected", judged({"refused": ("listens",)}, **refused), []),
        ("never heard", judged(first_audio_ms=None, first_audible_ms=None), ["the agent was never heard"]),
        ("only silence", judged(first_audible_ms=None), ["the agent was never heard: all it sent was silence"]),
        ("steps not played", judged(**late), vain + not_played),
        ("one of them expected", judged({"not_played": 2.0}, **late), vain),
        ("mute greeting", judged(greeting={"failure": "tts"}), ["the greeting: not said: tts"]),
        ("no sound, untold", judged(**untold(sound_ms=None), ended_by="caller"), [f"{SAID}: no sound of the agent came "
                                                                                 "after it"]),
        ("no sound, untold, hung up", judged(**untold(sound_ms=None)), []),
        ("no sound, untold, not waited for", judged(**untold(sound_ms=None), ended_by="caller", waits=False), []),
    ]  # fmt: skip
    refuse(rows)


def test_what_is_expected_of_a_call() -> None:
    rows: list[tuple[Expects, list[str]]] = [
        ({"ended_by": ("agent", "carrier"), "result": ("success",), "reason": ("/good/",)}, []),
        ({"transfer": ("/^.9661$/",), "not_unheard": ("x",)}, []),
        ({"seconds": 20.0, "first_audio_ms": 250.0, "silence_ms": 2400.0, "underruns": 2.0, "discarded_ms": 8.0}, []),
        ({"gave_up": 0.0, "not_played": 0.0, "warnings": 1.0, "on_time": True, "document_said": ("good BYE",)}, []),
        ({"heard": ("welcome", "25 sar"), "not_heard": ("sorry",), "transcript": ("hello",)}, []),
        ({"answer_ms": 900.0}, []),
        ({"ended_by": ("caller",)}, ["ended_by: expected caller, got agent"]),
        ({"ended_by": ("caller", "lost")}, ["ended_by: expected caller or lost, got agent"]),
        ({"result": ("caller_error",)}, ["result: expected caller_error, got success"]),
        ({"transfer": False}, ["transfer: expected none, got +9661"]),
        ({"first_audio_ms": 200.0}, ["first_audio_ms: expected at most 200, got 250"]),
        ({"discarded_ms": 0.0}, ["discarded_ms: expected at most 0, got 7.5"]),
        ({"underruns": 1.0}, ["underruns: expected at most 1, got 2 (40 ms, 60 ms)"]),
        ({"warnings": 0.0}, ["warnings: expected at most 0, got 1 (31951 odd)"]),
        ({"on_time": False}, ["on_time: expected no, got yes"]),
        ({"not_heard": ("nothing", "sar")}, ["not_heard: expected no 'nothing' nor 'sar', "
                                             "got \"Welcome. Sure, it's 25 SAR.\""]),
        ({"refused": ("busy",)}, ["refused: expected 'busy', got nothing"]),
        ({"barge_in_stop_ms": 200.0}, ["barge_in_stop_ms: expected at most 200, got none"]),
        ({"answer_ms": 800.0}, ["answer_ms: expected at most 800, got 900"]),
    ]  # fmt: skip
    refuse([(str(wants), judged(wants), [f"the call: {line}" for line in lines]) for wants, lines in rows])
    assert judged({"transfer": True}, transfer=[]) == ["the call: transfer: expected one, got none"]
    late = judged({"gave_up": 0.0}, gave_up=["step 1"])
    assert late == ["the call: gave_up: expected at most 0, got 1 (step 1)"]


def test_what_is_expected_of_a_step() -> None:
    rows: list[tuple[Expects, dict[str, Any], list[str]]] = [
        ({"answer_ms": 900.0, "sound_ms": 500.0, "agent_ms": 100.0, "own_ms": 10.0}, {}, []),
        ({"transcript": ("hello",), "heard": ("SURE It's", "25 sar", "/\\d+ sar/"), "unheard": ("more",)}, {}, []),
        ({"answered": True, "outcome": ("heard", "interrupted"), "failure": False}, {}, []),
        ({"resumed": True}, {"resumed": True, "answered": False}, []),
        ({"answer_ms": 800.0}, {}, ["answer_ms: expected at most 800, got 900"]),
        ({"answer_ms": 800.0, "answered": False}, {"answer_ms": None, "answered": False},
         ["answer_ms: expected at most 800, got none"]),
        ({"transcript": ("there hello",)}, {}, ["transcript: expected 'there hello', got 'Hello there'"]),
        ({"transcript": ("ell",)}, {}, ["transcript: expected 'ell', got 'Hello there'"]),
        ({"heard": ("/^sar/",)}, {}, ["heard: expected '/^sar/', got \"Sure, it's 25 SAR.\""]),
        ({"unheard": ("more",)}, {"unheard": ""}, ["unheard: expected 'more', got nothing"]),
        ({"failure": ("http_500",)}, {"failure": "tts"}, ["failure: expected http_500, got tts"]),
        ({"failure": True}, {}, ["failure: expected one, got none"]),
        ({"answered": False}, {}, ["answered: expected no, got yes"]),
        ({"resumed": False}, {}, ["resumed: expected no, got none"]),
        ({"agent_ms": 99.0}, {"spent_ms": None}, ["agent_ms: expected at most 99, got none"]),
        ({"outcome": ("failed",)}, {}, ["outcome: expected failed, got heard"]),
    ]  # fmt: skip
    refuse([(str(w), judged(step=w, act=act), [f"{SAID}: {line}" for line in lines]) for w, act, lines in rows])


def test_what_the_bridge_does_not_tell() -> None:
    told = f"not known: {NO_DEV}"
    rows: list[tuple[Expects, dict[str, Any], list[str]]] = [
        ({"answer_ms": 900.0}, untold(), [f"answer_ms: expected at most 900; not known (a sound came after 500 ms): "
                                          f"{NO_DEV}"]),
        ({"answer_ms": 400.0}, untold(), ["answer_ms: expected at most 400, got 500"]),
        ({"answer_ms": 400.0}, untold(sound_ms=None), [f"answer_ms: expected at most 400; {told}"]),
        ({"heard": ("x",)}, untold(), [f"heard: expected 'x'; {told}"]),
        ({"not_heard": ("x",)}, untold(), [f"not_heard: expected no 'x'; {told}"]),
        ({"resumed": True}, untold(), [f"resumed: expected yes; {told}"]),
        ({"sound_ms": 500.0}, untold(), []),
    ]  # fmt: skip
    refuse(
        [(str(wants), judged(step=wants, **call), [f"{SAID}: {line}" for line in lines]) for wants, call, lines in rows]
    )
    assert judged({"underruns": 1.0}, **untold())[0].endswith(f"some may be behind a filler, not known: {NO_DEV}")
    assert judged({"heard": ("x",)}, **untold()) == [f"the call: heard: expected 'x'; {told}"]


def test_what_could_not_be_judged() -> None:
    step = ExpectedCall(steps=[ExpectedStep(SAID)])
    assert unknown(step, CALL) == []
    assert unknown(step, {**CALL, "untold": NO_DEV}) == [f"whether what the caller heard were answers: {NO_DEV}"]
    assert unknown(step, {**CALL, "untold": NO_DEV, "refused": "busy"}) == []
    assert unknown(ExpectedCall(), {**CALL, "untold": NO_DEV}) == []


def test_marks_over_letters_do_not_count() -> None:
    text = "تَصِلُ الشُّحنةُ غداً، يا café"
    assert all(holds(text, wanted) for wanted in ("تصل الشحنة غدا", "CAFE", "/شُّ/"))
    assert not holds(text, "/")


def test_step_that_was_not_played() -> None:
    expected = ExpectedCall({"not_played": 9.0}, [ExpectedStep(SAID), ExpectedStep("step 2 (x)", {"answer_ms": 9.0})])
    line = "step 2 (x): expected answer_ms, but it was not played"
    assert unmet(expected, {**CALL, "not_played": ["step 2 (x)"]}) == [line]
