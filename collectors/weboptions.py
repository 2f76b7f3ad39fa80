"""What configuration says of every source that asks by HTTP: where, as whom, and how much is read."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from yarl import URL

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_VISIBLE = re.compile(r"[ -~\t]{0,2048}")
_PATH = re.compile(r"/[!-~]*")
_HOST = re.compile(r"[0-9A-Za-z._-]{0,253}")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade"})
"""headers that the exchange itself depends on"""
_SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})
"""headers that are secrets wherever they are sent"""
_PORTS = {"http": 80, "https": 443}


class WebOptions(BaseModel):
    """Where and as whom an endpoint is asked by HTTP; secrets are references, never printed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    scheme: Literal["http", "https"] = "https"
    """plain or over TLS"""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """port; empty: 443, or 80 with `scheme: http`"""
    host: str = ""
    """name in Host and in TLS, where it is not the endpoint's address"""
    headers: dict[str, str] = Field(default={}, max_length=32)
    """further headers"""
    secret_headers: dict[str, SecretStr] = Field(default={}, max_length=8)
    """further headers whose values are secrets"""
    token: SecretStr | None = None
    """bearer token"""
    user: str = Field(default="", max_length=128)
    """user of basic authentication"""
    password: SecretStr | None = None
    """password of basic authentication"""
    verify: bool = True
    """whether the certificate must be valid; `tls_days` is known either way"""
    ca: Path | None = None
    """PEM file of the authorities to trust; empty: those of the system"""
    family: Literal["any", "ipv4", "ipv6"] = "any"
    """which addresses of a name are asked"""
    redirects: Literal["same_host", "any", "none"] = "same_host"
    """which redirects are followed, five at most; secrets never go to another host"""

    @field_validator("host")
    @classmethod
    def _is_a_name(cls, host: str) -> str:
        if not _HOST.fullmatch(host):
            raise ValueError(f"{host!r} is not a host name; write it without scheme and port")
        return host

    @field_validator("headers", "secret_headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str | SecretStr]) -> dict[str, str | SecretStr]:
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a header")
            if name.lower() in _OURS:
                raise ValueError(f"header {name!r} is set by the probe itself; for Host write host: NAME")
            if not _VISIBLE.fullmatch(value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise ValueError(
                    f"header {name!r} has a value that no header can have: plain ASCII, one line"
                )
        return headers

    @field_validator("headers")
    @classmethod
    def _are_no_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if name.lower() in _SECRET:
                raise ValueError(f"header {name!r} holds a secret; write it into secret_headers")
        return headers

    @field_validator("token")
    @classmethod
    def _is_one_line(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not _VISIBLE.fullmatch(token.get_secret_value()):
            raise ValueError("the token is not plain ASCII on one line")
        return token

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if self.token is not None and (self.user or self.password is not None):
            raise ValueError("token and user together; keep one")
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password belong together")
        if self.scheme == "http" and self.ca is not None:
            raise ValueError("ca needs scheme: https")
        return self

    def url(self, address: str, path: str) -> URL:
        """The address to ask; `path` with its query."""
        host = f"[{address.strip('[]')}]" if ":" in address else address
        return URL(f"{self.scheme}://{host}:{self.port or _PORTS[self.scheme]}{path}", encoded=True)

    def plain_headers(self) -> dict[str, str]:
        """The headers that every host may see."""
        return {**self.headers, "Host": self._authority()} if self.host else dict(self.headers)

    def _authority(self) -> str:
        port = self.port or _PORTS[self.scheme]
        return self.host if port == _PORTS[self.scheme] else f"{self.host}:{port}"

    def secrets(self) -> dict[str, str]:
        """The headers that only the endpoint itself may see."""
        found = {name: value.get_secret_value() for name, value in self.secret_headers.items()}
        if self.token is not None:
            found["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        if self.password is not None:
            both = f"{self.user}:{self.password.get_secret_value()}".encode()
            found["Authorization"] = f"Basic {base64.b64encode(both).decode('ascii')}"
        return found


def path_of(written: str) -> str:
    """A path with its query, as a request takes it; raises ValueError."""
    if not _PATH.fullmatch(written):
        raise ValueError(f"{written!r} is not a path: begin with /, and write spaces and accents as %XX")
    return written
