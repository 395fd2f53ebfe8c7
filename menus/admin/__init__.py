"""The admin of menus. Django imports this package, so it imports the module that registers the pages."""

from menus.admin import catalogue as catalogue
