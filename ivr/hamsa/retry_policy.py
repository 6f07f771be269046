"""Decide what to try next when a sentence has no audio, or no more, and when an utterance has no words. Pure.

The routes: `any` link (the one that served last, when it is free), an`other` link than those that failed the request, a
`warm` one (another that is free at once), and `rest`, the same request over HTTP. What follows from a reason is in the
table of `reasons`.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ivr.hamsa.reasons import REASONS, LinkLost, Reason

Route: TypeAlias = Literal["any", "other", "warm", "rest"]

CLOSED_BEFORE: Final = 1.0
"""Seconds in which a link that was closed before the request shows it."""
CLOSED_BEFORE_MOST: Final = 2
"""Such links that count as nothing."""
DEGENERATE_ROUTES: Final[tuple[Route, ...]] = ("any", "other", "rest", "other")
"""The routes after each reply without speech, over and over."""
DEGENERATE_MOST: Final = 12
"""Replies without speech before a sentence is given up."""
DEGENERATE_LEAST, DEGENERATE_PATIENCE = 3.0, 5.0
"""Seconds after the first of them in which another try is begun: when the caller hears nothing, and while the caller
has audio."""
BREAKS_MOST: Final = 3
"""Times a sentence that broke off is continued."""
PAUSE_LEAST, PAUSE_MOST = 0.4, 0.8
"""Seconds between two rounds of all routes, the first and the longest."""
OPEN_PATIENCE: Final = 2.0
"""Seconds of silence, at most, in the middle of a sentence: nothing else can be said there."""


class RetryPolicy:
    """Order the tries of one sentence, or of one utterance."""

    def __init__(self, *, rest: bool, speakers: int = 1, patience: float = 0.0) -> None:
        """Begin with any link. `rest`: there is a REST service to fall back on. `speakers`: how many may say it.

        `patience`: seconds of silence in which a service that is away is asked again and again; 0: it is not.
        """
        self.route: Route = "any"
        """The try that is under way."""
        self.speaker = 0
        """The place of the speaker whose turn it is."""
        self.pause = 0.0
        """Seconds to wait before the try."""
        self.degenerates = 0
        """Replies of this speaker without speech so far."""
        self.breaks = 0
        """Times the sentence has broken off."""
        self._rest = rest
        self._speakers = speakers
        self._patience = patience
        self._losses = 0
        self._closed_before = 0
        self._rest_losses = 0
        self._degenerate_since = 0.0
        self._rest_luck = True
        self._rounds = 0
        self._away_since = 0.0

    def __repr__(self) -> str:
        counts = f"{self._losses} lost, {self.degenerates} degenerate, {self.breaks} broken off"
        return f"<RetryPolicy by {self.route}: {counts}>"

    @property
    def fallback(self) -> bool:
        """Return whether REST is there and has not failed: then a link is not waited for long."""
        return self._rest and not self._rest_losses

    @property
    def _has_other_speaker(self) -> bool:
        # The speaker never changes in the middle of a sentence.
        return self.speaker + 1 < self._speakers and not self.breaks

    def degenerate(self, now: float, quiet_at: float, asked: float) -> bool:
        """Choose the route after a reply without speech, `asked` seconds after the request. False: no more tries.

        `quiet_at`: when the caller runs out of audio, in seconds of `now`.
        """
        self.pause = 0.0
        if not self.degenerates:
            self._degenerate_since = now
        elif self.route == "rest":
            # Time spent on REST is not counted: it would leave none for another try. REST is slow, so a reply without
            # speech from there is the last one that it is asked for.
            self._degenerate_since += asked
            self._rest_luck = False
        self.degenerates += 1
        since = self._degenerate_since
        until = min(since + DEGENERATE_PATIENCE, max(since + DEGENERATE_LEAST, quiet_at))
        if now > until or self.degenerates >= DEGENERATE_MOST:
            return self._next_speaker(REASONS["degenerate"])
        # A reply without speech is bad luck and seen within 0.3 s: the same link again at once, then others in turn.
        route = DEGENERATE_ROUTES[(self.degenerates - 1) % len(DEGENERATE_ROUTES)]
        self.route = route if (self._rest and self._rest_luck) or route != "rest" else "other"
        return True

    def lost(self, lost: LinkLost, asked: float, reused: bool, now: float = 0.0, quiet_at: float = 0.0) -> bool:
        """Choose the route after a try that failed without audio, `asked` seconds after it was made. False: none left.

        `reused`: the link had served before. `quiet_at`: when the caller runs out of audio.
        """
        self.pause = 0.0
        if lost.row.final:
            return False
        if self._next_route(lost, asked, reused) or self._next_speaker(lost.row):
            return True
        if not lost.row.away:
            return False
        # Every route failed because the service is away: all of them again after a pause, for as long as the caller has
        # audio and a little longer.
        if not self._rounds:
            self._away_since = now
        patience = min(self._patience, OPEN_PATIENCE) if self.breaks else self._patience
        left = max(self._away_since, quiet_at) + patience - now
        if left <= 0:
            return False
        self.pause = min(left, PAUSE_MOST, PAUSE_LEAST * 2**self._rounds)
        self._rounds += 1
        self._forget_losses()
        return self._go("any")

    def broken(self, lost: LinkLost) -> bool:
        """Choose the route after a reply that broke off with audio given out. False: no more tries."""
        self.breaks += 1
        self.pause, self._rounds = 0.0, 0
        self._forget_losses()
        if lost.row.no_more or self.breaks > BREAKS_MOST:
            return False
        # After a second break there is no time to wait for a connect: a link that is free at once, or REST.
        return self._go("other" if self.breaks == 1 or not self._rest else "warm")

    def _next_route(self, lost: LinkLost, asked: float, reused: bool) -> bool:
        if self.route == "rest":
            self._rest_losses += 1
            return self._losses < 2 and self._go("other", self._rest_losses < 2)
        if lost.row.no_link:
            return self._go("rest", self.fallback)
        # A used link that fails at once was closed before the request: another link, and it counts as nothing.
        if lost.row.retry and reused and asked < CLOSED_BEFORE and self._closed_before < CLOSED_BEFORE_MOST:
            self._closed_before += 1
            return self._go("other")
        # A single link's word that the key is wrong or the account empty proves nothing. The breaker finds out.
        self._losses += 1
        if self._losses < 2:
            return self._go("other")
        # Two links agree that the request is wrong, or that this speaker is too slow: REST would say the same.
        is_late = lost.reason == "first_audio_timeout" and self._has_other_speaker
        return self._go("rest", self.fallback and not (lost.row.request_is_bad or is_late))

    def _next_speaker(self, reason: Reason) -> bool:
        """Begin all routes again with the next speaker, if one may do better."""
        if not (self._has_other_speaker and reason.other_speaker_may_help):
            return False
        self.speaker += 1
        self.degenerates = 0
        self._rest_luck = True
        self._forget_losses()
        return self._go("any")

    def _forget_losses(self) -> None:
        self._losses = self._closed_before = self._rest_losses = 0

    def _go(self, route: Route, possible: bool = True) -> bool:
        if possible:
            self.route = route
        return possible
