"""Read what an agent can send: nothing is raised, nothing is left open, the next reply works.

Each row is one answer on a real socket, and the words spoken, the faults reported and the end of the reply.
"""

from __future__ import annotations

import asyncio
import gzip
import json

from ivr.webhook.client import AgentClient, AgentSettings
from ivr.webhook.http.pool import PoolLimits
from tests.webhook.n8n import line, respond, run
from tests.webhook.peer import Answer, body, chunk, head, hold, raw, replies, serving, told

PAGE = b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"
END = b"0\r\n\r\n"
MEGABYTES = b"x" * 5_000_000
CUT = line("item", "م")[:30]
GZIP = ("Content-Encoding: gzip",)
TEXT = "text/plain; charset=utf-8"


def unchunked(content: bytes, *lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines]).encode() + b"\r\n\r\n" + content


def wrong(**changes: object) -> bytes:
    return (
        json.dumps({"type": "item", "content": "Hi", "metadata": {"nodeName": "A", "itemIndex": 0}} | changes).encode()
        + b"\n"
    )


ROWS: list[tuple[str, Answer, tuple[str, list[str], str]]] = [
    # The body is not what it should be.
    ("HTML error page, status 200", body(PAGE, content_type="text/html"), ("", ["html"], "html")),
    ("HTML announced as JSON", body(PAGE), ("", ["html"], "html")),
    ("5 MB line", body(MEGABYTES), ("", ["too_long"], "too_long")),
    ("5 MB line after words", body(run("Hi"), MEGABYTES), ("Hi", ["too_long"], "too_long")),
    ("5 MB of text", body(MEGABYTES, content_type=TEXT), ("x" * 19_968, ["too_long"], "too_long")),
    ("half a character at the end", body(run("Hi"), CUT), ("Hi", ["bad_line"], "ended")),
    ("half a character, then the rest", body(run("مرحبا")[:-70], run("مرحبا")[-70:]), ("مرحبا", [], "ended")),
    ("broken UTF-8 in a line", body(run("Hi").replace(b"Hi", b"H\xff\xd9i")), ("Hi", [], "ended")),
    ("NUL in the words and between lines", body(line("item", "a\x00b") + b"\x00\n" + line("item", "c")),
     ("abc", ["bad_line"], "ended")),
    ("a lone half of an emoji", body(b'{"type":"item","content":"Hi \\ud83d"}\n'), ("Hi ", [], "ended")),
    ("control characters as text", body(b"\x01\x02\x1b[31m", content_type=TEXT), ("[31m", [], "ended")),
    ("content of wrong types", body(wrong(content=5), wrong(content=["Hi"]), wrong(content=True), wrong()),
     ("Hi", ["bad_record"], "ended")),
    ("metadata of wrong types", body(wrong(metadata="x"), wrong(metadata=None), wrong(metadata={"nodeName": []})),
     ("HiHiHi", [], "ended")),
    ("type of a wrong type", body(wrong(type=5), wrong(type=None), wrong(type={"a": 1})), ("HiHiHi", [], "ended")),
    ("JSON null", body(b"null"), ("", [], "empty")),
    ("JSON number", body(b"7826459301240"), ("", [], "empty")),
    ("JSON string", body(b'"Hi"'), ("Hi", [], "ended")),
    ("JSON scalars line by line", body(b"1\ntrue\nnull\n-0.5e3\nNaN\n"), ("", [], "empty")),
    ("nested junk", body(b'[[[{"a":[{"b":{"output":{"output":5}}}]}]]]'), ("", [], "empty")),
    ("nesting without end", body(b"[" * 200_000 + b"\n" + line("item", "Hi")), ("Hi", ["bad_line"], "ended")),
    ("a number of 5,000 digits", body(b"9" * 5000 + b"\n" + line("item", "Hi")), ("Hi", ["bad_line"], "ended")),
    ("unknown types", body(wrong(type="tool-call-start"), wrong(type="node-execute-after"), run("Hi")),
     ("Hi", [], "ended")),
    ("error without content", body(line("begin"), b'{"type":"error","metadata":{}}\n'),
     ("", ["agent_error"], "agent_error")),
    ("error after words", body(run("Hi"), line("error", "boom"), line("error")), ("Hi", ["agent_error"], "ended")),
    ("Respond-to-Webhook repeats", body(run("Hi"), respond(output="Hi")), ("Hi", [], "ended")),
    ("Respond-to-Webhook repeats and closes", body(run("Bye"), respond(output="Bye", is_closing=True)),
     ("Bye", [], "closing")),
    ("two items interleaved", body(*[line("item", word, index=k) for word in ("a", "b") for k in (0, 1)]),
     ("ab", [], "ended")),
    ("renamed node", body(run("Hi", node="Agent 2")), ("Hi", ["agent_node_missing"], "ended")),
    ("keepalives only", body(b'{"type":"keepalive"}\n' * 50), ("", [], "empty")),
    ("keepalives between", body(b'{"type":"keepalive"}\n', run("Hi"), b'{"type":"keepalive"}\n'), ("Hi", [], "ended")),
    ("image announced and sent", body(b"\x89PNG\r\n\x1a\n\x00", content_type="image/png"),
     ("", ["content_type"], "content_type")),
    ("n8n lines announced as an image", body(run("Hi"), content_type="image/png"), ("Hi", [], "ended")),
    ("text announced as JSON", body(b"Internal error"), ("", ["bad_line"], "bad_line")),
    ("UTF-16", body("Hi".encode("utf-16"), content_type=TEXT), ("Hi", [], "ended")),
    ("empty 200", body(), ("", [], "empty")),
    ("blank lines", body(b"\n\r\n \n"), ("", [], "empty")),
    # HTTP is not what it should be.
    ("204", raw(unchunked(b"", status="204 No Content"), keep=True), ("", [], "empty")),
    ("redirect", raw(unchunked(b"", "Location: /login", "Content-Length: 0", status="302 Found")),
     ("", [], "http_302")),
    ("404", raw(unchunked(b"{}", "Content-Length: 2", status="404 Not Found")), ("", [], "http_404")),
    ("500 with n8n lines", raw(head(status="500 Oops"), chunk(run("Hi")), END), ("", [], "http_500")),
    ("gzip", raw(head(TEXT, *GZIP), chunk(gzip.compress(b"Hi")), END), ("Hi", [], "ended")),
    ("gzip bomb", raw(head(TEXT, *GZIP), chunk(gzip.compress(bytes(1 << 26))), END), ("", [], "encoding")),
    ("not gzip", raw(head(TEXT, *GZIP), chunk(b"Hi"), END), ("", [], "encoding")),
    ("brotli", raw(head(TEXT, "Content-Encoding: br"), chunk(b"Hi"), END), ("", [], "encoding")),
    ("cut in the middle", raw(head(), chunk(run("Hi")), chunk(CUT)), ("Hi", ["bad_line"], "broken")),
    ("cut in a chunk", raw(head(), b"ff\r\n" + line("item", "Hi")), ("Hi", [], "broken")),
    ("reset in the middle", raw(head(), chunk(run("Hi")), reset=True), ("Hi", [], "broken")),
    ("shorter than its length", raw(unchunked(b'{"text":"Hi"}\n', "Content-Length: 500")), ("Hi", [], "broken")),
    ("no length, ends with the connection", raw(unchunked(run("Hi"))), ("Hi", [], "ended")),
    ("HTTP/1.0", raw(b"HTTP/1.0 200 OK\r\n\r\n" + run("Hi")), ("Hi", [], "ended")),
    ("closed without a word", raw(), ("", [], "broken")),
    ("not HTTP", raw(b"SSH-2.0-OpenSSH_9.6\r\n"), ("", [], "broken")),
    ("half a head", raw(b"HTTP/1.1 200 OK\r\nContent-"), ("", [], "broken")),
    ("endless headers", raw(b"HTTP/1.1 200 OK\r\n", b"X-Y: z\r\n" * 20_000), ("", [], "broken")),
    ("bad chunk size", raw(head(), b"zz\r\nHi\r\n"), ("", [], "broken")),
    ("length and chunks at once", raw(head("text/plain", "Content-Length: 5"), chunk(b"Hi"), END), ("", [], "broken")),
    ("interim answers first", raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n", head(),
                                  chunk(run("Hi")), END), ("Hi", [], "ended")),
    ("protocol switch", raw(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc"),
     ("", [], "broken")),
    ("two answers to one request", raw(head(), chunk(run("Hi")), END + head() + chunk(run("again")) + END),
     ("Hi", [], "ended")),
    ("body of a forbidden kind", raw(unchunked(b"Hi", "Content-Length: -5")), ("", [], "broken")),
    # It takes too long. (A slow drip, and keepalives only: `test_client.PATIENCE`, in virtual time.)
    ("nothing at all", hold(), ("", [], "timeout")),
    ("head, then nothing", hold(head()), ("", [], "timeout")),
    ("words, then nothing", hold(head(), chunk(run("Hi"))), ("Hi", [], "timeout")),
    ("half a line, then nothing", hold(head(), chunk(run("Hi")), b"5\r\n{\"ty"), ("Hi", ["bad_line"], "timeout")),
]  # fmt: skip


async def asked(name: str, answer: Answer, outcome: tuple[str, list[str], str]) -> list[object]:
    """Return what came of an answer and of the next one, where it is not as expected."""
    named = "Voice Agent" if "renamed" in name else None
    patience = 0.15 if outcome[2] == "timeout" else 5.0
    settings = AgentSettings(agent_node=named, silence_timeout=patience, pool=PoolLimits(connect_timeout=2.0))
    agent = AgentClient(settings)
    async with serving(answer, body(run("next"))) as peer:
        got = [told(await replies(agent, peer.url)), told(await replies(agent, peer.url)), len(peer.requests)]
        redirected = any("/login" in head for head, _ in peer.requests)
        await agent.aclose()
        await asyncio.wait_for(peer.left.wait(), 2)
    return [] if got == [outcome, ("next", [], "ended"), 2] and not redirected else [name, *got]


def test_a_hostile_answer_ends_its_own_reply_only() -> None:
    assert [fault for row in ROWS if (fault := asyncio.run(asked(*row)))] == []
