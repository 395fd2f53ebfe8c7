"""Run the demo in the foreground until Ctrl-C."""

import json
import os
import secrets
import signal
import sys
import time
from functools import partial
from pathlib import Path
from types import FrameType

from storekit.demo import story
from storekit.demo.browser import Browser
from storekit.demo.configuration import Configuration, prepare, recall, remember
from storekit.demo.processes import DemoError, Processes, require_free_port

VENUE = "demo"
EMAIL = "demo@example.com"
LOCATION = "45454565682155"
_TABLE = 7


class _Stopped(Exception):
    """The user pressed Ctrl-C, or the process received SIGTERM."""


def main() -> int:
    """Run the demo from start to end; return the exit code."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    configuration = Configuration(
        folder=Path(__file__).resolve().parent.parent.parent,
        port=int(os.environ.get("PORT") or 8000),
        pos_port=int(os.environ.get("POS_PORT") or 8001),
    )
    processes: Processes | None = None
    try:
        require_free_port(configuration.port, variable="PORT")
        require_free_port(configuration.pos_port, variable="POS_PORT")
        processes = Processes(folder=configuration.folder, environment=prepare(configuration))
        _start(processes, configuration)
        _play(processes, configuration)
        return _watch(processes)
    except _Stopped:
        _say("Stopping …")
        return 0
    except DemoError as error:
        _say(f"storekit demo: {error}\nLogs are in {configuration.logs}")
        return 1
    finally:
        # A second Ctrl-C must not interrupt the clean-up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if processes is not None:
            processes.stop()


def _stop(signum: int, frame: FrameType | None) -> None:
    raise _Stopped


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _start(processes: Processes, configuration: Configuration) -> None:
    _say("Preparing the database …")
    processes.run("manage.py", "prepare", "-v", "0")
    _say("Starting the sandbox POS, the web server and the task worker …")
    logs = configuration.logs
    sandbox = ["-m", "integrations.sandbox", "--port", str(configuration.pos_port)]
    processes.start("sandbox POS", sandbox, log=logs / "sandbox.log")
    bind = f"127.0.0.1:{configuration.port}"
    gunicorn = ["-m", "gunicorn", "storekit.wsgi", "-c", "python:storekit.gunicorn", "--bind", bind]
    processes.start("web server", gunicorn, log=logs / "web.log")
    processes.start("task worker", ["manage.py", "qcluster"], log=logs / "worker.log")
    processes.wait_for("sandbox POS", f"{configuration.pos_url}/sandbox/health")
    processes.wait_for("web server", f"{configuration.url}/readyz")


def _play(processes: Processes, configuration: Configuration) -> None:
    facts = _venue_and_log_in(processes, configuration)
    password, api_key = facts["password"], facts["api_key"]
    _say("Connecting the venue to the sandbox POS …")
    browser = Browser()
    story.log_in(browser, url=configuration.url, email=EMAIL, password=password)
    story.connect(browser, url=configuration.url, venue=VENUE, location=LOCATION)
    _say("Syncing the menu and the floor plan …")
    processes.run("manage.py", "sync_menu", VENUE)
    processes.run("manage.py", "sync_floor_plan", VENUE)
    _say("Placing a pickup order …")
    menu = story.read_menu(url=configuration.url, venue=VENUE)
    order = story.pickup_order(menu)
    placed = story.place_order(url=configuration.url, venue=VENUE, api_key=api_key, order=order)
    confirmed = story.wait_until_confirmed(url=configuration.url, venue=VENUE, api_key=api_key, order_id=placed["id"])
    _say("Serving table 7 …")
    story.switch_on_pay_at_table(browser, url=configuration.url)
    sku = order["items"][0]["sku"]
    page = story.serve_table(browser, url=configuration.url, pos_url=configuration.pos_url, number=_TABLE, sku=sku)
    summary = partial(_summary, configuration, confirmed=confirmed, password=password, api_key=api_key)
    _say(summary(order=order, table_page=page))


def _venue_and_log_in(processes: Processes, configuration: Configuration) -> dict[str, str]:
    facts = recall(configuration)
    try:
        if "password" not in facts:
            password = secrets.token_urlsafe(12)
            log_in = {"DJANGO_SUPERUSER_EMAIL": EMAIL, "DJANGO_SUPERUSER_PASSWORD": password}
            processes.run("manage.py", "createsuperuser", "--no-input", extra=log_in)
            remember(configuration, password=password)
        if "api_key" not in facts:
            place = ["--timezone", "Europe/London", "--country", "GB", "--currency", "GBP"]
            printed = processes.run(
                "manage.py", "create_venue", "--slug", VENUE, "--name", "The Copper Pot", *place, "--email", EMAIL
            )
            remember(configuration, api_key=json.loads(printed)["api_key"])
    except DemoError as error:
        # They exist already, but their password and key are lost: the database has only hashes.
        start_again = f"To start again, remove the demo's database: rm {configuration.database}*"
        raise DemoError(f"{error}\n{start_again}") from error
    return recall(configuration)


def _summary(
    configuration: Configuration,
    *,
    confirmed: dict[str, object],
    password: str,
    api_key: str,
    order: dict[str, object],
    table_page: str,
) -> str:
    url = configuration.url
    body = json.dumps(order)
    return f"""
Order {confirmed["number"]} (collection code {confirmed["collection_code"]}) is on the till.

  Back office   {url}/admin/   log in as {EMAIL} with the password {password}
  Till          {configuration.pos_url}/till
  Table {_TABLE}       {table_page}   the bill as guests see it, to pay with test cards
  Menu          {url}/api/v1/venues/{VENUE}/menu
  API           {url}/api/docs/   API key {api_key}
  E-mails       {configuration.logs.relative_to(configuration.folder)}/worker.log

Place another order:

  curl -s {url}/api/v1/venues/{VENUE}/orders -H 'Authorization: Bearer {api_key}' \\
    -H "Idempotency-Key: $(date +%s%N)" -H 'Content-Type: application/json' \\
    -d '{body}'

storekit is ready: {url} (Ctrl-C stops everything)"""


def _watch(processes: Processes) -> int:
    parent = os.getppid()
    while os.getppid() == parent:
        ended = processes.first_to_end()
        if ended:
            raise DemoError(f"The {ended} has stopped.")
        time.sleep(0.5)
    # The process that started the demo has gone without stopping it, so nobody can press Ctrl-C any more.
    return 0


if __name__ == "__main__":
    sys.exit(main())
