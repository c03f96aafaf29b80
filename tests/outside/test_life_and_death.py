"""Server and PostgreSQL live and die together, however either of them ends, and the next start recovers."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.databases import execute, run
from tests.outside.processes import GatewayProcess, free_port, run_gateway, wait_until, words_of

Kill = Callable[[GatewayProcess], list[int]]


@pytest.fixture(scope="module")
def only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """The one gateway of these tests: each begins with what the one before has left of it."""
    process = GatewayProcess(tmp_path_factory.mktemp("life"))
    yield process
    process.clear()


@pytest.fixture
def gateway(only: GatewayProcess) -> GatewayProcess:
    """A gateway that is running."""
    if not only.running:
        only.start()
    return only


async def answer(dsn: str, question: str) -> object:
    """One value from a database."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def keep(gateway: GatewayProcess, mark: str) -> None:
    """Commit a row that must survive whatever comes."""
    run(execute(gateway.dsn, "CREATE TABLE IF NOT EXISTS kept (mark text)", f"INSERT INTO kept VALUES ('{mark}')"))


def kept(gateway: GatewayProcess, mark: str) -> bool:
    """Whether that row is there."""
    return run(answer(gateway.dsn, f"SELECT count(*) FROM kept WHERE mark = '{mark}'")) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_stops_both_cleanly(gateway: GatewayProcess, number: signal.Signals) -> None:
    assert gateway.end(gateway.process.pid, number=number) == 0
    assert gateway.left_running == []
    assert "Stopped." in gateway.output
    last_line = (gateway.data_dir / "postgres.log").read_text().splitlines()[-1]
    assert "database system is shut down" in last_line


def server(gateway: GatewayProcess) -> list[int]:
    """The server alone."""
    return [gateway.process.pid]


def postgres(gateway: GatewayProcess) -> list[int]:
    """PostgreSQL's first process alone."""
    return [gateway.postgres_pid]


def server_then_postgres(gateway: GatewayProcess) -> list[int]:
    """Both, the server first."""
    return [gateway.process.pid, gateway.postgres_pid]


def postgres_then_server(gateway: GatewayProcess) -> list[int]:
    """Both, PostgreSQL first."""
    return [gateway.postgres_pid, gateway.process.pid]


def everything(gateway: GatewayProcess) -> list[int]:
    """The server and every process of PostgreSQL."""
    return [gateway.process.pid, *gateway.left_running]


@pytest.mark.parametrize(
    ("victims", "status"),
    [
        (server, -signal.SIGKILL),
        (postgres, 1),
        (server_then_postgres, -signal.SIGKILL),
        (postgres_then_server, -signal.SIGKILL),
        (everything, -signal.SIGKILL),
    ],
)
def test_a_kill_leaves_nothing_running_and_the_next_start_recovers(
    gateway: GatewayProcess, victims: Kill, status: int
) -> None:
    mark = victims.__name__
    keep(gateway, mark)
    assert gateway.end(*victims(gateway)) == status
    wait_until(lambda: gateway.left_running == [], "PostgreSQL gone")
    gateway.start()
    assert kept(gateway, mark)


def test_a_lost_database_is_said_in_a_sentence(gateway: GatewayProcess) -> None:
    gateway.end(gateway.postgres_pid)
    assert "PostgreSQL has ended, and so do we" in gateway.output
    assert "Traceback" not in gateway.output


def test_a_start_right_after_a_kill_waits_for_what_is_still_ending(gateway: GatewayProcess) -> None:
    keep(gateway, "hurry")
    gateway.end(gateway.process.pid)
    gateway.start()
    assert kept(gateway, "hurry")


def test_a_second_gateway_on_the_same_data_is_refused(gateway: GatewayProcess) -> None:
    second = run_gateway("serve", DATA_DIR=str(gateway.data_dir), PORT=str(free_port()))
    assert second.returncode == 1
    assert words_of(second.stderr).startswith(f"Another gateway runs on {gateway.data_dir}")
    assert gateway.process.poll() is None
    assert gateway.left_running != []


def test_two_gateways_run_side_by_side(gateway: GatewayProcess, tmp_path: Path) -> None:
    other = GatewayProcess(tmp_path)
    try:
        other.start()
        keep(other, "other")
        keep(gateway, "first")
        assert (kept(gateway, "other"), kept(other, "first")) == (False, False)
        assert other.end(other.process.pid, number=signal.SIGTERM) == 0
        assert gateway.process.poll() is None
        assert gateway.left_running != []
    finally:
        other.clear()


def test_commands_beside_a_running_gateway_use_its_database(gateway: GatewayProcess) -> None:
    beside = run_gateway("migrate", DATA_DIR=str(gateway.data_dir))
    assert beside.returncode == 0, beside.stderr
    assert "already" in beside.stdout
    assert gateway.process.poll() is None
