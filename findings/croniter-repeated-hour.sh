#!/usr/bin/env bash
# croniter 7.0.0: a daily job in the hour that is repeated when the clocks go back is due twice that night.
#
# Expected: "30 2 * * *" is due once on 25 October 2026 in Berlin, as in Debian's cron.
# Happens: it is due at 02:30 summer time and again at 02:30 winter time.
# Seen: 2026-10-25T02:30:00+02:00, 2026-10-25T02:30:00+01:00, 2026-10-26T02:30:00+01:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check croniter==7.0.0
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import croniter

due = croniter("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin")))
found = [due.get_next(datetime).isoformat() for _ in range(3)]
print(", ".join(found))
assert found == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"]
PYTHON
