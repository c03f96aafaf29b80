"""`gateway demo`."""


def demo() -> None:
    """Placeholder while the loader is written."""
