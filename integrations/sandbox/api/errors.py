"""Error responses in the real API's shapes: Spring's, and another one for menu and finance calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from integrations.sandbox import clock

Json = dict[str, Any]


@dataclass(frozen=True)
class FieldError:
    """A refused field, as Spring's validator reports it."""

    field: str
    message: str
    code: str = "Invalid"
    rejected: Any = None

    def spring(self, object_name: str) -> Json:
        """Return the error as an entry of Spring's ``errors``."""
        return {
            "field": self.field,
            "defaultMessage": self.message,
            "code": self.code,
            "codes": [f"{self.code}.{object_name}.{self.field}", f"{self.code}.{self.field}", self.code],
            "objectName": object_name,
            "bindingFailure": self.code == "typeMismatch",
        }


class Refusal(Exception):
    """An API error. The shape of its body depends on the call."""

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
        """Return the response body for a call to `path`."""
        if self.body is not None:
            return self.body
        if path.startswith(("/o/op/1/menu", "/o/op/2/menu", "/f/", "/tp/")):
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
    """The till refuses an order that the API accepted. Its text becomes the reason of the FAILURE notification."""


def spring_error(status: int, message: str, path: str, errors: Sequence[Json] = ()) -> Json:
    """Return an error body as Spring Boot writes it."""
    body: Json = {
        "timestamp": clock.legacy(clock.now()),
        "status": status,
        "error": HTTPStatus(status).phrase,
        "message": message,
        "path": path,
    }
    return {**body, "errors": list(errors)} if errors else body


def other_error_body(kind: str, status: int) -> Json | None:
    """Return an error body as some parts of the real API write it; None for the usual one."""
    match kind:
        case "unauthorized":
            return {"errors": [{"code": "unauthorized", "title": HTTPStatus(status).phrase}]}
        case "exception":
            trouble = f"{status} {HTTPStatus(status).phrase}"
            return {"exception": f"org.springframework.web.client.HttpClientErrorException: {trouble}"}
        case _:
            return None


def bad_request(field: str, message: str, *, code: str = "Invalid", rejected: Any = None) -> Refusal:
    """Return a 400 for one field."""
    return Refusal(400, f"Validation failed: {field}: {message}", [FieldError(field, message, code, rejected)])


def not_found(message: str) -> Refusal:
    """Return a 404."""
    return Refusal(404, message)


def forbidden(message: str) -> Refusal:
    """Return a 403."""
    return Refusal(403, message)
