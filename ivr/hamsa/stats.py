"""What the speech of one call came to: one line of figures for the log, at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.hamsa.pool.link import Link


@dataclass(slots=True)
class SpeechStats:
    """Of one voice, or one pair of ears. Counts, unless said otherwise."""

    asked: int = 0
    """Sentences to say, utterances to hear."""
    failed: int = 0
    """Of these, without a (whole) result."""
    requests: int = 0
    """Made on links, repetitions included."""
    reused: int = 0
    """Of these, on a link that had served before, this call or another."""
    links: set[int] = field(default_factory=set)
    """Numbers of the links used."""
    retries: int = 0
    """Requests made again because a link failed."""
    degenerate: int = 0
    """Replies without speech in them; none was heard."""
    resumed: int = 0
    """Sentences that broke off and were taken up again."""
    fallback: int = 0
    """Sentences that were given to another speaker than the one before."""
    rest: int = 0
    """Requests over HTTP."""
    waited: float = 0.0
    """The longest wait for a link, in seconds."""
    oldest: float = 0.0
    """The greatest age of a link at a request, in seconds."""

    def asking(self, link: Link, now: float, waited: float) -> None:
        """A request goes out on a link that was waited for so many seconds."""
        self.requests += 1
        self.reused += link.uses > 0
        self.links.add(link.number)
        self.waited = max(self.waited, waited)
        self.oldest = max(self.oldest, link.age(now))

    @property
    def reuse(self) -> float:
        """The share of the requests that found a link that had served before; 0.0 without requests."""
        return self.reused / self.requests if self.requests else 0.0

    def fields(self, peer: str) -> Mapping[str, int | float]:
        """All of it for a log, each name with the peer's before it."""
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
