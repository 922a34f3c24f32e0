"""Functions of points for the tests, at the top of a module so that processes can load them."""

import os
import time


def noisy(point):
    return {"sum": point["a"] + 0.5, "draw": point.rng().normal(size=3), "seed": point.seed}


def picky(point):
    if point["a"] % 10 == 7:
        raise ValueError(f"no {point['a']}")
    return point["a"]


def batch(points):
    return [picky(point) for point in points]


def short_batch(points):
    return [0] * (len(points) - 1) if len(points) > 1 else [0]


def unstorable(point):
    return object()


def slow(point):
    time.sleep(point["seconds"])
    return os.getpid()
