"""What the repository itself promises: scripts that run, a changelog that says the version, files free of a machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts import changelog

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ["install", "demo", "test", "check", "coverage", "bench"]


def test_the_changelog_and_the_version_agree() -> None:
    assert changelog.version_faults() == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("## [1.0.0] - 2026-01-01", "first section"),
        ("## [Unreleased]", "no section for version 1.0.0"),
        ("## [Unreleased]\n## [1.0.0]", "a release is"),
        ("## Unreleased\n## [1.0.0] - 2026-01-01", "a release is"),
        ("## [Unreleased]\n### Improved\n## [1.0.0] - 2026-01-01", "'Improved' is none of"),
        ("## [Unreleased]\n## [1.0.0] - 2026-01-01\n## [1.0.0] - 2026-01-02", "twice"),
        ("## [Unreleased]\n- a\n\n- b\n## [1.0.0] - 2026-01-01", "inside a list"),
        ("## [Unreleased]\n- a\n  b\n\n- c\n## [1.0.0] - 2026-01-01", "inside a list"),
        ("## [Unreleased]\n\n\n## [1.0.0] - 2026-01-01", "two blank lines"),
    ],
)
def test_a_wrong_changelog_is_named(text: str, wrong: str) -> None:
    assert any(wrong in line for line in changelog.faults(text, "1.0.0"))


def test_a_right_changelog_is_silent() -> None:
    text = "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n## [1.0.0] - 2026-01-01\n\n### Added\n- x\n"
    assert changelog.faults(text, "1.0.0") == []


@pytest.mark.parametrize("name", [*(f"scripts/{name}" for name in SCRIPTS), ".ci/run"])
def test_every_script_is_executable_and_parses(name: str) -> None:
    path = ROOT / name
    assert os.access(path, os.X_OK)
    assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", path], check=True)


def test_the_wheel_carries_the_documents() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert all((ROOT / folder).is_dir() for folder in included)


def test_the_container_has_what_the_build_needs() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)
    wanted = {name for line in copied for name in line.split()}
    assert wanted == let_in
    assert all((ROOT / name).exists() for name in wanted)


def test_every_declared_dependency_is_imported_and_every_import_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared = {re.split(r"[<>=;\[ ]", line)[0].replace("-", "_").lower() for line in lines}
    # Named in a setting or found by uvicorn, or installed under another name.
    implied = {"httptools", "uvloop", "audioop_lts", "backports_zstd", "python_dotenv", "psycopg"}
    implied |= {"opentelemetry_sdk", "opentelemetry_exporter_otlp_proto_http"}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "ivr").rglob("*.py"))
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", code, re.M)) - set(sys.stdlib_module_names) - {"ivr"}
    # `compression` is the standard library's from Python 3.14 on, and `backports` the package in its place before.
    # The plugin is loaded by pytest, so pytest is there then.
    assert imported - declared <= {"audioop", "backports", "compression", "dotenv", "opentelemetry", "pytest"}
    # Some are loaded by name, where they may be missing.
    assert {name for name in declared - imported if f'"{name}"' not in code} <= implied


@pytest.mark.parametrize("module", ["ivr.call.turn", "ivr.call.ending"])
def test_the_architecture_shows_the_tables_of_a_call(module: str) -> None:
    diagram = subprocess.run([sys.executable, "-m", module], cwd=ROOT, capture_output=True, text=True, check=True)
    assert diagram.stdout.strip() in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme() -> None:
    from ivr.config.settings import Settings

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = {field.alias for field in Settings.model_fields.values() if field.alias}
    assert {name for name in names if f"`{name}`" not in text} == set()
    assert set(re.findall(r"`((?:IVR|HAMSA|TWILIO)_[A-Z_]+)`", text)) <= names


@pytest.mark.parametrize("name", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


MACHINE = re.compile(r"(?<![\w.])/(?:work|root)/|/tmp/[a-z]|\.pyenv/versions")


def test_no_file_names_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".lock", ".wav", ".bin"} or path == Path(__file__) or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []
