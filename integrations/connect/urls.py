"""The browser flow that connects a venue's POS."""

from django.urls import path

from integrations.connect import views

app_name = "integrations"
urlpatterns = [
    path("connect/", views.connect, name="connect"),
    path("callback/", views.callback, name="callback"),
    path("<slug:slug>/location/", views.location, name="location"),
]
