"""Programs that use the API as a client would."""
