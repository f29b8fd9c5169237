# What is counted in logs and asked of them is data: monitoring/log_counts.yaml and log_queries.yaml.
module "log_watch" {
  source = "../../terraform/log_watch"

  name       = local.name
  namespace  = "StudyPlatform" # as the services' own metrics
  log_groups = { for key, service in module.services : replace(key, "_", "-") => service.service.log_group_name }

  counts = {
    for count in yamldecode(file("${path.module}/../../monitoring/log_counts.yaml")).log_counts :
    count.name => { pattern = count.pattern, metric = "study_${replace(count.name, "-", "_")}_total" }
  }
  queries = { for query in yamldecode(file("${path.module}/../../monitoring/log_queries.yaml")).log_queries : query.name => query.query }
}
