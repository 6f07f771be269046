"""Read TwiML as strictly as the carrier, and no further than a call needs. https://www.twilio.com/docs/voice/twiml

`parse` returns the verbs of a document in order. `stream_order` returns what a `<Connect><Stream>` asks for. What the
carrier refuses is a `TwimlError` with its number. What it only warns about is a warning of the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

BROKEN_DOCUMENT = 12100
UNKNOWN_VERB = 12200
WRONG_TYPE = 12300
BAD_HANDSHAKE = 31920
NOT_WSS = 31922
BAD_URL = 31923
BAD_TRACK = 31941
TOO_LONG = 12200

TYPES = ("text/xml", "application/xml", "text/html")
"""Content types in which a document may come."""
VERBS = frozenset({
    "Connect", "Dial", "Enqueue", "Gather", "Hangup", "Leave", "Pause", "Pay", "Play", "Prompt", "Queue", "Record",
    "Redirect", "Refer", "Reject", "Say", "Sms", "Start", "Stop",
})  # fmt: skip
_CALLBACK = ("statusCallback", "statusCallbackEvent", "statusCallbackMethod")
_RECORDED = ("recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent")
_DETECTION = (
    "machineDetection", "machineDetectionTimeout", "machineDetectionSpeechThreshold",
    "machineDetectionSpeechEndThreshold", "machineDetectionSilenceTimeout", "amdStatusCallback",
    "amdStatusCallbackMethod",
)  # fmt: skip
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    name: frozenset(names)
    for name, names in {
        "Client": ("url", "method", *_CALLBACK),
        "Conference": (
            "muted", "beep", "startConferenceOnEnter", "endConferenceOnExit", "participantLabel", "jitterBufferSize",
            "waitUrl", "waitMethod", "maxParticipants", "record", "region", "coach", "trim", "eventCallbackUrl",
            *_CALLBACK, *_RECORDED,
        ),
        "Connect": ("action", "method"),
        "Dial": (
            "action", "method", "timeout", "hangupOnStar", "timeLimit", "callerId", "record", "trim", "answerOnBridge",
            "sequential", "ringTone", "referUrl", "referMethod", "recordingTrack", "events", *_RECORDED,
        ),
        "Enqueue": ("action", "method", "waitUrl", "waitUrlMethod", "workflowSid", "maxQueueSize"),
        "Gather": (
            "input", "action", "method", "timeout", "speechTimeout", "maxSpeechTime", "profanityFilter", "finishOnKey",
            "numDigits", "partialResultCallback", "partialResultCallbackMethod", "language", "hints", "bargeIn",
            "dtmfDetection", "debug", "actionOnEmptyResult", "speechModel", "enhanced",
        ),
        "Hangup": (),
        "Leave": (),
        "Number": ("sendDigits", "url", "method", "byoc", *_CALLBACK, *_DETECTION),
        "Pause": ("length",),
        "Play": ("loop", "digits"),
        "Queue": ("url", "method", "reservationSid", "postWorkActivitySid"),
        "Record": (
            "action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "trim", "transcribe",
            "transcribeCallback", *_RECORDED,
        ),
        "Redirect": ("method",),
        "Refer": ("action", "method"),
        "Reject": ("reason",),
        "Say": ("voice", "loop", "language"),
        "Sip": ("username", "password", "url", "method", *_CALLBACK, *_DETECTION),
    }.items()
}  # fmt: skip
"""Attributes of each element. Another one is a warning (12200, schema warning)."""
PARAMETER_LIMIT = 500
"""Characters that name and value of one `<Parameter>` together must stay below (Twilio's page on `Stream`)."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class TwimlError(Exception):
    """Report why the carrier refuses the document or the stream in it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Verb:
    """Hold one element."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    children: tuple[Verb, ...] = ()


@dataclass(frozen=True, slots=True)
class TwimlDocument:
    """Hold the verbs of a document."""

    verbs: tuple[Verb, ...]
    url: str = ""
    """URL of the document: relative addresses in it start here."""
    warnings: tuple[str, ...] = ()
    """Unknown elements, which are skipped, and unknown attributes: `verb <Sing>`, `attribute to of <Dial>`."""


@dataclass(frozen=True, slots=True)
class StreamOrder:
    """Hold what a document asks of a two-way media stream."""

    url: str
    parameters: Mapping[str, str]
    name: str = ""
    status_callback: str = ""
    status_method: str = "POST"


def parse(body: bytes | str, content_type: str = "text/xml", url: str = "") -> TwimlDocument:
    """Read a document that came from `url`. Raises `TwimlError`."""
    if content_type.partition(";")[0].strip().lower() not in TYPES:
        raise TwimlError(WRONG_TYPE, f"content type {content_type or 'missing'}")
    # A document type could expand into anything: refused, as an XML reader that is safe refuses it.
    markup = body.encode() if isinstance(body, str) else body
    if b"<!DOCTYPE" in markup or b"<!ENTITY" in markup:
        raise TwimlError(BROKEN_DOCUMENT, "a document type is not allowed")
    try:
        root = ET.fromstring(markup)
    except ET.ParseError as error:
        raise TwimlError(BROKEN_DOCUMENT, f"not XML: {error}") from error
    if root.tag != "Response":
        raise TwimlError(BROKEN_DOCUMENT, f"<{root.tag}> where <Response> belongs")
    verbs = tuple(_verb(element) for element in root)
    known = tuple(verb for verb in verbs if verb.name in VERBS)
    unknown = [f"verb <{verb.name}>" for verb in verbs if verb.name not in VERBS]
    return TwimlDocument(known, url, (*unknown, *(odd for verb in known for odd in _odd_attributes(verb))))


def _odd_attributes(verb: Verb) -> Iterator[str]:
    """Yield the attributes of a verb and of what stands in it that the carrier does not know."""
    if verb.name in ATTRIBUTES:
        yield from (
            f"attribute {name} of <{verb.name}>" for name in verb.attributes if name not in ATTRIBUTES[verb.name]
        )
    for child in verb.children:
        yield from _odd_attributes(child)


def _verb(element: ET.Element) -> Verb:
    """Return an element with its children, all text in it taken together."""
    text = "".join(element.itertext()).strip()
    return Verb(element.tag, dict(element.attrib), text, tuple(_verb(child) for child in element))


def stream_order(connect: Verb, base: str) -> StreamOrder:
    """Return what a `<Connect>` in a document from `base` asks for. Raises `TwimlError` when the carrier refuses it."""
    streams = [child for child in connect.children if child.name == "Stream"]
    if len(streams) != 1 or len(connect.children) != 1:
        raise TwimlError(BROKEN_DOCUMENT, f"{len(streams)} streams under one Connect: exactly one is possible")
    stream = streams[0]
    # Twilio's page on `Stream`: under `<Connect>` the only track is the inbound one (31941, unsupported track).
    if stream.attributes.get("track", "inbound_track") != "inbound_track":
        raise TwimlError(BAD_TRACK, f"track {stream.attributes['track']} under Connect")
    parameters = {}
    for child in stream.children:
        name, value = child.attributes.get("name", ""), child.attributes.get("value", "")
        if child.name != "Parameter":
            raise TwimlError(UNKNOWN_VERB, f"<{child.name}> in a Stream")
        if not name:
            raise TwimlError(UNKNOWN_VERB, "a Parameter without name")
        if len(name) + len(value) >= PARAMETER_LIMIT:
            raise TwimlError(TOO_LONG, f"Parameter {name} has {PARAMETER_LIMIT} characters or more")
        parameters[name] = value
    return StreamOrder(
        url=_stream_url(stream.attributes.get("url", ""), base),
        parameters=parameters,
        name=stream.attributes.get("name", ""),
        status_callback=absolute(stream.attributes.get("statusCallback", ""), base),
        status_method=stream.attributes.get("statusCallbackMethod", "POST"),
    )


def absolute(url: str, base: str) -> str:
    """Return the absolute URL of an address in a document from `base`. An empty address stays empty."""
    return urljoin(base, url) if url else ""


def _stream_url(url: str, base: str) -> str:
    """Return the absolute socket URL of a `<Stream>`. Raises `TwimlError` when the carrier refuses it."""
    if not url:
        raise TwimlError(BAD_URL, "a Stream without url")
    # `urljoin` knows http only: join as http, then change the scheme to ws or wss.
    if not urlsplit(url).scheme:
        url = urljoin(base, url)
        url = "ws" + url.removeprefix("http")
    parts = urlsplit(url)
    if not parts.hostname:
        raise TwimlError(BAD_URL, f"no host in {url}")
    if parts.scheme != "wss" and not (parts.scheme == "ws" and parts.hostname in LOOPBACK):
        raise TwimlError(NOT_WSS, f"scheme {parts.scheme}: wss is needed (ws only on loopback)")
    # Twilio's page on error 31920 names a query string as a cause of failed handshakes.
    if parts.query or parts.fragment:
        raise TwimlError(BAD_HANDSHAKE, "a query string in a stream's url")
    return url
