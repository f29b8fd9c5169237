"""Spans of requests and tasks, made with OpenTelemetry's SDK and sent to the collector of the task. Off by default."""
