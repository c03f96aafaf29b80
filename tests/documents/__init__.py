"""Invoices and receipts as PDF and page."""
