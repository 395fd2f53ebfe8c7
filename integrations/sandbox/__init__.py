"""A local K-Series POS for development and tests: a separate process that keeps its state in memory.

It stands in for another company's program, so it shares no code with storekit, only HTTP. It follows Lightspeed's
public K-Series API documentation (https://api-docs.lsk.lightspeed.app/) and is as strict as the real API. Run it with
``python -m integrations.sandbox --port 8001``. It refuses to start beside a real POS.
"""
