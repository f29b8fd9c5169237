variable "name" {
  description = "Prefix of everything the module makes, for example \"study-prod\". The instance is called <name>-database."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 32
    error_message = "name must be at most 32 lower-case letters, digits and single hyphens, and begin with a letter: RDS, AWS Backup and IAM names are built from it."
  }
}

variable "network" {
  description = "Where the database lives: the VPC and its isolated subnets, in at least two zones."
  type = object({
    vpc_id              = string
    isolated_subnet_ids = list(string)
  })
  nullable = false

  validation {
    condition     = length(var.network.isolated_subnet_ids) >= 2
    error_message = "network.isolated_subnet_ids needs subnets in at least two zones: RDS refuses a subnet group of one zone, even for a single instance."
  }
}

variable "kms_key_arn" {
  description = "Customer managed key for storage, snapshots, performance insights, the admin's secret and the backup vault."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:...): an alias or a key id makes RDS plan a change each time."
  }
}

variable "engine_version" {
  description = "PostgreSQL version. Give the major version only (\"16\") and minor upgrades happen in the maintenance window."
  type        = string
  default     = "16"
  nullable    = false

  validation {
    condition     = can(regex("^(1[4-9]|[2-9][0-9])([.][0-9]+)?$", var.engine_version))
    error_message = "engine_version must be a supported PostgreSQL version, 14 or newer, such as \"16\" or \"16.9\"."
  }
}

variable "instance" {
  description = "Size of the primary and of each replica. Storage grows by itself up to max_storage_gib. A new major engine_version is refused until allows_major_version_upgrade is true."
  type = object({
    class                        = string
    storage_gib                  = number
    max_storage_gib              = number
    allows_major_version_upgrade = optional(bool, false)
  })
  nullable = false

  validation {
    condition     = can(regex("^db[.][a-z0-9]+[.][a-z0-9]+$", var.instance.class)) && !can(regex("[.](micro|small)$", var.instance.class))
    error_message = "instance.class must be an RDS class of at least medium size, such as \"db.t4g.medium\": smaller ones cannot run performance insights."
  }

  validation {
    condition     = var.instance.storage_gib >= 20
    error_message = "instance.storage_gib must be at least 20, the minimum for gp3."
  }

  validation {
    condition     = var.instance.max_storage_gib >= ceil(var.instance.storage_gib * 1.1)
    error_message = "instance.max_storage_gib must be at least 10 % above instance.storage_gib, or RDS refuses storage autoscaling."
  }
}

variable "is_multi_az" {
  description = "Whether a standby in another zone takes over when the primary fails."
  type        = bool
  default     = false
  nullable    = false
}

variable "read_replicas" {
  description = "Number of read replicas. With one or more, the admin's password is no longer rotated by RDS, because AWS does not support both; see the README."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.read_replicas >= 0 && var.read_replicas <= 15 && floor(var.read_replicas) == var.read_replicas
    error_message = "read_replicas must be a whole number from 0 to 15, the most RDS for PostgreSQL allows."
  }
}

variable "backup" {
  description = "How far back the database can be put, in days: for point-in-time recovery and for the daily snapshots in the vault. copy_vault receives a copy of each snapshot, usually in another region, encrypted with its key."
  type = object({
    retention_days = number
    copy_vault     = optional(object({ arn = string, kms_key_arn = string }))
  })
  nullable = false

  validation {
    condition     = var.backup.retention_days >= 7 && var.backup.retention_days <= 35
    error_message = "backup.retention_days must be 7 to 35: fewer leaves no time to notice a loss, and RDS keeps automated backups for no more than 35."
  }
}

variable "clients" {
  description = "Who may connect: security group ids by a permanent name that appears in the rule's description."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "admin" {
  description = <<-EOT
    Name of the admin user. is_rotated_by_rds: whether RDS holds the password and exchanges it every seven days; not for clients that
    read the secret when they start, as ECS does for a task: they would be refused from then on. With read replicas it never is.
    password_version: a number to raise when the password that the module holds is to be changed.
  EOT
  type = object({
    name              = optional(string, "dbadmin")
    is_rotated_by_rds = optional(bool, true)
    password_version  = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{2,62}$", var.admin.name)) && !contains(["admin", "postgres", "rdsadmin", "root", "user", "master"], var.admin.name)
    error_message = "admin.name must be a name of your own of 3 to 63 lower-case letters, digits and underscores: the usual ones are the first an attacker tries, and RDS reserves some."
  }
}

variable "database_name" {
  description = "Database created in a new instance."
  type        = string
  default     = "app"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name must begin with a letter and hold only lower-case letters, digits and underscores."
  }
}

variable "logs" {
  description = "Log groups of the primary and the replicas, and from how many milliseconds on a statement is logged as slow."
  type = object({
    retention_days          = number
    kms_key_arn             = string
    slow_query_milliseconds = optional(number, 1000)
  })
  nullable = false

  validation {
    condition     = var.logs.slow_query_milliseconds >= 100
    error_message = "logs.slow_query_milliseconds must be at least 100: lower values log most statements, with the values in them."
  }
}

variable "events_topic" {
  description = "SNS topic told about failover, failure, low storage, maintenance and configuration changes; null for none. Its policy and key must admit events.rds.amazonaws.com."
  type        = object({ arn = string })
  default     = null
}

variable "is_deletion_protected" {
  description = "Whether AWS refuses to delete the primary. Lifting it says nothing about the data: see is_disposable."
  type        = bool
  default     = true
  nullable    = false
}

variable "is_disposable" {
  description = "Whether the data may be lost with the environment: no final snapshot, automated backups deleted with the instance, a vault that is emptied on destroy, and changes applied at once instead of in the maintenance window."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "What the roles made here may do at most, whatever they are granted: the ARN of a policy. null: no such limit."
  type        = string
  default     = null
}
