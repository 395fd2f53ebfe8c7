import django.core.validators
import django.db.models.deletion
import phonenumber_field.modelfields
import storekit.db.fields
import uuid
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('orders', '0001_initial'),
        ('orders', '0002_all_orders'),
        ('orders', '0003_refusals_looks_and_doubles'),
        ('orders', '0004_snoozed_on_the_menu'),
        ('orders', '0005_plain_names'),
        ('orders', '0006_plain_english_labels'),
        ('orders', '0007_refusals_retried_and_named'),
        ('orders', '0008_check_identifiers'),
        ('orders', '0009_prices_of_the_till'),
        ('orders', '0010_three_decimals'),
        ('orders', '0011_staff_actions'),
        ('orders', '0012_unpaid_orders_expire'),
        ('orders', '0013_codes_found_however_typed'),
        ('orders', '0014_phone_as_typed'),
        ('orders', '0015_failures_of_a_rush_together'),
    ]

    initial = True

    dependencies = [
        ('storekit', '0001_squashed_0007_invitations'),
        ('tables', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Injection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('scheduled', 'Scheduled'), ('sending', 'Sending'), ('accepted', 'Accepted by the POS'), ('confirmed', 'On the till'), ('failed', 'Failed')], default='waiting', max_length=10)),
                ('revision', models.PositiveSmallIntegerField(default=1, help_text='Rises only after a definite refusal.')),
                ('reference', models.CharField(help_text='The same on every attempt of one revision.', max_length=48, unique=True)),
                ('location', models.CharField(blank=True, help_text='The business location it is sent to, fixed before the first attempt.', max_length=32)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, editable=False, help_text='Only this attempt may record its outcome.', null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('account', models.CharField(blank=True, help_text="The check's number at the POS.", max_length=64)),
                ('error_code', models.CharField(blank=True, max_length=40)),
                ('error', models.TextField(blank=True)),
                ('due_since', models.DateTimeField(blank=True, help_text='When this revision was first due; its deadline counts from then.', null=True)),
                ('deliver_by', models.DateTimeField(blank=True, help_text='Until when the POS tries to deliver it. If unconfirmed then, we check.', null=True)),
                ('without_email', models.BooleanField(default=False, help_text="Leave out the e-mail address, because the POS knows it as another customer's.")),
                ('native_discount_refused', models.BooleanField(default=False, help_text='Send the discount as a line, because the POS does not know its id.')),
                ('menu_retried', models.BooleanField(default=False, help_text='It was sent once more after a till did not know an item.')),
                ('refused', models.BooleanField(default=False, help_text='The till refused this reference.')),
                ('confirmation_checks', models.PositiveSmallIntegerField(default=0, help_text="How many times the POS's open checks were searched for the order.")),
                ('failures', models.PositiveIntegerField(default=0, help_text='How often it failed. Each failure is reported once.')),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='OrderCounter',
            fields=[
                ('venue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='order_counter', serialize=False, to='storekit.venue')),
                ('last_number', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='DiscountCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='What the guest enters, in upper or lower case.', max_length=64)),
                ('code_key', storekit.db.fields.FoldedTextField(editable=False, null=True, of='code')),
                ('percent', models.DecimalField(blank=True, decimal_places=2, help_text="Percentage off the items' total. Enter this or an amount, not both.", max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0.01')), django.core.validators.MaxValueValidator(Decimal('100'))])),
                ('amount', models.DecimalField(blank=True, decimal_places=3, help_text="Amount off the items' total, up to that total.", max_digits=13, null=True)),
                ('pos_id', models.CharField(blank=True, help_text="The discount's code in the POS, for native discounts.", max_length=64, verbose_name='POS id')),
                ('active', models.BooleanField(default=True)),
                ('valid_from', models.DateField(blank=True, help_text="First day, in the venue's time. Empty: from now.", null=True)),
                ('valid_until', models.DateField(blank=True, help_text="Last day, in the venue's time. Empty: no end.", null=True)),
                ('minimum_spend', models.DecimalField(blank=True, decimal_places=3, help_text="Lowest items' total. Empty: no minimum.", max_digits=13, null=True)),
                ('usage_limit', models.PositiveIntegerField(blank=True, help_text='Number of orders. Empty: no limit.', null=True)),
                ('times_used', models.PositiveIntegerField(default=0, editable=False)),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='discount_codes', to='storekit.venue')),
            ],
            options={
                'ordering': ['venue', 'code'],
            },
        ),
        migrations.CreateModel(
            name='CheckIdentifier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identifier', models.CharField(max_length=64)),
                ('injection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='check_identifiers', to='orders.injection')),
            ],
        ),
        migrations.CreateModel(
            name='InjectionAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('reference', models.CharField(max_length=48)),
                ('lease', models.UUIDField(editable=False)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(choices=[('unknown', 'Unknown'), ('accepted', 'Accepted'), ('duplicate', 'Already arrived'), ('unreachable', 'POS unreachable'), ('throttled', 'POS asked us to wait'), ('unauthorised', 'Reconnect needed'), ('rejected', 'Rejected'), ('bad_answer', 'Unreadable response'), ('error', 'Internal error')], default='unknown', max_length=12)),
                ('status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('detail', models.TextField(blank=True)),
                ('injection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempt_rows', to='orders.injection')),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField()),
                ('collection_code', models.CharField(max_length=8)),
                ('type', models.CharField(choices=[('pickup', 'Pickup'), ('delivery', 'Delivery'), ('dine_in', 'Dine-in')], max_length=10)),
                ('status', models.CharField(choices=[('awaiting_payment', 'Awaiting payment'), ('placed', 'Placed'), ('confirmed', 'Confirmed'), ('ready', 'Ready'), ('out_for_delivery', 'Out for delivery'), ('completed', 'Completed'), ('cancelled', 'Cancelled')], max_length=20)),
                ('scheduled_for', models.DateTimeField(blank=True, null=True)),
                ('first_name', models.CharField(max_length=128)),
                ('last_name', models.CharField(blank=True, max_length=128)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None)),
                ('phone_as_typed', models.CharField(blank=True, db_default='', default='', help_text="As the guest typed it, if it has an extension or could not be read. Passed on in the order's note.", max_length=40)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('address_line1', models.CharField(blank=True, max_length=200)),
                ('address_line2', models.CharField(blank=True, max_length=200)),
                ('city', models.CharField(blank=True, max_length=120)),
                ('postcode', models.CharField(blank=True, max_length=20)),
                ('address_notes', models.CharField(blank=True, max_length=500)),
                ('table_number', models.PositiveIntegerField(blank=True, help_text="The table's number at the time.", null=True)),
                ('covers', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('open_account', models.CharField(blank=True, help_text='Number of the open check that the order is added to.', max_length=64)),
                ('discount_code', models.CharField(blank=True, max_length=64)),
                ('discount_pos_id', models.CharField(blank=True, max_length=64, verbose_name="discount's POS id")),
                ('items_total', models.DecimalField(decimal_places=3, max_digits=13)),
                ('discount', models.DecimalField(decimal_places=3, default=0, max_digits=13)),
                ('delivery_fee', models.DecimalField(decimal_places=3, default=0, max_digits=13)),
                ('service_charge', models.DecimalField(decimal_places=3, default=0, max_digits=13)),
                ('tip', models.DecimalField(decimal_places=3, default=0, max_digits=13)),
                ('total', models.DecimalField(decimal_places=3, max_digits=13)),
                ('payment_status', models.CharField(choices=[('paid', 'Paid'), ('unpaid', 'Unpaid')], max_length=8)),
                ('payment_reference', models.CharField(blank=True, max_length=128)),
                ('payment_amount', models.DecimalField(decimal_places=3, default=0, max_digits=13)),
                ('menu_version', models.PositiveBigIntegerField(help_text='Version of the menu that the prices came from.')),
                ('placed_at', models.DateTimeField(auto_now_add=True)),
                ('pay_by', models.DateTimeField(blank=True, help_text='When it expires unless it is paid. Empty: it is paid, or needs no payment.', null=True)),
                ('held_stock', models.JSONField(blank=True, editable=False, help_text='How many of each SKU it keeps for itself until it is sent; see `menus.stock.reservations`.', null=True)),
                ('discount_used', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='orders', to='orders.discountcode')),
                ('table', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='orders', to='tables.table')),
                ('venue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='storekit.venue')),
            ],
            options={
                'ordering': ['-placed_at'],
            },
        ),
        migrations.AddField(
            model_name='injection',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='injection', to='orders.order'),
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('till', 'Message on the till'), ('menu', 'Snooze on the menu')], max_length=8)),
                ('about', models.CharField(choices=[('failed', 'Not on the till'), ('cancelled', 'Cancelled'), ('double', 'May be on the till twice'), ('notes', 'Notes that do not fit on the ticket')], max_length=10)),
                ('occurrence', models.PositiveIntegerField(default=1, help_text='Which failure of the order it is about, from 1.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('in_digest', models.BooleanField(db_default=False, default=False, help_text='Sent together with the other failures of a rush.')),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('code', models.CharField(blank=True, help_text='Why the POS refused the order.', max_length=40)),
                ('pos_words', models.TextField(blank=True, verbose_name='message from the POS')),
                ('item', models.CharField(blank=True, help_text="The item that the POS's message quotes.", max_length=255)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='orders.order')),
            ],
            options={
                'ordering': ['created_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderingRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pickup', models.BooleanField(default=True)),
                ('delivery', models.BooleanField(default=True)),
                ('dine_in', models.BooleanField(default=True, verbose_name='dine-in')),
                ('notice_minutes', models.PositiveSmallIntegerField(default=0, help_text='Scheduled orders must be placed at least this long before their time.')),
                ('furthest_ahead_days', models.PositiveSmallIntegerField(default=365, help_text='How many days ahead guests can order.', validators=[django.core.validators.MaxValueValidator(365)])),
                ('minutes_to_pay', models.PositiveSmallIntegerField(db_default=60, default=60, help_text='An order that is placed unpaid expires after this time. Its items and its discount code are free again then.', validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(10080)])),
                ('venue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='ordering_rules', to='storekit.venue')),
            ],
            options={
                'verbose_name': 'ordering rules',
                'verbose_name_plural': 'ordering rules',
            },
        ),
        migrations.CreateModel(
            name='OrderingHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')])),
                ('opens', models.TimeField()),
                ('closes', models.TimeField(help_text='A time at or before the opening time is on the next day.')),
                ('rules', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='orders.orderingrules')),
            ],
            options={
                'verbose_name_plural': 'ordering hours',
                'ordering': ['weekday', 'opens'],
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('product', 'Product'), ('instruction', 'Instruction'), ('modifier', 'Modifier'), ('deal', 'Item of a deal')], max_length=12)),
                ('menu_id', models.UUIDField(help_text='Id of the product or modifier in the menu.')),
                ('sku', models.CharField(blank=True, max_length=25, verbose_name='SKU')),
                ('instruction_id', models.CharField(blank=True, max_length=64)),
                ('name', models.CharField(max_length=255)),
                ('quantity', models.PositiveIntegerField()),
                ('unit_price', models.DecimalField(decimal_places=3, max_digits=13)),
                ('exact_price', models.DecimalField(blank=True, decimal_places=8, help_text='The price of one before rounding; empty if it is the price. The till rounds each line.', max_digits=20, null=True)),
                ('custom_price', models.DecimalField(blank=True, decimal_places=3, help_text='The price that the order sends; empty if the POS has one.', max_digits=13, null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('course', models.PositiveSmallIntegerField(blank=True, help_text='When a dine-in item is served.', null=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.order')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='choices', to='orders.orderline')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='StaffAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('sent_again', 'Sent again'), ('entered_by_hand', 'Marked as entered by hand'), ('cancelled', 'Cancelled'), ('expired', 'Expired')], max_length=20)),
                ('by', models.CharField(help_text="The person's name at the time.", max_length=200)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_actions', to='orders.order')),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='discountcode',
            constraint=models.UniqueConstraint(fields=('venue', 'code_key'), name='one_discount_per_code_key'),
        ),
        migrations.AddConstraint(
            model_name='discountcode',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__isnull', False), ('percent__isnull', True)), models.Q(('amount__isnull', True), ('percent__isnull', False)), _connector='OR'), name='discount_is_percent_or_amount', violation_error_message='Enter either a percentage or an amount.'),
        ),
        migrations.AddConstraint(
            model_name='checkidentifier',
            constraint=models.UniqueConstraint(fields=('injection', 'identifier'), name='one_row_per_check_identifier'),
        ),
        migrations.AddConstraint(
            model_name='injectionattempt',
            constraint=models.UniqueConstraint(fields=('injection', 'number'), name='one_attempt_per_number'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['venue', '-placed_at'], name='orders_of_venue'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('status', 'awaiting_payment')), fields=['pay_by'], name='order_expires'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('venue', 'number'), name='one_order_per_number'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('completed', 'cancelled')), _negated=True), fields=('venue', 'collection_code'), name='one_open_order_per_collection_code'),
        ),
        migrations.AddIndex(
            model_name='injection',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'scheduled'])), fields=['next_attempt_at'], name='injection_due'),
        ),
        migrations.AddIndex(
            model_name='injection',
            index=models.Index(condition=models.Q(('state', 'sending')), fields=['lease_until'], name='injection_lease'),
        ),
        migrations.AddIndex(
            model_name='injection',
            index=models.Index(condition=models.Q(('state', 'accepted')), fields=['deliver_by'], name='injection_unconfirmed'),
        ),
        migrations.AddIndex(
            model_name='injection',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['failed_at'], name='injection_failed'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='order_alert_due'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['created_at'], name='order_alert_created'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(fields=('order', 'channel', 'about', 'occurrence'), name='one_alert_per_channel_and_occurrence'),
        ),
    ]
