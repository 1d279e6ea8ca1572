"""Browsing and review in Datasette."""
