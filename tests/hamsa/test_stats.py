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
    assert tally.fields("voice") == {
        "voice_asked": 0,
        "voice_failed": 0,
        "voice_links": 1,
        "voice_requests": 2,
        "voice_reused": 1,
        "voice_retries": 0,
        "voice_degenerate": 0,
        "voice_resumed": 0,
        "voice_fallback": 0,
        "voice_rest": 0,
        "voice_waited_s": 0.25,
        "voice_oldest_s": 60,
    }
