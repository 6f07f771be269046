"""What an operator sets for a fleet, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config.load import SettingsError, fit_node, load
from tests.support.front import settings


def problems(folder: Path, **env: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings(folder, **env)
    return caught.value.problems


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("bridge-1", "bridge-1"),
        ("Bridge_1.example.com", "bridge-1-example-com"),
        ("جسر", "bridge"),
        ("", "bridge"),
        ("--a--b--", "a-b"),
        ("a" * 39 + ".b", "a" * 39),
        ("9f3b2c", "9f3b2c"),
    ],
)
def test_a_host_gives_a_name(host: str, name: str) -> None:
    assert fit_node(host) == name


def test_a_store_is_shown_without_its_password(tmp_path: Path) -> None:
    chosen = settings(tmp_path, IVR_REDIS_URL="rediss://user:pass-word@valkey.example:6380/1")
    assert dict(chosen.describe())["IVR_REDIS_URL"] == "rediss://***@valkey.example:6380/1"
    assert "pass-word" not in repr(chosen)
    assert dict(settings(tmp_path).describe())["IVR_REDIS_URL"] == "not set"


def test_the_url_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("unix:///run/valkey.sock\n")
    chosen = settings(tmp_path, IVR_REDIS_URL_FILE=str(tmp_path / "store"))
    assert chosen.redis_url.get_secret_value() == "unix:///run/valkey.sock"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("IVR_REDIS_URL", "http://user:pass-word@valkey", "IVR_REDIS_URL is not the URL of a Valkey or Redis server: "),
        ("IVR_NODE", "Bridge 1", "IVR_NODE is not the name of a node: "),
        ("IVR_NODE", "n" * 41, "IVR_NODE is not the name of a node: "),
        ("IVR_NODE_PATH", "perhaps", "IVR_NODE_PATH has a value that makes no sense: "),
        ("IVR_FLEET_MAX_CALLS", "-1", "IVR_FLEET_MAX_CALLS has a value that makes no sense: "),
    ],
)
def test_a_wrong_setting_is_one_line(name: str, value: str, told: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, **{name: value})
    assert problem.startswith(told)
    assert "pass-word" not in problem


def test_a_node_has_the_name_of_its_host(tmp_path: Path) -> None:
    assert settings(tmp_path).node
    assert settings(tmp_path, IVR_NODE="bridge-1").node == "bridge-1"


def test_the_stream_may_name_the_node(tmp_path: Path) -> None:
    assert settings(tmp_path, IVR_NODE="bridge-1").stream_url == "wss://bridge.example/media"
    chosen = settings(tmp_path, IVR_NODE="bridge-1", IVR_NODE_PATH="true", IVR_PUBLIC_URL="https://b.example/ivr")
    assert chosen.stream_url == "wss://b.example/ivr/n/bridge-1/media"


def test_nodes_without_a_secret_in_common_are_told() -> None:
    env = {"IVR_WEBHOOK_URL": "http://agent.example", "IVR_HAMSA_URL": "ws://speech.example/ws"}
    env["IVR_REDIS_URL"] = "redis://valkey"
    (note,) = load(env, dev=True).notes
    assert note.startswith("IVR_REDIS_URL: nodes share no secret: set TWILIO_AUTH_TOKEN")
    assert load({**env, "TWILIO_AUTH_TOKEN": "any text"}, dev=True).notes == ()
