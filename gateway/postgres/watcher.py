"""Stop a process when our standard input closes: how a child dies with its parent where the kernel offers no help.

Run by path with `python -I -S`, in a session of its own. The parent holds the other end of the pipe and never writes.
"""

import contextlib
import os
import signal
import sys


def main(arguments: list[str]) -> None:
    """Wait for the pipe's end, then ask the process to stop."""
    while sys.stdin.buffer.read(1):
        pass
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(arguments[0]), signal.SIGINT)


if __name__ == "__main__":
    main(sys.argv[1:])
