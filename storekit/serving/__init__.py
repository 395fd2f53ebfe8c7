"""How the web server serves: worker classes for gunicorn."""
