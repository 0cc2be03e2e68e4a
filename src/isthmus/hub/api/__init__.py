"""The hub's own HTTP interface."""
