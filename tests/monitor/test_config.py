"""The configuration: what it means, every way to get it wrong, and that the page about it is true."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from alerts.rules import Rule
from alerts.schedule import read_quiet, read_schedule
from alerts.secrets import Secret
from alerts.settings import (
    AppriseSettings,
    EmailSettings,
    SlackBotSettings,
    SlackSettings,
    WebhookSettings,
)
from feeds.feed_keys import FEED_KEYS, KINDS
from feeds.page_keys import PAGE_KEYS
from feeds.tables import Source, read_table
from feeds.types import Feed, PageRules
from monitor import config_keys
from monitor.config import (
    DEFAULT_DATABASE,
    DEFAULT_LISTS,
    DEFAULT_WATCHLISTS,
    FetchConfig,
    LogConfig,
    bundled_watchlists,
    check_rules,
    find,
    init_files,
    load,
)
from monitor.config_access import ACCESS_KEYS
from monitor.config_desk import DESK_KEYS, TOKEN_KEYS, USER_KEYS, DeskConfig, Token, User
from monitor.config_health import HEALTH_KEYS, HealthConfig
from monitor.config_keeping import (
    EVIDENCE_KEYS,
    RETENTION_KEYS,
    EvidenceConfig,
    RetentionConfig,
)
from monitor.config_metrics import METRICS_KEYS, MetricsConfig
from monitor.errors import ConfigError
from monitor.types import Entity, Name, Watchlist
from monitor.watchlist import bundled

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "hunter2-T0K3N"
HOOK = f"https://hooks.example/services/{TOKEN}"
ENVIRON = {"HOOK": HOOK, "PASSWORD": TOKEN, "EMPTY": ""}

BASE = 'watchlists = ["own.toml"]\n'
SLACK = '[channel.desk]\ntype = "slack"\nwebhook_url = "env:HOOK"\n'
MAIL = """\
[channel.mail]
type = "email"
host = "smtp.example.org"
sender = "Wirewatch <watch@example.org>"
to = ["desk@example.org"]
"""
FEEDS = """\
[[feed]]
url = "https://a.example/rss"
name = "Alpha"

