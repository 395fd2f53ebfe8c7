"""The back office's first page and its navigation."""

from typing import Any

from django.http import HttpRequest


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds what the first page shows."""
    return context


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar."""
    return []
