"""Hold what an operator decides: `Settings`, read once at the start by `ivr.config.load`."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ivr.call.options import Language
from ivr.config.address import line_keys
from ivr.config.lines import (
    KEEP_DAYS,
    LONGEST_KEEP,
    LONGEST_RECORD_DAYS,
    RECORD_DAYS,
    Keep,
    Line,
    plain_line,
    read_numbers,
)
from ivr.observe.redact import number_hidden, without_secrets

HAMSA_URL: Final = "wss://api.tryhamsa.com/v1/realtime/ws"
MOST_WORKERS: Final = 64
OFF: Final = "off"
"""The value of IVR_HAMSA_REST_URL that switches REST off, and of IVR_DATABASE_URL that keeps no records."""
URL_SETTINGS: Final = frozenset(
    {
        "IVR_PUBLIC_URL",
        "IVR_WEBHOOK_URL",
        "IVR_HAMSA_URL",
        "IVR_HAMSA_REST_URL",
        "IVR_TWILIO_REST_URL",
        "IVR_EVENTS_URL",
    }
)
"""Settings that are shown without what is secret in them."""


def read_secrets(written: SecretStr) -> dict[str, str]:
    """Return secrets by their ids, from `id=secret` separated by commas."""
    # A secret may contain "=": the first one ends the id.
    entries = (entry.partition("=") for entry in written.get_secret_value().split(",") if entry.strip())
    return {key.strip(): secret.strip() for key, _, secret in entries}


class Settings(BaseModel):
    """Hold everything an operator decided. Made by `load`, never changed."""

    model_config = ConfigDict(frozen=True)

    twilio_account_sid: str = Field("", alias="TWILIO_ACCOUNT_SID")
    """The account whose calls are taken; `AC` and 32 digits."""
    twilio_auth_token: SecretStr = Field(SecretStr(""), alias="TWILIO_AUTH_TOKEN")
    """Signs the webhooks and opens the REST API."""
    twilio_secondary_auth_token: SecretStr = Field(SecretStr(""), alias="TWILIO_SECONDARY_AUTH_TOKEN")
    """The other token while the operator exchanges one for the other: signatures of both are good."""
    twilio_api_key: str = Field("", alias="TWILIO_API_KEY")
    """Opens the REST API instead of the auth token; `SK...`."""
    twilio_api_secret: SecretStr = Field(SecretStr(""), alias="TWILIO_API_SECRET")
    """The secret of that key."""
    twilio_subaccounts: SecretStr = Field(SecretStr(""), alias="TWILIO_SUBACCOUNTS")
    """Further accounts whose calls are taken, `AC...=auth token` separated by commas."""
    twilio_region: str = Field("", alias="TWILIO_REGION")
    """Twilio's region of the account, such as `ie1`; empty: `us1`."""
    twilio_edge: str = Field("", alias="TWILIO_EDGE")
    """Twilio's edge that is asked, such as `dublin`."""
    shared_keys: SecretStr = Field(SecretStr(""), alias="IVR_SHARED_KEYS")
    """Twilio's webhook signing keys, `id=secret` separated by commas."""
    require_shared_key: bool = Field(False, alias="IVR_REQUIRE_SHARED_KEY")
    """Only signatures by a shared key are good."""
    twilio_rest_url: str = Field("", alias="IVR_TWILIO_REST_URL")
    """URL of the REST API; empty: Twilio's own."""

    hamsa_api_key: SecretStr = Field(SecretStr(""), alias="HAMSA_API_KEY")
    hamsa_url: str = Field(HAMSA_URL, alias="IVR_HAMSA_URL")
    """The WebSocket of STT and TTS."""
    hamsa_rest_url: str = Field("", alias="IVR_HAMSA_REST_URL")
    """The same service over HTTP, for when its sockets fail. Empty: beside the socket; `off`: not used."""
    spare_links: int = Field(1, alias="IVR_SPARE_LINKS", ge=0, le=50)
    """Sockets kept ready beside those at work, for every ten calls begun, for STT and TTS each."""
    links_per_call: float = Field(1.0, alias="IVR_LINKS_PER_CALL", ge=0, le=2)
    """Links kept for a call on the line, to STT and TTS each; less: calls share them."""
    connects_per_second: float = Field(4.0, alias="IVR_CONNECTS_PER_SECOND", ge=0.05, le=1000)
    """Sockets opened to Hamsa in the long run, by all calls together."""
    connects_burst: int = Field(8, alias="IVR_CONNECTS_BURST", ge=1, le=1000)
    """Sockets opened at once."""
    audio_format: Literal["pcm16", "pcm8", "mulaw"] = Field("pcm16", alias="IVR_AUDIO_FORMAT")
    """What the TTS is asked for: PCM at 16 or 8 kHz, or mu-law."""

    webhook_url: str = Field("", alias="IVR_WEBHOOK_URL")
    """The agent's webhook, for the numbers that have no line of their own."""
    webhook_secret: SecretStr = Field(SecretStr(""), alias="IVR_WEBHOOK_SECRET")
    """Sent to the agent as a bearer token."""
    agent_node: str = Field("", alias="IVR_AGENT_NODE")
    """The n8n node whose words are spoken; empty: every node that does not merely respond."""

    public_url: str = Field("", alias="IVR_PUBLIC_URL")
    """The bridge as Twilio sees it: scheme, host and perhaps a path, without a slash at the end."""
    host: str = Field("", alias="IVR_HOST")
    port: int = Field(8000, alias="IVR_PORT", ge=1, le=65535)
    max_calls: int = Field(50, alias="IVR_MAX_CALLS", ge=1, le=10_000)
    """Calls at once; further callers hear that all lines are busy."""
    workers: int = Field(1, alias="IVR_WORKERS", ge=1, le=MOST_WORKERS)
    """Processes that share the port and the calls, one a core."""
    drain_seconds: float = Field(60.0, alias="IVR_DRAIN_SECONDS", ge=0, le=3600)
    """Time the calls have to end when the server is stopped."""
    notice_seconds: float = Field(5.0, alias="IVR_NOTICE_SECONDS", ge=0, le=600)
    """Time from SIGTERM to the drain. Calls are still taken and `/readyz` says 503: a balancer looks away first."""
    keep_alive_seconds: int = Field(650, alias="IVR_KEEP_ALIVE_SECONDS", ge=5, le=86_400)
    """Time a connection is kept after an answer. Longer than any proxy keeps it: a request that a proxy sends on a
    connection which the bridge is about to close is lost, and a call with it."""
    redis_url: SecretStr = Field(SecretStr(""), alias="IVR_REDIS_URL")
    """The Valkey or Redis server through which machines share calls; empty: there is one machine."""
    node: str = Field("", alias="IVR_NODE")
    """The name of this machine's bridge among those of the fleet; empty: that of the host, made fit."""
    node_path: bool = Field(False, alias="IVR_NODE_PATH")
    """The URL of a stream ends in `/n/NODE/media`: a proxy brings it to the node that answered the call."""
    fleet_max_calls: int = Field(0, alias="IVR_FLEET_MAX_CALLS", ge=0, le=1_000_000)
    """Calls of all nodes at once; 0: as many as they carry together."""
    dev: bool = Field(False, alias="IVR_DEV")
    """A developer's laptop: requests need no signature, the stream may be `ws://`, the server is bound to loopback."""
    talk_calls: int = Field(2, alias="IVR_TALK_CALLS", ge=0, le=50)
    """Calls from the softphone's page at once; 0: there is no such page."""
    metrics_token: SecretStr = Field(SecretStr(""), alias="IVR_METRICS_TOKEN")
    """Opens `/metrics` as a bearer token; empty: there is no such route."""
    board_tokens: SecretStr = Field(SecretStr(""), alias="IVR_BOARD_TOKENS")
    """Who may see and steer the calls, `name:role:token` separated by commas; empty: there is no `/board`, no API."""
    log_format: Literal["text", "json"] = Field("text", alias="IVR_LOG_FORMAT")
    cache_dir: Path = Field(Path(".cache/ivr"), alias="IVR_CACHE_DIR")
    """Where rendered phrases are kept."""
    audio_dir: Path | None = Field(None, alias="IVR_AUDIO_DIR")
    """The folder of recordings that an agent may play; None: there is none."""
    play_hosts: str = Field("", alias="IVR_PLAY_HOSTS")
    """Hosts from which an agent may play recordings, with commas between them; empty: none."""
    tapes: Path | None = Field(None, alias="IVR_TAPES")
    """The folder for tapes of calls; None: no tapes."""
    tapes_keep: str = Field("trouble", alias="IVR_TAPES_KEEP", pattern=r"^(off|trouble|all|1/[1-9][0-9]{0,5})$")
    """Which calls get a tape: `trouble` those that went wrong, `all`, `1/N` one in N, or `off`."""
    tapes_audio: Literal["on", "off"] = Field("on", alias="IVR_TAPES_AUDIO")
    """`off`: tapes have the length of all audio, and what the call measured of it."""
    tapes_days: int = Field(14, alias="IVR_TAPES_DAYS", ge=0, le=3650)
    """Days after which a tape is deleted; 0: never."""
    tapes_mb: int = Field(1000, alias="IVR_TAPES_MB", ge=0, le=10_000_000)
    """Megabytes of all tapes together; the oldest are deleted first. 0: no limit."""
    data_dir: Path = Field(Path(".data/ivr"), alias="IVR_DATA_DIR")
    """Where the bridge keeps what must not be lost: the spool of records, and the database where it has none of its
    own. A cache may be deleted, this may not."""
    database_url: SecretStr = Field(SecretStr(""), alias="IVR_DATABASE_URL")
    """The database of records; empty: `calls.sqlite` in the data folder; `off`: no records are kept."""
    records_key: SecretStr = Field(SecretStr(""), alias="IVR_RECORDS_KEY")
    """Makes the keys by which records are found by a number that they do not hold; empty: a secret in the data
    folder."""
    spool_mb: int = Field(256, alias="IVR_SPOOL_MB", ge=1, le=1_000_000)
    """Megabytes of records that may wait for the database."""
    keep: Keep = Field("metrics", alias="IVR_KEEP")
    keep_days: int = Field(KEEP_DAYS, alias="IVR_KEEP_DAYS", ge=0, le=LONGEST_KEEP)
    """Days after which the record of a call is deleted; 0: never."""
    events_url: str = Field("", alias="IVR_EVENTS_URL")
    """Told of each call that has ended."""
    events_secret: SecretStr = Field(SecretStr(""), alias="IVR_EVENTS_SECRET")
    """Signs what that URL is told."""
    record: bool = Field(False, alias="IVR_RECORD")
    """Calls of the environment's line are recorded; also a key of a line."""
    record_days: int = Field(RECORD_DAYS, alias="IVR_RECORD_DAYS", ge=0, le=LONGEST_RECORD_DAYS)
    """Days after which a recording is deleted; 0: never. Also a key of a line."""
    recordings: str = Field("", alias="IVR_RECORDINGS")
    """The folder of recordings, or `s3://bucket/prefix`; empty: a folder in the data folder."""
    recordings_key: SecretStr = Field(SecretStr(""), alias="IVR_RECORDINGS_KEY")
    """Encrypts recordings: 32 bytes as hex or base64. Several with commas between them: the first encrypts, all open.
    Empty: recordings are not encrypted."""
    s3_endpoint: str = Field("", alias="IVR_S3_ENDPOINT")
    """URL of the service that keeps them, where it is not Amazon's."""
    twiml_dir: Path | None = Field(None, alias="IVR_TWIML_DIR")
    """The TwiML documents; None: those that came with the bridge."""
    config: Path | None = Field(None, alias="IVR_CONFIG")
    """The file of lines; None: `ivr.toml`, if there is one."""
    otlp_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """The collector that gets the traces of calls, over HTTP; empty: none are made. Its other names, the SDK reads."""
    otlp_protocol: str = Field("http/protobuf", alias="OTEL_EXPORTER_OTLP_PROTOCOL")
    """How the collector is spoken to."""

    language: Language = Field("ar", alias="IVR_LANGUAGE")
    speaker: str = Field("", alias="IVR_SPEAKER")
    fallback_speaker: str = Field("", alias="IVR_FALLBACK_SPEAKER")
    dialect: str = Field("", alias="IVR_DIALECT")
    turn_model: Path | None = Field(None, alias="IVR_TURN_MODEL")
    """The file of a model that judges from the sound of a caller's words whether they were all; None: there is none."""
    greeting: str | None = Field(None, alias="IVR_GREETING")
    """None: the language's default; empty: the agent says nothing first."""
    endpoint_ms: int = Field(500, alias="IVR_ENDPOINT_MS")
    transfer_to: str = Field("", alias="IVR_TRANSFER_TO")
    """Numbers of people who may take over a call, with commas between them; the first where the agent names none."""
    caller_id: str = Field("", alias="IVR_CALLER_ID")
    """The operator's number that such a person is shown where the caller has none; empty: the one that was dialled."""

    dial_prefixes: str = Field("", alias="IVR_DIAL_PREFIXES")
    """Beginnings of the numbers that the bridge may call, with commas between them; empty: it calls no one."""
    dial_per_second: float = Field(1.0, alias="IVR_DIAL_PER_SECOND", ge=0.01, le=100)
    """Calls that the bridge places a second."""
    dial_at_once: int = Field(10, alias="IVR_DIAL_AT_ONCE", ge=1, le=10_000)
    """Such calls that are being placed, ring or talk."""
    dial_per_number: int = Field(3, alias="IVR_DIAL_PER_NUMBER", ge=1, le=100)
    """Calls to one number within 24 hours."""

    default_line: Line = Field(plain_line("ar"), exclude=True)
    """Answers the numbers that have no line of their own."""
    lines: tuple[Line, ...] = Field((), exclude=True)
    """Lines of `ivr.toml`."""
    notes: tuple[str, ...] = Field((), exclude=True)
    """Lines of text about what looks like a mistake and does not stop the start."""

    hints: tuple[str, ...] = Field((), exclude=True)
    """Lines of text about voices that the speech service may not know."""

    def line(self, *ours: str) -> Line | None:
        """Return the line of the first of these addresses that has one. None: the line has no agent, it is closed."""
        lines = {line_keys(line.number)[0]: line for line in self.lines}
        keys = (key for address in ours for key in line_keys(address))
        found = next((lines[key] for key in keys if key in lines), self.default_line)
        return found if found.webhook_url else None

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """Return every line that takes calls."""
        return tuple(line for line in (*self.lines, self.default_line) if line.webhook_url)

    @property
    def spoken_lines(self) -> tuple[Line, ...]:
        """Return every line in each of its languages."""
        return tuple(spoken for line in self.all_lines for spoken in line.in_each_language())

    @property
    def speech_rest_url(self) -> str:
        """Return the URL of the speech service's REST API; empty: it is not used."""
        if self.hamsa_rest_url:
            return "" if self.hamsa_rest_url == OFF else self.hamsa_rest_url
        # Hamsa serves both under one path. A server of the operator's own with another path has no REST API known here.
        socket = self.hamsa_url.partition("?")[0]
        return f"http{socket[2:-3]}" if socket.endswith("/ws") else ""

    @property
    def stream_url(self) -> str:
        """Return the URL that the answer's `<Stream>` names."""
        return self.stream_url_of(self.node)

    def stream_url_of(self, node: str) -> str:
        """Return the URL of a stream that comes to a node, where the URL names one."""
        own = f"/n/{node}" if self.node_path else ""
        return f"ws{self.public_url.removeprefix('http')}{own}/media"

    @property
    def check_signatures(self) -> bool:
        """Tell whether a request without a good signature is refused."""
        return not self.dev

    @property
    def expected_accounts(self) -> frozenset[str] | None:
        """Return the accounts whose calls are taken; None: any."""
        return None if self.dev else frozenset({self.twilio_account_sid, *self.subaccounts})

    @property
    def subaccounts(self) -> dict[str, str]:
        """Return the auth tokens of the subaccounts, by account id."""
        return read_secrets(self.twilio_subaccounts)

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """Return the secrets that may sign a request, the primary first."""
        tokens = (self.twilio_auth_token, self.twilio_secondary_auth_token)
        own = (token.get_secret_value() for token in tokens if token.get_secret_value())
        return (*own, *(token for token in self.subaccounts.values() if token))

    @property
    def rest_login(self) -> tuple[str, str] | None:
        """Return API key (empty: none) and secret or auth token for the carrier's REST API; None: there are none."""
        if self.twilio_api_key and self.twilio_api_secret.get_secret_value():
            return self.twilio_api_key, self.twilio_api_secret.get_secret_value()
        token = self.twilio_auth_token.get_secret_value() or self.twilio_secondary_auth_token.get_secret_value()
        return ("", token) if token else None

    @property
    def keeps_records(self) -> bool:
        """Tell whether records of calls are kept at all."""
        return self.database_url.get_secret_value() != OFF

    @property
    def rest_possible(self) -> bool:
        """Tell whether there is an account to use the carrier's REST API with."""
        # A laptop must not end real calls by accident: with --dev only a named server is asked.
        return self.rest_login is not None and not (self.dev and not self.twilio_rest_url)

    @property
    def signing_keys(self) -> dict[str, str]:
        """Return the secrets of the shared keys, by key id."""
        return read_secrets(self.shared_keys)

    def describe(self) -> list[tuple[str, str]]:
        """Return name and value of every setting. A secret is `set` or `not set`, what is secret in a URL `***`."""
        values = {}
        for own, name in ENV_NAMES.items():
            value = getattr(self, own)
            if isinstance(value, SecretStr):
                values[name] = "set" if value.get_secret_value() else "not set"
            else:
                values[name] = "not set" if value is None or value == "" else str(value)
        values.update({name: without_secrets(values[name]) for name in URL_SETTINGS})
        if store := self.redis_url.get_secret_value():
            values["IVR_REDIS_URL"] = without_secrets(store)
        # What is printed may end up in a ticket: people's numbers are shortened.
        if self.transfer_to:
            values["IVR_TRANSFER_TO"] = ", ".join(map(number_hidden, read_numbers(self.transfer_to)))
        if self.caller_id:
            values["IVR_CALLER_ID"] = number_hidden(self.caller_id)
        # "not set" would be wrong: without the setting the agent greets with the language's own words.
        if self.greeting == "":
            values["IVR_GREETING"] = "empty"
        return list(values.items())


ENV_NAMES: Final = {own: field.alias for own, field in Settings.model_fields.items() if field.alias}
"""The environment's name of each field."""
SECRETS: Final = {own: ENV_NAMES[own] for own, field in Settings.model_fields.items() if field.annotation is SecretStr}
"""The secrets among them: each may stand in a file (NAME_FILE), and is read again at SIGHUP."""