[[feed]]
url = "https://b.example/rss"
name = "Beta"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with all that the configurations of this file name, which is also the current one."""
    monkeypatch.chdir(tmp_path)
    files = {
        "own.toml": b"",
        "feeds.toml": FEEDS.encode(),
        "none.toml": b"# no feed yet\n",
        "broken.toml": b"[[feed]\n",
        "twin.toml": b'# one more\n[[feed]]\nurl = "https://A.example:443/rss#x"\n',
        "more.opml": b"<opml><outline text='Gamma' xmlUrl='https://c.example/rss'/></opml>",
        "secret": f"{HOOK}\n".encode(),
        "password": f"{TOKEN}\r\n".encode(),
        "empty": b"\n",
        "latin1": b"caf\xe9",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "sub").mkdir()
    return tmp_path


def read(text, **options):
    """Load a configuration; `text` stands in ./wirewatch.toml."""
    path = Path("wirewatch.toml")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path, environ=ENVIRON, **options)


def complaints(text, **options):
    with pytest.raises(ConfigError) as caught:
        read(text, **options)
    assert str(caught.value) == "\n".join(caught.value.lines)
    return list(caught.value.lines)


def test_a_configuration_with_everything(folder):
    config = read(
        """
        database = "sub/w.db"
        watchlists = ["own.toml"]
        feeds = ["feeds.toml", "more.opml"]
        [fetch]
        allow_private_addresses = true
        host_gap = 0.5
        contact = "desk@example.org"
        interval = "30m"
        concurrency = 8
        ca_file = "own.toml"
        [log]
        level = "debug"
        format = "json"
        [channel.desk]
        type = "slack"
        webhook_url = "file:secret"
        [channel.mail]
        type = "email"
        host = "smtp.example.org"
        sender = "Wirewatch <watch@example.org>"
        to = ["desk@example.org"]
        port = 2525
        security = "tls"
        username = "me"
        password = "file:password"
        timeout = 30
        data_timeout = 60
        [[alert]]
        name = "all"
        to = ["desk", "mail"]
        [[alert]]
        name = "some"
        to = ["desk"]
        entities = ["a"]
        sectors = ["b"]
        kinds = ["c"]
        provinces = ["d"]
        feeds = ["alpha", "https://c.example/rss"]
        source_kinds = ["press"]
        languages = ["ko"]
        words = ["dam*"]
        exclude = ["game"]
        """
    )
    assert config.path == Path("wirewatch.toml")
    assert config.database == folder / "sub" / "w.db"
    assert config.watchlists == (folder / "own.toml",)
    assert config.feed_lists == (folder / "feeds.toml", folder / "more.opml")
    assert [feed.name for feed in config.feeds] == ["Alpha", "Beta", "Gamma"]
    assert config.fetch == FetchConfig(
        allow_private_addresses=True,
        host_gap=0.5,
        contact="desk@example.org",
        interval=1800,
        concurrency=8,
        ca_file=folder / "own.toml",
    )
    assert config.log == LogConfig(level="debug", format="json")
    assert config.channels == {
        "desk": SlackSettings(name="desk", webhook_url=Secret(HOOK)),
        "mail": EmailSettings(
            name="mail",
            host="smtp.example.org",
            sender="Wirewatch <watch@example.org>",
            to=("desk@example.org",),
            port=2525,
            security="tls",
            username="me",
            password=Secret(TOKEN),
            timeout=30,
            data_timeout=60,
        ),
    }
    assert config.rules == (
        Rule(name="all", to=("desk", "mail")),
        Rule(
            name="some",
            to=("desk",),
            entities=("a",),
            sectors=("b",),
            kinds=("c",),
            provinces=("d",),
            feeds=("alpha", "https://c.example/rss"),
            source_kinds=("press",),
            languages=("ko",),
            words=("dam*",),
            exclude=("game",),
        ),
    )
    assert TOKEN not in repr(config)


def test_paths_start_at_the_folder_of_the_file(folder):
    (folder / "wirewatch.toml").write_text(BASE)
    os.chdir(folder / "sub")
    config = load(Path("../wirewatch.toml"), environ={})
    assert config.database.parent.samefile(folder)
    assert config.database.is_absolute()
    assert config.feed_lists[0].samefile(folder / "feeds.toml")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("", ("desk",)),
        ("[health]\noff = true\n", ()),
        ("[health]\nto = ['mail', 'desk']\n", ("mail", "desk")),
        ("[health]\nafter_rounds = 1\n", ("desk",)),
    ],
)
def test_health_is_told_on_the_first_channel_unless_another_is_named(table, told):
    config = read(BASE + SLACK + MAIL + table)
    assert config.health.channels(config.channels) == told
    assert read(BASE + table.replace("to = ['mail', 'desk']", "")).health.channels({}) == ()


SECRET = 'must be "env:NAME" (an environment variable) or "file:PATH", never the secret itself'
MAILBOX = "is not an ASCII mail address"
SECONDS = "must be a number of seconds from 0 to 3600"
INTERVAL = 'must be seconds, or text such as "15m", "2h" or "1d", from 60 seconds to 7 days'
CONTACT = 'must be a mail address or a URL, such as "desk@example.org", or ""'
ALERT = '[[alert]]\nname = "x"\nto = ["desk"]\n'

WRONG = [
    # TOML itself
    ("database = \n", "1: is not TOML: Invalid value (column 12)"),
    (BASE + "feeds = [\n", "2: is not TOML: Invalid value"),
    (BASE + BASE, "2: is not TOML: Cannot overwrite a value (column 26)"),
    (BASE.encode() + b"database = '\xff'\n", "2: is not UTF-8 text; save the file as UTF-8"),
    # the top
    (BASE + "databse = 'x.db'\n", '2: databse: unknown key; did you mean "database"?'),
    (BASE + "host_gap = 5\n", "2: host_gap: unknown key; it belongs in [fetch]"),
    (BASE + "level = 'info'\n", "2: level: unknown key; it belongs in [log]"),
    (BASE + "[fetch]\nfeeds = ['feeds.toml']\n", "3: fetch.feeds: unknown key; it belongs at the top, above the first [table]"),
    (BASE + "zzz = 1\n", f"2: zzz: unknown key; the keys are {', '.join(config_keys.TOP_KEYS)}"),
    (BASE + '"a b" = 1\n', f'2: "a b": unknown key; the keys are {", ".join(config_keys.TOP_KEYS)}'),
    (BASE + "database = 5\n", "2: database: must be text, in quotes (is 5)"),
    (BASE + "database = ''\n", '2: database: must not be empty (is "")'),
    (BASE + "database = 'sub'\n", "2: database: must be a file: sub is a folder"),
    (BASE + "database = 'no/w.db'\n", "2: database: no such folder: no; make it first"),
    (BASE + f"database = '{'x' * 300}/w.db'\n", f"2: database: {'x' * 300}/w.db: cannot be read: File name too long"),
    (BASE + "database = ':memory:'\n", '2: database: must be a file: evidence is kept (is ":memory:")'),
    (
        BASE + f"database = 'postgresql://me:{TOKEN}@db.example/w'\n",
        '2: database: must not hold a password (is "postgresql://db.example/…"; keep the URL in a variable or a file, and write "env:NAME" or "file:PATH")',
    ),
    (BASE + f"database = 'postgres://db.example/w?password={TOKEN}'\n", '2: database: must not hold a password (is "postgres://db.example/…"; keep the URL in a variable or a file, and write "env:NAME" or "file:PATH")'),
    (BASE + "database = 'mysql://db.example/w'\n", '2: database: must be a file or a PostgreSQL database (is "mysql://db.example/…"; write a path such as "wirewatch.db", or "postgresql://…")'),
    (BASE + "database = 'env:NO_SUCH'\n", "2: database: the environment variable NO_SUCH is not set"),
    (BASE + "database = 'env:NO SUCH'\n", '2: database: must be "env:NAME" (an environment variable) or "file:PATH", never the secret itself (is "env:NO SUCH")'),
    (BASE + "database = 'file:no-such'\n", "2: database: the secret file no-such: no such file"),
    (BASE + "database = 'env:PASSWORD'\n", "2: database: what env:PASSWORD holds is no URL such as postgresql://user:password@host/db"),
    ("watchlists = 'own.toml'\n", '1: watchlists: must be a list, in brackets (is "own.toml"; write ["own.toml"])'),
    ("watchlists = []\n", "1: watchlists: must not be empty"),
    ("watchlists = ['no.toml']\n", "1: watchlists[1]: no.toml: no such file"),
    ("watchlists = ['own.toml', 'own.toml']\n", '1: watchlists[2]: "own.toml" stands here twice; keep one'),
    ("watchlists = [\n  'own.toml',\n  7,\n]\n", "3: watchlists[2]: must be text, in quotes (is 7)"),
    (BASE + "feeds = []\n", "2: feeds: must not be empty"),
    (BASE + "feeds = 'feeds.toml'\n", '2: feeds: must be a list, in brackets (is "feeds.toml"; write ["feeds.toml"])'),
    (BASE + "feeds = ['none.toml']\n", "2: feeds: no feed in any list; `wirewatch feeds add URL` adds one"),
    (BASE + "feeds = ['no.toml']\n", "2: feeds[1]: no.toml: no such file"),
    (BASE + "feeds = ['sub']\n", "2: feeds[1]: sub: is not a file"),
    # fetch, log
    (BASE + "fetch = 5\n", "2: fetch: must be a table of settings (is 5)"),
    (BASE + "[fetch]\nhost_gap = 'soon'\n", f'3: fetch.host_gap: {SECONDS} (is "soon")'),
    (BASE + "[fetch]\nhost_gap = -1\n", f"3: fetch.host_gap: {SECONDS} (is -1)"),
    (BASE + "[fetch]\nhost_gap = nan\n", f"3: fetch.host_gap: {SECONDS} (is nan)"),
    (BASE + "[fetch]\nhost_gap = true\n", f"3: fetch.host_gap: {SECONDS} (is true)"),
    (BASE + f"[fetch]\nhost_gap = {'9' * 400}\n", f"3: fetch.host_gap: {SECONDS} (is {'9' * 60})"),
    (BASE + "[fetch]\nhostgap = 5\n", '3: fetch.hostgap: unknown key; did you mean "host_gap"?'),
    (BASE + "[fetch]\nallow_private_addresses = 'yes'\n", '3: fetch.allow_private_addresses: must be true or false, without quotes (is "yes")'),
    (BASE + "[fetch]\ncontact = 'the desk'\n", f'3: fetch.contact: {CONTACT} (is "the desk")'),
    (BASE + "[fetch]\ncontact = 'büro@example.org'\n", f'3: fetch.contact: {CONTACT} (is "büro@example.org")'),
    (BASE + "[fetch]\ninterval = '10s'\n", f'3: fetch.interval: {INTERVAL} (is "10s")'),
    (BASE + "[fetch]\ninterval = 1979-05-27\n", f"3: fetch.interval: {INTERVAL} (is 1979-05-27)"),
    (BASE + "[fetch]\nfastest = '2h'\n", "3: fetch.fastest: must not be longer than fetch.slowest"),
    (BASE + "[fetch]\nslowest = 30\n", f"3: fetch.slowest: {INTERVAL} (is 30)"),
    (BASE + "[fetch]\nconcurrency = 0\n", "3: fetch.concurrency: must be a whole number from 1 to 512 (is 0)"),
    (BASE + "[fetch]\nca_file = 'no.pem'\n", "3: fetch.ca_file: no.pem: no such file"),
    (BASE + "[log]\nlevel = 'WARN'\n", '3: log.level: must be one of debug, info, warning, error (is "WARN"; did you mean "warning"?)'),
    (BASE + "[log]\nformat = 'xml'\n", '3: log.format: must be one of text, json (is "xml")'),
    # channels
    (BASE + "[channel]\ntype = 'slack'\n", "2: channel: write [channel.NAME]: each channel has a name"),
    (BASE + "[[channel]]\ntype = 'slack'\n", "2: channel: write [channel.NAME]: each channel has a name"),
    (BASE + "[[alert]]\nname = 'a'\nto = ['d']\nmode = 'digest'\nschedule = 'daily at 07:00 Asia/Soul'\n[channel.d]\ntype = 'slack'\nwebhook_url = 'env:HOOK'\n", '6: alert[1].schedule: must be an IANA time zone such as "Asia/Seoul" (is "daily at 07:00 Asia/Soul"; did you mean "Asia/Seoul"?)'),
    (BASE + "[[alert]]\nname = 'a'\nto = ['d']\nquiet = '22-7'\n[channel.d]\ntype = 'slack'\nwebhook_url = 'env:HOOK'\n", '5: alert[1].quiet: must be such as "22:00-07:00 Asia/Seoul" or "22:00-07:00" (UTC) (is "22-7")'),
    (BASE + "[[alert]]\nname = 'a'\nto = ['d']\nmode = 'digest'\n[channel.d]\ntype = 'slack'\nwebhook_url = 'env:HOOK'\n", '2: alert[1].schedule: is missing: when is the digest due? For example "daily at 07:00 Asia/Seoul"'),
    (BASE + "[[alert]]\nname = 'a'\nto = ['d']\nschedule = 'daily at 07:00'\n[channel.d]\ntype = 'slack'\nwebhook_url = 'env:HOOK'\n", '5: alert[1].schedule: goes with mode = "digest"'),
    (BASE + "[[alert]]\nname = 'a'\nto = ['d']\nrelation = ['frist']\n[channel.d]\ntype = 'slack'\nwebhook_url = 'env:HOOK'\n", '5: alert[1].relation[1]: must be one of first, new-origin, edit, gone, burst, silence, return (is "frist"; did you mean "first"?)'),
    (BASE + "[[alert]]\nname = 'a'\nto = ['d']\nmax_age = '30m'\n[channel.d]\ntype = 'slack'\nwebhook_url = 'env:HOOK'\n", '5: alert[1].max_age: must be seconds, or text such as "12h" or "7d", from 1 hour to 10 years (is "30m")'),
    (BASE + "[channel.desk]\n", "2: channel.desk.type: must be one of slack, slack-bot, email, webhook, apprise (is missing)"),
    (BASE + "[channel.desk]\ntype = 'pager'\n", '3: channel.desk.type: must be one of slack, slack-bot, email, webhook, apprise (is "pager")'),
    (BASE + "[channel.desk]\ntype = []\n", "3: channel.desk.type: must be one of slack, slack-bot, email, webhook, apprise (is a list)"),
    (BASE + "[channel.desk]\ntype = 'slack'\n", "2: channel.desk.webhook_url: is missing"),
    (BASE + SLACK + "webhook = 'x'\n", '5: channel.desk.webhook: unknown key; did you mean "webhook_url"?'),
    (BASE + SLACK.replace("env:HOOK", HOOK), f"4: channel.desk.webhook_url: {SECRET}"),
    (BASE + SLACK.replace("env:HOOK", "env:"), f"4: channel.desk.webhook_url: {SECRET}"),
    (BASE + SLACK.replace("env:HOOK", f"env:{HOOK}"), f"4: channel.desk.webhook_url: {SECRET}"),
    (BASE + SLACK.replace("env:HOOK", "file:"), f"4: channel.desk.webhook_url: {SECRET}"),
    (BASE + SLACK.replace("env:HOOK", "env:NOWHERE"), "4: channel.desk.webhook_url: the environment variable NOWHERE is not set"),
    (BASE + SLACK.replace("env:HOOK", "env:EMPTY"), "4: channel.desk.webhook_url: the environment variable EMPTY is empty"),
    (BASE + SLACK.replace("env:HOOK", "file:no"), "4: channel.desk.webhook_url: the secret file no: no such file"),
    (BASE + SLACK.replace("env:HOOK", "file:sub"), "4: channel.desk.webhook_url: the secret file sub: is not a file"),
    (BASE + SLACK.replace("env:HOOK", "file:empty"), "4: channel.desk.webhook_url: the secret file empty is empty"),
    (BASE + SLACK.replace("env:HOOK", "file:latin1"), "4: channel.desk.webhook_url: the secret file latin1 is not UTF-8 text"),
    (BASE + SLACK.replace("env:HOOK", "env:PASSWORD"), "4: channel.desk.webhook_url: is not an https address"),
    (BASE + SLACK.replace("desk", '"my desk"'), '2: channel."my desk": must be 1 to 60 characters without blank or colon'),
    (BASE + MAIL.replace("smtp.example.org", "smtp example"), '4: channel.mail.host: is not a host name (is "smtp example")'),
    (BASE + MAIL.replace("watch@example.org", "watch"), f'5: channel.mail.sender: {MAILBOX} (is "Wirewatch <watch>")'),
    (BASE + MAIL.replace('["desk@example.org"]', "[]"), "6: channel.mail.to: names nobody"),
    (BASE + MAIL.replace('["desk@example.org"]', "'desk@example.org'"), '6: channel.mail.to: must be a list, in brackets (is "desk@example.org"; write ["desk@example.org"])'),
    (BASE + MAIL.replace("desk@example.org", "desk"), "6: channel.mail.to[1]: not an ASCII mail address: 'desk' (is \"desk\")"),
    (BASE + MAIL + "port = 0\n", "7: channel.mail.port: must be a whole number from 1 to 65535 (is 0)"),
    (BASE + MAIL + "security = 'ssl'\n", '7: channel.mail.security: must be one of starttls, tls, none (is "ssl")'),
    (BASE + MAIL + "timeout = 0\n", "7: channel.mail.timeout: must be a number of seconds from 1 to 3600 (is 0)"),
    (BASE + MAIL + "username = 'me'\n", "2: channel.mail.password: goes with a username"),
    (BASE + MAIL + f"username = 'me'\npassword = '{TOKEN}'\n", f"8: channel.mail.password: {SECRET}"),
    (BASE + MAIL + "username = 'me'\npassword = 12345\n", f"8: channel.mail.password: {SECRET}"),
    (BASE + MAIL + "username = 'me'\npassword = 'env:PASSWORD'\nsecurity = 'none'\n", "9: channel.mail.security: a password needs TLS"),
    # the health of feeds
    (BASE + "baseline_days = -1\n", "2: baseline_days: must be a whole number of days from 0 to 365 (is -1)"),
    (BASE + "[fetch]\nbaseline_days = 1\n", "3: fetch.baseline_days: unknown key; it belongs at the top, above the first [table]"),
    (BASE + "[health]\nafter_rounds = 0\n", "3: health.after_rounds: must be a whole number from 1 to 20 (is 0)"),
    (BASE + "[health]\noff = 'yes'\n", '3: health.off: must be true or false, without quotes (is "yes")'),
    (BASE + "[health]\nrounds = 3\n", '3: health.rounds: unknown key; did you mean "after_rounds"?'),
    (BASE + "[health]\nto = []\n", "3: health.to: names no channel; off = true turns these alerts off"),
    (BASE + "[health]\nto = ['desk']\n", '3: health.to[1]: "desk" is not a channel; there is none'),
    (BASE + SLACK + "[health]\nto = ['dsek']\n", '6: health.to[1]: "dsek" is not a channel; did you mean "desk"?'),
    (BASE + SLACK + "[health]\nto = 'desk'\n", '6: health.to: must be a list, in brackets (is "desk"; write ["desk"])'),
    (BASE + "health = 5\n", "2: health: must be a table of settings (is 5)"),
    # rules
    (BASE + "[alert]\nname = 'x'\n", "2: alert: write [[alert]], in double brackets, above each one"),
    (BASE + ALERT, '4: alert[1].to[1]: "desk" is not a channel; there is none'),
    (BASE + SLACK + ALERT.replace("desk", "dsek"), '7: alert[1].to[1]: "dsek" is not a channel; did you mean "desk"?'),
    (BASE + SLACK + ALERT.replace("desk", HOOK), '7: alert[1].to[1]: "https://hooks.example/…" is not a channel; known are desk'),
    (BASE + SLACK + ALERT.replace('"desk"', ""), "7: alert[1].to: names no channel"),
    (BASE + SLACK + "[[alert]]\nto = ['desk']\n", "5: alert[1].name: is missing"),
    (BASE + SLACK + "[[alert]]\nname = 'x'\n", "5: alert[1].to: is missing"),
    (BASE + SLACK + ALERT + ALERT.replace('"x"', '"X"'), '9: alert[2].name: "X" is taken by the alert at wirewatch.toml:5'),
    (BASE + SLACK + ALERT + "sector = ['x']\n", '8: alert[1].sector: unknown key; did you mean "sectors"?'),
    (BASE + SLACK + ALERT + "sectors = 'x'\n", '8: alert[1].sectors: must be a list, in brackets (is "x"; write ["x"])'),
    (BASE + SLACK + ALERT + "words = ['*']\n", "8: alert[1].words: has an empty value"),
    (BASE + SLACK + ALERT + "feeds = ['Alpa']\n", '8: alert[1].feeds[1]: "Alpa" is not a listed feed; did you mean "Alpha"?'),
    (BASE + SLACK + ALERT + "languages = ['Korean']\n", '8: alert[1].languages[1]: must be a two- or three-letter language code such as "ko" or "en" (is "Korean")'),
    (BASE + SLACK + ALERT + "source_kinds = ['wires']\n", f'8: alert[1].source_kinds[1]: must be one of {", ".join(KINDS)} (is "wires"; did you mean "wire"?)'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_one_mistake_gives_one_line(text, expected):
    (line,) = complaints(text)
    assert line == f"wirewatch.toml:{expected}"
    assert TOKEN not in line


def test_hidden_is_what_keeps_a_secret_out_of_an_error():
    key = config_keys.SLACK_KEYS["webhook_url"]
    for kept in (key, dataclasses.replace(key, hidden=False)):
        source = Source(name="w.toml", data={"webhook_url": TOKEN})
        read_table(source, source.data, (), {"webhook_url": kept})
        assert any(TOKEN in line for line in source.complaints()) is not kept.hidden
    assert TOKEN not in repr(Source(name="w.toml", data={"webhook_url": TOKEN}))


FEED_TROUBLE = [
    ("'broken.toml'", ["broken.toml:1: is not TOML: Expected ']]' at the end of an array declaration (column 7)"]),
    ("'feeds.toml', 'twin.toml'", ["twin.toml:3: feed[1].url: is the same feed as feeds.toml:1; keep one"]),
    ("'own.txt'", ["own.txt: must be a .toml, .opml or .xml file"]),
]  # fmt: skip


@pytest.mark.parametrize(("names", "expected"), FEED_TROUBLE)
def test_mistakes_in_a_feed_list_are_told_with_its_own_name(folder, names, expected):
    (folder / "own.txt").write_text(FEEDS)
    rule = ALERT + "feeds = ['Nobody']\n"  # not judged against half a list
    assert complaints(f"{BASE}feeds = [{names}]\n{SLACK}{rule}") == expected


def test_every_mistake_is_told_at_once():
    text = f"""\
