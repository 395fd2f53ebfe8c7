"""Columns that follow another one."""

from django.db import models
from django.test.utils import isolate_apps

from storekit.db.fields import FoldedTextField, WithFoldedText


@isolate_apps("storekit")
def test_a_model_whose_folded_column_would_be_left_behind_is_reported() -> None:
    class Alone(models.Model):
        name = models.TextField()
        key = FoldedTextField(of="name")

        class Meta:
            app_label = "storekit"

        def __str__(self) -> str:
            return self.name

    class Following(WithFoldedText):
        name = models.TextField()
        key = FoldedTextField(of="name")

        class Meta:
            app_label = "storekit"

        def __str__(self) -> str:
            return self.name

    assert [found.id for found in Alone._meta.get_field("key").check()] == ["storekit.E004"]
    assert Following._meta.get_field("key").check() == []
