import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('menus', '0001_initial'),
        ('menus', '0002_stock_and_snoozes'),
        ('menus', '0003_plain_names'),
        ('menus', '0004_plain_help_texts'),
        ('menus', '0005_prices_of_the_till'),
        ('menus', '0006_three_decimals'),
        ('menus', '0007_restore_points'),
        ('menus', '0008_stock_on_hold'),
    ]

    initial = True

    dependencies = [
        ('integrations', '0001_squashed_0011_consent_alerts'),
        ('storekit', '0001_squashed_0007_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='As at the POS.', max_length=255)),
                ('translations', models.JSONField(blank=True, default=dict)),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('key', models.CharField(editable=False, help_text="The POS's key of the screen.", max_length=255)),
                ('position', models.PositiveIntegerField(default=0)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='children', to='menus.category')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='categories', to='storekit.venue')),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='CategoryProduct',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='menus.category')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Menu',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pos_menu_id', models.CharField(blank=True, max_length=64, verbose_name='POS menu id')),
                ('pos_menu_name', models.CharField(blank=True, max_length=200, verbose_name='POS menu')),
                ('version', models.PositiveBigIntegerField(default=0)),
                ('languages', models.JSONField(default=list, help_text="Language tags of the menu's texts, in the POS's order.")),
                ('digest', models.CharField(blank=True, editable=False, help_text="Digest of the POS's response that the menu matches, and of the settings; empty once it differs.", max_length=64)),
                ('answer', models.CharField(blank=True, editable=False, help_text="Digest of the POS's response that was last synced, by a full or a light sync.", max_length=64)),
                ('warnings', models.JSONField(default=list, editable=False, help_text='Warnings of the last full sync.')),
                ('reverted_digest', models.CharField(blank=True, editable=False, help_text='Digest of the response whose sync was undone.', max_length=64)),
                ('venue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='menu', to='storekit.venue')),
            ],
        ),
        migrations.CreateModel(
            name='ModifierGroup',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='As at the POS.', max_length=255)),
                ('translations', models.JSONField(blank=True, default=dict)),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('key', models.CharField(editable=False, max_length=255)),
                ('kind', models.CharField(choices=[('instruction', 'Instruction (free)'), ('modifier', 'Modifier'), ('deal', 'Items of a deal')], max_length=12)),
                ('minimum', models.PositiveIntegerField(default=0)),
                ('maximum', models.PositiveIntegerField(blank=True, help_text='Empty if there is no limit.', null=True)),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='modifier_groups', to='storekit.venue')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Modifier',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='As at the POS.', max_length=255)),
                ('translations', models.JSONField(blank=True, default=dict)),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('price', models.DecimalField(decimal_places=3, default=0, help_text='What the guest pays for one, tax included.', max_digits=13)),
                ('exact_price', models.DecimalField(blank=True, decimal_places=8, help_text='Before rounding; empty if it is the price.', max_digits=20, null=True)),
                ('tax_rate', models.DecimalField(blank=True, decimal_places=6, help_text='Per cent the till adds; empty: included.', max_digits=12, null=True)),
                ('tax_at_till', models.BooleanField(default=False, help_text='The till adds the tax, or decides on it by the order.')),
                ('custom_name', models.BooleanField(default=False, help_text='An order may name it.')),
                ('custom_price', models.CharField(blank=True, choices=[('added', 'Added'), ('taken_off', 'Taken off')], help_text='An order may set its price, which the till adds to the total or takes off it.', max_length=10)),
                ('prices', models.JSONField(blank=True, default=dict, help_text='By order type, where the price differs.')),
                ('staff_price', models.DecimalField(blank=True, decimal_places=3, help_text='For an item with an open price, which cannot be ordered without one.', max_digits=13, null=True, verbose_name='price set by staff')),
                ('key', models.CharField(editable=False, max_length=255)),
                ('sku', models.CharField(blank=True, max_length=25, verbose_name='SKU')),
                ('instruction_id', models.CharField(blank=True, max_length=64)),
                ('position', models.PositiveIntegerField(default=0)),
                ('stock', models.PositiveIntegerField(blank=True, help_text='How many are left; empty if not counted.', null=True)),
                ('sold_out', models.BooleanField(default=False)),
                ('snoozed_until', models.DateTimeField(blank=True, editable=False, help_text='Empty if not snoozed; far in the future: until further notice.', null=True)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='modifiers', to='menus.modifiergroup')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='NestedModifierGroup',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='modifier_links', to='menus.modifiergroup')),
                ('modifier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='group_links', to='menus.modifier')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='As at the POS.', max_length=255)),
                ('translations', models.JSONField(blank=True, default=dict)),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('price', models.DecimalField(decimal_places=3, default=0, help_text='What the guest pays for one, tax included.', max_digits=13)),
                ('exact_price', models.DecimalField(blank=True, decimal_places=8, help_text='Before rounding; empty if it is the price.', max_digits=20, null=True)),
                ('tax_rate', models.DecimalField(blank=True, decimal_places=6, help_text='Per cent the till adds; empty: included.', max_digits=12, null=True)),
                ('tax_at_till', models.BooleanField(default=False, help_text='The till adds the tax, or decides on it by the order.')),
                ('custom_name', models.BooleanField(default=False, help_text='An order may name it.')),
                ('custom_price', models.CharField(blank=True, choices=[('added', 'Added'), ('taken_off', 'Taken off')], help_text='An order may set its price, which the till adds to the total or takes off it.', max_length=10)),
                ('prices', models.JSONField(blank=True, default=dict, help_text='By order type, where the price differs.')),
                ('staff_price', models.DecimalField(blank=True, decimal_places=3, help_text='For an item with an open price, which cannot be ordered without one.', max_digits=13, null=True, verbose_name='price set by staff')),
                ('sku', models.CharField(max_length=25, verbose_name='SKU')),
                ('kind', models.CharField(choices=[('item', 'Item'), ('deal', 'Deal')], default='item', max_length=4)),
                ('image_url', models.URLField(blank=True, help_text='Never shown to guests.', max_length=1000, verbose_name='image at the POS')),
                ('image', models.CharField(blank=True, editable=False, help_text='Our file; empty if there is none.', max_length=200)),
                ('image_source', models.URLField(blank=True, editable=False, help_text='The address that `image` was fetched from.', max_length=1000)),
                ('image_by_staff', models.BooleanField(default=False, editable=False, help_text='A person set or removed `image`.')),
                ('allergens', models.JSONField(blank=True, default=list)),
                ('calories', models.PositiveIntegerField(blank=True, null=True)),
                ('contains_alcohol', models.BooleanField(default=False)),
                ('alcohol_percentage', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('stock', models.PositiveIntegerField(blank=True, help_text='How many are left; empty if not counted.', null=True)),
                ('sold_out', models.BooleanField(default=False)),
                ('snoozed_until', models.DateTimeField(blank=True, editable=False, help_text='Empty if not snoozed; far in the future: until further notice.', null=True)),
                ('categories', models.ManyToManyField(related_name='products', through='menus.CategoryProduct', to='menus.category')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='products', to='storekit.venue')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ImageFetch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.URLField(blank=True, help_text='The URL that the attempts were for.', max_length=1000)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, editable=False, help_text='Of the attempt that may record its outcome.', null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='image_fetch', to='menus.product')),
            ],
        ),
        migrations.AddField(
            model_name='categoryproduct',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='menus.product'),
        ),
        migrations.CreateModel(
            name='ProductModifierGroup',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='product_links', to='menus.modifiergroup')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='group_links', to='menus.product')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='RestorePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveBigIntegerField()),
                ('taken_at', models.DateTimeField(auto_now_add=True)),
                ('products', models.PositiveIntegerField(help_text='How many products were on the menu.')),
                ('content', models.BinaryField()),
                ('menu', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='restore_points', to='menus.menu')),
                ('run', models.ForeignKey(help_text='The sync after it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='integrations.syncrun')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Snooze',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sku', models.CharField(max_length=25, verbose_name='SKU')),
                ('name', models.CharField(help_text='As at the POS at the time.', max_length=255)),
                ('source', models.CharField(choices=[('lightspeed', 'Lightspeed'), ('staff', 'Staff'), ('api', 'API')], max_length=10)),
                ('cause', models.CharField(choices=[('by_hand', 'By hand'), ('order_failure', 'An order failed'), ('till', 'Sold out on the till')], default='by_hand', max_length=13)),
                ('by', models.CharField(blank=True, max_length=200, verbose_name='who')),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('order', models.CharField(blank=True, max_length=40, verbose_name='order number')),
                ('starts_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='from')),
                ('until', models.DateTimeField(blank=True, help_text='Empty means until further notice.', null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=200)),
                ('modifier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='snoozes', to='menus.modifier')),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='snoozes', to='menus.product')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='snoozes', to='storekit.venue')),
            ],
            options={
                'ordering': ['-starts_at', 'sku'],
            },
        ),
        migrations.CreateModel(
            name='StockLevel',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sku', models.CharField(max_length=25, verbose_name='SKU')),
                ('restricted', models.BooleanField(default=False)),
                ('count', models.IntegerField(blank=True, help_text='Of a restricted item; empty if sold out.', null=True)),
                ('counted_at', models.DateTimeField(blank=True, help_text="By the POS's own clock.", null=True)),
                ('heard_at', models.DateTimeField(help_text="When the POS's update reached us.")),
                ('taken', models.PositiveIntegerField(default=0)),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('held', models.PositiveIntegerField(db_default=0, default=0)),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stock_levels', to='storekit.venue')),
            ],
        ),
        migrations.CreateModel(
            name='StockWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, editable=False, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('compared_at', models.DateTimeField(blank=True, null=True)),
                ('items', models.PositiveIntegerField(default=0, help_text='How many items were compared.')),
                ('differences', models.JSONField(default=list, help_text='One line each, from the last comparison that found any.')),
                ('differed_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('venue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='stock_watch', to='storekit.venue')),
            ],
        ),
        migrations.CreateModel(
            name='SyncCheckpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(help_text="Digest of that response; stale if it is not the menu's.", max_length=64)),
                ('settings_fingerprint', models.CharField(help_text='The settings of the sync that wrote it.', max_length=64)),
                ('content', models.BinaryField()),
                ('menu', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='checkpoint', to='menus.menu')),
            ],
        ),
        migrations.CreateModel(
            name='Allergen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64)),
                ('translations', models.JSONField(default=dict)),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='allergens', to='storekit.venue')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.UniqueConstraint(fields=('venue', 'code'), name='one_allergen_per_code')],
            },
        ),
        migrations.AddConstraint(
            model_name='category',
            constraint=models.UniqueConstraint(fields=('venue', 'key'), name='one_category_per_key'),
        ),
        migrations.AddConstraint(
            model_name='modifiergroup',
            constraint=models.UniqueConstraint(fields=('venue', 'key'), name='one_modifier_group_per_key'),
        ),
        migrations.AddIndex(
            model_name='modifier',
            index=models.Index(fields=['sku'], name='modifier_sku'),
        ),
        migrations.AddConstraint(
            model_name='modifier',
            constraint=models.UniqueConstraint(fields=('group', 'key'), name='one_modifier_per_key'),
        ),
        migrations.AddConstraint(
            model_name='nestedmodifiergroup',
            constraint=models.UniqueConstraint(fields=('modifier', 'group'), name='one_group_link_per_modifier'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(condition=models.Q(('image_source', models.F('image_url')), _negated=True), fields=['venue'], name='product_image_due'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(fields=('venue', 'sku'), name='one_product_per_sku'),
        ),
        migrations.AddConstraint(
            model_name='categoryproduct',
            constraint=models.UniqueConstraint(fields=('category', 'product'), name='one_placement_per_category'),
        ),
        migrations.AddConstraint(
            model_name='productmodifiergroup',
            constraint=models.UniqueConstraint(fields=('product', 'group'), name='one_group_link_per_product'),
        ),
        migrations.AddIndex(
            model_name='snooze',
            index=models.Index(fields=['venue', '-starts_at'], name='snooze_report'),
        ),
        migrations.AddIndex(
            model_name='snooze',
            index=models.Index(condition=models.Q(('ended_at', None), ('until__isnull', False)), fields=['until'], name='snooze_due'),
        ),
        migrations.AddIndex(
            model_name='snooze',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['venue', 'sku'], name='snooze_open'),
        ),
        migrations.AddConstraint(
            model_name='snooze',
            constraint=models.UniqueConstraint(condition=models.Q(('cause', 'till'), ('ended_at', None)), fields=('venue', 'sku'), name='one_open_record_of_the_till_per_sku'),
        ),
        migrations.AddConstraint(
            model_name='snooze',
            constraint=models.UniqueConstraint(condition=models.Q(('cause', 'order_failure'), ('ended_at', None)), fields=('venue', 'sku', 'order'), name='one_open_snooze_per_failed_order'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.UniqueConstraint(fields=('venue', 'sku'), name='one_stock_level_per_sku'),
        ),
    ]
