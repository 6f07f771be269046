"""Decide whether a voice over the agent is an interruption: a barge-in in two steps, in media time.

*Yield*: a voice rises over the agent long enough, and the agent goes quiet at once. *Commit or resume*: its words
decide, not its length. They are looked for at every pause, and in a voice without pauses once in a while. Less than a
word is a cough. The agent is quiet for as long as STT usually takes on this call, and no longer.

A voice that the agent went on under does not make it yield again: its words may still. So it is with every voice after
several that made the agent yield in vain.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from ivr.call.options import CallOptions
from ivr.call.timeline import Rule
from ivr.media.g711 import FRAME_MS
from ivr.text.overlap_words import asks_nothing_new, is_backchannel, is_command

PAUSE_MS: Final = 160
"""Silence after which the words of an overlap are looked for, in milliseconds, at most."""
SOONEST_MS: Final = 100
"""Silence before which no words are looked for, in milliseconds: the closure of a consonant lasts as long."""
PROBE_MS: Final = 2000
"""Speech without such a pause after which they are looked for as well."""
WAIT_MOST_MS: Final = 3000
"""How long the agent is quiet for words at most, however slow STT is."""
HOLD_MOST_MS: Final = 6000
"""How long the agent is quiet for a voice whose words do not say that it is an interruption, at most."""
SAME_VOICE_S: Final = 0.7
"""Silence within one voice, in seconds."""
_IN_VAIN: Final[dict[Rule, int]] = {
    "silence": 1,
    "backchannel": 1,
    "waiting": 1,
    "kept": 1,
    "nothing": 2,
    "not_meant": 2,
}
"""What a yield counts that was in vain."""
IN_VAIN_MOST: Final = 4
"""What they may count together before words are needed to stop the agent."""
_EMPTY_MOST: Final = 4
"""Times without words that make the next look for words rarer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say what an overlap was."""

    kind: Literal["commit", "resume"]
    rule: Rule


@dataclass(frozen=True, slots=True)
class AgentFloor:
    """Say what the agent was at when words were said over it."""

    asked: bool = False
    """It has asked the caller something."""
    working_at: str | None = None
    """The question that it works at without having said a word. None: it speaks."""
    owes: bool = False
    """Its last answers were cut short, one after the other: this one is heard."""


class BargeIn:
    """Judge the overlaps of one call."""

    def __init__(self, options: CallOptions) -> None:
        self.change(options)
        self._false = 0
        self._false_at = 0.0
        self._in_vain: deque[tuple[float, Rule]] = deque()
        self._same = False
        self._voice_at = float("-inf")
        """When the voice was last heard that the agent went on under; seconds of `now`."""
        self._voiced_ms = self._covered_ms = self._quiet_ms = self._held_ms = self._waited_ms = 0
        self._asked = self._probing = self._goes_on = False
        self._empty = 0
        self._so_far: Verdict | None = None

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options
        # A line that ends utterances sooner looks for words sooner as well.
        self._pause_ms = min(PAUSE_MS, max(SOONEST_MS, options.endpoint_ms // 2))

    def __repr__(self) -> str:
        return f"<BargeIn false={self._false} voiced={self._voiced_ms} quiet={self._quiet_ms} asked={self._asked}>"

    @property
    def more(self) -> bool:
        """Return whether the voice has gone on since its words were looked for."""
        return self._voiced_ms > self._covered_ms

    @property
    def owes_words(self) -> bool:
        """Return whether there is enough of the voice behind the words that were looked for to look again."""
        # A voice that says nothing to the agent is looked into less and less often.
        rarer = 1 + min(self._empty, _EMPTY_MOST)
        return self._voiced_ms - self._covered_ms >= self._options.word_ms * rarer

    def begin(self, onset_at: float, *, held: bool, goes_on: bool = False) -> None:
        """Follow an utterance over the agent that began at `onset_at`. `held`: the agent is quiet for it already.

        `goes_on`: nothing of the answer has sounded, and it may go on with the question.
        """
        self._goes_on = goes_on
        self._voiced_ms = self._covered_ms = self._quiet_ms = 0
        if held:
            return
        self._held_ms = self._waited_ms = 0
        self._asked, self._so_far = False, None
        self._same = onset_at < self._voice_at + SAME_VOICE_S
        if not self._same:
            self._empty = 0

    def rises(self, speech_ms: int, now: float) -> bool:
        """Return whether so much speech over the agent makes it yield."""
        # The threshold grows while this call's yields keep proving false (a noisy room, a chatty car), for a while.
        if self._false and now >= self._false_at + self._options.caution_s:
            self._false = 0
        while self._in_vain and now >= self._in_vain[0][0] + self._options.caution_s:
            self._in_vain.popleft()
        if self._same or sum(_IN_VAIN[rule] for _, rule in self._in_vain) >= IN_VAIN_MOST:
            return False
        # The second yield in a row to a voice that says nothing to the agent takes more than an onset.
        least = self._options.commit_ms if any(_IN_VAIN[rule] > 1 for _, rule in self._in_vain) else 0
        caution = 0 if self._goes_on else self._false * self._options.caution_ms
        return speech_ms >= max(least, self._options.start_ms + caution)

    def frame(
        self, speech_ms: int, silence_ms: int, now: float, *, speaking: bool, held: bool, wait_ms: float
    ) -> Verdict | Literal["ask"] | None:
        """Judge one more frame of the voice; return `ask` when its words are to be looked for.

        `speech_ms`, `silence_ms`: of the caller's open utterance. `speaking`: it is still open. `held`: the agent is
        quiet for it. `wait_ms`: how long STT usually takes at most.
        """
        self._voiced_ms = max(self._voiced_ms, speech_ms)
        self._quiet_ms = silence_ms if speaking else self._quiet_ms + FRAME_MS
        if self._same and not self._quiet_ms:
            self._voice_at = now
        self._held_ms += FRAME_MS * held
        wants = self._wants_words(speaking=speaking)
        if self._asked and wants != "pause":
            self._waited_ms += FRAME_MS
            # The agent is not quiet for long while the words are looked for. When they come later, they still count.
            patience = max(self._options.verdict_ms, min(wait_ms, WAIT_MOST_MS))
            # A caller who speaks on is given more time than one who waits to be answered.
            if self._quiet_ms < 2 * PAUSE_MS:
                patience *= 2
            # Nothing is said over a caller who goes on with the question.
            goes_on = self._goes_on and speaking and self._quiet_ms < self._pause_ms
            late = (self._waited_ms >= patience and not goes_on) or self._held_ms >= HOLD_MOST_MS
            return Verdict("resume", "late") if held and late else None
        if wants:
            self._covered_ms, self._asked, self._waited_ms = self._voiced_ms, True, 0
            self._probing = wants == "probe"
            return "ask"
        if held and (self._quiet_ms >= self._options.resume_ms or not speaking):
            return self._so_far or Verdict("resume", "silence")
        if held and self._held_ms >= HOLD_MOST_MS:
            return self._so_far or Verdict("resume", "nothing")
        return None

    def _wants_words(self, *, speaking: bool) -> Literal["pause", "probe", ""]:
        """Return why the words of the voice are looked for now: it pauses, or goes on for long. Empty: they are not."""
        fresh = self._voiced_ms - self._covered_ms
        rarer = 1 + min(self._empty, _EMPTY_MOST)
        if self._quiet_ms < self._pause_ms and speaking:
            # A voice of that length that goes on with the question is no cough.
            probe_ms = self._options.commit_ms if self._goes_on else PROBE_MS
            return "probe" if fresh >= probe_ms * rarer and not self._asked else ""
        # A probe in the middle of a voice has cut off its last word: that of the whole takes its place.
        if self._asked:
            return "pause" if fresh and self._probing else ""
        return "pause" if self.owes_words else ""

    def words(self, text: str | None, floor: AgentFloor, *, faint: bool, goes_on: bool, held: bool) -> Verdict | None:
        """Judge the words of the overlap, perhaps none (None: STT failed); return None when more are to come.

        `faint`: the voice is far softer than the caller. `goes_on`: it is still heard.
        """
        self._asked = False
        verdict = judge(text, floor, faint=faint)
        self._empty = self._empty + 1 if verdict.rule in ("nothing", "not_meant") else 0
        if verdict.kind == "commit" or not held:
            return verdict
        # A caller who still speaks may say more than "mm-hm". Of a voice that has said no more twice, none is expected.
        unsaid = goes_on or self._voiced_ms - self._covered_ms >= self._options.word_ms
        silent = verdict.rule == "nothing" and self._covered_ms >= PROBE_MS
        if unsaid and not silent and verdict.rule not in ("not_meant", "kept") and self._so_far is None:
            self._so_far = verdict
            return None
        return verdict

    def learn(self, verdict: Verdict, now: float) -> None:
        """Learn how the overlap ended."""
        # A backchannel is no false alarm: it was the caller.
        if verdict.kind == "commit":
            self._false, self._empty, self._same = 0, 0, False
            self._in_vain.clear()
            return
        if verdict.rule in ("backchannel", "waiting"):
            self._false = 0
        elif verdict.rule in ("silence", "nothing", "not_meant"):
            self._false = min(self._false + 1, self._options.caution_most)
            self._false_at = now
        if verdict.rule in _IN_VAIN:
            self._in_vain.append((now, verdict.rule))
        # It may go on, and the agent goes on under it.
        if verdict.rule != "silence":
            self._same = self._same or self.owes_words
            self._voice_at = now - self._quiet_ms / 1000


def judge(text: str | None, floor: AgentFloor, *, faint: bool = False) -> Verdict:
    """Return what words over the agent are, perhaps none; None: STT failed. `faint`: far softer than the caller."""
    if text is None:
        return Verdict("resume", "failed")
    if not text.strip():
        return Verdict("resume", "nothing")
    if is_backchannel(text, asked=floor.asked and floor.working_at is None):
        return Verdict("resume", "backchannel")
    if floor.working_at is not None and asks_nothing_new(text, floor.working_at):
        return Verdict("resume", "waiting")
    if is_command(text):
        return Verdict("commit", "words")
    # A television, or other people in the room.
    if faint:
        return Verdict("resume", "not_meant")
    return Verdict("resume", "kept") if floor.owes else Verdict("commit", "words")
