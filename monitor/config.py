"""The configuration: read and checked as a whole before anything starts.

`load` reads `wirewatch.toml`, the feed lists that it names and the secrets that it points to, and
either returns a Config or raises ConfigError with a line for every mistake in any of them. Nothing
else in the program reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from alerts.rules import Rule
from alerts.secrets import Secret
from alerts.settings import ChannelSettings
from feeds.access import Access
from feeds.errors import ListError
from feeds.lists import read_lists
from feeds.tables import (
    Key,
    SettingError,
    Source,
    check_file,
    did_you_mean,
    is_there,
    read_bytes,
    read_table,
    read_toml,
    shown,
)
from feeds.toml_lines import Span, Where
from feeds.types import Feed
from monitor.config_access import read_access
from monitor.config_channels import Vault, read_channels
from monitor.config_desk import DeskConfig, read_desk
from monitor.config_health import HealthConfig, read_health
from monitor.config_keeping import (
    EvidenceConfig,
    RetentionConfig,
    read_evidence,
    read_retention,
)
from monitor.config_keys import FETCH_KEYS, HOMES, LOG_KEYS, TOP_KEYS, located
from monitor.config_metrics import MetricsConfig, read_metrics
from monitor.config_rules import check_against, read_rules
from monitor.errors import ConfigError
from monitor.places import SCHEMES, Place, Server
from monitor.sources import Listing, catalogue, choose, feed_list
from monitor.types import Watchlist

_T = TypeVar("_T")

FILE = "wirewatch.toml"
DEFAULT_DATABASE = "wirewatch.db"
DEFAULT_WATCHLISTS = ("dprk-civilian",)
DEFAULT_LISTS = ("feeds.toml",)

_WATCHLISTS = Path(__file__).parent / "watchlists"
_TEMPLATE = Path(__file__).parent / "catalogue" / FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchConfig:
    """How feeds are fetched."""

    allow_private_addresses: bool = False  # loopback and private networks too
    host_gap: float = 5.0  # seconds between two requests to one registrable domain
    contact: str = ""  # a mail address or URL for the User-Agent; "" = none
    interval: int = 900  # seconds between two polls of a feed that names none, to begin with
    fastest: int = 300  # and as its own history may change them
    slowest: int = 3600
    concurrency: int = 64  # fetches at a time
    ca_file: Path | None = None  # PEM bundle trusted besides the public authorities


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """What goes to standard error."""

    level: str = "info"  # debug | info | warning | error
    format: str = "text"  # text | json


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration. Paths are absolute, but for `path`."""

    path: Path  # the file it was read from, as it was named
    database: Path  # or, with a server, what stays on this machine is named after it
    watchlists: tuple[str | Path, ...]  # a bundled name, or a file
    feed_lists: tuple[Path, ...]
    feeds: tuple[Feed, ...]
    fetch: FetchConfig = field(default_factory=FetchConfig)
    access: tuple[Access, ...] = ()
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    log: LogConfig = field(default_factory=LogConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    health: HealthConfig = field(default_factory=HealthConfig)
    baseline_days: int = 0  # of a new feed's first poll, what is alerted all the same
    desk: DeskConfig = field(default_factory=DeskConfig)
    evidence: EvidenceConfig = field(default_factory=EvidenceConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    spans: Mapping[Where, Span] = field(default_factory=dict, repr=False, compare=False)
    server: Server | None = None  # that has the database; None = it is the file

    @property
    def place(self) -> Place:
        """Where the database is."""
        return self.server or self.database


def load(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    complete: bool = True,
    desk: bool = False,
    fetching: bool = False,
) -> Config:
    """Read a configuration, its feed lists and its secrets; raises ConfigError with every mistake.

    Without a path it is ./wirewatch.toml, else the one in the user's configuration folder. Commands
    that neither poll nor send pass `complete=False`: a list without feeds and a secret that is not
    there are no mistakes then, and `channels` and `access` are empty. `desk=True` for the command
    that serves the pages: it needs their secrets, which are left out for all others; likewise
    `fetching=True`, for one that polls nothing but asks a site.
    """
    file = path or find(environ)
    if file is None:
        own = _own_file(environ)
        raise ConfigError([f"{FILE}: no such file, nor {own}; `wirewatch init` writes one"])
    source = _read_source(file)
    reading = _Reading(
        source=source,
        folder=file.parent,
        environ=environ,
        complete=complete,
        desk=desk,
        fetching=fetching or complete,
    )
    config = reading.config(file)
    if source.problems or reading.list_problems:
        raise ConfigError([*source.complaints(), *reading.list_problems])
    return config


def service_manager(environ: Mapping[str, str] = os.environ) -> tuple[str, float]:
    """NOTIFY_SOCKET, and WATCHDOG_USEC in seconds: "" and 0 where no service manager set them."""
    waits = environ.get("WATCHDOG_USEC", "")
    seconds = int(waits) / 1e6 if waits.isascii() and waits.isdigit() else 0.0
    return environ.get("NOTIFY_SOCKET", ""), seconds


def find(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration that is read when none is named: here, else the user's own, else none."""
    return next(filter(is_there, (Path(FILE), _own_file(environ))), None)


def check_rules(config: Config, watchlist: Watchlist) -> None:
    """Raise ConfigError where a rule names what no watched entity has."""
    source = Source(name=str(config.path), spans=config.spans)
    check_against(source, config.rules, watchlist)
    if source.problems:
        raise ConfigError(source.complaints())


def bundled_watchlists() -> tuple[str, ...]:
    """Names of the watchlists that come with the program, without loading what reads them."""
    return tuple(sorted(file.stem for file in _WATCHLISTS.glob("*.toml")))


def init_files(
    directory: Path, *, force: bool = False, chosen: Sequence[Listing] | None = None
) -> tuple[Path, ...]:
    """Write a commented configuration and a feed list, and return their paths.

    The list holds what is chosen of the catalogue; by default what stands there to start with.
    Raises ConfigError, and writes nothing, when one of them exists and `force` is not given.
    """
    listings = choose(catalogue()) if chosen is None else chosen
    contents = {
        directory / FILE: _TEMPLATE.read_bytes(),
        directory / DEFAULT_LISTS[0]: feed_list(listings).encode(),
    }
    there = [path for path in contents if is_there(path) and not force]
    if there:
        raise ConfigError(f"{path}: is there already; `--force` replaces it" for path in there)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            path.write_bytes(content)
    except OSError as error:
        raise ConfigError([f"{error.filename}: cannot be written: {error.strerror}"]) from None
    return tuple(contents)


def place_named(name: str, *, beside: Path, environ: Mapping[str, str] = os.environ) -> Place:
    """A database as `database` would name it, from the present folder.

    `beside`: for a server, what stays on this machine is named after it.

    Raises:
        ConfigError: it names none.
    """
    try:
        name = TOP_KEYS["database"].read(name)
        if not _on_server(name):
            return located(Path.cwd(), name)
        return Server(url=_url(name, Vault(environ=environ, folder=Path.cwd())), beside=beside)
    except SettingError as error:
        raise ConfigError([str(error)]) from None


def _on_server(name: str) -> bool:
    return name.startswith((*SCHEMES, "env:", "file:"))


def _url(name: str, vault: Vault) -> Secret:
    """Where the server is, with the password."""
    if name.startswith(SCHEMES):
        return Secret(name)
    url = vault.secret(name)
    if not url.reveal().startswith(SCHEMES):
        raise SettingError(
            f"what {name} holds is no URL such as postgresql://user:password@host/db"
        )
    return url


def _own_file(environ: Mapping[str, str]) -> Path:
    """XDG Base Directory Specification: XDG_CONFIG_HOME, else ~/.config."""
    base = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".config"
    return Path(base) / "wirewatch" / FILE


def _read_source(file: Path) -> Source:
    try:
        source = read_toml(read_bytes(file), str(file))
    except SettingError as error:
        hint = "" if is_there(file) else "; `wirewatch init` writes one"
        raise ConfigError([f"{file}: {error}{hint}"]) from None
    if source.problems:
        raise ConfigError(source.complaints())
    return source


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One configuration on its way from a Source to a Config."""

    source: Source
    folder: Path
    environ: Mapping[str, str]
    complete: bool
    desk: bool
    fetching: bool
    list_problems: list[str] = field(default_factory=list)

    def config(self, file: Path) -> Config:
        top = read_table(self.source, self.source.data, (), TOP_KEYS, HOMES)
        names = top.get("feeds", DEFAULT_LISTS)
        lists = self._each("feeds", names, self._feed_list)
        feeds = self._feeds(lists)
        all_read = names is not None and len(lists) == len(names) and not self.list_problems
        vault = Vault(environ=self.environ, folder=self.folder)
        server, database = self._place(top.get("database") or DEFAULT_DATABASE, vault)
        return Config(
            path=file,
            database=database,
            server=server,
            watchlists=self._each(
                "watchlists", top.get("watchlists", DEFAULT_WATCHLISTS), self._watchlist
            ),
            feed_lists=tuple(path.absolute() for path in lists),
            feeds=feeds,
            fetch=self._fetch(),
            access=read_access(self.source, vault if self.fetching else None),
            channels=read_channels(self.source, vault if self.complete else None),
            rules=read_rules(self.source, feeds if all_read else None),
            log=LogConfig(**self._section("log", LOG_KEYS)),
            health=read_health(self.source),
            metrics=read_metrics(self.source),
            baseline_days=top.get("baseline_days") or 0,
            desk=read_desk(self.source, vault if self.desk else None),
            evidence=read_evidence(self.source, self.folder, database),
            retention=read_retention(self.source),
            spans=self.source.spans,
        )

    def _section(self, name: str, keys: Mapping[str, Key]) -> dict[str, Any]:
        return read_table(self.source, self.source.data.get(name, {}), (name,), keys, HOMES)

    def _each(
        self, key: str, names: Sequence[str | None] | None, read: Callable[[str], _T]
    ) -> tuple[_T, ...]:
        """What the names of a list stand for. None is a name, or a list, that is noted already."""
        if names is not None and not names:
            self.source.wrong((key,), "must not be empty")
        found: list[_T] = []
        seen: set[str | None] = {None}
        for index, name in enumerate(names or ()):
            if name and name in seen:
                self.source.wrong((key, index), f"{shown(name)} stands here twice; keep one")
            elif name:
                seen.add(name)
                found += self._noting((key, index), read, name)
        return tuple(found)

    def _noting(self, where: Where, read: Callable[[str], _T], name: str) -> list[_T]:
        """What a name stands for, or nothing, with the reason noted."""
        try:
            return [read(name)]
        except SettingError as error:
            self.source.wrong(where, str(error))
            return []

    def _watchlist(self, name: str) -> str | Path:
        bundled = bundled_watchlists()
        if name in bundled:
            return name
        if "/" in name or name.endswith(".toml"):
            return self._file(name).absolute()
        hint = did_you_mean(name, bundled, "bundled are")
        raise SettingError(f"no watchlist {shown(name)} is bundled; {hint}")

    def _feed_list(self, name: str) -> Path:
        return self._file(name, "; `wirewatch init` writes one" if name in DEFAULT_LISTS else "")

    def _file(self, name: str, hint: str = "") -> Path:
        path = located(self.folder, name)
        try:
            check_file(path)
        except SettingError as error:
            raise SettingError(f"{path}: {error}{hint}") from None
        return path

    def _feeds(self, lists: Sequence[Path]) -> tuple[Feed, ...]:
        try:
            feeds = read_lists(lists)
        except ListError as error:
            self.list_problems += str(error).splitlines()
            return ()
        if lists and not feeds and self.complete:
            self.source.wrong(("feeds",), "no feed in any list; `wirewatch feeds add URL` adds one")
        return feeds

    def _place(self, name: str, vault: Vault) -> tuple[Server | None, Path]:
        """The server, if it is one, and the file."""
        if not _on_server(name):
            return None, self._database(name)
        beside = self._database(DEFAULT_DATABASE)
        urls = self._noting(("database",), partial(_url, vault=vault), name)
        return (Server(url=urls[0], beside=beside) if urls else None), beside

    def _database(self, name: str) -> Path:
        path = located(self.folder, name)
        try:
            if path.is_dir():
                self.source.wrong(("database",), f"must be a file: {path} is a folder")
            elif not path.parent.is_dir():
                self.source.wrong(("database",), f"no such folder: {path.parent}; make it first")
        except OSError as error:
            self.source.wrong(("database",), f"{path}: cannot be read: {error.strerror}")
        return path.absolute()

    def _fetch(self) -> FetchConfig:
        settings = self._section("fetch", FETCH_KEYS)
        name = settings.pop("ca_file", None)
        fetch = FetchConfig(**settings)
        if fetch.fastest and fetch.slowest and fetch.fastest > fetch.slowest:  # both are right
            self.source.wrong(("fetch", "fastest"), "must not be longer than fetch.slowest")
        found = self._noting(("fetch", "ca_file"), self._file, name) if name else []
        return replace(fetch, ca_file=found[0].absolute()) if found else fetch
