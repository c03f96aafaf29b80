"""Gateways as processes: started as an operator starts them, killed as an operator would rather not."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.postgres import EmbeddedPostgres
from gateway.postgres.cluster import lock_holder, occupants

START_PATIENCE = 90.0
END_PATIENCE = 30.0
BARE = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
"""What a started process knows of our environment: its programs, and the folder that sockets are looked for in."""

_BOUND: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody listens on, and that the system gives to nobody else while the tests run.

    It stays bound, which keeps no server from listening there that allows an address to be used again, as all do.
    """
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    _BOUND.append(bound)
    port: int = bound.getsockname()[1]
    return port


def wait_until(true: Callable[[], bool], what: str, patience: float = END_PATIENCE) -> None:
    """Wait for something to become true; the test fails by saying what did not."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"after {patience:.0f} seconds not yet: {what}"
        time.sleep(0.02)


class GatewayProcess:
    """One `gateway serve` over one data directory, with everything it prints."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.port = free_port()
        chosen = {"DATA_DIR": str(self.data_dir), "PORT": str(self.port), "DEMO": "off", "LOG_FORMAT": "json"}
        self.environment = BARE | chosen | settings
        self._output = folder / f"output-{self.port}.txt"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server's process."""
        assert self._process is not None
        return self._process

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> str:
        """Everything it has printed since it was last started, both streams."""
        return self._output.read_text()

    @property
    def dsn(self) -> str:
        """The address of its database."""
        return EmbeddedPostgres(self.data_dir).dsn()

    @property
    def postgres_pid(self) -> int:
        """The process id of its PostgreSQL."""
        pid = lock_holder(self.data_dir / "postgres")
        assert pid is not None
        return pid

    @property
    def left_running(self) -> list[int]:
        """PostgreSQL's processes in its data directory."""
        data = self.data_dir / "postgres"
        return occupants(data) if data.exists() else []

    def launch(self) -> None:
        """Start it and do not wait."""
        with self._output.open("wb") as output:
            command = [sys.executable, "-m", "gateway", "serve"]
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=self.environment)

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self.launch()
        wait_until(lambda: "Ready." in self.output or self.process.poll() is not None, "ready", START_PATIENCE)
        assert self.process.poll() is None, self.output

    def end(self, *kills: int, number: int = signal.SIGKILL) -> int:
        """Send a signal to some processes, and return the server's exit status once it has one.

        Several are held still first: none of them ends because another has, before its own turn.
        """
        for sent in (signal.SIGSTOP, number) if len(kills) > 1 else (number,):
            for pid in kills:
                with suppress(ProcessLookupError):  # one that PostgreSQL has for a moment may be over by now
                    os.kill(pid, sent)
        return self.process.wait(END_PATIENCE)

    def clear(self) -> None:
        """Leave nothing running, whatever a test has done."""
        if self.running:
            self.process.kill()
            self.process.wait()
        wait_until(lambda: not self.left_running, "PostgreSQL gone")


def run_gateway(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in an environment of these settings alone."""
    environment = BARE | {"COLUMNS": "200"} | settings
    command = [sys.executable, "-m", "gateway", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=START_PATIENCE)


async def command(*arguments: str, typed: str = "", **settings: str) -> Result:
    """Run a command in this process, where what it reaches is seen by coverage, with these settings."""
    environment = {"COLUMNS": "200"} | settings
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), input=typed, env=environment)


def words_of(text: str) -> str:
    """Text without the line breaks and boxes of a terminal."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())
