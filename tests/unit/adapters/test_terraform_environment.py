from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.terraform import cli_config, environment
from studyctl.adapters.terraform.cli_config import Mirror
from studyctl.adapters.terraform.commands import FLAG, Commands
from studyctl.domain.run import Operation
from studyctl.domain.workspace import Workspace

WORKSPACE = Workspace.platform("dev", Path("/r"))
CONFIG = Path("/r/.build/dev/terraform.rc")
AWS = "registry.terraform.io/hashicorp/aws"
STRAY = [
    "TF_VAR_x",
    "TF_CLI_ARGS",
    "TF_CLI_ARGS_plan",
    "TF_WORKSPACE",
    "TF_LOG",
    "TF_LOG_PATH",
    "TF_REATTACH_PROVIDERS",
]


def build(environ: dict[str, str], connection: dict[str, str] | None = None) -> dict[str, str]:
    return environment.build(
        environ, WORKSPACE, cli_config=CONFIG, connection=connection or {}, operation=Operation.PLAN
    )


def test_f78_what_changes_terraform_is_scrubbed_and_said() -> None:
    environ = dict.fromkeys(STRAY, "secret-value") | {"PATH": "/bin", "TF_DATA_DIR": "x", "TF_INPUT": "1"}
    child = build(environ)
    assert not set(STRAY) & set(child)
    assert (child["PATH"], child["TF_INPUT"], child["TF_DATA_DIR"]) == ("/bin", "0", "/r/.build/dev/terraform")
    assert environment.scrubbed(environ) == tuple(sorted([*STRAY, "TF_DATA_DIR"]))


def test_a_missing_cli_configuration_of_the_caller_is_replaced_in_silence() -> None:
    environ = {"TF_CLI_CONFIG_FILE": "/nowhere"}
    assert build(environ)["TF_CLI_CONFIG_FILE"] == str(CONFIG)
    assert environment.scrubbed(environ) == ()


def test_a_connection_with_keys_replaces_every_aws_variable_but_the_ca_bundle() -> None:
    environ = {
        "AWS_PROFILE": "prod",
        "AWS_ENDPOINT_URL_S3": "https://x",
        "AWS_SESSION_TOKEN": "t",
        "AWS_CA_BUNDLE": "/ca",
    }
    emulated = build(environ, {"AWS_ACCESS_KEY_ID": "test", "AWS_ENDPOINT_URL": "http://127.0.0.1:5"})
    assert {name: value for name, value in emulated.items() if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:5",
        "AWS_CA_BUNDLE": "/ca",
    }
    real = build(environ, {"AWS_REGION": "us-east-1"})
    assert (real["AWS_PROFILE"], real["AWS_REGION"]) == ("prod", "us-east-1")


@given(st.dictionaries(st.text(alphabet="TF_VARCLIGSx", min_size=1), st.text()))
def test_whatever_the_shell_holds_only_our_terraform_variables_arrive(environ: dict[str, str]) -> None:
    child = build(environ)
    ours = {"TF_IN_AUTOMATION", "TF_INPUT", "TF_DATA_DIR", "TF_CLI_CONFIG_FILE"}
    assert {name for name in child if name.startswith("TF_")} == ours


def test_the_registry_serves_what_no_mirror_has() -> None:
    mirror = Mirror(Path('/m "1"'), {AWS: frozenset({"5.100.0"})})
    held = cli_config.text([mirror], Path("/c"), {AWS: "5.100.0"})
    assert f'exclude = ["{AWS}"]' in held
    assert r'path = "/m \"1\""' in held
    assert "plugin_cache_dir" not in held
    newer = cli_config.text([mirror], Path("/c"), {AWS: "6.1.0"})
    assert "filesystem_mirror" not in newer
    assert "direct {}" in newer
    assert 'plugin_cache_dir = "/c"' in newer
    packed = Mirror(Path("/m"), {AWS: frozenset({"5.100.0"})}, is_packed=True)
    assert "plugin_cache_dir" in cli_config.text([packed], Path("/c"), {AWS: "5.100.0"})


def test_command_lines_are_spelled_by_the_library_without_its_extras() -> None:
    line = Commands(("python", "-m", "x")).line(
        "apply", Path("/a b/plan"), json=FLAG, input=False, parallelism=30, target=("a.b", 'm["k"]'), var_file=None
    )
    assert line == (
        *("python", "-m", "x", "apply", "-json", "-input=false", "-parallelism=30"),
        *("-target=a.b", '-target=m["k"]', "/a b/plan"),
    )


def test_f55_the_region_of_the_shell_reaches_no_terraform() -> None:
    shell = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "cn-north-1"}
    child = build(shell, {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"})
    assert (child["AWS_REGION"], child["AWS_DEFAULT_REGION"]) == ("us-east-1", "us-east-1")
