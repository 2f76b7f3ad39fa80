"""A real InfluxDB as its administrator sees it, independently of the code under test."""

from __future__ import annotations

import csv
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

PATIENCE = 60.0


def now() -> float:
    return time.time()


@dataclass(frozen=True, slots=True)
class Admin:
    """The holder of an operator token, in one organisation."""

    url: str
    org: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                text = response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text.startswith("{") else text

    def set_up(self) -> None:
        body = {"username": "root", "password": "correct horse", "org": self.org, "bucket": "first"}
        self.call("POST", "/api/v2/setup", {**body, "token": self.token})

    @property
    def org_id(self) -> str:
        found = self.call("GET", f"/api/v2/orgs?org={quote(self.org)}")["orgs"]
        return str(found[0]["id"])

    def bucket(self, name: str) -> dict[str, Any]:
        path = f"/api/v2/buckets?orgID={self.org_id}&name={quote(name)}"
        found: dict[str, Any] = self.call("GET", path)["buckets"][0]
        return found

    def kept(self, name: str) -> int:
        return int(self.bucket(name)["retentionRules"][0]["everySeconds"])

    def keep(self, name: str, seconds: int) -> None:
        self._rule(name, everySeconds=seconds)

    def shard(self, name: str) -> int:
        return int(self.bucket(name)["retentionRules"][0]["shardGroupDurationSeconds"])

    def cut(self, name: str, seconds: int) -> None:
        """Let a bucket have shards of another length."""
        self._rule(name, shardGroupDurationSeconds=seconds)

    def _rule(self, name: str, **change: int) -> None:
        rules = [{**self.bucket(name)["retentionRules"][0], **change}]
        self.call("PATCH", f"/api/v2/buckets/{self.bucket(name)['id']}", {"retentionRules": rules})

    def delete_bucket(self, name: str) -> None:
        self.call("DELETE", f"/api/v2/buckets/{self.bucket(name)['id']}")

    def tasks(self) -> dict[str, dict[str, Any]]:
        found = self.call("GET", f"/api/v2/tasks?orgID={self.org_id}")["tasks"]
        return {each["name"]: each for each in found}

    def change_task(self, name: str, **change: str) -> None:
        self.call("PATCH", f"/api/v2/tasks/{self.tasks()[name]['id']}", change)

    def authorizations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/api/v2/authorizations?orgID={self.org_id}")[
            "authorizations"
        ]
        return found

    def authorize(self, description: str, *rights: tuple[str, str]) -> str:
        """A token with rights on whole types of resources (`read`, `buckets`), or on one bucket by its name."""
        org = self.org_id
        permissions = []
        for action, what in rights:
            resource = {"type": what, "orgID": org}
            if what not in ("buckets", "tasks", "authorizations"):
                resource = {"type": "buckets", "orgID": org, "id": self.bucket(what)["id"]}
            permissions.append({"action": action, "resource": resource})
        body = {"orgID": org, "description": description, "permissions": permissions}
        return str(self.call("POST", "/api/v2/authorizations", body)["token"])

    def write(self, lines: list[str], bucket: str = "ioc") -> None:
        path = f"/api/v2/write?org={quote(self.org)}&bucket={quote(bucket)}&precision=us"
        self.call("POST", path, "\n".join(lines).encode())

    def flux(self, query: str) -> list[dict[str, str]]:
        text = self.call("POST", f"/api/v2/query?org={quote(self.org)}", {"query": query})
        rows: list[dict[str, str]] = []
        for table in text.replace("\r\n", "\n").split("\n\n"):
            rows += csv.DictReader(table.splitlines())
        return rows

    def run(self, name: str, at: float) -> str:
        """Run a task as if it were a moment, to its end; what became of it."""
        task = self.tasks()[name]["id"]
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        run = self.call("POST", f"/api/v2/tasks/{task}/runs", {"scheduledFor": when})["id"]
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            found = self.call("GET", f"/api/v2/tasks/{task}/runs")["runs"]
            ended = [each for each in found if each["id"] == run and each.get("finishedAt")]
            if ended:  # between running and being in the list it is nowhere for a moment
                return str(ended[0]["status"])
            time.sleep(0.05)
        raise RuntimeError(f"task {name} did not end")