databse = "x"
watchlists = ["no.toml", 7]
feeds = ["broken.toml", "no.toml"]
[channel.mail]
type = "email"
host = "a b"
sender = "nobody"
to = ["x", "y"]
password = "{TOKEN}"
[log]
level = "loud"
[[alert]]
name = "x"
to = ["desk", 7, "dsk"]
feed = []
feeds = [5]
[fetch]
host_gap = "soon"
interval = 1
"""
    lines = complaints(text)
    places = [line.split(": ")[0] for line in lines]
    here = [1, 2, 2, 3, 6, 7, 8, 8, 9, 11, 14, 14, 14, 15, 16, 18, 19]
    assert places == [f"wirewatch.toml:{n}" for n in here] + ["broken.toml:1"]
    assert TOKEN not in "\n".join(lines)


def test_a_default_that_is_not_there_is_told_without_a_line(folder):
    (folder / "feeds.toml").unlink()
    assert complaints(BASE) == [
        "wirewatch.toml: feeds[1]: feeds.toml: no such file; `wirewatch init` writes one"
    ]


def test_an_unknown_bundled_watchlist_is_told_with_the_nearest():
    (line,) = complaints('watchlists = ["dprk-civilan"]\n')
    known = "did you mean" if "dprk-civilian" in bundled_watchlists() else "bundled are"
    start = 'wirewatch.toml:1: watchlists[1]: no watchlist "dprk-civilan" is bundled; '
    assert line.startswith(start + known)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: None, "no such file; `wirewatch init` writes one"),
        (lambda path: path.mkdir(), "is not a file"),
        (os.mkfifo, "is not a file"),
        (lambda path: path.write_bytes(b"#" * (8 * 1024 * 1024 + 1)), "is larger than 8 MiB: not a settings file"),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_read(make, expected):
    make(Path("w.toml"))
    with pytest.raises(ConfigError) as caught:
        load(Path("w.toml"), environ={})
    assert caught.value.lines == (f"w.toml: {expected}",)


def test_a_file_that_the_system_will_not_open(folder):
    (folder / "feeds.toml").unlink()
    (folder / "feeds.toml").symlink_to("feeds.toml")
    reason = "cannot be read: Too many levels of symbolic links"
    (line,) = complaints(BASE)
    assert line.startswith(f"wirewatch.toml: feeds[1]: feeds.toml: {reason}")


def test_where_the_configuration_is_looked_for(folder):
    home = folder / "home"
    nowhere = {"HOME": str(home)}
    assert find(nowhere) is None
    with pytest.raises(ConfigError) as caught:
        load(environ=nowhere)
    own = home / ".config" / "wirewatch" / "wirewatch.toml"
    assert caught.value.lines == (
        f"wirewatch.toml: no such file, nor {own}; `wirewatch init` writes one",
    )
    for base, environ in [
        (home / ".config", nowhere),
        (folder / "xdg", {"XDG_CONFIG_HOME": str(folder / "xdg"), **nowhere}),
    ]:
        (base / "wirewatch").mkdir(parents=True)
        path = base / "wirewatch" / "wirewatch.toml"
        path.write_text(f"watchlists = ['{folder}/own.toml']\nfeeds = ['{folder}/feeds.toml']\n")
        assert load(environ=environ).path == find(environ) == path
    (folder / "wirewatch.toml").write_text(BASE)
    assert load(environ=nowhere).path == Path("wirewatch.toml")


def test_commands_that_neither_poll_nor_send_need_no_secret_and_no_feed():
    text = BASE + "feeds = ['none.toml']\n" + SLACK.replace("env:HOOK", "env:NOWHERE") + ALERT
    config = read(text, complete=False)
    assert (config.channels, config.feeds) == ({}, ())
    assert [rule.name for rule in config.rules] == ["x"]
    assert len(complaints(text)) == 2
    clear = text.replace("env:NOWHERE", HOOK)
    assert complaints(clear, complete=False) == [
        f"wirewatch.toml:5: channel.desk.webhook_url: {SECRET}"
    ]


def test_a_home_folder_that_does_not_exist_is_a_name_like_any_other():
    (line,) = complaints("watchlists = ['~no-such-user-here/own.toml']\n")
    assert line == "wirewatch.toml:1: watchlists[1]: ~no-such-user-here/own.toml: no such file"


WATCHLIST = Watchlist(
    name="own",
    version="1",
    entities={
        "tanchon-power-station": Entity(
            id="tanchon-power-station",
            kind="facility",
            sector="electric-power",
            name="Tanchon Power Station",
            names=(Name(text="Tanchon Power Station", language="en"),),
            province="South Hamgyong",
        )
    },
)

UNKNOWN = [
    ("entities", "tanchon-power-staton", 'did you mean "tanchon-power-station"?'),
    ("sectors", "electric-pwr", 'did you mean "electric-power"?'),
    ("kinds", "facilities", 'did you mean "facility"?'),
    ("provinces", "Ryanggang", "known are South Hamgyong"),
]


@pytest.mark.parametrize(("key", "word", "hint"), UNKNOWN)
def test_rules_are_checked_against_the_watchlist(key, word, hint):
    config = read(f"{BASE}{SLACK}{ALERT}{key} = ['{word}']\n")
    with pytest.raises(ConfigError) as caught:
        check_rules(config, WATCHLIST)
    expected = f'wirewatch.toml:8: alert[1].{key}[1]: "{word}" is not in the watchlist; {hint}'
    assert caught.value.lines == (expected,)


def test_rules_that_name_what_is_watched_pass_case_aside():
    text = (
        "entities = ['tanchon-power-station']\nsectors = ['Electric-Power']\n"
        "kinds = ['facility']\nprovinces = ['south hamgyong']\n"
    )
    check_rules(read(BASE + SLACK + ALERT + text), WATCHLIST)


def test_bundled_watchlists_are_those_that_can_be_loaded():
    assert bundled_watchlists() == bundled()


# What `wirewatch init` writes


def test_init_writes_files_that_work_as_they_are(folder):
    target = folder / "new" / "desk"
    written = init_files(target)
    assert written == (target / "wirewatch.toml", target / "feeds.toml")
    config = load(written[0], environ={})
    assert 20 <= len(config.feeds) <= 40
    assert all(feed.name and feed.kind for feed in config.feeds)
    assert {"ko", "en", "ja", "zh", "ru"} <= {feed.language for feed in config.feeds}
    assert len({feed.name for feed in config.feeds}) == len(config.feeds)
    assert (config.fetch, config.log) == (FetchConfig(), LogConfig())
    assert config.database == target / DEFAULT_DATABASE
    assert config.watchlists == DEFAULT_WATCHLISTS
    assert config.feed_lists == (target / "feeds.toml",)
    assert (config.channels, config.rules) == ({}, ())


def test_init_replaces_nothing_unless_told_to(folder):
    (folder / "feeds.toml").write_text("# mine")
    with pytest.raises(ConfigError) as caught:
        init_files(folder)
    assert caught.value.lines == (f"{folder}/feeds.toml: is there already; `--force` replaces it",)
    assert (folder / "feeds.toml").read_text() == "# mine"
    assert not (folder / "wirewatch.toml").exists()
    init_files(folder, force=True)
    assert (folder / "feeds.toml").read_text() != "# mine"


def test_init_says_where_it_cannot_write(folder):
    with pytest.raises(ConfigError, match=r"own\.toml: cannot be written: "):
        init_files(folder / "own.toml")


def uncommented(text):
    """The template with its examples switched on."""
    return re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE)


def test_the_template_shows_every_key_and_its_examples_work(folder):
    path, _ = init_files(folder, force=True)
    (folder / "ca.pem").write_text("")
    text = uncommented(path.read_text()).replace("dprk-civilian", "own.toml")
    path.write_text(text.replace('login = "none"', 'login = "password"'))
    data = tomllib.loads(text)
    shown = {f"{table}.{key}" for table in ("fetch", "log", "health") for key in data[table]}
    shown |= {key for key in data if key not in {"fetch", "log", "health", "channel", "alert"}}
    shown |= {f"channel.NAME.{key}" for table in data["channel"].values() for key in table}
    shown |= {f"alert.{key}" for table in data["alert"] for key in table}
    for table in ("evidence", "retention", "desk", "metrics"):
        shown = shown - {table} | {f"{table}.{key}" for key in data[table]}
    shown -= {"access"}
    shown |= {f"access.NAME.{key}" for table in data["access"].values() for key in table}
    for kind in ("user", "token"):
        shown -= {f"desk.{kind}"}
        shown |= {f"desk.{kind}.NAME.{key}" for t in data["desk"][kind].values() for key in t}
    extra = {"channel.NAME.apprise_url"}  # a library that need not be there
    assert shown == {key for key in accepted() if not key.startswith("feed.")} - extra
    environ = {
        "WIREWATCH_SLACK_URL": HOOK,
        "WIREWATCH_SMTP_PASSWORD": TOKEN,
        "WIREWATCH_SLACK_TOKEN": TOKEN,
        "WIREWATCH_HOOK_URL": HOOK,
        "WIREWATCH_HOOK_SECRET": HOOK,
        "WIREWATCH_WIRE_PASSWORD": TOKEN,
        "WIREWATCH_WIRE_KEY": TOKEN,
        "WIREWATCH_WIRE_COOKIE": TOKEN,
        "WIREWATCH_PROXY": "socks5://127.0.0.1:1080",
    }
    config = load(path, environ=environ)
    assert [access.name for access in config.access] == ["wire", "elsewhere"]
    assert set(config.channels) == {"desk", "mail", "threads", "archive"}
    assert config.rules == (
        Rule(
            name="power stations",
            sectors=("electric-power",),
            to=("desk", "mail"),
            quiet=read_quiet("22:00-07:00 Asia/Seoul"),
        ),
        Rule(
            name="the morning's mail",
            to=("mail",),
            mode="digest",
            schedule=read_schedule("weekdays at 07:00 Asia/Seoul"),
        ),
    )


# docs/configuration.md

NEWER_CHANNELS = {
    "slack-bot": SlackBotSettings,
    "webhook": WebhookSettings,
    "apprise": AppriseSettings,
}


def accepted():
    """Every key that the code takes, dotted, with its default: from the schema and the types."""
    tables = {
        "fetch.": (config_keys.FETCH_KEYS, FetchConfig),
        "log.": (config_keys.LOG_KEYS, LogConfig),
        "evidence.": (EVIDENCE_KEYS, EvidenceConfig),
        "retention.": (RETENTION_KEYS, RetentionConfig),
        "health.": (HEALTH_KEYS, HealthConfig),
        "metrics.": (METRICS_KEYS, MetricsConfig),
        "channel.NAME.": (config_keys.SLACK_KEYS | config_keys.EMAIL_KEYS, EmailSettings),
        **{
            f"channel.NAME.{' ' * n}": (config_keys.CHANNEL_KEYS[kind], settings)
            for n, (kind, settings) in enumerate(NEWER_CHANNELS.items(), 1)
        },
        "alert.": (config_keys.ALERT_KEYS, Rule),
        "desk.": (DESK_KEYS, DeskConfig),
        "desk.user.NAME.": (USER_KEYS, User),
        "desk.token.NAME.": (TOKEN_KEYS, Token),
        "feed.": ({name: key for name, key in FEED_KEYS.items() if name != "adapter"}, Feed),
        "feed.page.": (PAGE_KEYS, PageRules),
    }
    found = {
        "database": DEFAULT_DATABASE,
        "watchlists": list(DEFAULT_WATCHLISTS),
        "feeds": list(DEFAULT_LISTS),
    }
    found["baseline_days"] = 0
    sections = {"fetch", "channel", "alert", "log", "health", "desk"}
    sections |= {"evidence", "retention", "access", "metrics"}
    assert set(found) == set(config_keys.TOP_KEYS) - sections
    for name, key in ACCESS_KEYS.items():
        absent = {"username": "", "headers": {}}.get(name)
        found[f"access.NAME.{name}"] = "needed" if key.needed else absent
    found["feed.adapter"] = ""  # it becomes the rules of the page
    for prefix, (keys, kind) in tables.items():
        defaults = {field.name: field.default for field in dataclasses.fields(kind)}
        for name, key in keys.items():
            default = "needed" if key.needed else defaults[name]
            default = str(default) if isinstance(default, Path) else default
            found[prefix.strip() + name] = list(default) if isinstance(default, tuple) else default
    return found


def documented():
    """Every key in the tables of the page, with what it says is the default."""
    page = (ROOT / "docs" / "configuration.md").read_text()
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \| (.+) \|$", page, flags=re.MULTILINE)
    assert len(rows) == len({key for key, _, _ in rows})
    return {key: default_of(cell) for key, cell, _ in rows}


def default_of(cell):
    if not cell.startswith("`"):
        return {"none": None}.get(cell, cell)
    return tomllib.loads(f"x = {cell.strip('`')}")["x"]


def test_the_page_describes_every_key_and_no_other_with_its_default():
    assert documented() == accepted()


def test_the_examples_of_the_page_are_right(folder):
    page = (ROOT / "docs" / "configuration.md").read_text()
    examples = re.findall(r"^```toml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    top, server, fetch, access, keeping, health, slack, bot, mail, hook, *others = examples
    _apprise, alert, desk, feed = others
    (folder / "lists").mkdir()
    (folder / "lists" / "ports.toml").write_text("")
    (folder / "feeds.toml").write_text(feed)
    (folder / "from-reader.opml").write_bytes((folder / "more.opml").read_bytes())
    top = top.replace("/var/lib/wirewatch/", "").replace("dprk-civilian", "own.toml")
    mail = mail.replace("/run/secrets/smtp-password", "password")
    slack = slack.replace("WIREWATCH_SLACK_URL", "HOOK")
    bot = bot.replace("WIREWATCH_SLACK_TOKEN", "PASSWORD")
    hook = hook.replace("WIREWATCH_HOOK_URL", "HOOK").replace("WIREWATCH_HOOK_SECRET", "HOOK")
    desk = desk.replace("/run/secrets/ann", "ann").replace("WIREWATCH_FEED_TOKEN", "HOOK")
    access = access.replace("WIRE_PASSWORD", "PASSWORD").replace("file:wire-key", "env:HOOK")
    access = access.replace("env:PROXY_URL", "file:proxy")
    (folder / "proxy").write_text("http://proxy.example:3128\n")
    (folder / "ann").write_text("pbkdf2_sha256$600000$saltsalt$" + "A" * 43 + "=\n")
    config = read(
        top + fetch + access + keeping + health + slack + bot + mail + hook + alert + desk
    )
    assert server == 'database = "env:WIREWATCH_DATABASE"\n'
    assert (config.desk.login, set(config.desk.users)) == ("password", {"ann"})
    assert (config.evidence.max_bytes, config.retention.items_days) == (50 * 10**9, 1095)
    assert config.health == HealthConfig(to=("mail",), after_rounds=5)
    assert (len(config.feeds), len(config.channels), len(config.rules)) == (2, 4, 3)


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("", "data/evidence"),
        ("[evidence]\nkeep = false\n", "data/evidence"),
        ('[evidence]\nfolder = "kept"\n', "kept"),
        ('[evidence]\nfolder = "data/warc"\n', "data/warc"),
    ],
)
def test_the_archive_stands_beside_the_database(folder, more, where):
    (folder / "data").mkdir()
    config = read(f'{BASE}database = "data/w.db"\n{more}')
    assert config.evidence.folder == folder / where


def test_every_kind_of_source_is_on_the_page():
    page = (ROOT / "docs" / "configuration.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| `feed.kind`"))
    assert set(re.findall(r"`([a-z-]+)`", row)) == set(KINDS)


def test_reading_the_configuration_loads_nothing_heavy():
    heavy = [
        "httpx",
        "feedparser",
        "datasette",
        "sqlite_utils",
        "apscheduler",
        "tomlkit",
        "asyncio",
    ]
    code = f"import sys, monitor.config; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# Who may use the desk.

GOOD_HASH = "pbkdf2_sha256$600000$saltsalt$" + "A" * 43 + "="
DESK = {"HASH": GOOD_HASH, "WORD": "hunter2", "LONG": "x" * 20, "SHORT": "x" * 19}


def read_desk(folder, text, *, desk=True):
    path = folder / "wirewatch.toml"
    path.write_text(BASE + text)
    return load(path, environ=DESK, complete=False, desk=desk).desk


def test_who_may_use_the_desk(folder):
    found = read_desk(
        folder,
        '[desk]\nlogin = "password"\nhosts = ["Desk.Example.org"]\nproxies = ["10.0.0.0/8"]\n'
        '[desk.user.ann]\npassword = "env:HASH"\n[desk.token.t]\ntoken = "env:LONG"\n',
    )
    assert (found.hosts, found.proxies) == (("desk.example.org",), ("10.0.0.0/8",))
    assert found.users["ann"] == User(name="ann", role="reviewer", password=Secret(GOOD_HASH))
    assert found.tokens == (Token(name="t", role="reader", token=Secret("x" * 20)),)
    assert GOOD_HASH not in repr(found)


def test_only_the_command_that_serves_reads_the_desks_secrets(folder):
    text = '[desk]\nlogin = "password"\n[desk.user.ann]\npassword = "env:NOT_SET"\n'
    assert read_desk(folder, text, desk=False).users["ann"].password is None
    with pytest.raises(ConfigError, match="variable NOT_SET is not set"):
        read_desk(folder, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[desk]\nlogin = 'open'\n", "3: desk.login: must be one of none, password, proxy"),
        ("[desk]\nlogin = 'password'\n", "3: desk.login: nobody could log in"),
        ("[desk]\nlogin = 'proxy'\nproxy_role = 'reader'\n", "desk.proxies: is missing"),
        ("[desk]\nlogin = 'proxy'\nproxies = ['10.0.0.1']\n", "3: desk.login: nobody could log in"),
        ("[desk.user.a]\npassword = 'env:HASH'\n", 'desk.login: passwords are set, so this must be "password"'),
        ("[desk.user.a]\npassword = 'hunter2'\n", f"3: desk.user.a.password: {SECRET}"),
        ("[desk]\nlogin = 'password'\n[desk.user.a]\npassword = 'env:WORD'\n", "5: desk.user.a.password: must hold a hash"),
        ("[desk.token.a]\ntoken = 'env:SHORT'\n", "3: desk.token.a.token: must hold at least 20 characters"),
        ("[desk.token.a]\n", "2: desk.token.a.token: is missing"),
        ("[desk.user]\nann = 1\n", "desk.user: write [desk.user.NAME]"),
        ("[desk]\nhosts = ['http://x.org']\n", "3: desk.hosts[1]: must be a host name without port"),
        ("[desk]\nproxies = ['proxy']\n", "3: desk.proxies[1]: must be an address or a network"),
        ("[desk]\nbase_url = 'desk'\n", "3: desk.base_url: must begin and end with a slash"),
        ("[desk]\nsession = 5\n", "3: desk.session: must be seconds"),
        ("[desk]\nproxy_header = 'a b'\n", "3: desk.proxy_header: must be the name of a header"),
        ("[desk]\nlogn = 'none'\n", '3: desk.logn: unknown key; did you mean "login"?'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_desk(folder, text, message):
    with pytest.raises(ConfigError) as caught:
        read_desk(folder, text)
    assert any(message in line for line in caught.value.lines), caught.value.lines
    assert "hunter2" not in str(caught.value)
