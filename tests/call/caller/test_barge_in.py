"""The two steps of a barge-in."""

from __future__ import annotations

import pytest

from ivr.call.caller.barge_in import HOLD_MOST_MS, WAIT_MOST_MS, AgentFloor, BargeIn, Verdict, judge
from ivr.call.options import CallOptions
from ivr.call.timeline import Rule
from tests.text.tables import failures

OPTIONS = CallOptions(
    start_ms=60, commit_ms=600, word_ms=100, resume_ms=300, verdict_ms=700, caution_ms=60, caution_most=2, caution_s=30
)
NOW = 1000.0


def follow(
    machine: BargeIn, voiced: int, quiet: int, *, ends_at: int = 10_000, held: bool = True, wait_ms: float = 700
) -> list[tuple[int, object]]:
    """What is decided, and after how many ms: so much speech, then so much silence."""
    out: list[tuple[int, object]] = []
    for ms in range(20, voiced + quiet + 1, 20):
        silence = max(0, ms - voiced)
        speech, now, speaking = min(ms, voiced), NOW + ms / 1000, silence < ends_at
        decided = machine.frame(speech, silence, now, speaking=speaking, held=held, wait_ms=wait_ms)
        if decided is not None:
            out.append((ms, decided))
            if isinstance(decided, Verdict):
                break
    return out


def overlap() -> BargeIn:
    """An overlap that has just begun."""
    machine = BargeIn(OPTIONS)
    machine.begin(NOW, held=False)
    return machine


@pytest.mark.parametrize(
    ("voiced", "quiet", "ends_at", "decided"),
    [
        (40, 500, 10_000, [(340, Verdict("resume", "silence"))]),
        (80, 500, 200, [(280, Verdict("resume", "silence"))]),
        (100, 900, 10_000, [(260, "ask"), (960, Verdict("resume", "late"))]),
        (300, 900, 10_000, [(460, "ask"), (1160, Verdict("resume", "late"))]),
        (300, 900, 100, [(400, "ask"), (1100, Verdict("resume", "late"))]),
        (500, 900, 10_000, [(660, "ask"), (1360, Verdict("resume", "late"))]),
        (900, 160, 10_000, [(1060, "ask")]),
        (2400, 160, 10_000, [(2000, "ask"), (2560, "ask")]),
        (4000, 500, 10_000, [(2000, "ask"), (3400, Verdict("resume", "late"))]),
        (580, 140, 10_000, []),
    ],
)
def test_barge_in_follows_its_rules(voiced: int, quiet: int, ends_at: int, decided: list[tuple[int, object]]) -> None:
    assert follow(overlap(), voiced, quiet, ends_at=ends_at) == decided


