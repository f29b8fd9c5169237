"""What only a task can ask: the database, the cache, the vectors, and the way from an upload to its notification."""
