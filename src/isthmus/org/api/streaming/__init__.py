"""Streaming: events over CometD, as the Streaming API serves them."""
