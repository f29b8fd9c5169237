# What a row's `each` means (monitoring/alerts.yaml, dashboards.yaml): the dimensions of each thing of that kind, and what it says
# of itself. A kind of which there is only one has the key "", and its alarms the row's name alone.
locals {
  watched_things = {
    balancer = { "" = { dimensions = { LoadBalancer = module.load_balancer.load_balancer.arn_suffix }, says = {} } }
    target_group = merge([
      for service, group in module.load_balancer.load_balancer.target_groups : {
        for colour in ["blue", "green"] : "${service}-${colour}" => {
          dimensions = { LoadBalancer = module.load_balancer.load_balancer.arn_suffix, TargetGroup = group[colour].arn_suffix }
          says       = {}
        }
      }
    ]...)
    # ElastiCache measures each node by itself, and nothing of the group that they make up.
    cache_node = {
      for id in module.cache.cache.node_ids : "node-${regex("[0-9]+$", id)}" => { dimensions = { CacheClusterId = id }, says = {} }
    }
    # Who reads through the cache; the reads are what the service itself counts.
    cache_reader = { api = { dimensions = { service = "api", environment = var.environment.name }, says = {} } }
    database     = { "" = { dimensions = { DBInstanceIdentifier = module.database.database.id }, says = {} } }
    replica = {
      for key, replica in module.database.database.replicas : "replica-${key}" => { dimensions = { DBInstanceIdentifier = replica.id }, says = {} }
    }
    # The edge's is renewed by the same records; its metrics are in us-east-1, out of reach of alarms elsewhere.
    certificate   = { balancer = { dimensions = { CertificateArn = module.balancer_certificate.certificate.arn }, says = {} } }
    vector_node   = { "" = { dimensions = { AutoScalingGroupName = module.vector_db.vector_db.autoscaling_group_name }, says = {} } }
    vector_search = { "" = { dimensions = { service = "api", environment = var.environment.name }, says = {} } }
    outbox        = { "" = { dimensions = { service = "outbox-relay", environment = var.environment.name }, says = {} } }
    queue = {
      for key, queue in module.queues : replace(key, "_", "-") => { dimensions = { QueueName = queue.queue.name }, says = queue.queue.limits }
    }
    dead_letter_queue = {
      for key, queue in module.queues : replace(key, "_", "-") => { dimensions = { QueueName = queue.queue.dead_letter.name }, says = {} }
    }
    service = {
      for key, service in module.services : replace(key, "_", "-") => { dimensions = service.service.dimensions, says = { min_tasks = service.service.autoscaling.min } }
    }
    # As lines name themselves (log_watch); tasks are told by SERVICE_ROLE.
    log    = { for key in keys(local.workloads) : replace(key, "_", "-") => { dimensions = { service = replace(key, "_", "-"), environment = var.environment.name }, says = {} } }
    bucket = { for key, bucket in module.buckets : key => { dimensions = { BucketName = bucket.bucket.name, StorageType = "StandardStorage" }, says = {} } }
    # Of the whole account, and in this region only, wherever an environment is.
    bill = { "" = { dimensions = { Currency = "USD" }, says = {}, region = "us-east-1" } }
  }
}
