"""Short messages through an HTTP gateway that configuration describes: eSMS, SpeedSMS, an operator's brand name, …

Fields stand in braces: `{to}` +84912000111, `{digits}` 84912000111, `{national}` 0912000111, `{text}`, `{id}` (the same
for a repeat, so that a gateway can refuse doubles), and every name under `secrets`. A value is escaped for its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

import jmespath
import orjson
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from alerts.channels.base import Receipt
from alerts.notification import Notification
from alerts.service import SHOWN_ANSWER, Answer, Service, passing, refused
from alerts.sms import template
from alerts.sms.numbers import e164, national
from alerts.sms.options import SmsOptions, number
from alerts.sms.wording import wording
from ioc.errors import Undeliverable

FIELDS = frozenset({"to", "digits", "national", "text", "id"})


class GatewayOptions(SmsOptions):
    """The request that sends one text, and how the answer says that it was taken."""

    url: str = Field(description="http or https address; its path may have fields")
    method: Literal["POST", "GET", "PUT"] = Field(default="POST", description="how it is asked")
    query: dict[str, str] = Field(default={}, max_length=50, description="parameters of the address")
    headers: dict[str, str] = Field(default={}, max_length=50, description="headers; may not hold {text}")
    json_body: Any = Field(default=None, alias="json", description="body as JSON: any mapping")
    form: dict[str, str] | None = Field(default=None, max_length=50, description="body as a web form")
    xml: str | None = Field(default=None, max_length=20_000, description="body as XML, SOAP for example")
    secrets: dict[str, SecretStr] = Field(
        default={}, max_length=20, description="further fields, by name; each a secret"
    )
    ok: str = Field(default="", description="JMESPath of a JSON answer: true where the text was taken")
    code: str = Field(default="", description="JMESPath of a JSON answer: its code")
    code_text: str = Field(
        default="", description="regular expression whose group finds the code in other answers"
    )
    taken: list[str] = Field(default=[], max_length=100, description="codes that say the text was taken")
    permanent: list[str] = Field(
        default=[], max_length=100, description="codes that this number or text will meet again"
    )
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )
    timeout: float = Field(default=10.0, gt=0, le=60, description="seconds for one whole attempt")

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise ValueError(f"{url!r} is not an http or https address")
        if "@" in parts.netloc or {"{", "}"} & {*parts.netloc}:
            raise ValueError("before the path an address has neither a password nor a field")
        if parts.query:
            raise ValueError("write the parameters of the address under query:")
        return url

    @field_validator("ok", "code")
    @classmethod
    def _is_jmespath(cls, expression: str) -> str:
        if expression:
            try:
                jmespath.compile(expression)
            except jmespath.exceptions.JMESPathError as error:
                raise ValueError(f"{expression!r} is not JMESPath: {str(error).splitlines()[0]}") from None
        return expression

    @field_validator("code_text")
    @classmethod
    def _is_expression(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        if pattern and groups != 1:
            raise ValueError(f"{pattern!r} needs one group, which is the code")
        return pattern

    @model_validator(mode="after")
    def _is_whole(self) -> GatewayOptions:
        if sum(each is not None for each in (self.json_body, self.form, self.xml)) > 1:
            raise ValueError("a request has one body: json, form or xml")
        if self.taken and not (self.code or self.code_text):
            raise ValueError("taken: names codes; say under code: or code_text: where the code stands")
        known = FIELDS | {*self.secrets}
        if clash := FIELDS & {*self.secrets}:
            raise ValueError(f"secrets: {min(clash)} is the name of another field")
        for text in self._templates():
            template.check(text, known)
        for text in self.headers.values():
            template.check(text, known - {"text"})
        return self

    def _templates(self) -> Iterator[str]:
        yield urlsplit(self.url).path
        yield self.xml or ""
        yield from template.texts([self.query, self.form or {}, self.json_body])


class Gateway:
    """Sends each notification with one request."""

    Options: ClassVar[type[BaseModel]] = GatewayOptions

    def __init__(self, options: GatewayOptions) -> None:
        self._options = options
        self._service = Service(options.timeout, options.ca)

    def own_address(self) -> str:
        """The number it goes to where none is given; empty where there is none."""
        return self._options.to

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        e164(to)

    @staticmethod
    def host(options: GatewayOptions) -> str:
        """What it talks to over a network."""
        return urlsplit(options.url).hostname or ""

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; the gateway's code is the answer. Raises Undeliverable."""
        url, body, headers = request(self._options, notification)
        try:
            answer = await self._service.ask(self._options.method, url, body, headers)
            return Receipt(self._hidden(judge(self._options, answer)))
        except Undeliverable as error:
            said = self._hidden(str(error))
            raise Undeliverable(said, permanent=error.permanent, retry_after=error.retry_after) from None

    async def close(self) -> None:
        """Let go of connections."""
        await self._service.close()

    def _hidden(self, said: str) -> str:
        """What is shown, without the secrets that a gateway repeats to us."""
        for secret in self._options.secrets.values():
            said = said.replace(secret.get_secret_value(), "***")
        return said


