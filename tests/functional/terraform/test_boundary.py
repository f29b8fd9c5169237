import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.guard import check_plan
from studyctl.domain.outcome import InitOutcome, PlanKind, PlanOutcome
from studyctl.domain.plan import ChangeAction, summarise
from studyctl.domain.workspace import Workspace
from studyctl.errors import PreflightFailed, Refused, StalePlan, UsageError

pytestmark = pytest.mark.terraform
MARKER = "hunter2-marker"


def plan(terraform: Terraform, workspace: Workspace, run_id: str = "r1", **options: Any) -> PlanOutcome:
    return terraform.plan(workspace, run_id, out=workspace.run_dir(run_id) / "dev.tfplan", **options)


def test_from_nothing_to_outputs_and_then_no_changes_and_then_nothing(
    terraform: Terraform, workspace: Workspace
) -> None:
    assert terraform.init(workspace) is InitOutcome.DONE
    assert terraform.state_addresses(workspace) == ()
    first = plan(terraform, workspace)
    assert first.kind is PlanKind.CHANGES
    assert summarise(terraform.show_plan(workspace, first.plan)).counts == {ChangeAction.CREATE: 2}
    applied = terraform.apply(workspace, "r1", first.plan)
    assert applied.summary is not None
    assert (applied.summary.add, applied.progress.done, applied.progress.total) == (2, 2, 2)
    assert terraform.outputs(workspace)["parts"].value == ["part 0", "part 1"]
    assert terraform.outputs(workspace)["hidden"].shown == "(sensitive)"
    assert terraform.state_addresses(workspace) == ("terraform_data.part[0]", "terraform_data.part[1]")
    again = plan(terraform, workspace, "r2")
    assert not again.has_changes
    assert summarise(terraform.show_plan(workspace, again.plan)).is_empty
    destroying = plan(terraform, workspace, "r3", destroy=True)
    assert not check_plan(summarise(terraform.show_plan(workspace, destroying.plan))).is_refused
    terraform.apply(workspace, "r3", destroying.plan)
    assert terraform.state_addresses(workspace) == ()
    assert terraform.unfinished(workspace) == ()


def test_f79_f80_f83_what_a_run_leaves_is_for_its_owner_only_and_holds_no_secret(
    terraform: Terraform, workspace: Workspace
) -> None:
    terraform.init(workspace)
    made = plan(terraform, workspace)
    terraform.apply(workspace, "r1", made.plan)
    terraform.discard(made.plan)
    folder = workspace.run_dir("r1")
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert path.is_dir() or MARKER.encode() not in path.read_bytes(), path
    assert not made.plan.path.exists()


def test_init_is_skipped_until_something_it_reads_changes(terraform: Terraform, workspace: Workspace) -> None:
    main = workspace.root / "main.tf"
    assert terraform.init(workspace) is InitOutcome.DONE
    assert terraform.init(workspace) is InitOutcome.SKIPPED
    main.write_text(main.read_text() + '\nresource "terraform_data" "more" {}\n')
    assert terraform.init(workspace) is InitOutcome.SKIPPED
    assert terraform.init(workspace, force=True) is InitOutcome.DONE
    module = workspace.root.parent.parent / "terraform" / "part"
    module.mkdir(parents=True)
    (module / "main.tf").write_text('resource "terraform_data" "x" {}\n')
    main.write_text(main.read_text() + 'module "part" {\n  source = "../../terraform/part"\n}\n')
    assert terraform.init(workspace) is InitOutcome.DONE
    assert terraform.init(workspace) is InitOutcome.SKIPPED
    (workspace.data_dir / "modules" / "modules.json").unlink()
    assert terraform.init(workspace) is InitOutcome.DONE
    main.write_text(main.read_text() + 'terraform {\n  backend "local" {}\n}\n')
    workspace.backend_config.write_text(f'path = "{workspace.build}/one.tfstate"\n')
    assert terraform.init(workspace) is InitOutcome.DONE
    assert terraform.init(workspace) is InitOutcome.SKIPPED
    workspace.backend_config.write_text(f'path = "{workspace.build}/two.tfstate"\n')
    assert terraform.init(workspace) is InitOutcome.DONE


