"""The small values people write in a configuration, and what is wrong with them.

Each function takes what was written and gives the value, or raises `UnfitError` with a fault's id, what is
wrong and what to write instead.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import date, datetime
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

_DURATION = re.compile(
    r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9}(?:\.\d{1,6})?)s)?(?:(\d{1,9})ms)?\Z",
    re.ASCII,
)
_UNITS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(KiB|MiB|GiB|TiB)\Z", re.ASCII)
_POWERS = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_LABEL = re.compile(r"[a-z_][a-z0-9_]{0,63}\Z")
_HOST = re.compile(r"(?=.{1,253}\Z)(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\Z")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_SESSION = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})\Z")
_MOMENT = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})\Z")


class UnfitError(ValueError):
    """A value that cannot be meant: a fault's id, what is wrong, what to write instead."""

    def __init__(self, id: str, what: str, hint: str) -> None:
        super().__init__(what)
        self.id = id
        self.what = what
        self.hint = hint


def duration(text: object) -> float:
    """Seconds of `10s`, `1m30s`, `250ms`, `2h`; a unit is always written."""
    if isinstance(text, str) and text.startswith("-") and text[1:] and _DURATION.match(text[1:]):
        raise UnfitError("impossible-interval", "negative duration", "durations are more than nothing")
    found = _DURATION.match(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()):
        raise UnfitError("bad-duration", "not a duration", "write it with its units: 10s, 1m30s, 250ms")
    # whole units are exact, and milliseconds are rounded once
    parts = zip(found.groups(), _UNITS, strict=True)
    return round(sum(float(number) * unit for number, unit in parts if number), 6)


def written(seconds: float) -> str:
    """A duration as a person would write it; `duration` reads it back to the same value."""
    if seconds == 0:
        return "0s"
    micros = round(seconds * 1e6)
    out = ""
    for size, unit in ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m")):
        count, micros = divmod(micros, size)
        out += f"{count}{unit}" if count else ""
    whole, rest = divmod(micros, 1_000_000)
    if rest:
        return out + f"{whole}.{rest:06d}".rstrip("0") + "s"
    return out + (f"{whole}s" if whole else "")


def size(text: object) -> int:
    """Bytes of `512MiB`, `1GiB`, `1.5GiB`; a unit is always written."""
    found = _SIZE.match(text) if isinstance(text, str) else None
    if found is None:
        raise UnfitError("bad-size", "not a size", "write it with its unit: 64MiB, 1GiB")
    return round(float(found[1]) * _POWERS[found[2]])


def sized(count: int) -> str:
    """A size as a person would write it; `size` reads it back to within a thousandth."""
    for unit, power in reversed(_POWERS.items()):
        if count >= power:
            return f"{count / power:.3f}".rstrip("0").rstrip(".") + unit
    return f"{count / 1024:.3f}".rstrip("0").rstrip(".") + "KiB"


def identifier(text: str) -> str:
    """An id: it stands in addresses and keys, so letters, digits, `.`, `_` and `-` only."""
    if not _ID.match(text):
        raise UnfitError("bad-id", "not an id", "1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first")
    return text


def label_name(text: str) -> str:
    """A label's name: rules read it as a variable."""
    if not _LABEL.match(text):
        raise UnfitError("bad-label", "not a label name", "use a-z, 0-9 and _, and no digit first")
    return text


def address(text: str) -> str:
    """An IPv4 or IPv6 address or a host name, without brackets or a port."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    if text.startswith("[") or (text.count(":") == 1 and _PORT.match(text.rpartition(":")[2])):
        raise UnfitError(
            "bad-address", "address with a port or brackets", "the port belongs in the probe profile"
        )
    if not _HOST.match(text) or text.rpartition(".")[2].isdigit():
        raise UnfitError("bad-address", "not an address", "write an IPv4 or IPv6 address or a host name")
    return text


def listen(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080` or `[::1]:8080`."""
    host, colon, port = text.rpartition(":")
    hint = "write an address and a port: 127.0.0.1:8080, [::1]:8080"
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        _refuse("bad-listen", "IPv6 address without brackets", hint)
    if not colon or not host:
        _refuse("bad-listen", "not an address with a port", hint)
    if not _PORT.match(port) or int(port) > 65_535:
        _refuse("bad-port", "not a port from 0 to 65535", hint)
    try:
        return address(host), int(port)
    except UnfitError as error:
        raise UnfitError("bad-listen", error.what, hint) from None


def loopback(host: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url(text: str) -> str:
    """An http or https address, without a password in it."""
    parts = _split(text, "bad-url", "write it whole: https://host.example/path")
    if parts.username is not None or parts.password is not None:
        raise UnfitError(
            "secret-in-plain-text", "URL with a user or a password in it", "give the secret by env or file"
        )
    return text


def origin(text: str) -> str:
    """What a browser sends as Origin: scheme, host and port, nothing after."""
    hint = "write scheme, host and port only: https://wall.example:8443"
    parts = _split(text, "bad-origin", hint)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise UnfitError("bad-origin", "not an origin", hint)
    return text.lower()


def day(text: object) -> date:
    """A date as 2026-09-02."""
    if isinstance(text, str) and _DATE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise UnfitError("bad-date", "not a date", "write year-month-day: 2026-09-02")


def session(text: object) -> tuple[int, int]:
    """First and last minute of the day of `07:30-11:30`; the last is excluded and may be 24:00."""
    found = _SESSION.match(text) if isinstance(text, str) else None
    hint = "write begin and end within one day: 07:30-11:30; over midnight, write 22:00-24:00 and 00:00-06:00"
    if found is None:
        raise UnfitError("bad-session", "not a session", hint)
    first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
    first, last = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if first_minute > 59 or last_minute > 59 or last > 24 * 60 or first >= last:
        raise UnfitError("bad-session", "impossible session", hint)
    return first, last


def window(text: object) -> tuple[int, int]:
    """First and last minute of the day of `17:00-08:00`, the last excluded; over midnight where it is not later."""
    found = _SESSION.match(text) if isinstance(text, str) else None
    hint = "write begin and end: 17:00-08:00"
    if found is None:
        raise UnfitError("bad-window", "not a daily window", hint)
    first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
    first, last = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if first_minute > 59 or last_minute > 59 or first >= 24 * 60 or last > 24 * 60 or first == last:
        raise UnfitError("bad-window", "impossible daily window", hint)
    return first, last


def moment(text: object) -> datetime:
    """A local time as 2026-11-02 08:00."""
    found = _MOMENT.match(text) if isinstance(text, str) else None
    if found is not None:
        try:
            return datetime.fromisoformat(f"{found[1]}T{found[2]}")
        except ValueError:
            pass
    raise UnfitError("bad-moment", "not a local time", "write day and time, from 2000 on: 2026-11-02 08:00")


def _split(text: str, id: str, hint: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UnfitError(id, "URL with an impossible host or port", hint) from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or " " in text or port == 0:
        raise UnfitError(id, "not an http or https address", hint)
    try:
        address(host)
    except UnfitError:
        raise UnfitError(id, "URL with an impossible host", hint) from None
    return parts


def _refuse(id: str, what: str, hint: str) -> NoReturn:
    raise UnfitError(id, what, hint)
