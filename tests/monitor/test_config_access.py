"""`[access.NAME]`: what single sites are asked with."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.access import Keys
from monitor.config import load
from monitor.errors import ConfigError

SECRET = "a-secret-nobody-may-see"
ENVIRON = {"KEY": SECRET, "PROXY": f"http://desk:{SECRET}@127.0.0.1:3128", "ODD": "a\nb"}
URL = "https://wire.example/feeds/one.xml"


def config(folder: Path, text: str, **more: bool):
    folder.joinpath("feeds.toml").write_text(f'[[feed]]\nurl = "{URL}"\n')
    file = folder / "wirewatch.toml"
    file.write_text(text)
    return load(file, environ=ENVIRON, **more)


def test_what_is_sent(tmp_path: Path) -> None:
    text = """
[access.wire]
sites = ["https://wire.example/feeds"]
username = "desk"
password = "env:KEY"
cookie = "env:KEY"
headers = {"X-Key" = "env:KEY"}
[access.all]
sites = ["*"]
proxy = "env:PROXY"
"""
    keys = Keys(config(tmp_path, text).access)
    assert dict(keys.fields(URL)) == {
        b"X-Key": SECRET.encode(),
        b"Authorization": b"Basic ZGVzazphLXNlY3JldC1ub2JvZHktbWF5LXNlZQ==",
        b"Cookie": SECRET.encode(),
    }
    assert keys.fields("https://other.example/") == ()
    assert keys.proxy("https://other.example/") == ENVIRON["PROXY"]


def test_commands_that_ask_nobody_need_no_secret(tmp_path: Path) -> None:
    text = '[access.a]\nsites = ["https://a.example"]\ncookie = "env:NOT_THERE"\n'
    assert config(tmp_path, text, complete=False).access == ()
    for needing in ({"complete": True}, {"complete": False, "fetching": True}):
        with pytest.raises(ConfigError, match="variable NOT_THERE is not set"):
            config(tmp_path, text, **needing)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('proxy = "env:PROXY"', "access.a.sites: is missing"),
        ('sites = []\nproxy = "env:PROXY"', "access.a.sites: must not be empty"),
        ('sites = ["wire.example"]\nproxy = "env:PROXY"', "must begin with http://"),
        ('sites = ["https://u:p@wire.example"]\nproxy = "env:PROXY"', "user name or password"),
        ('sites = ["*"]\ncookie = "env:KEY"', "a secret belongs to sites that are named"),
        ('sites = ["http://e.org"]\nusername = "a"\npassword = "env:KEY"', "over https only"),
        ('sites = ["https://e.org"]\nusername = "a"', "username and password go together"),
        ('sites = ["https://e.org"]\npassword = "env:KEY"', "username and password go together"),
        ('sites = ["https://e.org"]', "needs a username and password, headers, a cookie or"),
        (f'sites = ["https://e.org"]\ncookie = "{SECRET}"', "never the secret itself"),
        (f'sites = ["https://e.org"]\nheaders = {{"X-K" = "{SECRET}"}}', "never the secret itself"),
        ('sites = ["https://e.org"]\nheaders = {"Host" = "env:KEY"}', "no header that may be set"),
        ('sites = ["https://e.org"]\nheaders = {"X K" = "env:KEY"}', "no header that may be set"),
        ('sites = ["https://e.org"]\nheaders = "env:KEY"', "must be a table"),
        ('sites = ["https://e.org"]\nheaders = {"X-K" = "env:ODD"}', "a header is one line"),
        ('sites = ["https://e.org"]\nproxy = "env:KEY"', "must be a URL with a port: http://"),
        ('sites = ["https://e.org"]\nproxi = "env:KEY"', "proxy"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret(tmp_path: Path, table: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as error:
        config(tmp_path, f"[access.a]\n{table}\n")
    assert complaint in str(error.value)
    assert "wirewatch.toml:" in str(error.value)
    assert SECRET not in str(error.value)


def test_tables_have_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"write \[access\.NAME\]"):
        config(tmp_path, '[access]\nsites = ["https://e.org"]\n')
