"""Who has signed in to a feed that is a server: bounded sessions that expire, and a bound on wrong passwords.

Nothing here is kept over a restart: whoever had a session signs in again, as the shapes that use this expect.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict, deque
from collections.abc import Callable

MOST = 1_000
"""sessions at once; portals that sign in for every call push out the one used longest ago"""
LASTS = 1_800.0
"""seconds after its last use that a session ends"""
MOST_WRONG = 10
"""wrong passwords in a WHILE, of the right name and of all others apart, after which none is looked at"""
WHILE = 60.0


class SignInRefused(Exception):
    """Not let in; `known` is whether the name was right, `often` whether the password was not looked at."""

    def __init__(self, *, known: bool, often: bool) -> None:
        super().__init__("too many wrong passwords" if often else "wrong name or password")
        self.known, self.often = known, often


class Sessions:
    """Those of one name and password; `token` makes what nobody can guess, every `at` is steady time."""

    def __init__(self, username: str, password: str, token: Callable[[], str]) -> None:
        self._username, self._password, self._token = username.encode(), password.encode(), token
        self._used: OrderedDict[str, float] = OrderedDict()
        self._wrong: dict[bool, deque[float]] = {known: deque(maxlen=MOST_WRONG) for known in (True, False)}

    def __len__(self) -> int:
        return len(self._used)

    def sign_in(self, username: str, password: str, at: float) -> str:
        """A new session; raises SignInRefused. How long that takes says nothing of the name or the password."""
        known = hmac.compare_digest(username.encode(), self._username)
        wrong = self._wrong[known]
        if len(wrong) == MOST_WRONG and at - wrong[0] < WHILE:
            raise SignInRefused(known=known, often=True)
        right = hmac.compare_digest(password.encode(), self._password)
        if not (known and right):
            wrong.append(at)
            raise SignInRefused(known=known, often=False)
        session = self._token()
        self._used[session] = at
        while len(self._used) > MOST:
            self._used.popitem(last=False)
        return session

    def holds(self, session: str, at: float) -> bool:
        """Whether a session goes on; asking is using it."""
        used = self._used.get(session)
        if used is None:
            return False
        if at - used >= LASTS:
            del self._used[session]
            return False
        self._used[session] = at
        self._used.move_to_end(session)
        return True
