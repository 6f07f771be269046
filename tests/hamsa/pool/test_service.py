"""What all calls share, measured: nobody fails, few connections are made, and nobody waits for long."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import replace

import pytest

from ivr.hamsa.options import SpeechServiceOptions
from ivr.upstream.breaker import BreakerLimits
from tests.hamsa.crowd import REPLY, Crowd, conversation, monologue

LIMITED = "socket http code=429 connects_over=1 window=1.99"
"""A service that takes one connection in two seconds, and counts those it refuses."""
CAREFUL = SpeechServiceOptions(connects_per_second=0.5, connects_burst=1)
GOAL = 2.5
"""Seconds without a sound: less than one for a link, one for a connection to REST, then its first audio."""


FEW = replace(CAREFUL, links_per_call=0.0)
"""As few links as calls need on average."""


@pytest.mark.parametrize(
    ("options", "refused"),
    [(CAREFUL, 0), (FEW, 0), (SpeechServiceOptions(), 12)],
    ids=["told", "told, shared", "learnt"],
)
def test_fifty_calls_in_five_seconds_at_a_connection_in_two(options: SpeechServiceOptions, refused: int) -> None:
    crowd = Crowd([LIMITED], options, rest=True).run(conversation, 50, spread=5.0)
    assert not crowd.failed
    assert crowd.misheard == 0
    assert crowd.reuse > 0.9
    assert max(crowd.silences) < GOAL
    assert max(crowd.hearings) < GOAL + 0.1
    assert crowd.mock.stats.connects < 70
    assert crowd.mock.stats.refused <= refused


@pytest.mark.parametrize(
    ("options", "silence", "hearing"), [(CAREFUL, 5.5, 3.1), (SpeechServiceOptions(), 8.1, 7.7)], ids=["told", "learnt"]
)
def test_the_same_without_rest(options: SpeechServiceOptions, silence: float, hearing: float) -> None:
    """They wait for what cannot be had: six minutes of synthesis on four links, and one more every two seconds."""
    crowd = Crowd([LIMITED], options).run(conversation, 50, spread=5.0)
    assert not crowd.failed
    assert crowd.misheard == 0
    assert crowd.reuse > 0.9
    assert max(crowd.silences) < silence
    assert max(crowd.hearings) < hearing


def test_fifty_calls_without_a_limit_hardly_wait() -> None:
    crowd = Crowd().run(conversation, 50, spread=5.0)
    assert not crowd.failed
    assert crowd.reuse > 0.9
    assert max(crowd.silences) < 1.0


def test_one_call_never_waits() -> None:
    crowd = Crowd().run(conversation, 1)
    assert max(crowd.silences) < 0.46
    assert crowd.waited == 0.0
    assert [(len(tally.links), tally.reused + 1) for tally in crowd.tallies] == [
        (1, 12),
        (1, 3),
    ]


@pytest.mark.parametrize(
    ("share", "seed", "rest", "mean", "silence"),
    [(0.25, 1, False, 0.12, 1.4), (0.25, 2, True, 0.14, 2.4), (0.5, 2, False, 0.35, 3.2), (0.5, 2, True, 0.5, 4.2)],
)
def test_degenerate_replies_over_400_sentences(
    share: float, seed: int, rest: bool, mean: float, silence: float
) -> None:
    """`mean`: seconds later, on average, than without; a failure costs the reference agent three to nine."""
    crowd = Crowd([f"tts degenerate probability={share}"], rest=rest, profile={"seed": seed}).run(monologue(100), 4)
    assert not crowd.failed
    assert crowd.misheard == 0
    assert max(crowd.silences) < silence
    assert crowd.total("degenerate") > 400 * share
    assert statistics.mean(crowd.firsts) - 0.45 < mean
    assert crowd.reuse > 0.95


FAULTS = [
    ("half-dead sockets", "socket deaf pause=20", {}, 2.5),
    ("sockets that die", "socket drop pause=20", {}, 2.5),
    ("sockets closed in service", "socket close pause=13", {}, 2.5),
    ("closed after every end", "", {"close_after_end": True}, 2.5),
    ("stalls in the middle", "tts stall after=1 probability=0.05", {}, 2.5),
    ("cut in the middle", "tts cut after=2 probability=0.1", {}, 2.5),
    ("errors in the middle", "tts error probability=0.1 text=internal error", {}, 2.5),
    ("no audio", "tts empty probability=0.25", {}, 2.5),
    ("slow connects", "socket slow pause=4", {}, 3.0),
    ("refused connects now and then", "socket http code=500 probability=0.3", {}, 3.0),
]


@pytest.mark.parametrize(("rule", "profile", "silence"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_no_sentence_is_lost(rule: str, profile: dict[str, object], silence: float) -> None:
    crowd = Crowd([rule] if rule else [], rest=True, profile=profile).run(monologue(40), 4)
    assert not crowd.failed
    assert crowd.misheard == 0
    assert max(crowd.silences) < silence


def test_a_dead_service_costs_nobody_his_time() -> None:
    """Every connect is refused, and REST is not there: after a few failures all others fail at once."""
    crowd = Crowd(["socket http code=500"]).run(monologue(20), 4)
    assert crowd.failed["breaker"] > 70
    assert crowd.notes["tts_breaker_opened"] == 1
    assert crowd.mock.stats.connects < 30


SHARED = SpeechServiceOptions(links_per_call=0.0)
"""As few links as calls need on average."""


def test_a_service_that_comes_back_is_used_again() -> None:
    crowd = Crowd(
        ["socket http code=500 limit=12"], SpeechServiceOptions(breaker=BreakerLimits(failures=2)), rest=True
    ).run(monologue(40), 4)
    assert not crowd.failed
    assert crowd.notes["tts_breaker_opened"] == crowd.notes["tts_breaker_closed"] == 1
    assert crowd.total("requests") > 100


@pytest.mark.parametrize(("code", "reason"), [(4001, "auth"), (4003, "funds")])
def test_a_key_that_is_refused_is_not_tried_again_and_again(code: int, reason: str) -> None:
    crowd = Crowd([f"socket refuse code={code}"]).run(monologue(20), 4)
    assert set(crowd.failed) == {reason, "breaker"}
    assert crowd.mock.stats.connects < 40


def test_links_that_nobody_needs_go() -> None:
    async def lull(crowd: Crowd, number: int) -> None:
        await monologue(8)(crowd, number)
        await asyncio.sleep(1000.0)
        assert crowd.mock.stats.open_sockets == 5
        assert repr(crowd.speech_service).count("LiveLink") == 5

    crowd = Crowd(options=SHARED).run(lull, 6)
    assert crowd.notes["tts_link_lost"] > 3


def test_each_call_has_a_link_of_its_own_and_keeps_it() -> None:
    async def steady(crowd: Crowd, number: int) -> None:
        await crowd.speaker().open()
        await crowd.listener().open()
        await asyncio.sleep(20.0)
        assert crowd.mock.stats.open_sockets == 2 * (20 + 2)
        await monologue(4)(crowd, number)

    crowd = Crowd().run(steady, 20)
    assert crowd.mock.stats.connects == 2 * (20 + 2)
    assert crowd.waited == 0.0


def test_the_links_of_a_call_go_with_it_and_the_spares_stay() -> None:
    async def short(crowd: Crowd, number: int) -> None:
        await crowd.speaker().open()
        await crowd.listener().open()
        await asyncio.sleep(10.0)
        assert crowd.mock.stats.open_sockets == 2 * (10 + 1)
        if number:
            return
        await asyncio.sleep(1.0)
        assert (crowd.live, crowd.mock.stats.open_sockets) == (1, 2 * (10 + 1))
        crowd.speech_service.trim()
        await asyncio.sleep(1.0)
        assert crowd.mock.stats.open_sockets == 2 * (1 + 1)

    Crowd().run(short, 10)


def test_spares_follow_the_calls() -> None:
    async def quiet(crowd: Crowd, number: int) -> None:
        await crowd.speaker().open()
        await asyncio.sleep(30.0)
        assert crowd.mock.stats.open_sockets == (3 + 7) + (3 + 3)

    Crowd(options=SHARED).run(quiet, 25)
    bare = Crowd(options=SpeechServiceOptions(spare_links=0)).run(monologue(4), 1)
    assert bare.mock.stats.connects == 1


def test_where_links_die_young_few_are_opened_that_nobody_needs() -> None:
    """Every link is cut after three seconds, for ten minutes: a spare now and then shows that it is so still."""

    async def hold(crowd: Crowd, number: int) -> None:
        await asyncio.sleep(600.0)
        idle = crowd.mock.stats.connects
        assert idle < 45
        voice = crowd.speaker()
        for _ in range(5):
            assert await crowd.say(voice, REPLY[0], 0.0) > 0.0
            await asyncio.sleep(10.0)
        assert max(crowd.silences) < 1.15 + 0.46
        assert crowd.mock.stats.connects < idle + 10

    assert not Crowd(["socket drop pause=3"]).run(hold, 1).failed


def test_where_links_die_young_one_for_the_answer_is_opened_with_the_question() -> None:
    async def ask(crowd: Crowd, number: int) -> None:
        await asyncio.sleep(30.0)
        for _ in range(5):
            assert not crowd.speech_service.pool.state("tts").free
            await crowd.hear(crowd.listener())
            await asyncio.sleep(1.0)
            await crowd.say(crowd.speaker(), REPLY[0], 0.0)
            await asyncio.sleep(8.0)
        assert max(crowd.silences) < 0.46

    assert not Crowd(["socket drop pause=4"]).run(ask, 1).failed


def test_links_that_live_again_are_kept_again() -> None:
    async def hold(crowd: Crowd, number: int) -> None:
        await asyncio.sleep(120.0)
        assert crowd.mock.stats.open_sockets == 2 * (1 + 1)

    Crowd(["socket drop pause=3 limit=6"]).run(hold, 1)


def test_where_nothing_can_be_had_few_are_asked_for() -> None:
    async def hold(crowd: Crowd, number: int) -> None:
        await asyncio.sleep(60.0)

    assert Crowd(["socket http code=503"]).run(hold, 10).mock.stats.connects < 20


def test_spares_are_renewed_before_they_are_closed() -> None:
    async def day(crowd: Crowd, number: int) -> None:
        await asyncio.sleep(8 * 3600.0)
        await crowd.say(crowd.speaker(), "x" * 32, 0.0)
        assert crowd.waited == 0.0

    crowd = Crowd().run(day, 1)
    assert not crowd.failed
    assert 36 <= crowd.mock.stats.connects <= 48
