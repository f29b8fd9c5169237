"""A load balancer as a process of its own: HTTP/1.1 and WebSockets, weights, health checks, routes that change at once.

It behaves as an AWS application load balancer does. Products that were tried lose requests when their configuration
changes: Caddy is built on Go's HTTP server, which closes connections unanswered when a server is replaced by the next
(golang/go 65802 and 75591). Here nothing is replaced: a new request reads the new routes.
"""
