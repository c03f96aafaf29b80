"""The API as clients meet it, over HTTP."""