def test_two_environments_share_a_root_and_nothing_else(terraform: Terraform, workspace: Workspace) -> None:
    (workspace.root / "backend.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    other = Workspace.platform("prod", workspace.root.parent.parent)
    for each, size in ((workspace, 1), (other, 3)):
        each.build.mkdir(parents=True)
        each.backend_config.write_text(f'path = "{each.build}/x.tfstate"\n')
        each.var_file.write_text(f'{{"size": {size}}}')
        terraform.init(each)
        terraform.apply(each, "r1", plan(terraform, each).plan)
    assert [len(terraform.state_addresses(each)) for each in (workspace, other)] == [1, 3]


def test_f78_the_shell_of_the_caller_changes_nothing(environ: dict[str, str], workspace: Workspace) -> None:
    stray = {
        "TF_VAR_size": "9",
        "TF_CLI_ARGS": "-no-such-option",
        "TF_CLI_ARGS_plan": "-destroy",
        "TF_WORKSPACE": "elsewhere",
        "TF_DATA_DIR": "/nowhere",
        "TF_LOG": "trace",
        "TF_CLI_CONFIG_FILE": "/nowhere/terraformrc",
        "TF_INPUT": "1",
    }
    terraform = Terraform.find({**environ, **stray})
    assert "TF_VAR_size" in terraform.scrubbed
    terraform.init(workspace)
    assert plan(terraform, workspace).progress.total == 2


@pytest.mark.parametrize("name", ["terraform.tfvars", "x.auto.tfvars", "x.auto.tfvars.json", "terraform.tfvars.json"])
def test_f78_a_stray_variable_file_is_refused(terraform: Terraform, workspace: Workspace, name: str) -> None:
    (workspace.root / name).write_text("{}")
    with pytest.raises(UsageError, match=name):
        terraform.init(workspace)
    assert not workspace.build.exists()


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        (
            "x.tf",
            'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "true"\n  }\n}',
            Refused,
        ),
        ("x.tf", 'data "external" "x" {\n  program = ["true"]\n}', Refused),
        ("x.tf", 'data "http" "x" {\n  url = "http://127.0.0.1:1"\n}', Refused),
        ("x.tf", 'terraform {\n  required_providers {\n    x = { source = "evil/x" }\n  }\n}', Refused),
        ("x.tf", 'module "x" {\n  source = "git::https://127.0.0.1:1/x.git"\n}', Refused),
        ("x.tf", 'module "x" {\n  source = "../../../outside"\n}', Refused),
        ("x.tf.json", "{}", UsageError),
        ("x.tf", "resource {{{", UsageError),
    ],
)
def test_f75_f76_a_configuration_is_looked_into_before_init(
    terraform: Terraform, workspace: Workspace, name: str, text: str, kind: type[Exception]
) -> None:
    (workspace.root / name).write_text(text)
    with pytest.raises(kind):
        terraform.init(workspace)
    assert not workspace.data_dir.exists()


def test_f75_a_provisioner_in_a_module_of_a_module_is_found(terraform: Terraform, workspace: Workspace) -> None:
    outer, inner = (workspace.root.parent.parent / "terraform" / name for name in ("outer", "inner"))
    for folder in (outer, inner):
        folder.mkdir(parents=True)
    (workspace.root / "x.tf").write_text('module "x" {\n  source = "../../terraform/outer"\n}')
    (outer / "main.tf").write_text('module "y" {\n  source = "../inner"\n}')
    (inner / "main.tf").write_text('resource "terraform_data" "x" {\n  provisioner "remote-exec" {}\n}')
    with pytest.raises(Refused, match="remote-exec"):
        terraform.init(workspace)


def damage(content: bytes, how: str) -> bytes:
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    return {"truncated": content[:-40], "empty": b"", "flipped": flipped, "longer": content + b"x"}[how]


@pytest.mark.parametrize("how", ["truncated", "empty", "flipped", "longer"])
def test_f34_a_changed_plan_is_refused_before_terraform_runs(
    terraform: Terraform, workspace: Workspace, how: str
) -> None:
    terraform.init(workspace)
    made = plan(terraform, workspace).plan
    made.path.write_bytes(damage(made.path.read_bytes(), how))
    with pytest.raises(StalePlan, match="not the one"):
        terraform.apply(workspace, "r1", made)
    with pytest.raises(StalePlan):
        terraform.show_plan(workspace, made)
    assert not (workspace.run_dir("r1") / "apply").exists()


def test_a_missing_plan_is_refused(terraform: Terraform, workspace: Workspace) -> None:
    terraform.init(workspace)
    made = plan(terraform, workspace).plan
    terraform.discard(made)
    with pytest.raises(StalePlan, match="cannot be read"):
        terraform.apply(workspace, "r1", made)


def test_f29_a_plan_that_others_overtook_is_stale(terraform: Terraform, workspace: Workspace) -> None:
    terraform.init(workspace)
    first, second = plan(terraform, workspace, "r1"), plan(terraform, workspace, "r2")
    terraform.apply(workspace, "r1", first.plan)
    with pytest.raises(StalePlan, match="no longer"):
        terraform.apply(workspace, "r2", second.plan)


def test_a_value_of_the_wrong_type_is_bad_input_with_its_place(terraform: Terraform, workspace: Workspace) -> None:
    terraform.init(workspace)
    workspace.var_file.write_text('{"size": "many"}')
    with pytest.raises(UsageError) as caught:
        plan(terraform, workspace)
    assert "size" in str(caught.value)
    assert not (workspace.run_dir("r1") / "dev.tfplan").exists()


def test_f63_braces_in_a_value_reach_terraform_as_text(terraform: Terraform, workspace: Workspace) -> None:
    (workspace.root / "main.tf").write_text(
        'variable "text" {\n  type = string\n}\noutput "text" {\n  value = var.text\n}\n'
    )
    terraform.init(workspace)
    workspace.var_file.write_text('{"text": "${path.module} %{if true}x%{endif} \\" ü"}', encoding="utf-8")
    terraform.apply(workspace, "r1", plan(terraform, workspace).plan)
    assert terraform.outputs(workspace)["text"].value == '${path.module} %{if true}x%{endif} " ü'


