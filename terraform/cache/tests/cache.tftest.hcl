mock_provider "aws" {
  mock_resource "aws_elasticache_replication_group" {
    defaults = {
      arn                      = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:study-test-cache"
      primary_endpoint_address = "primary.study-test-cache.use1.cache.amazonaws.com"
      reader_endpoint_address  = "reader.study-test-cache.use1.cache.amazonaws.com"
    }
  }

  mock_resource "aws_elasticache_user" {
    defaults = { arn = "arn:aws:elasticache:us-east-1:123456789012:user:study-test-cache-client" }
  }
}

variables {
  name        = "study-test"
  network     = { vpc_id = "vpc-1", isolated_subnet_ids = ["subnet-1", "subnet-2"] }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  node_type   = "cache.t4g.small"
  clients     = { api = "sg-1", worker = "sg-2" }
  logs        = { retention_days = 30, kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/22222222-2222-3333-4444-555555555555" }
}

run "single_node_is_secure_and_has_no_failover" {
  command = plan

  assert {
    condition     = aws_elasticache_replication_group.cache.num_cache_clusters == 1 && !aws_elasticache_replication_group.cache.automatic_failover_enabled && !aws_elasticache_replication_group.cache.multi_az_enabled
    error_message = "Without replicas there is one node and AWS refuses failover."
  }

  assert {
    condition = alltrue([
      aws_elasticache_replication_group.cache.transit_encryption_enabled,
      aws_elasticache_replication_group.cache.transit_encryption_mode == "required",
      tobool(aws_elasticache_replication_group.cache.at_rest_encryption_enabled),
      aws_elasticache_replication_group.cache.kms_key_id == var.kms_key_arn,
      aws_elasticache_replication_group.cache.auth_token == null,
      tobool(aws_elasticache_replication_group.cache.auto_minor_version_upgrade),
    ])
    error_message = "TLS, encryption with the given key, minor upgrades and no token are not negotiable."
  }

  assert {
    condition     = aws_elasticache_replication_group.cache.snapshot_retention_limit == 7
    error_message = "Snapshots are kept for seven days unless said otherwise."
  }

  assert {
    condition     = aws_elasticache_user.disabled_default.user_name == "default" && startswith(aws_elasticache_user.disabled_default.access_string, "off ") && strcontains(aws_elasticache_user.disabled_default.access_string, "-@all")
    error_message = "The default user must be off and allowed nothing."
  }

  assert {
    condition     = aws_elasticache_user.client.authentication_mode[0].type == "iam" && aws_elasticache_user.client.user_id == aws_elasticache_user.client.user_name
    error_message = "The client signs in with IAM, which demands equal id and name."
  }

  assert {
    condition     = aws_elasticache_user_group.clients.user_ids == toset(["study-test-cache-default", "study-test-cache-client"])
    error_message = "The group must hold the disabled default user, or AWS puts its own open one in."
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.client) == ["api", "worker"] && aws_vpc_security_group_ingress_rule.client["api"].referenced_security_group_id == "sg-1"
    error_message = "There must be exactly one rule a client, from its security group."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.client : rule.from_port == 6379 && rule.to_port == 6379 && rule.cidr_ipv4 == null && rule.description != null])
    error_message = "Rules open one port to a group, never to an address range, and say for whom."
  }
}

run "replicas_turn_on_failover" {
  command = apply

  variables {
    replicas = 2
  }

  assert {
    condition     = aws_elasticache_replication_group.cache.num_cache_clusters == 3 && aws_elasticache_replication_group.cache.automatic_failover_enabled && aws_elasticache_replication_group.cache.multi_az_enabled
    error_message = "Replicas must bring failover across zones."
  }

  assert {
    condition     = output.cache.has_failover && output.cache.node_ids == ["study-test-cache-001", "study-test-cache-002", "study-test-cache-003"]
    error_message = "The output must name each node."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.delivered : group.kms_key_id == var.logs.kms_key_arn && group.retention_in_days == 30]) && length(aws_elasticache_replication_group.cache.log_delivery_configuration) == 2
    error_message = "Both logs must go to encrypted groups with retention."
  }
}

run "redis_gets_its_own_family" {
  command = plan

  variables {
    engine = { name = "redis", version = "7.1" }
  }

  assert {
    condition     = aws_elasticache_parameter_group.engine.family == "redis7"
    error_message = "The parameter group must follow the engine."
  }
}

run "refuses_an_engine_without_iam_and_impossible_numbers" {
  command = plan

  variables {
    engine                  = { name = "redis", version = "6.2" }
    client_access           = "on >hunter2 ~* +@all"
    node_type               = "r6g.large"
    replicas                = 6
    snapshot_retention_days = 90
    name                    = "a-name-that-elasticache-cannot-carry"
    network                 = { vpc_id = "vpc-1", isolated_subnet_ids = ["subnet-1"] }
    eviction_policy         = "lru"
  }

  expect_failures = [var.engine, var.client_access, var.node_type, var.replicas, var.snapshot_retention_days, var.name, var.network, var.eviction_policy]
}

run "refuses_memcached" {
  command = plan

  variables {
    engine = { name = "memcached", version = "7.0" }
  }

  expect_failures = [var.engine]
}
