"""What the documents list is what the code has: metrics, lines of the log, ends of calls, files, dependencies."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.config.settings import Settings
from ivr.fleet.client import Valkey
from ivr.fleet.directory import NodeState
from ivr.fleet.fleet import Fleet
from ivr.fleet.kept.calls import MemoryKept
from ivr.fleet.live.memory import MemoryDirectory
from ivr.keeper.kept import RecordMetrics
from ivr.observe.event_loop.gc_pauses import GcPauses
from ivr.observe.metrics import Metrics
from ivr.observe.upstream_metrics import COUNTERS, FAMILIES
from ivr.records.spool import SpoolWriter
from ivr.server.outbound.no_call import NoCalls
from ivr.server.outbound.outbound import Outbound
from ivr.server.resume.resuming import Resuming
from ivr.server.shared.fleet_calls import fleet_gauges
from ivr.server.shared.shared import Shared
from ivr.webhook.client import AgentClient
from scripts.changelog import ROOT

DOCS = ROOT / "docs"
PEERS = ("tts", "stt")
CODE = sorted(path for path in (ROOT / "ivr").rglob("*.py") if "testbench" not in path.parts)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def calls() -> Iterator[ast.Call]:
    """Every call of a function in the bridge."""
    for path in CODE:
        yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    """The last name of what is called: `note` of `self.note(...)`."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def words(value: ast.expr) -> list[str]:
    """The string that is written here; a peer's name stands for both peers."""
    match value:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(text))]):
            return [peer + text for peer in PEERS]
    return []


def lines_of_the_log() -> set[str]:
    logging = {"info", "warning", "exception", "note", "_note", "Note"}
    found = {word for call in calls() if name_of(call) in logging and call.args for word in words(call.args[0])}
    return found - {"tts_unavailable", "stt_unavailable"}


def ends_of_calls() -> set[str]:
    ends = {
        word for call in calls() if name_of(call) == "HangUp" and len(call.args) > 1 for word in words(call.args[1])
    }
    withdrawn = {
        word
        for call in calls()
        if name_of(call) in ("Withdraw", "withdraw") and call.args
        for word in words(call.args[0])
    }
    return {end for end in ends | withdrawn if not end.startswith(PEERS)} | {"tts_unavailable"}


def test_something_was_found() -> None:
    assert {"turn", "call_ended", "tts_breaker_closed", "loop_stalled"} <= lines_of_the_log()
    assert {"agent_goodbye", "no_media", "shutdown", "internal_error"} <= ends_of_calls()


@pytest.mark.parametrize("name", sorted(lines_of_the_log()))
def test_every_line_of_the_log_is_explained(name: str) -> None:
    assert f"`{name}`" in page("log.md")


@pytest.mark.parametrize("reason", sorted(ends_of_calls()))
def test_every_end_of_a_call_is_explained(reason: str) -> None:
    assert f"`{reason}`" in page("log.md")


def test_every_metric_is_explained() -> None:
    metrics = Metrics()
    metrics.add(GcPauses(lambda: 0.0))
    metrics.add(Shared().gauge())
    metrics.add(RecordMetrics(Settings(), SpoolWriter(Path("none"), 1)))
    for gauge in fleet_gauges(Fleet(Valkey("redis://127.0.0.1:1"), "one", lambda: 1)):
        metrics.add(gauge)
    metrics.add(Resuming(MemoryKept(), metrics.noted).gauge())
    directory = MemoryDirectory(lambda: NodeState("one", 0, 1, False, 0.0, ""))
    metrics.add(Outbound(Settings, None, NoCalls(AgentClient()), directory, lambda: 0))
    families = [family for family in metrics.registry.collect() if not family.name.startswith("process_")]
    own = {family.name + {"counter": "_total", "info": "_info"}.get(family.type, "") for family in families}
    services = {f"{name}{'_total' * (name in COUNTERS)}" for name in FAMILIES}
    told = set(re.findall(r"^\| `(ivr_\w+)", page("operating.md"), re.M))
    assert told == own | services


def test_the_architecture_names_every_room_and_no_other() -> None:
    table = page("architecture.md").partition("\n## Three kinds of time")[0]
    named = set(re.findall(r"^\| `(ivr/[\w/]+)/`", table, re.M))
    packages = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "ivr").rglob("__init__.py")} - {"ivr"}
    whole = {"ivr/text": {"ivr/text/segment", "ivr/text/normalize"}}
    inside = {"ivr/text/normalize/numbers", "ivr/hamsa", "ivr/webhook"}
    told = named | {room for room, parts in whole.items() if parts <= named}
    told |= {name for name in packages for room in inside if name.startswith(room)}
    assert told == packages


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lines += [line for extra in project["project"]["optional-dependencies"].values() for line in extra]
    # The developer's group has the bridge itself, with its extras.
    declared = {re.split(r"[<>=;\[ ]", line)[0] for line in lines} - {project["project"]["name"]}
    cells = re.findall(r"^\| ([a-z][^|]*) \|", page("dependencies.md"), re.M)
    told = {name.strip() for cell in cells for name in cell.split(",")} - {"package"}
    assert told == declared


def test_the_readme_begins_with_what_can_be_done_at_once() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^    (scripts/\w+)", text, re.M)[:2] == ["scripts/demo", "scripts/test"]


DERIVED = {"IVR_HOST": "0.0.0.0", "IVR_DEV": "false", "IVR_NODE_PATH": "false", "IVR_RECORD": "false"}
"""Defaults that follow from something else, or are written in another way."""


def test_the_defaults_in_the_readme_are_those_of_the_settings() -> None:
    plain = {
        field.alias: format(field.default, "g" if isinstance(field.default, float) else "")
        for field in Settings.model_fields.values()
        if field.alias and isinstance(field.default, int | float | str | Path)
    }
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| (`[^|]+`) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    told = {
        name: default
        for names, defaults in rows
        for name, default in zip(re.findall(r"`(\w+)`", names), re.findall(r"`([^`]+)`", defaults), strict=False)
    }
    told = {name: default for name, default in told.items() if name in plain and name != "IVR_HAMSA_REST_URL"}
    assert len(told) > 10
    assert told == {name: DERIVED.get(name, plain[name]) for name in told}


def test_paths_in_the_architecture_exist() -> None:
    paths = re.findall(r"`((?:ivr|scripts|twiml)/[\w./]*)`", page("architecture.md"))
    assert paths
    assert {path for path in paths if not (Path(ROOT) / path).exists()} == set()
