"""Barge-in: what the caller hears after it, and what the agent gets to know of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.call.commands import HangUp
from ivr.media import g711
from ivr.testbench.hamsa.stats import RequestRecord
from ivr.testbench.phone.figures import figures
from tests.whole.world import BYE, PHRASE, PRICE, QUESTION, Peers, World, call

FADE_MS = 40
LEFT = HangUp("success", "caller_stop", from_caller=True)


def old_and_new(world: World) -> tuple[set[int], set[int]]:
    """Return the sentences requested before the `clear` of the barge-in, and those requested after it, by number."""
    at = world.record.t0 or 0.0
    [cleared] = world.record.cleared
    when = at + cleared.sample / g711.RATE
    old = {sentence.number for sentence in world.sentences() if sentence.asked_at <= when}
    return old, {sentence.number for sentence in world.sentences()} - old


def share(told: str, sentence: RequestRecord, heard: int) -> float:
    """Return how far the reported share of a sentence is from the share that was heard."""
    return abs(len(told) / len(sentence.text) - heard / (sentence.seconds * 1000))


@pytest.mark.parametrize(
    ("into", "latency"), [(300, 0.0), (1000, 0.12), (2500, 0.12), (4400, 0.0), (6000, 0.0), (9000, 0.12)]
)
def test_barge_in_silences_the_old_answer(folder: Path, into: int, latency: float) -> None:
    steps = [f"say {QUESTION}", f"over {into} say {PRICE}", "over 600 hang up"]
    world = call(folder, steps, Peers(latency=latency))
    assert [turn.outcome for turn in world.turns] == ["heard", "interrupted", "interrupted"]
    [cleared] = world.record.cleared
    _, new = old_and_new(world)
    assert new
    assert world.tones_after(cleared.sample + FADE_MS * 8) <= new
    found = figures(world.record)
    [barge_in] = found.barge_ins
    assert barge_in.stop_ms <= 60 + FADE_MS + 40 + 2000 * latency
    assert found.underruns == []


@pytest.mark.parametrize("into", [1500, 3000, 6000])
def test_agent_gets_heard_and_unheard_text(folder: Path, into: int) -> None:
    world = call(folder, [f"say {QUESTION}", f"over {into} say {PRICE}", "over 200 hang up"])
    second = world.asked[1]
    told, rest = second["heard"], second["unheard"]
    said = [sentence for sentence in world.sentences() if sentence.asked_at < world.turns[2].asked_at]  # type: ignore[operator]
    whole = " ".join(sentence.text for sentence in said)
    assert f"{told} {rest}".split()[: len(whole.split())] == whole.split()
    for sentence in said:
        heard = world.heard_ms(sentence.number)
        if heard >= sentence.seconds * 1000 - 60:
            assert told.startswith(sentence.text.strip())
            told = told[len(sentence.text.strip()) :].strip()
        elif heard >= 100:
            assert len(told) / len(sentence.text) <= heard / (sentence.seconds * 1000)
            assert share(told, sentence, heard) < 0.3
            told = ""
    assert told == ""


def test_cough_is_no_barge_in(folder: Path) -> None:
    world = call(
        folder, [f"say {QUESTION}", "over 3000 say ahem", f"say {BYE}", "wait"], Peers(transcripts=(QUESTION, BYE))
    )
    assert [turn.outcome for turn in world.turns] == ["heard", "heard", "heard"]
    assert world.turns[1].overlaps[0].verdict == "resume"
    assert [asked["text"] for asked in world.asked] == [QUESTION, BYE]
    for sentence in world.sentences():
        assert world.heard_ms(sentence.number) >= sentence.seconds * 1000 - 100
    assert world.asked[1]["unheard"] == ""


def test_barge_in_over_the_greeting(folder: Path) -> None:
    world = call(folder, [f"at 1.5 say {QUESTION}", "over 500 hang up"])
    assert [turn.outcome for turn in world.turns] == ["interrupted", "interrupted"]
    assert world.asked[0]["heard"].startswith("Hello")
    assert world.asked[0]["unheard"]
    [cleared] = world.record.cleared
    assert max(world.tones_after(cleared.sample + FADE_MS * 8)) < PHRASE


def test_questions_before_the_answer_are_joined(folder: Path) -> None:
    steps = ["at 0.5 say where is my parcel", "at 2.4 say the one from Riyadh", "hang up"]
    world = call(folder, steps, IVR_GREETING="")
    assert [asked["text"] for asked in world.asked][-1] == "where is my parcel the one from Riyadh"
    assert world.record.cleared == []
    assert world.stats.sockets_used["tts"] <= 1


def test_six_barge_ins_in_a_row(folder: Path) -> None:
    steps = [f"say {QUESTION}", *[f"over {ms} say {PRICE}" for ms in (200, 400, 100, 800, 150)], "over 100 hang up"]
    world = call(folder, steps)
    assert world.hang_up == LEFT
    assert len(world.record.cleared) == 5
    assert [asked["text"] for asked in world.asked] == [QUESTION] + [PRICE] * 5
    assert world.stats.sockets_used["stt"] == 1
    assert world.stats.open_sockets == 0


def test_barge_in_during_synthesis_drains_the_link(folder: Path) -> None:
    """The sentence in synthesis ends unheard, and the link serves the next answer."""
    world = call(folder, [f"say {QUESTION}", f"over 120 say {PRICE}", "over 500 hang up"])
    assert world.stats.sockets_used["tts"] == 1
    assert world.sentences()[0].outcome == "done"
    assert world.agent.counts["aborted"] <= 1


def test_keys_interrupt_the_agent(folder: Path) -> None:
    world = call(folder, [f"say {QUESTION}", "over 2000 press 1#", "hang up"], Peers(transcripts=(QUESTION,)))
    assert [asked["event"] for asked in world.asked] == ["speech", "dtmf"]
    assert world.turns[1].outcome == "interrupted"
    old, _ = old_and_new(world)
    [cleared] = world.record.cleared
    assert not old & world.tones_after(cleared.sample + FADE_MS * 8)
