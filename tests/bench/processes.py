"""Contenders as processes of their own on core 0; everything else of the benchmark is on core 1."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

CONTENDERS_CORE, OTHERS_CORE = 0, 1
PATIENCE = 120.0
TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """Why there is no figure; a sentence for whoever ran the benchmark."""


@dataclass(frozen=True)
class Contender:
    """A server that runs and answers."""

    name: str
    process: subprocess.Popen[bytes]
    url: str

    def cpu_seconds(self) -> float:
        """The time that its process has computed so far, in user and system mode."""
        return cpu_seconds(self.process.pid)

    def resident_bytes(self) -> int:
        """The memory that it holds now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def require_machine() -> None:
    """Refuse a machine that cannot measure, and move this process, with all it will start, to its core."""
    if sys.platform != "linux" or not {CONTENDERS_CORE, OTHERS_CORE}.issubset(os.sched_getaffinity(0)):
        raise BenchError("The benchmark needs Linux and the cores 0 and 1: one for the contender, one for the others.")
    for program, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(program) is None:
            raise BenchError(f"The benchmark needs {program}: install it, on Debian with `apt-get install {package}`.")
    os.sched_setaffinity(0, {OTHERS_CORE})


def cpu_seconds(pid: int, *, with_ended_children: bool = False) -> float:
    """What a process has computed so far; nothing where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(ticks) for ticks in fields[11 : 15 if with_ended_children else 13]) / TICKS


def family_seconds(parent: int) -> float:
    """What a process and all of its children, ended ones too, have computed so far."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    own = cpu_seconds(parent, with_ended_children=True)
    return own + sum(cpu_seconds(int(child)) for child in children)


@contextmanager
def running(
    name: str, command: list[str], environment: Mapping[str, str], logs: Path, folder: Path | None = None
) -> Iterator[Contender]:
    """Start a contender, wait until it answers, and stop it in the end."""
    port = _free_port()
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [shutil.which("taskset") or "taskset", "--cpu-list", str(CONTENDERS_CORE), *command],
            env={**os.environ, **environment, "PORT": str(port)},
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    contender = Contender(name, process, f"http://127.0.0.1:{port}/graphql")
    try:
        _wait(contender, logs)
        yield contender
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(contender: Contender, logs: Path) -> None:
    """Until something answers, whatever it answers to a request without an operation."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and contender.process.poll() is None:
        try:
            httpx.get(contender.url, timeout=PATIENCE)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise BenchError(f"The contender {contender.name} did not start; {logs / contender.name}.log says why.")
