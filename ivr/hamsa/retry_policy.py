"""What to try next when a sentence has no audio, or no more: the order of ways to it, as one small pure machine.

The ways: `any` link (the one that served last, when it is free), an`other` one than those that failed the sentence, a
`warm` one (another that is free at once), and `rest`, the same voice over HTTP. The rules:

- A reply without speech in it (degenerate) is bad luck and quickly seen: the same link at once, another one, REST, and
  so on in turns (`LUCK`), for a few seconds; REST once, when its sound is no better: it takes longer. Luck is not the
  link's fault, so nothing is dropped for it.
- A link that was used before and fails at once was closed in the meantime: another one, and that counts as nothing.
- A link that fails the request, whatever it says: another one, once. Then REST. A single link's word that the key is
  wrong or the account empty proves nothing; whether the account is gone the breaker finds out, over all calls.
- What is wrong with the request itself (`OWN`) another link may see differently; after a second one REST is not asked.
- No link to be had, or none allowed (the breaker): REST.
- When every way failed and the speaker may be the reason (`SPEAKERS_OWN`), all of it again with the next speaker,
  unless a part of the sentence was given out: nobody changes his voice in the middle of a sentence.
- When every way failed because the service is not to be reached (`AWAY`), all of it again after a pause, and again,
  for as long as the caller has something to listen to and a little longer (`patience`).
- A reply that breaks off after audio was given out is taken up again, three times at most, and the rules begin anew.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ivr.hamsa.reasons import REASONS, LinkLost, Reason

Route: TypeAlias = Literal["any", "other", "warm", "rest"]

QUICK: Final = 1.0
"""Seconds in which a link that was closed before the request shows it."""
QUICK_MOST: Final = 2
LUCK: Final[tuple[Route, ...]] = ("any", "other", "rest", "other")
"""The ways after each reply without speech, over and over."""
DEGENERATE_MOST: Final = 12
"""Replies without speech before a sentence is given up."""
DEGENERATE_LEAST, DEGENERATE_PATIENCE = 3.0, 5.0
"""Seconds after the first of them in which another try is begun: when the caller hears nothing, and while he does.
Time spent on REST is not counted: it would leave none for another."""
BREAKS_MOST: Final = 3
PAUSE_LEAST, PAUSE_MOST = 0.4, 0.8
"""Seconds between two rounds of all ways, the first and the longest."""
OPEN_PATIENCE: Final = 2.0
"""Seconds of silence, at most, in the middle of a sentence: nothing else can be said there."""


class RetryPolicy:
    """The tries of one sentence, or of one utterance."""

    def __init__(self, *, rest: bool, speakers: int = 1, patience: float = 0.0) -> None:
        """`rest`: there is a REST service to fall back on. `speakers`: voices that may say it.

        `patience`: seconds of silence in which a service that is away is asked again and again; 0: it is not.
        """
        self.way: Route = "any"
        """The try that is under way."""
        self.speaker = 0
        """Who is to say it, of the speakers."""
        self.pause = 0.0
        """Seconds to wait before it."""
        self._rest = rest
        self._speakers = speakers
        self._patience = patience
        self._losses = 0
        self._quick = 0
        self._rest_losses = 0
        self.degenerates = 0
        """Replies of this speaker without speech so far."""
        self._degenerate_since = 0.0
        self._rest_luck = True
        self.breaks = 0
        """Times the sentence has broken off."""
        self._rounds = 0
        self._away_since = 0.0

    def __repr__(self) -> str:
        return (
            f"<RetryPolicy by {self.way}: {self._losses} lost, {self.degenerates} degenerate, {self.breaks} broken off>"
        )

    @property
    def fallback(self) -> bool:
        """REST is there, and has not failed: there is no need to wait for a link for long."""
        return self._rest and not self._rest_losses

    @property
    def _others(self) -> bool:
        """There is somebody else to say it."""
        return self.speaker + 1 < self._speakers and not self.breaks

    def degenerate(self, now: float, quiet_at: float, asked: float) -> bool:
        """The reply had no speech in it, `asked` seconds after the request. False: no more tries; else `way` is next.

        `quiet_at`: when the caller runs out of audio.
        """
        self.pause = 0.0
        if not self.degenerates:
            self._degenerate_since = now
        elif self.way == "rest":
            self._degenerate_since += asked
            self._rest_luck = False
        self.degenerates += 1
        since = self._degenerate_since
        until = min(since + DEGENERATE_PATIENCE, max(since + DEGENERATE_LEAST, quiet_at))
        if now > until or self.degenerates >= DEGENERATE_MOST:
            return self._next_speaker(REASONS["degenerate"])
        way = LUCK[(self.degenerates - 1) % len(LUCK)]
        self.way = way if (self._rest and self._rest_luck) or way != "rest" else "other"
        return True

    def lost(self, lost: LinkLost, asked: float, reused: bool, now: float = 0.0, quiet_at: float = 0.0) -> bool:
        """The try failed before any audio, `asked` seconds after it was made. False: no more tries."""
        self.pause = 0.0
        if lost.row.final:
            return False
        return self._next_way(lost, asked, reused) or self._next_speaker(lost.row) or self._again(lost, now, quiet_at)

    def broken(self, lost: LinkLost) -> bool:
        """The reply broke off after audio was given out. False: no more tries."""
        self.breaks += 1
        self.pause, self._rounds = 0.0, 0
        self._anew()
        if lost.row.no_more or self.breaks > BREAKS_MOST:
            return False
        return self._go("other" if self.breaks == 1 or not self._rest else "warm")

    def _next_way(self, lost: LinkLost, asked: float, reused: bool) -> bool:
        if self.way == "rest":
            self._rest_losses += 1
            return self._losses < 2 and self._go("other", self._rest_losses < 2)
        if lost.row.no_link:
            return self._go("rest", self.fallback)
        if lost.row.retry and reused and asked < QUICK and self._quick < QUICK_MOST:
            self._quick += 1
            return self._go("other")
        self._losses += 1
        if self._losses < 2:
            return self._go("other")
        enough = lost.row.request_is_bad or (lost.reason == "first_audio_timeout" and self._others)
        return self._go("rest", self.fallback and not enough)

    def _next_speaker(self, reason: Reason) -> bool:
        """The same with another voice."""
        if not self._others or not reason.other_speaker_may_help:
            return False
        self.speaker += 1
        self.degenerates = 0
        self._rest_luck = True
        self._anew()
        return self._go("any")

    def _again(self, lost: LinkLost, now: float, quiet_at: float) -> bool:
        """The same after a pause."""
        if not lost.row.away:
            return False
        if not self._rounds:
            self._away_since = now
        patience = min(self._patience, OPEN_PATIENCE) if self.breaks else self._patience
        left = max(self._away_since, quiet_at) + patience - now
        if left <= 0:
            return False
        self.pause = min(left, PAUSE_MOST, PAUSE_LEAST * 2**self._rounds)
        self._rounds += 1
        self._anew()
        return self._go("any")

    def _anew(self) -> None:
        self._losses = self._quick = self._rest_losses = 0

    def _go(self, way: Route, possible: bool = True) -> bool:
        if possible:
            self.way = way
        return possible
