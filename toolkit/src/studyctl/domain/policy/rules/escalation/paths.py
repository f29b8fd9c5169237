"""The known ways from some permissions to more, as data.

Sources: Rhino Security Labs, "AWS IAM Privilege Escalation - Methods and Mitigation"; Bishop Fox, "IAM Vulnerable";
Datadog, pathfinding.cloud. The names are ours, the ids those of pathfinding.cloud where it has the path.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Gain(enum.Enum):
    """What the holder of a path becomes."""

    WRITES_POLICY = "writes what a policy says that it holds"
    WRITES_USER = "gives a user any permission"
    WRITES_GROUP = "gives a group any permission"
    WRITES_ROLE = "gives a role any permission"
    JOINS_GROUP = "joins a group"
    BECOMES_USER = "signs in as a user"
    BECOMES_ROLE = "becomes a role"
    LIFTS_BOUNDARY = "takes its own boundary off"
    PASSES_ROLE = "runs code as a role that it passes"
    TAKES_COMPUTE = "runs code where a role already is"


@dataclass(frozen=True, slots=True)
class Path:
    """`first` is the action on what is taken over; of each tuple in `also` one action is needed too, on anything.

    `service` is whom a role is passed to, `resource_types` what Terraform calls the compute that is taken over.
    `grants_admin`: the action names a policy, and is asked whether it may name AdministratorAccess.
    """

    id: str
    gain: Gain
    first: str
    also: tuple[tuple[str, ...], ...] = ()
    service: str = ""
    resource_types: tuple[str, ...] = ()
    grants_admin: bool = False

    @property
    def actions(self) -> tuple[str, ...]:
        """Return the actions in words: "iam:PassRole + lambda:CreateFunction"."""
        return (self.first, *(one[0] for one in self.also))


IAM_PATHS = (
    Path("iam-001", Gain.WRITES_POLICY, "iam:CreatePolicyVersion"),
    Path("iam-set-default-version", Gain.WRITES_POLICY, "iam:SetDefaultPolicyVersion"),
    Path("iam-007", Gain.WRITES_USER, "iam:PutUserPolicy"),
    Path("iam-008", Gain.WRITES_USER, "iam:AttachUserPolicy", grants_admin=True),
    Path("iam-011", Gain.WRITES_GROUP, "iam:PutGroupPolicy"),
    Path("iam-010", Gain.WRITES_GROUP, "iam:AttachGroupPolicy", grants_admin=True),
    Path("iam-005", Gain.WRITES_ROLE, "iam:PutRolePolicy"),
    Path("iam-009", Gain.WRITES_ROLE, "iam:AttachRolePolicy", grants_admin=True),
    Path("iam-013", Gain.JOINS_GROUP, "iam:AddUserToGroup"),
    Path("iam-002", Gain.BECOMES_USER, "iam:CreateAccessKey"),
    Path("iam-004", Gain.BECOMES_USER, "iam:CreateLoginProfile"),
    Path("iam-006", Gain.BECOMES_USER, "iam:UpdateLoginProfile"),
    Path("iam-012", Gain.BECOMES_ROLE, "iam:UpdateAssumeRolePolicy"),
    Path("sts-001", Gain.BECOMES_ROLE, "sts:AssumeRole"),
    Path("iam-delete-boundary", Gain.LIFTS_BOUNDARY, "iam:DeleteRolePermissionsBoundary"),
    Path("iam-put-boundary", Gain.LIFTS_BOUNDARY, "iam:PutRolePermissionsBoundary"),
    Path("iam-delete-user-boundary", Gain.LIFTS_BOUNDARY, "iam:DeleteUserPermissionsBoundary"),
    Path("iam-put-user-boundary", Gain.LIFTS_BOUNDARY, "iam:PutUserPermissionsBoundary"),
)
"""Rights over other principals, or over what they hold."""


def _passing(id_: str, service: str, *also: tuple[str, ...] | str) -> Path:
    needs = tuple((one,) if isinstance(one, str) else one for one in also)
    return Path(id_, Gain.PASSES_ROLE, "iam:PassRole", needs, service=f"{service}.amazonaws.com")


_RUN_LAMBDA = (
    "lambda:InvokeFunction", "lambda:CreateEventSourceMapping", "lambda:AddPermission",
    "lambda:CreateFunctionUrlConfig", "events:PutTargets",
)  # fmt: skip
_START_TASK = ("ecs:RunTask", "ecs:StartTask", "ecs:CreateService", "ecs:UpdateService")
_START_GLUE = ("glue:StartJobRun", "glue:CreateTrigger", "glue:StartTrigger")
_DRIVE_BROWSER = ("bedrock-agentcore:StartBrowserSession", "bedrock-agentcore:ConnectBrowserAutomationStream")
_START_BUILD = ("codebuild:StartBuild", "codebuild:StartBuildBatch")

PASSROLE_PATHS = (
    _passing("lambda-001", "lambda", "lambda:CreateFunction", _RUN_LAMBDA),
    _passing("ec2-001", "ec2", ("ec2:RunInstances", "ec2:RequestSpotInstances", "ec2:RequestSpotFleet")),
    _passing("ec2-004", "ec2", ("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation")),
    _passing(
        "ec2-launch-template",
        "ec2",
        "ec2:CreateLaunchTemplate",
        ("autoscaling:CreateAutoScalingGroup", "ec2:CreateFleet"),
    ),
    _passing(
        "ec2-launch-template-version",
        "ec2",
        "ec2:CreateLaunchTemplateVersion",
        ("ec2:ModifyLaunchTemplate", "autoscaling:UpdateAutoScalingGroup"),
    ),
    _passing(
        "autoscaling-launch-configuration",
        "ec2",
        "autoscaling:CreateLaunchConfiguration",
        ("autoscaling:CreateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"),
    ),
    _passing("iam-instance-profile", "ec2", "iam:AddRoleToInstanceProfile"),
    _passing("cloudformation-001", "cloudformation", ("cloudformation:CreateStack", "cloudformation:UpdateStack")),
    _passing(
        "cloudformation-003", "cloudformation", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"
    ),
    _passing("cloudformation-004", "cloudformation", "cloudformation:UpdateStackSet"),
    _passing(
        "cloudformation-change-set",
        "cloudformation",
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
    ),
    _passing("codebuild-001", "codebuild", ("codebuild:CreateProject", "codebuild:UpdateProject"), _START_BUILD),
    _passing("codepipeline", "codepipeline", ("codepipeline:CreatePipeline", "codepipeline:UpdatePipeline")),
    _passing("datapipeline-001", "datapipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
    _passing("ecs-override", "ecs-tasks", ("ecs:RunTask", "ecs:StartTask")),
    _passing("ecs-001", "ecs-tasks", "ecs:RegisterTaskDefinition", _START_TASK),
    _passing("glue-001", "glue", "glue:CreateDevEndpoint"),
    _passing("glue-003", "glue", ("glue:CreateJob", "glue:UpdateJob"), _START_GLUE),
    _passing("glue-session", "glue", "glue:CreateSession", "glue:RunStatement"),
    _passing("sagemaker-001", "sagemaker", "sagemaker:CreateNotebookInstance"),
    _passing("sagemaker-002", "sagemaker", "sagemaker:CreateTrainingJob"),
    _passing("sagemaker-003", "sagemaker", "sagemaker:CreateProcessingJob"),
    _passing("sagemaker-tuning", "sagemaker", "sagemaker:CreateHyperParameterTuningJob"),
    _passing(
        "sagemaker-domain",
        "sagemaker",
        ("sagemaker:CreateDomain", "sagemaker:CreateUserProfile"),
        "sagemaker:CreatePresignedDomainUrl",
    ),
    _passing("apprunner-001", "tasks.apprunner", "apprunner:CreateService"),
    _passing("batch-001", "ecs-tasks", "batch:RegisterJobDefinition", "batch:SubmitJob"),
    _passing(
        "bedrock-001",
        "bedrock-agentcore",
        "bedrock-agentcore:CreateCodeInterpreter",
        "bedrock-agentcore:InvokeCodeInterpreter",
    ),
    _passing(
        "bedrock-003",
        "bedrock-agentcore",
        ("bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:UpdateAgentRuntime"),
    ),
    _passing(
        "bedrock-005",
        "bedrock-agentcore",
        "bedrock-agentcore:CreateHarness",
        "bedrock-agentcore:InvokeAgentRuntimeCommand",
    ),
    _passing("bedrock-006", "bedrock-agentcore", "bedrock-agentcore:CreateBrowser", *_DRIVE_BROWSER),
    _passing("braket-001", "braket", "braket:CreateJob"),
    _passing("emr-001", "ec2", "elasticmapreduce:RunJobFlow"),
    _passing("emrserverless-001", "emr-serverless", "emr-serverless:StartJobRun"),
    _passing("gamelift-001", "gamelift", "gamelift:CreateFleet"),
    _passing("imagebuilder-001", "ec2", "imagebuilder:CreateInfrastructureConfiguration"),
    _passing(
        "kinesisanalytics-001",
        "kinesisanalytics",
        "kinesisanalytics:CreateApplication",
        "kinesisanalytics:StartApplication",
    ),
    _passing("omics-001", "omics", "omics:StartRun"),
    _passing("amplify-001", "amplify", ("amplify:CreateApp", "amplify:UpdateApp")),
    _passing(
        "states",
        "states",
        ("states:CreateStateMachine", "states:UpdateStateMachine"),
        ("states:StartExecution", "states:StartSyncExecution"),
    ),
    _passing("scheduler", "scheduler", ("scheduler:CreateSchedule", "scheduler:UpdateSchedule")),
    _passing("events", "events", "events:PutRule", "events:PutTargets"),
    _passing("ssm-003", "ssm", "ssm:StartAutomationExecution"),
    _passing("elasticbeanstalk", "ec2", ("elasticbeanstalk:CreateEnvironment", "elasticbeanstalk:UpdateEnvironment")),
    _passing("airflow", "airflow", ("airflow:CreateEnvironment", "airflow:UpdateEnvironment")),
    _passing("eks-pod-identity", "pods.eks", "eks:CreatePodIdentityAssociation"),
    _passing("cognitoidentity-001", "cognito-identity", "cognito-identity:SetIdentityPoolRoles"),
    _passing("codedeploy-001", "codedeploy", "codedeploy:CreateDeploymentGroup", "codedeploy:CreateDeployment"),
    _passing("opsworks", "opsworks", "opsworks:CreateStack"),
    _passing("greengrass", "greengrass", "greengrass:AssociateRoleToGroup"),
    _passing("iot", "iot", ("iot:CreateTopicRule", "iot:ReplaceTopicRule")),
    _passing("transfer", "transfer", ("transfer:CreateUser", "transfer:UpdateUser")),
    _passing(
        "rolesanywhere",
        "rolesanywhere",
        ("rolesanywhere:CreateProfile", "rolesanywhere:UpdateProfile"),
        "rolesanywhere:CreateTrustAnchor",
    ),
)
"""iam:PassRole on a role, to a service that runs what it is given."""


def _taking(id_: str, first: str, *also: tuple[str, ...] | str, types: tuple[str, ...] = ()) -> Path:
    needs = tuple((one,) if isinstance(one, str) else one for one in also)
    return Path(id_, Gain.TAKES_COMPUTE, first, needs, resource_types=types)


_INSTANCES = ("aws_instance", "aws_launch_template", "aws_spot_instance_request")
COMPUTE_PATHS = (
    _taking("lambda-003", "lambda:UpdateFunctionCode", types=("aws_lambda_function",)),
    _taking(
        "lambda-layer",
        "lambda:UpdateFunctionConfiguration",
        ("lambda:PublishLayerVersion", "lambda:GetLayerVersion"),
        types=("aws_lambda_function",),
    ),
    _taking(
        "ec2-002",
        "ec2:ModifyInstanceAttribute",
        ("ec2:StopInstances", "ec2:RebootInstances"),
        "ec2:StartInstances",
        types=_INSTANCES,
    ),
    _taking("ec2-005", "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", types=("aws_launch_template",)),
    _taking("ec2-003", "ec2-instance-connect:SendSSHPublicKey", types=_INSTANCES),
    _taking("ec2-serial", "ec2-instance-connect:SendSerialConsoleSSHPublicKey", types=_INSTANCES),
    _taking("ssm-001", "ssm:StartSession", types=_INSTANCES),
    _taking("ssm-002", "ssm:SendCommand", types=_INSTANCES),
    _taking("cloudformation-002", "cloudformation:UpdateStack", types=("aws_cloudformation_stack",)),
    _taking(
        "cloudformation-005",
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
        types=("aws_cloudformation_stack",),
    ),
    _taking("codebuild-002", "codebuild:StartBuild", types=("aws_codebuild_project",)),
    _taking("codebuild-003", "codebuild:StartBuildBatch", types=("aws_codebuild_project",)),
    _taking("codebuild-update", "codebuild:UpdateProject", _START_BUILD, types=("aws_codebuild_project",)),
    _taking("glue-002", "glue:UpdateDevEndpoint", types=("aws_glue_dev_endpoint",)),
    _taking("glue-job", "glue:UpdateJob", _START_GLUE, types=("aws_glue_job",)),
    _taking(
        "sagemaker-004", "sagemaker:CreatePresignedNotebookInstanceUrl", types=("aws_sagemaker_notebook_instance",)
    ),
    _taking(
        "sagemaker-005", "sagemaker:UpdateNotebookInstanceLifecycleConfig", types=("aws_sagemaker_notebook_instance",)
    ),
    _taking("apprunner-002", "apprunner:UpdateService", types=("aws_apprunner_service",)),
    _taking("ecs-006", "ecs:ExecuteCommand", types=("aws_ecs_task_definition",)),
    _taking(
        "bedrock-002",
        "bedrock-agentcore:InvokeCodeInterpreter",
        "bedrock-agentcore:StartCodeInterpreterSession",
        types=("aws_bedrockagentcore_code_interpreter",),
    ),
    _taking(
        "bedrock-004",
        "bedrock-agentcore:InvokeAgentRuntimeCommand",
        types=("aws_bedrockagentcore_agent_runtime",),
    ),
    _taking("bedrock-007", *_DRIVE_BROWSER, types=("aws_bedrockagentcore_browser",)),
    _taking(
        "states-update",
        "states:UpdateStateMachine",
        ("states:StartExecution", "states:StartSyncExecution"),
        types=("aws_sfn_state_machine",),
    ),
    _taking(
        "datapipeline-update",
        "datapipeline:PutPipelineDefinition",
        "datapipeline:ActivatePipeline",
        types=("aws_datapipeline_pipeline",),
    ),
    _taking("batch-002", "batch:SubmitJob", types=("aws_batch_job_definition",)),
)
"""Rights over something that runs as a role already."""

ALL_PATHS = (*IAM_PATHS, *PASSROLE_PATHS, *COMPUTE_PATHS)
