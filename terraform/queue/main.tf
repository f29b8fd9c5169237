data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  names = {
    main        = var.name
    dead_letter = "${var.name}-dead-letter"
  }

  # Built from the names rather than read back, so that the policies are known
  # when planning and can be judged before anything exists.
  arns = {
    for role, name in local.names :
    role => "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:${name}"
  }

  visibility_timeout_seconds = var.delivery.consumer_timeout_seconds + var.delivery.margin_seconds
}

resource "aws_sqs_queue" "main" {
  name = local.names.main

  # Longer than the consumer may take: a shorter one hands the same message to
  # a second consumer while the first is still at work.
  visibility_timeout_seconds = local.visibility_timeout_seconds
  message_retention_seconds  = var.delivery.retention_days * 86400

  # Long polling: an empty queue costs a call every 20 s instead of a busy loop.
  receive_wait_time_seconds = 20

  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 300
  policy                            = data.aws_iam_policy_document.tls_only["main"].json

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = var.delivery.max_receive_count
  })
}

resource "aws_sqs_queue" "dead_letter" {
  name = local.names.dead_letter

  # People and repair scripts read this queue; give them the consumer's time.
  visibility_timeout_seconds = local.visibility_timeout_seconds
  message_retention_seconds  = var.delivery.dead_letter_retention_days * 86400
  receive_wait_time_seconds  = 20

  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 300
  policy                            = data.aws_iam_policy_document.tls_only["dead_letter"].json
}

# Its own resource: inside the dead-letter queue it would name the main queue,
# which in turn names the dead-letter queue.
resource "aws_sqs_queue_redrive_allow_policy" "main_only" {
  queue_url = aws_sqs_queue.dead_letter.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.main.arn]
  })
}

# Access is granted by identity policies of this account alone; the queues'
# own policies only take away. Nobody outside the account can be let in here.
data "aws_iam_policy_document" "tls_only" {
  for_each = local.arns

  statement {
    sid       = "DenyUnencryptedTransport"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
