"""Check which settings start the bridge, and what the line about a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config.default_phrases import PHRASES
from ivr.config.load import SettingsError, load
from ivr.config.settings import HAMSA_URL, SECRETS, Settings

REAL = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "very-secret",
    "HAMSA_API_KEY": "hamsa-secret",
    "IVR_WEBHOOK_URL": "https://agent.example/webhook",
    "IVR_PUBLIC_URL": "https://bridge.example/",
}
KEY, SUBACCOUNT = "SK" + "1" * 32, "AC" + "2" * 32
DEV = {"IVR_WEBHOOK_URL": "http://127.0.0.1:9100/webhook", "IVR_HAMSA_URL": "ws://127.0.0.1:9100/v1/realtime/ws"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def problems(env: dict[str, str], dev: bool = False) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(env, dev)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_load_with_a_real_account() -> None:
    settings = load(REAL)
    assert (settings.host, settings.port, settings.max_calls, settings.dev) == ("0.0.0.0", 8000, 50, False)
    assert (settings.drain_seconds, settings.links_per_call, settings.spare_links) == (60, 1, 1)
    assert (settings.connects_per_second, settings.connects_burst) == (4, 8)
    assert settings.public_url == "https://bridge.example"
    assert settings.stream_url == "wss://bridge.example/media"
    assert settings.hamsa_url == HAMSA_URL
    assert (settings.check_signatures, settings.expected_accounts) == (True, frozenset({REAL["TWILIO_ACCOUNT_SID"]}))
    assert settings.auth_tokens == ("very-secret",)
    line = settings.line("+966110000000")
    assert line is not None
    assert (line.language, line.speaker, line.dialect, line.endpoint_ms) == ("ar", "Hiba", "ksa", 500)
    assert line.options().phrases["greeting"].text == PHRASES["ar"]["greeting"]


def test_load_on_a_laptop() -> None:
    settings = load(DEV, dev=True)
    assert (settings.host, settings.public_url) == ("127.0.0.1", "http://127.0.0.1:8000")
    assert settings.stream_url == "ws://127.0.0.1:8000/media"
    assert (settings.check_signatures, settings.expected_accounts) == (False, None)
    assert load(DEV | {"IVR_HOST": "::1", "IVR_PORT": "81"}, dev=True).public_url == "http://[::1]:81"
    assert load(DEV | {"IVR_DEV": "1", "IVR_PUBLIC_URL": "https://x.example"}).stream_url == "wss://x.example/media"


@pytest.mark.parametrize(
    ("env", "greeting"),
    [({}, PHRASES["en"]["greeting"]), ({"IVR_GREETING": ""}, ""), ({"IVR_GREETING": " Welcome. "}, "Welcome.")],
)
def test_load_chooses_the_greeting(env: dict[str, str], greeting: str) -> None:
    line = load(DEV | env | {"IVR_LANGUAGE": "en"}, dev=True).line("")
    assert line is not None
    assert line.phrases["greeting"] == greeting
    assert (line.speaker, line.dialect) == ("Emma", "en")


def test_load_reads_every_setting() -> None:
    env = REAL | {
        "IVR_SPEAKER": "Fahd",
        "IVR_DIALECT": "najd",
        "IVR_FALLBACK_SPEAKER": "Sara",
        "IVR_ENDPOINT_MS": "200",
        "IVR_TRANSFER_TO": "00966 11 000 0001, +966110000002",
        "IVR_MAX_CALLS": "7",
        "IVR_PORT": "9000",
        "IVR_HOST": "10.0.0.1",
        "IVR_AUDIO_FORMAT": "mulaw",
        "IVR_LOG_FORMAT": "json",
        "IVR_DRAIN_SECONDS": "2.5",
        "IVR_WEBHOOK_SECRET": "w",
        "IVR_CACHE_DIR": "there",
        "IVR_TWILIO_REST_URL": "http://127.0.0.1:1",
        "IVR_HAMSA_REST_URL": "https://hamsa.example",
        "TWILIO_SECONDARY_AUTH_TOKEN": "second",
        "TWILIO_API_KEY": KEY,
        "TWILIO_API_SECRET": "key-secret",
        "TWILIO_SUBACCOUNTS": f"{SUBACCOUNT}=sub-secret",
        "TWILIO_REGION": "ie1",
        "TWILIO_EDGE": "dublin",
        "IVR_CALLER_ID": "00966 11 000 0000",
        "IVR_SHARED_KEYS": "k1=s1, k2=s=2",
        "IVR_REQUIRE_SHARED_KEY": "true",
    }
    settings = load(env)
    assert settings.signing_keys == {"k1": "s1", "k2": "s=2"}
    assert settings.auth_tokens == ("very-secret", "second", "sub-secret")
    assert settings.expected_accounts == frozenset({REAL["TWILIO_ACCOUNT_SID"], SUBACCOUNT})
    assert settings.rest_login == (KEY, "key-secret")
    assert (settings.twilio_region, settings.twilio_edge) == ("ie1", "dublin")
    assert settings.cache_dir == Path("there")
    assert (settings.audio_format, settings.log_format, settings.drain_seconds) == ("mulaw", "json", 2.5)
    line = settings.line("anonymous")
    assert line is not None
    assert (line.speaker, line.dialect, line.endpoint_ms) == ("Fahd", "najd", 200)
    assert line.fallback_speaker == "Sara"
    assert line.transfer_to == ("+966110000001", "+966110000002")
    assert line.caller_id == "+966110000000"
    assert settings.notes == ()


def test_settings_choose_the_line_by_the_dialled_number() -> None:
    Path("ivr.toml").write_text(
        '[[line]]\nnumber = "+966110000000"\nlanguage = "en"\n[[line]]\nnumber = "+2"\n'.replace('"+2"', '"+222"')
        + 'webhook_url = ""\n',
        "utf-8",
    )
    settings = load(REAL)
    english = settings.line("00966 11 000 0000")
    assert english is not None
    assert english.language == "en"
    assert settings.line("+222") is None
    other = settings.line("+333")
    assert other is not None
    assert other.language == "ar"
    assert settings.all_lines == (english, other)


def test_load_needs_no_agent_beside_lines_with_agents() -> None:
    Path("own.toml").write_text('[[line]]\nnumber = "+12345"\nwebhook_url = "https://agent.example"\n', "utf-8")
    settings = load(
        {name: value for name, value in REAL.items() if name != "IVR_WEBHOOK_URL"} | {"IVR_CONFIG": "own.toml"}
    )
    assert settings.line("+12345") is not None
    assert settings.line("+999") is None


def test_load_prefers_the_environment_to_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IVR_PORT", "IVR_LANGUAGE", "IVR_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    Path(".env").write_text(
        "".join(f"{k}={v}\n" for k, v in REAL.items()) + "IVR_PORT=1\nIVR_LANGUAGE=en\nIVR_X\n", "utf-8"
    )
    monkeypatch.setenv("IVR_PORT", "2")
    settings = load()
    assert (settings.port, settings.language) == (2, "en")


def test_load_refuses_a_file_that_is_not_utf8() -> None:
    Path(".env").write_bytes(b"IVR_PORT=\xff")
    with pytest.raises(SettingsError, match=r"^\.env is not UTF-8: save it as UTF-8$"):
        load()


def test_load_reads_secrets_from_files(tmp_path: Path) -> None:
    for name in SECRETS.values():
        (tmp_path / name).write_text(
            f"  {'k=' if name == 'IVR_SHARED_KEYS' else ''}{name.lower()}-of-a-file\n", "utf-8"
        )
    given = {"HAMSA_API_KEY", "IVR_WEBHOOK_SECRET", "IVR_METRICS_TOKEN", "TWILIO_AUTH_TOKEN", "IVR_SHARED_KEYS"}
    kept = {name: value for name, value in REAL.items() if name not in given}
    read = load({**kept, **{f"{name}_FILE": str(tmp_path / name) for name in given}})
    assert read.notes == ()
    assert read.hamsa_api_key.get_secret_value() == "hamsa_api_key-of-a-file"
    assert read.auth_tokens == ("twilio_auth_token-of-a-file",)
    assert read.signing_keys == {"k": "ivr_shared_keys-of-a-file"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "HAMSA_API_KEY_FILE {} cannot be read (No such file or directory): set it to the file of the secret"),
        (b" \n", "HAMSA_API_KEY_FILE {} is empty: write the secret into it"),
        (b"\xff\xfe", "HAMSA_API_KEY_FILE {} is not UTF-8: write the secret alone into it"),
    ],
)
def test_load_names_a_secret_s_file_that_is_wrong(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    kept = {name: value for name, value in REAL.items() if name != "HAMSA_API_KEY"}
    assert problem.format(path) in problems({**kept, "HAMSA_API_KEY_FILE": str(path)})


def test_load_refuses_a_secret_in_two_places(tmp_path: Path) -> None:
    both = {**REAL, "HAMSA_API_KEY": "x", "HAMSA_API_KEY_FILE": str(tmp_path / "secret")}
    assert problems(both) == ["HAMSA_API_KEY and HAMSA_API_KEY_FILE are both set: leave one out"]


def test_load_takes_an_empty_value_as_not_set() -> None:
    assert load(REAL | {"IVR_PORT": "", "IVR_LANGUAGE": " "}).port == 8000


def test_load_notes_an_unknown_name() -> None:
    assert load(REAL | {"IVR_GRETING": "x"}).notes == ("IVR_GRETING is not a setting: did you mean IVR_GREETING?",)


@pytest.mark.parametrize(
    ("env", "noted"),
    [
        ({}, False),
        ({"TWILIO_AUTH_TOKEN": "", "IVR_SHARED_KEYS": "k=s"}, True),
        ({"IVR_DEV": "true"}, True),
        ({"IVR_DEV": "true", "IVR_TWILIO_REST_URL": "http://127.0.0.1:1"}, False),
    ],
)
def test_load_notes_transfers_that_cannot_be_made(env: dict[str, str], noted: bool) -> None:
    notes = load(REAL | {"IVR_TRANSFER_TO": "+966110000001"} | env).notes
    assert [note.startswith("IVR_TRANSFER_TO") for note in notes] == [True] * noted
    assert load(REAL | env).notes == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "IVR_CONFIG ivr.toml is not UTF-8"),
        (b"x", "IVR_CONFIG ivr.toml: not TOML"),
        (b'[[line]]\nnumber = "x"', "IVR_CONFIG ivr.toml: [[line]] 1: number"),
    ],
)
def test_load_refuses_a_bad_file_of_lines(content: bytes, problem: str) -> None:
    Path("ivr.toml").write_bytes(content)
    (found,) = problems(REAL)
    assert found.startswith(problem)


def test_settings_never_print_secrets() -> None:
    settings = load(REAL | {"IVR_SHARED_KEYS": "k=hidden"})
    shown = repr(settings) + str(settings.describe())
    assert not any(secret in shown for secret in ("very-secret", "hamsa-secret", "hidden"))


def test_settings_describe_themselves() -> None:
    shown = dict(load(REAL).describe())
    assert shown["TWILIO_AUTH_TOKEN"] == "set"
    assert shown["IVR_WEBHOOK_SECRET"] == "not set"
    assert shown["IVR_GREETING"] == "not set"
    assert shown["IVR_PORT"] == "8000"
    assert shown["IVR_SPEAKER"] == "not set"
    assert dict(load(REAL | {"IVR_GREETING": ""}).describe())["IVR_GREETING"] == "empty"
    people = load(REAL | {"IVR_TRANSFER_TO": "+966110000001,+966110000002"}).describe()
    assert dict(people)["IVR_TRANSFER_TO"] == "***0001, ***0002"
    named = {field.alias for field in Settings.model_fields.values() if field.alias}
    assert set(shown) == named


def test_a_typo_in_the_file_of_lines_is_one_fault() -> None:
    Path("ivr.toml").write_text('[[line]]\nnumber = "+12345"\nwebhook_url = "https://a.example"\nvoice = "Emma"\n')
    (found,) = problems({name: value for name, value in REAL.items() if name != "IVR_WEBHOOK_URL"})
    assert found.startswith("IVR_CONFIG ivr.toml: [[line]] 1: voice: there is no such key; the keys are number,")


def test_settings_describe_the_file_that_was_read() -> None:
    assert dict(load(REAL).describe())["IVR_CONFIG"] == "not set"
    Path("ivr.toml").touch()
    assert dict(load(REAL).describe())["IVR_CONFIG"] == "ivr.toml"
    Path("own.toml").touch()
    assert dict(load(REAL | {"IVR_CONFIG": "own.toml"}).describe())["IVR_CONFIG"] == "own.toml"


def test_settings_never_print_passwords_in_urls() -> None:
    urls = {
        "IVR_WEBHOOK_URL": "https://user:hidden@agent.example/webhook?key=hidden&x=hidden",
        "IVR_HAMSA_URL": "wss://user:hidden@speech.example/ws?api_key=hidden",
        "IVR_HAMSA_REST_URL": "https://speech.example/?k=hidden",
        "IVR_TWILIO_REST_URL": "https://user:hidden@rest.example",
    }
    shown = dict(load(REAL | urls).describe())
    assert "hidden" not in str(shown)
    assert shown["IVR_WEBHOOK_URL"] == "https://***@agent.example/webhook?key=***&x=***"


RANGES: list[tuple[str, float, float, float]] = [
    ("IVR_PORT", 1, 65535, 1),
    ("IVR_MAX_CALLS", 1, 10000, 1),
    ("IVR_SPARE_LINKS", 0, 50, 1),
    ("IVR_CONNECTS_PER_SECOND", 0.05, 1000, 0.01),
    ("IVR_CONNECTS_BURST", 1, 1000, 1),
    ("IVR_LINKS_PER_CALL", 0, 2, 0.1),
    ("IVR_DRAIN_SECONDS", 0, 3600, 0.1),
    ("IVR_ENDPOINT_MS", 100, 3000, 1),
    ("IVR_KEEP_ALIVE_SECONDS", 5, 86400, 1),
    ("IVR_NOTICE_SECONDS", 0, 600, 0.1),
]


@pytest.mark.parametrize(("name", "low", "high", "step"), RANGES, ids=[row[0] for row in RANGES])
def test_a_setting_has_the_range_that_its_fix_names(name: str, low: float, high: float, step: float) -> None:
    for value in (low, high):
        assert dict(load(REAL | {name: f"{value:g}"}).describe())[name] in (str(value), str(float(value)))
    for value in (low - step, high + step):
        (found,) = problems(REAL | {name: str(value)})
        assert found.startswith(f"{name} ")
        assert found.endswith(f" from {low:g} to {high:g}")


@pytest.mark.parametrize(
    ("env", "url"),
    [
        ({}, "https://api.tryhamsa.com/v1/realtime"),
        ({"IVR_HAMSA_URL": "ws://mock:1/v1/ws?region=eu"}, "http://mock:1/v1"),
        ({"IVR_HAMSA_URL": "ws://mock:1/speech"}, ""),
        ({"IVR_HAMSA_REST_URL": "https://speech.example"}, "https://speech.example"),
        ({"IVR_HAMSA_REST_URL": "off"}, ""),
    ],
)
def test_speech_rest_url(env: dict[str, str], url: str) -> None:
    assert load(REAL | env).speech_rest_url == url


@pytest.mark.parametrize(
    ("env", "login"),
    [
        ({}, ("", "very-secret")),
        ({"TWILIO_AUTH_TOKEN": "", "TWILIO_SECONDARY_AUTH_TOKEN": "second"}, ("", "second")),
        ({"TWILIO_AUTH_TOKEN": "", "IVR_SHARED_KEYS": "k=s"}, None),
        ({"TWILIO_API_KEY": KEY, "TWILIO_API_SECRET": "s"}, (KEY, "s")),
    ],
)
def test_rest_login_is_the_key_s_or_the_account_s(env: dict[str, str], login: tuple[str, str] | None) -> None:
    assert load(REAL | env).rest_login == login


def test_describe_shortens_the_caller_id() -> None:
    assert dict(load(REAL | {"IVR_CALLER_ID": "+966110000000"}).describe())["IVR_CALLER_ID"] != "+966110000000"
