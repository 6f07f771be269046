"""Who has answered, by what is heard: rows of seconds of voice, silence and tone."""

from __future__ import annotations

import pytest

from ivr.call.placed.answering import Answering, Heard

Story = tuple[tuple[str, float], ...]


def hear(answering: Answering, story: Story) -> list[tuple[float, Heard]]:
    """Return what is found, with the second of the call at which it was."""
    found: list[tuple[float, Heard]] = []
    at = 0
    for what, seconds in story:
        for _ in range(round(seconds * 50)):
            at += 1
            if heard := answering.hear(1000 if what == "tone" else 0, voiced=what in ("voice", "tone")):
                found.append((at / 50, heard))
    return found


@pytest.mark.parametrize(
    ("story", "found"),
    [
        ((("quiet", 3.0),), [(1.5, "greet")]),
        ((("quiet", 0.4), ("voice", 0.5), ("quiet", 2.0)), [(1.4, "greet")]),
        ((("voice", 1.4), ("quiet", 2.0)), [(2.2, "greet")]),
        ((("voice", 0.5), ("quiet", 0.4), ("voice", 0.5), ("quiet", 2)), [(2.2, "greet")]),
        ((("voice", 6.0), ("quiet", 3.0)), [(2.8, "machine"), (8.0, "over")]),
        ((("voice", 4.0), ("quiet", 0.5), ("tone", 0.4), ("quiet", 1.0)), [(2.8, "machine"), (4.92, "over")]),
        ((("voice", 1.2), ("quiet", 0.6), ("voice", 3.0)), [(2.8, "machine")]),
        ((("tone", 0.5), ("quiet", 1.0)), [(0.52, "machine"), (0.54, "over")]),
        ((("voice", 0.8), ("quiet", 1.0), ("voice", 5.0)), [(1.3, "greet"), (4.6, "machine")]),
        ((("quiet", 2.0), ("quiet", 2.0), ("voice", 6.0)), [(1.5, "greet")]),
        ((("quiet", 5.0), ("tone", 0.5), ("quiet", 0.2)), [(1.5, "greet"), (5.52, "machine"), (5.54, "over")]),
        ((("quiet", 20.0), ("tone", 0.5), ("quiet", 3.0)), [(1.5, "greet")]),
        ((("voice", 60.0),), [(2.8, "machine"), (47.8, "over")]),
    ],
)
def test_who_has_answered(story: Story, found: list[tuple[float, Heard]]) -> None:
    assert hear(Answering(), story) == found


def test_the_carrier_may_say_so_first() -> None:
    answering = Answering()
    assert answering.told("machine") == "machine"
    assert (answering.holds, answering.how) == (True, "carrier")
    assert answering.told("machine") == ""
    assert hear(answering, (("voice", 1.0), ("quiet", 3.0))) == [(3.0, "over")]
    assert (answering.listens, answering.told("person")) == (False, "")


def test_the_carrier_may_say_so_late() -> None:
    answering = Answering()
    hear(answering, (("voice", 0.5), ("quiet", 1.0)))
    assert (answering.told("person"), answering.told("unknown"), answering.told("fax")) == ("", "", "machine")


def test_a_person_may_be_taken_for_a_machine() -> None:
    answering = Answering()
    assert hear(answering, (("voice", 3.0),)) == [(2.8, "machine")]
    assert (answering.told("person"), answering.listens) == ("greet", False)
    assert "done" in repr(answering)


def test_without_audio_the_bridge_speaks_first() -> None:
    answering = Answering()
    assert (answering.waited(), answering.how, answering.waited()) == ("greet", "silence", "")
    speaking = Answering()
    hear(speaking, (("voice", 0.2),))
    assert speaking.waited() == ""
