"""Where an answer by HTTP may send us, and what is said there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from collectors.weboptions import WebOptions
from ioc.legible import legible

_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; `secrets` are headers that no other host may see."""

    method: str
    url: URL
    options: WebOptions
    headers: Mapping[str, str]
    secrets: Mapping[str, str]
    body: bytes = b""
    redirects: int = 0
    """how many led here"""


def onward(question: Question, status: int, location: str | None) -> Question | None:
    """What is asked next; None when this answer is the one to judge."""
    url = _target(question, status, location)
    options, was = question.options, question.url
    if url is None or (options.redirects == "same_host" and url.host != was.host):
        return None
    same = url.host == was.host
    get = status == 303 or (status in (301, 302) and question.method == "POST")
    return Question(
        "GET" if get and question.method != "HEAD" else question.method,
        url,
        options if same else options.model_copy(update={"host": ""}),
        {name: each for name, each in question.headers.items() if same or name != "Host"},
        question.secrets if _is_own(url, was) else {},
        b"" if get else question.body,
        question.redirects + 1,
    )


def _target(question: Question, status: int, location: str | None) -> URL | None:
    """Where an answer sends to, if it may; our name for the endpoint is the endpoint itself."""
    if status not in _MOVED or location is None or question.options.redirects == "none":
        return None
    try:
        url = question.url.join(URL(location)).with_fragment(None)
        if url.scheme not in ("http", "https") or not url.host:
            return None
        if question.options.host and url.host == question.options.host and question.url.host:
            url = url.with_host(question.url.host)
        return url.with_user(None)
    except ValueError:
        return None


def _is_own(url: URL, was: URL) -> bool:
    """Whether what is sent to one address may be sent to the other: the same, or made safe."""
    safer = url.scheme == "https" and url.is_default_port() and was.is_default_port()
    return url.origin() == was.origin() or (url.host == was.host and safer)


def moved(status: int, location: str | None) -> str:
    """Where an answer sends to, for people, without its query; empty when it does not."""
    if status not in _MOVED:
        return ""
    return legible((location or "nowhere").partition("?")[0])[:120]
