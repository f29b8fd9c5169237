"""PostgreSQL: sessions, replicas, health and failover."""

from studyruntime.database.connecting import Connection, RotatingPassword
from studyruntime.database.database import Database, DatabaseHealth
from studyruntime.database.replicas import ReplicaState

__all__ = ["Connection", "Database", "DatabaseHealth", "ReplicaState", "RotatingPassword"]
