"""The save path: every write of every wire passes `order.SAVE_ORDER`, a tuple of steps over a batch."""
