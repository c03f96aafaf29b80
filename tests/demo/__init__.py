"""The demo data: complete, consistent, repeatable."""