def test_no_terraform_an_old_one_and_a_broken_one_each_say_so(environ: dict[str, str], tmp_path: Path) -> None:
    def find(script: str) -> str:
        path = tmp_path / "terraform"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        with pytest.raises(PreflightFailed) as caught:
            Terraform.find({**environ, "STUDYCTL_TERRAFORM": str(path)})
        assert caught.value.hint
        return str(caught.value)

    assert "too old" in find("""echo '{"terraform_version": "1.10.5"}'""")
    assert "does not run" in find("exit 1")
    assert "does not run" in find("echo hello")
    with pytest.raises(PreflightFailed, match="not an executable"):
        Terraform.find({**environ, "STUDYCTL_TERRAFORM": str(tmp_path / "absent")})


def test_a_mirror_that_holds_nothing_for_this_machine_is_said(
    environ: dict[str, str], workspace: Workspace, tmp_path: Path
) -> None:
    terraform = Terraform.find({**environ, "STUDYCTL_PROVIDER_MIRROR": str(tmp_path)})
    with pytest.raises(PreflightFailed, match="STUDYCTL_PROVIDER_MIRROR"):
        terraform.init(workspace)


AWS = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
LOCK = """provider "registry.terraform.io/hashicorp/aws" {
  version = "5.100.0"
  hashes = [
    "h1:edXOJWE4ORX8Fm+dpVpICzMZJat4AX0VRCAy/xkcOc0=",
  ]
}
"""


@pytest.mark.parametrize("lock", [None, "", "<html>", LOCK[:70], LOCK.replace("aws", "random"), LOCK.replace("]", "")])
def test_f25_a_damaged_lock_file_is_refused_and_left_alone(
    terraform: Terraform, workspace: Workspace, lock: str | None
) -> None:
    (workspace.root / "versions.tf").write_text(AWS)
    path = workspace.root / ".terraform.lock.hcl"
    if lock is not None:
        path.write_text(lock)
    with pytest.raises(PreflightFailed, match="lock") as caught:
        terraform.init(workspace)
    assert "git checkout -- .terraform.lock.hcl" in caught.value.hint
    assert (path.read_text() if path.exists() else None) == lock


def test_f59_a_full_disk_is_said_and_leaves_no_plan(terraform: Terraform, workspace: Workspace) -> None:
    terraform.init(workspace)
    small = workspace.root.parent.parent / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        (small / "filler").write_bytes(b"x" * 12 * 1024)
        with pytest.raises(PreflightFailed, match=r"disk|could not be written"):
            terraform.plan(workspace, "r1", out=small / "dev.tfplan")
        assert not (small / "dev.tfplan").exists()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_f61_a_build_folder_that_cannot_be_written_is_said(terraform: Terraform, workspace: Workspace) -> None:
    workspace.build.parent.write_text("a file where a folder belongs")
    with pytest.raises(PreflightFailed, match="cannot be written"):
        terraform.init(workspace)


def test_f81_f84_a_secret_variable_is_in_no_command_line_and_in_no_log(
    environ: dict[str, str], workspace: Workspace, tmp_path: Path
) -> None:
    log = tmp_path / "trace.log"
    terraform = Terraform.find({**environ, "TF_LOG": "trace", "TF_LOG_PATH": str(log)})
    declared = 'variable "secret" {\n  type = string\n  sensitive = true\n}\n'
    (workspace.root / "main.tf").write_text(declared + 'resource "terraform_data" "x" {\n  input = var.secret\n}\n')
    workspace.var_file.parent.mkdir(parents=True)
    workspace.var_file.write_text(f'{{"secret": "{MARKER}"}}')
    terraform.init(workspace)
    terraform.apply(workspace, "r1", plan(terraform, workspace).plan)
    assert not log.exists()
    for run in terraform.runs(workspace):
        assert MARKER not in " ".join(run.argv)
        for written in (run.stream, run.stderr, run.folder / "order.json", run.folder / "run.json"):
            assert MARKER not in written.read_text(), written


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (f'resource "terraform_data" "x" {{\n  input = "{MARKER}\n}}\n', "{}"),
        (f'resource "terraform_data" "x" {{\n  input = "{MARKER}" +\n}}\n', "{}"),
        (f'output "x" {{\n  value = absent("{MARKER}")\n}}\n', "{}"),
        ('variable "size" {\n  type = number\n}\n', f'{{"size": "{MARKER}"}}'),
    ],
)
def test_f82_an_error_of_the_configuration_quotes_none_of_it(
    terraform: Terraform, workspace: Workspace, text: str, variables: str
) -> None:
    (workspace.root / "main.tf").write_text(text)
    workspace.var_file.parent.mkdir(parents=True)
    workspace.var_file.write_text(variables)
    with pytest.raises(UsageError) as caught:
        terraform.init(workspace)
        plan(terraform, workspace)
    assert "hunter2" not in str(caught.value)
    assert caught.value.hint
