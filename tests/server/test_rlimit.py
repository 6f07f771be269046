"""The limit of open files: raised as far as it may be, and told."""

from __future__ import annotations

import resource
from types import SimpleNamespace

import pytest

from ivr.server.rlimit import ENOUGH, raise_limit

INFINITE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "limit", "asked"),
    [
        (1024, 4096, 4096, (4096, 4096)),
        (1024, 1_048_576, ENOUGH, (ENOUGH, 1_048_576)),
        (1024, INFINITE, ENOUGH, (ENOUGH, INFINITE)),
        (1024, 1024, 1024, None),
        (100_000, 200_000, 100_000, None),
        (INFINITE, INFINITE, ENOUGH, None),
    ],
    ids=["to the hard one", "no further than needed", "a hard one without end", "as it is", "more already", "no end"],
)
def test_the_limit_is_raised(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, limit: int, asked: tuple[int, int] | None
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: given.append(limits))
    assert raise_limit() == limit
    assert given == ([asked] if asked else [])


def test_a_limit_that_cannot_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int, __: tuple[int, int]) -> None:
        raise ValueError("not permitted")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_limit() == 1024


def test_where_there_is_no_such_limit_there_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.server.rlimit.sys", SimpleNamespace(platform="win32"))
    assert raise_limit() == ENOUGH
