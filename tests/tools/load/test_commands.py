"""The commands of `scripts/bench`: what the documents name runs, and revisions take turns."""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tools.load import capacity, processes
from tools.load.__main__ import arguments
from tools.load.bench import Bench
from tools.load.figures import Level, Processes, level
from tools.load.machine import Cores
from tools.load.processes import ROOT, Running

NAMED = re.findall(r"^ {4}scripts/bench (\w+ .*|start)$", (ROOT / "docs/performance.md").read_text("utf-8"), re.M)
FIGURES: dict[str, Any] = {
    "turn_ms": [700.0], "barge_in_ms": [], "answer_ms": [], "underrun_ms": [], "late_ms": [],
    "interrupted": 0, "not_cleared": 0, "lost": 0, "dropped": 0,
}  # fmt: skip


def test_every_command_of_the_document_is_one() -> None:
    lines = [line.partition("#")[0] for line in NAMED]
    assert {line.split()[0] for line in lines} == {"capacity", "profile", "start", "soak", "workers"}
    assert [arguments().parse_args(shlex.split(line)) for line in lines]


class Pretended(Bench):
    """A bench whose bridges carry so many calls each."""

    def __init__(self, folder: Path, holds: dict[str, int]) -> None:
        cores = Cores(frozenset({0}), frozenset({1}))
        super().__init__(cores, folder, Running(cast("subprocess.Popen[str]", None), "services:1"))
        self.holds = holds
        self.seen: list[tuple[str, int, str]] = []
        self.late: list[float] = []

    def measure(self, label: str, running: Running, calls: int) -> Level:
        self.seen.append((label, calls, running.address))
        told = FIGURES | {"lost": int(calls > self.holds.get(label, 0)), "late_ms": self.late}
        return level(label, calls, told, Processes(20.0, 0.1, 0.1, 0.1, 0.0, 1.0), 570.0, None)


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pretended:
    @contextlib.contextmanager
    def bridge(services: str, cores: object, folder: Path, *, tree: Path = ROOT) -> Iterator[Running]:
        yield Running(cast("subprocess.Popen[str]", None), tree.name)

    @contextlib.contextmanager
    def checkout(revision: str, folder: Path) -> Iterator[Path]:
        yield folder / revision

    @contextlib.contextmanager
    def peer(module: str, cores: object) -> Iterator[Running]:
        yield Running(cast("subprocess.Popen[str]", None), module)

    monkeypatch.setattr(processes, "bridge", bridge)
    monkeypatch.setattr(processes, "checkout", checkout)
    monkeypatch.setattr(processes, "peer", peer)
    return Pretended(tmp_path, {"v1": 33, capacity.HERE: 100, capacity.FLOOR: 100})


def test_two_revisions_take_turns_at_each_level(pretended: Pretended) -> None:
    capacity.run(pretended, [10, 20], search=False, most=400, against="v1", floor=True)
    here, floor = ROOT.name, "tools.load.peers.floor"
    assert pretended.seen == [
        ("v1", 1, "v1"), ("the bridge", 1, here),
        ("v1", 10, "v1"), ("the bridge", 10, here),
        ("v1", 20, "v1"), ("the bridge", 20, here),
        ("floor", 20, floor),
    ]  # fmt: skip


def test_a_search_ends_with_the_floor_at_the_capacity(pretended: Pretended) -> None:
    done = capacity.run(pretended, [], search=True, most=400, against="v1", floor=True)
    assert 97 <= done.found[capacity.HERE] <= 100
    assert 32 <= done.found["v1"] <= 33
    assert pretended.seen[-1] == ("floor", done.found[capacity.HERE], "tools.load.peers.floor")


def test_a_level_that_others_may_have_broken_is_measured_again(pretended: Pretended) -> None:
    pretended.late = [50.0]
    capacity.run(pretended, [], search=True, most=40, against="", floor=False)
    tried = [calls for _, calls, _ in pretended.seen]
    assert tried == [1, 20, 40]
    pretended.holds[capacity.HERE] = 20
    done = capacity.run(pretended, [], search=True, most=40, against="", floor=False)
    tried = [one.calls for one in done.levels]
    assert {calls: tried.count(calls) for calls in (20, 40)} == {20: 1, 40: 2}
    assert done.found == {capacity.HERE: 20}
