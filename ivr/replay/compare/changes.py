"""Say which decisions two answers to one event differ in: commands of then and of today, as records.

A declared change names kinds of decisions (`DecisionKind`), so their names are for developers, and they stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec

from ivr.replay.compare.words import fields_of
from ivr.replay.tape import CommandRecord

DecisionKind: TypeAlias = Literal[
    "failure", "end", "transfer", "question", "yield", "verdict", "endpoint", "filler", "text", "speech", "reply",
    "playout", "timing", "order", "audio", "note"
]  # fmt: skip
"""`failure`: today's code fails. `question`: what the agent is asked. `yield`: whether the agent goes silent.
`verdict`: what a voice over the agent was. `endpoint`: when an utterance is over, and which audio goes to STT.
`filler`: whether a caller who waits is told something. `text`: what TTS is asked to say. `speech`: whether TTS is
asked, or a sentence is dropped. `reply`: whether a reply is read on. `playout`: which audio and marks leave, and when.
`timing`: the same, sooner or later. `order`: the same, in another order. `audio`: the same words, other samples.
`note`: what an operator is told."""
DECISION_KINDS: Final[tuple[DecisionKind, ...]] = get_args(DecisionKind)
"""The one that says most comes first."""
HARMLESS: Final[frozenset[DecisionKind]] = frozenset({"order", "audio", "note"})
"""Kinds that change nothing for the caller or a peer: what is on the tape behind such a difference still fits."""
_FOLLOWING: Final[frozenset[DecisionKind]] = HARMLESS | {"speech", "reply", "playout"}
"""Kinds that follow from any other in the same event."""

ChangeManner: TypeAlias = Literal["missing", "new", "other", "order"]

_COMMAND_KINDS: Final[Mapping[str, DecisionKind]] = {
    "HangUp": "end",
    "Transfer": "transfer",
    "RequestReply": "question",
    "SendClear": "yield",
    "Transcribe": "endpoint",
    "ForgetTranscript": "endpoint",
    "Speak": "speech",
    "CancelSpeech": "speech",
    "CloseReply": "reply",
    "WarmUp": "note",
}
_COMMAND_NUMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "RequestReply": ("turn",),
    "Transcribe": ("utterance",),
    "ForgetTranscript": ("utterance",),
    "Speak": ("turn", "sentence"),
    "CancelSpeech": ("turn", "sentence"),
    "CloseReply": ("turn",),
    "SendMark": ("name",),
    "Note": ("name",),
}
_NOTE_KINDS: Final[Mapping[str, DecisionKind]] = {"filler": "filler", "overlap": "verdict"}


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one command that differs."""

    kind: DecisionKind
    manner: ChangeManner
    """`missing`: decided then alone. `new`: decided today alone. `other`: decided otherwise."""
    then: CommandRecord | None = None
    now: CommandRecord | None = None
    later_s: float | None = None
    """The same was decided so much later by the one that did not decide it here, in seconds. None: it was not."""

    @property
    def allowed_by(self) -> frozenset[DecisionKind]:
        """Return the kinds that a declared change may name for this."""
        return frozenset({self.kind}) if self.later_s is None else frozenset({self.kind, "timing"})


def number(record: CommandRecord) -> Hashable:
    """Return what a command is about: the same for two commands that differ only in how it is done."""
    said = fields_of(record)
    return (record[0], *(str(said.get(name)) for name in _COMMAND_NUMBERS.get(record[0], ())))


def changes(then: Sequence[CommandRecord], now: Sequence[CommandRecord]) -> list[Change]:
    """Return what differs, the kind that says most first. Empty: nothing does."""
    before, today = [_key(record) for record in then], [_key(record) for record in now]
    if before == today:
        return []
    gone, new = _without(then, before, today), _without(now, today, before)
    if not gone and not new:
        place = next(at for at, (one, other) in enumerate(zip(before, today, strict=True)) if one != other)
        return [Change("order", "order", then[place], now[place])]
    found: list[Change] = []
    for record in gone:
        pair = next((other for other in new if number(other) == number(record)), None)
        if pair is None:
            found.append(Change(kind(record), "missing", record))
        else:
            new.remove(pair)
            found.append(Change(kind_of_difference(record, pair), "other", record, pair))
    found += [Change(kind(record), "new", None, record) for record in new]
    return sorted(found, key=lambda one: DECISION_KINDS.index(one.kind))


def telling(found: Sequence[Change]) -> list[Change]:
    """Return the changes of an event without those that follow from them."""
    return [change for change in found if change.kind not in _FOLLOWING] or list(found)


def kind(record: CommandRecord) -> DecisionKind:
    """Return what kind of decision a command is."""
    if record[0] == "Note":
        return _NOTE_KINDS.get(str(fields_of(record).get("name")), "note")
    return _COMMAND_KINDS.get(record[0], "playout")


def kind_of_difference(then: CommandRecord, now: CommandRecord) -> DecisionKind:
    """Return what kind of decision two forms of one command differ in."""
    if then[0] == "SendAudio":
        # The same length with another checksum.
        return "audio" if then[1:2] == now[1:2] else "playout"
    said, says = fields_of(then), fields_of(now)
    if then[0] == "Transcribe":
        return "audio" if _length(said) == _length(says) else "endpoint"
    if then[0] == "Speak" and said.get("text") == says.get("text"):
        # When the caller runs out of audio is a hint for TTS.
        return "playout"
    if then[0] == "Speak":
        return "text"
    if then[0] == "Note" and _told(said, "verdict", "rule") == _told(says, "verdict", "rule"):
        return "note"
    return kind(then)


def _length(said: Mapping[str, Any]) -> object:
    pcm = said.get("pcm")
    return pcm[:1] if isinstance(pcm, list) else pcm


def _told(said: Mapping[str, Any], *names: str) -> list[object]:
    told = said.get("fields")
    return [told.get(name) for name in names] if isinstance(told, Mapping) else []


def _key(record: CommandRecord) -> bytes:
    return msgspec.msgpack.encode(record)


def _without(records: Sequence[CommandRecord], keys: Sequence[bytes], others: Sequence[bytes]) -> list[CommandRecord]:
    """Return the records that the others do not have, as often as they are missing there."""
    left = Counter(others)
    found = []
    for record, key in zip(records, keys, strict=True):
        if left[key]:
            left[key] -= 1
        else:
            found.append(record)
    return found
