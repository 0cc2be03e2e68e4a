"""Hub: the integration runtime that carries messages between an org and other systems."""
