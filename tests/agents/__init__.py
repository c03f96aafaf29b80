"""What servers' agents call, over HTTP."""
