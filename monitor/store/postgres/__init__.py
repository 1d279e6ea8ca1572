"""The store on PostgreSQL: the same statements, translated, on a connection that looks the same."""
