"""Who may do what: signing in, credentials, and guards by every way to what they guard."""
