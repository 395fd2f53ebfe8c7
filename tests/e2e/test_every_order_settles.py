"""All kinds of orders in all kinds of weather: each is on the till once, or the venue has been told that it is not."""

from datetime import timedelta

from django.db import connection

from tests.faults.service import Evening, serve
from tests.support.hurry import Hurry
from tests.support.stack import postgresql_and_redis, sqlite_alone

_SPEED = 40
_EVENING = Evening(orders=30, a_second=2.5, spell=0.5, settled_within=timedelta(minutes=40))


def test_every_order_is_on_the_till_once_or_reported_as_failed() -> None:
    hurry = Hurry.from_now_on(_SPEED)
    stack = sqlite_alone if connection.vendor == "sqlite" else postgresql_and_redis
    with stack(has_worker=False, **hurry.as_environment()) as up:
        verdict = serve(up, hurry, _EVENING)
    assert verdict.twice == []
    assert verdict.silent == []
    assert verdict.told_wrongly == []
    # Nobody can know of an answer that was lost when the notification was lost as well; but that is rare.
    assert len(verdict.told_to_look) <= _EVENING.orders / 6
    assert len(verdict.on_the_till) + len(verdict.failed_and_told) == _EVENING.orders
    assert len(verdict.on_the_till) >= _EVENING.orders / 3, verdict.failed_and_told
