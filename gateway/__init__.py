"""The front door: settings, ASGI application, routes, middleware and command line."""
