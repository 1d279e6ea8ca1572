"""What the desk's pages read: one function a page, on any read-only connection.

Every function takes a plain `sqlite3.Connection` to the database, with `reviews.db` attached as
schema `reviews` or without it: then nothing has been judged. None of them writes.
"""
