"""OAuth 2.0 and the identity service: tokens granted, revoked, introspected; what their users are called."""
