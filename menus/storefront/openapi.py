"""The shape of the storefront's menu, for the OpenAPI schema only: `document` builds the JSON itself."""

from typing import Any

from rest_framework import serializers

from menus.models import ModifierGroup, Product


def _money(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=12, decimal_places=2, **options)


class MenuVenueSchema(serializers.Serializer):
    """Whose menu it is."""

    slug = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField(help_text="ISO 4217, for every amount.")
    timezone = serializers.CharField(help_text="IANA name.")


class CategorySchema(serializers.Serializer):
    """A screen, or with a parent a sub-screen."""

    id = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # Field keeps its own parent there
    image = serializers.URLField(allow_null=True)
    products = serializers.ListField(child=serializers.CharField(), help_text="Product ids, in order.")


class AllergenSchema(serializers.Serializer):
    """What somebody may not want to eat."""

    code = serializers.CharField(help_text="The POS's code.")
    name = serializers.CharField(help_text="In the menu's language where the POS has it; else the code.")


class ProductSchema(serializers.Serializer):
    """Something a guest can order by itself."""

    id = serializers.CharField()
    sku = serializers.CharField()
    kind = serializers.ChoiceField(choices=Product.Kind.choices)
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    price = _money(help_text="What the guest pays, tax included.")
    image = serializers.URLField(allow_null=True, help_text="WebP, 1200 pixels at most; null until it is here.")
    allergens = AllergenSchema(many=True)
    calories = serializers.IntegerField(allow_null=True)
    contains_alcohol = serializers.BooleanField()
    available = serializers.BooleanField()
    stock = serializers.IntegerField(allow_null=True, help_text="How many are left; null: not counted.")
    modifier_groups = serializers.ListField(child=serializers.CharField(), help_text="Group ids, in order.")


class ModifierSchema(serializers.Serializer):
    """One choice in a group."""

    id = serializers.CharField()
    sku = serializers.CharField(allow_null=True, help_text="Null for instructions.")
    name = serializers.CharField()
    price = _money(help_text="What choosing it adds.")
    available = serializers.BooleanField()
    modifier_groups = serializers.ListField(child=serializers.CharField(), help_text="Groups that open when chosen.")


class ModifierGroupSchema(serializers.Serializer):
    """A question with its choices."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ModifierGroup.Kind.choices)
    min = serializers.IntegerField()
    max = serializers.IntegerField(allow_null=True, help_text="Null: no limit.")
    modifiers = ModifierSchema(many=True)


class OrderingSchema(serializers.Serializer):
    """Whether the till takes orders at this moment. One that is placed all the same waits for it."""

    ready = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="A sentence for people; null when it is ready.")


class MenuSchema(serializers.Serializer):
    """One venue's whole menu in one language; its parts refer to each other by id."""

    venue = MenuVenueSchema()
    version = serializers.IntegerField(help_text="Goes up whenever anything in the menu changes.")
    language = serializers.CharField(help_text="The language that was chosen.")
    languages = serializers.ListField(child=serializers.CharField(), help_text="All that can be asked for.")
    ordering = OrderingSchema()
    categories = CategorySchema(many=True)
    products = ProductSchema(many=True)
    modifier_groups = ModifierGroupSchema(many=True)


class UnavailableSchema(serializers.Serializer):
    """A product or a choice that cannot be ordered now; of its two ids the one is null."""

    sku = serializers.CharField(allow_null=True, help_text="Null for instructions.")
    product = serializers.CharField(allow_null=True, help_text="The product's id in the menu.")
    modifier = serializers.CharField(allow_null=True, help_text="The choice's id in the menu.")
    until = serializers.DateTimeField(allow_null=True, help_text="When it can be ordered again; null: nobody knows.")
    reason = serializers.ChoiceField(
        choices=["sold_out", "snoozed", "choices_sold_out"],
        help_text="Sold out on the till; snoozed by staff or after a refused order; a required group has too few left.",
    )


class AvailabilitySchema(serializers.Serializer):
    """What cannot be ordered now, and how many are left of what is counted. All else on the menu is available."""

    version = serializers.IntegerField(help_text="The menu's version that it belongs to.")
    unavailable = UnavailableSchema(many=True)
    stock = serializers.DictField(child=serializers.IntegerField(), help_text="How many are left, by SKU.")
