output "state_bucket" {
  description = "Where every environment of this account keeps its state and ledger."
  value = {
    name        = module.state_bucket.bucket.name
    arn         = module.state_bucket.bucket.arn
    kms_key_arn = module.encryption.keys["state"].arn
  }
}
