"""Relatives of the payloads before, each tried on readers that were not written for it."""

from __future__ import annotations

from tests.webhook.formats.corpus.case import JSON, NDJSON, SSE, TEXT, Case, js, lines, named, sse
from tests.webhook.n8n import run

EN = "Your parcel is in Riyadh."
AR = "شحنتك وصلت إلى الرياض اليوم."
BYE = "Goodbye, and thank you."
ASKED = "Where is my parcel?"
TOKENS = ("Your", " parcel", " is", " in", " Riyadh", ".")
FLOWISE = b"".join(b"message:\ndata:" + js({"event": "token", "data": token}) + b"\n\n" for token in TOKENS)

RELATIVES = [
    Case("a field without a value before each event", FLOWISE, EN, SSE),
    Case("the same as text", FLOWISE, EN, TEXT),
    Case("the same as JSON", b'message:\ndata:{"event":"start","data":""}\n\n' + FLOWISE, EN, JSON),
    Case("records behind a field of their own",
         b'message: {"text": "Your parcel "}\n\nmessage: {"text": "is in Riyadh."}\n\n',
         EN, SSE),
    Case("the same, announced as text", b'chunk: {"text": "Your parcel "}\nchunk: {"text": "is in Riyadh."}\n', EN,
         TEXT),
    Case("glued records in one event", b'data: {"text":"Your parcel "}{"text":"is in Riyadh."}\n\n', EN, SSE),
    Case("an object and words in one event", 'data: {"next":"track"} شحنتك وصلت إلى الرياض اليوم.\n\n'.encode(), AR,
         SSE),
    Case("an object in one event, words in others", sse({"next": "track"}, *TOKENS), EN, SSE),
    Case("lines with a last mark", lines(*[{"text": token} for token in TOKENS]) + b"[DONE]\n", EN, NDJSON),
    Case("partial records", lines(*[{"type": "partial", "text": "".join(TOKENS[:k + 1])} for k in range(6)], {"type":
         "final", "text": EN}), EN, NDJSON),
    Case("updates so far", b"".join(named(("update", {"text": AR[:k]})) for k in range(4, len(AR) + 4, 6)), AR, SSE),
    Case("message.delta and message.completed", sse({"type": "message.delta", "delta": "Your parcel "}, {"type":
         "message.delta", "delta": "is in Riyadh."}, {"type": "message.completed", "text": EN}), EN, SSE),
    Case("message.completed alone", sse({"type": "message.started"}, {"type": "message.completed", "text": EN}), EN,
         SSE),
    Case("an envelope with a code", js({"code": 200, "message": "success", "data": {"reply": AR}}), AR),
    Case("an envelope with a message", js({"status": "ok", "message": "Done", "result": EN}), EN),
    Case("an envelope with msg", js({"code": 0, "msg": "OK", "data": {"text": EN}}), EN),
    Case("an envelope that failed", js({"code": 500, "message": "Internal error", "data": {"text": ""}}), "",
         end="fault"),
    Case("msg alone", js({"msg": EN}), EN),
    Case("a gateway's proxy", js({"statusCode": 200, "headers": {"x": "y"}, "body": js({"answer": BYE,
         "is_closing": True})
         .decode()}), BYE, end="closing"),
    Case("a gateway's proxy that failed", js({"statusCode": 502, "body": js({"message": "Bad gateway"}).decode()}), "",
         end="fault"),
    Case("SSML", js({"ssml": "Your parcel is in Riyadh."}), EN),
    Case("keys in capitals", js({"Output": AR, "Id": 7}), AR),
    Case("choices in a wrapper", js({"data": {"choices": [{"message": {"role": "assistant", "content": EN}}]}}), EN),
    Case("a list that closes", js({"outputs": [{"text": BYE, "is_closing": True}]}), BYE, end="closing"),
    Case("a history of many turns", js({"messages": [{"role": "assistant", "content": "Hello."}, {"role": "user",
         "content":
         ASKED}, {"role": "assistant", "content": EN}]}), EN),
    Case("a list of many turns", js([{"role": "assistant", "content": "Hello."}, {"role": "user", "content": ASKED},
         {"role": "assistant", "content": EN}]), EN),
    Case("an echo before the answer", lines({"sender": "user", "message": ASKED}, {"sender": "bot", "message": EN}), EN,
         NDJSON),
    Case("the echo in a field beside", js({"question": ASKED, "query": ASKED, "input": ASKED, "text": EN}), EN),
    Case("a thought beside", js({"thought": "The caller asks", "answer": EN}), EN),
    Case("no, no in chat", sse(*[{"choices": [{"index": 0, "delta": {"content": t}}]} for t in ("No", ".", " No",
         ".")]),
         "No. No.", SSE),
    Case("n8n, the whole in the second run", run("Your parcel ", "is in Riyadh.") + run(EN), EN),
    Case("n8n, so far", run("Your", "Your parcel", "Your parcel is", EN), EN),
    Case("deltas, whole, other deltas, whole", lines({"text": "One "}, {"text": "moment."}, {"text": "One moment."},
         {"text": "It is "}, {"text": "here."}, {"text": "It is here."}), "One moment. It is here.", NDJSON),
    Case("deltas, then all as a list of strings", lines({"text": "One moment. "}, {"text": "It is here."},
         {"output": ["One moment.", "It is here."]}), "One moment. It is here.", NDJSON),
    Case("UTF-16 JSON without a mark", js({"output": AR}).decode().encode("utf-16-le"), AR),
    Case("UTF-16 events without a mark", sse({"text": AR}).decode().encode("utf-16-be"), AR, SSE),
]  # fmt: skip
