"""Count what the speech of one call came to: one line of figures for the log, at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.hamsa.pool.link import Link


@dataclass(slots=True)
class SpeechStats:
    """Count what one TTS or STT port did."""

    asked: int = 0
    """Sentences to synthesise, utterances to transcribe."""
    failed: int = 0
    """Those without a whole result."""
    requests: int = 0
    """Made on links, repetitions included."""
    reused: int = 0
    """Those on a link that had served before, this call or another."""
    links: set[int] = field(default_factory=set)
    """Numbers of the links used."""
    retries: int = 0
    """Requests made again because a link failed."""
    degenerate: int = 0
    """Replies without speech in them; the caller heard none."""
    resumed: int = 0
    """Sentences that broke off and were continued."""
    fallback: int = 0
    """Sentences that were given to another speaker than the one before."""
    rest: int = 0
    """Requests over HTTP."""
    waited: float = 0.0
    """The longest wait for a link, in seconds."""
    oldest: float = 0.0
    """The greatest age of a link at a request, in seconds."""

    def asking(self, link: Link, now: float, waited: float) -> None:
        """Count a request that goes out on a link, `waited` seconds after it was asked for."""
        self.requests += 1
        self.reused += link.uses > 0
        self.links.add(link.number)
        self.waited = max(self.waited, waited)
        self.oldest = max(self.oldest, link.age(now))

    @property
    def reuse(self) -> float:
        """Return the share of the requests on a link that had served before; 0.0 without requests."""
        return self.reused / self.requests if self.requests else 0.0

    def fields(self, peer: str) -> Mapping[str, int | float]:
        """Return all counts for a log, each name with the peer's before it."""
        figures: dict[str, int | float] = {
            "asked": self.asked,
            "failed": self.failed,
            "links": len(self.links),
            "requests": self.requests,
            "reused": self.reused,
            "retries": self.retries,
            "degenerate": self.degenerate,
            "resumed": self.resumed,
            "fallback": self.fallback,
            "rest": self.rest,
            "waited_s": round(self.waited, 2),
            "oldest_s": round(self.oldest),
        }
        return {f"{peer}_{name}": figure for name, figure in figures.items()}
