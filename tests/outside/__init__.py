"""The gateway as its operator sees it: processes, signals, settings and the command line."""
