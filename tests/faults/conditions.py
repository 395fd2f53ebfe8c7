"""The conditions under which orders come in: at the POS, on the network, with tokens, processes, servers and clocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from tests.faults.system import System
from tests.support.stack import Stack


@dataclass(frozen=True)
class Condition:
    """Something that is different for a while: faults and habits of the POS, or something done at the start."""

    name: str
    pos_faults: Mapping[str, Any] = field(default_factory=dict)
    pos_habits: Mapping[str, Any] = field(default_factory=dict)
    at_start: Callable[[System], None] | None = None
    at_end: Callable[[System], None] | None = None


LONG_OUTAGE = Condition("offline for long", {"offline": True})
AT_THE_POS: Sequence[Condition] = (
    Condition("offline", {"offline": True}),
    Condition("slow", {"slow": 0.5}),
    Condition("slow to answer", {"slow_answer": 0.8}),
    Condition("throttled for a minute", {"throttle": True, "retry_after": 60}),
    Condition("throttled without saying for how long", {"throttle": True}),
    Condition("unavailable", {"error_status": 503}),
    Condition("broken", {"error_status": 500}),
    Condition("answers are lost", {"lose_answer": 3}),
    Condition("answers and notifications are lost", {"lose_answer": 3, "webhooks_off": True}),
    Condition("every notification comes twice", {"webhook_twice": True}),
    Condition("notifications are late", {"webhook_delay": 1.0}),
    Condition("notifications are lost", {"webhooks_off": True}),
    Condition("notifications come twice and out of order", {"webhook_twice": True, "webhook_shuffle": True}),
    Condition("refused at once", {"reject_orders": "items[0].sku: Unknown SKU BURGER99"}),
    Condition("refused by the till", {"refuse_orders": "Could not add item Burger (not found)"}),
    Condition(
        "refused by the till without a notification",
        {"refuse_orders": "Could not add item Burger (not found)", "webhooks_off": True},
    ),
    Condition("no till is awake", {"till_asleep": True}),
    Condition("no till is ready", at_start=System.put_the_tills_to_sleep, at_end=System.wake_the_tills),
    Condition("a till has an old menu", {"stale_tills": 3}),
    Condition("orders are received but not accepted", pos_habits={"acceptance": "received"}),
    Condition("orders arrive with DELIVERED", pos_habits={"arrival": "DELIVERED"}),
    Condition("orders arrive silently", pos_habits={"arrival": "SILENT"}),
    Condition("failures say everything", pos_habits={"bare_order_failures": False}),
    Condition("late on the till", {"order_delay": 1.5}),
    Condition("a discount is gone", at_start=System.drop_a_discount, at_end=System.restore_the_discount),
    Condition("tokens expire", at_start=System.expire_tokens),
    Condition("tokens expire and the log-in is slow", {"slow_token": 0.5}, at_start=System.expire_tokens),
    Condition("the consent is withdrawn", at_start=System.revoke_tokens, at_end=System.reconnect),
)
_ON_OUR_HOSTS: Sequence[Condition] = (
    Condition("a worker dies before the POS sees anything", {"slow": 0.5}, at_start=System.kill_a_worker),
    Condition("a process dies", {"slow_answer": 0.3}, at_start=System.kill_a_process),
    Condition("a web process dies", at_start=System.kill_a_web_process),
    Condition("the web server dies while tills confirm", {"order_delay": 0.4}, {}, System.stop_web, System.start_web),
)
_CLOCKS: Sequence[Condition] = (
    Condition(
        "the clocks are ten minutes behind",
        at_start=partial(System.set_clocks, ahead=timedelta(minutes=-10)),
        at_end=System.set_clocks_right,
    ),
    Condition(
        "the workers' clock is a minute behind",
        at_start=partial(System.set_workers_clock, ahead=timedelta(minutes=-1)),
        at_end=System.set_clocks_right,
    ),
)
SLOW: Sequence[Condition] = (
    Condition("a worker dies", {"slow_answer": 0.5}, at_start=System.kill_a_worker),
    Condition("every worker dies", at_start=System.kill_every_worker),
    Condition("the web server dies", at_start=System.stop_web, at_end=System.start_web),
    Condition(
        "the clocks are two hours ahead, and the POS is unavailable",
        {"error_status": 503},
        at_start=partial(System.set_clocks, ahead=timedelta(hours=2)),
        at_end=System.set_clocks_right,
    ),
)
"""Much like the others, and processes that start again or moments that are put right take their time."""
_POSTGRES = Condition("the database dies", at_start=System.crash_postgres, at_end=System.start_postgres)
_REDIS = Condition("Redis dies", at_start=System.stop_redis, at_end=System.start_redis)
_FULL_DISK = Condition("the database's disk is full", at_start=System.fill_the_disk, at_end=System.make_room)


def conditions_for(up: Stack) -> Sequence[Condition]:
    """Return every condition that this storekit and this machine can have."""
    return (*AT_THE_POS, *troubles_of_ours(up))


def troubles_of_ours(up: Stack) -> Sequence[Condition]:
    """Return those of our own hosts; SQLite alone has no servers to kill, and not every machine a disk to fill."""
    servers = up.servers
    return (
        *_ON_OUR_HOSTS,
        *_CLOCKS,
        *SLOW,
        *([_POSTGRES] if servers.postgres else ()),
        *([_REDIS] if servers.redis else ()),
        *([_FULL_DISK] if servers.postgres and servers.postgres.disk else ()),
    )
