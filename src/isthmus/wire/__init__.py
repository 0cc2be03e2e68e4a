"""Wire: codecs that turn bytes into values and back. No I/O, no role: org and hub both speak with them."""
