"""Tables, constraints, triggers and migrations, as the database itself holds them."""
