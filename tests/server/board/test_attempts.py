"""How often one sender, and all of them, may try."""

from __future__ import annotations

from ivr.server.board.attempts import ALL_WRONG_TOKENS, MOST_KNOWN, WRONG_TOKENS, TryLimit, WrongTokens


def test_a_sender_waits_for_the_window_to_end() -> None:
    limit = TryLimit(2, 60.0)
    for at in (100.0, 110.0):
        assert limit.wait_s("a", at) == 0
        limit.count("a", at)
    assert limit.wait_s("a", 130.0) == 30.0
    assert limit.wait_s("b", 130.0) == 0
    assert limit.wait_s("a", 160.0) == 0
    limit.count("a", 161.0)
    assert limit.wait_s("a", 161.0) == 0


def test_a_clock_set_back_locks_out_for_a_window_at_most() -> None:
    limit = TryLimit(1, 60.0)
    limit.count("a", 5000.0)
    assert limit.wait_s("a", 100.0) == 60.0
    limit.count("a", 100.0)
    assert limit.wait_s("a", 161.0) == 0


def test_the_oldest_of_too_many_senders_is_forgotten() -> None:
    limit = TryLimit(1)
    for number in range(MOST_KNOWN + 5):
        limit.count(number, 1.0)
    assert repr(limit) == "<TryLimit 1000 senders, 1 in 60 s>"
    assert [limit.wait_s(number, 1.0) for number in (4, 5)] == [0, 60.0]


def test_wrong_tokens_close_the_door_to_their_address() -> None:
    wrong = WrongTokens()
    for _ in range(WRONG_TOKENS):
        assert not wrong.wait_s("1.1.1.1", 10.0)
        wrong.wrong("1.1.1.1", 10.0)
    assert wrong.wait_s("1.1.1.1", 20.0) == 50.0
    assert not wrong.wait_s("2.2.2.2", 20.0)
    assert not wrong.wait_s("1.1.1.1", 70.0)


def test_wrong_tokens_from_everywhere_close_it_to_strangers_alone() -> None:
    wrong = WrongTokens()
    wrong.right("9.9.9.9")
    for number in range(ALL_WRONG_TOKENS):
        wrong.wrong(f"1.1.{number}.1", 10.0)
    assert wrong.wait_s("3.3.3.3", 10.0) == 60.0
    assert not wrong.wait_s("9.9.9.9", 10.0)
    for number in range(MOST_KNOWN):
        wrong.right(f"8.8.{number}.8")
    assert wrong.wait_s("9.9.9.9", 10.0) == 60.0
    assert repr(wrong).endswith("1000 known>")
