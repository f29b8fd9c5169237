output "watch" {
  description = "Names of the saved queries by key, and the metrics that count lines."
  value = {
    query_names = { for key, query in aws_cloudwatch_query_definition.question : key => query.name }
    metrics     = sort(distinct([for count in var.counts : count.metric]))
  }
}
