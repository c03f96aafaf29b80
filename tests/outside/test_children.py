"""What is run by path beside PostgreSQL: it becomes what it is told to, or ends what it watches."""

import os
import signal
import subprocess
import sys

import pytest

from gateway.postgres import launcher, watcher

STAYS = ("-1", "-1", "0")
"""Who to become: nobody else."""

INTERRUPTIBLE = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
print("ready", flush=True)
time.sleep(60)
"""
"""A program that an interrupt ends, even where the tests run in the background of a shell, which has them ignore it."""


def launched(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The launcher, with its arguments."""
    command = [sys.executable, launcher.__file__, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_launcher_becomes_the_program() -> None:
    ended = launched("0", *STAYS, "/bin/sh", "-c", "echo $0 began; exit 3", "it")
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "it began\n", "")


def test_a_child_whose_parent_is_gone_already_does_not_begin() -> None:
    ours, gone = str(os.getpid()), str(os.getpid() + 1)
    assert launched(ours, *STAYS, "/bin/sh", "-c", "exit 3").returncode == 3
    ended = launched(gone, *STAYS, "/bin/sh", "-c", "exit 3")
    assert ended.returncode == 1
    assert ended.stderr == "The child process could not be set up (the parent process is gone).\n"


@pytest.mark.parametrize("running", [True, False])
def test_the_watcher_interrupts_what_runs_still_when_its_pipe_closes(running: bool) -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTIBLE], stdout=subprocess.PIPE) as watched:
        assert watched.stdout is not None
        assert watched.stdout.readline() == b"ready\n"
        if not running:
            watched.kill()
            watched.wait()
        command = [sys.executable, watcher.__file__, str(watched.pid)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as watching:
            assert watching.stdin is not None
            watching.stdin.write(b"it is never written to, and goes on")
            watching.stdin.flush()
            assert watching.poll() is None
            watching.stdin.close()
            assert watching.wait() == 0
        assert watched.wait() == (-signal.SIGINT if running else -signal.SIGKILL)
