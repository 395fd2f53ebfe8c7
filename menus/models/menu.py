"""One venue's menu as guests can order from it. What vanishes from the POS is archived, never deleted."""

import uuid
from typing import Any

from django.db import models

from integrations.models import SyncRun
from storekit.models import Venue


class Menu(models.Model):
    """Which POS menu the venue shows, and the version that goes up whenever something that a guest sees changes."""

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="menu")
    pos_menu_id = models.CharField("POS menu id", max_length=64, blank=True)
    pos_menu_name = models.CharField("POS menu", max_length=200, blank=True)
    version = models.PositiveBigIntegerField(default=0)
    languages = models.JSONField(default=list, help_text="Language tags of the menu's texts, in the POS's order.")
    digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Of the POS's answer that this is, and of how it was read; empty once something else changed it.",
    )
    answer = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="The digest of the POS's answer that was last taken over, whole or its prices alone.",
    )
    warnings = models.JSONField(default=list, editable=False, help_text="What the last whole sync had to say.")
    reverted_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text="The digest of the answer whose sync a person undid."
    )

    def __str__(self) -> str:
        return f"Menu of {self.venue}, version {self.version}"


class SyncCheckpoint(models.Model):
    """What the POS's port remembers of the answer that the menu is, so that the next one need not be read whole."""

    menu = models.OneToOneField(Menu, models.CASCADE, related_name="checkpoint")
    digest = models.CharField(max_length=64, help_text="Of that answer; the menu has another one once it is stale.")
    settings_fingerprint = models.CharField(max_length=64, help_text="The settings that it was written with.")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"Sync checkpoint of {self.menu}"


class MenuEntry(models.Model):
    """What all parts of a menu share. Ids are random, so they tell nothing and can be made before the row is written.

    `translations` is `{language: {"name": str, "description": str}}`, language tags in lower case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255, help_text="As on the till.")
    translations = models.JSONField(default=dict, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Category(MenuEntry):
    """A screen of the till, or a sub-screen with its parent."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="categories")
    key = models.CharField(max_length=255, editable=False, help_text="The POS's identity of the screen.")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["venue", "key"], name="one_category_per_key")]


class Product(MenuEntry):
    """Something a guest can order by itself: an item or a deal. Its SKU is its identity, its place its categories'."""

    class Kind(models.TextChoices):
        ITEM = "item", "Item"
        DEAL = "deal", "Deal"

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="products")
    sku = models.CharField("SKU", max_length=25)
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.ITEM)
    price = models.DecimalField(max_digits=12, decimal_places=2, help_text="What the guest pays, tax included.")
    image_url = models.URLField("image at the POS", max_length=1000, blank=True, help_text="Never shown to guests.")
    image = models.CharField(max_length=200, blank=True, editable=False, help_text="Our file; empty: none.")
    image_source = models.URLField(
        max_length=1000, blank=True, editable=False, help_text="The address that `image` was fetched from."
    )
    image_by_staff = models.BooleanField(default=False, editable=False, help_text="A person set or removed `image`.")
    allergens = models.JSONField(default=list, blank=True)
    calories = models.PositiveIntegerField(null=True, blank=True)
    contains_alcohol = models.BooleanField(default=False)
    alcohol_percentage = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    stock = models.PositiveIntegerField(null=True, blank=True, help_text="How many are left; empty: not counted.")
    sold_out = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Empty: awake. Far in the future: until further notice."
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
    """Where a product stands; one product can stand on several screens."""

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
    """A question with its choices: production instructions, product modifiers, or the items of a deal."""

    class Kind(models.TextChoices):
        INSTRUCTION = "instruction", "Instruction (free)"
        MODIFIER = "modifier", "Modifier"
        DEAL = "deal", "Items of a deal"

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="modifier_groups")
    key = models.CharField(max_length=255, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    minimum = models.PositiveIntegerField(default=0)
    maximum = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: no limit.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["venue", "key"], name="one_modifier_group_per_key")]


class Modifier(MenuEntry):
    """One choice. An instruction has an `instruction_id` and no SKU; the others have a SKU and a price."""

    group = models.ForeignKey(ModifierGroup, models.CASCADE, related_name="modifiers")
    key = models.CharField(max_length=255, editable=False)
    sku = models.CharField("SKU", max_length=25, blank=True)
    instruction_id = models.CharField(max_length=64, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    position = models.PositiveIntegerField(default=0)
    stock = models.PositiveIntegerField(null=True, blank=True, help_text="How many are left; empty: not counted.")
    sold_out = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Empty: awake. Far in the future: until further notice."
    )

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["group", "key"], name="one_modifier_per_key")]
        indexes = [models.Index(fields=["sku"], name="modifier_sku")]


class ProductModifierGroup(models.Model):
    """Which questions a product asks, in order."""

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
    """Which questions open when a choice is taken, in order."""

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
    """One product's way to our own copy of its image, for as long as it is under way or in trouble.

    While it is being fetched, `next_attempt_at` is when the lease ends; None means that we have given up on `source`.
    """

    product = models.OneToOneField(Product, models.CASCADE, related_name="image_fetch")
    source = models.URLField(max_length=1000, blank=True, help_text="The address that the attempts were for.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False, help_text="Whose attempt may record its outcome.")
    error = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"Image of {self.product}, attempt {self.attempts}"


class Allergen(models.Model):
    """What the POS calls one of its allergen codes: `translations` is `{language: name}`, tags in lower case."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="allergens")
    code = models.CharField(max_length=64)
    translations = models.JSONField(default=dict)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["venue", "code"], name="one_allergen_per_code")]

    def __str__(self) -> str:
        return self.code


class MenuState(models.Model):
    """A menu as it was before a change, to go back to. `content` is what `menus.sync.restore_points` packs."""

    menu = models.ForeignKey(Menu, models.CASCADE, related_name="states")
    version = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey(SyncRun, models.SET_NULL, null=True, related_name="+", help_text="Before which sync.")
    products = models.PositiveIntegerField(help_text="How many could be ordered.")
    content = models.BinaryField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.menu.venue}, version {self.version}"
