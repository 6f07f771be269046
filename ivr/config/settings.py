"""Settings: what an operator decides, read once at the start.

They come from the environment and `.env` (`ivr.config.environment`) and, for lines, from `ivr.toml`. A missing or
senseless
setting stops the start: `SettingsError` has one line for each, naming the setting and the fix, all of them at once.

`dev=True` (or IVR_DEV) is a developer's laptop: requests need no signature, the stream may be `ws://`, the server is
bound to loopback and to nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from ivr.config.checks import FIXES, faults_of
from ivr.config.default_phrases import Language
from ivr.config.environment import gather, unread
from ivr.config.lines import (
    Line,
    check_fallback,
    check_phrase,
    check_transfer,
    plain_line,
    read_lines,
    read_numbers,
    same_number,
)
from ivr.observe.redact import number_hidden, without_secrets

HAMSA_URL: Final = "wss://api.tryhamsa.com/v1/realtime/ws"
OFF: Final = "off"
_URLS: Final = frozenset(
    {"IVR_PUBLIC_URL", "IVR_WEBHOOK_URL", "IVR_HAMSA_URL", "IVR_HAMSA_REST_URL", "IVR_TWILIO_REST_URL"}
)
_FILE: Final = Path("ivr.toml")


class SettingsError(ValueError):
    """The start is impossible. `problems` has one line a fault: the setting's name, what is wrong, the fix."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseModel):
    """Everything an operator decided. Made by `load`, never changed."""

    model_config = ConfigDict(frozen=True)

    twilio_account_sid: str = Field("", alias="TWILIO_ACCOUNT_SID")
    """The account whose calls are taken; `AC` and 32 digits."""
    twilio_auth_token: SecretStr = Field(SecretStr(""), alias="TWILIO_AUTH_TOKEN")
    """Signs the webhooks and opens the REST API."""
    twilio_secondary_auth_token: SecretStr = Field(SecretStr(""), alias="TWILIO_SECONDARY_AUTH_TOKEN")
    """The other token while tokens are being rotated: signatures of both are good."""
    shared_keys: SecretStr = Field(SecretStr(""), alias="IVR_SHARED_KEYS")
    """Twilio's webhook signing keys, `id=secret` separated by commas."""
    require_shared_key: bool = Field(False, alias="IVR_REQUIRE_SHARED_KEY")
    """Only signatures by a shared key are good."""
    twilio_rest_url: str = Field("", alias="IVR_TWILIO_REST_URL")
    """Where the REST API is; empty: Twilio's own."""

    hamsa_api_key: SecretStr = Field(SecretStr(""), alias="HAMSA_API_KEY")
    hamsa_url: str = Field(HAMSA_URL, alias="IVR_HAMSA_URL")
    """WebSocket of ears and voice."""
    hamsa_rest_url: str = Field("", alias="IVR_HAMSA_REST_URL")
    """The same service over HTTP, for when its sockets fail. Empty: beside the socket; `off`: not used."""
    spare_links: int = Field(1, alias="IVR_SPARE_LINKS", ge=0, le=50)
    """Sockets kept ready beside those at work, for every ten calls begun, for ears and voice each."""
    links_per_call: float = Field(1.0, alias="IVR_LINKS_PER_CALL", ge=0, le=2)
    """Links to voice and ears each kept for a call on the line; less: calls share them."""
    connects_per_second: float = Field(4.0, alias="IVR_CONNECTS_PER_SECOND", ge=0.05, le=1000)
    """Sockets opened to Hamsa in the long run, by all calls together."""
    connects_burst: int = Field(8, alias="IVR_CONNECTS_BURST", ge=1, le=1000)
    """Sockets opened at once."""
    audio_format: Literal["pcm16", "pcm8", "mulaw"] = Field("pcm16", alias="IVR_AUDIO_FORMAT")
    """What the voice is asked for: PCM at 16 or 8 kHz, or mu-law."""

    webhook_url: str = Field("", alias="IVR_WEBHOOK_URL")
    """Where the agent is asked."""
    webhook_secret: SecretStr = Field(SecretStr(""), alias="IVR_WEBHOOK_SECRET")
    """Sent to the agent as a bearer token."""
    agent_node: str = Field("", alias="IVR_AGENT_NODE")
    """The n8n node whose words are spoken; empty: every node that does not merely respond."""

    public_url: str = Field("", alias="IVR_PUBLIC_URL")
    """The bridge as Twilio sees it: scheme, host and perhaps a path, without a slash at the end."""
    host: str = Field("", alias="IVR_HOST")
    port: int = Field(8000, alias="IVR_PORT", ge=1, le=65535)
    max_calls: int = Field(50, alias="IVR_MAX_CALLS", ge=1, le=10_000)
    """Calls at once; more are told that all lines are busy."""
    drain_seconds: float = Field(60.0, alias="IVR_DRAIN_SECONDS", ge=0, le=3600)
    """Time the calls have to end when the server is stopped."""
    dev: bool = Field(False, alias="IVR_DEV")
    metrics_token: SecretStr = Field(SecretStr(""), alias="IVR_METRICS_TOKEN")
    """Opens `/metrics` as a bearer token; empty: there is no such route."""
    log_format: Literal["text", "json"] = Field("text", alias="IVR_LOG_FORMAT")
    cache_dir: Path = Field(Path(".cache/ivr"), alias="IVR_CACHE_DIR")
    """Where rendered phrases are kept."""
    twiml_dir: Path | None = Field(None, alias="IVR_TWIML_DIR")
    """The TwiML documents; None: those that came with the bridge."""
    config: Path | None = Field(None, alias="IVR_CONFIG")
    """The file of lines; None: `ivr.toml`, if there is one."""

    language: Language = Field("ar", alias="IVR_LANGUAGE")
    speaker: str = Field("", alias="IVR_SPEAKER")
    fallback_speaker: str = Field("", alias="IVR_FALLBACK_SPEAKER")
    dialect: str = Field("", alias="IVR_DIALECT")
    greeting: str | None = Field(None, alias="IVR_GREETING")
    """None: the language's default; empty: nothing is said first."""
    endpoint_ms: int = Field(500, alias="IVR_ENDPOINT_MS")
    transfer_to: str = Field("", alias="IVR_TRANSFER_TO")
    """Numbers of people who may take over a call, commas between them; the first where the agent names none."""

    default_line: Line = Field(plain_line("ar"), exclude=True)
    """Answers the numbers that have no line of their own."""
    lines: tuple[Line, ...] = Field((), exclude=True)
    """Lines of `ivr.toml`."""
    notes: tuple[str, ...] = Field((), exclude=True)
    """What looks like a mistake and does not stop the start."""

    def line(self, called: str) -> Line | None:
        """The line of a dialled number. None: nobody set it up, or it has no agent: the line is closed."""
        number = same_number(called)
        found = next((line for line in self.lines if line.number == number), self.default_line)
        return found if found.webhook_url else None

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """Every line that takes calls."""
        return tuple(line for line in (*self.lines, self.default_line) if line.webhook_url)

    @property
    def speech_rest_url(self) -> str:
        """The REST API of the speech service; empty: there is none."""
        if self.hamsa_rest_url:
            return "" if self.hamsa_rest_url == OFF else self.hamsa_rest_url
        socket = self.hamsa_url.partition("?")[0]
        return f"http{socket[2:-3]}" if socket.endswith("/ws") else ""

    @property
    def stream_url(self) -> str:
        """What the answer's `<Stream>` names."""
        return f"ws{self.public_url.removeprefix('http')}/media"

    @property
    def check_signatures(self) -> bool:
        """Whether a request without a good signature is refused."""
        return not self.dev

    @property
    def expected_account(self) -> str | None:
        """The only account whose streams are taken; None: any."""
        return None if self.dev else self.twilio_account_sid

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """The secrets that may sign a request, the primary first."""
        tokens = (self.twilio_auth_token, self.twilio_secondary_auth_token)
        return tuple(token.get_secret_value() for token in tokens if token.get_secret_value())

    @property
    def rest_possible(self) -> bool:
        """There is an account to use the carrier's REST API with: never in dev mode unless a server is named."""
        return bool(self.auth_tokens) and not (self.dev and not self.twilio_rest_url)

    @property
    def signing_keys(self) -> dict[str, str]:
        """Secrets of the shared keys, by key id."""
        entries = (entry.partition("=") for entry in self.shared_keys.get_secret_value().split(",") if entry.strip())
        return {key.strip(): secret.strip() for key, _, secret in entries}

    def describe(self) -> list[tuple[str, str]]:
        """Name and value of every setting; secrets as `set` or `not set`, URLs without what is secret in them."""
        values = {name: _shown(getattr(self, own)) for own, name in _NAMES.items()}
        values.update({name: without_secrets(values[name]) for name in _URLS})
        if self.transfer_to:
            values["IVR_TRANSFER_TO"] = ", ".join(map(number_hidden, read_numbers(self.transfer_to)))
        if self.greeting == "":
            values["IVR_GREETING"] = "empty"
        return list(values.items())


