"""What stands in deploy/ fits the program: metrics that exist, an image without root."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\bwirewatch_[a-z_]+")
DERIVED = re.compile(r"_(bucket|count|sum)$")


def documented() -> set[str]:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return set(METRIC.findall(operations))


def metrics_of(text: str) -> set[str]:
    return {DERIVED.sub("", name) for name in METRIC.findall(text)}


@pytest.mark.parametrize("file", ["prometheus-alerts.yml", "grafana-dashboard.json"])
def test_only_metrics_that_there_are(file: str) -> None:
    asked = metrics_of((DEPLOY / file).read_text(encoding="utf-8"))
    assert len(asked) > 4
    assert asked <= documented()


def test_the_dashboard_shows_every_metric() -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    expressions = [t["expr"] for panel in dashboard["panels"] for t in panel["targets"]]
    left = documented() - metrics_of("\n".join(expressions))
    assert left == {"wirewatch_database_readable", "wirewatch_articles_stored"}
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)


def test_the_image_takes_along_what_there_is() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    kept = re.findall(r"^!(\S+)$", ignored, re.MULTILINE)
    assert [name for name in kept if not (ROOT / name).exists()] == []
    assert {"feeds", "monitor", "alerts", "pyproject.toml", "requirements.lock"} <= set(kept)


def services(file: str) -> dict[str, Any]:
    found = yaml.safe_load((DEPLOY / file).read_text(encoding="utf-8"))["services"]
    assert isinstance(found, dict)
    return found


def test_workers_are_shut_in_and_have_what_they_need() -> None:
    found = services("compose-workers.yaml")
    assert set(found) == {"database", "worker", "publish", "desk"}
    for name, service in found.items():
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        if name != "database":
            assert (service["cap_drop"], service["user"]) == (["ALL"], "10001:10001")
    worker = found["worker"]
    # A volume begins with the owner that its folder has in the image.
    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    for volume in (*found["worker"]["volumes"], *found["desk"]["volumes"]):
        folder = volume.split(":")[-2 if volume.endswith(":ro") else -1]
        assert folder == "/etc/wirewatch" or folder in image
    assert (ROOT / worker["build"]["args"]["LOCK"]).exists()
    assert "ports" not in found["database"]
    locked = (ROOT / worker["build"]["args"]["LOCK"]).read_text(encoding="utf-8")
    assert {"procrastinate", "psycopg", "psycopg-binary", "feedparser"} <= set(
        re.findall(r"^([a-z-]+)==", locked, re.MULTILINE)
    )


def test_containers_are_shut_in() -> None:
    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (\S+)$", image, re.MULTILINE) == ["10001:10001"]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == {"daemon", "desk"}
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == "10001:10001"
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
