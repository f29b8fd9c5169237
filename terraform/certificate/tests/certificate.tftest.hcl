mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-west-1:123456789012:certificate/one"
      domain_validation_options = [
        { domain_name = "study.example", resource_record_name = "_a.study.example.", resource_record_type = "CNAME", resource_record_value = "_x.acm-validations.aws." },
        { domain_name = "*.study.example", resource_record_name = "_a.study.example.", resource_record_type = "CNAME", resource_record_value = "_x.acm-validations.aws." },
        { domain_name = "cdn.study.example", resource_record_name = "_b.cdn.study.example.", resource_record_type = "CNAME", resource_record_value = "_y.acm-validations.aws." },
      ]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/one" }
  }
}

variables {
  domain_name       = "study.example"
  alternative_names = ["*.study.example", "cdn.study.example"]
  zone_id           = "Z0123456789"
}

run "names_are_proved_by_dns" {
  command = apply

  assert {
    condition     = aws_acm_certificate.site.validation_method == "DNS" && aws_acm_certificate.site.subject_alternative_names == toset(["*.study.example", "cdn.study.example"])
    error_message = "The certificate covers every name and is proved by DNS, so that it renews by itself."
  }

  assert {
    condition     = keys(aws_route53_record.proof) == ["cdn.study.example", "study.example"]
    error_message = "A name and its wildcard share one record."
  }

  assert {
    condition     = aws_route53_record.proof["cdn.study.example"].name == "_b.cdn.study.example." && aws_route53_record.proof["cdn.study.example"].zone_id == "Z0123456789"
    error_message = "Each record must be the one ACM asks for, in the given zone."
  }

  assert {
    condition     = aws_acm_certificate.site.options[0].certificate_transparency_logging_preference == "ENABLED"
    error_message = "Certificates must be logged publicly."
  }

  assert {
    condition     = output.certificate.arn == "arn:aws:acm:eu-west-1:123456789012:certificate/one"
    error_message = "The ARN given out is the one of the issued certificate."
  }
}

run "urls_are_refused" {
  command = plan

  variables {
    domain_name = "https://study.example"
  }

  expect_failures = [var.domain_name]
}

run "a_wildcard_in_the_middle_is_refused" {
  command = plan

  variables {
    alternative_names = ["a.*.study.example"]
  }

  expect_failures = [var.alternative_names]
}

run "a_name_given_twice_is_refused" {
  command = plan

  variables {
    alternative_names = ["study.example"]
  }

  expect_failures = [var.alternative_names]
}
