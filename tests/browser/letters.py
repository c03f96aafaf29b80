"""Letters as the gateway writes them into files, read as their receiver would."""

import re
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

WAIT_SECONDS = 30


class Letters:
    """The folder of letters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def link(self, template: str, to: str) -> str:
        """The link of the newest letter of a kind to an address, waited for; the letter is then put away."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for path in sorted(self.folder.glob(f"*-{template}.eml"), reverse=True):
                letter = message_from_bytes(path.read_bytes(), policy=default)
                if letter["To"] == to:
                    path.unlink()
                    return self._link(letter)
            time.sleep(0.1)
        raise AssertionError(f"no letter {template} to {to} came")

    @staticmethod
    def _link(letter: EmailMessage) -> str:
        plain = letter.get_body(("plain",))
        assert plain is not None
        found = re.search(r"^http\S+$", plain.get_content(), re.MULTILINE)
        assert found is not None, "the letter has no link"
        return found[0]