def request(options: GatewayOptions, notification: Notification) -> tuple[str, bytes | None, dict[str, str]]:
    """Address, body and headers that send a notification; raises Undeliverable where there is no number."""
    values = _values(options, notification)
    headers = {name: _one_line(template.fill(text, values)) for name, text in options.headers.items()}
    if options.json_body is not None:
        headers.setdefault("Content-Type", "application/json")
        return _address(options, values), orjson.dumps(template.fill_tree(options.json_body, values)), headers
    if options.xml is not None:
        headers.setdefault("Content-Type", "text/xml; charset=utf-8")
        return _address(options, values), template.fill(options.xml, values, escape=_of_xml).encode(), headers
    if options.form is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return _address(options, values), _encoded(options.form, values).encode(), headers
    return _address(options, values), None, headers


def _values(options: GatewayOptions, notification: Notification) -> Mapping[str, str]:
    to = number(options, notification)
    secrets = {name: value.get_secret_value() for name, value in options.secrets.items()}
    text = wording(notification, options)
    said = {"to": to, "digits": to.removeprefix("+"), "national": national(to), "text": text}
    return secrets | said | {"id": str(notification.id)}


def judge(options: GatewayOptions, answer: Answer) -> str:
    """What an answer says: its status and code where the text was taken; raises Undeliverable where it was not."""
    said = answer.body.decode("utf-8", "replace")
    known = _json(answer.body)
    code = _code(options, said, known)
    if code and code in options.permanent:
        raise Undeliverable(f"{answer.status} {code}: {answer.said}", permanent=True)
    if not answer.taken:
        raise refused(answer)
    well = not options.ok or bool(_found(options.ok, known))
    if not well or (options.taken and code not in options.taken):
        raise passing(f"not taken: {answer.status} {answer.said}".strip())
    return f"{answer.status} {code}".strip()


def _code(options: GatewayOptions, said: str, known: Any) -> str:
    if options.code:
        found = _found(options.code, known)
        return "" if found is None or isinstance(found, dict | list) else str(found)[:SHOWN_ANSWER]
    match = re.search(options.code_text, said) if options.code_text else None
    return (match[1] or "")[:SHOWN_ANSWER] if match else ""


def _found(expression: str, known: Any) -> Any:
    """What an expression finds; None too where the answer is not of the kind that it works on."""
    try:
        return jmespath.search(expression, known)
    except jmespath.exceptions.JMESPathError:
        return None


def _json(body: bytes) -> Any:
    """What the answer holds; None where it is no JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _address(options: GatewayOptions, values: Mapping[str, str]) -> str:
    parts = urlsplit(options.url)
    path = template.fill(parts.path, values, escape=lambda value: quote(value, safe=""))
    return parts._replace(path=path, query=_encoded(options.query, values)).geturl()


def _encoded(fields: Mapping[str, str], values: Mapping[str, str]) -> str:
    return urlencode({name: template.fill(text, values) for name, text in fields.items()}, quote_via=quote)


def _of_xml(value: str) -> str:
    """A value as character data or in an attribute; characters that XML cannot hold are left out."""
    legible = "".join(
        each for each in value if each in "\n\t" or (each >= " " and each not in "\ufffe\uffff")
    )
    return escape(legible, {'"': "&quot;", "'": "&apos;"})


def _one_line(text: str) -> str:
    return " ".join(text.split())
