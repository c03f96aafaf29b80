"""Everything that is wrong with an input, gathered so that it is told at once."""

from collections.abc import Callable
from typing import TypeVar

from models.errors import UserFault, UserFaults

Given = TypeVar("Given")
Stored = TypeVar("Stored")


class Faults:
    """Faults in the order in which they were found, each with the path of its field inside the input."""

    def __init__(self) -> None:
        self.found: list[UserFault] = []

    def add(self, code: str, message: str, *path: str) -> None:
        """One more."""
        self.found.append(UserFault(code, message, path or None))

    def read(self, check: Callable[[Given], Stored], value: Given, *path: str) -> Stored | None:
        """A value as its check gives it; None where it refuses, and its faults are kept with their paths below this."""
        try:
            return check(value)
        except UserFault as fault:
            self.add(fault.code, fault.message, *path, *(fault.field or ()))
        except UserFaults as several:
            for one in several.faults:
                self.add(one.code, one.message, *path, *(one.field or ()))
        return None

    def stop(self) -> None:
        """Raise them, if there are any."""
        if self.found:
            raise UserFaults(self.found)
