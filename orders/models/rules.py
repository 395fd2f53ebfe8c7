"""A venue's rules on what guests can order, and when."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from storekit.models import Venue

DEFAULT_MINUTES_TO_PAY = 60
"""Long enough for any online payment to finish, and short enough for the items that are kept until then."""


class OrderingRules(models.Model):
    """The types of order that a venue accepts, and how far ahead. A venue without a row accepts everything."""

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="ordering_rules")
    pickup = models.BooleanField(default=True)
    delivery = models.BooleanField(default=True)
    dine_in = models.BooleanField("dine-in", default=True)
    notice_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="Scheduled orders must be placed at least this long before their time."
    )
    furthest_ahead_days = models.PositiveSmallIntegerField(
        default=365, validators=[MaxValueValidator(365)], help_text="How many days ahead guests can order."
    )

    minutes_to_pay = models.PositiveSmallIntegerField(
        default=DEFAULT_MINUTES_TO_PAY,
        db_default=DEFAULT_MINUTES_TO_PAY,
        validators=[MinValueValidator(5), MaxValueValidator(7 * 24 * 60)],
        help_text="An order that is placed unpaid expires after this time. Its items and its discount code are free "
        "again then.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "ordering rules"

    def __str__(self) -> str:
        return f"Ordering rules of {self.venue}"


class OrderingHours(models.Model):
    """A period on one weekday for which guests can order, in the venue's time zone. Without any, all times are open.

    If `closes` is at or before `opens`, it is on the next day: 18:00 to 02:00.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    rules = models.ForeignKey(OrderingRules, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField(help_text="A time at or before the opening time is on the next day.")

    class Meta:
        verbose_name_plural = "ordering hours"
        ordering = ["weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()}, {self.opens:%H:%M} to {self.closes:%H:%M}"
