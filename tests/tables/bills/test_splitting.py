"""The laws of splitting a bill, whatever its lines, currency, and the order in which guests pay."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storekit.money import smallest_amount
from tables.bills.splitting import (
    Amount,
    BillLine,
    Choice,
    Claim,
    EqualShares,
    Everything,
    Items,
    LinePart,
    SplitBill,
    SplitRefused,
    claim_for,
    due,
    remaining,
    values,
)
from tests.support.examples import examples

THIRD = Fraction(1, 3)
CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD", "CHF"])


def bill_of(*totals: str, currency: str = "GBP", total: str = "", paid: str = "0") -> SplitBill:
    """A bill with a line of one piece for each total: line a, line b, and so on."""
    lines = [BillLine("abcdefgh"[n], Fraction(1), Decimal(price)) for n, price in enumerate(totals)]
    whole = Decimal(total) if total else sum(map(Decimal, totals), Decimal(0))
    return SplitBill(currency, whole, paid_on_till=Decimal(paid), lines=lines)


def pay(bill: SplitBill, choice: Choice) -> tuple[SplitBill, Claim]:
    claim = claim_for(bill, choice)
    return replace(bill, claims=(*bill.claims, claim)), claim


def refusal(bill: SplitBill, choice: Choice) -> str:
    with pytest.raises(SplitRefused) as refused:
        claim_for(bill, choice)
    return refused.value.code


def amounts(bill: SplitBill) -> list[str]:
    return [str(claim.amount) for claim in bill.claims]


def items(**quantities: Fraction | int) -> Items:
    return Items({id: Fraction(quantity) for id, quantity in quantities.items()})


# --- What is due -----------------------------------------------------------------------------------------------------


def test_what_is_held_for_one_guest_is_not_due_from_another() -> None:
    bill, _ = pay(bill_of("30.00"), Amount(Decimal("10.00")))

    assert due(bill) == Decimal("20.00")
    assert refusal(bill, Amount(Decimal("20.01"))) == "more_than_due"


def test_a_payment_that_the_till_counts_already_is_not_counted_twice() -> None:
    bill = replace(bill_of("30.00", paid="10.00"), claims=[Claim(Decimal("10.00"), on_till=True)])

    assert due(bill) == Decimal("20.00")


@pytest.mark.parametrize(("total", "paid"), [("10.00", "12.00"), ("-3.00", "0.00"), ("10.00", "10.00")])
def test_due_is_never_negative_and_nothing_can_be_paid_then(total: str, paid: str) -> None:
    bill = bill_of("10.00", total=total, paid=paid)

    assert due(bill) == 0
    assert refusal(bill, Everything()) == "nothing_due"


def test_a_swiss_guest_pays_in_steps_of_five_and_never_more_than_the_till_waits_for() -> None:
    bill = bill_of("10.00", currency="CHF", paid="4.47")

    assert due(bill) == Decimal("5.50")
    assert refusal(bill, Amount(Decimal("1.02"))) == "not_payable"


# --- Items -----------------------------------------------------------------------------------------------------------


def test_discounts_and_service_charge_of_the_check_fall_on_items_in_proportion() -> None:
    assert values(bill_of("10.00", "30.00", total="45.00")) == {"a": Decimal("11.25"), "b": Decimal("33.75")}
    assert values(bill_of("10.00", "30.00", total="20.00")) == {"a": Decimal("5.00"), "b": Decimal("15.00")}


def test_a_line_below_zero_is_a_discount_of_all_others() -> None:
    bill = bill_of("10.00", "30.00", "-4.00")

    assert values(bill) == {"a": Decimal("9.00"), "b": Decimal("27.00"), "c": Decimal("0.00")}


def test_three_guests_pay_a_third_of_a_bottle_each_and_the_last_pays_the_remainder() -> None:
    bill = bill_of("10.00", "7.00")
    for _ in range(3):
        bill, _ = pay(bill, items(a=THIRD))

    assert amounts(bill) == ["3.33", "3.34", "3.33"]
    assert refusal(bill, items(a=THIRD)) == "not_available"
    assert due(bill) == Decimal("7.00")


def test_thirds_that_were_written_with_three_decimals_are_thirds() -> None:
    bill = bill_of("10.00", "7.00")
    for _ in range(3):
        bill, _ = pay(bill, items(a=Fraction("0.333")))

    assert sum(map(Decimal, amounts(bill))) == Decimal("10.00")
    assert remaining(bill)["a"] == LinePart(Fraction(0), Decimal(0))


def test_a_third_that_was_given_back_costs_the_next_guest_what_is_left_of_the_line() -> None:
    bill = bill_of("10.00", "7.00")
    for _ in range(2):
        bill, _ = pay(bill, items(a=THIRD))
    bill = replace(bill, claims=bill.claims[1:])
    for _ in range(2):
        bill, _ = pay(bill, items(a=THIRD))

    assert sum(map(Decimal, amounts(bill))) == Decimal("10.00")


def test_nobody_pays_for_a_line_that_another_guest_holds() -> None:
    bill, _ = pay(bill_of("10.00", "30.00"), items(a=1))

    assert refusal(bill, items(a=1)) == "not_available"
    assert refusal(bill, items(b=2)) == "not_available"
    assert refusal(bill, items(x=1)) == "unknown_line"
    assert refusal(bill, items(b=0)) == "invalid"
    assert refusal(bill, items()) == "invalid"


def test_items_cost_no_more_than_is_due_after_cash_at_the_till() -> None:
    bill, claim = pay(bill_of("10.00", "30.00", paid="15.00"), items(b=1))

    assert claim.amount == Decimal("25.00")
    assert claim.lines["b"].amount == Decimal("25.00")
    assert due(bill) == 0


def test_a_line_that_grew_costs_what_is_new() -> None:
    bill, _ = pay(bill_of("5.00", "9.00"), items(a=1))
    more = [BillLine("a", Fraction(3), Decimal("15.00")), bill.lines[1]]

    _, claim = pay(replace(bill, lines=more, total=Decimal("24.00")), items(a=2))

    assert claim.amount == Decimal("10.00")


def test_a_paid_line_that_was_voided_lessens_what_the_last_guest_pays() -> None:
    bill, _ = pay(bill_of("5.00", "9.00"), items(a=1))

    _, claim = pay(replace(bill, lines=bill.lines[1:], total=Decimal("9.00")), items(b=1))

    assert claim.amount == Decimal("4.00")


def test_whoever_takes_the_last_item_pays_a_charge_that_no_item_carries() -> None:
    _, claim = pay(bill_of("0.00", total="2.00"), items(a=1))

    assert claim.amount == Decimal("2.00")


# --- Equal shares ----------------------------------------------------------------------------------------------------


def test_equal_shares_add_up_and_two_of_three_is_twice_one() -> None:
    bill, one = pay(bill_of("10.00"), EqualShares(1, 3))
    bill, two = pay(bill, EqualShares(2, 3))

    assert (one.amount, two.amount) == (Decimal("3.33"), Decimal("6.67"))
    assert refusal(bill, EqualShares(1, 3)) == "nothing_due"


def test_a_share_is_of_what_the_others_have_left() -> None:
    bill, _ = pay(bill_of("40.00", "60.00"), items(a=1))
    bill, _ = pay(bill, EqualShares(1, 3))

    assert amounts(bill) == ["40.00", "20.00"]


def test_what_is_ordered_after_all_shares_were_paid_is_shared_anew() -> None:
    bill = bill_of("10.00")
    for _ in range(2):
        bill, _ = pay(bill, EqualShares(1, 2))
    bill = replace(bill, total=Decimal("14.00"))
    for _ in range(2):
        bill, _ = pay(bill, EqualShares(1, 2))

    assert amounts(bill) == ["5.00", "5.00", "2.00", "2.00"]


@pytest.mark.parametrize(("shares", "of"), [(0, 3), (4, 3), (-1, -1), (1, 101)])
def test_shares_that_make_no_sense_are_refused(shares: int, of: int) -> None:
    assert refusal(bill_of("10.00"), EqualShares(shares, of)) == "invalid"


# --- Laws ------------------------------------------------------------------------------------------------------------


@st.composite
def bills(draw: st.DrawFn) -> SplitBill:
    currency = draw(CURRENCIES)
    step = smallest_amount(currency)
    prices = draw(st.lists(st.integers(-20, 400), min_size=1, max_size=5))
    quantities = st.fractions(min_value=Fraction(1, 4), max_value=5, max_denominator=8)
    lines = [BillLine(str(n), draw(quantities), price * step) for n, price in enumerate(prices)]
    total = max(sum(prices) + draw(st.integers(-60, 60)), 0) * step
    paid = draw(st.integers(0, 60)) * Decimal("0.01" if currency == "CHF" else 1) * step
    return SplitBill(currency, total, paid_on_till=paid, lines=lines)


def choices(bill: SplitBill) -> st.SearchStrategy[Choice]:
    ids = st.sampled_from([line.id for line in bill.lines])
    portions = st.sampled_from([Fraction(1, 3), Fraction(1, 2), Fraction(1), Fraction(2)])
    return st.one_of(
        st.builds(Items, st.dictionaries(ids, portions, min_size=1)),
        st.builds(EqualShares, st.integers(1, 3), st.integers(1, 4)),
        st.integers(1, 200).map(lambda steps: Amount(steps * smallest_amount(bill.currency))),
    )


def pay_what_is_taken(bill: SplitBill, chosen: Sequence[Choice]) -> SplitBill:
    for choice in chosen:
        try:
            bill, _ = pay(bill, choice)
        except SplitRefused:
            continue
    return bill


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_whatever_guests_choose_the_parts_add_up_to_what_was_due(data: st.DataObject) -> None:
    bill = data.draw(bills())
    step, before = smallest_amount(bill.currency), due(bill)

    bill = pay_what_is_taken(bill, data.draw(st.lists(choices(bill), max_size=6)))
    assert due(bill) == before - sum(claim.amount for claim in bill.claims)
    assert due(bill) >= 0
    bill = pay_what_is_taken(bill, [Everything()])

    assert due(bill) == 0
    assert sum(claim.amount for claim in bill.claims) == before
    assert all(claim.amount > 0 and not claim.amount % step for claim in bill.claims)
    for line in bill.lines:
        parts = [claim.lines[line.id] for claim in bill.claims if line.id in claim.lines]
        assert sum(part.quantity for part in parts) <= line.quantity * Fraction(201, 200)
        assert sum(part.amount for part in parts) <= values(bill)[line.id]


@settings(max_examples=examples(40), deadline=None)
@given(st.data())
def test_a_failed_payment_leaves_nothing_behind(data: st.DataObject) -> None:
    bill = data.draw(bills())
    paid = pay_what_is_taken(bill, data.draw(st.lists(choices(bill), min_size=1, max_size=4)))
    kept = [claim for claim in paid.claims if data.draw(st.booleans())]

    bill = pay_what_is_taken(replace(bill, claims=kept), [Everything()])

    assert due(bill) == 0
    assert sum(claim.amount for claim in bill.claims) == due(replace(bill, claims=()))


@settings(max_examples=examples(40), deadline=None)
@given(bills())
def test_what_items_cost_adds_up_to_the_bill_and_strays_less_than_a_step_from_its_part(bill: SplitBill) -> None:
    costs, step = values(bill), smallest_amount(bill.currency)
    whole = sum(max(line.total, Decimal(0)) for line in bill.lines)

    if whole:
        assert sum(costs.values()) == bill.total
        for line in bill.lines:
            fair = Fraction(bill.total) * Fraction(max(line.total, Decimal(0))) / Fraction(whole)
            assert abs(Fraction(costs[line.id]) - fair) <= Fraction(step)


@settings(max_examples=examples(30), deadline=None)
@given(CURRENCIES, st.integers(1, 5000), st.integers(1, 9))
def test_equal_shares_differ_by_less_than_two_steps_and_add_up(currency: str, steps: int, of: int) -> None:
    step = smallest_amount(currency)
    bill = pay_what_is_taken(SplitBill(currency, steps * step), [EqualShares(1, of)] * of)
    paid = [claim.amount for claim in bill.claims]

    assert sum(paid) == steps * step
    assert max(paid) - min(paid) < 2 * step
