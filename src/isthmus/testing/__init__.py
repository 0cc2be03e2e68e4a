"""Testing: what users of Isthmus import into their own tests."""
