"""Facts in, messages out. Knows no feed and no SQL."""
