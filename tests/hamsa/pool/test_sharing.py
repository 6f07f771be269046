"""Calls on the same links never get each other's audio or words, whatever they interrupt."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from random import Random

import pytest

from ivr.call.ports import SttError, TtsError
from ivr.hamsa.messages import SpeechKind
from ivr.hamsa.options import SpeechServiceOptions
from ivr.hamsa.pool.link import LinkState
from ivr.hamsa.pool.pool import LinkPool
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.testbench.hamsa import audio as hamsa_audio
from tests.hamsa.crowd import PCM, REPLY, Crowd

TIGHT = SpeechServiceOptions(spare_links=1, connects_per_second=0.2, connects_burst=1)
"""Links are short: everybody shares."""


async def spoken(voice: Synthesizer, text: str) -> bytes:
    return b"".join([audio.audio async for audio in voice.speak(text)])


@pytest.mark.parametrize("rule", ["", "tts late", "tts degenerate probability=0.2", "tts no_ack probability=0.3"])
def test_a_sentence_is_of_one_request_only(rule: str) -> None:
    heard: list[int | None] = []

    async def talk(crowd: Crowd, number: int) -> None:
        chance, voice = Random(number), crowd.speaker()
        for _ in range(6):
            patience = chance.choice([0.2, 0.6, 1.1, None, None])
            if rule == "tts late":  # a long frame that trails: no other call may hear it
                voice = crowd.speaker()
            with contextlib.suppress(TimeoutError, TtsError):
                async with asyncio.timeout(patience):
                    audio = await spoken(voice, chance.choice(REPLY))
                    heard.append(hamsa_audio.identify(audio, 16000))
            await asyncio.sleep(chance.random())

    crowd = Crowd([rule] if rule else [], TIGHT).run(talk, 12, spread=2.0)
    assert len(heard) > 20
    assert None not in heard
    # Each request has a tone of its own, as long as there are tones for all.
    assert crowd.mock.stats.requests["tts"] <= hamsa_audio.TONES
    assert len(heard) == len(set(heard))
    assert crowd.speech_service.pool.opened("tts") < 12


def test_a_transcript_is_of_ones_own_words() -> None:
    found = 0

    async def talk(crowd: Crowd, number: int) -> None:
        nonlocal found
        chance, ears = Random(number), crowd.listener()
        mine = hamsa_audio.marked(PCM, number + 1, 8000)
        for _ in range(8):
            with contextlib.suppress(TimeoutError, SttError):
                async with asyncio.timeout(chance.choice([0.3, 0.8, None])):
                    assert await ears.transcribe(mine) == f"caller {number + 1}"
                    found += 1
            await asyncio.sleep(chance.random())

    marked = {number: f"caller {number}" for number in range(1, hamsa_audio.MARKERS + 1)}
    rules = ["stt thinking pause=1 probability=0.1", "stt stall pause=3 probability=0.1", "stt cut probability=0.05"]
    crowd = Crowd(rules, TIGHT, profile={"marked": marked}).run(talk, min(8, hamsa_audio.MARKERS), spread=2.0)
    assert found > 10
    assert crowd.speech_service.pool.opened("stt") < 20


@pytest.mark.parametrize("rule", ["", "tts late", "stt thinking pause=1 probability=0.2"])
def test_a_link_that_changes_over_brings_nothing_with_it(rule: str) -> None:
    """Few links, and everybody listens when nobody speaks: the links go to and fro between voice and ears."""
    heard: list[int | None] = []

    async def talk(crowd: Crowd, number: int) -> None:
        mine = hamsa_audio.marked(PCM, number + 1, 8000)
        for _ in range(4):
            assert await crowd.listener().transcribe(mine) == f"caller {number + 1}"
            await asyncio.sleep(1.0 - asyncio.get_running_loop().time() % 1.0)
            audio = await spoken(crowd.speaker(), REPLY[number % 2])
            heard.append(hamsa_audio.identify(audio, 16000))
            await asyncio.sleep(4.0 - asyncio.get_running_loop().time() % 4.0)

    marked = {number: f"caller {number}" for number in range(1, 7)}
    options = SpeechServiceOptions(spare_links=2, links_per_call=0.0, connects_per_second=0.2, connects_burst=4)
    crowd = Crowd([rule] if rule else [], options, profile={"marked": marked}).run(talk, 6)
    assert None not in heard
    assert len(heard) == len(set(heard)) == 24
    assert crowd.notes["tts_link_borrowed"] > 1
    assert crowd.notes["stt_link_borrowed"] > 1


def test_a_new_sentence_takes_the_spare_and_the_draining_link_becomes_the_spare() -> None:
    async def interrupt(crowd: Crowd, number: int) -> None:
        voice, loop = crowd.speaker(), asyncio.get_running_loop()
        await voice.open()
        await asyncio.sleep(5.0)
        connections = crowd.speech_service.pool.opened("tts")
        for _ in range(5):
            chunks = voice.speak(REPLY[3])
            await anext(chunks)
            await chunks.aclose()
            assert crowd.speech_service.pool.state("tts").draining == 1
            began = loop.time()
            chunks = voice.speak(REPLY[0])
            await anext(chunks)
            assert loop.time() - began == pytest.approx(0.45, abs=0.001)
            assert [_ async for _ in chunks]
            await asyncio.sleep(4.0)
            assert crowd.speech_service.pool.state("tts").draining == 0
        assert crowd.speech_service.pool.opened("tts") <= connections + 1
        assert crowd.waited == 0.0

    assert Crowd().run(interrupt, 1).total("failed") == 0


def test_one_call_that_ends_leaves_the_links_of_the_others() -> None:
    async def leave(crowd: Crowd, number: int) -> None:
        voice, ears = crowd.speaker(), crowd.listener()
        if number:
            await asyncio.sleep(0.6)
            await asyncio.gather(voice.aclose(), ears.aclose())
            with pytest.raises(TtsError, match="shut"):
                await spoken(voice, REPLY[0])
            with pytest.raises(SttError, match="shut"):
                await ears.transcribe(PCM)
        else:
            assert len(await spoken(voice, REPLY[3])) > 300_000
            assert await ears.transcribe(PCM) == "hello"

    Crowd().run(leave, 2)


def test_who_hangs_up_while_waiting_leaves_the_place_to_the_next() -> None:
    async def impatient(crowd: Crowd, number: int) -> None:
        voice = crowd.speaker()
        if number % 2:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05 * number):
                    await spoken(voice, REPLY[0])
        else:
            assert await spoken(voice, REPLY[0])

    crowd = Crowd(options=TIGHT).run(impatient, 12)
    assert crowd.total("failed") == 0


def test_links_are_counted_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to them: the counts are kept, not taken anew."""
    counted, tend = Counter[LinkState](), LinkPool.tend

    def tend_and_count(pool: LinkPool, kind: SpeechKind | None = None) -> None:
        tend(pool, kind)
        for side in pool._kinds.values():
            found = Counter(live.link.state for live in side.links)
            for state in (LinkState.IDLE, LinkState.BUSY, LinkState.DRAINING):
                assert side.states[state] == found[state]
            counted.update(found)

    monkeypatch.setattr(LinkPool, "tend", tend_and_count)

    async def talk(crowd: Crowd, number: int) -> None:
        chance = Random(number)
        for _ in range(6):
            with contextlib.suppress(TimeoutError, TtsError, SttError):
                async with asyncio.timeout(chance.choice([0.2, 0.6, None])):
                    await crowd.listener().transcribe(PCM)
                    await spoken(crowd.speaker(), chance.choice(REPLY))
            await asyncio.sleep(chance.random())

    crowd = Crowd(["tts cut probability=0.1", "stt close probability=0.1"], TIGHT).run(talk, 12, spread=2.0)
    assert crowd.notes["tts_link_borrowed"] + crowd.notes["stt_link_borrowed"] > 0
    assert set(counted) == {LinkState.IDLE, LinkState.BUSY, LinkState.DRAINING}
