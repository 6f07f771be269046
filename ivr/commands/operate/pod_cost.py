"""Run `ivr pod-cost`: tell Kubernetes how many calls this pod carries, so that the emptiest pod is the first to go.

The cost of a pod's deletion is an annotation (kubernetes.io/docs, ReplicaSet, "Pod deletion cost"). The command runs
beside the bridge, in a container of its own in the same pod, and is the only one there with a key to the cluster.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from prometheus_client.parser import text_string_to_metric_families

from ivr.commands import console, terminal
from ivr.config.environment import exported

ANNOTATION: Final = "controller.kubernetes.io/pod-deletion-cost"
KEY_FOLDER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
EVERY_S: Final = 15.0
"""Seconds between two looks. Kubernetes asks not to write the annotation often: it is written when it has changed."""
ANSWER_S: Final = 5.0
LIVE: Final = "ivr_live_calls"

app = typer.Typer(add_completion=False)


def live_calls(page: str) -> int:
    """Return the calls on the line, from a page of metrics. Raises ValueError where they are not on it."""
    samples = [
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == LIVE
    ]
    if not samples:
        raise ValueError(f"{LIVE} is not on the page")
    return int(sum(samples))


class PodCost:
    """Read the calls of the bridge, and write them to the pod when they have changed."""

    def __init__(self, metrics: httpx.Client, cluster: httpx.Client, pod: str, token: Path) -> None:
        """Take clients whose base is the bridge and the cluster, the pod's path, and the file of the cluster's key."""
        self._metrics, self._cluster, self._pod, self._token = metrics, cluster, pod, token
        self._written: int | None = None

    def look(self) -> str:
        """Look once. Return what went wrong, empty: nothing did."""
        try:
            answer = self._metrics.get("/metrics")
            answer.raise_for_status()
            calls = live_calls(answer.text)
        except (httpx.HTTPError, ValueError) as error:
            return f"the bridge does not tell its calls: {_words(error)}"
        if calls == self._written:
            return ""
        try:
            # The key is exchanged while the pod lives: it is read each time.
            key = self._token.read_text("utf-8").strip()
            self._cluster.patch(
                self._pod,
                json={"metadata": {"annotations": {ANNOTATION: str(calls)}}},
                headers={"authorization": f"Bearer {key}", "content-type": "application/merge-patch+json"},
            ).raise_for_status()
        except (httpx.HTTPError, OSError) as error:
            return f"the cluster does not take the cost of this pod: {_words(error)}"
        self._written = calls
        return ""


def _words(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return type(error).__name__ if isinstance(error, httpx.HTTPError | OSError) else str(error)


@app.command(name="pod-cost")
def pod_cost(
    bridge: Annotated[str, typer.Option(help="The bridge in this pod.")] = "http://127.0.0.1:8000",
    cluster: Annotated[str, typer.Option(help="The API of the cluster.")] = "https://kubernetes.default.svc",
    secrets: Annotated[Path, typer.Option(help="The folder with the pod's token and ca.crt.")] = KEY_FOLDER,
    every: Annotated[float, typer.Option(min=0.01, help="Seconds between two looks.")] = EVERY_S,
    looks: Annotated[int, typer.Option(min=0, help="Looks after which to end; 0: never.")] = 0,
) -> None:
    """Tell Kubernetes how many calls this pod carries: the emptiest pod is the first to go."""
    given = exported()
    names = "IVR_POD_NAME", "IVR_POD_NAMESPACE", "IVR_METRICS_TOKEN"
    if missing := [name for name in names if not given.get(name)]:
        terminal.stop(f"{', '.join(missing)} not set: deploy/kubernetes/bridge.yaml says how", 2)
    if not (secrets / "token").is_file():
        terminal.stop(f"{secrets} has no token: this runs in a pod with a service account of its own", 2)
    authority = secrets / "ca.crt"
    pod = f"/api/v1/namespaces/{given['IVR_POD_NAMESPACE']}/pods/{given['IVR_POD_NAME']}"
    key = {"authorization": f"Bearer {given['IVR_METRICS_TOKEN']}"}
    verify = str(authority) if authority.is_file() else True
    with (
        httpx.Client(base_url=bridge, headers=key, timeout=ANSWER_S, trust_env=False) as metrics,
        httpx.Client(base_url=cluster, timeout=ANSWER_S, trust_env=False, verify=verify) as kubernetes,
    ):
        cost, told = PodCost(metrics, kubernetes, pod, secrets / "token"), ""
        while True:
            # A fault is told once, and its end.
            if (problem := cost.look()) != told:
                console.err.print(problem or "the cost of this pod is told again", highlight=False, markup=False)
                told = problem
            looks -= 1
            if looks == 0:
                raise typer.Exit(bool(told))
            time.sleep(every)
