# What the roles of an environment may do at most, whatever its deploys grant them. It holds the actions of all contracts
# (`iam generate`), so a new one is first agreed to by whoever bootstraps, then granted by whoever deploys (decision 0020).
locals {
  limit_arns = {
    for name in keys(var.environments) :
    name => "arn:${data.aws_partition.current.partition}:iam::${var.account.id}:policy/boundaries/${var.account.project}-${name}-workloads"
  }

  out_of_reach = {
    for name in keys(var.environments) : name => concat(
      ["arn:${data.aws_partition.current.partition}:s3:::${local.bucket}", "arn:${data.aws_partition.current.partition}:s3:::${local.bucket}/*"],
      flatten([for other in local.other_prefixes[name] : [
        "arn:${data.aws_partition.current.partition}:s3:::${other}-*",
        "arn:${data.aws_partition.current.partition}:sqs:*:${var.account.id}:${other}-*",
        "arn:${data.aws_partition.current.partition}:secretsmanager:*:${var.account.id}:secret:${other}/*",
        "arn:${data.aws_partition.current.partition}:ssm:*:${var.account.id}:parameter/${other}/*",
        "arn:${data.aws_partition.current.partition}:elasticache:*:${var.account.id}:*:${other}-*",
      ]]),
    )
  }

  # Of the state, and of what other environments have; who is alone in its account has no others.
  denied = {
    for name, others in local.other_prefixes :
    name => concat(["s3:*"], length(others) == 0 ? [] : ["elasticache:Connect", "secretsmanager:*", "sqs:*", "ssm:*Parameter*"])
  }

  # `blue-green` is not kept out of what `blue` is called: its own names begin so.
  other_prefixes = {
    for name in keys(var.environments) : name => [
      for other in keys(var.environments) : "${var.account.project}-${other}" if other != name && !startswith(name, "${other}-")
    ]
  }
}

resource "aws_iam_policy" "workload_boundary" {
  for_each = var.environments

  name        = "${var.account.project}-${each.key}-workloads"
  path        = "/boundaries/"
  description = "What roles of ${each.key} may do at most, whatever they are granted"
  policy = jsonencode(jsondecode(templatefile("${local.policies}/workload_boundary.json.tftpl", {
    actions      = jsondecode(file("${local.policies}/generated/workload_actions.json"))
    denied       = local.denied[each.key]
    out_of_reach = local.out_of_reach[each.key]
  })))
}
