"""`ioc influx init`: makes an InfluxDB what we need, and says of each thing what became of it.

It may be run again at any time. It deletes nothing: a bucket that keeps its points longer than needed is left, and a
token whose rights were not the right ones is switched off, not removed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ioc.errors import IocError, StoreError
from ioc.provision import keys
from ioc.provision.api import Api
from ioc.provision.setting import Setting
from ioc.provision.wanted import (
    Bucket,
    Step,
    Token,
    Verb,
    Wanted,
    bucket,
    changes,
    difference,
    mended,
    permissions,
    rights,
    span,
    wanted,
)
from ioc.schema import Measurement
from ioc.store.downsampling import RAW_KEPT, Task

Tell = Callable[[Step], None]
Found = Mapping[str, Any]

USER = "ioc"


async def initialise(
    setting: Setting, declared: Sequence[Measurement], admin: str, variable: str, tell: Tell
) -> None:
    """Make or mend everything, and `tell` each step when it is done. Raises IocError.

    `admin` is a token that may do so, empty for none; `variable` is where it would have come from.
    """
    async with Api(setting.url) as anybody:
        admin = await _set_up(anybody, setting, admin or keys.read(setting.admin_file), variable, tell)
    async with Api(setting.url, admin) as api:
        org = await _organisation(api, setting.org, variable, tell)
        await _Initialising(api, org, tell).do(wanted(setting, declared))


async def _set_up(api: Api, setting: Setting, admin: str, variable: str, tell: Tell) -> str:
    """The first set-up of a fresh InfluxDB; the operator token, that one or the one there was."""
    if not (await api.get("/api/v2/setup")).get("allowed"):
        if not admin:
            raise IocError(
                f"{setting.url} is set up already; put an operator or all-access token of it into the environment "
                f"variable {variable} (or name another with --admin-token-env), or into {setting.admin_file}"
            )
        return admin
    admin = admin or secrets.token_urlsafe(48)
    password = keys.read(setting.password_file) or secrets.token_urlsafe(24)
    keys.write(setting.password_file, password)
    if keys.read(setting.admin_file) != admin:
        keys.write(setting.admin_file, admin)
    body: dict[str, Any] = {
        "username": USER,
        "password": password,
        "org": setting.org,
        "bucket": setting.bucket,
        "token": admin,
    }
    body["retentionPeriodSeconds"] = RAW_KEPT
    await api.send("POST", "/api/v2/setup", body)
    detail = f"operator token in {setting.admin_file}, password in {setting.password_file}"
    tell(Step(Verb.MADE, f'user "{USER}"', detail))
    return admin


async def _organisation(api: Api, name: str, variable: str, tell: Tell) -> str:
    """The id of the organisation."""
    if (await api.ask("GET", "/api/v2/orgs")).status == 401:
        raise IocError(
            f"{api.url} does not accept the administrator's token; put an operator or all-access token into {variable}"
        )
    if found := await api.named("/api/v2/orgs", "orgs", name, {"org": name}):
        tell(Step(Verb.RIGHT, f'organisation "{name}"'))
        return str(found["id"])
    made = await api.send("POST", "/api/v2/orgs", {"name": name})
    tell(Step(Verb.MADE, f'organisation "{name}"'))
    return str(made["id"])


class _Initialising:
    """One organisation being made right."""

    def __init__(self, api: Api, org: str, tell: Tell) -> None:
        self._api = api
        self._org = org
        self._tell = tell
        self._ids: dict[str, str] = {}
        """ids of our buckets by name"""

    async def do(self, want: Wanted) -> None:
        for each in want.buckets:
            await self._bucket(each)
        for task in want.tasks:
            await self._task(task)
        there = (await self._api.get("/api/v2/authorizations", orgID=self._org)).get("authorizations") or []
        for token in want.tokens:
            await self._token(token, there)

    # --- buckets ---

    async def _bucket(self, want: Bucket) -> None:
        there = await self._named("/api/v2/buckets", "buckets", want.name)
        what = f'bucket "{want.name}"'
        if there is None:
            body = {"orgID": self._org, "name": want.name, "retentionRules": _rules(want)}
            there = await self._api.send("POST", "/api/v2/buckets", body)
            self._tell(Step(Verb.MADE, what, f"kept {span(want.kept)}, shards of {span(want.shard)}"))
        else:
            await self._mend(want, what, there)
        self._ids[want.name] = str(there["id"])

    async def _mend(self, want: Bucket, what: str, found: Found) -> None:
        there = bucket(found)
        then = mended(there, want)
        changed = changes(there, then)
        if changed:
            body = {"retentionRules": _rules(then)}
            await self._api.send("PATCH", f"/api/v2/buckets/{found['id']}", body)
        if then.kept != want.kept:
            hint = f"kept {span(there.kept)}, {span(want.kept)} would do; shorten it by hand, which deletes points"
            self._tell(Step(Verb.CHANGED if changed else Verb.LEFT, what, "; ".join([*changed, hint])))
        elif changed:
            self._tell(Step(Verb.CHANGED, what, ", ".join(changed)))
        else:
            self._tell(Step(Verb.RIGHT, what, f"kept {span(there.kept)}, shards of {span(there.shard)}"))

    # --- tasks ---

    async def _task(self, want: Task) -> None:
        there = await self._named("/api/v2/tasks", "tasks", want.name)
        what = f'task "{want.name}"'
        if there is None:
            body = {"orgID": self._org, "flux": want.flux, "status": "active"}
            await self._api.send("POST", "/api/v2/tasks", body)
            self._tell(Step(Verb.MADE, what))
            return
        changes = []
        if there.get("flux") != want.flux:
            changes.append("another text → ours")
        if there.get("status") != "active":
            changes.append(f"{there.get('status')} → active")
        if changes:
            body = {"flux": want.flux, "status": "active"}
            await self._api.send("PATCH", f"/api/v2/tasks/{there['id']}", body)
        self._tell(Step(Verb.CHANGED if changes else Verb.RIGHT, what, ", ".join(changes)))

    async def _named(self, path: str, key: str, name: str) -> Found | None:
        return await self._api.named(path, key, name, {"orgID": self._org, "name": name})

    # --- tokens ---

    async def _token(self, want: Token, there: Sequence[Found]) -> None:
        what = f'token "{want.description}"'
        held = keys.read(want.file)
        ours = [each for each in there if each.get("description") == want.description]
        held_by = next((each for each in there if held and each.get("token") == held), None)
        if held_by is not None and held_by not in ours:
            hint = f'{want.file} holds the token "{held_by.get("description")}"; remove the file for one of its own'
            self._tell(Step(Verb.LEFT, what, hint))
            return
        now = held_by or next((each for each in ours if each.get("status") == "active"), None)
        if now is None:
            await self._make(want)
            self._tell(Step(Verb.CHANGED if held else Verb.MADE, what, _in(want, held)))
            return
        names = {id: name for name, id in self._ids.items()}
        has = rights(now.get("permissions") or (), names)
        if has != want.rights or not now.get("token"):
            await self._make(want)
            await self._switch(now, "inactive")
            detail = difference(has, want.rights) or "its value is not known any more"
            hint = f"{detail}; a new one is in {want.file}, the old one is off: restart what uses it"
            self._tell(Step(Verb.CHANGED, what, hint))
            return
        self._tell(await self._keep(want, what, now, held))

    async def _keep(self, want: Token, what: str, now: Found, held: str) -> Step:
        """A token with the right rights: let it be active, and in its file for its owner alone."""
        changes = []
        if now.get("status") != "active":
            await self._switch(now, "active")
            changes.append(f"{now.get('status')} → active")
        if held != now["token"]:
            keys.write(want.file, now["token"])
            changes.append(f"written to {want.file}")
        elif keys.open_to_others(want.file):
            keys.write(want.file, held)
            changes.append(f"{want.file} → readable by its owner alone")
        return (
            Step(Verb.CHANGED, what, ", ".join(changes))
            if changes
            else Step(Verb.RIGHT, what, f"in {want.file}")
        )

    async def _make(self, want: Token) -> None:
        body = {
            "orgID": self._org,
            "description": want.description,
            "permissions": permissions(want, self._ids, self._org),
        }
        made = await self._api.send("POST", "/api/v2/authorizations", body)
        value = made.get("token")
        if not isinstance(value, str) or not value:
            raise StoreError(f"{self._api.url}: a token was made and not shown", permanent=True)
        keys.write(want.file, value)

    async def _switch(self, authorization: Found, status: str) -> None:
        await self._api.send("PATCH", f"/api/v2/authorizations/{authorization['id']}", {"status": status})


def _rules(bucket: Bucket) -> list[dict[str, Any]]:
    return [{"type": "expire", "everySeconds": bucket.kept, "shardGroupDurationSeconds": bucket.shard}]


def _in(token: Token, held: str) -> str:
    return f"the one in {token.file} was of no use here → a new one" if held else f"in {token.file}"
