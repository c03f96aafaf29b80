"""Everything that must stay true, tried against the real application and a real PostgreSQL."""
