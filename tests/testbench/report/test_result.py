"""A call for a machine."""

from __future__ import annotations

import json

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.observe.recent_calls import CallSnapshot
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import Cleared, PhoneRecord, Speech
from ivr.testbench.report.result import FORMAT, result
from ivr.testbench.scenario import from_toml, from_words

UNTOLD = "no --dev"


def a_record() -> PhoneRecord:
    """Greeted at 0.5 s; asked from 2 s to 3 s, answered from 4 s; two keys at 6 s, answered from 7 s."""
    record = PhoneRecord(call_sid="CA1", t0=100.0, ended="agent", said=["Goodbye."])
    record.caller += b"\xff" * 64_000
    record.heard += b"\x10\x90" * 32_000
    record.runs = [PlayedRun(4000, 8000, 0), PlayedRun(32_000, 40_000, 1), PlayedRun(56_000, 60_000, 2)]
    record.speech = [Speech("Hello", 16_000, 24_000)]
    record.note(106.0, "digit", "1")
    record.note(106.25, "digit", "#")
    record.note(107.0, "gave_up", "the agent did not finish")
    return record


def turns() -> list[Turn]:
    greeting = Turn(0, "phrase", outcome="heard", heard="Welcome. ", first_sent_at=100.4)
    asked = Turn(1, "speech", "hello", outcome="failed", failure="http_500", speech_started_at=102.1, heard="Sorry.")
    again = Turn(2, "speech", "you", outcome="interrupted", speech_started_at=102.9, heard="Hi.", unheard=" More")
    again.speech_ended_at, again.endpoint_at, again.transcript_at, again.asked_at = 103.0, 103.5, 103.7, 103.7
    again.first_delta_at = 103.8
    again.sentences = [Sentence(1, "Hi.", "Hi.", 103.8, 103.8, 103.9, 104.0)]
    keys = Turn(3, "dtmf", "1#", outcome="heard", asked_at=106.5, heard="One.")
    keys.sentences = [Sentence(1, "One.", "One.", 106.9, 106.9, 106.95, 107.0)]
    return [greeting, asked, again, keys]


def test_every_act_has_its_figures_and_its_words() -> None:
    scenario = from_words(["say Hello", "press 1#", "wait", "say Never"])
    found = result(a_record(), scenario, CallSnapshot(100.2, "success", "agent_goodbye", turns()))
    assert json.loads(json.dumps(found)) == found
    assert (found["format"], found["call"], found["seconds"], found["ended_by"]) == (FORMAT, "CA1", 8.0, "agent")
    assert (found["result"], found["reason"], found["refused"]) == ("success", "agent_goodbye", None)
    assert (found["first_audio_ms"], found["gave_up"]) == (500.0, ["the agent did not finish"])
    greeting, asked, keys = found["turns"]
    assert (greeting["kind"], greeting["heard"], greeting["answer_ms"]) == ("greeting", "Welcome.", 500.0)
    assert (asked["said"], asked["at_s"], asked["until_s"], asked["answer_ms"]) == ("Hello", 2.0, 3.0, 1000.0)
    assert (asked["transcript"], asked["heard"], asked["unheard"]) == ("hello you", "Sorry. Hi.", "More")
    assert (asked["outcome"], asked["failure"]) == ("interrupted", "http_500")
    assert asked["spent_ms"] == {"endpoint": 500.0, "stt": 200.0, "agent": 100.0, "tts": 100.0, "own": 100.0}
    assert (keys["kind"], keys["said"], keys["at_s"], keys["until_s"], keys["answer_ms"]) == (
        "keys", "1#", 6.0, 6.25, 750.0,
    )  # fmt: skip
    assert (keys["transcript"], keys["heard"]) == ("1#", "One.")


def test_a_barge_in_has_its_time_to_silence() -> None:
    record = a_record()
    record.speech = [Speech("Stop", 36_000, 44_000, over=True)]
    assert [turn["barge_in_stop_ms"] for turn in result(record, from_words(["say Stop"]), UNTOLD)["turns"]] == [
        None
    ] * 2
    record.cleared = [Cleared(39_600, 900.0)]
    found = result(record, from_words(["say Stop"]), UNTOLD)
    assert [(turn["barge_in_stop_ms"], turn["resumed"]) for turn in found["turns"]] == [(None, None), (500.0, None)]


def test_agent_that_goes_on_after_a_cough() -> None:
    record = a_record()
    record.speech = [Speech("Ahem", 36_000, 37_000, over=True)]
    asked = turns()
    asked[2].overlaps = [Overlap(104.5, 104.6, 104.6)]
    for verdict, stop, resumed in (("resume", None, True), ("commit", 500.0, False)):
        asked[2].overlaps[0].verdict = verdict  # type: ignore[assignment]
        told = CallSnapshot(100.2, "success", "agent_goodbye", asked)
        act = result(record, from_words(["say Ahem"]), told)["turns"][1]
        assert (act["barge_in_stop_ms"], act["resumed"]) == (stop, resumed)


