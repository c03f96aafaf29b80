"""The types of the contract, one module for each area of the portal."""

from schema.types import enums

__all__ = ["enums"]
