"""Check settings that are of the right types: one line a fault, the setting's name first, then the fix."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from ivr.config.line.texts import check_phrase
from ivr.config.lines import check_caller_id, check_endpoint, check_fallback, check_http_url, check_url
from ivr.config.operators import read_operators
from ivr.config.outbound.checks import dial_faults, dial_notes
from ivr.config.people import check_people
from ivr.config.play_checks import play_faults
from ivr.config.record_checks import record_faults
from ivr.config.recordings import recording_faults
from ivr.config.settings import ENV_NAMES, Settings
from ivr.config.store_url import check_store_url
from ivr.config.voices import voice_hints
from ivr.media.voice.turn_model_file import check_turn_model

FIXES: Final[Mapping[str, str]] = {
    "IVR_PORT": "set it to a port number from 1 to 65535",
    "IVR_MAX_CALLS": "set it to a whole number from 1 to 10000",
    "IVR_WORKERS": "set it to a whole number from 1 to 64",
    "IVR_SPARE_LINKS": "set it to a whole number from 0 to 50",
    "IVR_CONNECTS_PER_SECOND": "set it to a number from 0.05 to 1000",
    "IVR_CONNECTS_BURST": "set it to a whole number from 1 to 1000",
    "IVR_LINKS_PER_CALL": "set it to a number from 0 to 2",
    "IVR_DRAIN_SECONDS": "set it to seconds from 0 to 3600",
    "IVR_KEEP_ALIVE_SECONDS": "set it to whole seconds from 5 to 86400",
    "IVR_NOTICE_SECONDS": "set it to seconds from 0 to 600",
    "IVR_FLEET_MAX_CALLS": "set it to a whole number from 0 to 1000000",
    "IVR_NODE_PATH": "set it to true or false",
    "IVR_DEV": "set it to true or false",
    "IVR_TALK_CALLS": "set it to a whole number from 0 to 50",
    "IVR_REQUIRE_SHARED_KEY": "set it to true or false",
    "IVR_LOG_FORMAT": "set it to text or json",
    "IVR_AUDIO_FORMAT": "set it to pcm16, pcm8 or mulaw",
    "IVR_LANGUAGE": "set it to ar or en",
    "IVR_TAPES_KEEP": "set it to trouble, all, off, or 1/N for one call in N",
    "IVR_TAPES_AUDIO": "set it to on or off",
    "IVR_TAPES_DAYS": "set it to whole days from 0 to 3650",
    "IVR_TAPES_MB": "set it to whole megabytes from 0 to 10000000",
    "IVR_DIAL_PER_SECOND": "set it to a number from 0.01 to 100",
    "IVR_DIAL_AT_ONCE": "set it to a whole number from 1 to 10000",
    "IVR_DIAL_PER_NUMBER": "set it to a whole number from 1 to 100",
    "IVR_KEEP": "set it to none, metrics or text",
    "IVR_KEEP_DAYS": "set it to whole days from 0 (for ever) to 3650",
    "IVR_SPOOL_MB": "set it to whole megabytes from 1 to 1000000",
    "IVR_RECORD": "set it to true or false",
    "IVR_RECORD_DAYS": "set it to whole days from 0 (for ever) to 3650",
    "IVR_ENDPOINT_MS": "set it to milliseconds from 100 to 3000",
}

NO_TRANSFERS: Final = "IVR_TRANSFER_TO: the bridge cannot transfer calls: set TWILIO_AUTH_TOKEN or TWILIO_API_KEY"
NO_TRANSFERS_DEV: Final = (
    "IVR_TRANSFER_TO: with --dev no call is transferred: set IVR_TWILIO_REST_URL (`ivr call --rest` serves one), or"
    " start without --dev"
)
OWN_PATHS: Final = frozenset(
    {"/voice", "/media", "/status", "/goodbye", "/healthz", "/readyz", "/metrics", "/board", "/talk"}
)
"""Paths of the bridge's own routes."""
_ACCOUNT: Final = re.compile(r"AC[0-9a-fA-F]{32}")
_API_KEY: Final = re.compile(r"SK[0-9a-fA-F]{32}")
_PLACE: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
LONGEST_NODE: Final = 40
_NODE: Final = re.compile(rf"[a-z0-9-]{{1,{LONGEST_NODE}}}")
_HEADER: Final = re.compile(r"[!-~]*")
"""Characters that an HTTP header can carry, without spaces."""
SHORTEST_TOKEN: Final = 16
"""Characters that the token of `/metrics` must have: anyone on the internet may try to guess it."""


