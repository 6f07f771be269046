"""Signatures: known answers, every way a URL may be written, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.testbench.twilio.signing import SharedKey, Signer
from ivr.twilio.form import Form
from ivr.twilio.signature import SignatureRefusal, Signatures, allowed_urls, body_is_signed

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = Form(
    [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]
)
KNOWN = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
KEY = "webhooks_sharedkey_1"
SHA256 = f"key={KEY},algorithm=HMAC_SHA256"


def sign(url: str, fields: dict[str, str], secret: str = TOKEN, algorithm: str = "sha1") -> str:
    """Written again from the spec, without the product's code."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), algorithm).digest()).decode()


def test_the_known_answer() -> None:
    assert Signatures([TOKEN]).refusal([URL], FORM, KNOWN) is None


CHANGED: list[tuple[str, str, Form | None, str | None, str | None, SignatureRefusal]] = [
    ("no header", URL, FORM, None, None, "no_signature"),
    ("an empty header", URL, FORM, "", None, "no_signature"),
    ("another signature", URL, FORM, KNOWN.replace("R", "S", 1), None, "wrong_signature"),
    ("a signature with a space behind", URL, FORM, KNOWN + " ", None, "wrong_signature"),
    ("half a signature", URL, FORM, KNOWN[:14], None, "wrong_signature"),
    ("a signature of surrogates", URL, FORM, "\ud800" * 28, None, "wrong_signature"),
    ("another URL", URL + "0", FORM, KNOWN, None, "wrong_signature"),
    ("the URL over http", URL.replace("https", "http"), FORM, KNOWN, None, "wrong_signature"),
    ("without the form", URL, None, KNOWN, None, "wrong_signature"),
    ("one field more", URL, Form([("X", ""), *((n, FORM.get(n)) for n in FORM)]), KNOWN, None, "wrong_signature"),
    ("a key nobody knows", URL, FORM, KNOWN, "key=other,algorithm=HMAC_SHA1", "unknown_key"),
    ("an algorithm nobody knows", URL, FORM, KNOWN, f"key={KEY},algorithm=HMAC_MD5", "unknown_algorithm"),
    ("the token with SHA-256", URL, FORM, KNOWN, "algorithm=HMAC_SHA256", "unknown_algorithm"),
    ("the token's signature under a shared key", URL, FORM, KNOWN, SHA256, "wrong_signature"),
]


@pytest.mark.parametrize(
    ("url", "form", "signature", "settings", "why"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED]
)
def test_refuses(
    url: str, form: Form | None, signature: str | None, settings: str | None, why: SignatureRefusal
) -> None:
    assert Signatures([TOKEN], {KEY: "shared"}).refusal([url], form, signature, settings) == why


def test_either_of_two_tokens_signs() -> None:
    both = Signatures(["primary", "", "secondary"])
    for secret in ("primary", "secondary"):
        assert both.refusal([URL], None, sign(URL, {}, secret)) is None
    assert both.refusal([URL], None, sign(URL, {}, "")) == "wrong_signature"


def test_without_a_secret_nothing_is_good() -> None:
    nothing = Signatures([""], {"k": ""})
    assert nothing.refusal([URL], None, sign(URL, {}, "")) == "wrong_signature"
    assert nothing.refusal([URL], None, sign(URL, {}, ""), "key=k") == "unknown_key"


@pytest.mark.parametrize(
    ("settings", "algorithm"),
    [
        (SHA256, "sha256"),
        (f" algorithm = hmac_sha256 , key = {KEY} ", "sha256"),
        (f"key={KEY},algorithm=HMAC_SHA1", "sha1"),
        (f"key={KEY}", "sha1"),
    ],
)
def test_a_shared_key_signs(settings: str, algorithm: str) -> None:
    signatures = Signatures([], {KEY: "shared"}, require_shared=True)
    good = sign(URL, {"a": "b"}, "shared", algorithm)
    assert signatures.refusal([URL], Form([("a", "b")]), good, settings) is None


def test_leaving_the_header_out_is_no_way_around_a_required_key() -> None:
    signatures = Signatures([TOKEN], {KEY: "shared"}, require_shared=True)
    for settings in (None, "", "algorithm=HMAC_SHA1", "key=,algorithm=HMAC_SHA1", "nonsense"):
        assert signatures.refusal([URL], FORM, KNOWN, settings) == "shared_key_required"
    assert Signatures([TOKEN], {KEY: "shared"}).refusal([URL], FORM, KNOWN, "nonsense") is None


URLS: list[tuple[str, str, str, bool, list[str]]] = [
    ("https://a.example", "/voice", "", False, ["https://a.example/voice", "https://a.example:443/voice"]),
    (
        "https://a.example:8443",
        "/voice",
        "x=%20",
        False,
        ["https://a.example/voice?x=%20", "https://a.example:8443/voice?x=%20"],
    ),
    ("https://a.example/ivr/", "/voice", "", False, ["https://a.example/ivr/voice", "https://a.example:443/ivr/voice"]),
    ("https://u:p@a.example:1", "/v", "", False, ["https://a.example/v", "https://a.example:1/v"]),
    ("https://[::1]:8443", "/v", "", False, ["https://[::1]/v", "https://[::1]:8443/v"]),
    ("https://[::1]", "/v", "", False, ["https://[::1]/v", "https://[::1]:443/v"]),
    ("http://127.0.0.1:8000", "/voice", "", False, ["http://127.0.0.1:8000/voice"]),
    ("http://a.example", "/v", "", False, ["http://a.example/v", "http://a.example:80/v"]),
    ("http://a.example:80", "/v", "", False, ["http://a.example/v", "http://a.example:80/v"]),
    (
        "https://a.example",
        "/media",
        "",
        True,
        ["wss://a.example/media", "wss://a.example:443/media", "wss://a.example/media/", "wss://a.example:443/media/"],
    ),
    (
        "http://127.0.0.1:8000",
        "/media/",
        "",
        True,
        [
            "ws://127.0.0.1:8000/media/",
            "ws://127.0.0.1:8000/media",
            "wss://127.0.0.1/media/",
            "wss://127.0.0.1:8000/media/",
            "wss://127.0.0.1/media",
            "wss://127.0.0.1:8000/media",
        ],
    ),
    (
        "https://a.example/%C3%A9",
        "/v",
        "a=1&a=2",
        False,
        ["https://a.example/%C3%A9/v?a=1&a=2", "https://a.example:443/%C3%A9/v?a=1&a=2"],
    ),
]


