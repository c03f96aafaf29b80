"""The statements: rows by id, lists and pages of many parents at once, and counts."""
