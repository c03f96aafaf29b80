"""What the lists promise, compared with plain Python over the rows."""
