# The CDN: the site from its bucket, everything else from the balancer.
module "edge_certificate" {
  source    = "../../terraform/certificate"
  for_each  = local.has_edge ? { cdn = var.edge } : {}
  providers = { aws = aws.global }

  domain_name = var.domain.name
  zone_id     = local.zone_id
}

module "edge_firewall" {
  source    = "../../terraform/firewall"
  for_each  = local.has_edge ? { cdn = var.edge } : {}
  providers = { aws = aws.global }

  name                   = "${local.name}-edge"
  scope                  = "CLOUDFRONT"
  requests_per_5_minutes = each.value.requests_per_5_minutes
  logs                   = { retention_days = local.retention_days, kms_key_arn = module.edge_encryption["cdn"].keys["logs"].arn }
}

# Logs of the edge's firewall lie where the edge is, and so must their key.
module "edge_encryption" {
  source    = "../../terraform/encryption"
  for_each  = local.has_edge ? { cdn = var.edge } : {}
  providers = { aws = aws.global }

  name = "${local.name}-edge"
  keys = { logs = { description = "Logs of the edge's firewall", used_by = ["logs"] } }
}

module "edge" {
  source    = "../../terraform/edge"
  for_each  = local.has_edge ? { cdn = var.edge } : {}
  providers = { aws = aws.global }

  name            = local.name
  aliases         = [var.domain.name]
  certificate_arn = module.edge_certificate["cdn"].certificate.arn
  price_class     = each.value.price_class
  web_acl_arn     = module.edge_firewall["cdn"].firewall.arn
  web_bucket      = module.buckets["web"].bucket
  log_destination = { bucket_arn = module.log_bucket.log_destination.arn, prefix = module.log_bucket.log_destination.prefixes["cdn_logs"] }

  balancer_origin = {
    dns_name        = local.balancer_domain
    paths           = flatten([for workload in values(local.workloads) : workload.paths])
    websocket_paths = flatten([for workload in values(local.workloads) : workload.websocket_paths])
  }
}

resource "aws_s3_object" "error_page" {
  for_each = local.has_edge ? module.edge["cdn"].distribution.error_pages : {}

  bucket       = module.buckets["web"].bucket.name
  key          = each.key
  content      = each.value
  content_type = "text/html; charset=utf-8"
}

resource "aws_route53_record" "edge" {
  for_each = local.has_edge ? toset(["A", "AAAA"]) : toset([])

  zone_id = local.zone_id
  name    = var.domain.name
  type    = each.key

  alias {
    name                   = module.edge["cdn"].distribution.domain_name
    zone_id                = module.edge["cdn"].distribution.hosted_zone_id
    evaluate_target_health = false
  }
}
