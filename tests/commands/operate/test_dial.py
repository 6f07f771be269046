"""`ivr dial` against a bridge: one number, a file, a second run, and what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from ivr.commands.operate import dial as command
from ivr.commands.operate.dial import BridgeAway, Dialling, app
from ivr.commands.operate.dial_rows import DialRow, Results
from tests.config.test_operators import TOKEN
from tests.server.outbound.test_outbound import Desk, story

ROWS = [DialRow(f"r{number}", f"+96650000000{number}", "sales", {"n": number}) for number in range(3)]


def client_of(desk: Desk, token: str = TOKEN) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(desk.front.app),
        base_url="http://127.0.0.1:8000",
        headers={"Authorization": f"Bearer {token}"},
    )


async def end_all(desk: Desk, ended: dict[str, str]) -> None:
    """End each job that rings, as the carrier does."""
    while set(ended) - {"done"}:
        for job in (await desk.ask("GET", "/jobs"))[1]["jobs"]:
            if job["state"] == "ringing" and job["id"] in ended:
                await desk.status(job["id"], ended.pop(job["id"]), job["call_id"])
        await asyncio.sleep(0.05)


def test_each_number_of_a_file_is_called_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "FOLLOW_EVERY_S", 0.05)
    told: list[tuple[str, str]] = []

    async def tell(desk: Desk) -> None:
        count = iter(range(100))
        desk.carrier.answer = lambda _: httpx.Response(201, json={"sid": f"CA{next(count):032x}"})
        foreign = DialRow("r9", "+19005550100", "sales")
        for _ in range(2):
            results = Results(tmp_path / "results.csv")
            dialling = Dialling(client_of(desk), results, lambda row, job: told.append((row.id, job["state"])))
            ended = {} if results.states else {"r0": "completed", "r1": "busy", "r2": "no-answer"}
            async with asyncio.timeout(30):
                await asyncio.gather(dialling.run([*ROWS, foreign]), end_all(desk, ended))
        assert Results(tmp_path / "results.csv").states == {
            "r0": "completed",
            "r1": "busy",
            "r2": "no_answer",
            "r9": "refused",
        }
        assert len(desk.carrier.placed) == 3

    story(tmp_path, tell)
    assert ("r1", "busy") in told


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "FOLLOW_EVERY_S", 0.05)

    async def tell(desk: Desk) -> None:
        results = Results(tmp_path / "results.csv")
        first = asyncio.create_task(Dialling(client_of(desk), results, lambda _row, _job: None).run(ROWS[:1]))
        await desk.state("r0", "ringing")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        second = Dialling(client_of(desk), Results(tmp_path / "results.csv"), lambda _row, _job: None)
        async with asyncio.timeout(30):
            await asyncio.gather(second.run(ROWS[:1]), end_all(desk, {"r0": "completed"}))
        assert len(desk.carrier.placed) == 1

    story(tmp_path, tell)


@pytest.mark.parametrize(("token", "prefixes"), [("wrong", "+966"), (TOKEN, "")])
def test_a_bridge_that_does_not_take_it_is_said(tmp_path: Path, token: str, prefixes: str) -> None:
    async def tell(desk: Desk) -> None:
        with pytest.raises(BridgeAway):
            await Dialling(client_of(desk, token), None, lambda _row, _job: None).run(ROWS)

    story(tmp_path, tell, IVR_DIAL_PREFIXES=prefixes)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give a number, or --csv FILE"),
        (["+966500000001", "--csv", "x.csv"], "give a number, or --csv FILE"),
        (["+966500000001", "--token", ""], "set IVR_BOARD_TOKEN"),
        (["+966500000001", "--token", "t", "--context", "{"], "Expecting property name"),
        (["+966500000001", "--token", "t", "--url", "http://127.0.0.1:9"], "there is no bridge at this URL"),
        (["--csv", "missing.csv", "--token", "t"], "No such file"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IVR_BOARD_TOKEN", raising=False)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_file_is_followed_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Done(Dialling):
        async def run(self, rows: list[DialRow], at: str = "") -> None:
            for row in rows:
                self._note(row, {"state": "completed", "talked_s": 12})

    monkeypatch.setattr(command, "Dialling", Done)
    path = tmp_path / "people.csv"
    path.write_text("number\n+966500000001\n+966500000001\n+966500000002\n")
    result: Any = CliRunner().invoke(app, ["--csv", str(path), "--token", "t"])
    assert result.exit_code == 0, result.output
    assert "1 rows name a number again" in result.output
    assert "2 completed" in result.output
    assert "+966" not in result.output
    assert (tmp_path / "people.csv.results.csv").read_text().count("completed") == 2
