"""The SOAP APIs, Partner and Enterprise: logging in and out, and what a session may ask about itself."""
