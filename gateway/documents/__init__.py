"""Invoices and receipts as documents: what they say, how they look as PDF and page, and the routes that serve them."""
