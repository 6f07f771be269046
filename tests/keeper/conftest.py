"""The databases of the records' tests."""

from tests.records.conftest import server

__all__ = ["server"]
