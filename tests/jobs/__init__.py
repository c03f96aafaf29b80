"""Jobs and mail: enqueued with what causes them, done once, and never lost."""
