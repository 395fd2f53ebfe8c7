"""Refusals in the shapes of the real API: Spring's for orders and the like, another for menu and finance calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from integrations.sandbox import clock

Json = dict[str, Any]


@dataclass(frozen=True)
class FieldError:
    """One field that was refused, as Spring's validator reports it."""

    field: str
    message: str
    code: str = "Invalid"
    rejected: Any = None

    def spring(self, object_name: str) -> Json:
        """Write the error as an entry of Spring's ``errors``."""
        return {
            "field": self.field,
            "defaultMessage": self.message,
            "code": self.code,
            "codes": [f"{self.code}.{object_name}.{self.field}", f"{self.code}.{self.field}", self.code],
            "objectName": object_name,
            "bindingFailure": self.code == "typeMismatch",
        }


class Refusal(Exception):
    """The API says no; how it is written depends on the family of the call."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: Sequence[FieldError] = (),
        *,
        object_name: str = "request",
        body: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)
        self.object_name = object_name
        self.body = body

    def as_json(self, path: str) -> Json:
        """Write the refusal as the body of the answer to a call of `path`."""
        if self.body is not None:
            return self.body
        if path.startswith(("/o/op/1/menu", "/o/op/2/menu", "/f/")):
            return self._menu_shape()
        return spring_error(self.status, self.message, path, [error.spring(self.object_name) for error in self.errors])

    def _menu_shape(self) -> Json:
        return {
            "status": self.status,
            "timestamp": clock.iso(clock.now()),
            "message": self.message,
            "apiSubExceptions": [
                {"field": error.field, "rejectedValue": error.rejected, "message": error.message}
                for error in self.errors
            ],
        }


class TillRefusal(Exception):
    """The till says no, after the API had said yes: the reason of a FAILURE notification."""


def spring_error(status: int, message: str, path: str, errors: Sequence[Json] = ()) -> Json:
    """Write an error as Spring Boot does."""
    body: Json = {
        "timestamp": clock.legacy(clock.now()),
        "status": status,
        "error": HTTPStatus(status).phrase,
        "message": message,
        "path": path,
    }
    return {**body, "errors": list(errors)} if errors else body


def bad_request(field: str, message: str, *, code: str = "Invalid", rejected: Any = None) -> Refusal:
    """Refuse one field."""
    return Refusal(400, f"Validation failed: {field}: {message}", [FieldError(field, message, code, rejected)])


def not_found(message: str) -> Refusal:
    """Say that the thing asked for is not there."""
    return Refusal(404, message)


def forbidden(message: str) -> Refusal:
    """Say that the token does not open this."""
    return Refusal(403, message)
