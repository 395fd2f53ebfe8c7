"""Request body schemas, with validation errors in Spring's wording."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from integrations.sandbox.api.errors import FieldError, Refusal

Json = dict[str, Any]


def _is_amount(_checker: object, value: object) -> bool:
    """Accept a decimal of 0 or more as a JSON number or numeric string, as the API does."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return False
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return False
    return amount.is_finite() and 0 <= amount < 10**9


def _is_whole(_checker: object, value: object) -> bool:
    """Accept JSON integers only: the real API binds neither ``1.0`` nor ``"1"`` to an int."""
    return isinstance(value, int) and not isinstance(value, bool)


Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("amount", _is_amount).redefine("integer", _is_whole),
)

TEXT: Json = {"type": "string"}
AMOUNT: Json = {"type": "amount"}
FLAG: Json = {"type": "boolean"}
QUANTITY: Json = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
INT64: Json = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
SKU: Json = {"type": "string", "minLength": 1, "maxLength": 25}
LIFETIME: Json = {"type": "integer", "minimum": 60_000}


def text(least: int, most: int) -> Json:
    """Return the schema of a string with length limits."""
    return {"type": "string", "minLength": least, "maxLength": most}


def record(required: Iterable[str] = (), **properties: Json) -> Json:
    """Return the schema of an object. Unknown fields are ignored, as by the real API."""
    return {"type": "object", "required": list(required), "properties": properties}


def rows(items: Json, **limits: int) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **limits}


SUB_ITEM = record(
    ["quantity", "sku"],
    quantity=QUANTITY,
    sku=SKU,
    customItemName=TEXT,
    customItemPrice=AMOUNT,
    modifiers=rows(record(["modifierId"], modifierId=TEXT)),
    subItems=rows({"$ref": "#/$defs/subItem"}),
)
ITEM = record(
    ["quantity", "sku"],
    **SUB_ITEM["properties"],
    discountCode=TEXT,
    discountAmountOverride=AMOUNT,
    discountPercentOverride=AMOUNT,
)
CUSTOMER = record(
    ["firstName"],
    firstName=text(1, 128),
    lastName=TEXT,
    email={"type": "string", "pattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$"},
    contactNumberAsE164={"type": "string", "pattern": r"^\+[1-9][0-9]{1,14}$"},
    notes=TEXT,
    thirdPartyReference=text(1, 255),
    emailNotification=TEXT,
)
ORDER_REQUIRED = ["businessLocationId", "thirdPartyReference", "endpointId", "customerInfo"]
ORDER: Json = {
    "businessLocationId": INT64,
    "thirdPartyReference": text(1, 48),
    "endpointId": TEXT,
    "customerInfo": CUSTOMER,
    "orderNote": TEXT,
    "maxTimeToAttemptOrderDeliverToPos": LIFETIME,
    "staffId": INT64,
    "accountProfileCode": TEXT,
    "scheduledTimeForOrderAsIso8601": TEXT,
    "orderCollectionTimeAsIso8601": TEXT,
    "collectionCode": text(0, 8),
    "payment": record(["paymentAmount"], paymentMethod=TEXT, paymentAmount=AMOUNT, tipAmount=AMOUNT),
}


def _order(item: Json, **more: Json) -> Json:
    return record(ORDER_REQUIRED, **ORDER, items=rows(item), **more) | {"$defs": {"subItem": SUB_ITEM}}


SHAPES: dict[str, Json] = {
    "apeToGoOrder": _order(ITEM, deliveryAddress=record(addressLine1=TEXT, addressLine2=TEXT, zip=TEXT, city=TEXT)),
    "apeLocalOrder": _order(
        record(ITEM["required"], **ITEM["properties"], course={"type": "integer", "minimum": 0}),
        tableNumber={"type": ["string", "integer"]},
        clientCount=QUANTITY,
        accountIdentifier=TEXT,
    ),
    "apePayment": record(
        ["businessLocationId", "endpointId", "paymentAmount", "thirdPartyPaymentReference"],
        businessLocationId=INT64,
        endpointId=TEXT,
        paymentAmount=AMOUNT,
        tipAmount=AMOUNT,
        thirdPartyPaymentReference=text(1, 50),
        iKaccountIdentifier=TEXT,
        paymentMethod=TEXT,
        taskTtlInMs=LIFETIME,
        staffId=INT64,
    ),
    "webhookEndpoint": record(
        ["endpointId", "url"],
        endpointId=text(1, 255),
        url=text(1, 2048),
        withBasicAuth=FLAG,
        username=TEXT,
        password=TEXT,
        provideAccount=FLAG,
        expandTransactions=FLAG,
        expandPayments=FLAG,
        subscribeTo=rows(record(["resource", "name"], resource=TEXT, name=TEXT)),
    ),
    "taxBreakdown": record(
        accountProfileCode=TEXT,
        items=rows(record(["sku"], sku=SKU, quantity=AMOUNT, subItems=rows(record(["sku"], sku=SKU, quantity=AMOUNT)))),
    ),
    "itemAvailabilityRequest": record(["skus"], skus=rows(SKU, minItems=1, maxItems=50)),
    "printMessage": record(["message"], message=text(1, 1000), alsoToPrinter=FLAG),
}
VALIDATORS = {name: Validator(shape) for name, shape in SHAPES.items()}

_CODES = {
    "type": "typeMismatch",
    "required": "NotNull",
    "minLength": "Size",
    "maxLength": "Size",
    "minItems": "Size",
    "maxItems": "Size",
    "minimum": "Min",
    "maximum": "Max",
    "pattern": "Pattern",
}


def validated(name: str, body: Any) -> Json:
    """Return the body without nulls. Raises Refusal (400) naming every invalid field."""
    bare = _without_nulls(body)
    errors = [_field_error(error) for error in VALIDATORS[name].iter_errors(bare)]
    if errors:
        summary = "; ".join(f"{error.field}: {error.message}" for error in errors)
        raise Refusal(400, f"Validation failed for object='{name}': {summary}", errors, object_name=name)
    return dict(bare)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _field_error(error: ValidationError) -> FieldError:
    kind = str(error.validator)
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    if kind == "required":
        missing = error.message.split("'")[1]
        return FieldError(f"{path}.{missing}".lstrip("."), "must not be null", "NotNull")
    return FieldError(path or "body", _words(kind, error), _CODES.get(kind, "Invalid"), error.instance)


def _words(kind: str, error: ValidationError) -> str:
    limit = error.validator_value
    match kind:
        case "type":
            return "must be a decimal of 0 or more" if limit == "amount" else f"must be of type {limit}"
        case "minLength" | "minItems":
            return f"size must be at least {limit}"
        case "maxLength" | "maxItems":
            return f"size must be at most {limit}"
        case "minimum":
            return f"must be greater than or equal to {limit}"
        case "maximum":
            return f"must be less than or equal to {limit}"
        case _:
            return f"does not match {limit}"
