"""Periodic tasks of the project itself."""

from datetime import timedelta

from django.utils import timezone
from django_q.models import Task

from storekit.rest import idempotency

# The queue prunes tasks that succeeded, but never those that failed.
_FAILED_TASKS_KEPT_FOR = timedelta(days=90)


def forget_old_rows() -> str:
    """Delete old rows: answers to requests that will no longer be repeated, and old failed tasks."""
    answers = idempotency.forget_old_answers()
    failures = Task.objects.filter(success=False, stopped__lt=timezone.now() - _FAILED_TASKS_KEPT_FOR).delete()[0]
    return f"{answers} answers, {failures} failed tasks"
