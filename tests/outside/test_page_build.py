"""The command that builds the GraphiQL page: when it works, when it rests, and what it says when it cannot."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
NODE = """#!/bin/sh
[ "$1" = --version ] && { echo "$NODE_VERSION"; exit; }
echo "node $*" >> "$CALLS"
mkdir -p ../gateway/static/graphiql
"""
NPM = """#!/bin/sh
echo "npm $1" >> "$CALLS"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the page's sources in a project of their own."""
    shutil.copytree(FRONTEND, tmp_path / "frontend", ignore=shutil.ignore_patterns("node_modules", ".node"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def script(path: Path, text: str) -> None:
    """A command that stands in for one of the machine's."""
    path.write_text(text)
    path.chmod(0o755)


def build(project: Path, node_version: str = "v20.0.0") -> subprocess.CompletedProcess[str]:
    """Run the command where only the project's own `bin` has commands, and no package can be fetched."""
    environment = {
        "PATH": f"{project / 'bin'}",
        "CALLS": str(project / "calls"),
        "NODE_VERSION": node_version,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
    }
    command = [sys.executable, str(project / "frontend" / "build.py")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def with_node(project: Path) -> None:
    """Put a Node and an npm on the machine that only note how they were called."""
    for name in ("mkdir", "sh"):
        (project / "bin" / name).symlink_to(str(shutil.which(name)))
    script(project / "bin" / "node", NODE)
    script(project / "bin" / "npm", NPM)


def test_it_installs_and_bundles_once_and_rests_until_a_source_changes(project: Path) -> None:
    with_node(project)
    assert build(project).stdout == "GraphiQL is built\n"
    assert build(project).stdout == "GraphiQL is up to date\n"
    assert (project / "calls").read_text() == "npm ci\nnode build.mjs\n"
    os.utime(project / "frontend" / "src" / "page.css")
    assert build(project).stdout == "GraphiQL is up to date\n"
    with (project / "frontend" / "src" / "page.css").open("a") as sheet:
        sheet.write("\n")
    assert build(project).stdout == "GraphiQL is built\n"


def test_a_failing_step_leaves_the_page_to_be_built(project: Path) -> None:
    with_node(project)
    script(project / "bin" / "npm", "#!/bin/sh\nexit 7\n")
    failed = build(project)
    assert failed.returncode == 1
    assert "GraphiQL is not built (npm ended with 7" in failed.stderr
    assert not (project / "calls").exists()
    script(project / "bin" / "npm", NPM)
    assert build(project).returncode == 0


@pytest.mark.parametrize("present", [False, True])
def test_without_a_fitting_node_and_without_network_it_says_so(project: Path, present: bool) -> None:
    if present:
        with_node(project)
    outcome = build(project, node_version="v18.19.0")
    assert outcome.returncode == 1
    assert "GraphiQL is not built" in outcome.stderr
    assert "make page" in outcome.stderr
    assert not (project / "gateway").exists()
