"""The page's telephone, run by Node.js, beside the telephone of the test bench: the same messages, the same faults."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

from ivr.testbench.phone import messages as wire
from tests.support.node import run_js

CHANCE = random.Random(3)
IDS = wire.Ids(*(wire.new_sid(kind, CHANCE) for kind in ("AC", "CA", "MZ")))
WRITE = """
const stream = new PhoneStream(given.ids);
const frame = Uint8Array.from(given.frame);
const out = [...stream.open({ token: "t", greeting: "مرحبا <&>" }), stream.media(frame), stream.press("#")];
stream.lose(160);
out.push(stream.media(frame), stream.mark("p \\"1\\""), stream.stop());
return out;
"""
READ = """
const stream = new PhoneStream(given.ids);
return given.texts.map((text) => {
  const read = stream.read(text);
  return read.payload ? { kind: read.kind, payload: toBase64(read.payload) } : read;
});
"""
MEDIA = base64.b64encode(bytes(range(200))).decode()


def ids() -> dict[str, str]:
    return {"account": IDS.account, "call": IDS.call, "stream": IDS.stream}


def test_messages_are_the_carrier_s_to_the_byte() -> None:
    frame = bytes(range(160))
    found = run_js(["audio.js", "phone.js"], ["PhoneStream"], WRITE, {"ids": ids(), "frame": list(frame)})
    assert found == [
        wire.CONNECTED,
        wire.start(IDS, 1, {"token": "t", "greeting": "مرحبا <&>"}),
        wire.media(IDS, 2, 1, 8, frame),
        wire.dtmf(IDS, 3, "#"),
        # A frame that was lost leaves its time.
        wire.media(IDS, 4, 2, 48, frame),
        wire.mark(IDS, 5, 'p "1"'),
        wire.stop(IDS, 6),
    ]


def message(event: str, **more: Any) -> str:
    return json.dumps({"event": event, "streamSid": IDS.stream, **more})


def expected(order: wire.Order) -> dict[str, Any]:
    match order:
        case wire.MediaMessage(payload):
            return {"kind": "media", "payload": base64.b64encode(payload).decode()}
        case wire.MarkMessage(name):
            return {"kind": "mark", "name": name}
        case wire.ClearMessage():
            return {"kind": "clear"}
        case wire.WireFault(code, reason):
            return {"kind": "fault", "code": code, "reason": reason}


def test_messages_are_read_as_the_phone_reads_them() -> None:
    texts = [
        message("media", media={"payload": MEDIA}),
        message("media", media={"payload": ""}),
        message("media", media={"payload": "%"}),
        message("media", media={"payload": 3}),
        message("media", media={"payload": MEDIA, "track": "outbound"}),
        message("media", media={"payload": MEDIA}, sequenceNumber="1"),
        message("media", media="x"),
        message("media", media=None),
        message("media"),
        message("mark", mark={"name": "p1"}),
        message("mark", mark={"name": None}),
        message("mark", mark={}),
        message("clear"),
        message("clear", clear={}),
        message("stop"),
        message("media", media={"payload": MEDIA}).replace(IDS.stream, "MZ0"),
        "{}",
        "[]",
        "null",
        "3",
        '"clear"',
        "not JSON",
        "",
    ]
    found = run_js(["audio.js", "phone.js"], ["PhoneStream", "toBase64"], READ, {"ids": ids(), "texts": texts})
    assert found == [expected(wire.parse(text, IDS.stream)) for text in texts]


def test_the_bridge_s_own_word_is_no_fault() -> None:
    told = {"event": "talk", "what": "state", "state": "thinking"}
    given = {"ids": ids(), "texts": [json.dumps(told), None]}
    found = run_js(["audio.js", "phone.js"], ["PhoneStream", "toBase64"], READ, given)
    assert found == [{"kind": "talk", "told": told}, {"kind": "fault", "code": 31950, "reason": "binary message"}]


def test_ids_are_as_the_carrier_s() -> None:
    names = ["newSid", "fromBase64", "toBase64"]
    body = "return [newSid('MZ'), newSid('MZ'), toBase64(fromBase64(given))];"
    first, second, again = run_js(["audio.js", "phone.js"], names, body, MEDIA)
    assert first[:2] == "MZ"
    assert len(first) == 34
    assert set(first[2:]) <= set("0123456789abcdef")
    assert first != second
    assert again == MEDIA


def test_both_languages_have_every_word() -> None:
    body = "const keys = (o) => Object.entries(o).map(([k, v]) => typeof v === 'object' ? [k, keys(v)] : [k]);"
    body += "return [keys(WORDS.en), keys(WORDS.ar), filled('a {b} {c}', {b: 1})];"
    english, arabic, text = run_js(["words.js"], ["WORDS", "filled"], body, None)
    assert english == arabic
    assert text == "a 1 "
