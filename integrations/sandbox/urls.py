"""All URLs of the sandbox: the authorisation server, the API, the control API and the till page."""

from django.urls import path
from django.views.generic import RedirectView

from integrations.sandbox import control, images
from integrations.sandbox.api import (
    availability,
    menu,
    oauth,
    open_checks,
    orders,
    payments,
    sales,
    tax_preview,
    venue,
    webhooks,
)
from integrations.sandbox.api.web import not_found_page, serve, server_error_page
from integrations.sandbox.till import page, staff_actions

handler404 = not_found_page
handler500 = server_error_page

OPENID = "realms/k-series/protocol/openid-connect"
DATA = "o/op/data"

authorisation = [
    path(f"{OPENID}/auth", oauth.authorise),
    path(f"{OPENID}/token", oauth.token),
]
api = [
    path(f"{DATA}/businesses", serve(get=venue.businesses)),
    path(f"{DATA}/account-profiles", serve(get=venue.order_profiles)),
    path(f"{DATA}/<int:bl>/account-profiles/tagcode/<str:code>", serve(get=venue.order_profile)),
    path(f"{DATA}/<int:bl>/floorplans", serve(get=venue.floor_plans)),
    path(f"{DATA}/<int:bl>/floorplans/<int:plan_id>/tables", serve(get=venue.tables)),
    path("o/op/1/menu/list", serve(get=menu.listed)),
    path("o/op/2/menu/load/<int:menu_id>", serve(get=menu.load)),
    path("o/op/1/menu/modifiers", serve(get=menu.modifiers)),
    path("o/op/1/menu/discounts", serve(get=menu.discounts)),
    path("o/op/1/order/toGo", serve(post=orders.to_go)),
    path("o/op/1/order/local", serve(post=orders.local)),
    path("o/op/1/order/table/getCheck", serve(get=open_checks.all_open)),
    path("o/op/1/order/table/<int:table_number>/getCheck", serve(get=open_checks.of_table)),
    path("o/op/1/order/accounts/<str:account_identifier>", serve(get=open_checks.by_identifier)),
    path("o/op/1/pay", serve(post=payments.pay)),
    path("o/op/1/printMsg", serve(post=venue.print_message)),
    path("o/op/1/itemAvailability", serve(get=availability.by_query, post=availability.by_body)),
    path("o/op/1/onlineOrderReadiness", serve(get=venue.readiness)),
    path("o/wh/1/webhook", serve(put=webhooks.create, post=webhooks.update)),
    path("o/wh/1/webhook/<str:endpoint_id>", serve(get=webhooks.read, delete=webhooks.remove)),
    path("o/wh/1/webhook/<str:endpoint_id>/business-locations", serve(get=webhooks.locations)),
    path(
        "o/wh/1/webhook/<str:endpoint_id>/business-locations/<int:bl>",
        serve(put=webhooks.add_location, delete=webhooks.remove_location),
    ),
    path("i/allergens", serve(get=menu.allergens)),
    path("i/richItem/<int:business_id>", serve(get=menu.rich_items)),
    path("f/finance/<int:bl>/paymentMethods", serve("financial-api", get=venue.payment_methods)),
    path("f/finance/<int:bl>/saleByExternalReference", serve("financial-api", get=sales.by_external_reference)),
    path("tp/v1/business-locations/<int:bl>/tax-breakdown", serve(post=tax_preview.tax_breakdown)),
]
control_api = [
    path("sandbox/health", serve(None, get=control.health)),
    path("sandbox/reset", serve(None, post=control.reset)),
    path("sandbox/state", serve(None, get=control.state)),
    path(
        "sandbox/faults",
        serve(None, get=control.read_faults, put=control.change_faults, delete=control.clear_faults),
    ),
    path(
        "sandbox/habits",
        serve(None, get=control.read_habits, put=control.change_habits, delete=control.clear_habits),
    ),
    path("sandbox/tokens/revoke", serve(None, post=control.revoke_tokens)),
    path("sandbox/tokens/expire", serve(None, post=control.expire_tokens)),
    path("sandbox/tokens/age", serve(None, post=control.age_tokens)),
    path("sandbox/tokens/lifetime", serve(None, put=control.set_token_lifetime)),
    path("sandbox/tasks/expire", serve(None, post=control.expire_tasks)),
    path("sandbox/menus/<int:menu_id>", serve(None, get=control.read_menu, put=control.replace_menu)),
    path("sandbox/readiness", serve(None, post=staff_actions.set_readiness)),
    path("sandbox/consumers", serve(None, post=staff_actions.add_consumer)),
    path("sandbox/discounts/<str:code>/add", serve(None, post=staff_actions.add_discount)),
    path("sandbox/discounts/<str:code>/remove", serve(None, post=staff_actions.remove_discount)),
    path("sandbox/items/<str:sku>/restrict", serve(None, post=staff_actions.restrict)),
    path("sandbox/items/<str:sku>/release", serve(None, post=staff_actions.release)),
    path("sandbox/items/<str:sku>/disconnect", serve(None, post=staff_actions.disconnect)),
    path("sandbox/items/<str:sku>/connect", serve(None, post=staff_actions.connect)),
    path("sandbox/currency", serve(None, post=staff_actions.set_currency)),
    path("sandbox/profiles/<str:code>/prices", serve(None, post=staff_actions.set_price_list)),
    path("sandbox/profiles/<str:code>/activate", serve(None, post=staff_actions.activate_profile)),
    path("sandbox/profiles/<str:code>/deactivate", serve(None, post=staff_actions.deactivate_profile)),
    path("sandbox/tables", serve(None, post=staff_actions.add_tables)),
    path("sandbox/checks", serve(None, post=staff_actions.open_check)),
    path("sandbox/checks/<str:identifier>/lines", serve(None, post=staff_actions.add_line)),
    path("sandbox/checks/<str:identifier>/lines/<int:line_id>/void", serve(None, post=staff_actions.void_line)),
    path("sandbox/checks/<str:identifier>/lines/<int:line_id>/discount", serve(None, post=staff_actions.discount_line)),
    path("sandbox/checks/<str:identifier>/discount", serve(None, post=staff_actions.discount_check)),
    path("sandbox/checks/<str:identifier>/service-charge", serve(None, post=staff_actions.charge_service)),
    path("sandbox/checks/<str:identifier>/payments", serve(None, post=staff_actions.take_payment)),
    path("sandbox/checks/<str:identifier>/move", serve(None, post=staff_actions.move)),
    path("sandbox/checks/<str:identifier>/rename", serve(None, post=staff_actions.rename)),
    path("sandbox/checks/<str:identifier>/split", serve(None, post=staff_actions.split)),
    path("sandbox/checks/<str:identifier>/merge", serve(None, post=staff_actions.merge)),
    path("sandbox/checks/<str:identifier>/age", serve(None, post=staff_actions.age)),
    path("sandbox/checks/<str:identifier>/<str:action>", serve(None, post=staff_actions.act)),
]
pages = [
    path("", RedirectView.as_view(url="/till")),
    path("till", page.page),
    path("till/data", serve(None, get=page.data)),
    path("images/<str:sku>/<str:shape>", images.image),
]
urlpatterns = [*authorisation, *api, *control_api, *pages]
