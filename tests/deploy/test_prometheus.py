"""The rules of deploy/prometheus: they are right, each alert fires and does not, and all that they name exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from tests.support.promql import page, selectors, unknown

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "deploy" / "prometheus"
RULES: Final = ("slo.yml", "slo_month.yml", "alerts.yml")
TESTS: Final = ("alerts.test.yml", "slo.test.yml", "slo_month.test.yml")
OF_PARTS: Final = {
    *("ivr_fleet_store_up", "ivr_resumable_up", "ivr_recordings_total"),
    *("ivr_keeper_up", "ivr_records_behind", "ivr_records_lost_total", "ivr_records_refused"),
}
"""Figures of parts that the bridge of a test goes without: a fleet, a keeper, recordings."""
SECONDS: Final = 900.0
"""What a run of promtool may take on a machine that is busy."""


def promtool(*words: str) -> str:
    """Run promtool in the folder of the rules, and return what it says."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run([found, *words], cwd=FOLDER, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read(name: str) -> Any:
    """Return a file of the folder as values."""
    return YAML(typ="safe").load((FOLDER / name).read_text("utf-8"))


def rules(*names: str) -> list[dict[str, Any]]:
    """Return the rules of some files."""
    return [rule for name in names for group in read(name)["groups"] for rule in group["rules"]]


def test_rules_and_the_configuration_can_be_read() -> None:
    assert promtool("check", "rules", *RULES).count("SUCCESS") == len(RULES)
    promtool("check", "config", "--syntax-only", "prometheus.yml")


@pytest.mark.live
@pytest.mark.parametrize("name", TESTS)
def test_each_alert_fires_and_does_not(name: str) -> None:
    promtool("test", "rules", name)


def test_each_alert_is_played_both_ways() -> None:
    played = {(case["name"].split(" ")[0], bool(test["exp_samples"]))
              for name in TESTS
              for case in read(name)["tests"] for test in case["promql_expr_test"]}  # fmt: skip
    alerts = {rule["alert"] for rule in rules("alerts.yml")}
    assert {(alert, fires) for alert in alerts for fires in (True, False)} <= played
    assert len(alerts) >= 12


@pytest.mark.parametrize("rule", rules("alerts.yml"), ids=lambda rule: rule["alert"])
def test_each_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    told = rule["annotations"]
    assert min(len(told["summary"]), len(told["description"])) > 15
    name, _, anchor = told["runbook"].partition("#")
    headings = re.findall(r"^## (\w+)$", (ROOT / name).read_text("utf-8"), re.M)
    assert anchor in {heading.lower() for heading in headings}


def test_what_the_rules_name_is_on_the_page_of_a_bridge(tmp_path: Path) -> None:
    known = page(tmp_path)
    wrong = {rule.get("alert") or rule["record"]: unknown(rule["expr"], known) for rule in rules(*RULES)}
    assert {name: names for name, names in wrong.items() if not OF_PARTS.issuperset(names)} == {}


def test_what_the_rules_record_is_what_they_read() -> None:
    recorded = {rule["record"] for rule in rules(*RULES) if "record" in rule}
    used = {name for rule in rules(*RULES) for name in re.findall(r"\bivr:[\w:]+", rule["expr"])}
    assert used <= recorded


def test_the_bounds_of_the_objectives_are_bounds_of_buckets(tmp_path: Path) -> None:
    known = page(tmp_path)
    bounds = {(one.metric, value) for rule in rules(*RULES) for one in selectors(rule["expr"])
              for label, _, value in one.matchers if label == "le"}  # fmt: skip
    assert {metric for metric, _ in bounds} == {"ivr_caller_wait_seconds_bucket", "ivr_silence_seconds_bucket"}
    for metric, bound in bounds:
        assert bound in {labels["le"] for labels in known[metric]}
