"""What a venue allows guests to order, and when."""

from django.core.validators import MaxValueValidator
from django.db import models

from storekit.models import Venue


class OrderingRules(models.Model):
    """Which kinds of orders a venue takes and how far ahead. A venue without a row allows everything here."""

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="ordering_rules")
    pickup = models.BooleanField(default=True)
    delivery = models.BooleanField(default=True)
    dine_in = models.BooleanField("dine-in", default=True)
    notice_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="How long before its time an order for later has to be placed."
    )
    furthest_ahead_days = models.PositiveSmallIntegerField(
        default=365, validators=[MaxValueValidator(365)], help_text="How many days ahead can be ordered for."
    )

    class Meta:
        verbose_name = verbose_name_plural = "ordering rules"

    def __str__(self) -> str:
        return f"Ordering rules of {self.venue}"


class OrderingHours(models.Model):
    """A span of one weekday in which orders may be wanted, in the venue's time. Without any, all times may.

    `closes` at or before `opens` is on the day after: 18:00 to 02:00.
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
    closes = models.TimeField(help_text="At or before the opening time: on the next day.")

    class Meta:
        verbose_name_plural = "ordering hours"
        ordering = ["weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()}, {self.opens:%H:%M} to {self.closes:%H:%M}"
