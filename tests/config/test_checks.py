"""Check the lines about settings that are missing or make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config.default_phrases import VOICES
from ivr.config.load import SettingsError, load
from tests.config.test_settings import DEV, REAL, problems


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


WITHOUT: list[tuple[str, str]] = [
    ("TWILIO_ACCOUNT_SID", "TWILIO_ACCOUNT_SID is missing: set it to"),
    ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN is missing: set it to"),
    ("HAMSA_API_KEY", "HAMSA_API_KEY is missing: set it to your Hamsa key"),
    ("IVR_WEBHOOK_URL", "IVR_WEBHOOK_URL is missing: set it to the http(s):// URL"),
    ("IVR_PUBLIC_URL", "IVR_PUBLIC_URL is missing: set it to the https:// URL"),
]


@pytest.mark.parametrize(("name", "problem"), WITHOUT)
def test_checks_name_a_missing_setting(name: str, problem: str) -> None:
    (found,) = problems({key: value for key, value in REAL.items() if key != name})
    assert found.startswith(problem)


SENSELESS: list[tuple[str, str, str]] = [
    ("IVR_PORT", "http", "set it to a port number from 1 to 65535"),
    ("IVR_PORT", "0", "set it to a port number from 1 to 65535"),
    ("IVR_PORT", "65536", "set it to a port number from 1 to 65535"),
    ("IVR_MAX_CALLS", "0", "set it to a whole number from 1 to 10000"),
    ("IVR_MAX_CALLS", "many", "set it to a whole number from 1 to 10000"),
    ("IVR_ENDPOINT_MS", "5", "set it to milliseconds from 100 to 3000"),
    ("IVR_ENDPOINT_MS", "0.5s", "set it to milliseconds from 100 to 3000"),
    ("IVR_LANGUAGE", "arabic", "set it to ar or en"),
    ("IVR_AUDIO_FORMAT", "mp3", "set it to pcm16, pcm8 or mulaw"),
    ("IVR_LOG_FORMAT", "xml", "set it to text or json"),
    ("IVR_DRAIN_SECONDS", "-1", "set it to seconds from 0 to 3600"),
    ("IVR_DRAIN_SECONDS", "nan", "set it to seconds from 0 to 3600"),
    ("IVR_DEV", "maybe", "set it to true or false"),
    ("IVR_REQUIRE_SHARED_KEY", "perhaps", "set it to true or false"),
    ("IVR_REQUIRE_SHARED_KEY", "true", "set IVR_SHARED_KEYS as well"),
    ("IVR_SHARED_KEYS", "secret", "write id=secret"),
    ("IVR_SHARED_KEYS", "=secret", "write id=secret"),
    ("IVR_PUBLIC_URL", "http://bridge.example", "set it to an https:// URL"),
    ("IVR_PUBLIC_URL", "bridge.example", "write https:// or http://host/path"),
    ("IVR_PUBLIC_URL", "https://bridge.example/?a=1", "leave out user, query and fragment"),
    ("IVR_PUBLIC_URL", "https://u:p@bridge.example", "leave out user, query and fragment"),
    ("IVR_PUBLIC_URL", "https://bridge.example/#a", "leave out user, query and fragment"),
    ("IVR_WEBHOOK_URL", "agent.example", "write https:// or http://host/path"),
    ("IVR_HAMSA_URL", "https://hamsa.example", "write wss:// or ws://host/path"),
    ("IVR_HAMSA_REST_URL", "hamsa", "write https:// or http://host/path"),
    ("IVR_TWILIO_REST_URL", "twilio", "write https:// or http://host/path"),
    ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32, "begins with AC"),
    ("TWILIO_ACCOUNT_SID", "AC/../x", "begins with AC"),
    ("TWILIO_ACCOUNT_SID", "AC٣", "begins with AC"),
    ("TWILIO_ACCOUNT_SID", "AC" + "0" * 31, "begins with AC"),
    ("TWILIO_ACCOUNT_SID", "AC" + "0" * 33, "begins with AC"),
    ("TWILIO_ACCOUNT_SID", "AC" + "g" * 32, "begins with AC"),
    ("TWILIO_API_KEY", "AC" + "0" * 32, "begins with SK"),
    ("TWILIO_API_KEY", "SK" + "0" * 32, "set both, or neither"),
    ("IVR_WEBHOOK_URL", "https://agent.example:99999", "write https:// or http://host/path"),
    ("TWILIO_API_SECRET", "s", "set both, or neither"),
    ("TWILIO_SUBACCOUNTS", "AC1=x", "write AC...=auth token"),
    ("TWILIO_SUBACCOUNTS", f"AC{1:032}", "write AC...=auth token"),
    ("TWILIO_SUBACCOUNTS", f"AC{0:032}=x", "name only the other accounts"),
    ("TWILIO_REGION", "IE 1", "such as ie1"),
    ("TWILIO_EDGE", "dublin.evil", "dublin (edge)"),
    ("IVR_CALLER_ID", "anonymous", "write + and the country code"),
    ("IVR_PUBLIC_URL", "https://bridge.example/voice", "set it to https://bridge.example,"),
    ("IVR_PUBLIC_URL", "https://bridge.example/ivr/media/", "set it to https://bridge.example/ivr,"),
    ("IVR_WEBHOOK_URL", "http://127.0.0.1:8000/webhook", "is the bridge itself: set it to another server"),
    ("IVR_WEBHOOK_URL", "http://0.0.0.0:8000/", "is the bridge itself: set it to another server"),
    ("IVR_WEBHOOK_URL", "http://agent.localhost:8000/", "is the bridge itself: set it to another server"),
    ("IVR_WEBHOOK_URL", "https://BRIDGE.example/voice", "is the bridge itself: set it to another server"),
    ("IVR_WEBHOOK_URL", "https://bridge.example:443/", "is the bridge itself: set it to another server"),
    ("IVR_HAMSA_URL", "ws://localhost:8000/v1/realtime/ws", "is the bridge itself: set it to another server"),
    ("IVR_HAMSA_REST_URL", "http://[::1]:8000/v1", "is the bridge itself: set it to another server"),
    ("IVR_TWILIO_REST_URL", "http://127.0.0.1:8000", "is the bridge itself: set it to another server"),
    ("IVR_GREETING", "a\0b", "remove them"),
    ("IVR_TRANSFER_TO", "911", "write + and the country code"),
    ("IVR_FALLBACK_SPEAKER", VOICES["ar"][0], "write another voice of the dialect"),
    ("IVR_GREETING", "x" * 1001, "shorten it"),
    ("IVR_AUDIO_DIR", "nowhere", "set it to that of your recordings"),
    ("IVR_PLAY_HOSTS", "https://audio.example", "write names such as audio.example.com"),
    ("IVR_TWIML_DIR", "nowhere", "set it to the folder of answer.xml"),
    ("IVR_TURN_MODEL", "nowhere.onnx", "set it to the .onnx file of Smart Turn v3"),
    ("IVR_TURN_MODEL", "file", "file is no ONNX model"),
    ("IVR_CACHE_DIR", "file", "file is a file: set it to a folder"),
    ("IVR_TAPES", "file", "file is a file: set it to a folder"),
    ("IVR_TAPES_KEEP", "some", "set it to trouble, all, off, or 1/N"),
    ("IVR_TAPES_KEEP", "1/0", "set it to trouble, all, off, or 1/N"),
    ("IVR_TAPES_AUDIO", "maybe", "set it to on or off"),
    ("IVR_TAPES_DAYS", "-1", "whole days from 0"),
    ("IVR_TAPES_MB", "1.5", "whole megabytes from 0"),
    ("IVR_METRICS_TOKEN", "x" * 15, "set it to 16 characters or more"),
    ("IVR_CONFIG", "nowhere.toml", "set it to your ivr.toml"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "http"),
]


def test_checks_name_a_senseless_setting_with_its_fix() -> None:
    Path("file").touch()
    failures = []
    for name, value, fix in SENSELESS:
        found: list[str] = []
        try:
            load(REAL | {name: value})
        except SettingsError as error:
            found = error.problems
        good = len(found) == 1 and found[0].startswith(f"{name} ") and fix in found[0] and "\n" not in found[0]
        failures += [] if good else [(name, value, found)]
    assert failures == []


def test_checks_take_every_sign_in_a_header() -> None:
    assert load(REAL | {"IVR_WEBHOOK_SECRET": "!az~"}).webhook_secret.get_secret_value() == "!az~"


def test_checks_take_a_metrics_token_of_16_characters() -> None:
    assert load(REAL | {"IVR_METRICS_TOKEN": "x" * 16}).metrics_token.get_secret_value() == "x" * 16


def test_checks_know_one_protocol_of_traces() -> None:
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318"}
    assert load(REAL | endpoint).otlp_endpoint == "http://collector.example:4318"
    with pytest.raises(ValueError, match=r"^OTEL_EXPORTER_OTLP_PROTOCOL is not spoken here: set it to http/protobuf"):
        load(REAL | endpoint | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})


def test_checks_skip_a_cache_dir_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_file", forbidden)
    assert load(REAL | {"IVR_CACHE_DIR": "closed", "IVR_CONFIG": ""}).cache_dir == Path("closed")


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "bridge.example"])
def test_dev_refuses_a_host_that_others_reach(host: str) -> None:
    (found,) = problems(DEV | {"IVR_HOST": host}, dev=True)
    assert found.startswith("IVR_HOST is reachable from outside")


def test_public_url_may_be_http_on_loopback() -> None:
    for url in ("http://127.0.0.1:8000", "http://localhost", "http://[::1]:1"):
        assert load(REAL | {"IVR_PUBLIC_URL": url}).stream_url == f"ws{url[4:]}/media"


def test_only_hamsa_itself_needs_a_key() -> None:
    env = {name: value for name, value in REAL.items() if name != "HAMSA_API_KEY"}
    for host in ("mock:9100", "nottryhamsa.com", "tryhamsa.com.example"):
        assert load(env | {"IVR_HAMSA_URL": f"ws://{host}/ws"}).hamsa_api_key.get_secret_value() == ""
    for host in ("tryhamsa.com", "eu.tryhamsa.com:443"):
        (found,) = problems(env | {"IVR_HAMSA_URL": f"wss://{host}/ws"})
        assert found.startswith("HAMSA_API_KEY is missing")


def test_an_agent_in_an_unreadable_file_is_not_missing() -> None:
    Path("ivr.toml").write_text("x", "utf-8")
    (found,) = problems({name: value for name, value in REAL.items() if name != "IVR_WEBHOOK_URL"})
    assert found.startswith("IVR_CONFIG ivr.toml: not TOML")


def test_checks_report_all_faults_at_once() -> None:
    names = [line.split(" ")[0] for line in problems({"IVR_PORT": "x", "IVR_LANGUAGE": "de"})]
    assert names == [
        "IVR_LANGUAGE",
        "IVR_PORT",
        "IVR_PUBLIC_URL",
        "IVR_WEBHOOK_URL",
        "HAMSA_API_KEY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    ]


def test_a_fault_never_shows_a_secret() -> None:
    text = "\n".join(problems({"TWILIO_AUTH_TOKEN": "very-secret", "HAMSA_API_KEY": "s3", "IVR_SHARED_KEYS": "leak"}))
    assert not any(secret in text for secret in ("very-secret", "s3", "leak"))


@pytest.mark.parametrize("name", ["IVR_WEBHOOK_SECRET", "HAMSA_API_KEY"])
@pytest.mark.parametrize("secret", ["a\nb", "a\x00b", "مفتاح", "a b"])
def test_checks_refuse_a_secret_unfit_for_a_header(name: str, secret: str) -> None:
    (found,) = problems(REAL | {name: secret})
    assert found.startswith(f"{name} cannot be sent in an HTTP header: write only Latin letters")
    assert secret not in found


@pytest.mark.parametrize(
    "env",
    [
        {"IVR_WEBHOOK_URL": "https://bridge.example/webhook"},
        {"IVR_WEBHOOK_URL": "https://bridge.example:8443/voice"},
        {"IVR_WEBHOOK_URL": "http://127.0.0.1:8001/voice"},
        {"IVR_WEBHOOK_URL": "http://127.0.0.1:8000/voice", "IVR_HOST": "10.0.0.1"},
        {"IVR_WEBHOOK_URL": "https://bridge.example/agent", "IVR_PUBLIC_URL": "https://bridge.example/ivr"},
    ],
)
def test_an_agent_may_stand_near_the_bridge(env: dict[str, str]) -> None:
    assert load(REAL | env).webhook_url == env["IVR_WEBHOOK_URL"]


def test_an_agent_below_the_path_of_the_bridge_is_itself() -> None:
    env = {"IVR_WEBHOOK_URL": "https://bridge.example/ivr/agent", "IVR_PUBLIC_URL": "https://bridge.example/ivr"}
    assert problems(REAL | env) == ["IVR_WEBHOOK_URL is the bridge itself: set it to another server"]


def test_the_agent_of_a_line_may_be_the_bridge_by_mistake() -> None:
    Path("ivr.toml").write_text('[[line]]\nnumber = "+12345"\nwebhook_url = "http://localhost:8000/x"\n', "utf-8")
    (found,) = problems(REAL)
    assert found == "IVR_CONFIG line +12345: webhook_url is the bridge itself: set it to another server"


NOTES: list[tuple[dict[str, str], bool, list[str]]] = [
    ({"TWILIO_SECONDARY_AUTH_TOKEN": "very-secret"}, False, ["TWILIO_SECONDARY_AUTH_TOKEN is the same as TWILIO_AUTH"]),
    ({"IVR_WEBHOOK_SECRET": "very-secret"}, False, ["IVR_WEBHOOK_SECRET is the same as TWILIO_AUTH_TOKEN"]),
    (
        {"IVR_METRICS_TOKEN": "m" * 16, "IVR_WEBHOOK_SECRET": "m" * 16},
        False,
        ["IVR_METRICS_TOKEN is the same as IVR_W"],
    ),
    ({"IVR_TRANSFER_TO": "+966110000001"}, False, []),
    ({"IVR_TRANSFER_TO": "+966110000001"}, True, ["IVR_TRANSFER_TO: with --dev no call is transferred"]),
    (
        {"IVR_TRANSFER_TO": "+966110000001", "TWILIO_AUTH_TOKEN": "", "IVR_SHARED_KEYS": "k=s"},
        False,
        ["IVR_TRANSFER_TO: the bridge cannot transfer calls"],
    ),
]


@pytest.mark.parametrize(("env", "dev", "notes"), NOTES)
def test_a_likely_mistake_is_told_and_starts(env: dict[str, str], dev: bool, notes: list[str]) -> None:
    found = load((REAL | DEV if dev else REAL) | env, dev).notes
    assert [note[: len(start)] for note, start in zip(found, notes, strict=True)] == notes
    assert "very-secret" not in str(found)


@pytest.mark.parametrize(
    ("env", "hints"),
    [
        ({}, ()),
        ({"IVR_DIALECT": "KSA"}, ("IVR_SPEAKER, IVR_DIALECT: dialect KSA is not known: did you mean ksa?",)),
        (
            {"IVR_LANGUAGE": "en", "IVR_DIALECT": "ksa", "IVR_SPEAKER": "Hiba"},
            ("IVR_SPEAKER, IVR_DIALECT: dialect ksa is",),
        ),
    ],
)
def test_a_voice_that_may_be_unknown_is_a_hint(env: dict[str, str], hints: tuple[str, ...]) -> None:
    settings = load(REAL | env)
    assert [hint[: len(start)] for hint, start in zip(settings.hints, hints, strict=True)] == list(hints)
    assert settings.notes == ()


def test_a_line_s_voice_is_looked_at_as_well() -> None:
    Path("ivr.toml").write_text('[[line]]\nnumber = "+12345"\nspeaker = "Majd"\n', "utf-8")
    (hint,) = load(REAL).hints
    assert hint.startswith("line +12345: speaker Majd is a voice of the dialect leb: for ksa Hamsa documents Hiba,")
