output "state_bucket" {
  description = "Where every environment of this account keeps its state and ledger."
  value = {
    name        = module.state_bucket.bucket.name
    arn         = module.state_bucket.bucket.arn
    kms_key_arn = module.encryption.keys["state"].arn
  }
}

output "state_copy" {
  description = "Where state and ledger are when the region is lost; null where no environment keeps copies."
  value       = one([for copy in module.state_copy : { name = copy.bucket.name, arn = copy.bucket.arn, region = local.copy_region }])
}

output "pipeline_role_arns" {
  description = "What jobs assume: ENV-plan and ENV-drift in the GitHub environments of the same names, ENV-apply in ENV: each is its variable ROLE_ARN. ENV-source is the variable SOURCE_ROLE_ARN of an ENV that is in another account."
  value       = var.pipeline == null ? {} : module.ci_identity[0].role_arns
}
