"""Demo data: an enterprise, its customers and a crowd, all invented, under example domains and addresses."""

from gateway.demo.loading import (
    LARGE_ACCOUNTS,
    LARGE_SERVERS,
    SMALL_ACCOUNTS,
    SMALL_SERVERS,
    DemoExistsError,
    Progress,
    load,
)

__all__ = [
    "LARGE_ACCOUNTS",
    "LARGE_SERVERS",
    "SMALL_ACCOUNTS",
    "SMALL_SERVERS",
    "DemoExistsError",
    "Progress",
    "load",
]
