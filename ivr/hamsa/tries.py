"""What to try next when a sentence has no audio, or no more: the order of ways to it, as one small pure machine.

The ways: `any` link (the one that served last, when it is free), an`other` one than those that failed the sentence, and
`rest`, the same voice over HTTP. The rules:

- A reply without speech in it (degenerate) is bad luck and quickly seen: the same link at once, another one, REST, and
  so on in turns (`LUCK`), for a few seconds. Luck is not the link's fault, so nothing is dropped for it.
- A link that was used before and fails at once was closed in the meantime: another one, and that counts as nothing.
- A link that fails the request: another one, once. Then REST.
- No link to be had, or none allowed (the breaker): REST.
- A failure that another link would meet too (key, funds, voice, text): no more tries.
- A reply that breaks off after audio was given out is taken up again, three times at most, and the rules begin anew.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ivr.hamsa.link import LinkLost

Way: TypeAlias = Literal["any", "other", "rest"]

QUICK: Final = 1.0
"""Seconds in which a link that was closed before the request shows it."""
QUICK_MOST: Final = 2
LUCK: Final[tuple[Way, ...]] = ("any", "other", "rest", "other")
"""The ways after each reply without speech, over and over."""
DEGENERATE_MOST: Final = 12
"""Replies without speech before a sentence is given up."""
DEGENERATE_LEAST, DEGENERATE_PATIENCE = 2.0, 5.0
"""Seconds after the first of them in which another try is begun: when the caller hears nothing, and while he does.
Time spent on REST is not counted: it would leave none for another."""
BREAKS_MOST: Final = 3
ELSEWHERE: Final = frozenset({"breaker", "connect_timeout", "no_link"})
"""There is no link, which says nothing about REST."""


class Tries:
    """The tries of one sentence."""

    def __init__(self, *, rest: bool) -> None:
        """`rest`: there is a REST service to fall back on."""
        self.way: Way = "any"
        """The try that is under way."""
        self._rest = rest
        self._losses = 0
        self._quick = 0
        self._rest_losses = 0
        self.degenerates = 0
        """Replies without speech so far."""
        self._degenerate_since = 0.0
        self.breaks = 0
        """Times the sentence has broken off."""

    def __repr__(self) -> str:
        return f"<Tries by {self.way}: {self._losses} lost, {self.degenerates} degenerate, {self.breaks} broken off>"

    @property
    def fallback(self) -> bool:
        """REST is there, and has not failed: there is no need to wait for a link for long."""
        return self._rest and not self._rest_losses

    def degenerate(self, now: float, dry_at: float, asked: float) -> bool:
        """The reply had no speech in it, `asked` seconds after the request. False: no more tries; else `way` is next.

        `dry_at`: when the caller has nothing to listen to any more.
        """
        if not self.degenerates:
            self._degenerate_since = now
        elif self.way == "rest":
            self._degenerate_since += asked
        self.degenerates += 1
        since = self._degenerate_since
        until = min(since + DEGENERATE_PATIENCE, max(since + DEGENERATE_LEAST, dry_at))
        if now > until or self.degenerates >= DEGENERATE_MOST:
            return False
        way = LUCK[(self.degenerates - 1) % len(LUCK)]
        self.way = way if self._rest or way != "rest" else "other"
        return True

    def lost(self, lost: LinkLost, asked: float, reused: bool) -> bool:
        """The try failed before any audio, `asked` seconds after it was made. False: no more tries."""
        if self.way == "rest":
            self._rest_losses += 1
            return lost.retryable and self._losses < 2 and self._go("other", self._rest_losses < 2)
        if lost.reason in ELSEWHERE:
            return self._go("rest", self.fallback)
        if not lost.retryable:
            return False
        if reused and asked < QUICK and self._quick < QUICK_MOST:
            self._quick += 1
            return self._go("other")
        self._losses += 1
        if self._losses < 2:
            return self._go("other")
        return self._go("rest", self.fallback)

    def broken(self, lost: LinkLost) -> bool:
        """The reply broke off after audio was given out. False: no more tries."""
        self.breaks += 1
        self._losses = self._quick = self._rest_losses = 0
        if not lost.retryable or self.breaks > BREAKS_MOST:
            return False
        return self._go("other" if self.breaks == 1 or not self._rest else "rest")

    def _go(self, way: Way, possible: bool = True) -> bool:
        if possible:
            self.way = way
        return possible
