"""Payments: the provider behind the port, and what stands in for it where there is none."""
