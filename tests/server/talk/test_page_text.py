"""The softphone's page: one document, and a policy under which nothing else runs."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from ivr.server.talk import page_text

HOSTILE = "</script><script>alert(1)</script>\u2028<!--"


def script_of(page: str) -> str:
    return page.rsplit("<script>", 1)[1].rsplit("</script>", 1)[0]


def test_policy_names_the_page_s_script_and_style_by_hash() -> None:
    page, policy = page_text.html({}), page_text.headers()["content-security-policy"]
    style = page.split("<style>", 1)[1].split("</style>", 1)[0]
    for text, directive in ((script_of(page), "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_page_loads_nothing_from_elsewhere() -> None:
    page = page_text.html({})
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
    assert " style=" not in page
    assert not re.findall(r"\son\w+=", page.split("<script", 1)[0])


def test_facts_cannot_leave_their_element() -> None:
    page = page_text.html({"lines": [{"name": HOSTILE}]})
    told = page.split('id="facts">', 1)[1].split("</script>", 1)[0]
    assert json.loads(told) == {"lines": [{"name": HOSTILE}]}
    assert HOSTILE not in page


def test_worklet_is_a_text_of_the_page() -> None:
    page = page_text.html({})
    worklet = json.loads(page.split('id="worklet">', 1)[1].split("</script>", 1)[0])
    assert 'registerProcessor("capture", Capture)' in worklet
    assert "class Resampler" in worklet


def test_page_is_small() -> None:
    assert len(page_text.html({}).encode()) < 100_000
