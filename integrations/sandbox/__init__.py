"""A K-Series POS on the desk: its own process, its state in memory, as strict as the real one.

It plays another company's program, so it shares nothing with storekit but the wire, and holds to Lightspeed's public
K-Series API documentation. Run it with ``python -m integrations.sandbox --port 8001``. It is for development and tests
and refuses to start anywhere else.
"""
