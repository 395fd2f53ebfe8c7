"""A till's checks, as Lightspeed's API answers them."""

import json
import re
from typing import Any

import responses
from django.conf import settings
from requests import PreparedRequest

Json = dict[str, Any]

LIST = f"{settings.LIGHTSPEED_API_URL}/o/op/1/order/table/getCheck"
_ONE = f"{settings.LIGHTSPEED_API_URL}/o/op/1/order/accounts/"
EVERY_ONE = re.compile(re.escape(_ONE))
_TABLE = f"{settings.LIGHTSPEED_API_URL}/o/op/1/order/table/"
EVERY_TABLE = re.compile(re.escape(_TABLE) + r"\d+/getCheck")


def line(name: str, total: str, quantity: str = "1", **more: Any) -> Json:
    row = {"uuid": f"line-{name}", "itemName": name, "itemSku": name.upper(), "quantity": quantity, "active": True}
    return {**row, "unitAmount": total, "amountWithTax": total, "amountLessTax": total, "discountedAmount": "0", **more}


def check(account: str = "A1.1", *lines: Json, table: int | None = 7, **more: Any) -> Json:
    total = sum(float(row["amountWithTax"]) for row in lines if row["active"])
    snapshot = {"ikaccountId": account, "uuid": f"uuid-{account.partition('.')[0]}", "name": "", "tableNumber": table}
    amounts = {"currentAmount": f"{total:.2f}", "paidAmount": "0.00", "serviceCharge": "0.00"}
    lists = {"salesEntries": list(lines), "paymentEntries": []}
    return {**snapshot, "clientCount": 2, "openDate": "2026-05-01T18:00:00.000+0000", **amounts, **lists, **more}


def till_has(*listed: Json, unlisted: tuple[Json, ...] = ()) -> None:
    """Answer with this list of open checks from now on; `unlisted` are found by their identifier and table only."""
    found = [*listed, *unlisted]

    def answer(snapshot: Json | None) -> tuple[int, dict[str, str], str]:
        return (200, {}, json.dumps(snapshot)) if snapshot else (404, {}, '{"message": "account not found"}')

    def one(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        identifier = str(request.url).removeprefix(_ONE).partition("?")[0]
        return answer(next((each for each in found if each["ikaccountId"] == identifier), None))

    def at_table(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        number = str(request.url).removeprefix(_TABLE).partition("/")[0]
        return answer(next((each for each in found if str(each["tableNumber"]) == number), None))

    for url in (LIST, EVERY_ONE, EVERY_TABLE):
        responses.remove(responses.GET, url)
    responses.get(LIST, json=list(listed))
    responses.add_callback(responses.GET, EVERY_ONE, callback=one, content_type="application/json")
    responses.add_callback(responses.GET, EVERY_TABLE, callback=at_table, content_type="application/json")


def till_is_silent() -> None:
    """Answer nothing useful from now on."""
    responses.upsert(responses.GET, LIST, json={"message": "down"}, status=503)


def lists_asked() -> int:
    return sum(url.startswith(f"{LIST}?") for url in _asked())


def asked_by_identifier() -> list[str]:
    return [url.removeprefix(_ONE).partition("?")[0] for url in _asked() if url.startswith(_ONE)]


def tables_asked() -> list[str]:
    urls = (url.partition("?")[0] for url in _asked() if url.startswith(_TABLE))
    return [url.removeprefix(_TABLE).partition("/")[0] for url in urls if not url.startswith(LIST)]


def calls_made() -> int:
    return len(_asked())


def _asked() -> list[str]:
    return [str(call.request.url) for call in responses.calls]
