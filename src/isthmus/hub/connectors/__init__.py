"""Connectors: the hub's sources and sinks, one system each; they meet it only on the wire."""
