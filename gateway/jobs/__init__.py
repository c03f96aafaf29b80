"""The worker's side of jobs: what each kind does, how often it is tried, and who does it."""
