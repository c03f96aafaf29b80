"""Serve a gateway with a database of its own, and let the audits at it: `python -m tests.audit`."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from frontend.build import BuildError, machine_node, wheel_node
from tests.browser.gateway_process import running_gateway

HERE = Path(__file__).parent


def main() -> int | str:
    """The exit code, 0 where every audit passed, or why they could not be run."""
    try:
        node, npm = machine_node() or wheel_node()
    except BuildError as reason:
        return f"The audits need Node: {reason}"
    environment = {**os.environ, "PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([*npm, "ci", "--no-progress", "--loglevel=error"], cwd=HERE, env=environment, check=True)
    with TemporaryDirectory(prefix="gateway-audit-") as folder, running_gateway(Path(folder)) as url:
        audit = [*node, "audit.mjs", f"{url}/graphql"]
        return subprocess.run(audit, cwd=HERE, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
