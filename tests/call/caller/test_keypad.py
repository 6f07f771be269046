"""Keys into entries, and what a terminator means."""

from __future__ import annotations

from ivr.call.actions import Gather
from ivr.call.caller.keypad import KEYS_MOST, LATE_END_S, KeyEntry, Keypad


def test_keys_end_with_the_terminator() -> None:
    pad = Keypad(2.0, "#")
    assert [pad.press(key, 0.0) for key in "12"] == [None, None]
    assert pad.typing
    assert pad.press("#", 0.1) == KeyEntry("12", whole=True)
    assert (pad.wake_at(), pad.typing, pad.pressed_at) == (None, False, 0.1)


def test_keys_end_when_no_more_come() -> None:
    pad = Keypad(2.0, "#")
    pad.press("7", 1.0)
    pad.press("*", 2.0)
    assert pad.wake_at() == 4.0
    assert pad.tick(3.9) is None
    assert pad.tick(4.0) == KeyEntry("7*", whole=False)
    assert pad.tick(9.0) is None


def test_the_terminator_alone_is_an_entry_at_once() -> None:
    for terminator in "#*":
        assert Keypad(2.0, terminator).press(terminator, 0.0) == KeyEntry(terminator, whole=True)


def test_without_a_terminator_its_key_counts() -> None:
    pad = Keypad(1.0, "")
    assert pad.press("#", 0.0) is None
    assert not pad.only_ends("#", 0.0, unanswered=True)
    assert pad.tick(1.0) == KeyEntry("#", whole=False)


def test_an_endless_entry_is_cut() -> None:
    pad = Keypad(1.0, "#")
    entries = [pad.press("5", 0.0) for _ in range(KEYS_MOST)]
    assert entries == [None] * (KEYS_MOST - 1) + [KeyEntry("5" * KEYS_MOST, whole=True)]


def test_an_entry_ends_early_when_the_caller_goes_on() -> None:
    pad = Keypad(1.0, "#")
    assert pad.finish() is None
    pad.press("4", 0.0)
    assert pad.finish() == KeyEntry("4", whole=False)
    assert pad.wake_at() is None


def test_a_forgotten_entry_never_ends() -> None:
    pad = Keypad(1.0, "#")
    pad.press("4", 0.0)
    pad.forget()
    assert (pad.typing, pad.wake_at(), pad.tick(5.0)) == (False, None, None)


def test_when_a_terminator_only_ends_what_was_given() -> None:
    """Of an entry that ran out of time at 2.0 s: key, time, unanswered, and whether it asks nothing."""
    rows = [
        ("#", 2.1, False, True),
        ("#", 2.0 + LATE_END_S - 0.1, False, True),
        ("#", 2.0 + LATE_END_S, False, False),
        ("#", 9.0, True, True),
        ("1", 2.1, True, False),
        ("*", 2.1, True, False),
    ]
    for key, now, unanswered, expected in rows:
        pad = Keypad(2.0, "#")
        pad.press("1", 0.0)
        assert not pad.only_ends("#", 0.1, unanswered=True), "it ends what is typed"
        assert pad.tick(2.0) is not None
        assert pad.only_ends(key, now, unanswered=unanswered) == expected, (key, now, unanswered)


def test_a_new_key_makes_a_late_end_an_answer_again() -> None:
    pad = Keypad(2.0, "#")
    pad.press("1", 0.0)
    pad.tick(2.0)
    pad.press("2", 2.2)
    pad.press("#", 2.3)
    assert not pad.only_ends("#", 2.4, unanswered=False)


def test_a_keypad_prints_no_key() -> None:
    pad = Keypad(2.0, "#")
    pad.press("9", 0.0)
    assert repr(pad) == "<Keypad typing=1>"


def test_a_gather_ends_at_its_digits_by_its_key_and_in_its_time() -> None:
    pad = Keypad(2.0, "#")
    pad.gather(Gather(digits=4))
    assert [pad.press(key, 0.0) for key in "1234"] == [None, None, None, KeyEntry("1234", whole=True)]
    pad.gather(Gather(terminator="*", timeout_s=5.0))
    pad.press("#", 1.0)
    assert pad.wake_at() == 6.0
    assert pad.press("*", 2.0) == KeyEntry("#", whole=True)
    # The line's own choices may change meanwhile, and count again afterwards.
    pad.change(3.0, "")
    assert not pad.only_ends("#", 2.0, unanswered=True)
    assert pad.only_ends("*", 2.0, unanswered=True)
    pad.gather(None)
    pad.press("*", 4.0)
    assert pad.wake_at() == 7.0


def test_a_number_that_is_not_whole_is_given_time() -> None:
    pad = Keypad(2.0, "#", 2.5)
    pad.press("1", 0.0)
    assert pad.wake_at() == 2.0
    pad.forget()
    pad.gather(Gather(digits=3))
    pad.press("1", 0.0)
    assert pad.wake_at() == 2.5
    # The agent may say otherwise, and a line may be more patient.
    for gather, line, due in ((Gather(digits=3, timeout_s=1.0), 2.0, 1.0), (Gather(digits=3), 4.0, 4.0)):
        pad = Keypad(line, "#", 2.5)
        pad.gather(gather)
        pad.press("1", 0.0)
        assert pad.wake_at() == due


def test_a_number_of_a_likely_length_is_asked_and_may_go_on() -> None:
    pad = Keypad(2.0, "#", 2.5)
    pad.expect(3)
    assert [pad.press(key, 0.0) for key in "12"] == [None, None]
    assert pad.wake_at() == 2.5
    assert pad.press("3", 1.0) == KeyEntry("123", whole=False)
    assert pad.only_ends("#", 2.0, unanswered=False)
    pad.expect(0)
    pad.press("4", 3.0)
    assert pad.wake_at() == 5.0


def test_other_choices_of_the_line_keep_the_gather() -> None:
    pad = Keypad(2.0, "#")
    pad.gather(Gather(digits=2))
    pad.change(1.0, "*", 3.0)
    pad.press("1", 0.0)
    assert pad.wake_at() == 3.0
