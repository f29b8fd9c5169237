# Nobody signs in with a password: ElastiCache's user passwords are not write-only,
# so any password would lie in the state. The client user signs in with a token
# that IAM signs (elasticache:Connect on the replication group and on the user).
#
# Users and group carry the engine "redis" for both engines. A Valkey group may not
# hold a user without authentication, so it could not hold a disabled "default"; a
# Redis group can, and Valkey accepts it.
resource "aws_elasticache_user" "disabled_default" {
  user_id       = "${local.identifier}-default"
  user_name     = "default" # the name an unauthenticated connection gets
  engine        = "redis"
  access_string = "off ~* -@all"

  authentication_mode {
    type = "no-password-required"
  }
}

resource "aws_elasticache_user" "client" {
  # IAM sign-in demands that both names are the same.
  user_id       = "${local.identifier}-client"
  user_name     = "${local.identifier}-client"
  engine        = "redis"
  access_string = var.client_access

  authentication_mode {
    type = "iam"
  }
}

resource "aws_elasticache_user_group" "clients" {
  user_group_id = local.identifier
  engine        = "redis"
  user_ids      = [aws_elasticache_user.disabled_default.user_id, aws_elasticache_user.client.user_id]
}
