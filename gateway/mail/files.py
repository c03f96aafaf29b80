"""Letters as files, for installations without a mail server."""

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from gateway.mail.messages import message_of
from resolvers.ports import Mail

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FileMailer:
    """Writes each letter into a folder that nobody else may read. A letter that is sent again is the same file."""

    folder: Path
    sender: str

    async def send(self, mail: Mail) -> None:
        """Write a letter, and log where it is; what it says stays in it."""
        content = message_of(mail, self.sender, datetime.now(UTC), readable=True).as_bytes()
        path = self.folder / f"{mail.reference}-{mail.template}.eml"
        await asyncio.to_thread(_write, path, content)
        _log.info("mail.written", template=mail.template, path=str(path))


def _write(path: Path, content: bytes) -> None:
    """Write under another name and rename, so that nobody finds half of a letter."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
