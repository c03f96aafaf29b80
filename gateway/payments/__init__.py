"""Payments: the provider behind the port, and what stands in for it where there is none."""

WEBHOOKS = "/webhooks/payments"
"""Where the provider's messages arrive."""
