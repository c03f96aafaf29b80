"""The embedded PostgreSQL as our direct child: starts when we start, stops when we stop, gone when we are killed."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from gateway.postgres.child import KERNEL_WATCHES, program, spawn, watch
from gateway.postgres.cluster import SUPERUSER, Cluster
from gateway.postgres.errors import PostgresError

DATABASE = "portal"
START_PATIENCE = 60.0
LOCK_PATIENCE = 10.0
PASSING_TROUBLES = ("lock file", "shared memory block", "Address already in use")

SERVER_OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "2GB",
    # What clients send stays out of the log: no statements, no values of rows in an error's details.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

FORGETFUL_OPTIONS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


class EmbeddedPostgres:
    """One PostgreSQL over one data directory.

    Start it from the main thread: the kernel ends it with the thread that started it. `durable=False` is for databases
    that are thrown away: nothing is forced to disk, nothing runs in the background.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, kernel_watch: bool = KERNEL_WATCHES) -> None:
        """Name the data directory; without `kernel_watch` a watching process ends the server when we are gone."""
        self._cluster = Cluster(data_dir)
        self._durable = durable
        self._kernel_watch = kernel_watch
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id of PostgreSQL while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def dsn(self, database: str = DATABASE) -> str:
        """The address of one of its databases, over the private socket."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self._cluster.sockets), safe='/')}"

    def answers(self) -> bool:
        """Whether a server answers at our address, ours or another gateway's."""
        return self._client("pg_isready", "--quiet").returncode == 0

    def start(self) -> None:
        """Return once the database answers; raise PostgresError with a sentence otherwise."""
        self._cluster.acquire()
        try:
            self._cluster.prepare(durable=self._durable)
            self._start_patiently()
            self._create_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop within seconds: open transactions are rolled back, what was committed is on disk."""
        for number, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if self.pid is None:
                break
            assert self._process is not None  # noqa: S101 - a pid comes from a process
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        self._end_watcher()
        self._process = None
        self._cluster.release()

    def _end_watcher(self) -> None:
        """End the watching process by what it watches: the pipe."""
        if self._watcher is not None and self._watcher.stdin is not None:
            self._watcher.stdin.close()
            self._watcher.wait()
            self._watcher = None

    def _start_patiently(self) -> None:
        """Start, again and again for some seconds where only the remains of a dead server are in the way."""
        deadline = time.monotonic() + LOCK_PATIENCE
        while not self._start_once():
            words = self._cluster.last_words()
            if time.monotonic() > deadline or not any(trouble in words for trouble in PASSING_TROUBLES):
                raise PostgresError(f"PostgreSQL did not start. {words}")
            time.sleep(0.25)

    def _start_once(self) -> bool:
        """Start the process and wait until it answers (True) or has ended (False)."""
        cluster = self._cluster
        options = {**SERVER_OPTIONS, "unix_socket_directories": str(cluster.sockets)}
        options |= {} if self._durable else FORGETFUL_OPTIONS
        flags = [f"--{name}={value}" for name, value in options.items()]
        with cluster.log.open("ab") as log:
            command = [str(program("postgres")), "-D", str(cluster.data), *flags]
            folders = [cluster.data, cluster.sockets]
            self._process = spawn(command, cluster.owner, folders, log, kernel_watch=self._kernel_watch)
        if not self._kernel_watch:
            self._watcher = watch(self._process.pid)
        deadline = time.monotonic() + START_PATIENCE
        while self._process.poll() is None:
            if self.answers():
                return True
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"PostgreSQL did not answer for {START_PATIENCE:.0f} seconds. {cluster.last_words()}"
                )
            time.sleep(0.02)
        self._end_watcher()
        return False

    def _client(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's client programs against our server."""
        command = [str(program(name)), "-h", str(self._cluster.sockets), "-U", SUPERUSER, "-d", "postgres", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})

    def _create_database(self) -> None:
        """Create our database where the first start did not come to it."""
        found = self._client("psql", "-XAtc", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")
        if found.stdout.strip() == "1":
            return
        made = self._client("psql", "-Xqc", f"CREATE DATABASE {DATABASE}")
        if made.returncode != 0:
            raise PostgresError(f"The database {DATABASE} could not be created: {made.stderr.strip()}")
