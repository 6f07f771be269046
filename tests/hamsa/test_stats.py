"""A call's figures."""

from __future__ import annotations

from ivr.hamsa.pool.link import Link, LinkLimits
from ivr.hamsa.stats import SpeechStats


def test_a_tally_counts_links_and_reuse() -> None:
    tally, link = SpeechStats(), Link(7, LinkLimits())
    assert tally.reuse == 0.0
    link.connect(0.0)
    link.opened(1.0)
    tally.asking(link, 1.0, 0.25)
    link.request(1.0)
    tally.asking(link, 61.4, 0.0)
    assert tally.reuse == 0.5
    assert tally.fields("tts") == {
        "tts_asked": 0,
        "tts_failed": 0,
        "tts_links": 1,
        "tts_requests": 2,
        "tts_reused": 1,
        "tts_retries": 0,
        "tts_degenerate": 0,
        "tts_resumed": 0,
        "tts_fallback": 0,
        "tts_rest": 0,
        "tts_waited_s": 0.25,
        "tts_oldest_s": 60,
    }
