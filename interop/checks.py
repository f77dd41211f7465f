"""Named checks: one line each, `ok - …` or `not ok - …: why`, and an exit code that says whether all held."""

import sys
from contextlib import contextmanager

failed = []


@contextmanager
def check(what):
    """Runs the block as one check; a failure is told and the next check goes on."""
    try:
        yield
    except Exception as error:  # whatever went wrong, this check did not hold
        failed.append(what)
        print(f"not ok - {what}: {type(error).__name__}: {error}", flush=True)
    else:
        print(f"ok - {what}", flush=True)


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"got {actual!r}, wanted {expected!r}")


def holds(fact, otherwise):
    if not fact:
        raise AssertionError(otherwise)


def finish():
    sys.exit(1 if failed else 0)
