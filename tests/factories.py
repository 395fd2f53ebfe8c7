"""The rows that tests begin with. Every default is a plausible one, so that a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from integrations.models import Connection, LightspeedSettings, TokenPair
from menus.models import Category, CategoryProduct, Menu, Modifier, ModifierGroup, Product, ProductModifierGroup
from storekit.models import Membership, User, Venue


class VenueFactory(DjangoModelFactory):
    class Meta:
        model = Venue

    slug = factory.Sequence(lambda n: f"venue-{n}")
    name = factory.Sequence(lambda n: f"Venue {n}")
    email = factory.LazyAttribute(lambda venue: f"kitchen@{venue.slug}.example")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    password = factory.django.Password("correct horse battery")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    venue = factory.SubFactory(VenueFactory)
    user = factory.SubFactory(UserFactory)
    role = Membership.Role.MANAGER


class ConnectionFactory(DjangoModelFactory):
    """A venue connected to the sandbox's High Street location, its webhook registered."""

    class Meta:
        model = Connection

    venue = factory.SubFactory(VenueFactory)
    environment = "sandbox"
    status = Connection.Status.CONNECTED
    business_id = "29091"
    business_name = "The Copper Pot Group"
    business_location_id = factory.Sequence(lambda n: str(45454565682155 + n))
    location_name = "High Street"
    webhook_registered_at = factory.LazyFunction(lambda: datetime.now(UTC))

    settings = factory.RelatedFactory("tests.factories.LightspeedSettingsFactory", factory_related_name="connection")
    tokens = factory.RelatedFactory("tests.factories.TokenPairFactory", factory_related_name="connection")


class LightspeedSettingsFactory(DjangoModelFactory):
    class Meta:
        model = LightspeedSettings

    connection = factory.SubFactory(ConnectionFactory, settings=None)


class TokenPairFactory(DjangoModelFactory):
    class Meta:
        model = TokenPair

    connection = factory.SubFactory(ConnectionFactory, tokens=None)
    access_token = "access-1"
    refresh_token = "refresh-1"
    scope = "orders-api financial-api offline_access"
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(hours=1))


class MenuFactory(DjangoModelFactory):
    class Meta:
        model = Menu

    venue = factory.SubFactory(VenueFactory)
    pos_menu_id = "168"
    pos_menu_name = "Online menu"
    version = 1
    languages = ["en"]


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category

    venue = factory.SubFactory(VenueFactory)
    key = factory.Sequence(lambda n: f"screen-{n}")
    name = factory.Sequence(lambda n: f"Category {n}")


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product

    venue = factory.SubFactory(VenueFactory)
    sku = factory.Sequence(lambda n: f"SKU{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    price = Decimal("10.00")


class CategoryProductFactory(DjangoModelFactory):
    class Meta:
        model = CategoryProduct

    category = factory.SubFactory(CategoryFactory)
    product = factory.SubFactory(ProductFactory)


class ModifierGroupFactory(DjangoModelFactory):
    class Meta:
        model = ModifierGroup

    venue = factory.SubFactory(VenueFactory)
    key = factory.Sequence(lambda n: f"group-{n}")
    name = factory.Sequence(lambda n: f"Group {n}")
    kind = ModifierGroup.Kind.MODIFIER


class ModifierFactory(DjangoModelFactory):
    class Meta:
        model = Modifier

    group = factory.SubFactory(ModifierGroupFactory)
    key = factory.Sequence(lambda n: f"MOD{n}")
    sku = factory.LazyAttribute(lambda modifier: modifier.key)
    name = factory.Sequence(lambda n: f"Modifier {n}")
    price = Decimal("1.00")


class ProductModifierGroupFactory(DjangoModelFactory):
    class Meta:
        model = ProductModifierGroup

    product = factory.SubFactory(ProductFactory)
    group = factory.SubFactory(ModifierGroupFactory)
