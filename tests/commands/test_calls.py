"""`ivr calls` as an operator meets it, on both databases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ivr import cli
from ivr.config.settings import Settings
from ivr.keeper.records_database import RecordsDatabase
from ivr.keeper.write_records import WriteRecords
from ivr.records.export import cell
from ivr.records.record import Entry, FileNamed, number_key
from tests.records.conftest import server
from tests.records.made import KEY, NOW, chosen, ended, facts, spooled, turn, whole
from tests.records.postgres import Postgres
from tests.support.front import ENV

__all__ = ["server"]

CALLER = "+966500000001"
TEXT = facts("CA2", "p2", line="shipments", keep="text", caller=CALLER, called="+966110000000", started_at=NOW + 60)
CALLS: list[Entry] = [
    *whole("CA1"),
    FileNamed("CA1", "tape", "CA1.tape", NOW),
    ended(
        TEXT,
        turns=[turn(1, asked="=where is it?", heard="On its way.")],
        result="upstream_error",
        reason="agent_unavailable",
    ),
    *whole("CA3", caller_key=number_key(KEY, "+966500000003"), started_at=NOW + 120),
]


def run(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["calls", *words, "--dev"], input=answer)


def fill(place: Settings, entries: list[Entry]) -> None:
    database = RecordsDatabase(place)
    chore = WriteRecords(place, database)
    spooled(place.data_dir, entries)
    while not chore.work(NOW):
        pass
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of a database with three calls, which the commands find in the environment."""
    env = {"IVR_TAPES": str(tmp_path / "tapes")}
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("server")
        postgres.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        env["IVR_DATABASE_URL"] = postgres.url
    found = chosen(tmp_path, **env)
    env = {**ENV, "IVR_DATABASE_URL": "", **env, "IVR_DATA_DIR": str(found.data_dir), "IVR_RECORDS_KEY": KEY.decode()}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    fill(found, CALLS)
    yield found


def ids(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [json.loads(line)["call"] for line in result.stdout.splitlines()]


def test_calls_are_listed(place: Settings) -> None:
    table = run("list").output
    assert [line.split()[2] for line in table.splitlines()[1:]] == ["CA3", "CA2", "CA1"]
    assert "upstream_error agent_unavailable" in table
    assert ids(run("list", "--json")) == ["CA3", "CA2", "CA1"]
    assert ids(run("list", "--json", "--line", "shipments")) == ["CA2"]
    assert ids(run("list", "--json", "--result", "success", "--limit", "1")) == ["CA3"]
    assert run("list", "--since", "2099-01-01").output == "no calls\n"
    wrong = run("list", "--since", "soon")
    assert (wrong.exit_code, "write a date" in wrong.output) == (2, True)


def test_a_call_is_shown_with_what_its_line_keeps(place: Settings) -> None:
    metrics, text = run("show", "CA1").output, run("show", "CA2").output
    assert "1 speech heard  1.0 s (agent 600 ms)" in metrics
    assert "tape: CA1.tape" in metrics
    assert f"from {CALLER} to +966110000000" in text
    assert "caller: =where is it?" in text
    assert "agent: On its way." in text
    shown = json.loads(run("show", "CA2", "--json").output)
    assert (shown["caller"], shown["turns"][0]["heard"]) == (CALLER, "On its way.")
    assert "caller" not in json.loads(run("show", "CA1", "--json").output)
    missing = run("show", "CA9")
    assert (missing.exit_code, "there is no record of this call" in missing.output) == (2, True)


def test_calls_are_exported(place: Settings, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("export").stdout)))
    assert [row["call"] for row in rows] == ["CA1", "CA2", "CA3"]
    # A spreadsheet would take the number for a formula.
    assert (rows[1]["caller"], rows[0]["tape"], rows[0]["agent_ms"]) == (f"'{CALLER}", "CA1.tape", "1200")
    assert ids(run("export", "--format", "json", "--line", "shipments")) == ["CA2"]
    out = tmp_path / "calls.json"
    assert run("export", "--format", "vcon", "-o", str(out)).output == f"3 calls in {out}\n"
    assert out.stat().st_mode & 0o777 == 0o600
    vcon = json.loads(out.read_text().splitlines()[1])
    assert [dialog["body"] for dialog in vcon["dialog"]] == ["=where is it?", "On its way."]
    assert vcon["parties"][0] == {"name": "caller", "tel": CALLER}
    assert vcon["uuid"][14] == "8"


