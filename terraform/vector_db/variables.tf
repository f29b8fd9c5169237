variable "name" {
  description = "Prefix of everything the module makes, for example \"study-prod\". The group is called <name>-vector-db."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 40
    error_message = "name must be at most 40 lower-case letters, digits and single hyphens, and begin with a letter: IAM allows 64 for a role and \"-vector-db-snapshots\" is added to it."
  }
}

variable "network" {
  description = "Where the node lives: the VPC and its private subnets by zone letter."
  type = object({
    vpc_id          = string
    private_subnets = map(object({ id = string, availability_zone = string }))
  })
  nullable = false
}

variable "zone" {
  description = "Zone letter of the node. Volume and address cannot leave a zone, so changing it makes an empty volume: restore a snapshot first."
  type        = string
  default     = "a"
  nullable    = false

  validation {
    condition     = contains(keys(var.network.private_subnets), var.zone)
    error_message = "zone must be one of network.private_subnets' zones: ${join(", ", keys(var.network.private_subnets))}."
  }
}

variable "namespace" {
  description = "Private DNS namespace (Cloud Map) in which the database is called \"vector-db\"."
  type        = object({ id = string, name = string })
  nullable    = false
}

variable "kms_key_arn" {
  description = "Customer managed key for the data volume, its snapshots and the node's disk. Its policy must admit the auto-scaling service role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:...): changing it later makes a new, empty volume."
  }
}

variable "api_key" {
  description = "Secret whose whole value is the API key, the key it is encrypted with (also used for the certificate parameter), and its version: a new one replaces the node, which reads the secret at start."
  type = object({
    secret_arn  = string
    kms_key_arn = string
    version     = optional(number, 1)
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[^:]+:secretsmanager:", var.api_key.secret_arn))
    error_message = "api_key.secret_arn must be the ARN of a Secrets Manager secret, never the key itself: this value is in the user data."
  }

  validation {
    condition     = can(regex("^arn:[^:]+:kms:", var.api_key.kms_key_arn))
    error_message = "api_key.kms_key_arn must be the ARN of a KMS key (arn:aws:kms:...)."
  }
}

variable "instance_type" {
  description = "Graviton (arm64) instance type; vectors are held in memory, so the r family fits."
  type        = string
  default     = "r6g.large"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+[0-9]+g[a-z]*[.][a-z0-9]+$", var.instance_type))
    error_message = "instance_type must be a Graviton type such as \"r6g.large\": image and binary are built for arm64."
  }
}

variable "volume" {
  description = "The gp3 data volume. It can grow in place and never shrink."
  type = object({
    size_gib       = number
    iops           = optional(number, 3000)
    throughput_mib = optional(number, 125)
  })
  nullable = false

  validation {
    condition     = var.volume.size_gib >= 10 && var.volume.size_gib <= 16384
    error_message = "volume.size_gib must be 10 to 16384, the most gp3 allows."
  }

  validation {
    condition     = var.volume.iops >= 3000 && var.volume.iops <= 16000 && var.volume.throughput_mib >= 125 && var.volume.throughput_mib <= min(1000, var.volume.iops / 4)
    error_message = "volume.iops must be 3000 to 16000 and volume.throughput_mib 125 to 1000, with at least 4 iops for each MiB/s."
  }
}

variable "snapshot_retention_days" {
  description = "How many daily snapshots of the data volume are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.snapshot_retention_days >= 1 && var.snapshot_retention_days <= 1000
    error_message = "snapshot_retention_days must be 1 to 1000: the snapshots are the only backup of the vectors."
  }
}

variable "qdrant" {
  description = "Release to run. sha256 is the checksum of the archive, \"\" to trust the download's TLS alone; {version} in download_url is filled in."
  type = object({
    version      = string
    sha256       = optional(string, "")
    download_url = optional(string, "https://github.com/qdrant/qdrant/releases/download/v{version}/qdrant-aarch64-unknown-linux-musl.tar.gz")
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]+[.][0-9]+[.][0-9]+$", var.qdrant.version))
    error_message = "qdrant.version must be a full version such as \"1.20.0\": a moving one would change with the next dead node."
  }

  validation {
    condition     = can(regex("^([0-9a-f]{64})?$", var.qdrant.sha256))
    error_message = "qdrant.sha256 must be 64 lower-case hexadecimal digits, or \"\" for no check."
  }

  validation {
    condition     = can(regex("^https://[^\\s'\"$`]+$", var.qdrant.download_url)) && strcontains(var.qdrant.download_url, "{version}")
    error_message = "qdrant.download_url must be an https address without spaces or quotes that contains {version}."
  }
}

variable "clients" {
  description = "Who may connect: security group ids by a permanent name that appears in the rule's description."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "is_disposable" {
  description = "Whether the data may be lost with the environment: no final snapshot of the volume."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "What the roles made here may do at most, whatever they are granted: the ARN of a policy. null: no such limit."
  type        = string
  default     = null
}
