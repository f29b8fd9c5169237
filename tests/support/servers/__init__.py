"""Real servers for tests: processes on 127.0.0.1, each with a folder of its own, stopped by whoever started them."""
