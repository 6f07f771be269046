"""`ivr pod-cost` beside a bridge and a cluster that are a loopback server."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from ivr.commands.operate import pod_cost
from ivr.commands.operate.pod_cost import ANNOTATION, PodCost, live_calls

PAGE = "# HELP ivr_live_calls Calls on the line\n# TYPE ivr_live_calls gauge\nivr_live_calls 7.0\n"
POD = "/api/v1/namespaces/voice/pods/ivr-1"


def test_the_calls_of_all_workers_are_summed() -> None:
    assert live_calls(PAGE) == 7
    assert live_calls('ivr_live_calls{pid="1"} 2.0\nivr_live_calls{pid="2"} 3.0\n') == 5


@pytest.mark.parametrize("page", ["", "up 1\n", "<html>\n"])
def test_a_page_without_the_calls_is_said(page: str) -> None:
    with pytest.raises(ValueError, match=r"not on the page|invalid"):
        live_calls(page)


class Far:
    """The bridge's page and the cluster, as transports."""

    def __init__(self, key: Path) -> None:
        self.pages = httpx.Response(200, text=PAGE)
        self.taken: list[httpx.Request] = []
        self.status = 200
        self.cost = PodCost(self._client(self._page), self._client(self._patch), POD, key)

    def _client(self, answer: Any) -> httpx.Client:
        return httpx.Client(base_url="http://far", transport=httpx.MockTransport(answer))

    def _page(self, _: httpx.Request) -> httpx.Response:
        return self.pages

    def _patch(self, request: httpx.Request) -> httpx.Response:
        self.taken.append(request)
        return httpx.Response(self.status)


@pytest.fixture(name="key")
def _key(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("first\n")
    return path


def test_the_cost_is_written_when_it_has_changed(key: Path) -> None:
    far = Far(key)
    assert [far.cost.look(), far.cost.look()] == ["", ""]
    assert [(one.method, one.url.path) for one in far.taken] == [("PATCH", POD)]
    assert json.loads(far.taken[0].content) == {"metadata": {"annotations": {ANNOTATION: "7"}}}
    assert far.taken[0].headers["authorization"] == "Bearer first"
    assert far.taken[0].headers["content-type"] == "application/merge-patch+json"
    far.pages = httpx.Response(200, text=PAGE.replace("7.0", "0.0"))
    key.write_text("second")
    assert far.cost.look() == ""
    assert far.taken[1].headers["authorization"] == "Bearer second"


def test_what_was_not_taken_is_written_again(key: Path) -> None:
    far = Far(key)
    far.status = 403
    assert far.cost.look() == "the cluster does not take the cost of this pod: status 403"
    far.status = 200
    assert far.cost.look() == ""
    assert len(far.taken) == 2


@pytest.mark.parametrize(
    ("answer", "why"),
    [(httpx.Response(401), "status 401"), (httpx.Response(200, text="x 1\n"), "ivr_live_calls is not on the page")],
)
def test_a_bridge_that_does_not_tell_is_said(key: Path, answer: httpx.Response, why: str) -> None:
    far = Far(key)
    far.pages = answer
    assert far.cost.look() == f"the bridge does not tell its calls: {why}"
    assert far.taken == []


def test_a_key_that_is_gone_is_said(key: Path) -> None:
    far = Far(key)
    key.unlink()
    assert far.cost.look() == "the cluster does not take the cost of this pod: FileNotFoundError"


class _Both(http.server.BaseHTTPRequestHandler):
    """Serve the page, and take the annotation."""

    def do_GET(self) -> None:
        self._answer(PAGE if self.headers["authorization"] == "Bearer m" else "", 200)

    def do_PATCH(self) -> None:
        self.server.taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))  # type: ignore[attr-defined]
        self._answer("{}", 200)

    def _answer(self, text: str, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(name="server")
def _server() -> Iterator[http.server.HTTPServer]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Both) as server:
        server.taken = []  # type: ignore[attr-defined]
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield server
        finally:
            server.shutdown()
            serving.join()


def test_the_command_writes_over_real_sockets(
    server: http.server.HTTPServer, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"IVR_POD_NAME": "ivr-1", "IVR_POD_NAMESPACE": "voice", "IVR_METRICS_TOKEN": "m"}.items():
        monkeypatch.setenv(name, value)
    url = f"http://127.0.0.1:{server.server_port}"
    options = ["--bridge", url, "--cluster", url, "--secrets", str(key.parent), "--every", "0.01", "--looks", "2"]
    ran = CliRunner().invoke(pod_cost.app, options)
    assert (ran.exit_code, ran.output) == (0, "")
    assert [path for path, _ in server.taken] == [POD]  # type: ignore[attr-defined]


def test_what_is_missing_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = CliRunner().invoke(pod_cost.app, [])
    assert ran.exit_code == 2
    assert "IVR_POD_NAME, IVR_POD_NAMESPACE, IVR_METRICS_TOKEN not set" in ran.output
    for name in ("IVR_POD_NAME", "IVR_POD_NAMESPACE", "IVR_METRICS_TOKEN"):
        monkeypatch.setenv(name, "x")
    ran = CliRunner().invoke(pod_cost.app, ["--secrets", str(tmp_path)])
    assert ran.exit_code == 2
    assert "has no token" in ran.output
