"""The shape of the menu and the availability, for the OpenAPI schema only. `document` and `availability` build them."""

from rest_framework import serializers

from menus.models import ModifierGroup, Product
from storekit.rest.money import Money


class MenuVenueSchema(serializers.Serializer):
    """The venue."""

    slug = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField(help_text="ISO 4217 code, for every amount.")
    timezone = serializers.CharField(help_text="IANA time zone name.")


class CategorySchema(serializers.Serializer):
    """A category of the menu, or with a parent a sub-category."""

    id = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # Field keeps its own parent there
    image = serializers.URLField(allow_null=True)
    products = serializers.ListField(child=serializers.CharField(), help_text="Product ids, in order.")


class AllergenSchema(serializers.Serializer):
    """An allergen."""

    code = serializers.CharField(help_text="The POS's code.")
    name = serializers.CharField(help_text="In the menu's language if the POS has it, else the code.")


class ProductSchema(serializers.Serializer):
    """An item or a deal that guests can order."""

    id = serializers.CharField()
    sku = serializers.CharField()
    kind = serializers.ChoiceField(choices=Product.Kind.choices)
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    price = Money(help_text="What the guest pays, tax included.")
    image = serializers.URLField(allow_null=True, help_text="WebP, at most 1200 pixels; null until available.")
    allergens = AllergenSchema(many=True)
    calories = serializers.IntegerField(allow_null=True)
    contains_alcohol = serializers.BooleanField()
    available = serializers.BooleanField()
    stock = serializers.IntegerField(allow_null=True, help_text="How many are left; null if not counted.")
    modifier_groups = serializers.ListField(child=serializers.CharField(), help_text="Group ids, in order.")


class ModifierSchema(serializers.Serializer):
    """One choice in a group."""

    id = serializers.CharField()
    sku = serializers.CharField(allow_null=True, help_text="Null for instructions.")
    name = serializers.CharField()
    price = Money(help_text="What choosing it adds to the price.")
    available = serializers.BooleanField()
    modifier_groups = serializers.ListField(child=serializers.CharField(), help_text="Ids of the groups it opens.")


class ModifierGroupSchema(serializers.Serializer):
    """A group of choices."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ModifierGroup.Kind.choices)
    min = serializers.IntegerField()
    max = serializers.IntegerField(allow_null=True, help_text="Null if there is no limit.")
    modifiers = ModifierSchema(many=True)


class OrderingSchema(serializers.Serializer):
    """Whether orders reach the till now: connected, sent by a worker, taken by the POS. If not, placed orders wait."""

    ready = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="Why not, as a sentence for people; null when ready.")


class MenuSchema(serializers.Serializer):
    """A venue's whole menu in one language. Its parts refer to each other by id."""

    venue = MenuVenueSchema()
    version = serializers.IntegerField(help_text="Goes up whenever anything in the menu changes.")
    language = serializers.CharField(help_text="The language that was chosen.")
    languages = serializers.ListField(child=serializers.CharField(), help_text="All available languages.")
    ordering = OrderingSchema()
    categories = CategorySchema(many=True)
    products = ProductSchema(many=True)
    modifier_groups = ModifierGroupSchema(many=True)


class UnavailableSchema(serializers.Serializer):
    """A product or a choice that cannot be ordered now. One of its two ids is null."""

    sku = serializers.CharField(allow_null=True, help_text="Null for instructions.")
    product = serializers.CharField(allow_null=True, help_text="The product's id in the menu.")
    modifier = serializers.CharField(allow_null=True, help_text="The modifier's id in the menu.")
    until = serializers.DateTimeField(allow_null=True, help_text="When it can be ordered again; null if unknown.")
    reason = serializers.ChoiceField(
        choices=["sold_out", "snoozed", "choices_sold_out"],
        help_text="sold_out: in the POS; snoozed: by staff, or after the POS refused an order; choices_sold_out: a "
        "required group has too few modifiers left.",
    )


class AvailabilitySchema(serializers.Serializer):
    """What cannot be ordered now, and how many are left of counted items. Everything else on the menu is available."""

    version = serializers.IntegerField(help_text="The version of the menu that it describes.")
    unavailable = UnavailableSchema(many=True)
    stock = serializers.DictField(child=serializers.IntegerField(), help_text="How many are left, by SKU.")
