import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
import integrations.models
import integrations.recurrence
import storekit.encryption
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('integrations', '0001_initial'),
        ('integrations', '0002_readiness_and_webhook_checks'),
        ('integrations', '0003_plain_help_texts'),
        ('integrations', '0004_held_waits_for_approval'),
        ('integrations', '0005_circuit_breaker'),
        ('integrations', '0006_pos_warnings'),
        ('integrations', '0007_missing_permission'),
        ('integrations', '0008_plain_words_2'),
        ('integrations', '0009_webhook_warnings'),
        ('integrations', '0010_consent_waiting_for_a_location'),
        ('integrations', '0011_consent_alerts'),
    ]

    initial = True

    dependencies = [
        ('storekit', '0001_squashed_0007_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('environment', models.CharField(editable=False, max_length=20)),
                ('status', models.CharField(choices=[('disconnected', 'Not connected'), ('choosing_location', 'Location not chosen yet'), ('connected', 'Connected'), ('reconnect_needed', 'Reconnect needed')], default='disconnected', editable=False, max_length=20)),
                ('status_reason', models.CharField(blank=True, editable=False, max_length=500)),
                ('consent_ended_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='access ended')),
                ('consent_alerts', models.PositiveIntegerField(default=0, editable=False, help_text='How many e-mails have asked the venue to reconnect.')),
                ('next_consent_alert_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('enabled', models.BooleanField(default=True, help_text='If switched off, nothing is sent to the POS and orders wait.')),
                ('business_id', models.CharField(blank=True, editable=False, max_length=32)),
                ('business_name', models.CharField(blank=True, editable=False, max_length=200)),
                ('business_location_id', models.CharField(blank=True, editable=False, max_length=32)),
                ('location_name', models.CharField(blank=True, editable=False, max_length=200)),
                ('connected_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('webhook_username', models.CharField(default='storekit', editable=False, max_length=64)),
                ('webhook_password', storekit.encryption.EncryptedTextField(default=integrations.models._webhook_password, editable=False)),
                ('webhook_registered_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('webhook_checked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('webhook_found', models.CharField(blank=True, editable=False, help_text='The last problem a check found, and whether it was fixed.', max_length=500, verbose_name='last webhook problem')),
                ('pos_ready', models.BooleanField(editable=False, help_text='Whether the POS takes online orders; empty if not known.', null=True)),
                ('not_ready_reason', models.CharField(blank=True, editable=False, help_text='Why the POS takes no online orders; empty if it does.', max_length=200)),
                ('readiness_at', models.DateTimeField(blank=True, editable=False, help_text="According to the POS's clock.", null=True, verbose_name='since')),
                ('missing_permission', models.CharField(blank=True, editable=False, help_text='What the person who connected the venue may not do at the POS; empty if nothing is missing.', max_length=500)),
                ('pos_warnings', models.TextField(blank=True, editable=False, help_text='What the POS warned of in its last answer about stock, one warning a line.', verbose_name='warnings of the POS')),
                ('webhook_warnings', models.TextField(blank=True, editable=False, help_text='What the POS warned of when the webhook was last registered or checked, one warning a line.', verbose_name='warnings about the webhook')),
                ('unanswered_calls', models.PositiveIntegerField(default=0, editable=False, help_text='Calls in a row that the POS did not answer.')),
                ('breaker_open_until', models.DateTimeField(blank=True, editable=False, help_text='Until then the POS is not called, because it did not answer.', null=True)),
                ('venue', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='connection', to='storekit.venue')),
            ],
        ),
        migrations.CreateModel(
            name='TokenPair',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='tokens', serialize=False, to='integrations.connection')),
                ('access_token', storekit.encryption.EncryptedTextField()),
                ('refresh_token', storekit.encryption.EncryptedTextField(blank=True)),
                ('scope', models.CharField(blank=True, max_length=500)),
                ('expires_at', models.DateTimeField()),
                ('generation', models.PositiveIntegerField(default=1, help_text='Increases with every new pair.')),
                ('refreshing_until', models.DateTimeField(blank=True, null=True)),
                ('refreshed_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='WaitingConsent',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='waiting_consent', serialize=False, to='integrations.connection')),
                ('access_token', storekit.encryption.EncryptedTextField()),
                ('refresh_token', storekit.encryption.EncryptedTextField(blank=True)),
                ('scope', models.CharField(blank=True, max_length=500)),
                ('expires_at', models.DateTimeField(db_index=True, help_text='It is never renewed: then consent has to be given again.')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='LightspeedSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery_fee_sku', models.CharField(default='STOREKIT_DELIVERY', max_length=25, verbose_name='delivery fee SKU')),
                ('discount_sku', models.CharField(default='STOREKIT_DISCOUNT', max_length=25, verbose_name='discount SKU')),
                ('service_charge_sku', models.CharField(default='STOREKIT_SERVICE_CHARGE', max_length=25, verbose_name='service charge SKU')),
                ('payment_method', models.CharField(default='STOREKIT', help_text='Code of the Lightspeed payment method for online orders.', max_length=64)),
                ('pickup_profile', models.CharField(default='storekit', help_text='Order profile code for pickup.', max_length=64)),
                ('delivery_profile', models.CharField(default='storekit', help_text='Order profile code for delivery.', max_length=64)),
                ('dine_in_profile', models.CharField(default='storekit', help_text='Order profile code for dine-in.', max_length=64)),
                ('buffer_orders', models.BooleanField(default=False, help_text='Send orders for later to the POS only shortly before their time.')),
                ('buffer_minutes', models.PositiveSmallIntegerField(default=20)),
                ('native_discounts', models.BooleanField(default=False, help_text='Send the discount’s Lightspeed id instead of adding a discount line.')),
                ('update_images', models.BooleanField(default=True, help_text='If switched off, syncs keep the images that staff uploaded.')),
                ('update_descriptions', models.BooleanField(default=True, help_text='If switched off, syncs keep the descriptions that staff wrote.')),
                ('subscreens_as_categories', models.BooleanField(default=False, help_text='If switched off, a sub-screen becomes a sub-category of its screen.', verbose_name='sub-screens as categories')),
                ('flatten_subscreens', models.BooleanField(default=False, help_text='Show the items of sub-screens in their screen’s category. Overrides the setting above.')),
                ('menu_profile', models.CharField(blank=True, help_text='Code of the order profile whose prices are used; leave empty for the normal prices.', max_length=64)),
                ('preferred_language', models.CharField(default='en', max_length=12)),
                ('pat_payment_method', models.CharField(default='APM', max_length=64, verbose_name='pay-at-table payment method')),
                ('gift_card_payment_method', models.CharField(blank=True, help_text='Leave empty to use the pay-at-table payment method.', max_length=64)),
                ('ignore_free_items', models.BooleanField(default=False)),
                ('auto_close_delay', models.PositiveSmallIntegerField(default=5, help_text='Minutes until a paid bill is checked and closed.')),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='settings', to='integrations.connection')),
            ],
            options={
                'verbose_name': 'Lightspeed settings',
                'verbose_name_plural': 'Lightspeed settings',
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(max_length=20)),
                ('status', models.CharField(max_length=40)),
                ('reference', models.CharField(blank=True, max_length=64)),
                ('account', models.CharField(blank=True, max_length=64)),
                ('fingerprint', models.CharField(help_text='Identifies the fact, to recognise duplicates.', max_length=64)),
                ('body', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('received_at', models.DateTimeField(auto_now_add=True)),
                ('times_received', models.PositiveIntegerField(default=1)),
                ('processed_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.CharField(blank=True, max_length=200)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='integrations.connection')),
            ],
            options={
                'ordering': ['-received_at'],
            },
        ),
        migrations.CreateModel(
            name='SyncRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('menu', 'Menu'), ('floor_plan', 'Floor plan')], max_length=12)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('held', 'Waiting for approval'), ('superseded', 'Superseded'), ('failed', 'Failed')], default='running', max_length=10)),
                ('options', models.JSONField(default=dict, help_text='Options that differ from a normal sync.')),
                ('started_by', models.CharField(blank=True, max_length=200)),
                ('scheduled', models.BooleanField(default=False, help_text='Started by a schedule: the venue is e-mailed if it fails.')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease_until', models.DateTimeField(help_text='If queued, when it is queued again. If running, when it counts as abandoned.')),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('progress', models.PositiveSmallIntegerField(default=0, help_text='Per cent.')),
                ('step', models.CharField(blank=True, max_length=120)),
                ('counts', models.JSONField(default=dict, help_text='Number of rows {created, updated, archived, unchanged}.')),
                ('plan', models.JSONField(default=dict, help_text='For a held run: the changes it would make, for staff to review.')),
                ('warnings', models.JSONField(default=list)),
                ('error', models.TextField(blank=True)),
                ('next_alert_at', models.DateTimeField(blank=True, help_text='When the venue is to be e-mailed; empty if it is not.', null=True)),
                ('alerted_at', models.DateTimeField(blank=True, null=True, verbose_name='venue e-mailed at')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sync_runs', to='integrations.connection')),
            ],
            options={
                'ordering': ['-started_at'],
            },
        ),
        migrations.CreateModel(
            name='SyncSchedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('menu', 'Menu'), ('floor_plan', 'Floor plan')], default='menu', max_length=12, verbose_name='what')),
                ('time', models.TimeField(help_text="In the venue's time zone.")),
                ('weekdays', models.JSONField(default=integrations.recurrence.every_day, help_text='0 is Monday, 6 is Sunday.')),
                ('enabled', models.BooleanField(default=True)),
                ('light', models.BooleanField(default=False, help_text="Updates only the menu's prices and availability. Quicker, but adds no new products.", verbose_name='light sync')),
                ('next_run_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('last_run_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('reckoned_from', models.CharField(blank=True, editable=False, max_length=200)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='integrations.connection')),
            ],
            options={
                'ordering': ['connection', 'time'],
            },
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(condition=models.Q(('business_location_id', ''), _negated=True), fields=('environment', 'business_location_id'), name='one_location_to_one_venue'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('processed_at', None)), fields=['next_attempt_at'], name='notification_waiting'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['reference'], name='notification_reference'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['connection', 'received_at'], name='notification_received'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(fields=('connection', 'fingerprint'), name='one_notification_per_fact'),
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(condition=models.Q(('next_alert_at__isnull', False)), fields=['next_alert_at'], name='sync_alert_due'),
        ),
        migrations.AddConstraint(
            model_name='syncrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('connection', 'kind'), name='one_sync_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='syncschedule',
            index=models.Index(condition=models.Q(('enabled', True)), fields=['next_run_at'], name='schedule_due'),
        ),
    ]
