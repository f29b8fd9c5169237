# Who the pipeline is in this account: for each environment a role that plans, one that looks for drift and one that changes. What they may do is
# generated from iam-policies/studyctl, so what a job holds is what was proven (docs/iam.md).
locals {
  policies     = "${path.module}/../../iam-policies"
  environments = var.pipeline == null ? {} : var.environments
  main         = "refs/heads/main"

  # Where what an environment releases was proven; itself, where that is in another account or nowhere.
  sources = {
    for name in keys(local.environments) : name => (
      contains(keys(local.environments), lookup(var.pipeline.promotions, name, name)) ? lookup(var.pipeline.promotions, name, name) : name
    )
  }

  # Environments of other accounts that release what was proven in one of this account: their jobs read it here.
  guests = {
    for name, source in var.pipeline == null ? {} : var.pipeline.promotions : name => source
    if contains(keys(local.environments), source) && !contains(keys(local.environments), name)
  }

  places = {
    for name, environment in local.environments : name => {
      partition    = data.aws_partition.current.partition
      region       = var.account.region
      account      = var.account.id
      environment  = name
      project      = var.account.project
      source       = local.sources[name]
      prefix       = "${var.account.project}-${name}"
      state_bucket = local.bucket
    }
  }

  granted = {
    for name, places in local.places : name => {
      for kind in ["reads", "drift", "changes", "promote_source"] : kind => {
        for file in fileset("${local.policies}/generated", "studyctl_${kind}_*.json.tftpl") :
        replace(trimprefix(trimsuffix(file, ".json.tftpl"), "studyctl_"), "_", "-") => jsonencode(jsondecode(templatefile("${local.policies}/generated/${file}", places)))
      }
    }
  }

  boundaries = {
    for name, places in local.places : name => jsonencode(jsondecode(templatefile("${local.policies}/boundary.json.tftpl", merge(places, {
      limit   = local.limit_arns[name] # by its name, so that a first plan shows the whole boundary
      regions = distinct([var.account.region, local.environments[name].backup_region, "us-east-1"])
      others  = setsubtract(keys(local.environments), [name])
    }))))
  }

  roles = merge(
    {
      for name, granted in local.granted : "${name}-plan" => {
        github_environment = "${name}-plan"
        description        = "Plans ${name}; changes nothing but the lock on its state"
        policies           = granted.reads
        boundary           = local.boundaries[name]
      }
    },
    # It may not wait for anybody at night, so its environment has no reviewers; what only they would keep out, other branches, is kept out here.
    {
      for name, granted in local.granted : "${name}-drift" => {
        github_environment = "${name}-drift"
        git_ref            = local.main
        description        = "Looks for drift of ${name}; changes nothing but the lock on its state"
        policies           = granted.drift
        boundary           = local.boundaries[name]
      }
    },
    {
      for name, granted in local.granted : "${name}-apply" => {
        github_environment = name
        git_ref            = local.main
        description        = "Deploys and releases ${name}"
        policies           = merge(granted.reads, granted.changes)
        boundary           = local.boundaries[name]
        # As long as the longest job of deploy.yml: credentials that end in the middle of an apply leave its state unstored.
        max_session_duration_seconds = 14400
      }
    },
    {
      for name, source in local.guests : "${name}-source" => {
        github_environment = name
        git_ref            = local.main
        description        = "Reads what ${name}, which is in another account, promotes: releases and images of ${source}"
        policies           = local.granted[source].promote_source
        boundary           = local.boundaries[source]
      }
    },
  )
}

module "ci_identity" {
  source = "../../terraform/ci_identity"
  count  = var.pipeline == null ? 0 : 1

  name       = var.account.project
  repository = var.pipeline.repository
  roles      = local.roles
}
