"""The example of a reseller's integration, against a gateway that serves; its end by the provider's own record."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.outside.processes import GatewayProcess

ROOT = Path(__file__).parents[2]
PATIENCE = 120
KILLS = 4
"""It tries twice as often; a fast machine may be done before it is killed."""


def charges(gateway: GatewayProcess) -> list[tuple[str, int, str]]:
    """Everything that the payment provider has charged, by its own record."""
    base, key, _ = json.loads((gateway.data_dir / "payments" / "address").read_text())
    headers = {"Authorization": f"Bearer {key}"}
    answer = httpx.get(f"{base}/v1/charges", params={"limit": 100}, headers=headers, trust_env=False).json()
    return [(charge["id"], charge["amount"], charge["status"]) for charge in answer["data"]]


def test_it_is_killed_and_pays_and_orders_once(tmp_path: Path) -> None:
    gateway = GatewayProcess(tmp_path, DEMO="small")
    kept = tmp_path / "kept"
    try:
        gateway.start()
        before = charges(gateway)
        url = f"http://127.0.0.1:{gateway.port}/graphql"
        played = subprocess.run(
            [sys.executable, "examples/reseller.py", "--url", url, "--folder", str(kept)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "COLUMNS": "160"},
            timeout=PATIENCE,
        )
        new = [charge for charge in charges(gateway) if charge not in before]
    finally:
        gateway.clear()
    assert played.returncode == 0, played.stdout + played.stderr
    killed = re.search(r"was killed (\d+) times", played.stdout)
    assert killed is not None
    assert int(killed[1]) >= KILLS
    paid = json.loads((kept / "journal.json").read_text())["topped_up"]["amount"]
    assert [(amount, status) for _, amount, status in new] == [(int(paid.replace(".", "")), "succeeded")]
    (invoice,) = kept.glob("*.pdf")
    assert invoice.read_bytes().startswith(b"%PDF")
