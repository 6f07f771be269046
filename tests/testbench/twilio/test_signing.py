"""Signatures as Twilio documents them."""

from ivr.testbench.twilio.signing import SETTINGS, SIGNATURE, SharedKey, Signer, signature, signed_url

FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"


def test_signature_of_the_documented_example() -> None:
    assert signature("12345", URL, FIELDS) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_m02_signed_part_of_a_url() -> None:
    rows = [
        ("https://a.example:8443/x?y=%20z#rc=2", "https://a.example/x?y=%20z"),
        ("wss://a.example:443/media", "wss://a.example/media"),
        ("https://user:pass@a.example/x", "https://a.example/x"),
        ("https://[::1]:8443/x", "https://[::1]/x"),
        ("https://[::1]/x", "https://[::1]/x"),
        ("http://127.0.0.1:8000/voice", "http://127.0.0.1:8000/voice"),
        ("ws://127.0.0.1:8000/media", "ws://127.0.0.1:8000/media"),
        ("https://a.example", "https://a.example"),
    ]
    assert [(url, signed_url(url)) for url, _ in rows] == rows


def test_signature_headers() -> None:
    right = Signer("12345").headers(URL, FIELDS)
    assert right == {SIGNATURE: "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    assert Signer("12345", honesty="wrong").headers(URL, FIELDS)[SIGNATURE] != right[SIGNATURE]
    assert Signer("12345", honesty="missing").headers(URL) == {}
    assert "12345" not in repr(Signer("12345"))


def test_shared_key_signs_in_place_of_the_token() -> None:
    key = SharedKey("webhooks_sharedkey_1", "secret")
    headers = Signer("12345", key).headers(URL, FIELDS)
    assert headers[SETTINGS] == "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert len(headers[SIGNATURE]) == 44
    assert headers[SIGNATURE] == signature("secret", URL, FIELDS, "HMAC_SHA256")
    old = Signer("12345", SharedKey("k", "12345", "HMAC_SHA1")).headers(URL, FIELDS)
    assert old[SIGNATURE] == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
