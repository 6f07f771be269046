"""The check of deploy/kubernetes finds what a cluster would refuse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts.manifests import FOLDER, faults


def test_the_files_fit() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "told"),
    [
        ("bridge.yaml", "terminationGracePeriodSeconds: 3660", "terminationGrace: 3660", "terminationGrace"),
        ("bridge.yaml", "containerPort: 8000", "containerPort: eight", "eight"),
        ("scale.yaml", 'threshold: "30"', "threshold: 30", "30 is not of type 'string'"),
        ("scale.yaml", "minReplicaCount", "minReplicas", "minReplicas"),
        ("access.yaml", "rbac.authorization.k8s.io/v1\nkind: Role\n", "rbac/v9\nkind: Role\n", "rbac"),
        ("settings.yaml", "data:\n  IVR_PUBLIC_URL: h", "data:\n\tIVR_PUBLIC_URL: h", "found character"),
        ("kustomization.yaml", "  - scale.yaml\n", "", "scale.yaml is there and not listed"),
        ("kustomization.yaml", "scale.yaml", "scales.yaml", "scales.yaml is listed and not there"),
    ],
)
def test_a_slip_is_found(tmp_path: Path, name: str, right: str, wrong: str, told: str) -> None:
    shutil.copytree(FOLDER, folder := tmp_path / "kubernetes")
    text = (folder / name).read_text("utf-8")
    assert right in text
    (folder / name).write_text(text.replace(right, wrong), "utf-8")
    assert told in "\n".join(faults(folder, name))
