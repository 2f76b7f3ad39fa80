"""Who may read and who may write, and from which pages.

Without tokens, on a loopback address, everybody who can connect may do everything. Otherwise a request shows
a token (`Authorization: Bearer`) or the cookie that the login page set. Two checks hold always: a page of
another origin may neither open the push nor write (RFC 6454), and on loopback the Host must be a name that no
foreign DNS can point at us.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

from ioc.clock import Clock
from ioc.errors import Refused
from ioc.telemetry import Telemetry

COOKIE = "ioc_access"
COOKIE_DAYS = 400
"""the longest that browsers keep a cookie: a wall must not ask for its token every month"""
ATTEMPTS = 10
"""wrong tokens a peer may show within `WINDOW` seconds; after that not even the right one is looked at"""
WINDOW = 60.0
PEERS = 1_000
"""peers whose wrong tokens are remembered"""
PORTS = {"http": 80, "https": 443}


class Need(IntEnum):
    """What a request needs; each includes those below."""

    NOTHING = 0
    READ = 1
    WRITE = 2


@dataclass(frozen=True, slots=True)
class Access:
    """The settings: tokens (empty for none), origins allowed besides our own, and where we listen."""

    read_token: str = ""
    write_token: str = ""
    origins: tuple[str, ...] = ()
    public_url: str = ""
    loopback: bool = True

    @property
    def open(self) -> bool:
        """Whether everybody who can connect may do everything."""
        return self.loopback and not (self.read_token or self.write_token)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about who asks and from where; empty when it does not say."""

    peer: str
    host: str
    origin: str = ""
    bearer: str = ""
    cookie: str = ""


class Gate:
    """Decides what a request may do; remembers, bounded, which peers have shown wrong tokens."""

    def __init__(self, access: Access, clock: Clock, telemetry: Telemetry) -> None:
        self.access = access
        self._clock = clock
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()
        self._failed = telemetry.tally("ioc_web_wrong_tokens", "Requests that showed a wrong token.")
        self._limited = telemetry.tally("ioc_web_limited", "Requests refused after too many wrong tokens.")
        self._foreign = telemetry.tally("ioc_web_foreign", "Requests refused for their Origin or Host.")
        self._cookies = {seal(access, need): need for need in (Need.READ, Need.WRITE) if _token(access, need)}

    def check(self, asked: Asked, need: Need, *, writes: bool, upgrades: bool) -> Need:
        """What the request may do, at least `need`.

        Raises Refused: 421 for a foreign Host, 403 for a foreign Origin or too little, 401 without a token,
        429 after too many wrong ones.
        """
        self._check_host(asked)
        if writes or upgrades:
            self._check_origin(asked, writes)
        may = self.grant(asked)
        if may >= need:
            return may
        if may is Need.NOTHING:
            raise Refused(f"a {need.name.lower()} token is needed; {HINT}", status=401, code="read_only")
        raise Refused(f"this token may read, not write; {HINT}", status=403, code="read_only")

    def grant(self, asked: Asked) -> Need:
        """What the shown cookie or token allows; Refused 429 after too many wrong tokens."""
        if self.access.open:
            return Need.WRITE
        for cookie, need in self._cookies.items():
            # 256 bits that only we can make: no number of guesses needs limiting
            if same(asked.cookie, cookie):
                return need
        return self.redeem(asked.peer, asked.bearer) if asked.bearer else Need.NOTHING

    def redeem(self, peer: str, token: str) -> Need:
        """What a token that was typed or sent allows; a wrong one is counted against the peer."""
        now = self._clock.now()
        wrong = [at for at in self._wrong.get(peer, ()) if now - at < WINDOW]
        if len(wrong) >= ATTEMPTS:
            self._limited.n += 1
            raise Refused(f"{len(wrong)} wrong tokens from {peer} within {WINDOW:.0f} s; wait", status=429)
        may = Need.NOTHING
        for need in (Need.READ, Need.WRITE):
            expected = _token(self.access, need)
            if expected and same(token, expected):
                may = need
        if may is Need.NOTHING:
            self._remember(peer, [*wrong, now])
        return may

    def _remember(self, peer: str, wrong: list[float]) -> None:
        self._failed.n += 1
        self._wrong[peer] = wrong
        self._wrong.move_to_end(peer)
        if len(self._wrong) > PEERS:
            self._wrong.popitem(last=False)

    def _check_host(self, asked: Asked) -> None:
        if self.access.loopback and not local(asked.host, self.access.public_url):
            self._foreign.n += 1
            raise Refused(
                f"Host {asked.host!r} is not this machine; use localhost, or set public_url to this address",
                status=421,
            )

    def _check_origin(self, asked: Asked, writes: bool) -> None:
        if not asked.origin:
            if writes and not asked.bearer:
                self._foreign.n += 1
                raise Refused(self._write_hint(asked), status=403)
            return
        if not own(asked.origin, asked.host, self.access):
            self._foreign.n += 1
            raise Refused(
                f"Origin {asked.origin!r} may not do this; list it under origins, or use our own address",
                status=403,
            )

    def _write_hint(self, asked: Asked) -> str:
        """What a write that says neither Origin nor token should send; without tokens there is none to send."""
        if self.access.open:
            origin = self.access.origins[0] if self.access.origins else f"http://{asked.host}"
            return f"a write must say where it comes from; add the header Origin: {origin}"
        return "a write without Origin needs the header Authorization: Bearer TOKEN"


HINT = "send it as Authorization: Bearer TOKEN, or open /login"


def seal(access: Access, need: Need) -> str:
    """The cookie of whoever showed the token of this need: made from it, so that a restart forgets nobody."""
    return hmac.new(_token(access, need).encode(), f"ioc {need.name}".encode(), hashlib.sha256).hexdigest()


def own(origin: str, host: str, access: Access) -> bool:
    """Whether a page of this origin is one of ours: listed, or of the very host and port that was asked."""
    if access.origins:
        return origin in access.origins
    page = _authority(origin)
    if page is None:
        return False
    return page in (_authority(f"{urlsplit(origin).scheme}://{host}"), _authority(access.public_url))


def local(host: str, public_url: str) -> bool:
    """Whether a Host header names this machine in a way that DNS cannot forge, or as it was configured."""
    asked = _authority(f"http://{host}")
    if asked is None:
        return False
    public = _authority(public_url)
    return asked[0] == "localhost" or _loopback(asked[0]) or (public is not None and asked[0] == public[0])


def _loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _authority(url: str) -> tuple[str, int] | None:
    """The host and port of a URL that is nothing more than an origin; None when it is not one."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.username is not None:
        return None
    return parts.hostname, port


def same(shown: str, expected: str) -> bool:
    """Comparison in constant time; headers may hold bytes that are not UTF-8."""
    return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), expected.encode())


def _token(access: Access, need: Need) -> str:
    return access.write_token if need is Need.WRITE else access.read_token


def asked_of(peer: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Asked:
    """What a request's headers say."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return Asked(
        peer=peer,
        host=headers.get("Host", ""),
        origin=headers.get("Origin", ""),
        bearer=token.strip() if scheme.lower() == "bearer" else "",
        cookie=cookies.get(COOKIE, ""),
    )
