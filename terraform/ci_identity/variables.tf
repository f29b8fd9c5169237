variable "name" {
  description = "Prefix of roles and policies, for example \"study\": the role \"blue-plan\" becomes study-blue-plan."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 characters of a-z, 0-9 and '-', begin with a letter and not end with '-'; for example \"study\"."
  }
}

variable "repository" {
  description = <<-EOT
    The one GitHub repository whose jobs may become these roles. Subjects name it with ids, as GitHub does for repositories created or
    renamed since 2026-07-15, so that nobody who takes over a name takes over the account; `has_ids_in_subject = false` is the older form.
    The ids: `gh api repos/OWNER/NAME --jq '.owner.id, .id'`.
  EOT
  type = object({
    owner              = string
    owner_id           = string
    name               = string
    id                 = string
    has_ids_in_subject = optional(bool, true)
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+$", var.repository.owner)) && can(regex("^[A-Za-z0-9._-]+$", var.repository.name))
    error_message = "repository.owner and repository.name are names as in github.com/OWNER/NAME, without wildcards."
  }

  validation {
    condition     = can(regex("^[0-9]+$", var.repository.owner_id)) && can(regex("^[0-9]+$", var.repository.id))
    error_message = "repository.owner_id and repository.id are numbers, in quotes: gh api repos/OWNER/NAME --jq '.owner.id, .id'"
  }
}

variable "roles" {
  description = <<-EOT
    One role for each key, which its name ends with. `github_environment` is the environment that a job must run in; what protects it
    (reviewers, branches) is set on GitHub. `git_ref` is the one ref whose jobs get in, such as refs/heads/main; null: any that the
    environment lets in. `policies` are what the role may do and `boundary` what it may do at most, as JSON.
  EOT
  type = map(object({
    github_environment           = string
    git_ref                      = optional(string)
    description                  = string
    policies                     = map(string)
    boundary                     = string
    max_session_duration_seconds = optional(number, 3600)
  }))
  nullable = false

  validation {
    condition     = alltrue([for role in var.roles : can(regex("^[A-Za-z0-9_-]+$", role.github_environment))])
    error_message = "github_environment is the name of one environment: letters, digits, '_' and '-', no wildcard."
  }

  validation {
    condition     = alltrue([for role in var.roles : can(regex("^refs/(heads|tags)/[A-Za-z0-9._/-]+$", role.git_ref)) if role.git_ref != null])
    error_message = "git_ref is one ref in full, such as refs/heads/main, no wildcard."
  }

  validation {
    condition     = length(distinct([for role in var.roles : role.github_environment])) == length(var.roles)
    error_message = "Two roles trust the same github_environment: a job in it could choose the stronger one. Give each role an environment of its own."
  }

  validation {
    condition     = alltrue([for role in var.roles : length(role.policies) >= 1 && length(role.policies) <= 10])
    error_message = "A role holds 1 to 10 managed policies (the quota of IAM). Split or join them."
  }

  validation {
    condition     = alltrue(flatten([for role in var.roles : [for policy in concat(values(role.policies), [role.boundary]) : length(jsonencode(jsondecode(policy))) <= 6144]]))
    error_message = "A managed policy holds at most 6,144 characters without white space. Split the policy."
  }

  validation {
    condition     = alltrue([for role in var.roles : role.max_session_duration_seconds >= 3600 && role.max_session_duration_seconds <= 43200])
    error_message = "max_session_duration_seconds must be 3600 to 43200."
  }
}
