mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name    = "study-blue-api"
  cluster = { arn = "arn:aws:ecs:eu-central-1:111122223333:cluster/study-blue", name = "study-blue" }
  network = { vpc_id = "vpc-1", private_subnet_ids = ["subnet-1", "subnet-2"] }
  container = {
    image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
    port           = 8000
    cpu            = 256
    memory_mib     = 512
    logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
  }
  scaling = { min = 1, max = 1 }
  collector = {
    metrics   = { port = 9100, job = "study", labels = { service = "api" } }
    workspace = { arn = "arn:aws:aps:eu-central-1:111122223333:workspace/ws-1", remote_write_url = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write" }
  }
}

run "it_sits_beside_the_application_and_may_die" {
  command = plan

  assert {
    condition     = [for container in local.collector : [container.name, container.essential, container.user, container.readonlyRootFilesystem, container.privileged, container.memory]] == [["collector", false, "10001:10001", true, false, 256]]
    error_message = "One container more, not essential and as locked down as the application."
  }
  assert {
    condition     = can(regex("^public\\.ecr\\.aws/aws-observability/aws-otel-collector@sha256:[0-9a-f]{64}$", local.collector[0].image)) && local.collector[0].healthCheck.command == ["CMD", "/healthcheck"] && local.collector[0].linuxParameters.capabilities.drop == ["ALL"]
    error_message = "AWS's image by digest, its own health check, no capabilities."
  }
  assert {
    condition     = local.collector[0].environment == [{ name = "AOT_CONFIG_CONTENT", value = jsonencode(local.collector_configuration) }] && length(local.collector[0].secrets) == 0
    error_message = "The configuration comes with the task; no key is needed for AWS."
  }
}

run "it_sends_metrics_to_the_workspace_and_traces_to_xray" {
  command = plan

  assert {
    condition = local.collector_configuration.service.pipelines == {
      "metrics/workspace" = { receivers = ["prometheus"], processors = ["memory_limiter", "resourcedetection", "resource", "batch"], exporters = ["prometheusremotewrite"] }
      traces              = { receivers = ["otlp"], processors = ["memory_limiter", "resourcedetection", "resource", "batch"], exporters = ["awsxray"] }
    }
    error_message = "Two pipelines, one for each that takes something."
  }
  assert {
    condition     = local.scrape.job_name == "study" && local.scrape.static_configs[0].labels["service"] == "api" && endswith(local.scrape.static_configs[0].targets[0], ":9100")
    error_message = "Rules find the series by job and service."
  }
  assert {
    condition     = { for statement in data.aws_iam_policy_document.collector[0].statement : one(statement.actions) => one(statement.resources) } == { "aps:RemoteWrite" = "arn:aws:aps:eu-central-1:111122223333:workspace/ws-1", "xray:PutTraceSegments" = "*" }
    error_message = "It may write into its workspace and send traces, and no more."
  }
  assert {
    condition     = keys(aws_iam_role_policy.task) == ["collector"]
    error_message = "What it may do is a policy of its own."
  }
}

