"""A venue's menu as guests can order from it. Entries that are gone from the POS are archived, never deleted."""

import uuid
from typing import Any

from django.db import models

from integrations.models import SyncRun
from storekit.db.fields import money
from storekit.models import Venue


class Menu(models.Model):
    """A venue's menu: the POS menu that it shows, and a version that every change visible to guests raises."""

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="menu")
    pos_menu_id = models.CharField("POS menu id", max_length=64, blank=True)
    pos_menu_name = models.CharField("POS menu", max_length=200, blank=True)
    version = models.PositiveBigIntegerField(default=0)
    languages = models.JSONField(default=list, help_text="Language tags of the menu's texts, in the POS's order.")
    digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Digest of the POS's response that the menu matches, and of the settings; empty once it differs.",
    )
    answer = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Digest of the POS's response that was last synced, by a full or a light sync.",
    )
    warnings = models.JSONField(default=list, editable=False, help_text="Warnings of the last full sync.")
    reverted_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Digest of the response whose sync was undone."
    )

    def __str__(self) -> str:
        return f"Menu of {self.venue}, version {self.version}"


class SyncCheckpoint(models.Model):
    """What the POS adapter keeps of the last response, so that it need only read the changes in the next one."""

    menu = models.OneToOneField(Menu, models.CASCADE, related_name="checkpoint")
    digest = models.CharField(max_length=64, help_text="Digest of that response; stale if it is not the menu's.")
    settings_fingerprint = models.CharField(max_length=64, help_text="The settings of the sync that wrote it.")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"Sync checkpoint of {self.menu}"


class MenuEntry(models.Model):
    """The base of all menu entries. Ids are random: they reveal nothing and can be made before the row is written.

    `translations` is `{language: {"name": str, "description": str}}`, language tags in lower case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255, help_text="As at the POS.")
    translations = models.JSONField(default=dict, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class PricedEntry(MenuEntry):
    """What products and choices share: how the till prices them. `menus.pricing` says what a guest pays for one.

    `prices` is `{order type: exact price}` for the types whose order profile has another price. Only staff set
    `staff_price`; syncs leave it alone.
    """

    price = money(default=0, help_text="What the guest pays for one, tax included.")
    exact_price = models.DecimalField(
        max_digits=20, decimal_places=8, null=True, blank=True, help_text="Before rounding; empty if it is the price."
    )
    tax_rate = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="Per cent the till adds; empty: included."
    )
    tax_at_till = models.BooleanField(default=False, help_text="The till adds the tax, or decides on it by the order.")
    custom_name = models.BooleanField(default=False, help_text="An order may name it.")
    custom_price = models.CharField(
        max_length=10,
        blank=True,
        choices=[("added", "Added"), ("taken_off", "Taken off")],
        help_text="An order may set its price, which the till adds to the total or takes off it.",
    )
    prices = models.JSONField(default=dict, blank=True, help_text="By order type, where the price differs.")
    staff_price = money(
        verbose_name="price set by staff",
        null=True,
        blank=True,
        help_text="For an item with an open price, which cannot be ordered without one.",
    )

    class Meta:
        abstract = True


class Category(MenuEntry):
    """A menu screen at the POS, or with a parent a sub-screen."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="categories")
    key = models.CharField(max_length=255, editable=False, help_text="The POS's key of the screen.")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["venue", "key"], name="one_category_per_key")]


class Product(PricedEntry):
    """An item or a deal that guests can order, identified by its SKU. Its categories say where it appears."""

    class Kind(models.TextChoices):
        ITEM = "item", "Item"
        DEAL = "deal", "Deal"

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="products")
    sku = models.CharField("SKU", max_length=25)
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.ITEM)
    image_url = models.URLField("image at the POS", max_length=1000, blank=True, help_text="Never shown to guests.")
    image = models.CharField(max_length=200, blank=True, editable=False, help_text="Our file; empty if there is none.")
    image_source = models.URLField(
        max_length=1000, blank=True, editable=False, help_text="The address that `image` was fetched from."
    )
    image_by_staff = models.BooleanField(default=False, editable=False, help_text="A person set or removed `image`.")
    allergens = models.JSONField(default=list, blank=True)
    calories = models.PositiveIntegerField(null=True, blank=True)
    contains_alcohol = models.BooleanField(default=False)
    alcohol_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    stock = models.PositiveIntegerField(null=True, blank=True, help_text="How many are left; empty if not counted.")
    sold_out = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Empty if not snoozed; far in the future: until further notice.",
    )
    categories: "models.ManyToManyField[Category, CategoryProduct]" = models.ManyToManyField(
        Category, through="CategoryProduct", related_name="products"
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["venue", "sku"], name="one_product_per_sku")]
        indexes = [
            models.Index(
                fields=["venue"], condition=~models.Q(image_source=models.F("image_url")), name="product_image_due"
            ),
        ]


