"""The tax preview: what the till would charge for an order, tax included.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/). One level of sub-items, no
custom prices, no discounts. A rate of ``"1.20"`` is 20 %. `…InCents` are in the currency's smallest unit.
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from integrations.sandbox.amounts import Currency
from integrations.sandbox.api.errors import Refusal, TillRefusal, bad_request
from integrations.sandbox.api.schemas import validated
from integrations.sandbox.api.web import own_location, read_json
from integrations.sandbox.records import Line
from integrations.sandbox.till import profiles
from integrations.sandbox.till.pricing import Pricer

Json = dict[str, Any]


def tax_breakdown(request: HttpRequest, bl: int) -> Json:
    """Return the amounts and taxes of a proposed order, in all and by line and tax. Nothing is ordered."""
    location = own_location(bl)
    body = validated("taxBreakdown", read_json(request))
    profile = body.get("accountProfileCode")
    if profile is not None and not profiles.is_active(profile):
        raise bad_request("accountProfileCode", f"Unknown profile {profile}", code="NotFound", rejected=profile)
    try:
        return breakdown_of(Pricer.at(location, profile), body.get("items", []))
    except TillRefusal as refusal:
        raise Refusal(400, str(refusal)) from refusal


def breakdown_of(pricer: Pricer, items: list[Json]) -> Json:
    """Return the amounts and taxes of these items. Raises as `Pricer.lines` does."""
    tops = pricer.lines([_with_quantities(item) for item in items])
    return _breakdown([line for top in tops for line in top.tree()], pricer.currency)


def _with_quantities(item: Json) -> Json:
    """Return an item as the pricer takes it: a left-out quantity is 1."""
    subs = [{"sku": sub["sku"], "quantity": _quantity(sub)} for sub in item.get("subItems", [])]
    return {"sku": item["sku"], "quantity": _quantity(item), "subItems": subs}


def _quantity(item: Json) -> Decimal:
    return Decimal(str(item.get("quantity", 1)))


def _breakdown(lines: list[Line], currency: Currency) -> Json:
    net = sum((line.net for line in lines), Decimal(0))
    gross = sum((line.amount for line in lines), Decimal(0))
    return {
        "transactions": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "unitPrice": line.unit if line.net_unit is None else line.net_unit,
                "netAmount": line.net,
                "grossAmount": line.amount,
                "taxAmount": line.amount - line.net,
            }
            for line in lines
        ],
        "taxLines": _tax_lines(lines),
        "totalNetAmountInCents": currency.in_minor_units(net),
        "totalGrossAmountInCents": currency.in_minor_units(gross),
        "totalTaxAmountInCents": currency.in_minor_units(gross - net),
        "amountDue": currency.rounded(gross),
    }


def _tax_lines(lines: list[Line]) -> list[Json]:
    by_tax: defaultdict[tuple[Decimal, bool], list[Line]] = defaultdict(list)
    for line in lines:
        by_tax[line.tax_rate, line.tax_included].append(line)
    found = []
    for (rate, included), taxed in sorted(by_tax.items()):
        net = sum((line.net for line in taxed), Decimal(0))
        gross = sum((line.amount for line in taxed), Decimal(0))
        found.append(
            {
                "description": f"VAT {rate.normalize():f}%",
                "taxRate": _factor(rate),
                "taxCode": f"VAT{rate.normalize():f}",
                "taxName": "VAT",
                "netAmount": net,
                "grossAmount": gross,
                "taxAmount": gross - net,
                "taxIncluded": included,
            }
        )
    return found


def _factor(rate: Decimal) -> str:
    """Return a rate in per cent as the preview writes it, with two decimals or as many as it takes: 1.20, 1.08875."""
    exact = (1 + rate / 100).normalize()
    two = exact.quantize(Decimal("0.01"))
    return f"{two if two == exact else exact:f}"
