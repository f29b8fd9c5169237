output "copies" {
  description = "The copies as RDS names them; a restore asks for `arn`."
  value       = { arn = aws_db_instance_automated_backups_replication.copies.id }
}
