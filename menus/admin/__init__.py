"""The back office of menus. Django imports this package, so it imports every module that registers a page."""

from menus.admin import catalogue as catalogue
