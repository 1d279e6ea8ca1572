"""Several workers on one PostgreSQL database: who polls what, and who may still store it."""
