"""Who may import whom. The house stays as it is described only because this fails when it is not."""

from __future__ import annotations

import ast
import itertools
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("feeds", "monitor", "alerts")
MODULES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))

LEAVES = (
    "feeds/types.py",
    "feeds/errors.py",
    "alerts/types.py",
    "alerts/errors.py",
    "monitor/types.py",
)

# library → the only files that may import it
ONLY_IN = {
    "feedparser": ("feeds/parse.py",),
    "httpx": ("feeds/http.py",),
    "httpcore": ("feeds/http.py", "feeds/proxied.py"),
    "h11": ("feeds/http1.py",),
    "httptools": ("feeds/http1.py",),
    "warcio": ("monitor/evidence/",),
    "isal": ("monitor/evidence/",),
    "trafilatura": ("feeds/article.py",),
    "protego": ("feeds/robots.py",),
    "lxml": (),
    "sqlite_utils": ("monitor/store/",),
    "sqlite3": ("monitor/store/",),
    "psycopg": ("monitor/store/postgres/",),
    "psycopg_pool": ("monitor/store/postgres/",),
    "procrastinate": ("monitor/cluster/",),
    "smtplib": (),
    "aiosmtplib": ("alerts/email.py",),
    "apscheduler": ("monitor/daemon.py",),
    "datasette": ("monitor/review/",),
    "requests": (),
    "apprise": ("alerts/apprise_library.py",),
    "urllib.request": (),
}


@cache
def imports(path: Path) -> set[str]:
    """Every module that a file imports, at the top or within a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 30


def test_direction() -> None:
    for path in MODULES:
        package = name_of(path).split("/")[0]
        ours = {name.split(".")[0] for name in imports(path)} & set(PACKAGES)
        allowed = set(PACKAGES) if package == "monitor" else {package}
        assert ours <= allowed, f"{name_of(path)} imports {ours - allowed}"


@pytest.mark.parametrize("leaf", LEAVES)
def test_leaves_import_nothing_of_ours(leaf: str) -> None:
    assert not {n for n in imports(ROOT / leaf) if n.split(".")[0] in PACKAGES}


def test_libraries_stand_in_their_places() -> None:
    for path, (library, places) in itertools.product(MODULES, ONLY_IN.items()):
        used = any(n == library or n.startswith(f"{library}.") for n in imports(path))
        assert not used or name_of(path).startswith(places), f"{name_of(path)} imports {library}"


def test_environment_is_read_in_one_place() -> None:
    readers = [path for path in MODULES if re.search("os.environ|getenv", path.read_text("utf-8"))]
    assert [name_of(path) for path in readers] == ["monitor/config.py"]


# The clock stands where the program starts; everything else is handed one.
CLOCKS = ("monitor/wall.py", "monitor/logs.py")


def test_wall_clock_stands_where_the_program_starts() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        clocks = calls & {"datetime.now", "datetime.utcnow", "time.time", "date.today"}
        assert not clocks or name_of(path) in CLOCKS, f"{name_of(path)} calls {clocks}"
