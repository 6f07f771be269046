"""docker-compose.yml: with what it sets, the bridge starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ivr.config.lines import read_lines
from ivr.config.load import load

ROOT = Path(__file__).parents[1]
DOTENV = {
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "secret",
    "HAMSA_API_KEY": "key",
    "IVR_PUBLIC_URL": "https://ivr.example.com",
    "IVR_WEBHOOK_URL": "https://agent.example.com/webhook",
    "IVR_PUBLISH": "127.0.0.1:9000",
}


@pytest.fixture(name="services")
def _services() -> dict[str, Any]:
    services: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    return services


def given(service: dict[str, Any]) -> dict[str, str]:
    """What the file itself sets in a service's environment, and the image before it."""
    image = re.findall(r"(IVR_\w+)=(\S+)", (ROOT / "Dockerfile").read_text("utf-8"))
    return dict(image) | {name: value for name, value in service["environment"].items() if value is not None}


def test_the_trial_needs_nothing_else(services: dict[str, Any]) -> None:
    settings = load(given(services["trial"]))
    assert settings.notes == ()
    assert (settings.host, settings.port, settings.dev, settings.check_signatures) == ("0.0.0.0", 8000, False, True)
    assert services["trial"]["ports"] == [f"{settings.public_url.removeprefix('http://')}:8000"]
    for url in (settings.hamsa_url, settings.webhook_url, settings.twilio_rest_url, settings.speech_rest_url):
        assert "://mock:8090" in url
    assert services["trial"]["profiles"] == services["mock"]["profiles"]
    assert services["trial"]["depends_on"] == {"mock": {"condition": "service_healthy"}}


def test_the_trial_is_called_as_its_head_says(services: dict[str, Any]) -> None:
    head = (ROOT / "docker-compose.yml").read_text("utf-8").partition("x-bridge")[0]
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        assert f"{name}={services['trial']['environment'][name]}" in head


def test_a_mock_s_voice_is_not_kept_among_the_phrases(services: dict[str, Any]) -> None:
    cache = given(services["trial"])["IVR_CACHE_DIR"]
    assert cache in services["trial"]["tmpfs"]
    assert "volumes" not in services["trial"]
    assert f"phrases:{cache}" in services["bridge"]["volumes"]


def test_compose_passes_the_settings_of_the_readme(services: dict[str, Any], tmp_path: Path) -> None:
    env = DOTENV | given(services["bridge"])
    mounted = [volume.split(":")[-2] for volume in services["bridge"]["volumes"] if volume.endswith(":ro")]
    assert [env["IVR_CONFIG"]] == mounted
    lines = tmp_path / "ivr.toml"
    lines.touch()
    settings = load(env | {"IVR_CONFIG": str(lines)})
    assert (settings.host, settings.port, settings.notes) == ("0.0.0.0", 8000, ())
    assert read_lines("", settings.default_line)[2] == []


@pytest.mark.parametrize("name", ["bridge-1", "bridge-2"])
def test_a_bridge_of_the_fleet_starts(services: dict[str, Any], tmp_path: Path, name: str) -> None:
    given_here = {key: value.replace("${FLEET_PASSWORD:-}", "word") for key, value in given(services[name]).items()}
    (lines := tmp_path / "ivr.toml").touch()
    settings = load(DOTENV | {"IVR_METRICS_TOKEN": "m" * 24} | given_here | {"IVR_CONFIG": str(lines)})
    assert settings.notes == ()
    # What the drain leaves is given to another bridge before Docker ends the process.
    minutes = int(services[name]["stop_grace_period"].removesuffix("m"))
    assert settings.notice_seconds + settings.drain_seconds + 10 < minutes * 60
    mounted = {volume.split(":")[1] for volume in services[name]["volumes"]}
    assert {str(settings.cache_dir), str(settings.data_dir)} <= mounted


def test_the_bridges_of_the_fleet_have_their_own_names_and_data(services: dict[str, Any]) -> None:
    first, second = services["bridge-1"], services["bridge-2"]
    different = {key for key in first["environment"] if first["environment"][key] != second["environment"][key]}
    assert different == {"IVR_NODE"}
    assert {"data-1:/var/lib/ivr/data", "data-2:/var/lib/ivr/data"} == set(first["volumes"]) ^ set(second["volumes"])
    assert services["caddy"]["environment"]["IVR_BRIDGES"] == "bridge-1:8000 bridge-2:8000"


def test_the_fleet_is_one_profile(services: dict[str, Any]) -> None:
    fleet = {name for name, service in services.items() if service.get("profiles") == ["fleet"]}
    assert fleet == {"bridge-1", "bridge-2", "caddy", "valkey", "postgres", "prometheus", "grafana"}
    for name in fleet:
        for volume in services[name].get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (ROOT / source).exists()


def test_the_bridge_is_locked_up_the_same_both_ways(services: dict[str, Any]) -> None:
    for name, grace in {"bridge": "2m", "trial": "2m", "bridge-1": "10m", "bridge-2": "10m"}.items():
        service = services[name]
        assert (service["read_only"], service["cap_drop"], service["stop_grace_period"]) == (True, ["ALL"], grace)
