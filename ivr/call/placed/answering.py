"""Tell a person from a machine where a call was placed, by the sound of who answers, in frames of 20 ms.

A person says "hello?" and waits. A machine speaks on for long, or beeps. So a first utterance of 2.8 s without a pause
is a machine's; a short one with silence behind it is a person's, who is then spoken to. Where nothing is said for
1.5 s, the bridge speaks first. What sounds like a person at first may still beep, or speak on as if it had not been
spoken to.
Where a machine is found, the end of its greeting is waited for: a beep, or two seconds of silence.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ivr.media.beep import BeepWatch

Heard: TypeAlias = Literal["", "greet", "machine", "over"]
"""`greet`: it is the bridge's turn to speak. `machine`: one has answered. `over`: its greeting is over."""
HeardBy: TypeAlias = Literal["silence", "short", "long", "beep", "carrier"]
AnswerStage: TypeAlias = Literal["first", "greeted", "machine", "done"]

FRAMES_A_SECOND: Final = 50
NOTHING_SAID: Final = 75
"""Frames of silence after which the bridge speaks first."""
LONG: Final = 140
"""Frames of a first utterance that only a machine speaks."""
PAUSE: Final = 40
"""Frames of silence that end an utterance; after a word or two, fewer do."""
SHORT_PAUSE: Final = 25
SHORT: Final = 50
SPEAKS_ON: Final = 50
"""Frames after the bridge's first words began within which a voice cannot be an answer to them."""
WATCHED: Final = 15 * FRAMES_A_SECOND
"""Frames after which the one who has answered is a person for good."""
GREETING_OVER: Final = 2 * FRAMES_A_SECOND
"""Frames of silence after which a machine's greeting is over."""
LONGEST_GREETING: Final = 45 * FRAMES_A_SECOND


class Answering:
    """Listen to who has answered one call."""

    def __init__(self) -> None:
        self.stage: AnswerStage = "first"
        self.how: HeardBy = "silence"
        """Of the last finding."""
        self._beeps = BeepWatch()
        self._frames = 0
        """Since the stage began."""
        self._onset = 0
        """Frames since the utterance began; 0: there is none."""
        self._began_at = 0
        """Frame of the stage in which it began."""
        self._silent = 0

    def __repr__(self) -> str:
        return f"<Answering {self.stage} {self._frames} frames, speech {self._onset}>"

    @property
    def listens(self) -> bool:
        """Tell whether anything is still to be found out."""
        return self.stage != "done"

    @property
    def holds(self) -> bool:
        """Tell whether what is heard is not meant for the agent."""
        return self.stage in ("first", "machine")

    def hear(self, hz: int, *, voiced: bool) -> Heard:
        """Take a frame: its tone in Hz, 0 without one, and whether there is a voice in it."""
        self._frames += 1
        beeped = self._beeps.hear(hz)
        # A tone is no voice, whatever it is taken for.
        if voiced and not hz:
            if not self._onset:
                self._began_at = self._frames
            self._onset += 1 + (self._silent if self._onset else 0)
            self._silent = 0
        else:
            self._silent += 1
        match self.stage:
            case "first":
                return self._first(beeped)
            case "greeted":
                return self._greeted(beeped)
            case "machine" if beeped or self._silent >= GREETING_OVER or self._frames >= LONGEST_GREETING:
                self.how = "beep" if beeped else "silence"
                self._go("done")
                return "over"
        return ""

    def told(self, by: str) -> Heard:
        """Take who has answered, as the carrier says, perhaps late."""
        self.how = "carrier"
        if by in ("machine", "fax") and self.stage in ("first", "greeted"):
            self._go("machine")
            return "machine"
        if by == "person" and self.stage in ("first", "machine"):
            self._go("greeted")
            # The carrier has listened longer than a first utterance lasts: nothing contradicts it any more.
            self.stage = "done"
            return "greet"
        return ""

    def waited(self) -> Heard:
        """Take that no audio has come, as long as a silence: the bridge speaks first."""
        if self.stage != "first" or self._onset:
            return ""
        self.how = "silence"
        self._go("greeted")
        return "greet"

    def _first(self, beeped: bool) -> Heard:
        """Judge the first sounds of the call."""
        if beeped or self._onset >= LONG:
            self.how = "beep" if beeped else "long"
            self._go("machine")
            # A beep ends a machine's greeting: there is nothing more to wait for.
            if beeped:
                self._silent = GREETING_OVER
            return "machine"
        if not self._onset:
            self.how = "silence"
            spoken = self._silent >= NOTHING_SAID
        else:
            self.how = "short"
            spoken = self._silent >= (SHORT_PAUSE if self._onset <= SHORT else PAUSE)
        if not spoken:
            return ""
        self._go("greeted")
        return "greet"

    def _greeted(self, beeped: bool) -> Heard:
        """Judge what is heard beneath the bridge's first words, and after them."""
        speaks_on = self._onset >= LONG and self._began_at <= SPEAKS_ON
        if beeped or speaks_on:
            self.how = "beep" if beeped else "long"
            self._go("machine")
            if beeped:
                self._silent = GREETING_OVER
            return "machine"
        if self._silent >= PAUSE:
            self._onset = 0
        if self._frames >= WATCHED:
            self._go("done")
        return ""

    def _go(self, stage: AnswerStage) -> None:
        self.stage, self._frames, self._onset, self._silent = stage, 0, 0, 0
