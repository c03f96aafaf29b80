"""GraphiQL as a person meets it: headless Chromium against a running gateway."""
