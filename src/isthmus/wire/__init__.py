"""Wire: codecs that turn bytes into values and back. No I/O, no role: the org serves and the hub calls with them."""
