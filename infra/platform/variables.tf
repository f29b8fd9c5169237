# One variable a topic, each the mirror of a section of environments/<name>.yaml. The toolkit renders and validates
# the values; the types here refuse a file that was written by hand and forgot something.

variable "environment" {
  description = "Which environment this is and where it lives."
  type = object({
    name             = string
    project          = string
    owner            = string
    cost_center      = string
    account_id       = string
    region           = string
    backup_region    = string
    can_be_destroyed = bool
  })
  nullable = false
}

variable "domain" {
  description = "Public name of the platform. Without a hosted zone id a zone is created, which its parent must delegate to."
  type = object({
    name           = string
    hosted_zone_id = optional(string)
  })
  nullable = false
}

variable "network" {
  description = "Address plan by zone letter, and how private subnets reach the outside."
  type = object({
    cidr              = string
    nat_gateways      = string
    private_endpoints = set(string)
    zones = map(object({
      public   = string
      private  = string
      isolated = string
    }))
  })
  nullable = false
}

variable "first_image_digest" {
  description = "Digest of the image services are created with. Releases own what runs afterwards."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.first_image_digest))
    error_message = "first_image_digest must be sha256: and 64 hex digits; a tag can be moved to another image."
  }
}

variable "cluster" {
  description = "What the container cluster offers to operators."
  type = object({
    has_container_insights = bool
    has_exec               = bool
  })
  nullable = false
}

variable "services" {
  description = "Size and scaling of each workload of workloads.tf."
  type = map(object({
    cpu        = number
    memory_mib = number
    capacity   = string
    log_level  = string
    scaling = object({
      min              = number
      max              = number
      cpu_percent      = number
      memory_percent   = number
      backlog_per_task = optional(number)
      schedules = optional(map(object({
        cron     = string
        timezone = optional(string, "UTC")
        min      = number
        max      = number
      })), {})
    })
  }))
  nullable = false
}

variable "queues" {
  description = "Task queues by name. Each gets a dead-letter queue."
  type = map(object({
    consumer_timeout_seconds = number
    max_receive_count        = number
    retention_days           = number
  }))
  nullable = false
}

variable "object_storage" {
  description = "Buckets and what happens to their objects as they age."
  type = object({
    has_backup_region_copies = bool
    buckets = map(object({
      infrequent_access_after_days = optional(number)
      glacier_after_days           = optional(number)
      expire_after_days            = optional(number)
    }))
  })
  nullable = false
}

variable "cache" {
  description = "The in-memory store behind caching, events and task results."
  type = object({
    node_type               = string
    replicas                = number
    snapshot_retention_days = number
  })
  nullable = false
}

variable "database" {
  description = "The relational database."
  type = object({
    engine_version           = string
    instance_class           = string
    storage_gib              = number
    max_storage_gib          = number
    is_multi_az              = bool
    read_replicas            = number
    backup_retention_days    = number
    has_backup_region_copies = bool
    is_deletion_protected    = bool
  })
  nullable = false
}

variable "vector_database" {
  description = "The vector search engine."
  type = object({
    instance_type           = string
    volume_gib              = number
    snapshot_retention_days = number
    qdrant_version          = string
  })
  nullable = false
}

variable "edge" {
  description = "Content delivery network; null serves everything from the load balancer."
  type = object({
    price_class            = string
    requests_per_5_minutes = number
  })
}

variable "logs" {
  description = "How long logs stay searchable, and whether they are archived as they arrive."
  type = object({
    retention_days = number
    has_archive    = bool
  })
  nullable = false
}

variable "alarms" {
  description = "How much is watched and who hears of it."
  type = object({
    level             = string
    emails            = set(string)
    has_on_call_topic = bool
  })
  nullable = false
}

variable "budget" {
  description = "Monthly spending limit in US dollars and when to warn."
  type = object({
    monthly_usd       = number
    alert_percents    = set(number)
    has_anomaly_alert = bool
  })
  nullable = false
}
