output "certificate" {
  description = "The certificate, once issued: whoever uses its ARN waits for that."
  value = {
    arn               = aws_acm_certificate_validation.site.certificate_arn
    domain_name       = var.domain_name
    alternative_names = var.alternative_names
  }
}
