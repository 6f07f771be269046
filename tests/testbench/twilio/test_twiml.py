"""TwiML documents as the carrier reads them, and what it refuses."""

import pytest

from ivr.testbench.twilio.twiml import StreamOrder, TwimlDocument, TwimlError, Verb, absolute, parse, stream_order

BASE = "https://ivr.example.com/app/voice"


def connect(inside: str, attributes: str = "") -> Verb:
    return parse(f"<Response><Connect {attributes}>{inside}</Connect></Response>").verbs[0]


def test_verbs_in_order() -> None:
    document = parse(
        (
            '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="ar-SA"> مرحبا </Say>'
            "<Sing/><say>x</say><Hangup/></Response>"
        ).encode(),
        "text/xml; charset=utf-8",
        BASE,
    )
    assert document == TwimlDocument(
        (Verb("Say", {"language": "ar-SA"}, "مرحبا"), Verb("Hangup", {})), BASE, ("verb <Sing>", "verb <say>")
    )


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        ("<Response/>", "application/json", 12300),
        ("<Response/>", "", 12300),
        ("", "text/xml", 12100),
        ("<Response>", "text/xml", 12100),
        ("<Answer/>", "text/xml", 12100),
        ("<Response>\x00</Response>", "text/xml", 12100),
        ("<!DOCTYPE Response><Response/>", "text/xml", 12100),
        ('<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>', "text/xml", 12100),
    ],
)
def test_documents_that_are_refused(body: str, content_type: str, code: int) -> None:
    with pytest.raises(TwimlError) as caught:
        parse(body, content_type)
    assert caught.value.code == code


def test_stream_order_in_full() -> None:
    verb = connect(
        '<Stream url="/media" name="n" statusCallback="status" statusCallbackMethod="GET" track="inbound_track">'
        '<Parameter name="token" value="t"/><Parameter name="empty" value=""/></Stream>',
        'action="../after" method="GET"',
    )
    assert stream_order(verb, BASE) == StreamOrder(
        url="wss://ivr.example.com/media",
        parameters={"token": "t", "empty": ""},
        name="n",
        status_callback="https://ivr.example.com/app/status",
        status_method="GET",
    )


def test_stream_urls() -> None:
    rows = [
        ("//other.example/media", BASE, "wss://other.example/media"),
        ("wss://other.example/media", BASE, "wss://other.example/media"),
        ("media", BASE, "wss://ivr.example.com/app/media"),
        ("/media", "http://127.0.0.1:8000/voice", "ws://127.0.0.1:8000/media"),
        ("ws://localhost:8000/media", BASE, "ws://localhost:8000/media"),
        ("ws://[::1]:8000/media", BASE, "ws://[::1]:8000/media"),
    ]
    orders = [stream_order(connect(f'<Stream url="{url}"/>'), base) for url, base, _ in rows]
    assert orders == [StreamOrder(found, {}) for *_, found in rows]


REFUSED = [
    ("", 12100),
    ('<Stream url="/a"/><Stream url="/b"/>', 12100),
    ('<Stream url="/a"/><Say>x</Say>', 12100),
    ('<Stream url="/a" track="both_tracks"/>', 31941),
    ("<Stream/>", 31923),
    ('<Stream url="wss:///media"/>', 31923),
    ('<Stream url="ws://ivr.example.com/media"/>', 31922),
    ('<Stream url="https://ivr.example.com/media"/>', 31922),
    ('<Stream url="/media?token=1"/>', 31920),
    ('<Stream url="/media#x"/>', 31920),
    ('<Stream url="/media"><Param name="a" value="b"/></Stream>', 12200),
    ('<Stream url="/media"><Parameter value="b"/></Stream>', 12200),
    (f'<Stream url="/media"><Parameter name="a" value="{"b" * 499}"/></Stream>', 12200),
]


def test_stream_orders_that_are_refused() -> None:
    codes = []
    for inside, _ in REFUSED:
        with pytest.raises(TwimlError) as caught:
            stream_order(connect(inside), BASE)
        codes.append((inside, caught.value.code))
        assert str(caught.value) == f"{caught.value.code} {caught.value.reason}"
    assert codes == REFUSED


def test_parameter_of_499_characters_passes() -> None:
    verb = connect(f'<Stream url="/media"><Parameter name="a" value="{"b" * 498}"/></Stream>')
    assert len(stream_order(verb, BASE).parameters["a"]) == 498


def test_absolute_address() -> None:
    assert absolute("", BASE) == ""
    assert absolute("next", BASE) == "https://ivr.example.com/app/next"
