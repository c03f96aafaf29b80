"""What every request passes through, from the outside inwards. Plain ASGI, one concern a module."""
