"""Functions of SQLite's that the statements use, made in the database under the same names.

Plain SQL, so that the planner sees through them: an index serves `items.id = key.value` although
the key is a text out of a JSON list, since the comparison unfolds to `items.id = value::bigint`.
"""

from __future__ import annotations

FUNCTIONS: tuple[str, ...] = (
    # json_each: the lists of keys that a statement is asked with.
    """
    CREATE FUNCTION each_of(text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT jsonb_array_elements_text($1::jsonb) COLLATE "C" $$
    """,
    """
    CREATE FUNCTION number_is(bigint, text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT $1 = $2::bigint $$
    """,
    "CREATE OPERATOR = (LEFTARG = bigint, RIGHTARG = text, FUNCTION = number_is)",
    """
    CREATE FUNCTION min(anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE least($1, $2) END $$
    """,
    """
    CREATE FUNCTION max(anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE greatest($1, $2) END $$
    """,
    """
    CREATE FUNCTION iif(boolean, anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN $1 THEN $2 ELSE $3 END $$
    """,
    """
    CREATE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT strpos($1, $2) $$
    """,
    """
    CREATE FUNCTION substr(text, bigint, bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT substr($1, $2::integer, $3::integer) $$
    """,
    """
    CREATE FUNCTION round(double precision, integer) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT round($1::numeric, $2)::double precision $$
    """,
    """
    CREATE FUNCTION json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT ($1::jsonb ->> substr($2, 3)) COLLATE "C" $$
    """,
    # Times are stored in UTC, in ISO 8601: date() cuts them, julianday() counts days.
    """
    CREATE FUNCTION day_of(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT substr($1, 1, 10) COLLATE "C" $$
    """,
    """
    CREATE FUNCTION day_of(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT to_char(substr($1, 1, 10)::date + $2::interval, 'YYYY-MM-DD') COLLATE "C" $$
    """,
    """
    CREATE FUNCTION julianday(text) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT extract(epoch FROM $1::timestamp AT TIME ZONE 'UTC')::double precision / 86400
        + 2440587.5 $$
    """,
    """
    CREATE FUNCTION counted(double precision, boolean) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN $2 THEN $1 + 1 ELSE $1 END $$
    """,
    "CREATE AGGREGATE total(boolean) (SFUNC = counted, STYPE = double precision, INITCOND = 0)",
    """
    CREATE FUNCTION joined(text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || ',' || $2 END $$
    """,
    "CREATE AGGREGATE group_concat(text) (SFUNC = joined, STYPE = text)",
    """
    CREATE FUNCTION joined_by(text, text, text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || $3 || $2 END $$
    """,
    "CREATE AGGREGATE group_concat(text, text) (SFUNC = joined_by, STYPE = text)",
)
