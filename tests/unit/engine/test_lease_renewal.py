"""A lease is renewed beside long work, also after the store has refused a renewal, and no longer than the work."""

from threading import Event

import pytest
from pymongo.errors import AutoReconnect

from shared.engine.store.renewal import renewed_beside

SECONDS = 0.005
LIMIT = 5.0


def test_a_refused_renewal_comes_again_while_the_work_goes_on_and_none_after_it() -> None:
    tries, renewed = list[int](), Event()

    def renew() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise AutoReconnect("the primary steps down")
        renewed.set()

    with renewed_beside(renew, SECONDS):
        assert renewed.wait(LIMIT)
    done = len(tries)
    assert not Event().wait(4 * SECONDS)
    assert len(tries) == done


def test_the_error_of_the_work_is_raised_and_ends_the_renewal() -> None:
    with pytest.raises(ValueError, match="of the work"), renewed_beside(lambda: None, SECONDS):
        raise ValueError("of the work")
