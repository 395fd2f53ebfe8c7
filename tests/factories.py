"""Factories for the rows that tests start from. Defaults are plausible, so a test names only what it is about."""

import uuid
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import factory
from factory.django import DjangoModelFactory

from integrations.models import Connection, LightspeedSettings, SyncSchedule, TokenPair
from menus.models import (
    Category,
    CategoryProduct,
    Menu,
    Modifier,
    ModifierGroup,
    Product,
    ProductModifierGroup,
    Snooze,
    StockLevel,
)
from orders.checkout.numbering import random_collection_code
from orders.models import DiscountCode, Injection, Order, OrderLine
from storekit.models import ApiKey, Membership, User, Venue
from tables.models import Area, Bill, Payment, Table
from tables.payments.till.references import reference_of


class RowFactory(DjangoModelFactory):
    """The base of all factories. For the type checker, calling one returns a row and not a factory."""

    class Meta:
        abstract = True

    if TYPE_CHECKING:

        def __new__(cls, *args: Any, **values: Any) -> Any: ...


class VenueFactory(RowFactory):
    class Meta:
        model = Venue

    slug = factory.Sequence(lambda n: f"venue-{n}")
    name = factory.Sequence(lambda n: f"Venue {n}")
    email = factory.LazyAttribute(lambda venue: f"kitchen@{venue.slug}.example")


class UserFactory(RowFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    password = factory.django.Password("correct horse battery")


class MembershipFactory(RowFactory):
    class Meta:
        model = Membership

    venue = factory.SubFactory(VenueFactory)
    user = factory.SubFactory(UserFactory)
    role = Membership.Role.MANAGER


class ConnectionFactory(RowFactory):
    """A venue connected to the sandbox's High Street location, with its webhook registered."""

    class Meta:
        model = Connection
        skip_postgeneration_save = True

    venue = factory.SubFactory(VenueFactory)
    environment = "sandbox"
    status = Connection.Status.CONNECTED
    business_id = "29091"
    business_name = "The Copper Pot Group"
    business_location_id = factory.Sequence(lambda n: str(45454565682155 + n))
    location_name = "High Street"
    webhook_registered_at = factory.LazyFunction(lambda: datetime.now(UTC))

    @classmethod
    def _create(cls, model_class: type[Any], *args: Any, **values: Any) -> Any:
        """Make the venue's connection, or set these values of the one that it has: it has one at most."""
        made, _ = model_class.objects.update_or_create(venue=values.pop("venue"), defaults=values)
        return made

    settings = factory.RelatedFactory("tests.factories.LightspeedSettingsFactory", factory_related_name="connection")
    tokens = factory.RelatedFactory("tests.factories.TokenPairFactory", factory_related_name="connection")


class LightspeedSettingsFactory(RowFactory):
    class Meta:
        model = LightspeedSettings

    connection = factory.SubFactory(ConnectionFactory, settings=None)


class TokenPairFactory(RowFactory):
    class Meta:
        model = TokenPair

    connection = factory.SubFactory(ConnectionFactory, tokens=None)
    access_token = "access-1"
    refresh_token = "refresh-1"
    scope = "orders-api financial-api offline_access"
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=1))


class MenuFactory(RowFactory):
    class Meta:
        model = Menu

    venue = factory.SubFactory(VenueFactory)
    pos_menu_id = "168"
    pos_menu_name = "Online menu"
    version = 1
    languages = ["en"]


class CategoryFactory(RowFactory):
    class Meta:
        model = Category

    venue = factory.SubFactory(VenueFactory)
    key = factory.Sequence(lambda n: f"screen-{n}")
    name = factory.Sequence(lambda n: f"Category {n}")


