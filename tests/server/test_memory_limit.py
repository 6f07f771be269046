"""How much memory is left, from what the system tells: control groups of both kinds, and the address space."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr.server import memory_limit
from ivr.server.memory_limit import CALL_BYTES, RESERVE_BYTES, MemoryLimit

MB = 1 << 20
PAGES = os.sysconf("SC_PAGE_SIZE")


class System:
    """What the system would tell."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.groups = folder / "proc", folder / "groups"
        self.proc.mkdir()
        self.groups.mkdir()
        self.tell(self.proc / "statm", f"{100 * MB // PAGES} 1 1\n")

    def tell(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "ascii")

    def limit(self) -> MemoryLimit:
        return MemoryLimit(self.proc, self.groups)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setattr(memory_limit, "address_space", lambda: None)
    return System(tmp_path)


def test_without_a_limit_there_is_enough(system: System) -> None:
    assert system.limit().left() is None
    assert system.limit().fits(10_000)
    assert repr(system.limit()) == "<MemoryLimit none>"


@pytest.mark.parametrize("folder", ["kube/pod/ours", "kube/pod", ""], ids=["its own", "above", "a container"])
def test_a_control_group_limits_from_any_height(system: System, folder: str) -> None:
    system.tell(system.proc / "cgroup", "1:cpu:/elsewhere\n0::/kube/pod/ours\n")
    system.tell(system.groups / folder / "memory.max", f"{200 * MB}\n")
    system.tell(system.groups / folder / "memory.current", f"{150 * MB}\n")
    system.tell(system.groups / folder / "memory.stat", f"anon 5\ninactive_file {30 * MB}\nbroken\n")
    if folder:
        system.tell(system.groups / "memory.max", "max\n")
    assert system.limit().left() == 80 * MB
    assert repr(system.limit()) == "<MemoryLimit 80 MB left>"


def test_the_older_kind_of_control_group(system: System) -> None:
    system.tell(system.proc / "cgroup", "4:memory,other:/docker/on/the/machine\n")
    system.tell(system.groups / "memory" / "memory.limit_in_bytes", f"{200 * MB}\n")
    system.tell(system.groups / "memory" / "memory.usage_in_bytes", f"{150 * MB}\n")
    system.tell(system.groups / "memory" / "memory.stat", f"total_inactive_file {MB}\n")
    assert system.limit().left() == 51 * MB
    system.tell(system.groups / "memory" / "memory.limit_in_bytes", "9223372036854771712\n")
    assert system.limit().left() is None


def test_the_address_space_limits(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_limit, "address_space", lambda: 180 * MB)
    limit = system.limit()
    assert limit.left() == 80 * MB
    # It is asked again each time, without opening a file.
    (system.proc / "statm").write_text(f"{140 * MB // PAGES} 1 1\n", "ascii")
    assert limit.left() == 40 * MB


def test_calls_fit_while_the_reserve_is_left(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_limit, "address_space", lambda: 100 * MB + RESERVE_BYTES + 3 * CALL_BYTES)
    limit = system.limit()
    assert [limit.fits(calls) for calls in (1, 3, 4)] == [True, True, False]


def test_the_system_s_own_limit_of_the_address_space(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert memory_limit.address_space() is None
    monkeypatch.setattr(resource, "getrlimit", lambda _: (12345, resource.RLIM_INFINITY))
    assert memory_limit.address_space() == 12345
    monkeypatch.setattr("sys.platform", "win32")
    assert memory_limit.address_space() is None


def test_files_that_cannot_be_read_tell_nothing(system: System) -> None:
    system.tell(system.proc / "cgroup", "0::/\n")
    system.tell(system.groups / "memory.max", f"{200 * MB}\n")
    (system.groups / "memory.current").mkdir()
    assert system.limit().left() is None