_NAMES: Final = {own: field.alias for own, field in Settings.model_fields.items() if field.alias}
_NO_TRANSFERS: Final = (
    "IVR_TRANSFER_TO: nobody can be dialled without TWILIO_AUTH_TOKEN, with --dev IVR_TWILIO_REST_URL"
)


def load(env: Mapping[str, str] | None = None, dev: bool = False) -> Settings:
    """Read and check all settings. SettingsError when the bridge cannot start with them.

    `env` replaces the process's environment and `.env`, for tests.
    """
    try:
        given = gather(env)
    except UnicodeDecodeError:
        raise SettingsError([".env is not UTF-8: save it as UTF-8"]) from None
    if dev:
        given["IVR_DEV"] = "true"
    settings, problems = _typed(given)
    settings = settings.model_copy(update=_defaults(settings))
    default, faults = _default_line(settings)
    lines, default, wrong = _read_config(settings, default)
    settings = settings.model_copy(update={"default_line": default, "lines": tuple(lines)})
    notes = unread(given, _NAMES.values())
    if any(line.transfer_to for line in settings.all_lines) and not settings.rest_possible:
        notes.append(_NO_TRANSFERS)
    named = {problem.split(" ", 1)[0] for problem in problems}
    faults += faults_of(settings, lines_known=not wrong)
    problems += [fault for fault in faults if fault.split(" ", 1)[0] not in named]
    if problems + wrong:
        raise SettingsError(problems + wrong)
    return settings.model_copy(update={"notes": tuple(notes)})


