"""The storekit under test, and everything that can be done to it: at the POS, to its processes, servers and clocks."""

import os
import random
import signal
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.fast_clock import STEP_FILE, step_clock
from tests.support.processes import Worker, children_of
from tests.support.sandbox import SandboxPos
from tests.support.stack import Stack


class System:
    """A storekit with its POS and its workers. Whatever ends by itself or is killed is started again by `supervise`.

    Args:
        usual: faults of the sandbox POS that are always on.
        seed: of the random choices.
    """

    def __init__(self, up: Stack, *, workers: int, usual: Mapping[str, Any], seed: int) -> None:
        self.up = up
        self.pos = SandboxPos(up.pos_url)
        self.dice = random.Random(seed)
        self._usual = dict(usual)
        self._clock_of_workers = up.folder / "step-of-workers"
        self._environment = {**up.environment, STEP_FILE: str(self._clock_of_workers)}
        self._workers = [Worker(self._environment) for _ in range(workers)]
        # From now on there are workers, or there are none.
        up.stop_heart()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of a further process on the workers' host."""
        return self._environment

    def calm(self) -> None:
        """End all faults of the POS but the usual ones, and let it behave as the real one does."""
        self.pos.clear_faults()
        self.pos.clear_habits()
        self.pos.switch_on(**self._usual)

    def supervise(self) -> None:
        """Start again each worker that has ended, as a supervisor does."""
        self._workers = [Worker(self._environment) if one.has_ended() else one for one in self._workers]

    def close(self) -> None:
        """Kill the workers."""
        for worker in self._workers:
            worker.kill()

    # --- Processes ---------------------------------------------------------------------------------------------------

    def kill_a_worker(self) -> None:
        """Kill all processes of a task worker at once, as when a machine dies, and start another worker."""
        self.dice.choice(self._workers).kill()
        self.supervise()

    def kill_every_worker(self) -> None:
        """Kill all workers; `supervise` starts others."""
        self.close()

    def kill_a_process(self) -> None:
        """Kill one process of a task worker, as when memory runs out. The worker has to recover from that."""
        self._kill_one_of([pid for worker in self._workers for pid in worker.members_if_started()])

    def kill_a_web_process(self) -> None:
        """Kill one of the web server's processes; the server has to replace it."""
        self._kill_one_of(children_of(self.up.process_ids["web"]))

    def stop_web(self) -> None:
        """Kill the whole web server: neither guests nor the POS get an answer."""
        self.up.kill_web()

    def start_web(self) -> None:
        """Start the web server again."""
        self.up.start_web()

    def _kill_one_of(self, pids: list[int]) -> None:
        if pids:
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(pids), signal.SIGKILL)

    # --- Database and Redis ------------------------------------------------------------------------------------------

    def crash_postgres(self) -> None:
        """Kill the database server in the midst of whatever it does."""
        assert self.up.servers.postgres
        self.up.servers.postgres.crash()

    def start_postgres(self) -> None:
        """Start the database server; it recovers."""
        assert self.up.servers.postgres
        self.up.servers.postgres.start()

    def stop_redis(self) -> None:
        """Kill Redis: it forgets the queue and the cache."""
        assert self.up.servers.redis
        self.up.servers.redis.stop()

    def start_redis(self) -> None:
        """Start an empty Redis."""
        assert self.up.servers.redis
        self.up.servers.redis.start()

    def fill_the_disk(self) -> None:
        """Fill the database's disk: its files cannot grow, and it may have to stop for want of space for its log."""
        assert self.up.servers.postgres
        assert self.up.servers.postgres.disk
        self.up.servers.postgres.disk.fill()

    def make_room(self) -> None:
        """Empty the database's disk, and start the server if it stopped."""
        assert self.up.servers.postgres
        assert self.up.servers.postgres.disk
        self.up.servers.postgres.disk.make_room()
        if not self.up.servers.postgres.is_running():
            self.up.servers.postgres.start()

    # --- Clocks ------------------------------------------------------------------------------------------------------

    def set_clocks(self, *, ahead: timedelta) -> None:
        """Put the clocks of all hosts of ours ahead, or behind if negative. The guests', the POS's and the database's
        are right."""
        step_clock(self._clock_of_workers, ahead=ahead)
        step_clock(Path(self.up.environment[STEP_FILE]), ahead=ahead)

    def set_workers_clock(self, *, ahead: timedelta) -> None:
        """Put the clock of the workers' host ahead of the web host's, or behind if negative."""
        step_clock(self._clock_of_workers, ahead=ahead)

    def set_clocks_right(self) -> None:
        """Put all clocks right."""
        self.set_clocks(ahead=timedelta())

    # --- At the POS --------------------------------------------------------------------------------------------------

    def expire_tokens(self) -> None:
        """Expire the access token; the refresh token stays valid."""
        self.pos.control("tokens/expire")

    def revoke_tokens(self) -> None:
        """Withdraw the consent: all tokens are refused."""
        self.pos.control("tokens/revoke")

    def reconnect(self) -> None:
        """End the faults and let a manager give consent again."""
        self.calm()
        self.up.connect()

    def drop_a_discount(self) -> None:
        """Remove a discount that storekit knows from the POS."""
        self.pos.control("discounts/STAFF10/remove")

    def restore_the_discount(self) -> None:
        """Add the discount to the POS again."""
        self.pos.control("discounts/STAFF10/add", discountPercentage=10)

    def put_the_tills_to_sleep(self) -> None:
        """Make the POS report that no till is available; it fails orders until one is."""
        self.pos.control("readiness", devices=0)

    def wake_the_tills(self) -> None:
        """Make the POS report that it is ready for online orders."""
        self.pos.control("readiness", status="READY")
