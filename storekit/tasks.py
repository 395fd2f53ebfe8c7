"""Periodic work on the ground."""

from datetime import timedelta

from django.utils import timezone
from django_q.models import Task

from storekit.rest import idempotency

# Tasks that succeeded are pruned by the queue itself, those that failed by nobody.
_FAILED_TASKS_KEPT_FOR = timedelta(days=90)


def forget_old_rows() -> str:
    """Deletes what nobody asks for any more: answers to requests that will not be repeated, tasks that failed."""
    answers = idempotency.forget_old_answers()
    failures = Task.objects.filter(success=False, stopped__lt=timezone.now() - _FAILED_TASKS_KEPT_FOR).delete()[0]
    return f"{answers} answers, {failures} failed tasks"
