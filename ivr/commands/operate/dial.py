"""Run `ivr dial`: have a running bridge call a number, or the numbers of a CSV file."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from ivr.commands import terminal
from ivr.commands.operate.dial_rows import FINAL, NOT_TAKEN, DialRow, Results, read_rows, row_id
from ivr.config.lines import DEFAULT_NAME

app = typer.Typer(add_completion=False)

OPEN_AT_ONCE: Final = 50
"""Calls of a file that the bridge has in its queue at once: what is behind them can still be left out."""
FOLLOW_EVERY_S: Final = 2.0
TRY_AGAIN_S: Final = 5.0
_ONE_LINE: Final = "Have a bridge call a number, or the numbers of a CSV file, and say what becomes of it."


class BridgeAway(Exception):
    """The bridge cannot be asked, or does not take the token."""


class Dialling:
    """Ask one bridge for calls, and follow them."""

    def __init__(
        self, client: httpx.AsyncClient, results: Results | None, tell: Callable[[DialRow, Any], None]
    ) -> None:
        self._client, self._results, self._tell = client, results, tell
        self.states: dict[str, str] = {} if results is None else results.states

    def __repr__(self) -> str:
        return f"<Dialling {len(self.states)}>"

    async def run(self, rows: list[DialRow], at: str = "") -> None:
        """Have each row called that is not over, and wait for all. Raises `BridgeAway`."""
        waiting = [row for row in rows if self.states.get(row.id) not in FINAL]
        waiting.reverse()
        open_rows: list[DialRow] = []
        while waiting or open_rows:
            while waiting and len(open_rows) < OPEN_AT_ONCE:
                row = waiting.pop()
                # The id is the same in every run: a call that was asked for is not asked for again.
                await self._ask("POST", "/calls", row, row.body(at))
                open_rows.append(row)
            open_rows = [row for row in open_rows if self.states.get(row.id) not in FINAL]
            if not open_rows:
                continue
            await asyncio.sleep(FOLLOW_EVERY_S)
            for row in open_rows:
                await self._ask("GET", f"/jobs/{row.id}", row)

    async def _ask(self, method: str, path: str, row: DialRow, body: dict[str, Any] | None = None) -> None:
        """Ask until there is an answer, and note the state in it."""
        while True:
            try:
                answer = await self._client.request(method, path, json=body)
                told = answer.json()
            except (httpx.HTTPError, ValueError, OSError):
                # A bridge that is started again goes on with its queue.
                if not self.states:
                    raise BridgeAway("there is no bridge at this URL, or no IVR_BOARD_TOKENS in it") from None
                await asyncio.sleep(TRY_AGAIN_S)
                continue
            if answer.status_code in (401, 403) or (answer.status_code == 404 and method == "POST"):
                raise BridgeAway(str(told.get("problem", answer.status_code)))
            if answer.status_code in (429, 503):
                wait = answer.headers.get("retry-after", "")
                await asyncio.sleep(float(wait) if wait.isdecimal() else TRY_AGAIN_S)
                continue
            break
        job = told if answer.is_success else {"state": NOT_TAKEN, "reason": told.get("error", str(answer.status_code))}
        self._note(row, job)

    def _note(self, row: DialRow, job: dict[str, Any]) -> None:
        news = self.states.get(row.id) != job["state"] if self._results is None else self._results.put(row, job)
        self.states[row.id] = job["state"]
        if news:
            self._tell(row, job)


def _asked(
    number: str, line: str, context: str | None, csv: Path | None, name: str
) -> tuple[list[DialRow], Results | None]:
    """Return whom to call, and what became of those before. Raises ValueError, OSError."""
    if csv is None:
        told = json.loads(context) if context is not None else None
        return [DialRow(name or row_id("dial", f"{number} {secrets.token_hex(8)}"), number, line, told)], None
    rows, again = read_rows(csv, line, name or csv.stem)
    if again:
        typer.echo(f"{again} rows name a number again: each is called once")
    return rows, Results(csv.with_name(f"{csv.name}.results.csv"))


@app.command(help=_ONE_LINE)
def dial(
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="Who is called: E.164, or sip:user@host.")
    ] = None,
    line: Annotated[str, typer.Option("--line", "-l", help="The line that the calls belong to.")] = DEFAULT_NAME,
    context: Annotated[str | None, typer.Option("--context", help="JSON that the agent is given.")] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Numbers to call: the columns number, line, context or any others.")
    ] = None,
    at: Annotated[str, typer.Option("--at", help="Not before this time: 2026-12-01T15:00:00+03:00.")] = "",
    name: Annotated[
        str, typer.Option("--id", help="Names the call, or the campaign of a file: the same name calls no one twice.")
    ] = "",
    url: Annotated[str, typer.Option("--url", help="The bridge.")] = "http://127.0.0.1:8000",
    token: Annotated[
        str, typer.Option("--token", envvar="IVR_BOARD_TOKEN", help="A token of the role act of IVR_BOARD_TOKENS.")
    ] = "",
) -> None:
    """Have a bridge call a number, or the numbers of a CSV file, and say what becomes of it."""
    if (number is None) is (csv is None):
        terminal.stop("give a number, or --csv FILE")
    if not token:
        terminal.stop("set IVR_BOARD_TOKEN to a token of the role act: it is one of the bridge's IVR_BOARD_TOKENS")
    with terminal.one_line(OSError, ValueError):
        rows, results = _asked(number or "", line, context, csv, name)

    def tell(row: DialRow, job: Any) -> None:
        why = f" ({job['reason']})" if job.get("reason") else ""
        seconds = f", {job['talked_s']} s" if job.get("talked_s") else ""
        # Of a file the place is told: the terminal may be a log.
        who = "" if results is None else f"{rows.index(row) + 1}/{len(rows)} "
        typer.echo(f"{who}{row.id}: {job['state']}{why}{seconds}")

    async def run() -> dict[str, str]:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=15, trust_env=False) as client:
            dialling = Dialling(client, results, tell)
            await dialling.run(rows, at)
            return dialling.states

    states: dict[str, str] = {}
    try:
        with terminal.one_line(OSError):
            states = asyncio.run(run())
    except BridgeAway as away:
        terminal.stop(f"{url}: {away}", 1)
    finally:
        if results is not None:
            with suppress(OSError):
                counts = results.counts(rows)
                typer.echo(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
                if any(state not in FINAL for state in counts):
                    typer.echo("the calls in the bridge's queue go on; the same command goes on with the rest")
    if any(states.get(row.id) != "completed" for row in rows):
        raise typer.Exit(1)
