"""Functions of points for the tests, at the top of a module so that processes can load them."""

import os
import sys
import time

import numba


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


def threads(point):
    """Return what a point may use: compiled kernels' threads, BLAS's, its process's settings."""
    blas = None
    if "threadpoolctl" in sys.modules:
        found = sys.modules["threadpoolctl"].threadpool_info()
        blas = max((lib["num_threads"] for lib in found if lib["user_api"] == "blas"), default=None)
    return [numba.get_num_threads(), blas, os.environ.get("OPENBLAS_NUM_THREADS")]
