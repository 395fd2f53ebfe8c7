"""Errors a POS can cause, each named for what the caller has to do about it."""

from datetime import timedelta


class PosError(Exception):
    """A call to the POS failed. `str(error)` is a sentence for venue staff.

    Attributes:
        code: a short, stable name of the cause, for tables and filters.
        detail: the POS's own message, shown below the sentence; never contains a secret.
        status: the HTTP status, if there was one.
    """

    code = "pos_error"

    def __init__(self, message: str, *, code: str | None = None, detail: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.detail = detail
        self.status = status


class Unreachable(PosError):
    """The request may or may not have arrived: send it again later, with the same reference."""

    code = "unreachable"


class PosDown(PosError):
    """The POS was not called, as it did not answer lately or as it was too late: try again after `retry_after`."""

    code = "unreachable"

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Throttled(PosError):
    """Too many requests: send it again after `retry_after`, or later if that is None."""

    code = "throttled"

    def __init__(self, message: str, *, retry_after: timedelta | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail, status=429)
        self.retry_after = retry_after


class Unauthorised(PosError):
    """The venue's consent has ended or does not cover the call: a person has to reconnect the POS."""

    code = "unauthorised"


class NotConnected(Unauthorised):
    """The venue has no usable connection to a POS."""

    code = "not_connected"


class Rejected(PosError):
    """The POS understood the request and refused it: sending it again cannot help, a person has to act.

    For an order, `code` is a `RefusalCause` where the cause is known, and `item` is the item that the POS's message
    quotes: a name, a SKU or an id of the POS's own; empty if it quotes none.
    """

    code = "rejected"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        detail: str = "",
        status: int | None = None,
        item: str = "",
    ) -> None:
        super().__init__(message, code=code, detail=detail, status=status)
        self.item = item


class NotFound(Rejected):
    """The requested thing does not exist at the POS, or no longer does."""

    code = "not_found"


class Duplicate(PosError):
    """The reference was used before, so the order or payment has already arrived."""

    code = "duplicate"


class BadAnswer(PosError):
    """The POS's answer could not be understood; none of it was used."""

    code = "bad_answer"
