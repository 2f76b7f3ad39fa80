"""Documents between bodies (edXML, QCVN 102:2016/BTTTT): read from a folder, or asked of an exchange axis.

What is watched is that each document is received. Bodies of attachments are kept nowhere, secret documents not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from string import Formatter
from typing import ClassVar, Protocol, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from collectors.documents.axis import Axis, Paths
from collectors.documents.axisreading import AxisReading
from collectors.documents.box import DocumentBox
from collectors.documents.taking import Taking
from collectors.dropbox import Dropbox
from collectors.feed import Around, Heard, Said
from collectors.wire import documents, edxml
from ioc.cases.model import Kind, Stage
from ioc.errors import IocError

LONGEST_REST = 900.0
LIST = "/v1/syncReceivedEdocList?messageType={kind}&fromDate={from}&toDate={to}"
FETCH = "/v1/getEdoc?docId={id}"
FIELDS = frozenset({"kind", "from", "to", "page", "size", "id"})
DAY = 86_400.0
SECRET_WORDS = ("mật", "tối mật", "tuyệt mật")
SECRET_ELEMENTS = ("Priority", "Secrecy", "SecretLevel", "SecurityLevel", "Confidentiality", "DoMat")

Rest = Callable[[float], Awaitable[None]]


class EdxmlOptions(BaseModel):
    """Where messages are found, `folder` or `url`, and how a site counts what they say."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    folder: Path | None = None
    """folder that others put messages into; an absolute path"""
    url: str = Field(default="", max_length=500)
    """address of the axis' adapter, before its paths"""
    every: float = Field(default=30.0, ge=1, le=3_600)
    """seconds between two looks"""
    settle: float = Field(default=5.0, ge=1, le=600)
    """seconds for which a file must not have changed"""
    remove: bool = False
    """whether files that were read are removed, not put into `done`"""
    system_id: SecretStr | None = None
    """sent as X-SystemId"""
    secret_key: SecretStr | None = None
    """sent as X-SecretKey"""
    login: str = Field(default="", max_length=500)
    """path that gives a token for `credentials`; empty: no token is needed"""
    credentials: SecretStr | None = None
    """JSON that is posted to `login`"""
    lists: list[str] = Field(default=[LIST], min_length=1, max_length=4)
    """paths that list messages, with the fields `{kind}`, `{from}`, `{to}`, `{page}`, `{size}`; without any: by POST"""
    fetch: str = Field(default=FETCH, max_length=500)
    """path that gives one message, with the field `{id}`; without it: by POST"""
    confirm: str = ""
    """path that is told what was taken; empty: never, and the axis' own list is left as it is"""
    page: int = Field(default=100, ge=1, le=1_000)
    """messages asked for in one page"""
    back: int = Field(default=7, ge=0, le=400)
    """days before now at which the first look begins"""
    overlap: float = Field(default=3_600.0, ge=0, le=86_400)
    """seconds before the newest one in which messages may still appear late"""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """seconds for a list, and for each silence while a message comes"""
    verify: bool = True
    """whether the axis' certificate must be valid"""
    ca: Path | None = None
    """PEM file of the authorities to trust; empty: those of the system"""
    scheme: str = ""
    """scheme of the codes in OrganId: `qcvn102`, `qd20`; empty: any"""
    until_done: bool = False
    """whether a document is watched until it is done (06), not until it is received (03)"""
    statuses: dict[str, Stage] = Field(default={}, max_length=100)
    """what further status codes mean, or these in another way"""
    secret_words: list[str] = Field(default=list(SECRET_WORDS), max_length=50)
    """words that make a document secret"""
    secret_elements: list[str] = Field(default=list(SECRET_ELEMENTS), max_length=50)
    """names of the elements in which such a word counts"""
    most: int = Field(default=edxml.MOST_BYTES, ge=10_000, le=2_000_000_000)
    """bytes of one message"""

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("the address carries a name, a query or a fragment; secrets go into secret_key")
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError(f"{url!r} is not an http or https address")
        return url

    @field_validator("lists", "fetch", "confirm", "login")
    @classmethod
    def _are_paths(cls, given: list[str] | str) -> list[str] | str:
        for path in [given] if isinstance(given, str) else given:
            if path and not path.startswith("/"):
                raise ValueError(f"{path!r} is not a path; begin with /")
            strange = {name for _, name, _, _ in Formatter().parse(path) if name is not None} - FIELDS
            if strange:
                raise ValueError(
                    f"{path!r} has the field {min(strange)!r}; known are {', '.join(sorted(FIELDS))}"
                )
        return given

    @field_validator("folder")
    @classmethod
    def _is_absolute(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_absolute():
            raise ValueError(f"{str(folder)!r} is not an absolute path")
        return folder

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.folder is None) == (not self.url):
            raise ValueError("needs either folder or url, one of them")
        if self.url and (self.system_id is None or self.secret_key is None):
            raise ValueError("url needs system_id and secret_key")
        if bool(self.login) != (self.credentials is not None):
            raise ValueError("login and credentials belong together")
        return self


