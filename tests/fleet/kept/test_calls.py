"""States in the memory of one process."""

from __future__ import annotations

import asyncio

import pytest

from ivr.fleet.kept import calls
from ivr.fleet.kept.calls import MemoryKept


def test_the_oldest_of_too_many_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_STATES", 2)

    async def main() -> None:
        kept = MemoryKept()
        kept.open()
        assert kept.up
        for call, state in (("CA1", b"1"), ("CA2", b"1"), ("CA1", b"2"), ("CA3", b"1")):
            kept.keep(call, state)
        # The one that was written last is the newest, whenever it was written first.
        assert [await kept.take(call) for call in ("CA1", "CA2", "CA3")] == [b"2", None, b"1"]
        kept.drop("CA1")
        kept.drop("CA1")
        assert await kept.take("CA1") is None
        assert repr(kept) == "<MemoryKept 1>"
        await kept.close()

    asyncio.run(main())
