"""Task definitions as ECS would hand them back."""

from __future__ import annotations

from typing import Any

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/study-dev/app"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:study-dev/database-AbCdEf"  # noqa: S105 - a name


def digest(letter: str) -> str:
    return "sha256:" + letter * 64


def template(family: str, *, image: str = "", **environment: str) -> dict[str, Any]:
    variables = {"LOG_LEVEL": "info", **environment}
    return {
        "family": family,
        "taskRoleArn": f"arn:aws:iam::123456789012:role/{family}-task",
        "executionRoleArn": f"arn:aws:iam::123456789012:role/{family}-execution",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [
            {
                "name": "app",
                "image": image or f"{REPOSITORY}@{digest('0')}",
                "essential": True,
                "environment": [{"name": key, "value": value} for key, value in sorted(variables.items())],
                "secrets": [{"name": "DATABASE_PASSWORD", "valueFrom": f"{SECRET}:password::"}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": f"/ecs/{family}", "awslogs-stream-prefix": "task"},
                },
            }
        ],
    }
