"""What stands in for Stripe in the demo and in tests: a child process that lives exactly as long as we do."""

import json
import os
import secrets
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from gateway.settings import Settings

ROOT = Path(__file__).parents[3]
HOST = "127.0.0.1"
PATIENCE = 5.0


class StandIn:
    """One stand-in. With a folder it remembers; its messages go to the address, where one is given.

    Whoever calls before it is ready waits for the answer: the socket is ours, and open from the start.
    """

    def __init__(self, folder: Path | None = None, webhook_url: str | None = None) -> None:
        self._folder = folder
        self._webhook_url = webhook_url
        self._secret_key = f"sk_test_{secrets.token_hex(16)}"
        self._webhook_secret = f"whsec_{secrets.token_hex(16)}"
        self._process: subprocess.Popen[bytes] | None = None
        self.base = ""

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @staticmethod
    def installed() -> bool:
        """Whether there is what it is made of: localstripe comes with the environment of those who develop."""
        return find_spec("localstripe") is not None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start on a free port of this machine alone."""
        if self._folder is not None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with socket.create_server((HOST, 0)) as listener:
            self.base = f"http://{HOST}:{listener.getsockname()[1]}"
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "STAND_IN": self._configuration(listener)},
                pass_fds=(listener.fileno(),),
                start_new_session=True,
            )

    def _configuration(self, listener: socket.socket) -> str:
        return json.dumps(
            {
                "folder": str(self._folder.absolute()) if self._folder else None,
                "socket": listener.fileno(),
                "secret_key": self._secret_key,
                "webhook_url": self._webhook_url,
                "webhook_secret": self._webhook_secret,
            }
        )

    def stop(self) -> None:
        """Stop at once: what it has answered is on disk."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def named_in(self, settings: "Settings") -> "Settings":
        """The settings with the stand-in as the payment provider."""
        from pydantic import SecretStr  # noqa: PLC0415 (the child process imports this module, and needs no settings)

        provider = {
            "stripe_secret_key": SecretStr(self._secret_key),
            "stripe_webhook_secret": SecretStr(self._webhook_secret),
            "stripe_api_base": self.base,
        }
        return settings.model_copy(update=provider)
