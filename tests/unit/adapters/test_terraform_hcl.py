import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.terraform.hcl import HclError, parse

CONFIGURATION = r"""
# provisioner "local-exec" { in a comment }
/* data "http" "x" {
} */
terraform {
  required_version = ">= 1.11"
  required_providers { aws = { source = "hashicorp/aws", version = ">= 5.100" } }
}
resource "aws_instance" "main" { // trailing
  user_data = <<-EOT
    provisioner "local-exec" { ${join(",", ["}", "{"])} }
    EOT
  tags = {
    Name = "a ${var.name == "x}" ? "{" : "}"} b"
    "quoted key" = "$${not} \"escaped\" %%{either}"
  }
  lifecycle { ignore_changes = [tags] }
  provisioner "local-exec" {
    command = "true"
  }
}
module "network" { source = "../../terraform/network" }
"""


def test_blocks_are_found_where_they_are_and_nowhere_else() -> None:
    terraform, instance, module = parse(CONFIGURATION)
    assert (terraform.kind, instance.labels, module.labels) == ("terraform", ("aws_instance", "main"), ("network",))
    assert [(block.kind, block.labels, block.line) for block in instance.walk()][1:] == [
        ("lifecycle", (), 17),
        ("provisioner", ("local-exec",), 18),
    ]
    source = module.attribute("source")
    assert source is not None
    assert source.value == "../../terraform/network"
    aws = terraform.blocks[0].attribute("aws")
    assert aws is not None
    assert dict(aws.literals) == {"source": "hashicorp/aws", "version": ">= 5.100"}


def test_a_string_with_an_interpolation_is_no_literal() -> None:
    (module,) = parse('module "x" {\n  source = "../${var.where}"\n}\n')
    source = module.attribute("source")
    assert source is not None
    assert source.value is None


def test_an_escaped_label_does_not_hide() -> None:
    (block,) = parse('data "\\u0065xternal" "x" {}')
    assert block.labels == ("external", "x")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a "b" {\n', 1),
        ("\n}\n", 2),
        ('a = "unfinished\n', 1),
        ("a = <<EOT\nnever\n", 1),
        ("a = [1, 2\n", 1),
        ('a = "${x"\n', 1),
        ("a = 1 )\n", 1),
        ("a\n", 1),
        ('a = "\\q"', 1),
    ],
)
def test_what_is_not_hcl_is_said_with_its_line(text: str, line: int) -> None:
    with pytest.raises(HclError) as caught:
        parse(text)
    assert caught.value.line == line


def test_thousands_of_nested_blocks_are_refused_not_fatal() -> None:
    with pytest.raises(HclError, match="deep"):
        parse("a {\n" * 5000 + "}\n" * 5000)
    with pytest.raises(HclError):
        parse('a = "' + "${" * 5000)
    with pytest.raises(HclError, match="deep"):
        parse('a = "' + '${"' * 5000)


@given(st.text(alphabet='a ="{}[]()<>$%\\\n\t#/*é,:.1EOT-', max_size=120))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except HclError as error:
        assert error.line >= 1


@given(st.text(max_size=60).filter(lambda text: "\r" not in text))
def test_a_quoted_string_hides_nothing_and_shows_nothing(text: str) -> None:
    quoted = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("${", "$${").replace("%{", "%%{")
    )
    (block,) = parse(f'data "a" "b" {{\n  value = "{quoted}"\n}}\n')
    assert [inner.kind for inner in block.walk()] == ["data"]
