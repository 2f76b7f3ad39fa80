"""Sessions against a list of what was done: who holds one, and who is not even looked at."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.sessions import LASTS, MOST, MOST_WRONG, WHILE, Sessions, SignInRefused

RIGHT, NAME = "mat-khau-dung", "cong-dvc"
waits = st.sampled_from([0.0, 1.0, WHILE / 2, WHILE, LASTS / 2, LASTS - 1, LASTS])
tries = st.tuples(st.just("sign in"), waits, st.sampled_from([NAME, "ai"]), st.sampled_from([RIGHT, "sai"]))
uses = st.tuples(st.just("use"), waits, st.integers(0, 5), st.none())


def made() -> Sessions:
    numbers = count()
    return Sessions(NAME, RIGHT, lambda: f"s{next(numbers)}")


@settings(max_examples=100, deadline=None)
@given(st.lists(tries | uses, max_size=40))
def test_sessions_are_those_of_a_list(acts: list[tuple[str, float, object, object]]) -> None:
    sessions, at = made(), 1_000.0
    used: dict[str, float] = {}
    wrong: dict[bool, list[float]] = {True: [], False: []}
    for what, wait, first, second in acts:
        at += wait
        if what == "use":
            session = f"s{first}"
            alive = session in used and at - used[session] < LASTS
            assert sessions.holds(session, at) == alive
            used = (
                {**used, session: at} if alive else {each: t for each, t in used.items() if each != session}
            )
            continue
        known = first == NAME
        often = len(wrong[known]) >= MOST_WRONG and at - wrong[known][-MOST_WRONG] < WHILE
        if known and second == RIGHT and not often:
            used[sessions.sign_in(NAME, RIGHT, at)] = at
            continue
        with pytest.raises(SignInRefused) as refused:
            sessions.sign_in(str(first), str(second), at)
        assert (refused.value.known, refused.value.often) == (known, often)
        if not often:
            wrong[known].append(at)


def test_there_are_never_more_than_so_many() -> None:
    sessions = made()
    first = sessions.sign_in(NAME, RIGHT, 0.0)
    for n in range(MOST):
        sessions.sign_in(NAME, RIGHT, float(n))
    assert len(sessions) == MOST
    assert not sessions.holds(first, float(MOST))


def test_a_name_or_password_of_another_length_is_refused_like_any_other() -> None:
    for name, password in ((NAME + "x", RIGHT), (NAME, ""), ("", ""), (NAME, RIGHT + "Ầ")):
        with pytest.raises(SignInRefused, match="wrong name or password"):
            made().sign_in(name, password, 0.0)