class Way(Protocol):
    """One way in which messages are found."""

    async def look(self) -> bool:
        """Take what is there; whether there may be more at once. Raises IocError."""

    async def close(self) -> None:
        """Let go of what is held."""


class Edxml:
    """Looks for messages again and again; where that fails, less and less often."""

    name: ClassVar[str] = "edxml"
    Options: ClassVar[type[BaseModel]] = EdxmlOptions

    def __init__(self, options: EdxmlOptions, around: Around, rest: Rest = asyncio.sleep) -> None:
        self._options, self._around, self._rest = options, around, rest
        taking = Taking(around, reading(options, around), _names(options), options.most)
        self._way = _way(options, around, taking)
        self._failures = 0

    async def run(self) -> None:
        """Look until cancelled."""
        self._around.say("waiting", "")
        try:
            while True:
                await self._rest(await self.turn())
        finally:
            await self._way.close()

    async def turn(self) -> float:
        """Look once; for how many seconds to rest then."""
        try:
            more = await self._way.look()
        except IocError as error:
            self._failures += 1
            self._around.say("failing", str(error))
            wait = getattr(error, "after", None) or self._options.every * 2.0 ** min(self._failures - 1, 10)
            return float(min(wait, max(LONGEST_REST, self._options.every)))
        self._failures = 0
        self._around.say("ok", "")
        return 0.0 if more else self._options.every

    async def hear(self, heard: Heard) -> Said:
        """Nobody posts here."""
        return Said(404, b'{"error": "this feed asks; nothing is posted to it"}')


def reading(options: EdxmlOptions, around: Around) -> documents.Reading:
    """How the messages of a feed are read: its own codes first, then the standard's, then what the service knows."""
    own = {**documents.stages(options.until_done), **options.statuses}

    def stage_of(code: str) -> Stage | None:
        return own.get(code) or around.stage_of(Kind.DOCUMENT, code)

    return documents.Reading(
        around.id,
        around.zone,
        around.day_end,
        lambda organ: around.unit_of(options.scheme, organ),
        stage_of,
        frozenset(filter(None, map(documents.folded, options.secret_words))),
    )


def _names(options: EdxmlOptions) -> frozenset[str]:
    return frozenset(name.lower() for name in options.secret_elements)


def _way(options: EdxmlOptions, around: Around, taking: Taking) -> Way:
    if options.folder is not None:
        return DocumentBox(Dropbox(options.folder, options.settle, options.remove), around, taking)
    headers = {
        "X-SystemId": options.system_id.get_secret_value() if options.system_id else "",
        "X-SecretKey": options.secret_key.get_secret_value() if options.secret_key else "",
    }
    paths = Paths(options.lists, options.fetch, options.confirm, options.login)
    credentials = options.credentials.get_secret_value() if options.credentials else ""
    axis = Axis(options.url, paths, headers, credentials, options.timeout, options.verify, options.ca)
    return AxisReading(axis, around, taking, options.page, options.overlap, options.back * DAY)
