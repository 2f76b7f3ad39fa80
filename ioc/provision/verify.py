"""`ioc influx verify`: whether an InfluxDB is as the service needs it, asked with the service's own token.

What only an administrator may see (the tasks) is looked at with an administrator's token where there is one, and
otherwise judged by what the tasks have written. The point that is written to see whether it can be is read back and
deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ioc.clock import Clock
from ioc.errors import StoreError
from ioc.provision import findings
from ioc.provision.api import Api
from ioc.provision.findings import AGAIN, Check, Finding
from ioc.provision.setting import Setting
from ioc.provision.wanted import Bucket, Wanted
from ioc.provision.wanted import bucket as found
from ioc.store.downsampling import Task, quoted

SKEW = 2.0
"""seconds that the two clocks may differ: beyond that, charts show what was as what will be"""
LATE = 3
"""windows that down-sampling may be behind"""
PROBE = "verify"
"""measurement of the point that is written, read and deleted"""


Tell = Callable[[Check], None]


async def verify(setting: Setting, want: Wanted, token: str, admin: str, clock: Clock, tell: Tell) -> None:
    """Look at everything and `tell` each check when it is done; an answer that does not come is a check, too."""
    async with Api(setting.url, token) as api:
        found = await _reached(api)
        tell(found)
        if found.finding is not Finding.OK:
            return
        verifying = _Verifying(api, setting, want, clock, tell)
        if not await verifying.accepted():
            return
        for look in (
            verifying.rights,
            verifying.buckets,
            verifying.windows,
            verifying.clocks,
            verifying.a_point,
        ):
            await _guarded(look.__name__, look, tell)
    if admin:
        async with Api(setting.url, admin) as api:
            await _guarded("tasks", lambda: _tasks(api, setting, want.tasks, tell), tell)
    else:
        tell(Check("tasks", Finding.UNSEEN, "no administrator's token", "see --admin-token-env"))


async def _guarded(what: str, look: Callable[[], Any], tell: Tell) -> None:
    try:
        await look()
    except StoreError as error:
        tell(Check(what.replace("_", " "), Finding.FAULT, str(error)))


async def _reached(api: Api) -> Check:
    try:
        health = await api.get("/health")
    except StoreError as error:
        return Check("address", Finding.FAULT, str(error))
    if health.get("status") != "pass":
        return Check(
            "address", Finding.FAULT, f"says {health.get('status')}: {health.get('message')}", "see its log"
        )
    return Check("address", Finding.OK, f"{api.url}, InfluxDB {health.get('version', '')}")


class _Verifying:
    """One InfluxDB, seen by the service."""

    def __init__(self, api: Api, setting: Setting, want: Wanted, clock: Clock, tell: Tell) -> None:
        self._api = api
        self._setting = setting
        self._want = want
        self._clock = clock
        self._tell = tell

    async def accepted(self) -> bool:
        """Whether it knows the token and may write with it; nothing else makes sense before."""
        setting = self._setting
        answer = await self._api.write(setting.org, setting.bucket, "#")
        what = f'write to "{setting.bucket}"'
        if answer.good:
            self._tell(Check(what, Finding.OK, f'organisation "{setting.org}"'))
            return True
        self._tell(findings.refused(what, answer, setting))
        return False

    # --- rights ---

    async def rights(self) -> None:
        """Reading is allowed where it is needed, and nothing is that is not."""
        for bucket in self._want.buckets:
            await self._may_read(bucket)
        more = [*await self._writable(), *await self._manageable()]
        if more:
            hint = f"a service needs no such right: remove the token's file and {AGAIN}"
            self._tell(Check("rights", Finding.FAULT, f"the token may also {', '.join(more)}", hint))
        else:
            self._tell(Check("rights", Finding.OK, "no more than needed"))

    async def _may_read(self, bucket: Bucket) -> None:
        what = f'read "{bucket.name}"'
        flux = f"from(bucket: {quoted(bucket.name)}) |> range(start: -1m) |> limit(n: 1)"
        try:
            await self._api.flux(self._setting.org, flux)
        except StoreError as error:
            if not error.permanent:
                raise
            hint = f"there is no such bucket, or the token may not read it: {AGAIN}"
            self._tell(Check(what, Finding.FAULT, str(error), hint))
        else:
            self._tell(Check(what, Finding.OK))

    async def _writable(self) -> list[str]:
        """Buckets of windows that the token could write to: those are the tasks' alone."""
        found = []
        for _, bucket in self._setting.tiers:
            if (await self._api.write(self._setting.org, bucket, "#")).good:
                found.append(f'write to "{bucket}"')
        return found

    async def _manageable(self) -> list[str]:
        """What the token lets see of InfluxDB's own."""
        ours = {each.name for each in self._want.buckets}
        lists = (("authorizations", "tokens"), ("orgs", "organisations"), ("tasks", "tasks"))
        found = [f"see {said}" for key, said in lists if (await self._api.get(f"/api/v2/{key}")).get(key)]
        buckets = (await self._api.get("/api/v2/buckets", limit="100")).get("buckets") or []
        others = sorted(str(each.get("name")) for each in buckets if each.get("name") not in ours)
        return [*found, f"see bucket {', '.join(others[:3])}"] if others else found

    # --- buckets ---

    async def buckets(self) -> None:
        """Each keeps its points as long as it should, in shards long enough."""
        for want in self._want.buckets:
            there = await self._api.named("/api/v2/buckets", "buckets", want.name, {"name": want.name})
            if there is None:
                self._tell(
                    Check(f'bucket "{want.name}"', Finding.FAULT, "not there, or not to be read", AGAIN)
                )
            else:
                self._tell(findings.bucket(want, found(there)))

    async def windows(self) -> None:
        """What is raw has been made windows of, but for the last few."""
        for tier, bucket in self._setting.tiers:
            settled = f"-{LATE * tier.seconds}s"
            raw = await self._newest(self._setting.bucket, settled, 'r._measurement == "endpoint"')
            made = await self._newest(
                bucket, "now()", 'r._measurement == "endpoint" and r._field =~ /_count$/'
            )
            self._tell(findings.windows(tier, bucket, raw, made))

    async def _newest(self, bucket: str, stop: str, matching: str) -> float | None:
        """The time of the newest point of the last two days, civil seconds."""
        flux = (
            f"from(bucket: {quoted(bucket)}) |> range(start: -2d, stop: {stop}) |> filter(fn: (r) => {matching})"
            ' |> last() |> keep(columns: ["_time"]) |> group() |> max(column: "_time")'
        )
        rows = await self._api.flux(self._setting.org, flux)
        return findings.seconds(rows[0]["_time"]) if rows else None

    # --- clock and point ---

    async def clocks(self) -> None:
        """The server's clock beside ours, which is read before and after."""
        before = self._now()
        flux = 'import "system"\nimport "array"\narray.from(rows: [{_value: system.time()}])'
        rows = await self._api.flux(self._setting.org, flux)
        after = self._now()
        ahead = findings.seconds(rows[0]["_value"]) - (before + after) / 2
        way = f"{abs(ahead):.3f} s {'ahead of' if ahead > 0 else 'behind'} ours"
        if abs(ahead) <= SKEW + (after - before) / 2:
            self._tell(Check("clocks", Finding.OK, f"the server's is {way}"))
        else:
            hint = "let both machines follow one time server"
            self._tell(Check("clocks", Finding.FAULT, f"the server's is {way}", hint))

    async def a_point(self) -> None:
        """Written, read back, deleted."""
        setting, what = self._setting, "a point"
        stamp = round(self._now() * 1e6)
        answer = await self._api.write(setting.org, setting.bucket, f"{PROBE} at={stamp}i {stamp}")
        if not answer.good:
            self._tell(findings.refused(what, answer, setting))
            return
        flux = (
            f"from(bucket: {quoted(setting.bucket)}) |> range(start: -1h, stop: 1h)"
            f' |> filter(fn: (r) => r._measurement == "{PROBE}") |> last()'
        )
        rows = await self._api.flux(setting.org, flux)
        if [row.get("_value") for row in rows] == [str(stamp)]:
            self._tell(Check(what, Finding.OK, "written, read back, deleted"))
        else:
            hint = f"{findings.LOG} and at its disk"
            self._tell(Check(what, Finding.FAULT, "written, and not found again", hint))
        await self._delete(stamp)

    async def _delete(self, stamp: int) -> None:
        body = {
            "start": findings.written(stamp / 1e6 - 3600),
            "stop": findings.written(stamp / 1e6 + 3600),
            "predicate": f'_measurement="{PROBE}"',
        }
        params = {"org": self._setting.org, "bucket": self._setting.bucket}
        data = json.dumps(body).encode()
        await self._api.ask("POST", "/api/v2/delete", params=params, data=data)

    def _now(self) -> float:
        return self._clock.civil(self._clock.now())


# --- what an administrator may see ---


async def _tasks(api: Api, setting: Setting, want: Sequence[Task], tell: Tell) -> None:
    """Each is there, as `init` makes it, active, and its last run went well."""
    for task in want:
        there = await api.named("/api/v2/tasks", "tasks", task.name, {"org": setting.org, "name": task.name})
        tell(findings.task(task, there))
