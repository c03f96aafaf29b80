"""The secret of an embedded run: made once, kept beside its database, readable by nobody else."""

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from gateway.settings import SettingsError

SECRET_BYTES = 32


def embedded_secret(data_dir: Path) -> SecretStr:
    """Read `DATA_DIR/secret`, or write it first: 32 random bytes with mode 0600."""
    path = data_dir / "secret"
    if not path.exists():
        _write(path)
    content = path.read_bytes()
    if len(content) != SECRET_BYTES:
        raise SettingsError(f"DATA_DIR: the file {path} does not hold {SECRET_BYTES} bytes; restore it, or remove it.")
    return SecretStr(content.hex())


def _write(path: Path) -> None:
    """Write under another name and rename, so that a start cut short leaves no half of a secret."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