def test_the_wait_for_words_follows_stt() -> None:
    rows = [
        (200.0, 460 + 700),
        (960.0, 460 + 960),
        (1500.0, 460 + 1500),
        (9000.0, 460 + WAIT_MOST_MS),
    ]
    given = [(wait_ms, -20 * (-follow(overlap(), 300, 5000, wait_ms=wait_ms)[-1][0] // 20)) for wait_ms, _ in rows]
    assert given == rows


def test_a_voice_under_an_agent_that_speaks_gives_no_verdict() -> None:
    assert follow(overlap(), 40, 900, held=False) == []
    assert follow(overlap(), 300, 3000, held=False) == [(460, "ask")]


def said(machine: BargeIn, text: str | None, *, goes_on: bool = False, held: bool = True) -> Verdict | None:
    """What is decided about words of the voice."""
    return machine.words(text, AgentFloor(), faint=False, goes_on=goes_on, held=held)


def test_a_caller_who_goes_on_after_a_hum_is_heard_on() -> None:
    machine = overlap()
    assert follow(machine, 300, 160) == [(460, "ask")]
    assert said(machine, "mm", goes_on=True) is None
    assert machine.more is False
    assert machine.frame(320, 0, NOW, speaking=True, held=True, wait_ms=700) is None
    assert machine.more is True
    for quiet in range(20, 300, 20):
        assert machine.frame(320, quiet, NOW, speaking=True, held=True, wait_ms=700) is None
    assert machine.frame(320, 300, NOW, speaking=True, held=True, wait_ms=700) == Verdict("resume", "backchannel")


def test_a_hum_with_more_behind_it_is_no_verdict_yet() -> None:
    machine = overlap()
    assert machine.frame(200, 160, NOW, speaking=True, held=True, wait_ms=700) == "ask"
    machine.frame(400, 0, NOW, speaking=True, held=True, wait_ms=700)
    assert said(machine, "okay") is None
    assert machine.frame(400, 160, NOW, speaking=True, held=True, wait_ms=700) == "ask"
    assert said(machine, "okay but stop") == Verdict("commit", "words")


def test_a_voice_that_says_nothing_twice_is_not_waited_for() -> None:
    machine = overlap()
    assert machine.frame(300, 160, NOW, speaking=True, held=True, wait_ms=700) == "ask"
    assert said(machine, "", goes_on=True) is None
    assert machine.frame(600, 160, NOW, speaking=True, held=True, wait_ms=700) == "ask"
    assert said(machine, "", goes_on=True) == Verdict("resume", "nothing")
    machine = overlap()
    assert follow(machine, 2000, 0) == [(2000, "ask")]
    assert said(machine, "", goes_on=True) == Verdict("resume", "nothing")


def test_no_voice_holds_the_agent_for_ever() -> None:
    machine = overlap()
    heard: list[object] = []
    for ms in range(20, 2 * HOLD_MOST_MS, 20):
        decided = machine.frame(ms, 0, NOW, speaking=True, held=True, wait_ms=2500)
        if ms == 5000:
            assert said(machine, "okay", goes_on=True) is None
        elif isinstance(decided, Verdict):
            heard.append((ms, decided))
            break
    assert heard == [(HOLD_MOST_MS, Verdict("resume", "late"))]
    machine = overlap()
    assert follow(machine, 40, 0) == []
    for _ in range(0, HOLD_MOST_MS, 20):
        decided = machine.frame(60, 20, NOW, speaking=True, held=True, wait_ms=700)
    assert decided == Verdict("resume", "nothing")


def test_judge() -> None:
    nothing, asked = AgentFloor(), AgentFloor(asked=True)
    working, owing = AgentFloor(asked=True, working_at="where is my parcel"), AgentFloor(owes=True)
    rows: list[tuple[str | None, AgentFloor, bool, str, Rule]] = [
        ("", nothing, False, "resume", "nothing"),
        (" ", nothing, False, "resume", "nothing"),
        (None, nothing, False, "resume", "failed"),
        ("اها", nothing, False, "resume", "backchannel"),
        ("yes", nothing, False, "resume", "backchannel"),
        ("yes", asked, False, "commit", "words"),
        ("yes", working, False, "resume", "backchannel"),
        ("stop", nothing, False, "commit", "words"),
        ("hello?", nothing, False, "commit", "words"),
        ("hello?", working, False, "resume", "waiting"),
        ("where is my parcel", working, False, "resume", "waiting"),
        ("the other one", working, False, "commit", "words"),
        ("the government said on Monday", nothing, False, "commit", "words"),
        ("the government said on Monday", nothing, True, "resume", "not_meant"),
        ("stop", nothing, True, "commit", "words"),
        ("the other one", owing, False, "resume", "kept"),
        ("stop", owing, False, "commit", "words"),
        ("لا لا", owing, True, "commit", "words"),
    ]
    given = [(text, floor, faint, judge(text, floor, faint=faint)) for text, floor, faint, *_ in rows]
    assert (
        failures(
            [(verdict, Verdict(row[3], row[4])) for (*_, verdict), row in zip(given, rows, strict=True)],  # type: ignore[arg-type]
            lambda verdict: verdict,
        )
        == []
    )


def test_false_yields_make_the_next_one_harder_for_a_while() -> None:
    machine = BargeIn(OPTIONS)
    assert not machine.rises(40, 0.0)
    assert machine.rises(60, 0.0)
    for _ in range(3):
        machine.learn(Verdict("resume", "silence"), 10.0)
    assert not machine.rises(160, 11.0)
    assert machine.rises(180, 11.0)
    machine.learn(Verdict("resume", "late"), 12.0)
    assert machine.rises(180, 13.0)
    assert machine.rises(60, 41.0)
    machine.learn(Verdict("resume", "silence"), 50.0)
    machine.learn(Verdict("resume", "backchannel"), 51.0)
    assert machine.rises(60, 52.0)
    machine.learn(Verdict("resume", "silence"), 53.0)
    machine.learn(Verdict("commit", "words"), 54.0)
    assert machine.rises(60, 55.0)


def test_the_second_voice_that_says_nothing_costs_more() -> None:
    machine = BargeIn(OPTIONS)
    machine.learn(Verdict("resume", "nothing"), 10.0)
    assert not machine.rises(580, 12.0)
    assert machine.rises(600, 12.0)
    machine.learn(Verdict("resume", "not_meant"), 14.0)
    assert not machine.rises(5000, 16.0)
    assert machine.rises(600, 41.0)
    machine.learn(Verdict("commit", "words"), 42.0)
    assert machine.rises(60, 43.0)


def test_four_signs_of_listening_in_a_row_need_words() -> None:
    machine = BargeIn(OPTIONS)
    for at in range(4):
        machine.begin(5.0 * at, held=False)
        assert machine.rises(60, 5.0 * at)
        machine.learn(Verdict("resume", "backchannel"), 5.0 * at)
    machine.begin(20.0, held=False)
    assert not machine.rises(5000, 25.0)


def test_one_voice_makes_the_agent_yield_once() -> None:
    machine = BargeIn(OPTIONS)
    machine.begin(10.0, held=False)
    assert machine.rises(60, 10.06)
    machine.frame(300, 400, 11.0, speaking=True, held=True, wait_ms=700)
    machine.learn(Verdict("resume", "backchannel"), 11.0)
    machine.begin(11.2, held=False)
    assert not machine.rises(2000, 12.0)
    machine.frame(300, 0, 12.0, speaking=True, held=False, wait_ms=700)
    machine.begin(12.5, held=False)
    assert not machine.rises(2000, 12.6), "the voice was heard meanwhile"
    machine.begin(13.3, held=False)
    assert machine.rises(60, 13.4)


def test_a_cough_and_a_word_behind_it_are_two_voices() -> None:
    machine = BargeIn(OPTIONS)
    machine.begin(10.0, held=False)
    machine.learn(Verdict("resume", "silence"), 10.4)
    machine.begin(10.5, held=False)
    assert machine.rises(120, 10.6)


def test_a_second_utterance_while_the_agent_is_muted() -> None:
    machine = overlap()
    assert machine.frame(200, 160, NOW, speaking=True, held=True, wait_ms=700) == "ask"
    machine.begin(NOW + 1, held=True)
    assert machine.frame(60, 0, NOW + 1, speaking=True, held=True, wait_ms=700) is None
    assert said(machine, "mm", goes_on=True) is None
    assert machine.frame(300, 160, NOW + 1, speaking=True, held=True, wait_ms=700) == "ask"


def test_barge_in_prints_itself() -> None:
    assert repr(BargeIn(OPTIONS)) == "<BargeIn false=0 voiced=0 quiet=0 asked=False>"