def faults_of(settings: Settings, *, lines_known: bool = True) -> list[str]:
    """Return a line for every fault. `lines_known`: the file of lines could be read, or there is none."""
    default = settings.default_line
    own = {
        "IVR_GREETING": check_phrase(default.phrases["greeting"]),
        "IVR_TRANSFER_TO": check_people(default.transfer_to),
        "IVR_CALLER_ID": check_caller_id(default.caller_id),
        "IVR_FALLBACK_SPEAKER": check_fallback(default),
    }
    faults = [f"{name} {problem}" for name, problem in own.items() if problem]
    faults += _url_faults(settings, lines_known)
    faults += _account_faults(settings)
    # A message never repeats a secret, not even a wrong one: it goes to the terminal and into logs.
    for name, secret in (("IVR_WEBHOOK_SECRET", settings.webhook_secret), ("HAMSA_API_KEY", settings.hamsa_api_key)):
        if not _HEADER.fullmatch(secret.get_secret_value()):
            faults.append(f"{name} cannot be sent in an HTTP header: write only Latin letters, digits and signs")
    # Empty is fine: without a token there is no `/metrics`.
    if 0 < len(settings.metrics_token.get_secret_value()) < SHORTEST_TOKEN:
        faults.append(f"IVR_METRICS_TOKEN is too short to be safe: set it to {SHORTEST_TOKEN} characters or more")
    faults += [f"IVR_BOARD_TOKENS {problem}" for problem in read_operators(settings.board_tokens.get_secret_value())[1]]
    if settings.otlp_endpoint and (problem := check_http_url(settings.otlp_endpoint)):
        faults.append(f"OTEL_EXPORTER_OTLP_ENDPOINT {problem}")
    if settings.otlp_endpoint and settings.otlp_protocol != "http/protobuf":
        faults.append("OTEL_EXPORTER_OTLP_PROTOCOL is not spoken here: set it to http/protobuf, mostly at port 4318")
    if (store := settings.redis_url.get_secret_value()) and (problem := check_store_url(store)):
        faults.append(f"IVR_REDIS_URL {problem}")
    if not _NODE.fullmatch(settings.node):
        faults.append(f"IVR_NODE is not the name of a node: write up to {LONGEST_NODE} of a to z, 0 to 9 and -")
    if settings.require_shared_key and not settings.signing_keys:
        faults.append("IVR_REQUIRE_SHARED_KEY is set without keys: set IVR_SHARED_KEYS as well")
    if check_endpoint(settings.endpoint_ms):
        faults.append(f"IVR_ENDPOINT_MS is out of range: {FIXES['IVR_ENDPOINT_MS']}")
    faults += record_faults(settings) + recording_faults(settings) + dial_faults(settings) + play_faults(settings)
    if settings.dev and not is_loopback(settings.host):
        faults.append("IVR_HOST is reachable from outside: with --dev, where nothing is signed, set it to 127.0.0.1")
    if settings.turn_model is not None and (problem := check_turn_model(settings.turn_model)):
        faults.append(f"IVR_TURN_MODEL {problem}")
    if settings.twiml_dir is not None and not settings.twiml_dir.is_dir():
        faults.append(f"IVR_TWIML_DIR {settings.twiml_dir} is not a folder: set it to the folder of answer.xml")
    # A folder that does not exist is made later. One that may not be looked at is found out when it is written to.
    with contextlib.suppress(OSError):
        folders = (
            ("IVR_CACHE_DIR", settings.cache_dir),
            ("IVR_DATA_DIR", settings.data_dir),
            ("IVR_TAPES", settings.tapes),
        )
        for name, folder in folders:
            if folder is not None and folder.is_file():
                faults.append(f"{name} {folder} is a file: set it to a folder, existing or new")
    # A laptop has no account: its requests are not signed.
    if settings.dev:
        return faults
    if not settings.twilio_account_sid:
        faults.append("TWILIO_ACCOUNT_SID is missing: set it to the account's id, AC..., or start with --dev")
    if not settings.auth_tokens and not settings.signing_keys:
        faults.append("TWILIO_AUTH_TOKEN is missing: set it to the account's auth token, or start with --dev")
    return faults


