"""Payments: the provider behind the port, what stands in for it, cards, and the provider's messages."""
