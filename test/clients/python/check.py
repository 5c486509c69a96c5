"""One printed line a check: `ok - what` or `not ok - what: why`."""

import sys
import time
import traceback

_failures = 0


def check(what, body):
    global _failures
    try:
        body()
        print(f"ok - {what}", flush=True)
    except Exception as error:  # every failure is reported, none ends the run
        _failures += 1
        print(f"not ok - {what}: {type(error).__name__}: {error}", flush=True)
        traceback.print_exc()


def same(expected, actual):
    assert expected == actual, f"expected {expected!r}, got {actual!r}"


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s"


def done():
    sys.exit(1 if _failures else 0)
