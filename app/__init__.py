"""The server: it carries what the engine computed to the page, and commands back. It owns no mathematics."""
