"""Check what `ivr phrases` lists and renders."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr import cli
from ivr.commands import phrases, terminal
from ivr.commands.phrases import PhraseEntry, in_cache, rendered
from ivr.server.compose import phrase_cache
from ivr.testbench import virtual_time
from ivr.testbench.hamsa.memory import MemoryHamsa
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule
from tests.support.front import refuse_speech, settings


def test_render_speaks_missing_phrases_once(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text('[[line]]\nnumber = "+966110000001"\nlanguage = "ar"\n', "utf-8")
    chosen, hamsa = settings(tmp_path), MemoryHamsa()
    before = in_cache(chosen)
    assert {entry.line for entry in before} == {"", "+966110000001"}
    assert all(entry.seconds is None for entry in before)
    after, problem = virtual_time.run(rendered(chosen, connect=hamsa.connect))
    assert problem == ""
    assert [entry.name for entry in after] == [entry.name for entry in before]
    assert all(entry.seconds and entry.seconds > 0.3 for entry in after)
    assert in_cache(chosen) == after
    assert (hamsa.mock.stats.connects, hamsa.mock.stats.open_sockets) == (1, 0)
    virtual_time.run(rendered(chosen, connect=refuse_speech))


def test_render_lists_a_failed_phrase_as_missing(tmp_path: Path) -> None:
    hamsa = MemoryHamsa(
        MockHamsa(HamsaProfile(rules=(parse_rule("tts error requests=1,2 after=0 text=voice not found"),)))
    )
    entries, problem = virtual_time.run(rendered(settings(tmp_path), connect=hamsa.connect))
    assert problem == ""  # of the cache
    assert [entry.seconds is None for entry in entries] == [True] + [False] * (len(entries) - 1)


def test_render_says_that_the_cache_cannot_be_written(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    (tmp_path / "cache").write_bytes(b"")  # no folder
    entries, problem = virtual_time.run(rendered(chosen, connect=MemoryHamsa().connect))
    assert entries
    assert all(entry.seconds and not entry.good for entry in entries)
    assert problem == (
        f"IVR_CACHE_DIR {tmp_path / 'cache'} cannot be written (File exists): "
        "phrases are lost at the end, set it to a folder that can and has room"
    )


def test_an_entry_prints_as_a_line() -> None:
    unkept = PhraseEntry("", "greeting", "Hiba", 1.0, "Hello", kept=False)
    assert str(unkept) == "default         greeting       Hiba      unkept  Hello"
    assert (
        str(PhraseEntry("", "greeting", "Hiba", None, "Hello"))
        == "default         greeting       Hiba     missing  Hello"
    )
    assert (
        str(PhraseEntry("+9661", "filler", "Hiba", 1.25, "Well"))
        == "+9661           filler         Hiba       1.2 s  Well"
    )


def test_list_reads_the_cache_without_a_service(tmp_path: Path) -> None:
    cache = phrase_cache(settings(tmp_path), None)
    with pytest.raises(RuntimeError, match="only read"):
        virtual_time.run(cache.render(["Hello"], "Hiba", "ksa", "ar"))


@pytest.mark.parametrize(("seconds", "problem", "code"), [(1.0, "", 0), (None, "", 1), (1.0, "IVR_CACHE_DIR", 1)])
def test_list_and_render_end_with_exit_codes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: float | None, problem: str, code: int
) -> None:
    entries = [PhraseEntry("", "greeting", "Hiba", seconds, "[Hello]")]

    async def done(_: object) -> tuple[list[PhraseEntry], str]:
        return entries, problem

    monkeypatch.setattr(terminal, "settings", lambda _: settings(tmp_path))
    monkeypatch.setattr(phrases, "rendered", done)
    monkeypatch.setattr(phrases, "in_cache", lambda _: entries)
    listed = CliRunner().invoke(cli.app, ["phrases", "list"])
    assert (listed.exit_code, "[Hello]" in listed.output) == (0, True)
    ran = CliRunner().invoke(cli.app, ["phrases", "render"])
    assert (ran.exit_code, "[Hello]" in ran.output) == (code, True)
