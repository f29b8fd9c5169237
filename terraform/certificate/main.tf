resource "aws_acm_certificate" "site" {
  domain_name               = var.domain_name
  subject_alternative_names = var.alternative_names
  validation_method         = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED" # browsers refuse certificates that are not logged
  }

  tags = { Name = var.domain_name }

  lifecycle {
    create_before_destroy = true # a listener cannot be without one
  }
}

locals {
  # "*.a.example" and "a.example" are proved by one and the same record.
  proved_names = toset([for name in concat([var.domain_name], tolist(var.alternative_names)) : trimprefix(name, "*.")])

  proofs = {
    for option in aws_acm_certificate.site.domain_validation_options : trimprefix(option.domain_name, "*.") => option...
  }
}

resource "aws_route53_record" "proof" {
  for_each = local.proved_names

  zone_id = var.zone_id
  name    = local.proofs[each.key][0].resource_record_name
  type    = local.proofs[each.key][0].resource_record_type
  records = [local.proofs[each.key][0].resource_record_value]
  ttl     = 300

  # The record is the same for every certificate of this name in the account, whatever its region.
  allow_overwrite = true
}

# Ends when the certificate is issued. ACM renews it for as long as the records stay.
resource "aws_acm_certificate_validation" "site" {
  certificate_arn         = aws_acm_certificate.site.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}
