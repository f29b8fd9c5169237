terraform {
  # Write-only arguments keep generated secrets out of state; they came with 1.11.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }

  # In the bucket that this root makes. `studyctl bootstrap` applies it the first time with its state in a file, from a
  # copy with another backend, and moves that file here (docs/accounts.md).
  backend "s3" {}
}
