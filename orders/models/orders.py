"""Orders, their lines, and what staff did with them."""

import uuid

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from orders.models.discounts import DiscountCode
from storekit.db.fields import money
from storekit.models import Venue
from tables.models import Table

CLOSED_STATUSES = ("completed", "cancelled")


class OrderCounter(models.Model):
    """The last order number that a venue has used."""

    venue = models.OneToOneField(Venue, models.CASCADE, primary_key=True, related_name="order_counter")
    last_number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.venue}: {self.last_number}"


class OrderQuerySet(models.QuerySet["Order"]):
    """Common queries on orders."""

    def open(self) -> "OrderQuerySet":
        """Return the orders that are neither completed nor cancelled."""
        return self.exclude(status__in=CLOSED_STATUSES)


class Order(models.Model):
    """A guest's order, priced by us. Every amount is final: later changes of the menu do not affect it."""

    class Type(models.TextChoices):
        PICKUP = "pickup", "Pickup"
        DELIVERY = "delivery", "Delivery"
        DINE_IN = "dine_in", "Dine-in"

    class Status(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", "Awaiting payment"
        PLACED = "placed", "Placed"
        CONFIRMED = "confirmed", "Confirmed"
        READY = "ready", "Ready"
        OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    class PaymentStatus(models.TextChoices):
        PAID = "paid", "Paid"
        UNPAID = "unpaid", "Unpaid"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="orders")
    number = models.PositiveBigIntegerField()
    collection_code = models.CharField(max_length=8)
    type = models.CharField(max_length=10, choices=Type)
    status = models.CharField(max_length=20, choices=Status)
    scheduled_for = models.DateTimeField(null=True, blank=True)

    first_name = models.CharField(max_length=128)
    last_name = models.CharField(max_length=128, blank=True)
    email = models.EmailField(blank=True)
    phone = PhoneNumberField(blank=True)
    phone_as_typed = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="As the guest typed it, if it has an extension or could not be read. Passed on in the order's note.",
    )
    note = models.CharField(max_length=500, blank=True)

    address_line1 = models.CharField(max_length=200, blank=True)
    address_line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    address_notes = models.CharField(max_length=500, blank=True)

    table = models.ForeignKey(Table, models.SET_NULL, null=True, blank=True, related_name="orders")
    table_number = models.PositiveIntegerField(null=True, blank=True, help_text="The table's number at the time.")
    covers = models.PositiveSmallIntegerField(null=True, blank=True)
    open_account = models.CharField(
        max_length=64, blank=True, help_text="Number of the open check that the order is added to."
    )
    with_bill = models.BooleanField(
        "paid with the bill", default=False, help_text="Ordered by guests at their table, who pay their bill later."
    )

    discount_code = models.CharField(max_length=64, blank=True)
    discount_pos_id = models.CharField("discount's POS id", max_length=64, blank=True)
    discount_used = models.ForeignKey(DiscountCode, models.SET_NULL, null=True, blank=True, related_name="orders")

    items_total = money()
    discount = money(default=0)
    delivery_fee = money(default=0)
    service_charge = money(default=0)
    tip = money(default=0)
    total = money()

    payment_status = models.CharField(max_length=8, choices=PaymentStatus)
    payment_reference = models.CharField(max_length=128, blank=True)
    payment_amount = money(default=0)

    menu_version = models.PositiveBigIntegerField(help_text="Version of the menu that the prices came from.")
    placed_at = models.DateTimeField(auto_now_add=True)
    pay_by = models.DateTimeField(
        null=True, blank=True, help_text="When it expires unless it is paid. Empty: it is paid, or needs no payment."
    )
    held_stock = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="How many of each SKU it keeps for itself until it is sent; see `menus.stock.reservations`.",
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "number"], name="one_order_per_number"),
            models.UniqueConstraint(
                fields=["venue", "collection_code"],
                condition=~models.Q(status__in=CLOSED_STATUSES),
                name="one_open_order_per_collection_code",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-placed_at"], name="orders_of_venue"),
            models.Index(fields=["pay_by"], condition=models.Q(status="awaiting_payment"), name="order_expires"),
        ]

    def __str__(self) -> str:
        return f"Order {self.number}"

    @property
    def is_on_the_bill(self) -> bool:
        """Whether the order is paid with the check that it is added to or opens, and needs no payment of its own."""
        return (self.with_bill or bool(self.open_account)) and self.payment_status == self.PaymentStatus.UNPAID


class OrderLine(models.Model):
    """A product of the order or, with a `parent`, a choice made for that line, to any depth.

    The `quantity` of a choice is per unit of its parent; `unit_price` is the price of one unit.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", "Product"
        INSTRUCTION = "instruction", "Instruction"
        MODIFIER = "modifier", "Modifier"
        DEAL = "deal", "Item of a deal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="choices")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    menu_id = models.UUIDField(help_text="Id of the product or modifier in the menu.")
    sku = models.CharField("SKU", max_length=25, blank=True)
    instruction_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()
    unit_price = money()
    exact_price = models.DecimalField(
        max_digits=20,
        decimal_places=8,
        null=True,
        blank=True,
        help_text="The price of one before rounding; empty if it is the price. The till rounds each line.",
    )
    custom_price = money(null=True, blank=True, help_text="The price that the order sends; empty if the POS has one.")
    note = models.CharField(max_length=200, blank=True)
    course = models.PositiveSmallIntegerField(null=True, blank=True, help_text="When a dine-in item is served.")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class StaffAction(models.Model):
    """An action on an order, of staff or of storekit itself, kept for the audit. Written once, never changed."""

    class Action(models.TextChoices):
        SENT_AGAIN = "sent_again", "Sent again"
        ENTERED_BY_HAND = "entered_by_hand", "Marked as entered by hand"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired"

    order = models.ForeignKey(Order, models.CASCADE, related_name="staff_actions")
    action = models.CharField(max_length=20, choices=Action)
    by = models.CharField(max_length=200, help_text="The person's name at the time.")
    note = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} by {self.by}"
