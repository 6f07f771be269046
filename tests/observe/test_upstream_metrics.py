"""What Prometheus sees of the services, read when it looks."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ivr.hamsa.options import SpeechServiceOptions
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import SpeechRest
from ivr.observe.metrics import Metrics
from ivr.observe.upstream_metrics import FAMILIES, UpstreamMetrics, figures
from ivr.testbench import virtual_time
from ivr.testbench.hamsa.memory import MemoryHamsa
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule
from ivr.upstream.breaker import Breaker, BreakerLimits
from tests.hamsa.crowd import SETTINGS

OPTIONS = SpeechServiceOptions(spare_links=2, breaker=BreakerLimits(failures=1))


def read(speech_service: SpeechService, *agents: Breaker) -> dict[str, float]:
    """The samples by name and label values, such as `ivr_links tts idle`."""
    metrics = Metrics()
    metrics.add(UpstreamMetrics(lambda: figures(speech_service, agents, asyncio.get_running_loop().time())))
    families = list(text_string_to_metric_families(metrics.render().decode()))
    assert set(FAMILIES) <= {family.name for family in families}
    return {" ".join([s.name, *s.labels.values()]): s.value for family in families for s in family.samples}


def governed(*rules: str, rest: SpeechRest | None = None) -> SpeechService:
    mock = MockHamsa(HamsaProfile(rules=tuple(map(parse_rule, rules))))
    return SpeechService(SETTINGS, OPTIONS, rest=rest, connect=MemoryHamsa(mock).connect, chance=lambda: 0.0)


def test_links_by_what_they_do() -> None:
    async def scene() -> None:
        speech_service = governed()
        speech_service.open()
        await asyncio.sleep(0.5)
        opening = read(speech_service)
        assert (opening["ivr_links tts connecting"], opening["ivr_links tts idle"]) == (2, 0)
        await asyncio.sleep(1.0)
        voice = speech_service.synthesizer_for(SETTINGS)
        chunks = voice.speak("x" * 111)
        await anext(chunks)
        busy = read(speech_service)
        assert (busy["ivr_links tts idle"], busy["ivr_links tts busy"]) == (1, 1)
        assert (busy["ivr_links stt idle"], busy["ivr_links_spare tts"]) == (2, 2)
        await chunks.aclose()
        assert read(speech_service)["ivr_links tts draining"] == 1
        assert busy["ivr_connects_total stt"] == 2
        assert busy["ivr_links_waited_for tts"] == 0
        assert busy["ivr_connects_per_second"] == 4.0
        await speech_service.aclose()

    virtual_time.run(scene())


def test_breakers_by_state() -> None:
    async def scene() -> None:
        speech_service = governed(rest=SpeechRest("http://localhost", "key"))
        well, ill = Breaker(), Breaker(BreakerLimits(failures=1))
        ill.failed(0.0)
        breaker = speech_service.pool.breaker("tts")
        breaker.failed(0.0)
        seen = read(speech_service, well, ill)
        assert [seen[f"ivr_breakers tts {state}"] for state in ("closed", "open", "half_open")] == [0, 1, 0]
        assert [seen[f"ivr_breakers agent {state}"] for state in ("closed", "open", "half_open")] == [1, 1, 0]
        assert [seen[f"ivr_breakers {peer} closed"] for peer in ("stt", "tts_rest", "stt_rest")] == [1, 1, 1]
        await asyncio.sleep(3.0)
        assert read(speech_service)["ivr_breakers tts half_open"] == 1
        await speech_service.aclose()

    virtual_time.run(scene())


def test_pauses_and_young_deaths() -> None:
    async def scene() -> None:
        speech_service = governed("socket drop pause=3 limit=2", "socket http code=503 requests=5,6,7,8,9")
        speech_service.open()
        await asyncio.sleep(4.2)
        seen = read(speech_service)
        assert "ivr_breakers tts_rest closed" not in seen
        assert seen["ivr_links_young_deaths"] == 1
        speech_service.pool.rate.failed(4.2, 4.2, LinkLost("connect"))
        assert read(speech_service)["ivr_connects_pause_seconds"] == pytest.approx(0.4)
        await speech_service.aclose()

    virtual_time.run(scene())


def test_nothing_is_read_before_it_is_asked_for() -> None:
    def never() -> list[object]:
        raise AssertionError

    Metrics().add(UpstreamMetrics(never))  # type: ignore[arg-type]
