"""What the REST views of guests at a table have in common."""

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from storekit.rest.errors import Conflict, TooLarge
from storekit.rest.parsers import SafeJSONParser
from tables.payments.starting import PaymentRefused

# What is wrong with the request itself, by where it is; everything else is a conflict with the bill.
_INVALID = {"invalid": "split", "not_payable": "split", "invalid_tip": "tip"}


class GuestView(APIView):
    """A view of guests at a table. Public, and its errors are those of a payment."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [SafeJSONParser]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_api_error(exc))


def _as_api_error(exc: Exception) -> Exception:
    match exc:
        case PaymentRefused() if exc.code in _INVALID:
            return ValidationError({_INVALID[exc.code]: ErrorDetail(exc.detail, code=exc.code)})
        case PaymentRefused(code="unknown_bill"):
            return NotFound(exc.detail, code=exc.code)
        case PaymentRefused():
            return Conflict(exc.detail, code=exc.code)
        case RequestDataTooBig():
            return TooLarge()
        case _:
            return exc
