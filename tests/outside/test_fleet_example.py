"""The example that plays a fleet, against a gateway that serves: the portal shows what the agents were told."""

import os
import subprocess
import sys
from pathlib import Path

from tests.outside.processes import GatewayProcess

ROOT = Path(__file__).parents[2]
PATIENCE = 300


def test_a_hundred_agents_are_played_and_shown(tmp_path: Path) -> None:
    gateway = GatewayProcess(tmp_path, DEMO="small")
    try:
        gateway.start()
        url = f"http://127.0.0.1:{gateway.port}/graphql"
        played = subprocess.run(
            [sys.executable, "examples/fleet.py", "--agents", "100", "--url", url],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "COLUMNS": "120"},
            timeout=PATIENCE,
        )
    finally:
        gateway.clear()
    assert played.returncode == 0, played.stdout + played.stderr
    assert "Servers under the key" in played.stdout
    assert "repeated registrations" in played.stdout
    assert "leaves" in played.stdout