@pytest.mark.parametrize(("public_url", "path", "query", "websocket", "urls"), URLS)
def test_every_way_a_url_is_written(public_url: str, path: str, query: str, websocket: bool, urls: list[str]) -> None:
    # A slash at the end may have been added or taken off on the way.
    slashed = [re.sub(r"(\?|$)", r"/\1", url, count=1) for url in urls]
    assert allowed_urls(public_url, path, query, websocket) == (urls if websocket else urls + slashed)


def test_what_a_long_form_costs_does_not_grow_with_the_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Form, "getlist", lambda _, name: [asked.append(name)][:0])  # type: ignore[func-returns-value]
    Signatures([TOKEN, "other"]).refusal([URL, URL + "/", URL + "//"], FORM, KNOWN)
    assert sorted(asked) == sorted(FORM)


@pytest.mark.parametrize("signature", ["", "x", "A" * 27, "A" * 44])
def test_the_headers_alone_refuse_what_is_no_signature(signature: str) -> None:
    signatures = Signatures([TOKEN], {KEY: "shared"})
    assert signatures.early_refusal(signature) == ("wrong_signature" if signature else "no_signature")
    assert signatures.early_refusal("A" * 28) is None
    assert signatures.early_refusal("A" * 44, SHA256) is None
    assert signatures.early_refusal("A" * 28, SHA256) == "wrong_signature"


@pytest.mark.parametrize("key", [None, SharedKey(KEY, "shared"), SharedKey(KEY, "shared", "HMAC_SHA1")])
@pytest.mark.parametrize("websocket", [False, True])
@pytest.mark.parametrize(
    "public_url",
    [
        "https://a.example",
        "https://u:p@a.example:8443/ivr",
        "http://127.0.0.1:8000",
        "https://[::1]:9",
        "http://a.example",
    ],
)
def test_takes_what_the_mock_carrier_signs(public_url: str, websocket: bool, key: SharedKey | None) -> None:
    asked = f"{public_url.replace('http', 'ws', 1) if websocket else public_url}/door?a=%20&b="
    form = Form([] if websocket else [("To", "+1"), ("CalledZip", "")])
    given = Signer(TOKEN, key).headers(asked, {name: form.get(name) for name in form})
    headers = (given["X-Twilio-Signature"], given.get("X-Twilio-Webhooks-Signature-Settings"))
    urls = allowed_urls(public_url, "/door", "a=%20&b=", websocket)
    assert Signatures([TOKEN], {KEY: "shared"}).refusal(urls, form, *headers) is None
    assert Signatures(["other"], {KEY: "other"}).refusal(urls, form, *headers) == "wrong_signature"


words = st.text(st.characters(codec="utf-8"), max_size=12)


@given(words, st.dictionaries(words, words, max_size=6), st.sampled_from(["sha1", "sha256"]))
def test_agrees_with_the_spec(secret: str, fields: dict[str, str], algorithm: str) -> None:
    signatures = Signatures([], {"k": secret or "s"})
    settings = f"key=k,algorithm=HMAC_{algorithm}"
    good = sign(URL, fields, secret or "s", algorithm)
    form = Form(list(fields.items()))
    assert (
        signatures.refusal(allowed_urls("https://mycompany.com", "/myapp.php", "foo=1&bar=2"), form, good, settings)
        is None
    )
    other = Form([*fields.items(), ("\U0010ffff", "x")])
    assert signatures.refusal([URL], other, good, settings) == "wrong_signature"


@given(st.none() | st.text(), st.none() | st.text(), st.lists(st.tuples(words, words), max_size=4))
def test_a_guess_is_refused_and_never_raises(
    signature: str | None, settings: str | None, fields: list[tuple[str, str]]
) -> None:
    assert Signatures([TOKEN], {KEY: "shared"}).refusal([URL], Form(fields), signature, settings) is not None


def test_a_json_body_is_the_one_that_was_signed() -> None:
    named = hashlib.sha256(b"{}").hexdigest()
    assert body_is_signed(f"a=1&bodySHA256={named}", b"{}")
    assert not body_is_signed(f"bodySHA256={named}", b"{ }")
    assert not body_is_signed("", b"{}")
    assert not body_is_signed("bodySHA256=%C3%A9", b"{}")


def test_prints_itself_without_secrets() -> None:
    assert repr(Signatures(["a"], {"k": "s"}, require_shared=True)) == "<Signatures 1 tokens, 1 shared keys required>"
    assert repr(Signatures(["a"])) == "<Signatures 1 tokens, 0 shared keys>"