run "the_application_is_told_where_its_spans_go" {
  command = plan
  variables {
    container = {
      image          = "api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/api"
      cpu            = 256
      memory_mib     = 512
      environment    = { LOG_LEVEL = "info", OTEL_TRACES_SAMPLER_ARG = "1" }
      logs           = { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/logs" }
    }
  }

  assert {
    condition = { for variable in local.container.environment : variable.name => variable.value } == {
      LOG_LEVEL                   = "info"
      OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
      OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"
      OTEL_TRACES_SAMPLER         = "parentbased_traceidratio"
      OTEL_TRACES_SAMPLER_ARG     = "1"
    }
    error_message = "The standard variables, and a caller's own word before the module's."
  }
  assert {
    condition     = local.collector_configuration.receivers.otlp.protocols.http.endpoint == "127.0.0.1:4318"
    error_message = "It listens where the application sends to."
  }
}

run "metrics_alone_trace_nothing" {
  command = plan
  variables {
    collector = {
      has_traces = false
      metrics    = { port = 9100, job = "study" }
      workspace  = { arn = "arn:aws:aps:eu-central-1:111122223333:workspace/ws-1", remote_write_url = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write" }
    }
  }

  assert {
    condition     = length(local.container.environment) == 0
    error_message = "Nobody takes spans, so none are made."
  }
}

run "without_traces_and_workspace_it_needs_no_rights" {
  command = plan
  variables {
    collector = { has_traces = false, metrics = { port = 9100, job = "study" } }
    exporters = {
      sentry    = { endpoint = "https://o1.ingest.sentry.io/api/2/integration/otlp", secret = { arn = "arn:sentry", kms_key_arn = "arn:key" } }
      new_relic = { region = "eu", secret = { arn = "arn:new-relic", kms_key_arn = "arn:key" } }
      datadog   = { secret = { arn = "arn:datadog", kms_key_arn = "arn:key" } }
    }
  }

  assert {
    condition     = length(data.aws_iam_policy_document.collector) == 0 && length(aws_iam_role_policy.task) == 0
    error_message = "Providers outside of AWS need no permission."
  }
  assert {
    condition     = toset(keys(local.collector_configuration.service.pipelines)) == toset(["metrics/providers", "traces"]) && local.collector_configuration.service.pipelines["metrics/providers"].exporters == ["otlphttp/datadog", "otlphttp/new_relic"] && local.collector_configuration.service.pipelines.traces.exporters == ["otlphttp/new_relic", "otlphttp/sentry"]
    error_message = "Each provider gets what it takes."
  }
  assert {
    condition     = contains(local.collector_configuration.service.pipelines["metrics/providers"].processors, "cumulativetodelta")
    error_message = "Datadog refuses totals, New Relic would misread them."
  }
  assert {
    condition     = local.collector[0].secrets == [{ name = "DATADOG_KEY", valueFrom = "arn:datadog" }, { name = "NEW_RELIC_KEY", valueFrom = "arn:new-relic" }, { name = "SENTRY_KEY", valueFrom = "arn:sentry" }]
    error_message = "Keys are references that ECS resolves, in this container only."
  }
  assert {
    condition     = strcontains(local.collector[0].environment[0].value, "sentry_key=$${env:SENTRY_KEY}") && length(local.container.secrets) == 0
    error_message = "The configuration names the variable, never the key."
  }
  assert {
    condition     = { for statement in data.aws_iam_policy_document.execution.statement : statement.sid => toset(statement.resources) if contains(["ReadSecrets", "DecryptSecrets"], statement.sid) } == { ReadSecrets = toset(["arn:sentry", "arn:new-relic", "arn:datadog"]), DecryptSecrets = toset(["arn:key"]) }
    error_message = "ECS may read exactly the keys that it injects."
  }
}

run "without_a_collector_nothing_changes" {
  command = plan
  variables { collector = null }

  assert {
    condition     = length(local.collector) == 0 && length(aws_iam_role_policy.task) == 0 && local.collector_configuration == null && length(local.container.environment) == 0
    error_message = "It is an option."
  }
}

run "refuses_a_collector_that_nobody_hears" {
  command = plan
  variables { collector = { has_traces = false } }
  expect_failures = [var.collector]
}

run "refuses_a_tag_and_root" {
  command = plan
  variables { collector = { image = "public.ecr.aws/aws-observability/aws-otel-collector:latest", user = "0" } }
  expect_failures = [var.collector]
}

run "refuses_to_starve_the_application" {
  command = plan
  variables { collector = { memory_mib = 257 } }
  expect_failures = [var.collector]
}

run "refuses_a_workspace_without_metrics" {
  command = plan
  variables { collector = { workspace = { arn = "arn", remote_write_url = "https://x" } } }
  expect_failures = [var.collector]
}

run "refuses_exporters_without_a_collector" {
  command = plan
  variables {
    collector = null
    exporters = { datadog = { secret = { arn = "arn:datadog", kms_key_arn = "arn:key" } } }
  }
  expect_failures = [var.collector]
}

run "refuses_places_that_do_not_exist" {
  command = plan
  variables {
    exporters = {
      sentry    = { endpoint = "http://sentry", secret = { arn = "arn", kms_key_arn = "arn" } }
      new_relic = { region = "mars", secret = { arn = "arn", kms_key_arn = "arn" } }
      datadog   = { site = "datadog.example", secret = { arn = "arn", kms_key_arn = "arn" } }
    }
  }
  expect_failures = [var.exporters]
}
