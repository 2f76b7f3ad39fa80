"""docker-compose.yml, the Dockerfile and what they mount hang together; no container engine is needed to see that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ioc.config.secrets import SHORTEST_TOKEN

ROOT = Path(__file__).parents[2]
COMPOSITION: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSITION["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
ENVIRONMENT = (ROOT / ".env.example").read_text("utf-8")


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root_or_may_become_it(name: str) -> None:
    service = SERVICES[name]
    uid, gid = service["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_of_one_version(name: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+$", SERVICES[name]["image"])


def test_the_dockerfile_starts_from_versions_too() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in images)
    assert images[-1] == "python:3.11.9-slim-bookworm"


def test_the_image_has_the_packages_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version is not None
    assert {each["image"] for each in SERVICES.values() if "build" in each} == {f"ioc-monitor:{version[1]}"}


def test_the_image_and_the_composition_name_one_user() -> None:
    assert "USER 10001:10001" in DOCKERFILE
    assert SERVICES["ioc"]["user"] == SERVICES["influx-init"]["user"] == "10001:10001"
    assert SERVICES["grafana"]["user"] == "10001:10001", "it reads a secret of mode 0600"


def test_ports_are_on_loopback() -> None:
    published = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert len(published) == 2
    assert all(re.match(r"\$\{\w+:-127\.0\.0\.1:\d+\}:\d+$", port) for port in published)


def test_volumes_are_named() -> None:
    used = {
        mount.split(":")[0]
        for each in SERVICES.values()
        for mount in each.get("volumes", ())
        if not mount.startswith((".", "$"))
    }
    assert used == set(COMPOSITION["volumes"])


def test_what_is_mounted_from_here_is_here() -> None:
    for each in SERVICES.values():
        for mount in each.get("volumes", ()):
            if mount.startswith("./"):
                assert (ROOT / mount.split(":")[0]).exists(), mount
                assert mount.endswith(":ro"), mount
    assert (ROOT / "examples" / "docker" / "secrets").is_dir(), "the volume's mount point"


def test_everybody_waits_for_whom_it_needs() -> None:
    waits = {
        name: {on: how["condition"] for on, how in each.get("depends_on", {}).items()}
        for name, each in SERVICES.items()
    }
    prepared = {"influx-init": "service_completed_successfully"}
    assert waits["influx-init"] == {"influxdb": "service_healthy"}
    assert waits["ioc"] == waits["grafana"] == prepared
    assert waits["prometheus"] == {"ioc": "service_healthy"}
    assert all("test" in each["healthcheck"] for name, each in SERVICES.items() if name != "influx-init")


def test_pings_need_no_root() -> None:
    assert SERVICES["ioc"]["sysctls"] == {"net.ipv4.ping_group_range": "0 2147483647"}


def test_secrets_are_named_and_have_no_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    needed = set(re.findall(r"\$\{(\w+):\?", text))
    assert needed == {"IOC_READ_TOKEN", "IOC_WRITE_TOKEN", "GRAFANA_ADMIN_PASSWORD"}
    assert all(re.search(rf"^{name}=$", ENVIRONMENT, re.MULTILINE) for name in needed)
    assert not re.search(r"(TOKEN|PASSWORD):-", text)


def test_every_variable_of_the_composition_is_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert asked == set(re.findall(r"^(\w+)=", ENVIRONMENT, re.MULTILINE))


def test_the_advice_for_a_token_makes_one_that_is_long_enough() -> None:
    advised = re.search(r"openssl rand -hex (\d+)", ENVIRONMENT)
    assert advised is not None
    assert int(advised[1]) * 2 >= SHORTEST_TOKEN


def test_grafana_is_given_what_its_provisioning_names() -> None:
    files = sorted((ROOT / "grafana" / "provisioning").rglob("*.yaml"))
    named = {name for file in files for name in re.findall(r"\$\{?(IOC_\w+)", file.read_text("utf-8"))}
    grafana = SERVICES["grafana"]
    given = {name for name in grafana["environment"] if name.startswith("IOC_")}
    assert "export IOC_INFLUX_READ_TOKEN" in grafana["command"][0]
    assert named == given | {"IOC_INFLUX_READ_TOKEN"}


def test_what_the_wheel_is_made_of_reaches_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert {"ioc", "collectors", "alerts", "web", "hatch_build.py", "constraints.txt"} <= set(copied)
    for each in copied:
        top = each.split("/")[0]
        assert f"!{top}" in ignored or f"!{top}/**" in ignored, each
