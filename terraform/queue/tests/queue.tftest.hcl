mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name        = "study-blue-documents"
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
  delivery    = { consumer_timeout_seconds = 1800 }
}

run "messages_outlive_a_slow_consumer_and_end_as_dead_letters" {
  override_resource {
    target = aws_sqs_queue.main
    values = { arn = "arn:aws:sqs:eu-central-1:111122223333:study-blue-documents" }
  }
  override_resource {
    target = aws_sqs_queue.dead_letter
    values = { arn = "arn:aws:sqs:eu-central-1:111122223333:study-blue-documents-dead-letter" }
  }

  assert {
    condition     = aws_sqs_queue.main.visibility_timeout_seconds == 1860
    error_message = "A message must stay hidden for the consumer's timeout plus the margin."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue.main.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:111122223333:study-blue-documents-dead-letter", maxReceiveCount = 5 }
    error_message = "The main queue must hand over to its dead-letter queue."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.main_only.redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-central-1:111122223333:study-blue-documents"] }
    error_message = "The dead-letter queue must accept its own main queue only."
  }
  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds > aws_sqs_queue.main.message_retention_seconds
    error_message = "Dead letters must be kept longer than messages."
  }
  assert {
    condition     = output.queue.dead_letter.arn == "arn:aws:sqs:eu-central-1:111122223333:study-blue-documents-dead-letter" && output.queue.name == "study-blue-documents"
    error_message = "The output must name both queues."
  }
}

run "both_queues_are_encrypted_and_refuse_plain_http_and_are_watched" {
  command = plan

  assert {
    condition     = alltrue([for queue in [aws_sqs_queue.main, aws_sqs_queue.dead_letter] : queue.kms_master_key_id == var.kms_key_arn && queue.receive_wait_time_seconds == 20])
    error_message = "Both queues must use the customer-managed key and long polling."
  }
  assert {
    condition = alltrue([
      for role, arn in {
        main        = "arn:aws:sqs:eu-central-1:111122223333:study-blue-documents"
        dead_letter = "arn:aws:sqs:eu-central-1:111122223333:study-blue-documents-dead-letter"
      } :
      data.aws_iam_policy_document.tls_only[role].statement[0].effect == "Deny" &&
      one(data.aws_iam_policy_document.tls_only[role].statement[0].resources) == arn &&
      one(data.aws_iam_policy_document.tls_only[role].statement[0].condition).variable == "aws:SecureTransport"
    ])
    error_message = "Each queue's policy must deny what does not come by TLS."
  }
  assert {
    condition     = alltrue([for document in data.aws_iam_policy_document.tls_only : length(document.statement) == 1])
    error_message = "The queue policies must grant nothing."
  }
  assert {
    condition     = output.queue.limits.backlog_age_seconds == 3720
    error_message = "By default the backlog is too old after twice the visibility timeout."
  }
}

run "quick_consumers_do_not_alarm_before_fifteen_minutes" {
  command = plan
  variables { delivery = { consumer_timeout_seconds = 60 } }

  assert {
    condition     = output.queue.limits.backlog_age_seconds == 900
    error_message = "The default threshold must not go below 15 minutes."
  }
}

run "refuses_a_timeout_beyond_twelve_hours" {
  command = plan
  variables {
    name        = "study-blue-queue-with-a-name-that-is-a-great-deal-longer-than-sqs-would-allow"
    kms_key_arn = "alias/aws/sqs"
    delivery    = { consumer_timeout_seconds = 43200, max_receive_count = 2 }
    limits      = { backlog_age_seconds = 10 }
  }
  expect_failures = [var.name, var.kms_key_arn, var.delivery, var.limits]
}

run "refuses_one_delivery" {
  command = plan
  variables { delivery = { consumer_timeout_seconds = 60, max_receive_count = 1 } }
  expect_failures = [var.delivery]
}

run "refuses_dead_letters_that_expire_with_the_message" {
  command = plan
  variables { delivery = { consumer_timeout_seconds = 60, retention_days = 14 } }
  expect_failures = [var.delivery]
}

run "refuses_messages_that_expire_before_their_last_try" {
  command = plan
  variables { delivery = { consumer_timeout_seconds = 36000, max_receive_count = 5, retention_days = 1 } }
  expect_failures = [var.delivery]
}
