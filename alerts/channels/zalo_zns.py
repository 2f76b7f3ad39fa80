"""Zalo ZNS: a template that Zalo has approved, sent to a telephone number (zalo.cloud, ZNS, "Send a ZNS message").

`POST /message/template` with `phone`, `template_id`, `template_data` and `tracking_id`; what the service decides is in
`error`, whatever the status. The access token lasts 25 hours and comes from a refresh token that can be used once
(developers.zalo.me, Official Account, OAuth v4): the next one is written to the file before the first is forgotten.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerts import rendering
from alerts.channels.base import Receipt
from alerts.fitting import cut
from alerts.notification import Notification
from alerts.service import Answer, Base, Service, lasting, secret_of, shaped, strange
from alerts.wording import MISSING
from ioc.errors import Undeliverable

TOKEN_INVALID = -124
LASTING = range(-149, -100)
"""errors of the application, template, number, balance, quota or hour: none passes while a page is of use.
-100 and what is not listed may pass."""

Source = Literal[
    "heading", "what", "where", "since", "ended", "owner", "phone", "next_action", "members", "incident", "link",
    "acknowledged",
]  # fmt: skip
Kind = Literal["text", "number", "time", "date"]

Digits = Annotated[str, AfterValidator(shaped(r"\d{1,32}", "a number, as Zalo shows it: 300001"))]


def _is_number(text: str) -> str:
    if not text:
        return text
    try:
        phone(text)
    except Undeliverable as error:
        raise ValueError(str(error)) from None
    return text


Number = Annotated[str, AfterValidator(_is_number)]


class Parameter(BaseModel):
    """One parameter of a template: what it shows, of which type and how long the template lets it be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shows: Source = Field(description="what of the incident it shows")
    type: Kind = Field(default="text", description="`time` is hh:mm:ss dd/mm/yyyy, `date` dd/mm/yyyy")
    most: int = Field(default=30, ge=1, le=400, description="characters that the template allows")
    missing: str = Field(
        default=MISSING, min_length=1, max_length=30, description="shown where nothing is known"
    )


class ZaloZnsOptions(BaseModel):
    """An application of an Official Account, and the template it sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app_id: Digits = Field(min_length=1, description="id of the application")
    secret_key_file: Path = Field(description="file with the application's secret key")
    refresh_token_file: Path = Field(
        description="file with the refresh token, renewed by us: writable, and of no other receiver"
    )
    template: Digits = Field(min_length=1, description="id of the template")
    closed_template: Digits = Field(
        default="", description="id of the template for what has ended; empty: the same"
    )
    parameters: dict[str, Parameter] = Field(description="the template's parameters by their names")
    to: Number = Field(default="", description="telephone number; empty: only for people's contacts")
    timeout: float = Field(default=15.0, gt=0, le=60, description="seconds for one exchange")
    api: Base = Field(default="https://business.openapi.zalo.me", description="address of the ZNS API")
    oauth: Base = Field(default="https://oauth.zaloapp.com", description="address that renews tokens")
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )


class ZaloZns:
    """Sends each notification as a template."""

    Options: ClassVar[type[BaseModel]] = ZaloZnsOptions

    def __init__(self, options: ZaloZnsOptions) -> None:
        self._options = options
        self._service = Service(options.timeout, options.ca)
        self._tokens = Tokens(options, self._service)

    def own_address(self) -> str:
        """The number it sends to where a notification names none."""
        return self._options.to

    @staticmethod
    def claim(options: ZaloZnsOptions) -> tuple[str, Path]:
        """What no other receiver may do too: a refresh token can be used once."""
        return "renews the token in", options.refresh_token_file

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        _is_number(to)

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; raises Undeliverable, for good when the number, template, balance or hour does not allow it."""
        body = message(notification, phone(notification.to or self._options.to), self._options)
        token = await self._tokens.current()
        answer = await self._sent(body, token)
        if answer.json().get("error") == TOKEN_INVALID:
            answer = await self._sent(body, await self._tokens.renewed(token))
        receipt = judge(answer)
        return replace(receipt, answer="; ".join(filter(None, [receipt.answer, self._tokens.trouble])))

    async def close(self) -> None:
        """Let go of connections."""
        await self._service.close()

    async def _sent(self, body: Mapping[str, Any], token: str) -> Answer:
        url = f"{self._options.api}/message/template"
        return await self._service.post_json(url, body, {"access_token": token}, secret=token)


