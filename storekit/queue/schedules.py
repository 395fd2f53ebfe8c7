"""The schedules of periodic tasks, written from the registry so that none can be malformed.

One schedule with arguments that do not parse stops every other one in django-q2, which is why people cannot edit them.
"""

from typing import Any

from django.apps import apps

from storekit.queue.registry import PERIODIC_TASKS

_PREFIX = "storekit:"


def keep_schedules(**_: Any) -> None:
    """Makes django-q2's schedules equal to `registry.PERIODIC_TASKS`; called after every migrate."""
    # Through the registry: app configurations, which call this, are imported before models can be.
    schedule = apps.get_model("django_q", "Schedule")
    names = set()
    for task, minutes in PERIODIC_TASKS.items():
        names.add(name := _PREFIX + task)
        schedule.objects.update_or_create(
            name=name,
            defaults={"func": task, "schedule_type": schedule.MINUTES, "minutes": minutes, "repeats": -1},
        )
    schedule.objects.filter(name__startswith=_PREFIX).exclude(name__in=names).delete()
