#!/usr/bin/env bash
# django-q2 1.11.1: with the database as its queue, a task put there by a host whose clock is ahead waits that long.
#
# Expected: a task that was queued can be taken at once; nothing about it is for later.
# Happens: a new row's lock counts from the queueing host's time, and workers take only rows whose lock is over by
#   their own.
# Seen: queued by a host an hour ahead: 0 tasks to take now, 1 an hour later
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  django-q2==1.11.1 django==5.2.19 time-machine==3.6.0
"$folder/venv/bin/python" - <<'PYTHON'
import datetime

import django
import time_machine
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django_q"],
    USE_TZ=True,
    SECRET_KEY="-",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    Q_CLUSTER={"orm": "default", "timeout": 60, "retry": 120, "poll": 0},
)
django.setup()

from django.core.management import call_command
from django_q.brokers import get_broker

call_command("migrate", verbosity=0)
now = datetime.datetime(2026, 5, 1, 18, 0, tzinfo=datetime.timezone.utc)
hour = datetime.timedelta(hours=1)
with time_machine.travel(now + hour, tick=False):
    get_broker().enqueue("a task")
with time_machine.travel(now, tick=False):
    at_once = len(get_broker().dequeue() or [])
with time_machine.travel(now + hour + datetime.timedelta(seconds=1), tick=False):
    later = len(get_broker().dequeue() or [])
print(f"queued by a host an hour ahead: {at_once} tasks to take now, {later} an hour later")
assert (at_once, later) == (0, 1)
PYTHON