class Tokens:
    """The access token, renewed by one at a time."""

    def __init__(self, options: ZaloZnsOptions, service: Service) -> None:
        self._options = options
        self._service = service
        self._access = ""
        self.trouble = ""
        """why the next refresh token is not on disk: the service would have to be authorised anew after a start"""
        self._renewing = asyncio.Lock()

    async def current(self) -> str:
        """The access token there is; a first one is fetched."""
        return self._access or await self.renewed("")

    async def renewed(self, refused: str) -> str:
        """A token other than the one that was refused; raises Undeliverable."""
        async with self._renewing:
            if self._access == refused:
                self._access = await self._fetch()
            return self._access

    async def _fetch(self) -> str:
        key = secret_of(self._options.secret_key_file, "secret_key_file")
        refresh = secret_of(self._options.refresh_token_file, "refresh_token_file")
        form = {"refresh_token": refresh, "app_id": self._options.app_id, "grant_type": "refresh_token"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "secret_key": key}
        url = f"{self._options.oauth}/v4/oa/access_token"
        answer = await self._service.ask("POST", url, urlencode(form).encode(), headers, secret=refresh)
        access, following = tokens(answer)
        keeping = asyncio.to_thread(_keep, self._options.refresh_token_file, following)
        self.trouble = await asyncio.shield(keeping)
        return access


def message(notification: Notification, to: str, options: ZaloZnsOptions) -> dict[str, Any]:
    """The body of a ZNS message; each parameter in its type and within its length."""
    ended = notification.kind in rendering.ENDED
    return {
        "phone": to,
        "template_id": (options.closed_template if ended else "") or options.template,
        "template_data": {name: filled(each, notification) for name, each in options.parameters.items()},
        "tracking_id": f"{notification.incident}-{notification.id}",
    }


def filled(parameter: Parameter, notification: Notification) -> str:
    """A parameter's value."""
    if parameter.type in ("time", "date"):
        at = notification.ended if parameter.shows == "ended" else notification.started
        said = "" if at is None else rendering.moment(at)
        said = said.partition(" ")[2] if parameter.type == "date" else said
    else:
        said = rendering.field(notification, parameter.shows)
    if parameter.type == "number":
        said = "".join(re.findall(r"[0-9]", said))[: parameter.most] or "0"
    return cut(said, parameter.most) or parameter.missing[: parameter.most]


def phone(number: str) -> str:
    """A Vietnamese number as Zalo takes it, `84…`; raises Undeliverable, for good, when it is none."""
    digits = re.sub(r"[\s().-]", "", number)
    found = re.fullmatch(r"(?:\+?84|0)([1-9][0-9]{8,9})", digits)
    if found is None:
        raise lasting(f"{number!r} is not a Vietnamese telephone number; write it as +84912000111")
    return f"84{found[1]}"


def tokens(answer: Answer) -> tuple[str, str]:
    """Access token and next refresh token; raises Undeliverable, for good when the refresh token is refused."""
    told = answer.json()
    access, following = told.get("access_token"), told.get("refresh_token")
    if isinstance(access, str) and isinstance(following, str) and access and following:
        return access, following
    if isinstance(told.get("error"), int):
        about = str(told.get("error_description") or told.get("error_name", ""))[:200]
        raise lasting(f"token refused: {told['error']} {about}; authorise the application again")
    raise strange(answer, "Zalo's OAuth")


def judge(answer: Answer) -> Receipt:
    """What an answer means; raises Undeliverable."""
    told = answer.json()
    code, about = told.get("error"), str(told.get("message", ""))[:200]
    if code == 0:
        data = told.get("data")
        number = data.get("msg_id", "") if isinstance(data, dict) else ""
        return Receipt(f"message {str(number)[:64]}")
    if not isinstance(code, int):
        raise strange(answer, "Zalo")
    raise Undeliverable(f"{code} {about}".strip(), permanent=code in LASTING and code != TOKEN_INVALID)


def _keep(path: Path, token: str) -> str:
    """Put the next refresh token in the place of the used one, whole or not at all; what went wrong."""
    new = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        return f"refresh_token_file {path} cannot be written: {error.strerror}; the token in it is used up"
    return ""
