"""What is true: tables, queries, rules and migrations."""
