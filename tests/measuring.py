"""What tests reach in processes that they start, for a run that is measured."""

import os
import subprocess
from functools import wraps
from typing import Any

MEASURED_BY = "COVERAGE_PROCESS_CONFIG"
"""The variable by which coverage tells children how to measure themselves."""


def measure_children() -> None:
    """Have children measured where we are, also those that are started in an environment of their own."""
    told = os.environ.get(MEASURED_BY)
    if told is None:
        return
    popen: Any = subprocess.Popen
    start = popen.__init__

    @wraps(start)
    def measured(self: Any, *arguments: Any, env: Any = None, **options: Any) -> None:
        start(self, *arguments, env=None if env is None else {**env, MEASURED_BY: told}, **options)

    popen.__init__ = measured