def _typed(given: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings with those of a wrong type left out, and a line for each of these."""
    known = {name: value for name, value in given.items() if name in _NAMES.values()}
    try:
        return Settings.model_validate(known), []
    except ValidationError as error:
        wrong = sorted({str(fault["loc"][0]) for fault in error.errors()})
    rest = {name: value for name, value in known.items() if name not in wrong}
    return Settings.model_validate(rest), [f"{name} has a value that makes no sense: {FIXES[name]}" for name in wrong]


def _defaults(settings: Settings) -> dict[str, Any]:
    """What follows from other settings."""
    host = settings.host or ("127.0.0.1" if settings.dev else "0.0.0.0")
    public_url = settings.public_url.rstrip("/")
    if settings.dev and not public_url:
        public_url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    config = settings.config or (_FILE if _FILE.exists() else None)
    return {"host": host, "public_url": public_url, "config": config}


def _default_line(settings: Settings) -> tuple[Line, list[str]]:
    plain = plain_line(settings.language, settings.webhook_url, settings.endpoint_ms)
    phrases = dict(plain.phrases)
    if settings.greeting is not None:
        phrases["greeting"] = settings.greeting
    line = Line(
        number="",
        webhook_url=settings.webhook_url,
        language=settings.language,
        speaker=settings.speaker or plain.speaker,
        dialect=settings.dialect or plain.dialect,
        phrases=phrases,
        endpoint_ms=settings.endpoint_ms,
        fallback_speaker=settings.fallback_speaker,
        transfer_to=read_numbers(settings.transfer_to),
    )
    problems = {
        "IVR_GREETING": check_phrase(phrases["greeting"]),
        "IVR_TRANSFER_TO": check_transfer(line.transfer_to),
        "IVR_FALLBACK_SPEAKER": check_fallback(line),
    }
    return line, [f"{name} {problem}" for name, problem in problems.items() if problem]


def _read_config(settings: Settings, default: Line) -> tuple[list[Line], Line, list[str]]:
    path = settings.config
    if path is None:
        return [], default, []
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        return [], default, [f"IVR_CONFIG {path} cannot be read ({error.strerror}): set it to your ivr.toml"]
    except UnicodeDecodeError:
        return [], default, [f"IVR_CONFIG {path} is not UTF-8: save it as UTF-8"]
    lines, default, problems = read_lines(text, default)
    return lines, default, [f"IVR_CONFIG {path}: {problem}" for problem in problems]


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    return "not set" if value is None or value == "" else str(value)
