"""The garbage collector is restored, however blocks end and overlap."""

import gc
import threading

import pytest

from storekit.collector import collector_paused


@collector_paused()
def _fail() -> None:
    raise KeyError(gc.isenabled())


def test_the_collector_is_paused_in_the_block_and_resumes_if_the_block_fails() -> None:
    with pytest.raises(KeyError) as failure:
        _fail()

    assert failure.value.args == (False,)
    assert gc.isenabled()


def test_blocks_that_overlap_in_two_threads_leave_it_on() -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collector_paused():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with collector_paused():
        thread.start()
        assert entered.wait(10)
    assert not gc.isenabled()
    leave.set()
    thread.join()

    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
