"""Two hundred orders of all kinds in all kinds of weather, on PostgreSQL and Redis: what becomes of them."""

from datetime import timedelta

from tests.faults.service import Evening, serve
from tests.support.hurry import Hurry
from tests.support.stack import postgresql_and_redis

_SPEED = 30
_EVENING = Evening(
    orders=200,
    a_second=2.5,
    spell=1.0,
    settled_within=timedelta(minutes=60),
    outage=timedelta(minutes=12),
)


def rows() -> list[tuple[str, str, str, str]]:
    """How many were on the till once, failed and told, twice, and silent: the last two have to be none."""
    hurry = Hurry.from_now_on(_SPEED)
    with postgresql_and_redis(has_worker=False, **hurry.as_environment()) as up:
        verdict = serve(up, hurry, _EVENING)
    once = f"{len(verdict.on_the_till)} once on the till"
    told = f"{len(verdict.failed_and_told)} failed and told"
    wrong = f"{len(verdict.twice)} twice, {len(verdict.silent)} silent"
    return [(f"{_EVENING.orders} orders, everything fails", once, told, wrong)]
