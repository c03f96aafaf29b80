"""The data directory of the embedded PostgreSQL: made once, held by one of us at a time, freed of what a crash left."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from gateway.postgres.child import postgres_owner, program, spawn
from gateway.postgres.errors import ClusterBusyError, PostgresError

SUPERUSER = "portal"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes; macOS has the shortest, Linux allows 107
LOG_LIMIT = 10_000_000
PATIENCE = 20.0


class Cluster:
    """Paths below one data directory, and what must be true of them before PostgreSQL starts."""

    def __init__(self, data_dir: Path) -> None:
        """Name the paths; nothing is touched yet."""
        self.root = data_dir.absolute()
        self.owner = postgres_owner()
        self.data = self.root / "postgres"
        self.log = self.root / "postgres.log"
        self.sockets = self._socket_folder()
        self._lock: IO[bytes] | None = None

    def _socket_folder(self) -> Path:
        """A folder whose path is short enough for a socket: ours where the kernel takes it, else a temporary one."""
        own = self.root / "run"
        if len(os.fsencode(own / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return own
        mark = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        for base in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - a private folder in it, checked before use
            folder = Path(base) / f"gateway-{os.geteuid()}-{mark}"
            if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
                return folder
        raise PostgresError(f"No folder with a path short enough for a socket was found for {self.root}.")

    def acquire(self) -> None:
        """Take the data directory for ourselves; the kernel gives it back however we end."""
        try:
            self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock = (self.root / "lock").open("wb")
        except OSError as error:
            raise PostgresError(f"The folder {self.root} (DATA_DIR) cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.release()
            raise ClusterBusyError(
                f"Another gateway runs on {self.root}: stop it, or give this one another DATA_DIR and PORT."
            ) from error

    def release(self) -> None:
        """Let another gateway have the data directory."""
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self.sockets.rmdir()
            self._lock.close()
            self._lock = None

    def prepare(self, *, durable: bool) -> None:
        """Make the cluster where there is none, and end what a killed gateway may have left running in it."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        self._private(self.sockets)
        if (self.data / "PG_VERSION").exists():
            self._evict()
        else:
            self._initialise(durable)

    def _private(self, folder: Path) -> None:
        """Make a folder that only PostgreSQL's user may enter, and refuse one that somebody else put there."""
        try:
            folder.mkdir(mode=0o700)
            os.chown(folder, self.owner.uid, self.owner.gid)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.owner.uid or found.st_mode & 0o077:
                raise PostgresError(f"{folder} is not a private folder of ours: remove it.") from None

    def _initialise(self, durable: bool) -> None:
        """Make the cluster under another name and rename it, so that one cut short is never taken for a whole one."""
        draft = self.root / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._private(draft)
        options = [f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if durable else ["--no-sync"])]
        with self.log.open("ab") as log:
            child = spawn([str(program("initdb")), *options, "-D", str(draft)], self.owner, [draft], log)
            try:
                status = child.wait()
            except BaseException:
                child.send_signal(signal.SIGINT)
                child.wait()
                raise
        if status != 0:
            raise PostgresError(f"PostgreSQL's initdb failed. {self.last_words()}")
        draft.rename(self.data)

    def last_words(self) -> str:
        """The end of PostgreSQL's log, for a message."""
        lines = self.log.read_text(errors="replace").splitlines()[-6:] if self.log.exists() else []
        return "\n  ".join([f"{self.log} ends with:", *lines])

    def _evict(self) -> None:
        """End the processes that a killed gateway left in this cluster, then remove the locks they held.

        PostgreSQL believes a lock whose process id is in use again, by whomever: after a restart of the machine that
        would keep it from starting for good. We hold the data directory and nobody is left in it: the locks are stale.
        """
        started = time.monotonic()
        sent = 0
        signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
        while pids := occupants(self.data):
            waited = time.monotonic() - started
            if sent < len(signals) and waited >= sent * PATIENCE / 2:
                postmaster = lock_holder(self.data)
                send(
                    pids if signals[sent] == signal.SIGKILL else [pid for pid in pids if pid == postmaster],
                    signals[sent],
                )
                sent += 1
            if waited > PATIENCE * 2:
                raise PostgresError(f"PostgreSQL processes {pids} in {self.data} do not end.")
            time.sleep(0.05)
        for stale in (self.data / "postmaster.pid", self.sockets / SOCKET_NAME, self.sockets / f"{SOCKET_NAME}.lock"):
            stale.unlink(missing_ok=True)


def lock_holder(data: Path) -> int | None:
    """The process that PostgreSQL's own lock file names, running or not."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def occupants(data: Path) -> list[int]:
    """PostgreSQL's processes in this cluster: each makes the data directory its working directory."""
    if Path("/proc/self/cwd").exists():
        home = data.resolve()
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _lives_in(entry, home)]
    return _running_lock_holder(data)


def _running_lock_holder(data: Path) -> list[int]:
    """What can be known without /proc: the process that the lock file names, if it is a PostgreSQL."""
    pid = lock_holder(data)
    if pid is None:
        return []
    found = subprocess.run(["/bin/ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
    return [pid] if "postgres" in found.stdout else []


def _lives_in(entry: Path, home: Path) -> bool:
    """Whether that process is a PostgreSQL at home in that folder; a process of somebody else cannot be."""
    try:
        return (entry / "comm").read_text() == "postgres\n" and (entry / "cwd").readlink() == home
    except OSError:
        return False


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal processes that may be gone by now."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
