"""Read what agents send: each payload is said once and whole, however the network cuts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from random import Random

from ivr.call.events import PeerFault, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.webhook.formats.detect import ReplyStream
from ivr.webhook.http.content_encoding import Inflater, Unreadable
from ivr.webhook.reply_events import ReplyEvents
from tests.webhook.formats.corpus import frameworks, later, models, plain, relatives, wire
from tests.webhook.formats.corpus.case import Case

CASES = [
    *plain.PLAIN, *plain.DOCUMENTS, *wire.EVENTS, *wire.PACKED, *wire.N8N, *models.MODELS, *models.REPEATS,
    *frameworks.FRAMEWORKS, *frameworks.PLATFORMS, *later.LATER_WIRE, *later.LATER_DOCUMENTS, *later.LATER_REPEATS,
    *later.LATER_AGENTS, *relatives.RELATIVES,
]  # fmt: skip


def heard(case: Case, parts: Iterable[bytes]) -> tuple[str, str]:
    """The words, whitespace apart, and the end."""
    stream, events, broke = ReplyStream(case.content_type), ReplyEvents(1), ""
    taken: list[object] = []
    try:
        inflater = Inflater(case.encoding)
        for part in parts:
            taken += [events.take(piece) for piece in stream.feed(inflater.feed(part))]
        inflater.finish()
    except Unreadable:
        broke = "encoding"
    taken += [events.take(piece) for piece in stream.finish()]
    words = "".join(
        event.text if isinstance(event, ReplyDelta) else " "
        for event in taken
        if isinstance(event, ReplyDelta | ReplyPause)
    )
    match events.end(broke):
        case ReplyFailed(_, reason):
            end = reason
        case ReplyEnded(_, hang_up, transfer):
            end = "closing" if hang_up else "ended" if transfer is None else f"transfer {transfer}".strip()
    assert all(not isinstance(event, PeerFault) or event.reason for event in taken)
    return " ".join(words.split()), end


def agrees(case: Case, got: tuple[str, str]) -> bool:
    words, end = got
    if case.end == "fault":
        return not words and end not in ("ended", "closing") and not end.startswith("transfer")
    return words == " ".join(case.said.split()) and end == case.end


def cuts(body: bytes, chance: Random) -> Iterator[list[bytes]]:
    """The body whole, a byte at a time, in two at every place, and in pieces by chance."""
    yield [body]
    yield [body[k : k + 1] for k in range(len(body))]
    places = range(1, len(body)) if len(body) < 200 else sorted(chance.sample(range(1, len(body)), 40))
    yield from ([body[:k], body[k:]] for k in places)
    for _ in range(5):
        at = [0, *sorted(chance.sample(range(len(body) + 1), min(7, len(body)))), len(body)]
        yield [body[a:b] for a, b in pairwise(at)]


def test_a_payload_is_said_once_and_whole() -> None:
    assert [(case.name, got) for case in CASES if not agrees(case, got := heard(case, [case.body]))] == []


def test_cuts_change_nothing_that_is_said() -> None:
    chance = Random(9)
    wrong = []
    for case in CASES:
        for parts in cuts(case.body, chance):
            if not agrees(case, got := heard(case, parts)):
                wrong.append((case.name, [len(part) for part in parts][:3], got))
                break
    assert wrong == []


def test_every_payload_has_its_own_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
