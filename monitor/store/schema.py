"""The tables, as sqlite-utils migrations. `describe.py` says what each column means.

A released migration is never edited (tests/monitor/test_upgrade.py holds each to its text): to
change tables, write a new one. All that are pending run in one transaction, so that none may
commit (`executescript` does) nor change a PRAGMA that needs to stand outside of one. Views are no
part of it: each start gives the database those of the program (upgrade.py).
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from monitor.store.schema_later import m002_sources

migrations = Migrations("wirewatch")

_FEEDS = """
CREATE TABLE feeds (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  kind TEXT NOT NULL,
  interval INTEGER NOT NULL,
  timezone TEXT NOT NULL,
  encoding TEXT NOT NULL,
  full_text INTEGER NOT NULL,
  page TEXT NOT NULL,
  host TEXT NOT NULL,
  subscribed INTEGER NOT NULL,
  health TEXT NOT NULL,
  health_note TEXT NOT NULL,
  health_since_at TEXT,
  health_rounds INTEGER NOT NULL,
  alerted TEXT NOT NULL,
  alerted_at TEXT,
  failures INTEGER NOT NULL,
  added_at TEXT NOT NULL,
  next_poll_at TEXT NOT NULL,
  last_poll_at TEXT,
  last_success_at TEXT,
  last_new_at TEXT,
  etag TEXT NOT NULL,
  last_modified TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  full_at TEXT,
  fixed INTEGER NOT NULL,
  pace INTEGER NOT NULL,
  hints TEXT NOT NULL,
  rest_until_at TEXT,
  moved_to TEXT NOT NULL,
  moved_polls INTEGER NOT NULL,
  moved_seen_at TEXT
)"""

_POLLS = """
CREATE TABLE polls (
  id INTEGER PRIMARY KEY,
  feed INTEGER NOT NULL REFERENCES feeds(id),
  started_at TEXT NOT NULL,
  seconds REAL NOT NULL,
  status TEXT NOT NULL,
  http_status INTEGER,
  bytes INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  new INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  skipped_why TEXT NOT NULL,
  overlap INTEGER,
  baseline INTEGER NOT NULL,
  error TEXT NOT NULL,
  note TEXT NOT NULL,
  gap_since_at TEXT,
  missed INTEGER
)"""

_EVIDENCE = """
CREATE TABLE evidence (
  id INTEGER PRIMARY KEY,
  feed INTEGER NOT NULL REFERENCES feeds(id),
  url TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  http_status INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  same_as INTEGER REFERENCES evidence(id),
  file TEXT NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  record TEXT NOT NULL,
  address TEXT NOT NULL,
  tls_certificate TEXT NOT NULL,
  tls_subject TEXT NOT NULL,
  removed_at TEXT
)"""

_STORIES = """
CREATE TABLE stories (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  language TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  items INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  origins INTEGER NOT NULL,
  press_lag INTEGER,
  merged_into INTEGER REFERENCES stories(id)
)"""

_ITEMS = """
CREATE TABLE items (
  id INTEGER PRIMARY KEY,
  feed INTEGER NOT NULL REFERENCES feeds(id),
  url TEXT NOT NULL,
  guid TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  language TEXT NOT NULL,
  author TEXT NOT NULL,
  published_at TEXT,
  published_raw TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  changed_at TEXT,
  story INTEGER NOT NULL REFERENCES stories(id),
  relation TEXT NOT NULL,
  of_item INTEGER REFERENCES items(id),
  why TEXT NOT NULL DEFAULT '',
  revisions INTEGER NOT NULL,
  url_key TEXT NOT NULL,
  title_key TEXT NOT NULL,
  text_key TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  evidence INTEGER REFERENCES evidence(id)
)"""

_APPEARANCES = """
CREATE TABLE appearances (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES items(id),
  feed INTEGER NOT NULL REFERENCES feeds(id),
  guid TEXT NOT NULL,
  url TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  gone_at TEXT,
  vanished INTEGER NOT NULL,
  UNIQUE (feed, item)
)"""

_REVISIONS = """
CREATE TABLE revisions (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES items(id),
  number INTEGER NOT NULL,
  feed INTEGER NOT NULL REFERENCES feeds(id),
  seen_at TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  change TEXT NOT NULL,
  entities_added TEXT NOT NULL,
  entities_removed TEXT NOT NULL,
  evidence INTEGER REFERENCES evidence(id),
  UNIQUE (item, number)
)"""

_WATCHLIST_VERSIONS = """
CREATE TABLE watchlist_versions (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  loaded_at TEXT NOT NULL,
  retagged_at TEXT,
  entities INTEGER NOT NULL,
  names INTEGER NOT NULL
)"""

_ENTITIES = """
CREATE TABLE entities (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  sector TEXT NOT NULL,
  province TEXT NOT NULL,
  county TEXT NOT NULL,
  latitude REAL,
  longitude REAL,
  precision TEXT NOT NULL,
  part_of TEXT REFERENCES entities(id) DEFERRABLE INITIALLY DEFERRED,
  watched INTEGER NOT NULL,
  watchlist TEXT NOT NULL
)"""

_NAMES = """
CREATE TABLE names (
  id INTEGER PRIMARY KEY,
  entity TEXT NOT NULL REFERENCES entities(id),
  language TEXT NOT NULL,
  text TEXT NOT NULL,
  confidence TEXT NOT NULL,
  origin TEXT NOT NULL,
  needs_context INTEGER NOT NULL,
  watched INTEGER NOT NULL,
  UNIQUE (entity, language, text)
)"""

_MENTIONS = """
CREATE TABLE mentions (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES items(id),
  entity TEXT NOT NULL REFERENCES entities(id),
  state TEXT NOT NULL,
  alias TEXT NOT NULL,
  surface TEXT NOT NULL,
  language TEXT NOT NULL,
  field TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  snippet TEXT NOT NULL,
  rule TEXT NOT NULL,
  watchlist_version INTEGER NOT NULL REFERENCES watchlist_versions(id),
  found_at TEXT NOT NULL
)"""

_ALERTS = """
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  channel TEXT NOT NULL,
  story INTEGER REFERENCES stories(id),
  item INTEGER REFERENCES items(id),
  feed INTEGER REFERENCES feeds(id),
  relation TEXT NOT NULL,
  occasion TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('held', 'pending', 'sending', 'sent', 'dead')),
  min_origins INTEGER NOT NULL,
  batch TEXT NOT NULL,
  sent_with INTEGER REFERENCES alerts(id),
  attempts INTEGER NOT NULL,
  in_doubt INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  next_try_at TEXT NOT NULL,
  sent_at TEXT,
  last_error TEXT NOT NULL,
  message_key TEXT NOT NULL UNIQUE,
  thread TEXT NOT NULL,
  payload TEXT NOT NULL,
  UNIQUE (rule, channel, story, occasion)
)"""

_SIGNATURES = """
CREATE TABLE signatures (
  item INTEGER PRIMARY KEY REFERENCES items(id),
  rows BLOB NOT NULL,
  words TEXT NOT NULL,
  engine TEXT NOT NULL
)"""

_LINKS = """
CREATE TABLE links (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES items(id),
  story INTEGER NOT NULL REFERENCES stories(id),
  relation TEXT NOT NULL,
  score REAL NOT NULL,
  why TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected')),
  created_at TEXT NOT NULL,
  UNIQUE (item, story)
)"""

_MENDS = """
CREATE TABLE mends (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('merge', 'split')),
  story INTEGER NOT NULL REFERENCES stories(id),
  other INTEGER NOT NULL REFERENCES stories(id),
  item INTEGER REFERENCES items(id),
  mended_at TEXT NOT NULL,
  note TEXT NOT NULL
)"""

# Read and written in the order of its key alone, so it has no rowid.
_STORY_FACETS = """
CREATE TABLE story_facets (
  facet TEXT NOT NULL,
  value TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  story INTEGER NOT NULL REFERENCES stories(id),
  feed INTEGER NOT NULL REFERENCES feeds(id),
  confirmed INTEGER NOT NULL,
  PRIMARY KEY (facet, value, seen_at, story)
) WITHOUT ROWID"""

_TOMBSTONES = """
CREATE TABLE tombstones (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  feed INTEGER REFERENCES feeds(id),
  buried_at TEXT NOT NULL,
  note TEXT NOT NULL
)"""

_ARTICLES = """
CREATE TABLE articles (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL UNIQUE REFERENCES items(id),
  feed INTEGER NOT NULL REFERENCES feeds(id),
  url TEXT NOT NULL,
  host TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'fetched', 'refused', 'failed', 'skipped')),
  baseline INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  hops INTEGER NOT NULL,
  next_try_at TEXT,
  fetched_at TEXT,
  http_status INTEGER,
  text TEXT NOT NULL,
  chars INTEGER NOT NULL,
  why TEXT NOT NULL,
  evidence INTEGER REFERENCES evidence(id)
)"""

_HEALTH_CHANGES = """
CREATE TABLE health_changes (
  id INTEGER PRIMARY KEY,
  feed INTEGER REFERENCES feeds(id),
  state TEXT NOT NULL,
  before TEXT NOT NULL,
  since_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  note TEXT NOT NULL,
  advice TEXT NOT NULL,
  alerted_at TEXT
)"""

_INDEXES = (
    (
        "CREATE INDEX articles_waiting ON articles (host, baseline, next_try_at, id) "
        "WHERE state = 'waiting'"
    ),
    "CREATE INDEX articles_feed ON articles (feed, state, why, baseline, id)",
    "CREATE INDEX articles_url ON articles (url)",
    "CREATE INDEX articles_fetched ON articles (fetched_at, item) WHERE state = 'fetched'",
    "CREATE INDEX health_changes_feed ON health_changes (feed)",
    (
        "CREATE INDEX polls_arrivals ON polls (feed, started_at) "
        "WHERE overlap < new + changed + unchanged"
    ),
    "CREATE INDEX items_content_hash ON items (content_hash)",
    "CREATE INDEX items_of_item ON items (of_item) WHERE of_item IS NOT NULL",
    "CREATE INDEX links_story ON links (story)",
    "CREATE INDEX tombstones_key ON tombstones (key)",
    "CREATE INDEX feeds_due ON feeds (next_poll_at) WHERE subscribed = 1",
    "CREATE INDEX polls_feed ON polls (feed, started_at, status)",
    "CREATE INDEX polls_started ON polls (started_at)",
    (
        "CREATE INDEX polls_gaps ON polls (feed, started_at, gap_since_at, overlap, seen) "
        "WHERE gap_since_at IS NOT NULL"
    ),
    "CREATE INDEX revisions_removed ON revisions (seen_at) WHERE entities_removed <> '[]'",
    "CREATE INDEX story_facets_story ON story_facets (story, facet, value)",
    "CREATE INDEX evidence_sha256 ON evidence (sha256) WHERE same_as IS NULL",
    "CREATE INDEX evidence_file ON evidence (file, offset)",
    "CREATE INDEX stories_seen ON stories (first_seen_at)",
    "CREATE INDEX stories_merged ON stories (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE UNIQUE INDEX items_url_key ON items (url_key) WHERE url_key <> ''",
    "CREATE INDEX items_title_key ON items (title_key)",
    "CREATE INDEX items_text_key ON items (text_key) WHERE text_key <> ''",
    "CREATE INDEX items_first_seen ON items (first_seen_at)",
    "CREATE INDEX items_story ON items (story, relation, feed, first_seen_at)",  # a story's counts
    "CREATE INDEX items_feed ON items (feed, first_seen_at)",
    "CREATE INDEX appearances_item ON appearances (item)",
    "CREATE INDEX appearances_guid ON appearances (feed, guid) WHERE guid <> ''",
    "CREATE INDEX appearances_window ON appearances (feed) WHERE gone_at IS NULL",
    "CREATE INDEX mentions_item ON mentions (item)",
    "CREATE INDEX mentions_entity ON mentions (entity, found_at)",
    "CREATE INDEX mentions_alias ON mentions (entity, alias, state, item)",
    "CREATE INDEX alerts_waiting ON alerts (channel, next_try_at) WHERE state = 'pending'",
    "CREATE INDEX alerts_story ON alerts (story)",
    "CREATE INDEX alerts_item ON alerts (item)",
    "CREATE INDEX alerts_alone ON alerts (channel, created_at) WHERE batch = ''",
    "CREATE INDEX alerts_batch ON alerts (channel, batch) WHERE batch <> ''",
    "CREATE INDEX alerts_sent_with ON alerts (sent_with) WHERE sent_with IS NOT NULL",
)

# Contentless: the words live in items and articles, only the index is kept here. The text goes in
# segmented (search.py), since unicode61 alone finds no Korean, Chinese or Japanese word.
_SEARCH = (
    "CREATE VIRTUAL TABLE items_search USING fts5 "
    "(title, text, article, content='', tokenize=\"unicode61 remove_diacritics 2\")"
)

_TABLES = (
    _FEEDS,
    _POLLS,
    _EVIDENCE,
    _STORIES,
    _ITEMS,
    _APPEARANCES,
    _REVISIONS,
    _WATCHLIST_VERSIONS,
    _ENTITIES,
    _NAMES,
    _MENTIONS,
    _ALERTS,
    _SIGNATURES,
    _LINKS,
    _MENDS,
    _TOMBSTONES,
    _STORY_FACETS,
    _HEALTH_CHANGES,
    _ARTICLES,
)


@migrations()
def m001_tables(db: Database) -> None:
    """The tables of the first release."""
    for statement in (*_TABLES, *_INDEXES, _SEARCH):
        db.execute(statement)


migrations()(m002_sources)
