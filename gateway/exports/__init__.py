"""Downloads behind signed links: how rows are written, how they are sent, and the routes that links lead to."""

from gateway.exports.routes import export_routes

__all__ = ["export_routes"]
