"""What Lightspeed's words mean, said at once or later; and names that hold the words of another cause."""

import json

import pytest

from integrations.lightspeed import errors
from integrations.lightspeed.errors import Call
from integrations.lightspeed.mapping.notifications import parse
from integrations.lightspeed.mapping.refusals import CAUSES, refusal_of, scrubbed
from integrations.pos import OrderUpdate, Rejected

# The words of the documentation, and the variants that a POS says for the same.
WORDS = [
    ("Could not add item Chocolate brownie (restricted)", "restricted"),
    ("Could not add item Chocolate brownie (restriction: 0 left).", "restricted"),
    ("Could not add item Chocolate brownie (sold out)", "restricted"),
    ("A sales restriction applies to this item", "restricted"),
    ("Could not add item Chocolate brownie (check sales restrictions)", "restricted"),
    ("Could not add item Bacon (not found)", "unknown_item"),
    ("Could not add item Bacon (not found).", "unknown_item"),
    ("Could not add item Dip pot (cannot be sold alone)", "item_refused"),
    ("items[0].sku: Unknown SKU BURGER99", "unknown_item"),
    ("items[0].subItems[0].sku: Unknown SKU BACONX", "unknown_item"),
    ("items[0].modifiers[0].modifierId: Unknown modifier 1031", "unknown_item"),
    ("Modifier 1031 not found", "unknown_item"),
    ("items[0].discountCode: Unknown discount WELCOME", "unknown_discount"),
    ("Discount WELCOME not found", "unknown_discount"),
    ("payment.paymentMethod: Unknown payment method BARTER", "payment_method"),
    ("Payment method STOREKIT not found", "payment_method"),
    ("accountProfileCode: Unknown profile web", "order_profile"),
    ("Account profile web not found", "order_profile"),
    ("Order profile web not found", "order_profile"),
    ("No such item id: 45454565682301, sku: BURGER01, blId: 45454565682155", "stale_menu"),
    ("The specified business location doesn't accept online orders at the moment.", "not_accepting"),
    ("No devices available to handle the task, the task has been rejected.", "no_devices"),
    ("Not processed before validity ended", "not_picked_up"),
    ("A consumer already exists for this email address with a different external reference.", "customer_conflict"),
    ("the payment amount is greater than the amount due", "overpaid"),
    ("Could not add payment: the amount is more than what is due", "overpaid"),
    ("Payment amount exceeds the amount due", "overpaid"),
    ("Could not add to account A78094.48 (not found)", "check_gone"),
    ("Account A78094.48 not found", "check_gone"),
    ("Account is already closed", "check_gone"),
    ("tableNumber: Unknown table 99", "unknown_table"),
    ("Table 99 not found", "unknown_table"),
]
# A name or a code may be anything that the venue likes.
MISLEADING = [
    ("Could not add item Sold out special (not found)", "unknown_item"),
    ("Could not add item Lunch (sold out) (not found)", "unknown_item"),
    ("Could not add item Bacon (not found) roll (restricted)", "restricted"),
    ("Could not add item Consumer already exists (not found)", "unknown_item"),
    ("Could not add item Validity ended ale (restricted)", "restricted"),
    ("Could not add item Table wine, account closed (restricted)", "restricted"),
    ("Could not add item Overpaid banker's burger (not found)", "unknown_item"),
    ("Could not add item Discount; unknown sku (cannot be sold alone)", "item_refused"),
    ("Could not add item Two\nlines (restricted)", "restricted"),
    ("items[0].sku: Unknown SKU TABLE NOT FOUND", "unknown_item"),
    ("items[0].discountCode: Unknown discount TABLE-CLOSED ACCOUNT", "unknown_discount"),
    ("Discount MODIFIER not found", "unknown_discount"),
    ("payment.paymentMethod: Unknown payment method SKU DISCOUNT", "payment_method"),
    ("Payment method MODIFIER not found", "payment_method"),
    ("Payment method ACCOUNT PROFILE not found", "payment_method"),
    ("accountProfileCode: Unknown profile restriction of table not found", "order_profile"),
]
UNTOLD = [
    "",
    "endpointId: Unknown endpoint storekit",
    "collectionCode: size must be at most 8",
    "customerInfo.contactNumberAsE164: does not match ^\\+[1-9][0-9]{1,14}$",
    "The kitchen is on fire",
]


