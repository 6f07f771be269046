"""Hostile messages in the middle of a call: the call goes on, and both sides still hear each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from ivr.call.commands import HangUp
from ivr.testbench.phone.phone import PhoneOptions
from tests.call.stage import LOUD
from tests.twilio.test_stream import HOSTILE, SID
from tests.whole.test_faults import ANSWER, ASK
from tests.whole.world import Peers, World, call

LEFT = HangUp("success", "caller_stop", from_caller=True)
STEPS = [f"at 1.5 say {ASK}", f"say {ASK}", "hang up"]
EVERYTHING = [message for _, before, message, *_ in HOSTILE if before == "open"]


def own(message: str | bytes, stream: str) -> str | bytes:
    """Return the same message on this call's stream."""
    return (
        message.replace(SID.encode(), stream.encode()) if isinstance(message, bytes) else message.replace(SID, stream)
    )


async def send(world: World, messages: Iterable[str | bytes]) -> None:
    [session] = world.bridge.admission
    for message in messages:
        await world.phones[0].send(own(message, session._stream.stream_sid))


def audio(timestamp: int, payload: str = "/////w==") -> str:
    media = {"track": "inbound", "chunk": "1", "timestamp": str(timestamp), "payload": payload}
    return json.dumps({"event": "media", "sequenceNumber": "2", "streamSid": SID, "media": media})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "sequenceNumber": "2", "streamSid": SID, "mark": {"name": name}})


def injected(folder: Path, messages: Iterable[str | bytes], at: float) -> World:
    async def during(world: World) -> None:
        await asyncio.sleep(at)
        await send(world, messages)

    return call(folder, STEPS, Peers(transcripts=(ASK,) * 4), during=during, IVR_GREETING="")


@pytest.mark.parametrize("at", [0.3, 1.8, 2.6, 4.5])
def test_all_hostile_messages_at_every_stage(folder: Path, at: float) -> None:
    world = injected(folder, EVERYTHING, at)
    assert world.hang_up == LEFT
    assert [turn.heard for turn in world.turns] == [ANSWER] * 2
    assert world.bridge.metrics.registry.get_sample_value(
        "ivr_peer_faults_total", {"wire": "phone", "reason": "bad_base64"}
    )


TIMES = {
    "far in the future": [audio(2**53)],
    "again and again the same": [audio(5)] * 200,
    "ever further": [audio(10_000 * step) for step in range(1, 200)],
    "backwards": [audio(40_000 - 20 * step) for step in range(200)],
    "two clocks": [audio(1_000_000 + 20 * step) for step in range(50)],
}


@pytest.mark.parametrize("messages", TIMES.values(), ids=TIMES)
def test_wrong_timestamps_do_not_stop_stt(folder: Path, messages: list[str]) -> None:
    world = injected(folder, messages, 0.8)
    assert world.hang_up == LEFT
    assert [turn.heard for turn in world.turns] == [ANSWER] * 2


def test_unknown_marks_are_ignored(folder: Path) -> None:
    world = injected(folder, [mark(f"p{number}") for number in range(50, 90)] + [mark("x")] * 100, 4.0)
    assert [turn.heard for turn in world.turns] == [ANSWER] * 2
    for sentence in world.sentences():
        assert world.heard_ms(sentence.number) >= sentence.seconds * 1000 - 100


def test_flood_of_audio_keeps_the_call(folder: Path) -> None:
    loud = audio(0, "EJAQkA==")
    world = injected(folder, [loud] * 5000, 0.5)
    assert world.hang_up is not None
    assert world.hang_up.reason in ("caller_stop", "agent_goodbye")


@pytest.mark.parametrize("chunk", [1, 7, 1600, 32_000])
def test_chunks_of_any_length(folder: Path, chunk: int) -> None:
    phone = PhoneOptions(strict=True, chunks=(chunk,) if chunk > 160 else (chunk, 160), start_burst=1)
    world = call(folder, STEPS, Peers(transcripts=(ASK,) * 4, phone=phone), IVR_GREETING="")
    assert world.hang_up == LEFT
    assert [turn.heard for turn in world.turns][-1] == ANSWER


def test_phone_without_marks(folder: Path) -> None:
    """Marks that never come back are given up, and the next question is heard."""

    async def during(world: World) -> None:
        near = world.wires[0]
        receive = near.receive

        async def without_marks() -> str:
            while True:
                message = await receive()
                if not message.startswith('{"event":"mark"'):
                    return message

        near.receive = without_marks  # type: ignore[method-assign]

    steps = [f"at 1.5 say {ASK}", f"after 3 say {ASK}", "after 3 hang up"]
    world = call(folder, steps, Peers(transcripts=(ASK,) * 4), during=during, IVR_GREETING="")
    assert world.hang_up == LEFT
    assert [turn.outcome for turn in world.turns] == ["heard", "heard"]


def test_endless_speech_is_transcribed_in_parts(folder: Path) -> None:
    steps = ["at 0.5 say talk", "at 100 hang up"]
    world = call(folder, steps, Peers(transcripts=("",) * 20), voice=lambda _: LOUD * 4000, IVR_GREETING="")
    assert world.hang_up is not None
    assert world.utterances() >= 2
