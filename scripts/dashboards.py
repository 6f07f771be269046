"""Write the dashboards of deploy/grafana/dashboards: `python -m scripts.dashboards`; `--check` only compares.

A dashboard is a list of rows of panels, and a panel is a title, a unit and its queries. Grafana's JSON says the same in
fifty lines each: it is made here, so that every panel has a description, a unit and the thresholds of the objectives.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "deploy" / "grafana" / "dashboards"
SOURCE: Final = {"type": "prometheus", "uid": "ivr-prometheus"}
COLUMNS: Final = 24
GREEN, YELLOW, RED = "green", "yellow", "red"
BY_NODE: Final = 'node=~"$node"'
BY_LINE: Final = 'line=~"$line",node=~"$node"'
RATE: Final = "$__rate_interval"


@dataclass(frozen=True)
class Panel:
    """Hold what a panel shows."""

    title: str
    about: str
    unit: str
    queries: Mapping[str, str]
    """What each line is called, and its query."""
    kind: str = "timeseries"
    limits: Sequence[tuple[float, str]] = ()
    """From which value on it has which colour."""
    width: int = 8
    height: int = 8
    stacked: bool = False
    least: float | None = 0


def quantile(share: float, metric: str, by: str, labels: str) -> str:
    """Return the query of a quantile of a histogram."""
    return f"histogram_quantile({share}, sum by ({by}) (rate({metric}_bucket{{{labels}}}[{RATE}])))"


def waits(share: float) -> str:
    """Return the query of a quantile of what callers wait."""
    return quantile(share, "ivr_caller_wait_seconds", "le", f'part="whole",{BY_LINE}')


WAIT_LIMITS: Final = ((0, GREEN), (1.5, YELLOW), (3.5, RED))
FLEET: Final = (
    (
        Panel("Calls on the line", "All bridges together.", "short", {"calls": f"sum(ivr_live_calls{{{BY_NODE}}})"},
              "stat", ((0, GREEN),), 4, 5),
        Panel("Of the places", "Calls, of those that may be: above 0.8 add a bridge.", "percentunit",
              {"used": f"sum(ivr_live_calls{{{BY_NODE}}}) / sum(ivr_max_calls{{{BY_NODE}}})"},
              "gauge", ((0, GREEN), (0.6, YELLOW), (0.8, RED)), 4, 5),
        Panel("Bridges that answer", "Of those that Prometheus asks.", "short",
              {"up": 'sum(up{job="ivr-bridge"})', "known": 'count(up{job="ivr-bridge"})'}, "stat", ((0, GREEN),), 4, 5),
        Panel("Draining", "Bridges that take no new calls.", "short", {"draining": f"sum(ivr_draining{{{BY_NODE}}})"},
              "stat", ((0, GREEN), (1, YELLOW)), 4, 5),
        Panel("Refused in an hour", "Callers who heard that all lines are busy, or an error.", "short",
              {"refused": f'sum(increase(ivr_answers_total{{document=~"busy|error",{BY_NODE}}}[1h]))'},
              "stat", ((0, GREEN), (1, RED)), 4, 5),
        Panel("Lost in an hour", "Calls that ended because the bridge or a service failed, and no person took over.",
              "short",
              {"lost": 'sum(increase(ivr_terminations_total{result=~"bridge_error|upstream_error",'
                       f'reason!~".*_transfer",{BY_LINE}}}[1h]))'},
              "stat", ((0, GREEN), (1, RED)), 4, 5),
    ),
    (
        Panel("Calls by bridge", "Live calls of each bridge.", "short", {"{{node}}": f"ivr_live_calls{{{BY_NODE}}}"},
              stacked=True, width=12),
        Panel("Answers to calls", "What callers are told: answer, busy, closed, drain, error.", "ops",
              {"{{document}}": f"sum by (document) (rate(ivr_answers_total{{{BY_NODE}}}[{RATE}]))"}, width=12),
    ),
    (
        Panel("Ends of calls", "By reason; docs/log.md says what each is.", "ops",
              {"{{reason}}": f"sum by (reason) (rate(ivr_terminations_total{{{BY_LINE}}}[{RATE}]))"}, stacked=True),
        Panel("Requests refused", "By route and reason; wrong_signature at voice is a setting, or a stranger.", "ops",
              {"{{route}} {{reason}}":
               f"sum by (route, reason) (rate(ivr_rejected_requests_total{{{BY_NODE}}}[{RATE}]))"}),
        Panel("Length of calls", "Half of all calls, and nine in ten, are shorter.", "s",
              {"p50": quantile(0.5, "ivr_call_seconds", "le", BY_LINE),
               "p90": quantile(0.9, "ivr_call_seconds", "le", BY_LINE)}),
    ),
    (
        Panel("How late the event loop is", "The mean; above 5 % every call stutters.", "percentunit",
              {"{{node}}": f"rate(ivr_loop_lag_seconds_sum{{{BY_NODE}}}[{RATE}])"},
              limits=((0, GREEN), (0.05, RED)), width=6),
        Panel("Loop blocked", "Seconds in a second, by cause; loop_blocked in the log names the line.", "percentunit",
              {"{{node}} {{cause}}": f"rate(ivr_loop_blocked_seconds_total{{{BY_NODE}}}[{RATE}])"}, width=6),
        Panel("CPU", "Cores that the processes use.", "short",
              {"{{node}}": f"rate(process_cpu_seconds_total{{{BY_NODE}}}[{RATE}])"}, width=6),
        Panel("Memory", "130 MB a process, and 4 MB a call.", "bytes",
              {"{{node}}": f"process_resident_memory_bytes{{{BY_NODE}}}"}, width=6),
    ),
)  # fmt: skip
EXPERIENCE: Final = (
    (
        Panel("Half wait less than", "Objective: 1.5 s.", "s", {"p50": waits(0.5)}, "stat",
              ((0, GREEN), (1.5, RED)), 4, 5),
        Panel("Nine in ten less than", "Objective: 3.5 s.", "s", {"p90": waits(0.9)}, "stat",
              ((0, GREEN), (3.5, RED)), 4, 5),
        Panel("Nineteen in twenty less than", "Objective: 5 s.", "s", {"p95": waits(0.95)}, "stat",
              ((0, GREEN), (5, RED)), 4, 5),
        Panel("Questions with dead air", "The caller waited and heard nothing for more than 3 s. Objective: 2 %.",
              "percentunit",
              {"share": f'1 - sum(rate(ivr_silence_seconds_bucket{{le="3.0",{BY_LINE}}}[{RATE}]))'
                        f" / sum(rate(ivr_silence_seconds_count{{{BY_LINE}}}[{RATE}]))"},
              "stat", ((0, GREEN), (0.02, RED)), 4, 5),
        Panel("What is left of the budgets", "Of 30 days; below 0 the objective was missed.", "percentunit",
              {"{{slo}}": "ivr:slo_budget_left:ratio"}, "bargauge", ((-1, RED), (0, YELLOW), (0.5, GREEN)), 8, 5,
              least=None),
    ),
    (
        Panel("What callers wait", "From the last word to the answer's first audio.", "s",
              {"p50": waits(0.5), "p90": waits(0.9), "p95": waits(0.95)}, limits=WAIT_LIMITS, width=12),
        Panel("Whose time it is", "A mean wait: the parts lie on top of each other and make the whole.", "s",
              {"{{part}}":
               f'sum by (part) (rate(ivr_caller_wait_seconds_sum{{part!="whole",{BY_LINE}}}[{RATE}]))'
               f' / on () group_left () sum(rate(ivr_caller_wait_seconds_count{{part="whole",{BY_LINE}}}[{RATE}]))'},
              stacked=True, width=12),
    ),
    (
        Panel("Waits by line", "Nine in ten wait less.", "s",
              {"{{line}}": quantile(0.9, "ivr_caller_wait_seconds", "le, line", f'part="whole",{BY_LINE}')},
              limits=WAIT_LIMITS),
        Panel("Dead air", "Seconds of silence above 2 s in a second, all calls together.", "percentunit",
              {"{{line}}": f"sum by (line) (rate(ivr_dead_air_seconds_total{{{BY_LINE}}}[{RATE}]))"}),
        Panel("The longest silence of a question", "Nine in ten are shorter.", "s",
              {"p50": quantile(0.5, "ivr_silence_seconds", "le", BY_LINE),
               "p90": quantile(0.9, "ivr_silence_seconds", "le", BY_LINE)}, limits=((0, GREEN), (3, RED))),
    ),
    (
        Panel("What becomes of questions", "By outcome; failed and empty are heard as apologies.", "ops",
              {"{{outcome}}": f'sum by (outcome) (rate(ivr_turns_total{{kind!="phrase",{BY_LINE}}}[{RATE}]))'},
              stacked=True),
        Panel("Callers over the agent", "commit: it was an interruption; resume: a cough or a noise.", "ops",
              {"{{verdict}}": f"sum by (verdict) (rate(ivr_barge_ins_total{{{BY_NODE}}}[{RATE}]))"}),
        Panel("From onset to silence", "How fast the agent goes quiet: nine in ten.", "s",
              {"p90": quantile(0.9, "ivr_yield_seconds", "le", BY_NODE)}, limits=((0, GREEN), (0.3, RED))),
    ),
    (
        Panel("How fast the budgets burn", "1: they last for 30 days. 14.4 for an hour: a page.", "short",
              {"{{slo}} {{window}}": 'ivr:slo_burn:rate{window=~"1h|6h"}'}, limits=((0, GREEN), (1, YELLOW), (6, RED)),
              width=24),
    ),
)  # fmt: skip
SERVICES: Final = (
    (
        Panel("Breakers that are not closed", "A service behind one is not asked.", "short",
              {"{{peer}}": f'sum by (peer) (ivr_breakers{{state!="closed",{BY_NODE}}})'},
              "stat", ((0, GREEN), (1, RED)), 12, 5),
        Panel("Wait for links", "Requests that wait for a connection to Hamsa.", "short",
              {"{{peer}}": f"sum by (peer) (ivr_links_waited_for{{{BY_NODE}}})"},
              "stat", ((0, GREEN), (1, RED)), 6, 5),
        Panel("Until the next attempt", "After connections that failed.", "s",
              {"pause": f"max(ivr_connects_pause_seconds{{{BY_NODE}}})"}, "stat", ((0, GREEN), (5, RED)), 6, 5),
    ),
    (
        Panel("STT: its part of a wait", "Half, and nine in ten.", "s",
              {name: quantile(share, "ivr_caller_wait_seconds", "le", f'part="stt",{BY_LINE}')
               for name, share in (("p50", 0.5), ("p90", 0.9))}),
        Panel("Agent: its part of a wait", "Half, and nine in ten.", "s",
              {name: quantile(share, "ivr_caller_wait_seconds", "le", f'part="agent",{BY_LINE}')
               for name, share in (("p50", 0.5), ("p90", 0.9))}),
        Panel("TTS: its part of a wait", "Half, and nine in ten.", "s",
              {name: quantile(share, "ivr_caller_wait_seconds", "le", f'part="tts",{BY_LINE}')
               for name, share in (("p50", 0.5), ("p90", 0.9))}),
    ),
    (
        Panel("Links to Hamsa", "Connections by what they do.", "short",
              {"{{peer}} {{state}}": f"sum by (peer, state) (ivr_links{{{BY_NODE}}})"}, stacked=True),
        Panel("Connections that came about", "More than one for each call and minute: they do not live.", "ops",
              {"{{peer}}": f"sum by (peer) (rate(ivr_connects_total{{{BY_NODE}}}[{RATE}]))"}),
        Panel("Pace of connections", "As learnt; below IVR_CONNECTS_PER_SECOND the service limits them.", "ops",
              {"{{node}}": f"ivr_connects_per_second{{{BY_NODE}}}"}),
    ),
    (
        Panel("What fails", "Notes of the log that callers hear of.", "ops",
              {"{{name}}": 'sum by (name) (rate(ivr_notes_total{name=~"tts_failed|stt_failed|speech_failed|'
                           f'transcript_failed|reply_failed|nothing_understood|transfer_failed",{BY_NODE}}}[{RATE}]))'},
              width=12),
        Panel("The bridge's own part", "From endpoint to first audio, without the services: nine in ten.", "s",
              {"p90": quantile(0.9, "ivr_own_overhead_seconds", "le", BY_NODE)},
              limits=((0, GREEN), (0.2, RED)), width=6),
        Panel("Garbage collection", "Pauses of the young generations, nine in ten.", "s",
              {"p90": quantile(0.9, "ivr_gc_pause_seconds", "le", f'generation!="2",{BY_NODE}')},
              limits=((0, GREEN), (0.02, RED)), width=6),
    ),
    (
        Panel("Tapes", "kept, not_kept, and why others were dropped.", "ops",
              {"{{outcome}}": f"sum by (outcome) (rate(ivr_tapes_total{{{BY_NODE}}}[{RATE}]))"}),
        Panel("Log lines lost", "The reader of standard error stands still.", "ops",
              {"{{node}}": f"rate(ivr_log_lines_dropped_total{{{BY_NODE}}}[{RATE}])"}),
        Panel("Open files", "Of those that a process may open.", "percentunit",
              {"{{node}}": f"process_open_fds{{{BY_NODE}}} / process_max_fds{{{BY_NODE}}}"},
              limits=((0, GREEN), (0.8, RED))),
    ),
)  # fmt: skip
DASHBOARDS: Final = {
    "fleet": ("IVR: the fleet", "Calls, places, ends, and the processes.", FLEET),
    "experience": ("IVR: what callers bear", "Waits, silences, interruptions, and the objectives.", EXPERIENCE),
    "services": ("IVR: services", "STT, TTS, the agent, and what the bridge does with them.", SERVICES),
}


def drawn(panel: Panel, number: int, x: int, y: int) -> dict[str, Any]:
    """Return a panel as Grafana keeps it."""
    steps = [{"color": colour, "value": None if place == 0 else value}
             for place, (value, colour) in enumerate(panel.limits or ((0, GREEN),))]  # fmt: skip
    custom: dict[str, Any] = {"lineWidth": 1, "fillOpacity": 20 if panel.stacked else 5, "showPoints": "never"}
    custom["stacking"] = {"mode": "normal" if panel.stacked else "none", "group": "A"}
    if panel.limits:
        custom["thresholdsStyle"] = {"mode": "line"}
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.least is not None:
        defaults["min"] = panel.least
    options: dict[str, Any] = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    if panel.kind == "gauge":
        defaults["max"] = 1
    if panel.kind == "timeseries":
        defaults["custom"] = custom
        legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
        options = {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    targets = [
        {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": query, "legendFormat": name}
        for place, (name, query) in enumerate(panel.queries.items())
    ]
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": targets,
    }


def variable(name: str, label: str, metric: str) -> dict[str, Any]:
    """Return a choice at the top of a dashboard: some values of a label, or all."""
    query = f"label_values({metric}, {name})"
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def dashboard(uid: str) -> dict[str, Any]:
    """Return a dashboard as Grafana keeps it."""
    title, about, rows = DASHBOARDS[uid]
    panels: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        x = 0
        for panel in row:
            panels.append(drawn(panel, len(panels) + 1, x, y))
            x += panel.width
        y += row[0].height
    return {
        "uid": f"ivr-{uid}",
        "title": title,
        "description": about,
        "tags": ["ivr"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {
            "list": [variable("node", "Bridge", "ivr_live_calls"), variable("line", "Line", "ivr_calls_total")]
        },
        "links": [{"title": "IVR", "type": "dashboards", "tags": ["ivr"], "asDropdown": False, "keepTime": True}],
        "annotations": {"list": []},
        "panels": panels,
    }


def main(check: bool = False) -> int:
    """Write the dashboards, or tell which is not as it would be written."""
    wrong = 0
    for name in DASHBOARDS:
        path, text = FOLDER / f"{name}.json", json.dumps(dashboard(name), indent=1, ensure_ascii=False) + "\n"
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.name} is not what scripts/dashboards.py says: run `python -m scripts.dashboards`")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
