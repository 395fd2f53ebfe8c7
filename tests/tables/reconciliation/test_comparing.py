"""Every way in which a payment and the till can disagree has a cause of its own, and nothing else is a difference."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.reconciliation.comparing import Cause, GuestPayment, TillPayment, compare

TEN = Decimal("10.00")


def paid(**values: object) -> GuestPayment:
    return GuestPayment(**{"id": "1", "amount": TEN, "captured": True} | values)  # type: ignore[arg-type]


def on_till(amount: str = "10.00", payment: str | None = "1") -> TillPayment:
    return TillPayment(f"ref-{payment}", Decimal(amount), payment)


@pytest.mark.parametrize(
    ("payment", "till", "cause"),
    [
        (paid(), [on_till()], None),
        (paid(), [], Cause.NOT_ON_TILL),
        (paid(till_is_known=False), [], Cause.CANNOT_BE_CHECKED),
        (paid(till_is_known=False), [on_till()], None),
        (paid(at_work=True), [], None),
        (paid(), [on_till("9.00")], Cause.OTHER_AMOUNT),
        (paid(), [on_till(), on_till()], Cause.TWICE),
        (paid(refunded=Decimal("3.00")), [on_till()], Cause.REFUNDED),
        (paid(refunded=TEN), [], None),
        (paid(captured=False), [on_till()], Cause.NOT_CAPTURED),
        (paid(captured=False, at_work=True), [on_till()], None),
        (paid(captured=False), [], None),
    ],
)
def test_each_disagreement_has_its_cause(payment: GuestPayment, till: list[TillPayment], cause: Cause | None) -> None:
    assert [one.cause for one in compare([payment], till)] == ([cause] if cause else [])


def test_both_amounts_are_told() -> None:
    (found,) = compare([paid(refunded=Decimal("3.00"))], [on_till()])
    assert (found.captured, found.till) == (Decimal("7.00"), TEN)
    (found,) = compare([paid(till_is_known=False)], [])
    assert (found.captured, found.till) == (TEN, None)


def test_a_reference_that_no_payment_had_is_a_difference() -> None:
    (found,) = compare([], [on_till(payment=None)])
    assert (found.cause, found.payment, found.till) == (Cause.NOT_CAPTURED, None, TEN)


PAYMENTS = st.lists(st.tuples(st.booleans(), st.lists(st.integers(1, 3), max_size=2)), max_size=5)


@given(PAYMENTS)
def test_without_a_difference_both_sides_add_up_to_the_same(rows: list[tuple[bool, list[int]]]) -> None:
    payments = [GuestPayment(str(n), Decimal(2), captured) for n, (captured, _) in enumerate(rows)]
    till = [TillPayment("ref", Decimal(amount), str(n)) for n, (_, amounts) in enumerate(rows) for amount in amounts]

    found = compare(payments, till)

    guests = sum((one.amount for one in payments if one.captured), Decimal(0))
    explained = sum((one.captured - (one.till or 0) for one in found), Decimal(0))
    assert guests - sum((entry.amount for entry in till), Decimal(0)) == explained
