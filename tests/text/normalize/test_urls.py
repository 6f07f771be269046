"""Test web and e-mail addresses."""

from __future__ import annotations

from ivr.text.normalize.urls import say_urls
from tests.text.tables import failures


def test_urls_and_emails() -> None:
    rows = [
        ("www.naqel.com", "naqel dot com", "naqel دوت كوم"),
        ("https://www.naqel.com.sa/a?b=1.", "naqel dot com dot s a.", "naqel دوت كوم دوت إس إيه."),
        ("http://user@a-b.org:80/x", "a dash b dot org", "a شرطة b دوت أورج"),
        ("naqel.shop", "naqel dot shop", "naqel دوت shop"),
        ("info@naqel.com", "info at naqel dot com", "info آت naqel دوت كوم"),
        (
            "a_b.c+7@x.io",
            "a underscore b dot c plus seven at x dot i o",
            "a شرطة سفلية b دوت c زائد سبعة آت x دوت آي أو",
        ),
        ("v2.0 is ok. So", "v2.0 is ok. So", "v2.0 is ok. So"),
        ("@al_noor.sa", "at al underscore noor dot s a", "آت al شرطة سفلية noor دوت إس إيه"),
        ("a @ b", "a @ b", "a @ b"),
        ("report.pdf", "report dot pdf", "report دوت pdf"),
        ("https://ناقل.السعودية", "ناقل dot السعودية", "ناقل دوت السعودية"),
    ]
    assert failures([row[:2] for row in rows], lambda text: " ".join(say_urls(text, arabic=False).split())) == []
    assert failures([row[::2] for row in rows], lambda text: " ".join(say_urls(text, arabic=True).split())) == []
