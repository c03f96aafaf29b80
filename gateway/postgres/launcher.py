"""Turn this fresh process into a child that gives up root and dies with its parent, then into the program itself.

Run by path with `python -I -S`: a process of its own may change who it is, where a fork in a program with threads may
not. Arguments: the parent's pid (0: do not die with it); uid and gid to become (-1: stay who we are); 1 where closed
folders must be reached, else 0; then the program and its arguments.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522


def call(libc: ctypes.CDLL, name: str, *arguments: object) -> None:
    """Call a function of the C library and raise its errno, which ctypes does not do by itself."""
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def give_up_root(libc: ctypes.CDLL, uid: int, gid: int, reach: bool) -> None:
    """Become another user, who may still walk through closed folders where program or data lie below one.

    Without the fixup of capabilities on a change of user nothing is lost by it, so all but that one are given up here;
    `access`, by which PostgreSQL looks for its programs, would otherwise ask as somebody who has none.
    """
    if reach:
        call(libc, "prctl", PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if reach:
        mask = 1 << CAP_DAC_READ_SEARCH
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        call(libc, "capset", header, sets)
        call(libc, "prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0)


def die_with_parent(libc: ctypes.CDLL, parent: int) -> None:
    """Have the kernel interrupt us when the parent is gone, however it went; it may be gone already."""
    call(libc, "prctl", PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:
        raise OSError("the parent process is gone")


def main(arguments: list[str]) -> None:
    """Change who we are, then become the program."""
    parent, uid, gid, reach = (int(argument) for argument in arguments[:4])
    libc = ctypes.CDLL(None, use_errno=True)
    if uid >= 0:
        give_up_root(libc, uid, gid, bool(reach))
    if parent > 0:
        die_with_parent(libc, parent)
    os.execv(arguments[4], arguments[4:])  # noqa: S606 - becoming that program is the point


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"The child process could not be set up ({error}).")
