"""Transfers that come back: a telephone that rings in vain, and the same caller with the same agent again."""

from __future__ import annotations

from pathlib import Path

from ivr.call.commands import HangUp
from ivr.call.events import CallStarted
from ivr.config.default_phrases import PHRASES
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.carrier import CarrierOptions
from tests.whole.test_transfer import DESK, LAST, PERSON
from tests.whole.world import BYE, Peers, World, call

UNANSWERED = Peers(carrier=CarrierOptions(seed=1, ringing_s=60))
BACK = PHRASES["en"]["transfer_back"]


def rings_in_vain(folder: Path, *steps: str) -> World:
    scenario = Scenario(from_words([f"at 0.5 say {PERSON}", *steps]).steps, settle_ms=3000, patience_s=90)
    return call(folder, scenario, UNANSWERED, IVR_GREETING="", IVR_TRANSFER_TO=DESK)


def test_a_caller_comes_back_to_the_agent_and_goes_on(folder: Path) -> None:
    world = rings_in_vain(folder, "at 45 say " + BYE, "wait")
    assert world.record.verbs[:3] == ["Connect", "Dial", "Connect"]
    assert world.record.dialled == [DESK]
    first, back, bye = world.asked
    assert (first["text"], first["event"]) == (PERSON, "speech")
    assert (back["text"], back["event"], back["session_id"]) == ("", "transfer_result", first["session_id"])
    told = back["transfer_result"]
    assert (told["outcome"], told["talked_ms"], told["to"]) == ("no_answer", 0, DESK)
    assert (back["heard"], back["unheard"]) == (LAST, "")
    assert (bye["text"], bye["event"]) == (BYE, "speech")
    assert world.ends == [
        HangUp("success", "agent_transfer", from_caller=True),
        HangUp("success", "agent_goodbye"),
    ]
    # Said while the agent thinks: the caller hears a word within two seconds of the carrier's.
    assert world.turns[1].heard == BACK
    rang_out = world.record.of("dialled")[0].t
    heard = next(one.t for one in world.record.of("agent_speaks") if one.t >= rang_out)
    assert heard - rang_out < 2.0
    [note] = world.notes("transfer_back")
    assert note["outcome"] == "no_answer"


def test_a_caller_who_is_back_is_counted_as_no_cut_off_call(folder: Path) -> None:
    world = rings_in_vain(folder, "at 45 say " + BYE, "wait")
    [kept] = [one.resumption for _, one, _ in world.happenings if isinstance(one, CallStarted) and one.resumption]
    assert kept.count == 0
    assert kept.transfer is not None
    assert kept.transfer_to == ""


def test_an_answered_transfer_ends_with_a_goodbye(folder: Path) -> None:
    scenario = Scenario(from_words([f"at 0.5 say {PERSON}", "wait"]).steps, settle_ms=3000, patience_s=60)
    world = call(folder, scenario, IVR_GREETING="", IVR_TRANSFER_TO=DESK)
    assert world.record.verbs == ["Connect", "Dial", "Say", "Hangup"]
    assert len(world.asked) == 1
