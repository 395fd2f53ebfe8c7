"""What a guest says about themselves reaches the venue: any telephone number, any country's address, no hidden text."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from integrations.pos import VenuePosSettings
from orders.checkout.addresses import required_parts
from orders.checkout.lines import lines_of
from orders.checkout.phones import Phone, read_phone
from orders.injection.ticket import ticket_for
from orders.models import Order
from orders.order_sheet import order_details
from storekit.models import Venue
from tests.orders.api.storefront import errors, post
from tests.orders.conftest import CopperPotMenu

WATER = {"items": [{"sku": "WATER"}], "payment": {"status": "paid", "amount": "2.35"}}


def ticket_note(order: Order) -> str:
    lines = lines_of(rows=order.lines.all(), currency="GBP")
    ticket = ticket_for(
        order=order, lines=lines, settings=VenuePosSettings(), reference="r-1", deliver_within=timedelta(minutes=10)
    )
    return ticket.note


# --- Telephone -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "typed", "phone"),
    [
        ("GB", "020 7946 0018", Phone(e164="+442079460018")),
        ("GB", "020 7946 0018 ext. 12", Phone(e164="+442079460018", as_typed="020 7946 0018 ext. 12")),
        ("US", "(212) 555-0123 x45", Phone(e164="+12125550123", as_typed="(212) 555-0123 x45")),
        ("US", "tel:+1-212-555-0123;ext=45", Phone(e164="+12125550123", as_typed="tel:+1-212-555-0123;ext=45")),
        ("GB", "after 6 pm 020 7946 0018", Phone(as_typed="after 6 pm 020 7946 0018")),
        ("GB", "Bob: 020 7946 0018", Phone(e164="+442079460018", as_typed="Bob: 020 7946 0018")),
        ("US", "1-800-FLOWERS", Phone(e164="+18003569377", as_typed="1-800-FLOWERS")),
        ("US", "555-0123", Phone(as_typed="555-0123")),
        ("GB", "call me", Phone(as_typed="call me")),
        ("GB", "12", Phone(as_typed="12")),
        ("GB", "1" * 40, Phone(as_typed="1" * 40)),
        ("GB", "", Phone()),
    ],
)
def test_whatever_e164_cannot_say_is_kept_as_typed(country: str, typed: str, phone: Phone) -> None:
    assert read_phone(typed, country=country) == phone


@pytest.mark.parametrize(
    ("country", "typed", "answered"),
    [("GB", "020 7946 0018 ext. 12", "+442079460018"), ("US", "555-0123", "555-0123"), ("GB", "ask Bob", "ask Bob")],
)
def test_the_driver_reads_the_number_as_the_guest_typed_it(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient, country: str, typed: str, answered: str
) -> None:
    Venue.objects.update(country=country)

    answer = post(storefront, WATER | {"type": "pickup", "customer": {"first_name": "Ada", "phone": typed}})

    assert answer.status_code == 201
    assert answer.json()["customer"]["phone"] == answered
    order = Order.objects.get()
    assert ticket_note(order) == f"Phone: {typed}"
    assert ("Phone", typed) in order_details(order=order, clock=str)


def test_a_number_that_the_pos_gets_whole_is_in_no_note(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    # Telephones put marks of direction around a number that is copied from their contacts.
    copied = "\u202a020 7946 0018\u202c"
    answer = post(storefront, WATER | {"type": "pickup", "customer": {"first_name": "Ada", "phone": copied}})
    assert answer.json()["customer"]["phone"] == "+442079460018"
    assert ticket_note(Order.objects.get()) == ""


# --- Address ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "parts"),
    [
        *((country, ("city", "postcode")) for country in ("GB", "US", "FR", "DE", "NL", "CA", "AU", "CH")),
        *((country, ("city",)) for country in ("IE", "JM", "QA", "BH", "PA", "MC")),
        *((country, ()) for country in ("HK", "AE", "GI")),
        *((country, ("postcode",)) for country in ("SG", "JP")),
        ("ZZ", ()),
    ],
)
def test_an_address_needs_what_its_countrys_addresses_have(country: str, parts: tuple[str, ...]) -> None:
    assert required_parts(country) == parts


@pytest.mark.parametrize(
    ("country", "address"),
    [
        ("HK", {"line1": "1 Peak Road"}),
        ("AE", {"line1": "Villa 1, Street 7, Jumeirah", "city": "Dubai"}),
        ("IE", {"line1": "1 Abbey Street", "city": "Dublin", "postcode": None}),
        ("SG", {"line1": "1 Orchard Road", "postcode": "238823", "city": ""}),
    ],
)
def test_a_delivery_without_what_its_country_does_not_have_is_taken(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient, country: str, address: dict[str, str | None]
) -> None:
    Venue.objects.update(country=country)
    body = WATER | {"type": "delivery", "customer": {"first_name": "Ada"}, "delivery_address": address}

    answer = post(storefront, body)

    assert answer.status_code == 201, answer.content
    expected = {"line2": "", "notes": "", "city": "", "postcode": ""} | {k: v for k, v in address.items() if v}
    assert answer.json()["delivery_address"] == expected


def test_a_delivery_without_what_its_country_has_is_refused(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    body = WATER | {"type": "delivery", "customer": {"first_name": "Ada"}, "delivery_address": {"line1": "1 Mill Lane"}}
    answer = post(storefront, body)
    assert answer.status_code == 400
    missing = [("required", "delivery_address.city"), ("required", "delivery_address.postcode")]
    assert sorted(errors(answer)) == missing
    basket = storefront.post("/api/v1/venues/copper-pot/basket", body, format="json").json()
    assert [(problem["code"], problem["attr"]) for problem in basket["problems"]] == missing


# --- Hidden text -----------------------------------------------------------------------------------------------------


def test_characters_that_turn_text_around_are_removed_from_all_that_a_guest_writes(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    def turned(text: str) -> str:
        return f"\u202e{text[0]}\u2067{text[1:]}\u202c\u200f"

    body = WATER | {
        "type": "delivery",
        "customer": {"first_name": turned("Ada"), "last_name": turned("Lovelace"), "email": turned("a@example.com")},
        "delivery_address": {
            name: turned(value)
            for name, value in (
                *(("line1", "1 High Street"), ("line2", "Flat 2"), ("city", "London"), ("postcode", "N1 9GU")),
                ("notes", "Second door\nRing twice"),
            )
        },
        "note": turned("Ring"),
        "items": [{"sku": "WATER", "note": turned("no ice")}],
        "payment": {"status": "paid", "amount": "2.35", "reference": turned("web-1")},
    }

    answer = post(storefront, body)

    assert answer.status_code == 201, answer.content
    order = answer.json()
    assert order["customer"] == {"first_name": "Ada", "last_name": "Lovelace", "email": "a@example.com", "phone": ""}
    assert order["delivery_address"] == {
        "line1": "1 High Street",
        "line2": "Flat 2",
        "city": "London",
        "postcode": "N1 9GU",
        "notes": "Second door\nRing twice",
    }
    assert (order["note"], order["items"][0]["note"], order["payment"]["reference"]) == ("Ring", "no ice", "web-1")


@pytest.mark.parametrize("field", ["line1", "city", "postcode"])
def test_an_address_of_invisible_characters_is_no_address(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient, field: str
) -> None:
    address = {"line1": "1 High Street", "city": "London", "postcode": "N1 9GU", field: "\u200b\u3164"}
    body = WATER | {"type": "delivery", "customer": {"first_name": "Ada"}, "delivery_address": address}
    answer = post(storefront, body)
    code = "blank" if field == "line1" else "required"
    assert (answer.status_code, errors(answer)) == (400, [(code, f"delivery_address.{field}")])


def test_an_optional_text_of_invisible_characters_is_empty(
    venue: Venue, menu: CopperPotMenu, storefront: APIClient
) -> None:
    customer = {"first_name": "Ada", "last_name": "\u2800", "phone": "\u200b"}
    answer = post(storefront, WATER | {"type": "pickup", "customer": customer, "note": "\u3164\n"})
    assert answer.json()["customer"] == {"first_name": "Ada", "last_name": "", "email": "", "phone": ""}
    assert (answer.json()["note"], ticket_note(Order.objects.get())) == ("", "")
