"""Run a page's scripts in Node.js, without a browser: what of them needs no page."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

PAGE: Final = Path(__file__).resolve().parents[2] / "ivr" / "server" / "talk" / "page"
_RUN: Final = """
const fs = require("fs");
const { files, names, body, given } = JSON.parse(fs.readFileSync(0, "utf8"));
const text = files.map((file) => fs.readFileSync(file, "utf8")).join("\\n");
const made = new Function("require", `${text}\\nreturn {${names.join(",")}};`)(require);
console.log(JSON.stringify(new Function(...names, "given", body)(...names.map((name) => made[name]), given)));
"""


def run_js(files: Sequence[str], names: Sequence[str], body: str, given: Any) -> Any:
    """Return what the function `body` returns, with `names` of the page's `files` and the value `given`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    asked = {"files": [str(PAGE / file) for file in files], "names": list(names), "body": body, "given": given}
    done = subprocess.run(
        [node, "-e", _RUN], input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
