variable "name" {
  description = "Prefix of everything the module makes, for example \"study-prod\". The replication group is called <name>-cache."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 26
    error_message = "name must be at most 26 lower-case letters, digits and single hyphens, and begin with a letter: ElastiCache allows 40 and \"-cache-default\" is added to it."
  }
}

variable "network" {
  description = "Where the cache lives: the VPC and its isolated subnets."
  type = object({
    vpc_id              = string
    isolated_subnet_ids = list(string)
  })
  nullable = false

  validation {
    condition     = length(var.network.isolated_subnet_ids) >= 2
    error_message = "network.isolated_subnet_ids needs subnets in at least two zones, or a replica has nowhere to take over."
  }
}

variable "kms_key_arn" {
  description = "Customer managed key for data at rest and snapshots."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key (arn:aws:kms:...): changing it later replaces the cache."
  }
}

variable "engine" {
  description = "Engine and version. Versions above Valkey 7 and Redis 6 are given as major.minor; patches come in the maintenance window."
  type = object({
    name    = optional(string, "valkey")
    version = optional(string, "8.0")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["valkey", "redis"], var.engine.name)
    error_message = "engine.name must be \"valkey\" or \"redis\"; memcached has neither users nor failover."
  }

  validation {
    condition     = can(regex("^([7-9]|[1-9][0-9])[.][0-9]+$", var.engine.version))
    error_message = "engine.version must be major.minor and at least 7.0, the first that can sign clients in with IAM."
  }
}

variable "node_type" {
  description = "Node type of the primary and of each replica, for example \"cache.t4g.small\"."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^cache[.][a-z0-9]+[.][a-z0-9]+$", var.node_type))
    error_message = "node_type must be an ElastiCache node type such as \"cache.t4g.small\" (with the \"cache.\" prefix)."
  }
}

variable "replicas" {
  description = "Copies besides the primary. One or more turns on automatic failover across zones."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.replicas >= 0 && var.replicas <= 5 && floor(var.replicas) == var.replicas
    error_message = "replicas must be a whole number from 0 to 5, the most ElastiCache allows."
  }
}

variable "eviction_policy" {
  description = "What goes when memory is full. The default drops only keys that have an expiry, so that locks and counters without one survive."
  type        = string
  default     = "volatile-lru"
  nullable    = false

  validation {
    condition     = contains(["allkeys-lfu", "allkeys-lru", "allkeys-random", "noeviction", "volatile-lfu", "volatile-lru", "volatile-random", "volatile-ttl"], var.eviction_policy)
    error_message = "eviction_policy must be one of the engine's maxmemory policies, such as \"volatile-lru\" or \"allkeys-lru\"."
  }
}

variable "client_access" {
  description = "ACL of the client user. The default allows everything on all keys and channels except dangerous commands (FLUSHALL, KEYS, CONFIG); INFO stays, because client libraries ask for it."
  type        = string
  default     = "on ~* &* +@all -@dangerous +info"
  nullable    = false

  validation {
    condition     = startswith(var.client_access, "on ") && !can(regex("[><]|nopass", var.client_access))
    error_message = "client_access must begin with \"on \" and hold no password and no \"nopass\": the user signs in with IAM."
  }
}

variable "snapshot_retention_days" {
  description = "How many daily snapshots are kept; 0 makes none."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.snapshot_retention_days >= 0 && var.snapshot_retention_days <= 35
    error_message = "snapshot_retention_days must be 0 to 35, the most ElastiCache keeps."
  }
}

variable "clients" {
  description = "Who may connect: security group ids by a permanent name that appears in the rule's description."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "logs" {
  description = "Log groups of the engine log and the slow log."
  type = object({
    retention_days = number
    kms_key_arn    = string
  })
  nullable = false
}

variable "is_disposable" {
  description = "Whether changes that interrupt clients are applied at once instead of in the maintenance window."
  type        = bool
  default     = false
  nullable    = false
}
