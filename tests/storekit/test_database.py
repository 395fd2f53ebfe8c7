"""The test run uses the database that it was asked to use."""

import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_suite_runs_on_the_database_that_was_asked_for() -> None:
    assert connection.vendor == os.environ.get("STOREKIT_TEST_DATABASE", "sqlite")
