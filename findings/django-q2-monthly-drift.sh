#!/usr/bin/env bash
# django-q2 1.11.1: a monthly schedule that begins on the 31st moves to the 28th in February and stays there.
#
# Expected: the last day of each month, or the 31st wherever there is one.
# Happens: each run is counted from the run before, so what February takes away never comes back.
# Seen: 2026-01-31 2026-02-28 2026-03-28 2026-04-28
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check django-q2==1.11.1 django==5.2.19
"$folder/venv/bin/python" - <<'PYTHON'
import datetime

import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["django_q"], USE_TZ=True, SECRET_KEY="-", Q_CLUSTER={"orm": "default", "timeout": 60, "retry": 120})
django.setup()

from django_q.models import Schedule

schedule = Schedule(schedule_type=Schedule.MONTHLY)
run = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)
seen = [run]
for _ in range(3):
    run = schedule.calculate_next_run(run)
    seen.append(run)
assert [day.day for day in seen] == [31, 28, 28, 28]
print(*(day.date() for day in seen))
PYTHON
