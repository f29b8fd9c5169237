"""What is watched: alerts, objectives and dashboards, and what they become for Prometheus and Grafana."""
