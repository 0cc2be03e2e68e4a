"""The hub: an integration runtime of durable channels and routes, in the words of Enterprise Integration
Patterns (Hohpe & Woolf).

It meets an org only on the wire, exactly as it would meet Salesforce's.
"""
