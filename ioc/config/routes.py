"""Chains and routes, from what was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ioc import matchers
from ioc.config import duty_schema
from ioc.config.directory import Piece
from ioc.config.faults import Faults, Place
from ioc.config.fit import fit
from ioc.config.known import Known
from ioc.config.scalars import written as as_written
from ioc.duty import Chain, Route, Step
from ioc.matchers import Matcher

LONGEST_WAIT = 7 * 86_400.0
SHORTEST_ROUND = 60.0
SHORTEST_REMIND = 300.0


def chains(named: Mapping[str, Piece], known: Known, faults: Faults) -> dict[str, Chain]:
    """Every chain that is sound as far as its own keys go."""
    out: dict[str, Chain] = {}
    for id, piece in named.items():
        written = fit(duty_schema.Chain, piece, faults, "chain")
        if written is not None:
            for index, step in enumerate(written.steps):
                _check_step(step, piece.within("steps").within(index), known, faults)
            _check_times(written, piece, faults)
            steps = tuple(Step(tuple(each.tell), each.wait, each.hours or "") for each in written.steps)
            out[id] = Chain(id, steps, written.repeat, written.remind)
    return out


def routes(
    rows: Sequence[duty_schema.Route], pieces: Sequence[Piece], known: Known, faults: Faults
) -> tuple[Route, ...]:
    """The routes in order; an id twice is a fault of the second."""
    first: dict[str, Place] = {}
    for row, piece in zip(rows, pieces, strict=True):
        place = piece.place("id")
        if first.setdefault(row.id, place) is not place:
            hint = f"{first[row.id]} has it already"
            faults.add("duplicate-id", place, "route id twice:", row.id, hint)
        _check_route(row, piece, known, faults)
    return tuple(_route(row, piece, faults) for row, piece in zip(rows, pieces, strict=True))


def _check_step(step: duty_schema.Step, piece: Piece, known: Known, faults: Faults) -> None:
    for index, text in enumerate(step.tell):
        known.expect_reference(text, piece.place("tell", index), faults)
    if step.hours is not None:
        known.expect("calendar", step.hours, piece.place("hours"), faults)
    if not 0 <= step.wait <= LONGEST_WAIT:
        hint = "up to 7d"
        faults.add("impossible-chain", piece.place("wait"), "wait cannot be", as_written(step.wait), hint)


def _check_times(chain: duty_schema.Chain, piece: Piece, faults: Faults) -> None:
    round_ = sum(step.wait for step in chain.steps)
    if chain.repeat and round_ < SHORTEST_ROUND:
        hint = "a chain that is repeated waits 1m or more in all"
        faults.add(
            "impossible-chain", piece.place("repeat"), "round of a chain lasts", as_written(round_), hint
        )
    if 0 < chain.remind < SHORTEST_REMIND:
        hint = "5m or more, or 0s for none"
        faults.add(
            "impossible-chain", piece.place("remind"), "remind cannot be", as_written(chain.remind), hint
        )


def _check_route(row: duty_schema.Route, piece: Piece, known: Known, faults: Faults) -> None:
    for index, unit in enumerate(row.units):
        known.expect("unit", unit, piece.place("units", index), faults)
    for key, calendar in (("hours", row.hours), ("outside", row.outside)):
        if calendar is not None:
            known.expect("calendar", calendar, piece.place(key), faults)
    for index, text in enumerate(row.tell):
        known.expect_reference(text, piece.place("tell", index), faults)
    if row.chain is not None:
        known.expect("chain", row.chain, piece.place("chain"), faults)
    if not row.tell and row.chain is None:
        faults.add(
            "route-to-nobody", piece.place("id"), "route that tells nobody:", row.id, "give tell or chain"
        )


def _route(row: duty_schema.Route, piece: Piece, faults: Faults) -> Route:
    return Route(
        id=row.id,
        match=tuple(_matchers(row.match, piece, faults)),
        severities=frozenset(row.severities),
        units=frozenset(row.units),
        hours=row.hours or "",
        outside=row.outside or "",
        tell=tuple(dict.fromkeys(row.tell)),
        chain=row.chain or "",
        goes_on=row.continue_,
    )


def _matchers(texts: Sequence[str], piece: Piece, faults: Faults) -> list[Matcher]:
    out: list[Matcher] = []
    for index, text in enumerate(texts):
        try:
            out.append(matchers.parse(text))
        except ValueError as error:
            place = piece.place("match", index)
            faults.add("bad-matcher", place, "not a matcher", text, str(error))
    return out