def notes_of(settings: Settings) -> list[str]:
    """Return a line for every setting that looks like a mistake and does not stop the start."""
    notes = []
    if any(line.transfer_to for line in settings.all_lines) and not settings.rest_possible:
        notes.append(NO_TRANSFERS_DEV if settings.dev else NO_TRANSFERS)
    notes += dial_notes(settings)
    # Each node would sign with a secret of its own, and refuse the streams of calls that another has answered.
    if settings.redis_url.get_secret_value() and not settings.auth_tokens and not settings.signing_keys:
        notes.append("IVR_REDIS_URL: nodes share no secret: set TWILIO_AUTH_TOKEN to the same text in all of them")
    secrets = {
        name: value.get_secret_value()
        for own, name in ENV_NAMES.items()
        if isinstance(value := getattr(settings, own), SecretStr) and value.get_secret_value()
    }
    # One that several parties know is no secret between two of them: who reads the metrics could sign calls.
    for name, other in itertools.combinations(secrets, 2):
        if secrets[name] == secrets[other]:
            notes.append(f"{other} is the same as {name}: set each to a secret of its own, or leave {other} out")
    return notes


def hints_of(settings: Settings) -> list[str]:
    """Return a line for every voice and dialect that the service may not know."""
    hints = []
    for line in settings.spoken_lines:
        speakers = (line.speaker, line.fallback_speaker) if line.fallback_speaker else (line.speaker,)
        where = f"line {line.number}" if line.number else "IVR_SPEAKER, IVR_DIALECT"
        hints += [f"{where}: {hint}" for hint in voice_hints(line.language, line.dialect, *speakers)]
    return hints


def _account_faults(settings: Settings) -> list[str]:
    """Return the faults of the accounts, their keys, region and edge."""
    faults = []
    # The account's id becomes a part of the REST API's paths: a slash in it would lead elsewhere.
    if settings.twilio_account_sid and not _ACCOUNT.fullmatch(settings.twilio_account_sid):
        faults.append(
            "TWILIO_ACCOUNT_SID is not an account id: set it to the id that begins with AC, with 32 digits or letters"
            " from a to f behind (not SK...)"
        )
    subaccounts = settings.subaccounts
    if not all(_ACCOUNT.fullmatch(sid) and token for sid, token in subaccounts.items()):
        faults.append("TWILIO_SUBACCOUNTS cannot be read: write AC...=auth token, with commas between several of them")
    if settings.twilio_account_sid in subaccounts:
        faults.append("TWILIO_SUBACCOUNTS names TWILIO_ACCOUNT_SID: name only the other accounts")
    if settings.twilio_api_key and not _API_KEY.fullmatch(settings.twilio_api_key):
        faults.append("TWILIO_API_KEY is not an API key: set it to the id that begins with SK")
    elif settings.twilio_api_key and not settings.twilio_api_secret.get_secret_value():
        faults.append("TWILIO_API_KEY is set without TWILIO_API_SECRET: set both, or neither")
    elif settings.twilio_api_secret.get_secret_value() and not settings.twilio_api_key:
        faults.append("TWILIO_API_SECRET is set without TWILIO_API_KEY: set both, or neither")
    for name, value in (("TWILIO_REGION", settings.twilio_region), ("TWILIO_EDGE", settings.twilio_edge)):
        if value and not _PLACE.fullmatch(value):
            faults.append(f"{name} is not a name of Twilio's: set it to one such as ie1 (region) or dublin (edge)")
    if not all(key and secret for key, secret in settings.signing_keys.items()):
        faults.append("IVR_SHARED_KEYS cannot be read: write id=secret, with commas between several of them")
    return faults


