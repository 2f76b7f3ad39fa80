"""The kinds of values that configuration is made of, as its models name them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from unicodedata import normalize

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ioc.config import scalars
from ioc.legible import control


def _read(parse: Callable[[Any], Any]) -> BeforeValidator:
    """A validator that gives `UnfitError` as pydantic's own kind of error, with the fault's id and hint."""

    def validate(value: Any) -> Any:
        try:
            return parse(value)
        except scalars.UnfitError as unfit:
            context = {"what": unfit.what, "hint": unfit.hint}
            raise PydanticCustomError(unfit.id, "{what}", context) from None

    return BeforeValidator(validate)


def _text(value: Any) -> Any:
    """A number written where text is meant is that text; fractions are not, they lose their zeros.

    Text is composed (NFC): some editors write a letter and its tone mark apart, which would count as two.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return normalize("NFC", value) if isinstance(value, str) else value


def _legible(text: str) -> str:
    if found := control(text):
        context = {"what": f"has U+{ord(found):04X}, which is not for reading:", "hint": "remove it"}
        raise PydanticCustomError("bad-value", "{what}", context)
    return text


def _of_text(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    """A parser of text that leaves anything else to pydantic's own type check."""
    return lambda value: parse(text) if isinstance(text := _text(value), str) else value


def _words(value: Any) -> Any:
    """A list, or words with spaces between them."""
    return value.split() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=500), AfterValidator(_legible)]
Id = Annotated[str, _read(_of_text(scalars.identifier))]
LabelName = Annotated[str, _read(_of_text(scalars.label_name))]
Address = Annotated[str, _read(_of_text(scalars.address))]
Url = Annotated[str, _read(_of_text(scalars.url))]
Origin = Annotated[str, _read(_of_text(scalars.origin))]
Duration = Annotated[float, _read(scalars.duration)]
Size = Annotated[int, _read(scalars.size)]
Day = Annotated[date, _read(scalars.day)]
Session = Annotated[tuple[int, int], _read(scalars.session)]
Window = Annotated[tuple[int, int], _read(scalars.window)]
Moment = Annotated[datetime, _read(scalars.moment)]
Words = Annotated[list[Id], BeforeValidator(_words), Field(max_length=50)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Severity = Literal["critical", "warning", "info"]
Language = Literal["vi", "en"]
SecretRef = Any
"""`{env: NAME}` or `{file: PATH}`; resolved and checked apart, so that a secret never stands in an error"""


class Model(BaseModel):
    """A mapping whose keys are all known."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
