"""What a user is told, kept in the database and shown on a WebSocket."""
