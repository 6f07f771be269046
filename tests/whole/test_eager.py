"""Whole calls on a line that asks its agent before the caller's turn is sure to be over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr.call.commands import HangUp, RequestReply
from ivr.replay.exact import steps as replayed
from tests.call.stage import LOUD, QUIET
from tests.replay.taped import taped
from tests.support.front import total
from tests.whole.world import BYE, PHRASE, QUESTION, Peers, World, call

PATIENT = "[call]\nendpoint_least_ms = 3000\nspeculate_ms = 120\neager = {eager}\n"
STEPS = [f"say {QUESTION}", f"say {BYE}", "wait"]
LATE = "my parcel is late"
WHOLE = f"{LATE} today"


def on_a_line(tmp_path: Path, eager: str = "true") -> dict[str, Any]:
    lines = tmp_path / f"{eager}.toml"
    lines.write_text(PATIENT.format(eager=eager), "utf-8")
    return {"IVR_CONFIG": str(lines), "IVR_ENDPOINT_MS": "3000"}


def paused(text: str) -> bytes:
    """The caller pauses for two seconds in the middle: by then the answer could be heard."""
    return LOUD * 40 + QUIET * 100 + LOUD * 20 if text == LATE else LOUD * 40


def waits(world: World) -> list[float]:
    """From the caller's last word to the first audio of each answer, in seconds."""
    spoken = [(turn.speech_ended_at, turn.first_sent_at) for turn in world.turns]
    return [round(sent - ended, 2) for ended, sent in spoken if ended is not None and sent is not None]


def test_the_answer_is_there_when_the_turn_ends(folder: Path, tmp_path: Path) -> None:
    without, eager = (call(folder, STEPS, **on_a_line(tmp_path, choice)) for choice in ("false", "true"))
    assert [round(later - sooner, 2) for later, sooner in zip(waits(without), waits(eager), strict=True)] == [
        round(note["ms"] / 1000, 2) for note in eager.notes("eager")
    ]
    assert all(wait == pytest.approx(2.0, abs=0.04) for wait in waits(eager))
    assert [turn.heard for turn in eager.turns] == [turn.heard for turn in without.turns]
    assert eager.hang_up == without.hang_up == HangUp("success", "agent_goodbye")
    assert [one.get("eager") for one in eager.asked] == [True, True]
    assert [(note["turn"], note["outcome"]) for note in eager.notes("eager")] == [(1, "used"), (2, "used")]
    assert all(note["ms"] > 700 for note in eager.notes("eager"))
    assert total(eager.bridge.metrics, "ivr_eager_total", outcome="used") == 2
    assert total(eager.bridge.metrics, "ivr_eager_gained_seconds_count") == 2


def test_a_caller_who_goes_on_hears_one_answer(folder: Path, tmp_path: Path) -> None:
    peers = Peers(transcripts=(LATE, WHOLE, BYE))
    steps = [f"say {LATE}", f"say {BYE}", "wait"]
    world = call(folder, steps, peers, voice=paused, **on_a_line(tmp_path))
    # The first answer was on its way to the caller, and left nothing: no sound, no turn, no word to the agent.
    assert [(one["text"], one.get("superseded")) for one in world.asked] == [(LATE, None), (WHOLE, True), (BYE, None)]
    assert [(turn.number, turn.text) for turn in world.turns] == [(0, ""), (2, WHOLE), (3, BYE)]
    assert [one["heard"] for one in world.asked] == [*2 * [world.turns[0].heard], world.turns[1].heard]
    assert [note["outcome"] for note in world.notes("eager")] == ["went_on", "used", "used"]
    assert world.agent.counts["aborted"] + world.agent.counts["whole"] == 3
    assert world.sentences()[0].text == world.sentences()[1].text
    assert [number for number in world.heard() if number < PHRASE] == [2, 3, 4, 5]


@pytest.mark.parametrize("mode", ["empty", "500"])
def test_an_agent_that_answers_nothing_ahead_is_asked_again(folder: Path, tmp_path: Path, mode: str) -> None:
    peers = Peers(agent=f"script={mode},ok,ok")
    world = call(folder, [f"say {BYE}", "wait"], peers, **on_a_line(tmp_path))
    assert [(one["text"], one.get("eager")) for one in world.asked] == [(BYE, True), (BYE, None)]
    assert [note["outcome"] for note in world.notes("eager")] == ["refused" if mode == "empty" else "failed"]
    assert world.hang_up == HangUp("success", "agent_goodbye")
    assert world.notes("reply_failed") == []


def test_a_tape_of_such_a_call_decides_the_same(folder: Path, tmp_path: Path) -> None:
    peers = Peers(transcripts=(LATE, WHOLE, BYE))
    steps = [f"say {LATE}", f"say {BYE}", "wait"]
    tape = taped(folder, steps, peers, voice=paused, **on_a_line(tmp_path))
    assert tape.header.options.eager
    assert all(step.same for step in replayed(tape))
    assert (
        sum(isinstance(one, RequestReply) and one.request.eager for step in replayed(tape) for one in step.commands)
        == 3
    )
