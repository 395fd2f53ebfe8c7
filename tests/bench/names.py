"""The names of the benchmarks, in the order in which they run."""

BENCHMARKS = (
    "placing",
    "order_to_till",
    "order_faults",
    "bad_night",
    "menu_reads",
    "menu_sync",
    "pay_at_table",
    "stock",
    "tills",
    "payment_faults",
)

FROM_OUTSIDE = ("tills",)
"""Those that only use what every commit offers, so that they measure an older one that lacks them."""
