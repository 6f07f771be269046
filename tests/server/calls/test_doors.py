"""Calls that a line does not take: by its hours, by its callers. What is told, counted and logged of them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from ivr.config.lines import plain_line, read_lines
from ivr.server.bridge import Bridge
from ivr.server.calls.blocked_lists import LISTS_EVERY_S, BlockedLists
from ivr.server.calls.doors import Doors
from ivr.server.calls.first_words import call_options, is_closed
from ivr.testbench import virtual_time
from ivr.twilio.form import Dialled
from tests.support.front import ACCOUNT, CALLED, CALLER, a_bridge, settings

NEVER = '[hours]\nzone = "Asia/Riyadh"\nmon-sun = "00:00-24:00"\nholidays = ["2020-01-01..2099-12-31"]\n'
NIGHT = '[hours]\nzone = "Asia/Riyadh"\nmon-sun = "09:00-17:00"\n'
MIDNIGHT = 1_796_331_600.0
"""2026-12-03, midnight in Riyadh."""


def asked(caller: str = CALLER, direction: str = "inbound") -> Dialled:
    called, caller = (caller, CALLED) if direction != "inbound" else (CALLED, caller)
    return Dialled("CA1", ACCOUNT, caller, called, direction, {"x": "1"})


def bridge_with(tmp_path: Path, toml: str, story: Callable[[Bridge], Awaitable[None]]) -> None:
    (tmp_path / "ivr.toml").write_text(toml, "utf-8")

    async def main() -> None:
        bridge = a_bridge(settings(tmp_path, IVR_CONFIG=str(tmp_path / "ivr.toml")))
        try:
            await story(bridge)
        finally:
            await bridge.stop()

    virtual_time.run(main())


@pytest.mark.parametrize(
    ("toml", "caller", "document", "reason"),
    [
        (NEVER, CALLER, "closed", "holiday"),
        ('closed = "voicemail"\n' + NEVER, CALLER, "voicemail", "holiday"),
        ('closed = "agent"\n' + NEVER, CALLER, "answer", ""),
        ('closed = "message"\n' + NEVER, CALLER, "answer", ""),
        (f'[callers]\nblocked = ["{CALLER}"]\n', CALLER, "blocked", "blocked"),
        ('[callers]\nblocked = ["+966*"]\n', CALLER, "blocked", "blocked"),
        ('[callers]\nblocked = ["+1900*"]\n', CALLER, "answer", ""),
        ('[callers]\nanonymous = "say"\n', "anonymous", "anonymous", "anonymous"),
        ('[callers]\nanonymous = "reject"\n', "+266696687", "blocked", "anonymous"),
        ('[callers]\nanonymous = "voicemail"\n', "Restricted", "voicemail", "anonymous"),
        ('[callers]\nanonymous = "take"\n', "anonymous", "answer", ""),
        ("", "anonymous", "answer", ""),
    ],
)
def test_what_a_caller_gets(tmp_path: Path, toml: str, caller: str, document: str, reason: str) -> None:
    async def story(bridge: Bridge) -> None:
        name, text = await bridge.take_call(asked(caller))
        assert name == document
        assert ("<Reject" in text) == (document == "blocked")
        assert ("<Record" in text) == (document == "voicemail")
        assert bridge.doors.reason_of("CA1") == reason
        assert bridge.doors.reason_of("CA2") == ""
        counted = generate_latest(bridge.metrics.registry).decode()
        assert (f'ivr_turned_away_total{{line="default",reason="{reason}"}} 1.0' in counted) == bool(reason)
        # No place is kept for a call that was turned away.
        assert len(bridge.admission) == 0
        assert bool(bridge.admission.owed(asyncio.get_running_loop().time())) == (document == "answer")

    bridge_with(tmp_path, toml, story)


def test_a_call_that_is_placed_is_not_looked_at(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        assert bridge.answer(asked(direction="outbound-api"), asyncio.get_running_loop().time())[0] == "answer"

    bridge_with(tmp_path, NEVER, story)


def test_the_agent_is_told_that_the_line_is_closed(tmp_path: Path) -> None:
    async def story(bridge: Bridge) -> None:
        bridge.answer(asked(), asyncio.get_running_loop().time())
        place = bridge.admission.expect("CA1", asyncio.get_running_loop().time())
        assert place is not None
        assert place.parameters == {"x": "1", "hours": "closed"}

    bridge_with(tmp_path, 'closed = "agent"\n' + NEVER, story)


def test_hours_are_those_of_the_time_of_the_call(tmp_path: Path) -> None:
    _, line, problems = read_lines(NIGHT, plain_line("ar", "https://agent.example/x"))
    assert problems == []
    counted: list[tuple[str, str]] = []
    doors = Doors(BlockedLists([]), lambda *one: counted.append(one))
    answers = [doors.look(line, asked(), MIDNIGHT + hour * 3600).refusal for hour in (0, 8.99, 9, 16.99, 17)]
    assert answers == ["closed", "closed", None, None, "closed"]
    assert counted == [("default", "outside_hours")] * 3
    assert repr(doors) == "<Doors <BlockedLists 0 in 0 files>>"


def test_first_words_fit_the_hour() -> None:
    _, line, _ = read_lines(
        'closed_greeting = "مغلق"\nlanguages = ["ar", "en"]\n[greetings]\n"00:00-06:00" = "ليلة سعيدة"\n' + NIGHT,
        plain_line("ar", "https://agent.example/x"),
    )
    audio = {("ليلة سعيدة", "Hiba", "ksa", "ar"): b"\x01", ("One moment, please.", "Emma", "en", "en"): b"\x02"}

    def rendered(text: str, speaker: str, dialect: str, language: str) -> bytes | None:
        return audio.get((text, speaker, dialect, language))

    night = call_options(line, rendered, MIDNIGHT, closed=False)
    assert (night.phrases["greeting"].text, night.phrases["greeting"].audio) == ("ليلة سعيدة", b"\x01")
    assert (night.languages["en"]["filler"].audio, night.languages["en"]["apology"].audio) == (b"\x02", b"")
    assert call_options(line, rendered, MIDNIGHT + 7 * 3600, closed=False).phrases["greeting"].text.startswith("السلام")
    assert call_options(line, rendered, MIDNIGHT, closed=True).phrases["greeting"].text == "مغلق"


@pytest.mark.parametrize("kind", ["message", "agent"])
def test_a_closed_line_may_take_a_message_itself(kind: str) -> None:
    _, line, _ = read_lines(
        f'closed = "{kind}"\n[call]\nsay_first = true\n' + NIGHT, plain_line("ar", "https://a.example")
    )
    at_night, by_day = (call_options(line, lambda *_: None, MIDNIGHT, closed=closed) for closed in (True, False))
    takes = kind == "message"
    assert (at_night.message_first, at_night.say_first) == (takes, not takes)
    assert (by_day.message_first, by_day.say_first) == (False, True)


@pytest.mark.parametrize(
    ("parameters", "closed"), [({"hours": "closed"}, True), ({"hours": "open"}, False), ({}, False)]
)
def test_closed_is_a_parameter(parameters: dict[str, str], closed: bool) -> None:
    assert is_closed(parameters) == closed


# -- files of numbers --------------------------------------------------------------------------------------------


def lists(tmp_path: Path) -> tuple[BlockedLists, Any, Path]:
    file = tmp_path / "blocked.txt"
    file.write_text("+966500000007\n")
    _, line, problems = read_lines(
        '[callers]\nblocked_file = "blocked.txt"\n', plain_line("ar", "https://agent.example/x"), tmp_path
    )
    assert problems == []
    return BlockedLists([line]), line.has.callers, file


def rewrite(file: Path, text: str) -> None:
    file.write_text(text)
    # Another time of change, also where the file system counts in seconds.
    os.utime(file, ns=(file.stat().st_mtime_ns + 10**10,) * 2)


async def settle(found: BlockedLists) -> None:
    """Wait for a look at the files, which is a thread's."""
    while found._looking is not None:
        await asyncio.wait([found._looking])
        await asyncio.sleep(0)


