"""Ask the developer's agent of today the questions of a tape: `ivr replay --live agent=URL`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import typer
from rich.table import Table
from rich.text import Text

from ivr.commands import console, terminal
from ivr.config.environment import gather
from ivr.config.load import SettingsError, load
from ivr.observe.redact import without_secrets
from ivr.replay.peers.answers import CHANGES, AgentAnswer, AnswerPair, changes, summary, text_difference
from ivr.replay.peers.live import ask_again
from ivr.replay.tape import Tape
from ivr.replay.terminal_text import printable
from ivr.server.compose import agent_client

_LEG = "agent="


class LiveError(ValueError):
    """Report options that make no sense."""


def ask_live(tape: Tape, live: str, fail_on: Sequence[str], *, as_json: bool) -> bool:
    """Ask the agent, and show how its answers differ. Return whether nothing in `fail_on` differs.

    `live`: `agent=URL`. Raises LiveError, SettingsError, TapeError.
    """
    if not live:
        raise LiveError("--fail-on says what fails a --live agent=URL: add it")
    url = live.removeprefix(_LEG)
    if not live.startswith(_LEG) or not url.startswith(("http://", "https://")):
        raise LiveError(f"--live {live}: expected agent=URL, such as agent=http://127.0.0.1:5678/webhook")
    wrong = [one for one in fail_on if one not in CHANGES]
    if wrong:
        raise LiveError(f"--fail-on {wrong[0]}: expected one of {', '.join(CHANGES)}")
    pairs = asyncio.run(_ask(tape, url, quiet=as_json))
    found = changes(pairs)
    if as_json:
        told = {"agent": without_secrets(url), "differs": sorted(found), "turns": [pair.as_json() for pair in pairs]}
        typer.echo(terminal.as_json(told))
    else:
        console.out.print()
        console.out.print(table(pairs), soft_wrap=False)
        for line in summary(pairs):
            console.out.print(line, markup=False)
    return not found & set(fail_on)


async def _ask(tape: Tape, url: str, *, quiet: bool) -> list[AnswerPair]:
    """Ask with the secrets of the settings, and show each answer as it comes."""
    # The agent's secret is wanted; what else a bridge needs is not.
    given = {"HAMSA_API_KEY": "unused", **gather(), "IVR_WEBHOOK_URL": url}
    agent = agent_client(load(given, dev=True))
    try:
        return await ask_again(tape, url, agent, lambda pair: None if quiet else _show(pair))
    finally:
        await agent.aclose()


def _show(pair: AnswerPair) -> None:
    """Print one question and both answers."""
    _line(f"turn {pair.turn}: {pair.question}", "bold")
    if pair.same_text:
        _line(f"  the same words: {pair.now.text.strip()}")
    elif pair.then.cut:
        _line(f"  then, cut off by the caller: {pair.then.text.strip()}")
        _line(f"  now: {pair.now.text.strip()}")
    else:
        _line(f"  {text_difference(pair.then.text, pair.now.text)}")
    for name, answer in (("then", pair.then), ("now", pair.now)):
        if answer.failure:
            _line(f"  {name}: no whole answer: {answer.failure}", "red")


def _line(text: str, style: str = "") -> None:
    """Print a line of what a tape or an agent said."""
    console.out.print(printable(text), style=style, markup=False)


def table(pairs: Sequence[AnswerPair]) -> Table:
    """Return a row for each turn."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("turn", justify="right")
    for name in ("first ms then", "now", "whole ms then", "now", "pieces then", "now"):
        made.add_column(name, justify="right")
    made.add_column("words")
    made.add_column("action")
    for pair in pairs:
        then, now = pair.then, pair.now
        words = "same" if pair.same_text else f"{pair.likeness * 100:.0f} % alike"
        action = _action(now) if pair.same_action else f"{_action(then)} → {_action(now)}"
        made.add_row(
            str(pair.turn), _ms(then.first_ms), _ms(now.first_ms), _ms(then.total_ms), _ms(now.total_ms),
            str(then.pieces), str(now.pieces), Text(words, "" if pair.same_text else "yellow"),
            Text(printable(action), "" if pair.same_action else "bold red"),
        )  # fmt: skip
    return made


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _action(answer: AgentAnswer) -> str:
    return "failed" if answer.failure else answer.action or "none"


__all__ = ["LiveError", "SettingsError", "ask_live", "table"]
