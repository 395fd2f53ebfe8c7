"""The guest's notes: on the order, as names of lines, and for the rest as messages on the till. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from menus.custom_fields import CustomFields
from orders.checkout.pricing import PricedLine
from orders.models import Order

LONGEST_NOTE = 2000
LONGEST_NAME = 100
_LONGEST_MESSAGE = 1000
_MORE = "More notes are printed separately."


@dataclass(frozen=True)
class Notes:
    """All that the kitchen has to read. Each message is printed on the till, once."""

    order_note: str
    messages: tuple[str, ...]


def custom_name(line: PricedLine, custom: Mapping[str, CustomFields]) -> str:
    """Return the line's name with its note, if the order may name the item and the name is not too long; else empty."""
    fields = custom.get(line.sku)
    if not line.note or fields is None or not fields.name:
        return ""
    name = f"{line.name}: {' '.join(line.note.split())}"
    return name if len(name) <= LONGEST_NAME else ""


def notes_of(*, order: Order, lines: Sequence[PricedLine], custom: Mapping[str, CustomFields]) -> Notes:
    """Return the notes of an order, for which the POS has one field, with the notes of its lines.

    What does not fit on a printed slip is printed as messages, whole.
    """
    noted = [line for line in lines if line.note and not custom_name(line, custom)]
    when = order.scheduled_for.astimezone(order.venue.zone) if order.scheduled_for else None
    parts = [
        f"{order.get_type_display()} at {when:%a %d %b %H:%M}" if when else "",
        order.note,
        f"Delivery: {order.address_notes}" if order.address_notes else "",
        f"Phone: {order.phone_as_typed}" if order.phone_as_typed else "",
        *(f"{line.quantity}× {line.name}: {line.note}" for line in noted),
    ]
    notes = [part for part in parts if part]
    if len("\n".join(notes)) <= LONGEST_NOTE:
        return Notes("\n".join(notes), ())
    fitting: list[str] = []
    while notes and len("\n".join([*fitting, notes[0], _MORE])) <= LONGEST_NOTE:
        fitting.append(notes.pop(0))
    return Notes("\n".join([*fitting, _MORE]), tuple(_messages(order, notes)))


def _messages(order: Order, notes: Sequence[str]) -> Iterator[str]:
    """Yield messages that hold the notes. A note is at most 500 characters, so one always fits."""
    head = f"NOTES ON ORDER {order.number}, {order.collection_code}"
    message = head
    for note in notes:
        if len(message) + len(note) + 1 > _LONGEST_MESSAGE:
            yield message
            message = head
        message += f"\n{note}"
    yield message