def test_a_file_is_read_again_when_it_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ivr.bridge")

    async def story() -> None:
        found, callers, file = lists(tmp_path)
        assert [one.holds("+966500000007") for one in found.of(callers)] == [True]
        await settle(found)
        rewrite(file, "+966500000008\nnonsense\n")
        # Not before it is time to look.
        assert [one.holds("+966500000008") for one in found.of(callers)] == [False]
        assert found._looking is None
        found.look_again()
        found.of(callers)
        await settle(found)
        assert [one.holds("+966500000008") for one in found.of(callers)] == [True]
        assert LISTS_EVERY_S > 0

    asyncio.run(story())
    [told] = [record for record in caplog.records if record.getMessage() == "blocked_list"]
    assert (told.__dict__["entries"], told.__dict__["left_out"]) == (1, 1)
    assert "966500000008" not in caplog.text


@pytest.mark.parametrize("spoil", ["gone", "bytes"])
def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path, spoil: str) -> None:
    async def story() -> None:
        found, callers, file = lists(tmp_path)
        if spoil == "gone":
            file.unlink()
        else:
            file.write_bytes(b"\xff\xfe\xff")
        found.of(callers)
        await settle(found)
        assert [one.holds("+966500000007") for one in found.of(callers)] == [True]

    asyncio.run(story())


def test_a_bug_in_a_look_ends_no_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        found, callers, _ = lists(tmp_path)

        def broken() -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(found, "read", broken)
        assert [one.holds("+966500000007") for one in found.of(callers)] == [True]
        await settle(found)

    asyncio.run(story())
    assert "blocked_list_failed" in caplog.text


def test_a_line_without_files_is_not_looked_for(tmp_path: Path) -> None:
    found, callers, _ = lists(tmp_path)
    assert found.of(replace(callers, blocked_files=())) == []
    assert found.of(replace(callers, blocked_files=())) == []
    assert repr(found) == "<BlockedLists 1 in 1 files>"
