"""Any service at all: random faults, random impatience, the same promises.

Whatever was drawn: a sentence that comes is as long as it should be and each part of it comes from one reply, a later
part from a later reply; one that fails gave out the beginning; no request is made before the one before it on the link
ended; nothing is left over (`with_voice`).
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.ports import TtsError
from ivr.hamsa.tts.synthesizer import Synthesizer
from tests.hamsa.service import ACK, END, TEXT, Reply, Service, Shut, degenerate, error, good, sound, with_voice

WHOLE = 80000
CONNECTS: st.SearchStrategy[float | Exception] = st.sampled_from([0.2, 1.15, 1.15, 5.0, ConnectionRefusedError(), 20.0])
FAULTS = ["good"] * 4 + ["degenerate", "zero", "late", "stall", "mute", "cut", "gone", "error", "fatal", "refuse"]
Sentence: TypeAlias = tuple[float | None, float]
"""When the listener loses interest, and how long until the next sentence. Seconds."""
SENTENCES: st.SearchStrategy[Sentence] = st.tuples(
    st.none() | st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.4]), st.sampled_from([0.0, 0.0, 0.2, 1.0, 4.0])
)


def reply(number: int, fault: str) -> Reply:
    match fault:
        case "degenerate":
            return degenerate(number)
        case "zero":
            return [(0.03, ACK), (0.3, END)]
        case "late":
            return [*good(number), (0.0, sound(251, 640))]
        case "stall":
            return good(number)[:3]
        case "mute":
            return []
        case "cut":
            return [*good(number)[:2], (0.1, Shut(1006))]
        case "gone":
            return [*good(number), (0.01, Shut(1000))]
        case "error":
            return [(0.03, ACK), (0.1, error("internal"))]
        case "fatal":
            return [(0.03, error("invalid payload")), (0.01, END)]
        case "refuse":
            return [(0.03, Shut(4003))]
        case _:
            return good(number)


async def listen(voice: Synthesizer, patience: float | None) -> tuple[bytes, str]:
    """What was heard of one sentence, and how it ended."""
    heard = bytearray()

    async def hear() -> None:
        async for audio in voice.speak(TEXT):
            heard.extend(audio.audio)

    try:
        async with asyncio.timeout(patience):
            await hear()
    except TimeoutError:
        return bytes(heard), "cancelled"
    except TtsError as exc:
        return bytes(heard), exc.reason
    return bytes(heard), ""


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(FAULTS), max_size=25),
    st.lists(CONNECTS, max_size=6),
    st.lists(SENTENCES, min_size=1, max_size=10),
    st.booleans(),
)
def test_promises_hold(
    faults: list[str], connects: list[float | Exception], sentences: list[Sentence], probed: bool
) -> None:
    service = Service(
        replies=[reply(number, fault) for number, fault in enumerate(faults, 1)], connects=connects, probed=probed
    )

    async def story(voice: Synthesizer) -> None:
        for patience, pause in sentences:
            heard, ended = await listen(voice, patience)
            parts = [number for number, _ in itertools.groupby(heard)]
            assert parts == sorted(set(parts))
            assert 251 not in heard
            assert len(heard) == WHOLE if not ended else len(heard) < WHOLE or ended == "cancelled"
            await asyncio.sleep(pause)

    with_voice(service, story)
