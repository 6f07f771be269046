"""Hold the files of `deploy/kubernetes` against the schemas of Kubernetes and KEDA.

`python -m scripts.manifests` prints what is wrong, with file and name. Every file of the folder is held against them,
and the list of kustomization.yaml against the folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "deploy" / "kubernetes"
VERSIONS: Final = ("1.32", "1.37")
"""The oldest and the newest Kubernetes that the files are held against."""
LIST: Final = "kustomization.yaml"
EXAMPLE: Final = "secret.example.yaml"
"""Applied by no list: it holds no secret yet."""


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file. Raises YAMLError."""
    return [one for one in YAML(typ="safe").load_all(path) if one is not None]


def faults_of(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one object."""
    if manifest.get("kind") == "ScaledObject":
        schema = json.loads((ROOT / "scripts" / "keda.schema.json").read_text("utf-8"))
        yield from (
            f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(manifest)
        )
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"Kubernetes {version}: {'.'.join(map(str, error.path))}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError:
            yield f"Kubernetes {version}: has no {manifest.get('apiVersion')} {manifest.get('kind')}"


def faults(folder: Path = FOLDER, files: str = "*.yaml") -> list[str]:
    """Return everything that is wrong in these files of the folder."""
    found: list[str] = []
    for path in sorted(folder.glob(files)):
        try:
            objects = documents(path)
        except YAMLError as error:
            found.append(f"{path.name}: {error}")
            continue
        if path.name == LIST:
            listed = set(objects[0]["resources"])
            there = {other.name for other in folder.glob("*.yaml")} - {LIST, EXAMPLE, "secret.yaml"}
            found += [f"{LIST}: {name} is listed and not there" for name in sorted(listed - there)]
            found += [f"{LIST}: {name} is there and not listed" for name in sorted(there - listed)]
            continue
        for one in objects:
            name = f"{path.name}: {one.get('kind')} {one.get('metadata', {}).get('name')}"
            found += [f"{name}: {fault}" for fault in faults_of(one)]
    return found


if __name__ == "__main__":
    told = faults()
    print("\n".join(told), end="\n" if told else "")
    sys.exit(bool(told))
