output "cache" {
  description = "What a client, an alarm or a policy needs. A client connects with TLS as user_name and with a token signed for elasticache:Connect on connect_arns; node_ids are the CacheClusterId dimensions."
  value = {
    id                   = aws_elasticache_replication_group.cache.id
    replication_group_id = aws_elasticache_replication_group.cache.replication_group_id
    arn                  = aws_elasticache_replication_group.cache.arn
    node_ids             = [for number in range(1, 2 + var.replicas) : format("%s-%03d", local.identifier, number)]

    primary_endpoint = aws_elasticache_replication_group.cache.primary_endpoint_address
    reader_endpoint  = aws_elasticache_replication_group.cache.reader_endpoint_address
    port             = local.port
    has_failover     = local.has_failover

    user_name    = aws_elasticache_user.client.user_name
    user_arn     = aws_elasticache_user.client.arn
    connect_arns = [aws_elasticache_replication_group.cache.arn, aws_elasticache_user.client.arn]

    security_group_id = aws_security_group.cache.id
    log_group_names   = { for key, group in aws_cloudwatch_log_group.delivered : key => group.name }
  }
}