class ProductFactory(RowFactory):
    class Meta:
        model = Product

    venue = factory.SubFactory(VenueFactory)
    sku = factory.Sequence(lambda n: f"SKU{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    price = Decimal("10.00")


class StockLevelFactory(RowFactory):
    """Five left, as restricted at the till."""

    class Meta:
        model = StockLevel

    venue = factory.SubFactory(VenueFactory)
    sku = "BURGER"
    restricted = True
    count = 5
    heard_at = factory.LazyFunction(lambda: datetime.now(UTC))


class SnoozeFactory(RowFactory):
    """By hand, until further notice. Its item's columns follow by `menus.stock.levels.spread`."""

    class Meta:
        model = Snooze

    venue = factory.SubFactory(VenueFactory)
    sku = "BURGER"
    name = "Burger"
    source = Snooze.Source.STAFF
    by = "Anna"


class CategoryProductFactory(RowFactory):
    class Meta:
        model = CategoryProduct

    category = factory.SubFactory(CategoryFactory)
    product = factory.SubFactory(ProductFactory)


class ModifierGroupFactory(RowFactory):
    class Meta:
        model = ModifierGroup

    venue = factory.SubFactory(VenueFactory)
    key = factory.Sequence(lambda n: f"group-{n}")
    name = factory.Sequence(lambda n: f"Group {n}")
    kind = ModifierGroup.Kind.MODIFIER


class ModifierFactory(RowFactory):
    class Meta:
        model = Modifier

    group = factory.SubFactory(ModifierGroupFactory)
    key = factory.Sequence(lambda n: f"MOD{n}")
    sku = factory.LazyAttribute(lambda modifier: modifier.key)
    name = factory.Sequence(lambda n: f"Modifier {n}")
    price = Decimal("1.00")


class ProductModifierGroupFactory(RowFactory):
    class Meta:
        model = ProductModifierGroup

    product = factory.SubFactory(ProductFactory)
    group = factory.SubFactory(ModifierGroupFactory)


class OrderFactory(RowFactory):
    """A paid pickup order of one line, not sent yet and due to be sent."""

    class Meta:
        model = Order
        skip_postgeneration_save = True

    venue = factory.SubFactory(VenueFactory)
    number = factory.Sequence(lambda n: 1000 + n)
    collection_code = factory.LazyFunction(random_collection_code)
    type = Order.Type.PICKUP
    status = Order.Status.PLACED
    first_name = "Ada"
    last_name = "Lovelace"
    email = "ada@example.com"
    phone = "+442079460018"
    items_total = Decimal("10.00")
    total = Decimal("10.00")
    payment_status = Order.PaymentStatus.PAID
    payment_reference = "web-1"
    payment_amount = Decimal("10.00")
    menu_version = 1

    line = factory.RelatedFactory("tests.factories.OrderLineFactory", factory_related_name="order")
    injection = factory.RelatedFactory("tests.factories.InjectionFactory", factory_related_name="order")


class OrderLineFactory(RowFactory):
    class Meta:
        model = OrderLine

    order = factory.SubFactory(OrderFactory, line=None)
    position = 0
    kind = OrderLine.Kind.PRODUCT
    menu_id = factory.LazyFunction(uuid.uuid4)
    sku = "BURGER"
    name = "Burger"
    quantity = 1
    unit_price = Decimal("10.00")


class InjectionFactory(RowFactory):
    class Meta:
        model = Injection

    order = factory.SubFactory(OrderFactory, injection=None)
    reference = factory.LazyAttribute(lambda injection: f"{injection.order.pk.hex}-1")
    next_attempt_at = factory.LazyFunction(lambda: datetime.now(UTC) - timedelta(seconds=1))


class ApiKeyFactory(RowFactory):
    """A row without a known key; use `storekit.rest.api_keys.issue_api_key` for a key that works."""

    class Meta:
        model = ApiKey

    venue = factory.SubFactory(VenueFactory)
    name = "web shop"
    prefix = factory.Sequence(lambda n: f"prefix{n}")
    digest = "0" * 64


class SyncScheduleFactory(RowFactory):
    """A full menu sync at five every morning."""

    class Meta:
        model = SyncSchedule

    connection = factory.SubFactory(ConnectionFactory)
    time = time(5)


class DiscountCodeFactory(RowFactory):
    """Ten per cent off, for everybody and without an end."""

    class Meta:
        model = DiscountCode

    venue = factory.SubFactory(VenueFactory)
    code = factory.Sequence(lambda n: f"WELCOME{n}")
    percent = factory.LazyAttribute(lambda discount: None if discount.amount is not None else Decimal("10.00"))
    amount = None


class AreaFactory(RowFactory):
    class Meta:
        model = Area

    venue = factory.SubFactory(VenueFactory)
    pos_id = factory.Sequence(lambda n: f"area-{n}")
    name = "Main room"


class TableFactory(RowFactory):
    class Meta:
        model = Table

    venue = factory.SubFactory(VenueFactory)
    area = factory.LazyAttribute(lambda table: AreaFactory(venue=table.venue))
    pos_id = factory.Sequence(lambda n: f"table-{n}")
    number = factory.Sequence(lambda n: n + 1)
    seats = 4


class BillFactory(RowFactory):
    """An open bill of table 7: one soup, not paid."""

    class Meta:
        model = Bill

    venue = factory.SubFactory(VenueFactory)
    table_number = 7
    account = factory.Sequence(lambda n: f"A{n}.1")
    check_uuid = factory.Sequence(lambda n: f"check-{n}")
    covers = 2
    opened_at = factory.LazyFunction(lambda: datetime.now(UTC) - timedelta(hours=1))
    total = Decimal("10.00")
    paid = Decimal("0.00")
    lines = factory.LazyAttribute(lambda bill: [bill_line("Soup", bill.total)])


def bill_line(name: str, total: Decimal | str, **more: Any) -> dict[str, Any]:
    """A line as bills store it."""
    amounts = {"quantity": "1", "unit_price": str(total), "total": str(total), "discount": "0"}
    return {"id": name, "name": name, **amounts, "modifiers": [], "sub_lines": [], **more}


class PaymentFactory(RowFactory):
    """A guest's payment of a whole bill by card, paid and on the till."""

    class Meta:
        model = Payment

    id = factory.LazyFunction(uuid.uuid4)
    venue = factory.SelfAttribute("bill.venue")
    bill = factory.SubFactory(BillFactory)
    state = Payment.State.CAPTURED
    method = Payment.Method.CARD
    amount = factory.SelfAttribute("bill.total")
    captured = factory.LazyAttribute(
        lambda payment: payment.amount + payment.tip if payment.state == Payment.State.CAPTURED else Decimal(0)
    )
    tip = Decimal(0)
    card = "Visa 4242"
    provider = "sandbox"
    pos_reference = factory.LazyAttribute(lambda payment: reference_of(payment_id=payment.id, revision=1))
    held_until = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(minutes=2))
