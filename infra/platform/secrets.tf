module "secrets" {
  source = "../../terraform/secrets"

  name        = local.name
  kms_key_arn = module.encryption.keys["secrets"].arn
  secrets = merge(local.exporter_keys, {
    session_signing = { description = "Signs the sessions of users", generated_length = 64, recovery_window_days = var.environment.can_be_destroyed ? 0 : 30 }
    qdrant_api_key  = { description = "Key of the vector database's API", generated_length = 48, recovery_window_days = var.environment.can_be_destroyed ? 0 : 30 }
  })
}
