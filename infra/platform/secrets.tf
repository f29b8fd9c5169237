module "secrets" {
  source = "../../terraform/secrets"

  name        = local.name
  kms_key_arn = module.encryption.keys["secrets"].arn
  secrets = {
    session_signing = { description = "Signs user sessions", generated_length = 64 }
  }
}