def test_a_number_is_deleted_wherever_it_is(place: Settings, tmp_path: Path) -> None:
    tape = tmp_path / "tapes" / "CA1.tape"
    tape.parent.mkdir()
    tape.write_bytes(b"x")
    refused = run("delete", "--number", CALLER, answer="n\n")
    assert (refused.exit_code, len(ids(run("list", "--json")))) == (1, 3)
    done = run("delete", "--number", "00966 50 000 0001", "--yes")
    assert done.output == "deleted: 2 calls with their turns, 1 tapes, 0 recordings\n"
    assert ids(run("list", "--json")) == ["CA3"]
    assert not tape.exists()
    # What still waited in a spool of another machine is not written; a later call of that number is.
    late = whole("CA5", started_at=4e9)
    fill(place, [*whole("CA1", "another part"), *whole("CA4"), *late])
    assert ids(run("list", "--json")) == ["CA5", "CA3"]


def test_a_call_or_a_time_is_deleted(place: Settings) -> None:
    assert (
        run("delete", "--call", "CA2", "--yes").output == "deleted: 1 calls with their turns, 0 tapes, 0 recordings\n"
    )
    assert ids(run("list", "--json")) == ["CA3", "CA1"]
    assert run("delete", "--before", "2099-01-01", "--yes").output.startswith("deleted: 2 calls")
    assert run("list").output == "no calls\n"
    assert run("delete", "--yes").exit_code == 2


def test_recordings_of_this_machine_go_too(place: Settings, tmp_path: Path) -> None:
    folder = place.data_dir / "recordings"
    folder.mkdir()
    outside = tmp_path / "outside.wav"
    kept = folder / "CA3.wav"
    for file in (folder / "CA1.wav", folder / "CA1.json", outside, kept):
        file.write_bytes(b"x")
    # One lies here, one in a bucket, and one name leads elsewhere.
    names = {"CA1": "CA1.wav", "CA2": "CA2.rec", "CA3": f"../../{outside.name}"}
    fill(place, [FileNamed(call, "recording", name, NOW) for call, name in names.items()])
    done = run("delete", "--call", "CA1", "--yes")
    assert done.output == "deleted: 1 calls with their turns, 0 tapes, 1 recordings\n"
    assert [file.name for file in folder.iterdir()] == ["CA3.wav"]
    told = run("delete", "--before", "2099-01-01", "--yes").output
    assert told.startswith("deleted: 2 calls with their turns, 0 tapes, 0 recordings\n")
    assert [line.strip() for line in told.splitlines()[2:]] == ["CA2", "CA3"]
    assert "ivr recording delete CALL" in told
    assert (outside.exists(), kept.exists()) == (True, True)


def test_without_a_database_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    for url, told in (
        ("off", "IVR_DATABASE_URL is off"),
        ("", "there are no records yet"),
        ("postgresql://ivr:hush@127.0.0.1:1/none", "onnection"),
    ):
        monkeypatch.setenv("IVR_DATABASE_URL", url)
        result = run("list")
        assert result.exit_code == 2
        assert told in result.output
        assert "hush" not in result.output
        assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("text", ["=1+1", "+966", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_other_cells_are_as_they_are() -> None:
    assert [cell(value) for value in (-1.5, None, "a=b", 3)] == ["-1.5", "", "a=b", "3"]
