"""A gateway of the tests' own, started as an operator starts it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.outside.processes import free_port

START_SECONDS = 90


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the demo to be loaded and the API to answer; a gateway that dies or hangs fails with its own words."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"The gateway did not become ready:\n{log.read_text()}")


@contextmanager
def running_gateway(folder: Path) -> Iterator[str]:
    """The address of a gateway with the demo's data, in that folder; stopped by SIGTERM at the end."""
    port = free_port()
    log = folder / "gateway.log"
    environment = {**os.environ, "PORT": str(port), "DATA_DIR": str(folder / "data"), "DEMO": "small"}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "gateway", "serve"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)