class CategoryProduct(models.Model):
    """The place of a product in a category. A product can be in several."""

    id: Any = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    category = models.ForeignKey(Category, models.CASCADE, related_name="placements")
    product = models.ForeignKey(Product, models.CASCADE, related_name="placements")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["category", "product"], name="one_placement_per_category")]

    def __str__(self) -> str:
        return f"{self.product} in {self.category}"


class ModifierGroup(MenuEntry):
    """A group of choices: production instructions, product modifiers, or the items of a deal."""

    class Kind(models.TextChoices):
        INSTRUCTION = "instruction", "Instruction (free)"
        MODIFIER = "modifier", "Modifier"
        DEAL = "deal", "Items of a deal"

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="modifier_groups")
    key = models.CharField(max_length=255, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    minimum = models.PositiveIntegerField(default=0)
    maximum = models.PositiveIntegerField(null=True, blank=True, help_text="Empty if there is no limit.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["venue", "key"], name="one_modifier_group_per_key")]


class Modifier(PricedEntry):
    """A choice in a group. An instruction has an `instruction_id` and no SKU; all others have a SKU and a price."""

    group = models.ForeignKey(ModifierGroup, models.CASCADE, related_name="modifiers")
    key = models.CharField(max_length=255, editable=False)
    sku = models.CharField("SKU", max_length=25, blank=True)
    instruction_id = models.CharField(max_length=64, blank=True)
    position = models.PositiveIntegerField(default=0)
    stock = models.PositiveIntegerField(null=True, blank=True, help_text="How many are left; empty if not counted.")
    sold_out = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Empty if not snoozed; far in the future: until further notice.",
    )

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["group", "key"], name="one_modifier_per_key")]
        indexes = [models.Index(fields=["sku"], name="modifier_sku")]


class ProductModifierGroup(models.Model):
    """A modifier group of a product, with its position."""

    id: Any = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="group_links")
    group = models.ForeignKey(ModifierGroup, models.CASCADE, related_name="product_links")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["product", "group"], name="one_group_link_per_product")]

    def __str__(self) -> str:
        return f"{self.group} of {self.product}"


class NestedModifierGroup(models.Model):
    """A modifier group that opens when a choice is taken, with its position."""

    id: Any = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    modifier = models.ForeignKey(Modifier, models.CASCADE, related_name="group_links")
    group = models.ForeignKey(ModifierGroup, models.CASCADE, related_name="modifier_links")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["modifier", "group"], name="one_group_link_per_modifier")]

    def __str__(self) -> str:
        return f"{self.group} of {self.modifier}"


class ImageFetch(models.Model):
    """The download of a product's image, until it has succeeded.

    During an attempt, `next_attempt_at` is when its lease ends. None means that we have given up on `source`.
    """

    product = models.OneToOneField(Product, models.CASCADE, related_name="image_fetch")
    source = models.URLField(max_length=1000, blank=True, help_text="The URL that the attempts were for.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Of the attempt that may record its outcome."
    )
    error = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"Image of {self.product}, attempt {self.attempts}"


class Allergen(models.Model):
    """The names of a POS allergen code: `translations` is `{language: name}`, tags in lower case."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="allergens")
    code = models.CharField(max_length=64)
    translations = models.JSONField(default=dict)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["venue", "code"], name="one_allergen_per_code")]

    def __str__(self) -> str:
        return self.code


class RestorePoint(models.Model):
    """A menu as it was before a change, to roll back to. `menus.sync.restore_points` writes and reads `content`."""

    menu = models.ForeignKey(Menu, models.CASCADE, related_name="restore_points")
    version = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey(SyncRun, models.SET_NULL, null=True, related_name="+", help_text="The sync after it.")
    products = models.PositiveIntegerField(help_text="How many products were on the menu.")
    content = models.BinaryField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.menu.venue}, version {self.version}"
