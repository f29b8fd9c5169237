# What a workload is told about its surroundings. Names follow the runtime package's settings, the same on a laptop.
locals {
  shared_environment = merge(
    {
      ENVIRONMENT             = "cloud"
      INFRASTRUCTURE_PROVIDER = "aws"
      DEPLOYMENT_ENVIRONMENT  = var.environment.name
      AWS_REGION              = var.environment.region

      MESSAGE_BROKER_TYPE = "elasticache"
      REDIS_HOST          = module.cache.cache.primary_endpoint
      REDIS_READER_HOST   = module.cache.cache.reader_endpoint
      REDIS_PORT          = tostring(module.cache.cache.port)
      REDIS_USER          = module.cache.cache.user_name

      TASK_QUEUE_TYPE = "sqs"
      STORAGE_TYPE    = "s3"

      DATABASE_HOST          = module.database.database.address
      DATABASE_PORT          = tostring(module.database.database.port)
      DATABASE_NAME          = module.database.database.name
      DATABASE_REPLICA_HOSTS = join(",", [for key in sort(keys(module.database.database.replicas)) : module.database.database.replicas[key].address])

      QDRANT_URL                      = module.vector_db.vector_db.endpoint
      QDRANT_CA_CERTIFICATE_PARAMETER = module.vector_db.vector_db.ca_certificate_parameter.name
    },
    { for key, queue in module.queues : "${upper(key)}_URL" => queue.queue.url },
    { for key, bucket in module.buckets : "${upper(key)}_BUCKET" => bucket.bucket.name if key != "web" },
  )

  shared_secrets = {
    DATABASE_USER       = { arn = module.database.database.secret_arn, json_key = "username", kms_key_arn = module.encryption.keys["data"].arn }
    DATABASE_PASSWORD   = { arn = module.database.database.secret_arn, json_key = "password", kms_key_arn = module.encryption.keys["data"].arn }
    SESSION_SIGNING_KEY = { arn = module.secrets.secrets["session_signing"].arn, json_key = null, kms_key_arn = module.encryption.keys["secrets"].arn }
    QDRANT_API_KEY      = { arn = module.secrets.secrets["qdrant_api_key"].arn, json_key = null, kms_key_arn = module.encryption.keys["secrets"].arn }
  }
}
