"""How many statements each question costs, exactly."""