def _url_faults(settings: Settings, lines_known: bool) -> list[str]:
    """Return the faults of the bridge's own URL, the agent's and the speech service's, with the key for the last."""
    faults = []
    if not (url := settings.public_url):
        faults.append("IVR_PUBLIC_URL is missing: set it to the https:// URL at which Twilio reaches the bridge")
    elif problem := check_http_url(url):
        faults.append(f"IVR_PUBLIC_URL {problem}")
    # Paths are appended to it, and Twilio signs the URL as it was asked for.
    elif (parts := urlsplit(url)).query or parts.fragment or parts.username:
        faults.append("IVR_PUBLIC_URL has more than scheme, host and path: leave out user, query and fragment")
    # On loopback it is a trial without Twilio.
    elif parts.scheme == "http" and not settings.dev and not is_loopback(parts.hostname or ""):
        faults.append("IVR_PUBLIC_URL is http://: set it to an https:// URL, Twilio opens only encrypted streams")
    elif f"/{parts.path.strip('/').rpartition('/')[2]}" in OWN_PATHS:
        faults.append(
            f"IVR_PUBLIC_URL ends in a route of the bridge: set it to {without_route(url)}, the bridge adds the rest"
        )
    # An agent may stand in a file of lines that could not be read: then it is not missing.
    if not settings.all_lines and lines_known:
        faults.append("IVR_WEBHOOK_URL is missing: set it to the http(s):// URL of your agent's webhook")
    elif settings.webhook_url and (problem := check_http_url(settings.webhook_url)):
        faults.append(f"IVR_WEBHOOK_URL {problem}")
    if problem := check_url(settings.hamsa_url, ("wss", "ws")):
        faults.append(f"IVR_HAMSA_URL {problem}")
    # Only Hamsa itself needs a key; a mock or a relay of the operator's own may do without.
    elif not settings.hamsa_api_key.get_secret_value() and (
        f".{urlsplit(settings.hamsa_url).hostname}".endswith(".tryhamsa.com")
    ):
        faults.append(
            "HAMSA_API_KEY is missing: set it to your Hamsa key, or IVR_HAMSA_URL to a server that needs none"
        )
    for name, url in (
        ("IVR_HAMSA_REST_URL", settings.speech_rest_url),
        ("IVR_TWILIO_REST_URL", settings.twilio_rest_url),
    ):
        if url and (problem := check_http_url(url)):
            faults.append(f"{name} {problem}")
    asked = {"IVR_HAMSA_URL": settings.hamsa_url}
    asked |= {"IVR_HAMSA_REST_URL": settings.hamsa_rest_url, "IVR_TWILIO_REST_URL": settings.twilio_rest_url}
    asked |= {
        f"IVR_CONFIG line {line.number}: webhook_url" if line.number else "IVR_WEBHOOK_URL": line.webhook_url
        for line in reversed(settings.all_lines)
    }
    # The bridge would ask itself, and every question would fail.
    faults += [
        f"{name} is the bridge itself: set it to another server"
        for name, url in asked.items()
        if _is_own(settings, url)
    ]
    return faults


def without_route(url: str) -> str:
    """Return a URL without the last part of its path."""
    return url.rstrip("/").rpartition("/")[0]


def _is_own(settings: Settings, url: str) -> bool:
    """Tell whether a URL leads to this bridge: to its port, or to its public URL."""
    try:
        parts, public = urlsplit(url), urlsplit(settings.public_url)
        host, port = (parts.hostname or "").lower(), _port(parts)
        own, own_port = (public.hostname or "").lower(), _port(public)
    except ValueError:
        return False
    everywhere = not settings.host or _is_address(settings.host, "is_unspecified")
    here = is_loopback(host) or _is_address(host, "is_unspecified")
    if port == settings.port and (host == settings.host or (here and (everywhere or is_loopback(settings.host)))):
        return True
    prefix, path = public.path.rstrip("/"), parts.path.rstrip("/")
    # The agent may stand on the same host, at a path that the proxy gives to another server.
    inside = (
        path == prefix or (bool(prefix) and path.startswith(f"{prefix}/")) or path.removeprefix(prefix) in OWN_PATHS
    )
    return bool(own) and (host, port) == (own, own_port) and inside


def _port(parts: SplitResult) -> int:
    """Return the port of a URL, also where it names none."""
    return parts.port or (443 if parts.scheme in ("https", "wss") else 80)


def is_loopback(host: str) -> bool:
    """Tell whether a host of this name is this machine, for itself alone."""
    return host == "localhost" or host.endswith(".localhost") or _is_address(host, "is_loopback")


def _is_address(host: str, kind: Literal["is_loopback", "is_unspecified"]) -> bool:
    """Tell whether a host is an address of a kind, and no name."""
    try:
        return bool(getattr(ipaddress.ip_address(host), kind))
    except ValueError:
        return False
