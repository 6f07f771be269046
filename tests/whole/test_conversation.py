"""Calls that go well: every part is real but the sockets and the VAD."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from ivr.call.commands import HangUp
from ivr.call.events import CallStarted
from ivr.media import g711
from ivr.media.vad import scorer as vad
from ivr.testbench import tts
from ivr.testbench.phone.figures import figures
from ivr.testbench.phone.phone import PhoneOptions, Stretch
from ivr.testbench.scenario import Scenario, from_words
from ivr.twilio.twiml import default_directory
from tests.whole.world import BYE, GREETING, PHRASE, PRICE, QUESTION, Peers, World, call

GOODBYE = HangUp("success", "agent_goodbye")
LEFT = HangUp("success", "caller_stop", from_caller=True)


def test_greeting_question_answer_goodbye(folder: Path) -> None:
    world = call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"])
    record = world.record
    assert world.hang_up == GOODBYE
    assert (record.ended, record.verbs, record.warnings, record.cut_ms) == ("carrier", ["Connect"], {}, 0)
    assert [asked["text"] for asked in world.asked] == [QUESTION, BYE]
    greeting, *sentences = world.heard()
    assert greeting > PHRASE
    assert sentences == [sentence.number for sentence in world.sentences()] == [1, 2, 3, 4, 5, 6]
    assert world.asked[0]["heard"] == GREETING
    assert world.asked[1]["heard"].startswith("Our branches are open")
    assert [asked["unheard"] for asked in world.asked] == ["", ""]
    assert world.asked[0]["call"]["sid"] == world.asked[1]["session_id"] == record.call_sid
    assert [turn.outcome for turn in world.turns] == ["heard"] * 3
    assert world.stats.sockets_used == {"tts": 1, "stt": 1}
    [(call_id, form)] = world.switchboard.requests
    assert (call_id, form) == (record.call_sid, {"Status": "completed"})


def test_agent_gets_all_that_came_with_the_call(folder: Path, tmp_path: Path) -> None:
    documents = tmp_path / "twiml"
    shutil.copytree(default_directory(), documents)
    answer = documents / "answer.xml"
    edited = answer.read_text("utf-8").replace("</Stream>", '<Parameter name="shift" value="ليل"/></Stream>')
    answer.write_text(edited, "utf-8")

    async def detected(world: World) -> None:
        await asyncio.sleep(0.5)
        started = world.happenings[0][1]
        assert isinstance(started, CallStarted)
        world.bridge.learn(started.call_id, {"AnsweredBy": "machine_start"})

    peers = Peers(voice_query="?branch=riyadh&token=mine")
    world = call(folder, [f"say {QUESTION}", "hang up"], peers, during=detected, IVR_TWIML_DIR=str(documents))
    given = world.asked[0]["call"]["parameters"]
    places = {"FromCountry": "SA", "ToCountry": "SA"}
    told = {"branch": "riyadh", "shift": "ليل", "StirVerstat": "TN-Validation-Passed-A", "AnsweredBy": "machine_start"}
    assert given == {**told, **places}


def test_sentences_are_heard_to_their_end(folder: Path) -> None:
    world = call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"])
    for sentence in world.sentences():
        assert world.heard_ms(sentence.number) == pytest.approx(sentence.seconds * 1000, abs=100)


def test_document_goes_on_after_a_goodbye_without_rest(folder: Path) -> None:
    world = call(folder, [f"say {BYE}", "wait"], Peers(rest=None), IVR_DEV="true")
    assert world.hang_up == GOODBYE
    assert (world.record.ended, world.record.verbs) == ("agent", ["Connect", "Redirect", "Say", "Hangup"])
    assert world.wires[0].code == 1000
    assert world.record.cut_ms == 0


def test_unrendered_phrases_are_spoken_in_the_call(folder: Path, tmp_path: Path) -> None:
    world = call(folder, [f"say {QUESTION}", "hang up"], prepared=False, IVR_CACHE_DIR=str(tmp_path))
    assert world.hang_up == LEFT
    assert world.sentences()[0].text == GREETING
    assert world.heard()[0] == 1
    assert world.stats.sockets_used["tts"] == 1


def test_rendered_greeting_is_heard_at_once(folder: Path) -> None:
    found = figures(call(folder, [f"say {QUESTION}", "hang up"]).record)
    assert found.first_audio_ms is not None
    assert found.first_audio_ms < 25


def test_six_turns_use_one_tts_connection(folder: Path) -> None:
    steps = [f"say {QUESTION}", f"over 3000 say {PRICE}", f"say {QUESTION}", f"over 1500 say {PRICE}", f"say {BYE}"]
    world = call(folder, ["say hello", *steps, "wait"])
    assert world.hang_up == GOODBYE
    assert len(world.asked) == 6
    assert [turn.outcome for turn in world.turns].count("interrupted") == 2
    assert world.stats.sockets_used == {"tts": 1, "stt": 1}
    assert world.stats.most_in_flight <= 2
    assert len(world.record.cleared) == 2


def test_call_through_the_applications_socket(folder: Path) -> None:
    world = call(folder, [f"say {QUESTION}", f"over 2000 say {BYE}", "wait"], Peers(sockets=True))
    assert world.hang_up == GOODBYE
    assert len(world.asked) == 2
    assert world.record.warnings == {}


def test_two_calls_give_the_same_record(folder: Path) -> None:
    one, other = (call(folder, [f"say {QUESTION}", f"over 2000 say {BYE}", "wait"]) for _ in range(2))
    assert one.record.heard == other.record.heard
    assert [(e.t, e.kind, e.detail) for e in one.record.entries] == [
        (e.t, e.kind, e.detail) for e in other.record.entries
    ]


def test_keys_are_a_turn(folder: Path) -> None:
    world = call(folder, ["press 1", "after 1 press 0501234567#", "hang up"])
    assert [(asked["event"], asked["text"]) for asked in world.asked] == [("dtmf", "1"), ("dtmf", "0501234567")]
    assert world.stats.requests["stt"] == 0


def test_silent_caller_is_asked_twice_and_hung_up(folder: Path) -> None:
    world = call(folder, Scenario(from_words(["wait"]).steps, patience_s=120))
    assert world.hang_up == HangUp("caller_error", "caller_silent")
    assert (world.asked, world.stats.requests["tts"]) == ([], 0)
    greeting, still_there, goodbye = world.heard()
    assert min(greeting, still_there, goodbye) > PHRASE
    assert [turn.sentences[0].text for turn in world.turns].count(world.turns[1].sentences[0].text) == 2
    assert world.record.ended == "carrier"


PAUSES = tuple(Stretch(at, 233) for at in range(900, 60_000, 700))
NETWORKS = [
    ("in bursts of eleven frames", PhoneOptions(strict=True, start_burst=11), 0.0),
    ("with pauses of 233 ms", PhoneOptions(strict=True, pauses=PAUSES), 0.0),
    ("with a second that comes late", PhoneOptions(strict=True, pauses=(Stretch(4_200, 1000),)), 0.0),
    ("in other chunks", PhoneOptions(strict=True, chunks=(1, 999, 320, 7, 160)), 0.0),
    ("with losses", PhoneOptions(strict=True, losses=(Stretch(4_300, 60), Stretch(5_000, 40))), 0.0),
    ("with latency", PhoneOptions(strict=True), 0.18),
    ("on a noisy line", PhoneOptions(strict=True, noise=True), 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("phone", "latency"), [row[1:] for row in NETWORKS], ids=[row[0] for row in NETWORKS])
def test_call_over_a_bad_network(folder: Path, phone: PhoneOptions, latency: float) -> None:
    steps = [f"say {QUESTION}", f"over 2000 say {BYE}", "wait"]
    world = call(folder, steps, Peers(phone=phone, latency=latency))
    assert world.hang_up == GOODBYE
    assert [asked["text"] for asked in world.asked] == [QUESTION, BYE]
    assert world.utterances() <= 3
    assert [turn.outcome for turn in world.turns] == ["heard", "interrupted", "heard"]
    assert figures(world.record).underruns == []


@pytest.mark.skipif(not tts.available(), reason="no espeak-ng on this machine")
def test_call_with_the_real_vad_and_espeak(folder: Path) -> None:
    def say(text: str) -> bytes:
        return g711.encode(tts.say(text, "en", rate=g711.RATE))

    steps = [f"say {QUESTION}", f"over 3000 say {BYE}", "wait"]
    world = call(folder, steps, scorer=vad.factory, voice=say)
    assert world.hang_up == GOODBYE
    assert [asked["text"] for asked in world.asked] == [QUESTION, BYE]
    assert [turn.outcome for turn in world.turns] == ["heard", "interrupted", "heard"]
    [barge_in] = figures(world.record).barge_ins
    assert barge_in.stop_ms < 400