def test_apology_is_no_answer() -> None:
    record, sorry = (
        a_record(),
        Turn(1, "speech", "hello", outcome="failed", failure="http_500", speech_started_at=102.0),
    )
    sorry.sentences = [Sentence(1, "Sorry.", "Sorry.", 103.8, 103.8, 103.9, 104.0, fixed=True)]
    told = CallSnapshot(100.2, "success", "agent_goodbye", [turns()[0], sorry])
    act = result(record, from_words(["say Hello"]), told)["turns"][1]
    assert (act["sound_ms"], act["answer_ms"], act["audible_ms"], act["answered"]) == (1000.0, None, None, False)
    # The same words of the line, asked for by the agent, are its answer: a transfer.
    sorry.failure = ""
    act = result(record, from_words(["say Hello"]), told)["turns"][1]
    assert (act["answer_ms"], act["answered"]) == (1000.0, True)


def test_sentence_that_was_never_said_is_a_failure() -> None:
    whole = turns()
    lost = Sentence(2, "More.", "More.", 104.0, failed="silent")
    whole[3].sentences.append(lost)
    told = CallSnapshot(100.2, "success", "agent_goodbye", whole)
    assert result(a_record(), from_words(["say Hello", "press 1#"]), told)["turns"][2]["failure"] == "silent"
    lost.again_from = 0
    assert result(a_record(), from_words(["say Hello", "press 1#"]), told)["turns"][2]["failure"] is None


def test_steps_that_the_end_of_the_call_prevented() -> None:
    record = a_record()
    record.speech[0].cut = True
    found = result(record, from_words(["say Hello", "press 1#", "say More", "press 2", "wait"]), UNTOLD)
    assert found["not_played"] == [
        "step 1 (say 'Hello'), from the middle on",
        "step 3 (say 'More')",
        "step 4 (press 2)",
    ]


def test_a_bridge_that_tells_nothing_leaves_its_part_open() -> None:
    found = result(a_record(), from_words(["say Hello"]), UNTOLD)
    assert found["untold"] == UNTOLD
    assert (found["result"], found["turns"][1]["transcript"], found["turns"][1]["spent_ms"]) == (None, None, None)


def test_an_act_that_the_bridge_did_not_notice() -> None:
    turn = result(a_record(), from_words(["say Hello"]), CallSnapshot(100.2, "success", "x", [Turn(0, "phrase")]))[
        "turns"
    ][1]
    assert (turn["transcript"], turn["outcome"], turn["spent_ms"]) == ("", None, None)


def test_a_call_that_was_refused() -> None:
    record = PhoneRecord(ended="refused", warnings={11200: "HTTP 403"})
    found = result(record, from_words(["press 1", "say x"]), CallSnapshot(1.0))
    assert found["refused"] == "by the bridge: the call: HTTP 403 (11200)"
    assert [turn["kind"] for turn in found["turns"]] == ["greeting"]
    assert found["turns"][0]["heard"] is None


def test_keys_and_the_words_that_follow_at_once_are_told_apart() -> None:
    record = PhoneRecord(call_sid="CA1", t0=100.0, caller=bytearray(64_000), heard=bytearray(64_000))
    record.note(102.0, "digit", "7")
    record.note(102.2, "digit", "#")
    record.speech = [Speech("Hello", 18_400, 24_000)]  # from 2.3 s on
    keys = Turn(1, "dtmf", "7", outcome="interrupted", asked_at=102.21)
    words = Turn(2, "speech", "hello", outcome="failed", failure="empty", speech_started_at=102.25, heard="Sorry.")
    asked_again = Turn(3, "phrase", outcome="heard", first_sent_at=107.0, heard="Still there?")
    told = CallSnapshot(100.1, "success", "x", [keys, words, asked_again])
    _, first, second = result(record, from_words(["press 7#", "say Hello"]), told)["turns"]
    assert (first["transcript"], first["outcome"], first["failure"]) == ("7", "interrupted", None)
    assert (second["transcript"], second["outcome"], second["failure"]) == ("hello", "failed", "empty")
    assert second["heard"] == "Sorry. Still there?"
    greeting, alone = result(record, from_words(["press 7#"]), told)["turns"]
    assert (greeting["transcript"], alone["transcript"]) == ("", "7 hello")


def test_a_filler_is_no_answer() -> None:
    record, told = a_record(), CallSnapshot(100.2, "success", "x", turns())
    record.runs.insert(1, PlayedRun(28_000, 30_000, 1))
    asked = result(record, from_words(["say Hello"]), told)["turns"][1]
    assert (asked["sound_ms"], asked["answer_ms"]) == (500.0, 1000.0)
    asked = result(record, from_words(["say Hello"]), UNTOLD)["turns"][1]
    assert (asked["sound_ms"], asked["answer_ms"], asked["audible_ms"]) == (500.0, None, None)


def test_what_the_scenario_expects_is_judged() -> None:
    text = '[expect]\nended_by = "caller"\n[[step]]\nwait = true\n[[step]]\nsay = "Hello"\n[step.expect]\nanswer_ms = 1'
    assert result(a_record(), from_toml(text), CallSnapshot(100.2, "success", "x", turns()))["unmet"] == [
        "waited in vain: the agent did not finish",
        "the call: ended_by: expected caller, got agent",
        "step 2 (say 'Hello'): no whole answer: http_500; the caller heard 'Sorry. Hi. One.'",
        "step 2 (say 'Hello'): answer_ms: expected at most 1, got 1000",
    ]


def test_hang_up_over_rest_is_one_by_the_agent() -> None:
    record = a_record()
    record.ended = "carrier"
    assert result(record, from_words(["say Hello"]), UNTOLD)["ended_by"] == "agent"
    record.dialled = ["+9661"]
    assert result(record, from_words(["say Hello"]), UNTOLD)["ended_by"] == "carrier"
