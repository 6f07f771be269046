"""A second speaker says what the first one cannot."""

from __future__ import annotations

import asyncio

import pytest

from ivr.hamsa.tts.synthesis import FALLBACK_S
from ivr.hamsa.tts.synthesizer import Synthesizer
from tests.hamsa.service import ACK, Reply, Service, Shut, degenerate, error, failure, good, said, sound, with_voice

FIRST, SECOND = "Hiba", "Sara"
WRONG: Reply = [(0.03, ACK), (0.03, error("Voice not owned by user"))]


def asked(service: Service) -> list[str]:
    """Who was to speak, request by request of each socket."""
    return [request["payload"]["speaker"] for socket in service.sockets for request in socket.requests]


@pytest.mark.parametrize("reply", [WRONG, degenerate(1), [(0.03, ACK)]], ids=["not owned", "degenerate", "silent"])
def test_what_the_first_cannot_say_the_second_does(reply: Reply) -> None:
    service = Service()
    service.default = lambda number: reply if service.last["speaker"] == FIRST else good(number)

    async def story(voice: Synthesizer) -> None:
        assert set(await said(voice)) == set(sound(service.requests, 1))
        assert voice.stats.fallback == 1
        before = service.requests
        assert set(await said(voice)) == set(sound(before + 1, 1))
        assert (service.requests, voice.stats.fallback, voice.stats.failed) == (before + 1, 1, 0)

    with_voice(service, story, fallback_speaker=SECOND)
    assert [note["use"] > 0 for note in service.noted("tts_fallback")] == [True]


def test_after_a_while_the_first_is_asked_again() -> None:
    service = Service(replies=[WRONG, WRONG])

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        await asyncio.sleep(FALLBACK_S - 5.0)
        await said(voice)
        assert service.last["speaker"] == SECOND
        await asyncio.sleep(10.0)
        await said(voice)
        assert service.last["speaker"] == FIRST

    with_voice(service, story, fallback_speaker=SECOND)


def test_a_second_speaker_who_fails_gives_the_word_back() -> None:
    service = Service(replies=[WRONG, WRONG, good(3), WRONG, WRONG])

    async def story(voice: Synthesizer) -> None:
        for speaker in (SECOND, FIRST, FIRST):
            await said(voice)
            assert service.last["speaker"] == speaker
        assert voice.stats.fallback == 2

    with_voice(service, story, fallback_speaker=SECOND)


def test_nobody_changes_his_voice_in_the_middle_of_a_sentence() -> None:
    service = Service(replies=[[*good(1)[:3], (0.05, Shut(1006))], WRONG, WRONG])

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == "voice"

    with_voice(service, story, fallback_speaker=SECOND)
    assert set(asked(service)) == {FIRST}


@pytest.mark.parametrize("other", ["", FIRST])
def test_without_a_second_speaker_nothing_changes(other: str) -> None:
    service = Service(replies=[WRONG, WRONG])

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == "voice"
        assert voice.stats.fallback == 0

    with_voice(service, story, fallback_speaker=other)
    assert service.requests == 2
