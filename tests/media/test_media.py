"""The room itself: what it asks of the libraries below it."""

import importlib
import os

import pytest

import ivr.media


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("3", "3")])
def test_matrix_products_take_one_thread(monkeypatch: pytest.MonkeyPatch, before: str | None, after: str) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if before is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", before)
    importlib.reload(ivr.media)
    assert os.environ["OPENBLAS_NUM_THREADS"] == after
