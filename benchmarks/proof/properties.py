"""Runs the property tests of tests/properties with many examples, and counts them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from benchmarks.proof.row import Outcome, Scale

Spoilt = Callable[[], AbstractContextManager[object]]


@dataclass(slots=True)
class Tried:
    """What a property came to."""

    examples: int = 0
    found: str = ""  # what was wrong, on one line; "" = nothing


def tried(test: Any, examples: int, dice: int) -> Tried:
    """Try a property with so many examples, of `dice`'s."""
    count = Tried()
    property_itself = test.hypothesis.inner_test

    @wraps(property_itself)
    def counted(*values: Any, **named: Any) -> None:
        count.examples += 1
        property_itself(*values, **named)

    test.hypothesis.inner_test = counted
    try:
        seed(dice)(settings(_many(examples))(test))()
    except Exception as error:  # noqa: BLE001 - whatever a careless build raises is found out
        count.found = _named(error)
    return count


def tried_machine(machine: type[RuleBasedStateMachine], examples: int, dice: int) -> Tried:
    """The same for a state machine; its examples are whole lives."""
    count = Tried()

    class Counted(machine):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            count.examples += 1

    seeded = seed(dice)(Counted)
    try:
        run_state_machine_as_test(seeded, settings=_many(examples))
    except Exception as error:  # noqa: BLE001 - see above
        count.found = _named(error)
    return count


def _many(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),  # what is found is enough; its least form is not
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def _named(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}"[:90]


def outcome(words: str, came: list[Tried], least: int) -> Outcome:
    """All of them together. `least`: examples below which nothing is proven."""
    examples = sum(one.examples for one in came)
    found = [one.found for one in came if one.found]
    figure = f"{examples:,} {words}: {len(found)} of {len(came)} properties broken"
    figure += f" ({found[0]})" if found else ""
    return Outcome(figure=figure, held=not found and examples >= least)


def properties(module: str, examples: tuple[int, int]) -> Callable[[Scale, Spoilt | None], Outcome]:
    """A run over all the properties of a module of tests/properties, in a whole and a short form."""

    def run(scale: Scale, spoilt: Spoilt | None = None) -> Outcome:
        from importlib import import_module  # noqa: PLC0415 - after the spoiling, as tests would

        tests = [
            test
            for name, test in vars(import_module(f"tests.properties.{module}")).items()
            if name.startswith("test_")
        ]
        number = scale.of(*examples)
        if spoilt is None:
            return outcome("examples", [tried(t, number, scale.seed) for t in tests], number)
        with spoilt():
            return outcome("examples", [tried(t, number, scale.seed) for t in tests], number)

    return run
