"""Payloads in server-sent events of every hand, compressed bodies, and n8n's lines."""

from __future__ import annotations

import gzip
import zlib

from tests.webhook.formats.corpus.case import JSON, NDJSON, SSE, TEXT, Case, js, lines, sse
from tests.webhook.n8n import line, respond, run

PARCEL = "Your parcel is in Riyadh."
ARABIC = "شحنتك وصلت إلى الرياض اليوم."
TOKENS = ("Your", " parcel", " is", " in", " Riyadh", ".")
RECORDS = [{"text": token} for token in TOKENS]


def raw_deflate(data: bytes) -> bytes:
    """Deflate without a head."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


EVENTS = [
    Case("events", sse(*RECORDS), PARCEL, SSE),
    Case("events as JSON", sse(*RECORDS), PARCEL, JSON),
    Case("events as text", sse(*RECORDS), PARCEL, TEXT),
    Case("events ended by CR LF", sse(*RECORDS, end=b"\r\n"), PARCEL, SSE),
    Case("events ended by CR", sse(*RECORDS, end=b"\r"), PARCEL, SSE),
    Case("events ended by CR, first an id", b"id: 1\r" + sse(*RECORDS, end=b"\r"), PARCEL, TEXT),
    Case("events without empty lines", sse(*RECORDS).replace(b"\n\n", b"\n"), PARCEL, SSE),
    Case("events without empty lines, tokens as text", b"".join(b"data: " + word.encode() + b"\n" for word in TOKENS),
         PARCEL, SSE),
    Case("first a comment", b": connected\n\n" + sse(*RECORDS), PARCEL, TEXT),
    Case("first a bare colon", b":\n\n" + sse(*RECORDS), PARCEL, JSON),
    Case("first an id", b"id: 41\n" + sse(*RECORDS), PARCEL, JSON),
    Case("first the time to retry", b"retry: 3000\n\n" + sse(*RECORDS), PARCEL, TEXT),
    Case("first a name", b"event: message\n" + sse(*RECORDS), PARCEL, ""),
    Case("first a field that nobody knows", b"message: stream\n" + sse(*RECORDS), PARCEL, SSE),
    Case("first a field that nobody knows, as text", b"message: stream\n" + sse(*RECORDS), PARCEL, TEXT),
    Case("empty lines first", b"\r\n\r\n" + sse(*RECORDS), PARCEL, TEXT),
    Case("a mark first", b"\xef\xbb\xbf" + sse(*RECORDS), PARCEL, SSE),
    Case("tokens as text with a blank of their own", sse(*TOKENS), PARCEL, SSE),
    Case("tokens behind a colon without a blank", b"".join(b"data:" + word.encode() + b"\n\n" for word in TOKENS),
         PARCEL, SSE),
    Case("Arabic tokens behind a colon", "data:شحنتك\n\ndata: وصلت\n\ndata: إلى الرياض\n\ndata: اليوم.\n\n".encode(),
         ARABIC, SSE),
    Case("words as events", "".join(f"data: {word}\n\n" for word in ARABIC.split()).encode(), ARABIC, SSE),
    Case("words as events, no blank at all", "".join(f"data:{word}\n\n" for word in ARABIC.split()).encode(), ARABIC,
         SSE),
    Case("sentences as events", sse("One moment.", PARCEL, "Anything else?"), f"One moment. {PARCEL} Anything else?",
         SSE),
    Case("an event of several lines", b"data: Your parcel\ndata: is in\ndata: Riyadh.\n\n", PARCEL, SSE),
    Case("JSON over several data lines", b'data: {\ndata:   "text": "Your parcel is in Riyadh."\ndata: }\n\n', PARCEL,
         SSE),
    Case("done, and no more", sse(*RECORDS, "[DONE]") + b": bye\n\n", PARCEL, SSE),
    Case("pings between", sse(*RECORDS[:3]) + b": ping\n\n" + b"event: ping\ndata: {}\n\n" + sse(*RECORDS[3:]), PARCEL,
         SSE),
    Case("the last event without its end", sse(*RECORDS)[:-2], PARCEL, SSE),
    Case("JSON strings as events", sse(*[js(token).decode() for token in TOKENS]), PARCEL, SSE),
    Case("an error event", b'event: error\ndata: {"detail": "rate limit"}\n\n', "", SSE, "fault"),
    Case("lines within a stream of events", lines(*RECORDS), PARCEL, SSE),
]  # fmt: skip

PACKED = [
    Case("gzip", gzip.compress(js({"output": PARCEL})), PARCEL, encoding="gzip"),
    Case(
        "gzip in two members",
        gzip.compress(b"Your parcel ") + gzip.compress(b"is in Riyadh."),
        PARCEL,
        TEXT,
        encoding="gzip",
    ),
    Case(
        "gzip, a member a line",
        b"".join(gzip.compress(js(record) + b"\n") for record in RECORDS),
        PARCEL,
        NDJSON,
        encoding="gzip",
    ),
    Case("deflate with a head", zlib.compress(ARABIC.encode()), ARABIC, TEXT, encoding="deflate"),
    Case("deflate without a head", raw_deflate(ARABIC.encode()), ARABIC, TEXT, encoding="deflate"),
    Case(
        "gzip cut short",
        gzip.compress(PARCEL.encode())[:-12],
        "Your parcel is in Riya",
        TEXT,
        "encoding",
        encoding="gzip",
    ),
]

N8N = [
    Case("n8n's stream", run("Your parcel ", "is in Riyadh."), PARCEL),
    Case("n8n's stream, the node repeats", run("Your parcel ", "is in Riyadh.") + respond(output=PARCEL), PARCEL),
    Case("n8n's second node of the kind", run("Your parcel ", "is in Riyadh.")
         + respond(output=PARCEL).replace(b"Respond to Webhook", b"Respond to Webhook1"), PARCEL),
    Case("n8n's renamed node", run("شحنتك وصلت ", "إلى الرياض اليوم.") + respond(output=ARABIC)
         .replace(b"Respond to Webhook", "الرد".encode()), ARABIC),
    Case("n8n's renamed node closes", run("Good", "bye.") + respond(output="Goodbye.", is_closing=True)
         .replace(b"Respond to Webhook", b"Answer"), "Goodbye.", end="closing"),
    Case("n8n's node alone", respond(output=PARCEL), PARCEL),
    Case("n8n after a tool", run("Let me look. ") + run("Your parcel ", "is in Riyadh."), "Let me look. " + PARCEL),
    Case("n8n's structured output", run('{"output": {"text": "Good', 'bye.", "is_closing": true}}'), "Goodbye.",
         end="closing"),
    Case("n8n's immediate answer", js({"message": "Workflow was started"}), "", end="acknowledged"),
    Case("n8n's error", line("begin") + line("error", "boom"), "", end="fault"),
    Case("n8n's AI Agent as a document", js([{"output": ARABIC, "intermediateSteps": []}]), ARABIC),
]  # fmt: skip
