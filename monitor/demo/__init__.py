"""The bundled feeds of `wirewatch demo`: invented items, their rendering, and a loopback server."""
