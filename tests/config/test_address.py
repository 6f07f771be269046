"""Numbers and addresses that are the same, however they are written."""

from __future__ import annotations

import pytest

from ivr.config.address import callable_number, check_number, line_keys, shown, telephone

NUMBERS: dict[str, str] = {
    "+966 11 000-0000": "+966110000000",
    "00966110000000": "+966110000000",
    "966110000000": "966110000000",
    "(966) 11.000.0000": "966110000000",
    "+966/11/000_0000": "+966110000000",
    "tel:+966-11-000-0000": "+966110000000",
    "TEL:+966110000000;ext=5": "+966110000000",
    "tel:110000000;phone-context=+966": "+966110000000",
    "tel:110000000;phone-context=example.com": "110000000",
    "tel:+966110000000;phone-context=+1": "+966110000000",
    "+44 (0) 20 7946 0000": "+442079460000",
    "0044(0)2079460000": "+442079460000",
    "\u202a+966\u00a011\u2011000\u20130000\u202c": "+966110000000",
    "\uff0b\uff19\uff16\uff16110000000": "+966110000000",
    "+٩٦٦١١٠٠٠٠٠٠٠": "+966110000000",
    "": "",
    "anonymous": "anonymous",
}


def test_telephone_makes_one_form() -> None:
    assert {written: telephone(written) for written in NUMBERS} == NUMBERS


SIP = "sip:+966110000000@trunk.example"
KEYS: dict[str, tuple[str, ...]] = {
    "+966 11 000 0000": ("966110000000",),
    "966110000000": ("966110000000",),
    "tel:+966110000000": ("966110000000",),
    SIP: (SIP, "966110000000"),
    "SIP:+966110000000@Trunk.Example.:5060;user=phone": (SIP, "966110000000"),
    "sips:+966110000000;npdi=yes:secret@trunk.example;transport=tls?X-A=b": (SIP, "966110000000"),
    '"Help" <sip:%2B966110000000@trunk.example>;tag=1': (SIP, "966110000000"),
    "+966110000000@trunk.example": (SIP, "966110000000"),
    "sip:00966110000000@h": ("sip:00966110000000@h", "966110000000"),
    "sip:Help@[::1]:5060": ("sip:help@[::1]",),
    "sip:help@a host": ("sip:help@a host",),
    "sip:trunk.example": ("sip:trunk.example@",),
    "client:Ann?x=1": ("client:ann",),
    "whatsapp:+966110000000": ("whatsapp:966110000000", "966110000000"),
    "Anonymous": ("anonymous",),
    "": ("",),
    "<" * 70_000: ("<" * 256,),
}


def test_line_keys_meet_however_an_address_is_written() -> None:
    assert {written: line_keys(written) for written in KEYS} == KEYS


@pytest.mark.parametrize(
    ("written", "form"),
    [("966 11", "96611"), ("00966 11", "+96611"), ("SIP:A@B:5", "sip:a@b"), ("client:Ann", "client:ann")],
)
def test_shown_is_good_to_read(written: str, form: str) -> None:
    assert shown(written) == form


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ("+966500000001", "+966500000001"),
        ("00966 50 000 0001", "+966500000001"),
        ("966500000001", ""),
        ("anonymous", ""),
        ("+266696687", ""),
        ("sip:+966500000001@h", ""),
        ("client:ann", ""),
        ("911", ""),
        ("", ""),
    ],
)
def test_callable_number_is_one_that_may_be_shown(caller: str, number: str) -> None:
    assert callable_number(caller) == number


FAULTS: dict[str, str] = {
    "+966110000000": "",
    "966110000000": "",
    "911": "",
    SIP: "",
    "help@host": "",
    "sip:help@[::1]:5060": "",
    "client:ann": "",
    "whatsapp:+966110000000": "",
    "0110000000": "country code",
    "+0110000000": "country code",
    "12": "digits",
    "1" * 16: "digits",
    "+966 11 CALL NOW": "digits",
    "": "digits",
    "sip:help": "sip:user@host",
    "sip:@host": "sip:user@host",
    "sip:help@a host": "sip:user@host",
    "client:": "name of the client",
}


def test_check_number_refuses_what_no_call_can_match() -> None:
    found = {written: check_number(written) or "" for written in FAULTS}
    assert [
        written for written, why in FAULTS.items() if (why not in found[written]) or bool(why) != bool(found[written])
    ] == []
