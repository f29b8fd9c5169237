# The contract with the toolkit: what it verifies after an apply and acts on later.
output "platform" {
  description = "Names and addresses of everything an operator or a release needs."
  value = {
    name = local.name
    url  = "https://${var.domain.name}"

    cluster = { name = module.cluster.cluster.name, arn = module.cluster.cluster.arn }
    services = {
      for key, service in module.services : key => {
        name                   = service.service.name
        task_definition_family = service.service.task_definition_family
        task_definition_arn    = service.service.task_definition_arn # the template of the next release
        log_group_name         = service.service.log_group_name
      }
    }

    load_balancer = {
      arn           = module.load_balancer.load_balancer.arn
      dns_name      = module.load_balancer.load_balancer.dns_name
      target_groups = module.load_balancer.load_balancer.target_groups
    }

    registry_url = module.registry.repositories["app"].url
    queue_urls   = { for key, queue in module.queues : key => queue.queue.url }
    buckets      = merge({ for key, bucket in module.buckets : key => bucket.bucket.name }, { logs = module.log_bucket.bucket.name })

    database = {
      identifier          = module.database.database.id
      endpoint            = module.database.database.endpoint
      secret_arn          = module.database.database.secret_arn
      replica_identifiers = { for key, replica in module.database.database.replicas : key => replica.id }
    }

    cache = {
      replication_group_id = module.cache.cache.replication_group_id
      endpoint             = "${module.cache.cache.primary_endpoint}:${module.cache.cache.port}"
    }

    vector_database = {
      endpoint               = module.vector_db.vector_db.endpoint
      autoscaling_group_name = module.vector_db.vector_db.autoscaling_group_name
    }

    distribution = local.has_edge ? {
      id          = module.edge["cdn"].distribution.id
      domain_name = module.edge["cdn"].distribution.domain_name
    } : null

    prometheus   = local.has_prometheus ? { endpoint = module.managed_prometheus["workspace"].workspace.endpoint } : null
    grafana      = local.has_grafana ? { url = module.managed_grafana["workspace"].workspace.url } : null
    topics       = module.alarms.topic_arns
    name_servers = flatten([for zone in aws_route53_zone.public : zone.name_servers])
  }
}
