"""What is made of what was found in an InfluxDB: each thing well or not, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ioc.provision.api import Answer
from ioc.provision.setting import Setting
from ioc.provision.wanted import Bucket, longer, span
from ioc.store.downsampling import Task, Tier


class Finding(StrEnum):
    """What came of looking at one thing."""

    OK = "ok"
    FAULT = "fault"
    UNSEEN = "unseen"
    """it could not be looked at"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, what was found, and what to do."""

    what: str
    finding: Finding
    detail: str = ""
    hint: str = ""


AGAIN = "run ioc influx init"
LOG = "look into InfluxDB's log"


def task(want: Task, there: Mapping[str, Any] | None) -> Check:
    """Whether a task is there, as `init` makes it, active, and ended well."""
    what = f'task "{want.name}"'
    if there is None:
        return Check(what, Finding.FAULT, "not there", AGAIN)
    if there.get("status") != "active":
        return Check(what, Finding.FAULT, f"{there.get('status')}", AGAIN)
    if there.get("flux") != want.flux:
        return Check(what, Finding.FAULT, "its text is not the one this version makes", AGAIN)
    if there.get("lastRunStatus") == "failed":
        hint = "read its runs in InfluxDB, or run ioc influx fill"
        return Check(what, Finding.FAULT, f"last run failed: {there.get('lastRunError', '')}"[:300], hint)
    return Check(what, Finding.OK, f"last run: {there.get('lastRunStatus') or 'none yet'}")


def bucket(want: Bucket, there: Bucket) -> Check:
    """Whether a bucket keeps its points as long as it should, in shards long enough."""
    what = f'bucket "{want.name}"'
    kept, much = f"kept {span(there.kept)}", longer(there.kept, want.kept)
    if there.kept != want.kept and not much:
        return Check(what, Finding.FAULT, f"{kept}, less than {span(want.kept)}", AGAIN)
    if there.shard < want.shard:
        detail = f"shards of {span(there.shard)}, less than {span(want.shard)}: charts of years are slow"
        return Check(what, Finding.FAULT, detail, AGAIN)
    shards = f"shards of {span(there.shard)}"
    return Check(
        what, Finding.OK, f"{kept}, {shards}; {span(want.kept)} would do" if much else f"{kept}, {shards}"
    )


def windows(tier: Tier, bucket: str, raw: float | None, made: float | None) -> Check:
    """Whether the newest window, by its beginning, covers the newest raw point that it should; None for none."""
    what = f'windows in "{bucket}"'
    if raw is None:
        return Check(what, Finding.OK, "nothing to make them of yet")
    due = raw // tier.seconds * tier.seconds
    if made is not None and made >= due:
        return Check(what, Finding.OK, f"up to {written(made + tier.seconds)}")
    behind = f"end {written(made + tier.seconds)}" if made is not None else "are not there"
    hint = f"see whether the tasks are active: {AGAIN}, then ioc influx fill"
    return Check(what, Finding.FAULT, f"{behind}; raw points go to {written(raw)}", hint)


def refused(what: str, answer: Answer, setting: Setting) -> Check:
    """Why a write was refused."""
    hints = {
        401: "this InfluxDB does not know the token: look into history.influx.token",
        403: "the token may not write there: remove its file and run ioc influx init",
        404: f'there is no organisation "{setting.org}" or bucket "{setting.bucket}" for it: {AGAIN}',
    }
    detail = f"{answer.status} {answer.message}"
    return Check(what, Finding.FAULT, detail, hints.get(answer.status, LOG))


def seconds(time: str) -> float:
    """A time of InfluxDB's, which may have nanoseconds, as civil seconds."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{fraction or 0}")


def written(seconds: float) -> str:
    """Civil seconds as InfluxDB writes a time."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
