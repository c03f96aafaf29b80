"""The books: what they hold, and what they refuse."""
