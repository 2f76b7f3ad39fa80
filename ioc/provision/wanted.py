"""What an InfluxDB should hold for us, and how what it holds differs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ioc.provision.setting import Setting
from ioc.schema import Measurement
from ioc.store.downsampling import DAY, RAW_KEPT, RAW_SHARD, Task, tasks

HOUR = 3600


class Verb(StrEnum):
    """What became of one thing."""

    MADE = "made"
    RIGHT = "right"
    CHANGED = "changed"
    LEFT = "left"
    """it differs, and is left so: changing it would cost data"""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing, and what became of it."""

    verb: Verb
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, how many seconds its points are kept (0 is for ever), and how many of them are in one shard."""

    name: str
    kept: int
    shard: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token by its description, what it may do (`read` or `write`, a bucket's name), and the file it goes to."""

    description: str
    rights: frozenset[tuple[str, str]]
    file: Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything there should be."""

    buckets: Sequence[Bucket]
    tasks: Sequence[Task]
    tokens: Sequence[Token]


def wanted(setting: Setting, declared: Sequence[Measurement]) -> Wanted:
    """What a setting asks for; `declared` are the measurements of the house."""
    buckets = [
        Bucket(setting.bucket, RAW_KEPT, RAW_SHARD),
        *(Bucket(into, tier.kept, tier.shard) for tier, into in setting.tiers),
    ]
    reads = frozenset(("read", each.name) for each in buckets)
    return Wanted(
        buckets=buckets,
        tasks=[task for way in setting.ways(declared) for task in tasks(way)],
        tokens=[
            Token(f"ioc: service, {setting.bucket}", reads | {("write", setting.bucket)}, setting.token_file),
            Token(f"ioc: Grafana, {setting.bucket}", reads, setting.grafana_file),
        ],
    )


def bucket(found: Mapping[str, Any]) -> Bucket:
    """A bucket of InfluxDB's."""
    rule = (found.get("retentionRules") or [{}])[0]

    def seconds(key: str) -> int:
        value = rule.get(key, 0)
        return value if isinstance(value, int) else 0

    return Bucket(str(found.get("name")), seconds("everySeconds"), seconds("shardGroupDurationSeconds"))


def mended(there: Bucket, want: Bucket) -> Bucket:
    """What a bucket should become: neither is its time shortened, which deletes points, nor are its shards."""
    kept = there.kept if longer(there.kept, want.kept) else want.kept
    return Bucket(want.name, kept, max(there.shard, want.shard))


def changes(there: Bucket, then: Bucket) -> list[str]:
    """What changes of a bucket, in words."""
    out = [f"kept {span(there.kept)} → {span(then.kept)}"] if there.kept != then.kept else []
    if there.shard != then.shard:
        out.append(f"shards of {span(there.shard)} → {span(then.shard)} for what is written from now on")
    return out


def span(seconds: int) -> str:
    """A retention as people say it."""
    if seconds == 0:
        return "for ever"
    whole, rest = divmod(seconds, DAY)
    return f"{whole} day{'s' if whole != 1 else ''}" if not rest else f"{seconds / HOUR:g} hours"


def longer(there: int, than: int) -> bool:
    """Whether points are kept longer than they need to be; 0 is for ever."""
    return there == 0 or there > than


def permissions(token: Token, ids: Mapping[str, str], org: str) -> list[dict[str, Any]]:
    """A token's rights as InfluxDB wants them; `ids` are the buckets' by name."""
    return [
        {"action": action, "resource": {"type": "buckets", "id": ids[bucket], "orgID": org}}
        for action, bucket in sorted(token.rights)
    ]


def rights(found: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Permissions of InfluxDB's as rights; what is not about one of our buckets is named by its type and id.

    `names` are the buckets' names by id.
    """
    out = set()
    for each in found:
        resource = each.get("resource") or {}
        id = resource.get("id", "")
        about = resource.get("type", "") if resource.get("type") != "buckets" or id not in names else ""
        out.add((str(each.get("action")), names[id] if not about else f"{about} {id or '(all)'}"))
    return frozenset(out)


def difference(was: frozenset[tuple[str, str]], now: frozenset[tuple[str, str]]) -> str:
    """What changes from one set of rights to another, in words."""
    gained = [f"+{action} {bucket}" for action, bucket in sorted(now - was)]
    lost = [f"-{action} {bucket}" for action, bucket in sorted(was - now)]
    return ", ".join([*gained, *lost])