@pytest.mark.parametrize(("words", "code"), WORDS + MISLEADING)
def test_the_words_have_their_cause(words: str, code: str) -> None:
    cause = refusal_of(words)
    assert cause is not None
    assert cause.code == code
    assert cause.sentence.endswith(".")


@pytest.mark.parametrize(
    ("words", "item"),
    [
        ("Could not add item Chocolate brownie (check sales restrictions)", "Chocolate brownie"),
        ("Could not add item Bacon (not found) roll (check sales restrictions)", "Bacon (not found) roll"),
        ("Could not add item Lunch (for two) (restricted).", "Lunch (for two)"),
        ("Could not add item 45454565600123 (not found)", "45454565600123"),
        ("No such item id: 45454565682301, sku: BURGER 01, blId: 45454565682155", "BURGER 01"),
        ("No such item id: 45454565682301, sku: BURGER01", "BURGER01"),
        ("items[0].sku: Unknown SKU BURGER99", "BURGER99"),
        ("Modifier 1031 not found", ""),
        ("Not processed before validity ended", ""),
    ],
)
def test_the_quoted_item_is_taken_from_the_message(words: str, item: str) -> None:
    refusal = refusal_of(words)
    assert refusal is not None
    assert refusal.item == item


@pytest.mark.parametrize("words", UNTOLD)
def test_what_nobody_has_told_us_of_has_no_cause(words: str) -> None:
    assert refusal_of(words) is None


def test_every_row_of_the_table_is_reached() -> None:
    reached = {next(cause for cause in CAUSES if cause.pattern.search(words)) for words, _ in WORDS}
    assert reached == set(CAUSES)


@pytest.mark.parametrize(("words", "code"), WORDS)
def test_a_refusal_at_once_and_one_from_the_till_mean_the_same(words: str, code: str) -> None:
    body = json.dumps({"status": 400, "message": words}).encode()
    at_once = errors.for_answer(call=Call.ORDER, status=400, body=body)
    later = parse(
        {"type": "ORDER", "status": "FAILURE", "thirdPartyReference": "r-1", "reason": words}, currency="GBP"
    ).fact
    assert type(at_once) is Rejected
    assert isinstance(later, OrderUpdate)
    assert (at_once.code, str(at_once), at_once.detail) == (code, later.sentence, later.reason)
    assert (later.code, later.reason) == (code, words)


def test_a_field_that_is_refused_has_its_cause_too() -> None:
    error = {"field": "tableNumber", "defaultMessage": "Unknown table 99", "code": "NotFound"}
    body = {"status": 400, "message": "Validation failed for object='apeLocalOrder'", "errors": [error]}
    refusal = errors.for_answer(call=Call.ORDER, status=400, body=json.dumps(body).encode())
    assert (refusal.code, refusal.detail) == ("unknown_table", "tableNumber: Unknown table 99")


def test_only_an_orders_refusal_has_an_orders_cause() -> None:
    body = json.dumps({"message": "Table 99 not found"}).encode()
    assert errors.for_answer(call=Call.READ, status=400, body=body).code == "rejected"


@pytest.mark.parametrize("status", ["SUCCESS", "CANCELLED", "CHECK_WAS_UPDATED"])
def test_what_is_no_failure_has_no_cause(status: str) -> None:
    told = parse(
        {"type": "ORDER", "status": status, "thirdPartyReference": "r-1", "reason": "Table 9 not found"}, currency="GBP"
    )
    assert isinstance(told.fact, OrderUpdate)
    assert (told.fact.code, told.fact.sentence) == ("", "")


def test_a_failure_for_a_reason_of_its_own_is_told_in_the_poss_words() -> None:
    words = "The till is on fire"
    told = parse(
        {"type": "ORDER", "status": "ABANDONED", "thirdPartyReference": "r-1", "reason": words}, currency="GBP"
    )
    assert isinstance(told.fact, OrderUpdate)
    assert (told.fact.code, told.fact.sentence, told.fact.reason) == ("", "", words)


def test_the_poss_words_are_kept_to_a_length_that_can_be_shown() -> None:
    assert len(scrubbed("Could not add item " + "x" * 20_000)) == 1000
