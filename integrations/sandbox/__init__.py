"""A K-Series POS on the desk: its own process, state in memory, strict as Lightspeed's public K-Series API documentation.

It plays another company's program, so it shares nothing with storekit but the wire. Run it with
``python -m integrations.sandbox --port 8001``. It is for development and tests and refuses to start anywhere else.
"""
