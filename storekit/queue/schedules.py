"""Write the schedules of periodic tasks from the registry.

In django-q2 one schedule with malformed arguments stops every other, which is why nobody can edit them by hand.
"""

from typing import Any

from django.apps import apps

from storekit.queue.registry import PERIODIC_TASKS

_PREFIX = "storekit:"


def name_of(task: str) -> str:
    """Return the name of a periodic task's schedule."""
    return _PREFIX + task


def write_schedules(**_: Any) -> None:
    """Make django-q2's schedules equal to `registry.PERIODIC_TASKS`; called after every migrate."""
    # Fetch the model from the app registry: app configurations import this module before models can be imported.
    schedule = apps.get_model("django_q", "Schedule")
    names = set()
    for task, minutes in PERIODIC_TASKS.items():
        names.add(name := name_of(task))
        schedule.objects.update_or_create(
            name=name,
            defaults={"func": task, "schedule_type": schedule.MINUTES, "minutes": minutes, "repeats": -1},
        )
    schedule.objects.filter(name__startswith=_PREFIX).exclude(name__in=names).delete()
