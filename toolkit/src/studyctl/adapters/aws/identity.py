"""Who we are, asked of STS before anything else."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from studyctl.adapters.aws.session import AwsSession
from studyctl.errors import PreflightFailed


@dataclass(frozen=True)
class Identity:
    """The caller: account and principal."""

    account_id: str
    arn: str


def caller_identity(session: AwsSession) -> Identity:
    """Ask STS who the credentials belong to.

    Raises:
        PreflightFailed: there are no credentials, they expired, the clock is wrong, or STS cannot be reached.
    """
    try:
        answer = session.client("sts").get_caller_identity()
    except NoCredentialsError as missing:
        raise PreflightFailed(
            "no AWS credentials were found",
            why="Looked in the environment, the shared configuration and the instance's role.",
            hint="Sign in first: aws sso login --profile PROFILE && export AWS_PROFILE=PROFILE",
        ) from missing
    except ClientError as refused:
        raise _explain(refused) from refused
    except BotoCoreError as unreachable:
        raise PreflightFailed(
            "AWS could not be reached",
            why=str(unreachable),
            hint="Check the network and AWS_PROFILE; rehearse without an account: add --target emulator",
        ) from unreachable
    return Identity(account_id=answer["Account"], arn=answer["Arn"])


def _explain(refused: ClientError) -> PreflightFailed:
    code = refused.response.get("Error", {}).get("Code", "")
    message = refused.response.get("Error", {}).get("Message", "")
    if code in {"ExpiredToken", "ExpiredTokenException", "RequestExpired"} and "Signature" not in message:
        return PreflightFailed(
            "the AWS credentials have expired", why=message, hint="Sign in again: aws sso login --profile PROFILE"
        )
    if code in {"SignatureDoesNotMatch", "RequestTimeTooSkewed"} or "Signature expired" in message:
        return PreflightFailed(
            "AWS refuses our signature: this machine's clock may be wrong",
            why=message,
            hint="Compare `date -u` with the real time, then run the command again.",
        )
    return PreflightFailed(
        f"AWS refused the credentials: {code}", why=message, hint="Check which profile is active: aws configure list"
    )
