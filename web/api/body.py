"""Reading what a client sent: bounded in size and time, then checked; what is wrong is said exactly."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypeVar

import orjson
from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from ioc.errors import Refused
from ioc.legible import control, quoted

BODY_LIMIT = 64 * 1024
BODY_SECONDS = 10.0
"""a client that sends its body slower than this is refused"""

Model = TypeVar("Model", bound=BaseModel)


def check_legible(text: str) -> str:
    """The same text, if all of it is for reading."""
    if found := control(text):
        what = "has {code}, which is not for reading; leave it out"
        raise PydanticCustomError("control_character", what, {"code": f"U+{ord(found):04X}"})
    return text


Legible = Annotated[str, AfterValidator(check_legible)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(check_legible)
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(check_legible)
]
"""the constraints come first: pydantic strips after measuring where a function stands before them"""


class Body(BaseModel):
    """A request's JSON body: no key that is not known, no number that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


async def read(request: web.Request, model: type[Model]) -> Model:
    """The body as a model.

    Raises Refused: 415 when it is not said to be JSON, 408 when it is too slow, 400 when it is not JSON, 422
    when a field is wrong; aiohttp raises 413 when it is too large.
    """
    if request.content_type != "application/json":
        raise Refused(
            f"Content-Type {request.content_type!r} is not taken; send application/json", status=415
        )
    return parse(await raw(request), model)


async def raw(request: web.Request) -> bytes:
    """The body's bytes; raises Refused, 408 when it is too slow, 415 when it is packed, 400 when it is cut."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise Refused(f"Content-Encoding {encoding[:40]!r} is not taken; send the body as it is", status=415)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise Refused(f"the body did not come within {BODY_SECONDS:.0f} s", status=408) from None
    except web.RequestPayloadError as error:
        raise Refused(f"the body cannot be read: {error}") from None


def parse(raw: bytes, model: type[Model]) -> Model:
    """Bytes as a model; raises Refused, 400 when they are not JSON and 422 when a field is wrong."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Refused(f"the body is not JSON: {error}") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Refused("; ".join(_sentence(each) for each in error.errors()[:10]), status=422) from None


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "body"
    given = "" if error["type"] == "missing" else f", not {quoted(error['input'])}"
    return f"{where}: {error['msg']}{given}"
