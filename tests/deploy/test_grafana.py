"""The dashboards of deploy/grafana: all that they name exists, and a real Prometheus answers their queries."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from ivr.testbench import virtual_time
from ivr.testbench.loopback import bound
from scripts import dashboards
from tests.deploy.test_prometheus import FOLDER as RULES_FOLDER
from tests.deploy.test_prometheus import RULES, rules
from tests.support.promql import page, unknown
from tests.whole.world import BYE, QUESTION, World, call, render_phrases

PATIENCE: Final = 120.0
BOARDS: Final = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(dashboards.FOLDER.glob("*.json"))}
PANELS: Final = [(name, panel) for name, board in BOARDS.items() for panel in board["panels"]]


def plain(query: str) -> str:
    """Return a query as Grafana asks it, with all bridges and lines chosen."""
    return query.replace("$__rate_interval", "1m").replace("$node", ".*").replace("$line", ".*")


QUERIES: Final = [plain(target["expr"]) for _, panel in PANELS for target in panel["targets"]]


def test_the_files_are_what_the_script_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert dashboards.main(check=True) == 0, capsys.readouterr().out
    assert sorted(BOARDS) == ["experience", "fleet", "services"]


def test_each_panel_says_what_it_shows() -> None:
    for name, panel in PANELS:
        where = f"{name}: {panel['title']}"
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["description"].endswith("."), where
        assert defaults["unit"], where
        assert defaults["thresholds"]["steps"][0]["value"] is None, where
        assert all(target["legendFormat"] for target in panel["targets"]), where
    for board in BOARDS.values():
        assert [one["name"] for one in board["templating"]["list"]] == ["node", "line"]
        places = [panel["gridPos"] for panel in board["panels"]]
        assert all(place["x"] + place["w"] <= dashboards.COLUMNS for place in places)
        for one, other in combinations(places, 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            apart = beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert apart


def test_what_the_dashboards_name_exists(tmp_path: Path) -> None:
    known = page(tmp_path)
    wrong = {query: names for query in QUERIES if (names := unknown(query, known))}
    assert wrong == {}
    recorded = {rule["record"] for rule in rules(*RULES) if "record" in rule}
    assert {name for query in QUERIES for name in re.findall(r"\bivr:[\w:]+", query)} <= recorded


@contextlib.contextmanager
def serving(pages: list[bytes]) -> Iterator[tuple[int, list[int]]]:
    """Serve the last of some pages on loopback; yields the port, and the length of the list at each look."""
    looks: list[int] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            looks.append(len(pages))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(pages[-1])

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], looks
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def prometheus(folder: Path, scraped: int) -> Iterator[str]:
    """Run a Prometheus with the rules that looks at a port every second; yields its URL."""
    found = shutil.which("prometheus")
    if found is None:
        pytest.skip("prometheus is not installed")
    for name in RULES:
        # Each rule as often as the figures come, and not once in five minutes.
        text = re.sub(r"^    interval: .*\n", "", (RULES_FOLDER / name).read_text("utf-8"), flags=re.M)
        (folder / name).write_text(text, "utf-8")
    target = f"{{targets: ['127.0.0.1:{scraped}'], labels: {{node: one}}}}"
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{', '.join(RULES)}]\n"
        f"scrape_configs: [{{job_name: ivr-bridge, static_configs: [{target}]}}]\n",
        "utf-8",
    )
    with contextlib.closing(bound()) as listener:
        port = listener.getsockname()[1]
    words = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    process = subprocess.Popen(
        [found, *words, f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def value(client: httpx.Client, query: str) -> list[Any]:
    """Return what a query finds. Raises AssertionError when it is wrong."""
    answer = client.get("/api/v1/query", params={"query": query}).json()
    assert answer["status"] == "success", f"{query}: {answer.get('error')}"
    found: list[Any] = answer["data"]["result"]
    return found


def until(client: httpx.Client, query: str) -> None:
    """Wait until a query finds something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        # It says 503 while it begins.
        with contextlib.suppress(httpx.TransportError, json.JSONDecodeError):
            if value(client, query):
                return
        time.sleep(0.2)
    raise TimeoutError(query)


@pytest.mark.live
def test_a_real_prometheus_answers_every_query(tmp_path: Path) -> None:
    render_phrases(tmp_path)
    pages: list[bytes] = []

    async def look(world: World) -> None:
        pages.append(world.bridge.metrics.render())

    async def render(world: World) -> bytes:
        return world.bridge.metrics.render()

    world = call(tmp_path, [f"say {QUESTION}", f"say {BYE}", "wait"], during=look)
    after = virtual_time.run(render(world))
    with serving(pages) as (port, looks), prometheus(tmp_path, port) as url, httpx.Client(base_url=url) as client:
        until(client, "count_over_time(ivr_live_calls[1m]) > 1")
        # The call's figures rise between two looks.
        pages.append(after)
        until(client, 'increase(ivr_caller_wait_seconds_count{part="whole"}[1m]) > 0')
        until(client, 'ivr:slo_burn:rate{slo="wait_p95",window="1h"}')
        until(client, "ivr:slo_budget_left:ratio")
        assert max(looks) == 2
        empty = [query for query in QUERIES if not value(client, query)]
        assert len(empty) <= len(QUERIES) // 10, empty
        whole = value(client, 'sum(ivr:wait_part_seconds:mean{part="whole"})')
        parts = value(client, 'sum(ivr:wait_part_seconds:mean{part!="whole"})')
        assert float(whole[0]["value"][1]) == pytest.approx(float(parts[0]["value"][1]), rel=0.01)
