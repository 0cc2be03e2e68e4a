"""Rights: what a user may do with objects and fields, as permission sets grant it."""
