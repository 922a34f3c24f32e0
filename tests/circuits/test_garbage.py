"""The collector is off inside and as it was afterwards."""

import gc

import pytest

from neuromorph.circuits.garbage import kept


def test_the_collector_rests_and_comes_back():
    assert gc.isenabled()
    with kept():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_comes_back_after_an_error():
    with pytest.raises(ValueError, match="inside"), kept():
        raise ValueError("inside")
    assert gc.isenabled()


def test_a_collector_switched_off_before_stays_off():
    gc.disable()
    try:
        with kept():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
