"""Show a suite in the terminal: a line for each call, and a table at the end. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from rich.table import Table

from ivr.testbench.suite.run import PlayedCall


def progress(played: PlayedCall) -> Iterator[tuple[str, str]]:
    """Yield the lines about a call that is over, each with its style."""
    if played.error:
        yield f"ERROR {played.name}", "bold red"
        yield f"      {played.error}", "red"
        return
    outcome = played.outcome
    waits = [f"{ms / 1000:.1f}" for ms in answers(played)]
    figures = f"{outcome['seconds']:5.1f} s" + (f", answers after {', '.join(waits)} s" if waits else "")
    if played.faults:
        yield f"FAIL  {played.name}  {figures}", "bold red"
        yield from ((f"      {fault}", "red") for fault in played.faults)
    else:
        yield f"ok    {played.name}  {figures}", "yellow" if outcome["not_known"] else "green"
    yield from ((f"      not known: {what}", "yellow") for what in outcome["not_known"])
    if not outcome["on_time"]:
        yield "      the phone itself was late: this machine was too busy for exact figures", "yellow"


def table(played: Sequence[PlayedCall]) -> Table:
    """Return a row for each scenario: how many of its calls passed, and its figures in ms."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("scenario", overflow="fold")
    for name in ("passed", "answer", "worst", "silence"):
        made.add_column(name, justify="right")
    for label in dict.fromkeys(one.planned.label for one in played):
        calls = [one for one in played if one.planned.label == label]
        good = sum(not one.faults for one in calls)
        waits = [ms for one in calls for ms in answers(one)]
        silences = [one.outcome["silence_ms"] for one in calls if one.outcome]
        style = "green" if good == len(calls) else "red"
        made.add_row(
            label,
            f"[{style}]{good} of {len(calls)}[/]",
            f"{median(waits):.0f}" if waits else "-",
            f"{max(waits):.0f}" if waits else "-",
            f"{max(silences):.0f}" if silences else "-",
        )
    return made


def verdict(played: Sequence[PlayedCall]) -> tuple[str, str, int]:
    """Return the last line, its style and the exit code."""
    failed = sum(bool(one.faults) for one in played)
    calls = counted(len(played))
    if errors := [one for one in played if one.error]:
        return f"NOT RUN: {len(errors)} of {calls} could not be made", "bold red", 2
    if failed:
        return f"FAILED: {failed} of {calls}", "bold red", 1
    unsure = sum(bool(one.outcome["not_known"]) for one in played)
    if unsure:
        return f"PASSED, as far as a phone can tell: {calls}, {unsure} not known in full", "bold yellow", 0
    return f"PASSED: {calls}", "bold green", 0


def counted(calls: int) -> str:
    """Write a number of calls."""
    return f"{calls} call{'' if calls == 1 else 's'}"


def answers(played: PlayedCall) -> list[float]:
    """Return how long each answer took, in ms: to its first sound, where the bridge does not tell what an answer is."""
    if not played.outcome:
        return []
    name = "answer_ms" if played.outcome["untold"] is None else "sound_ms"
    return [turn[name] for turn in played.outcome["turns"][1:] if turn[name] is not None]
