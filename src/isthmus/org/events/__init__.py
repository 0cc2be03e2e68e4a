"""Events: what the org publishes, and the channels by which subscribers follow it.

An event is a fact of the journal under the API name of its object; a channel is a view of the journal.
"""
