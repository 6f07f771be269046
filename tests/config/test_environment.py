"""Check what counts as set in the environment and in `.env`, and the notes about unknown names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr.config.environment import exported, gather, pass_on, unread


@pytest.mark.parametrize(
    ("env", "given"),
    [
        ({}, {}),
        ({"PATH": "/bin", "MY_IVR_PORT": "1", "ivr_port": "1"}, {}),
        ({"IVR_PORT": "1", "HAMSA_API_KEY": "k", "TWILIO_EDGE": "e"},) * 2,
        ({"IVR_PORT": " 1\t"}, {"IVR_PORT": "1"}),
        ({"IVR_PORT": "", "IVR_LANGUAGE": " "}, {}),
        ({"IVR_GREETING": " "}, {"IVR_GREETING": ""}),
    ],
)
def test_gather_takes_what_counts_as_set(env: dict[str, str], given: dict[str, str]) -> None:
    assert gather(env) == given


def test_gather_prefers_the_environment_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in gather():
        monkeypatch.delenv(name)
    assert gather() == {}
    Path(".env").write_text("IVR_PORT=1\nIVR_LANGUAGE='en'  # for now\nIVR_X\nOTHER=1\nIVR_HOST=h\n", "utf-8")
    monkeypatch.setenv("IVR_PORT", "2")
    monkeypatch.setenv("IVR_HOST", "")
    assert gather() == {"IVR_PORT": "2", "IVR_LANGUAGE": "en"}
    assert exported() == {"IVR_PORT": "2"}


def test_a_library_reads_in_the_environment_what_the_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {"OTEL_SERVICE_NAME": "mine"})
    Path(".env").write_text("IVR_PORT=1\nOTEL_SERVICE_NAME=other\nOTEL_TRACES_SAMPLER=always_on\n", "utf-8")
    pass_on("OTEL_")
    assert dict(os.environ) == {"OTEL_SERVICE_NAME": "mine", "OTEL_TRACES_SAMPLER": "always_on"}


def test_gather_raises_for_a_file_that_is_not_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes(b"IVR_PORT=\xff")
    with pytest.raises(UnicodeDecodeError):
        gather()


@pytest.mark.parametrize(
    ("given", "notes"),
    [
        (["IVR_GREETING"], []),
        (["IVR_GRETING"], ["IVR_GRETING is not a setting: did you mean IVR_GREETING?"]),
        (["IVR_ZZZZZZZZZZ", "IVR_AAAAAAAAAA"], ["IVR_AAAAAAAAAA is not a setting", "IVR_ZZZZZZZZZZ is not a setting"]),
        (["TWILIO_EDGE", "HAMSA_URL"], []),
        (["IVR_MOCK_URL", "IVR_PUBLISH", "IVR_VENV", "IVR_TEST_WORKERS"], []),
    ],
)
def test_unread_names_an_unknown_setting(given: list[str], notes: list[str]) -> None:
    assert unread(given, ["IVR_GREETING", "IVR_PORT"]) == notes
