module "balancer_certificate" {
  source = "../../terraform/certificate"

  # The CDN passes the viewer's Host on, so the balancer must answer under the public name too.
  domain_name       = var.domain.name
  alternative_names = local.has_edge ? [local.balancer_domain] : []
  zone_id           = local.zone_id
}

module "balancer_firewall" {
  source   = "../../terraform/firewall"
  for_each = local.has_edge ? { regional = var.edge } : {}

  name                   = "${local.name}-balancer"
  scope                  = "REGIONAL"
  requests_per_5_minutes = each.value.requests_per_5_minutes
  client_address_header  = "X-Forwarded-For"
  logs                   = local.logs
}

module "load_balancer" {
  source = "../../terraform/load_balancer"

  name                  = local.name
  network               = module.network.network
  certificate_arn       = module.balancer_certificate.certificate.arn
  access_logs           = { bucket = module.log_bucket.log_destination.name, prefix = module.log_bucket.log_destination.prefixes["load_balancer_logs"] }
  ingress               = local.has_edge ? "cdn" : "world"
  web_acl               = local.has_edge ? { arn = module.balancer_firewall["regional"].firewall.arn } : null
  is_deletion_protected = !var.environment.can_be_destroyed

  target_groups = {
    for key, workload in local.workloads : key => {
      port          = workload.port
      path_patterns = concat(workload.paths, workload.websocket_paths)
      priority      = workload.priority
      health        = { path = "/health/ready" }
    } if workload.port != null
  }
}

resource "aws_route53_record" "balancer" {
  for_each = toset(["A"])

  zone_id = local.zone_id
  name    = local.balancer_domain
  type    = each.key

  alias {
    name                   = module.load_balancer.load_balancer.dns_name
    zone_id                = module.load_balancer.load_balancer.zone_id
    evaluate_target_health = true
  }
}
