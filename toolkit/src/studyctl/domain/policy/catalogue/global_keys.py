"""The condition keys that every service knows, with their types.

Sources: AWS IAM User Guide, "AWS global condition context keys"; "IAM and AWS STS condition context keys", section
"Available keys for AWS OIDC federation": any provider's name may stand before these claims.
"""

from studyctl.domain.policy.catalogue.model import ConditionKey, KeyType

_SINGLE = {
    KeyType.STRING: (
        "aws:AssumedRoot aws:Ec2InstanceSourcePrivateIPv4 aws:Ec2InstanceSourceVpc aws:FederatedProvider "
        "aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalTag/${TagKey} "
        "aws:PrincipalType aws:referer aws:RequestedRegion aws:RequestTag/${TagKey} aws:ResourceAccount "
        "aws:ResourceOrgID aws:ResourceTag/${TagKey} aws:SourceAccount aws:SourceIdentity "
        "aws:SourceOrgID aws:SourceOwner aws:SourceVpc aws:SourceVpce aws:UserAgent aws:userid aws:username "
        "aws:VpceAccount aws:VpceOrgID"
    ),
    KeyType.ARN: (
        "aws:ChatbotSourceArn aws:PrincipalArn aws:SignInSessionArn aws:SourceArn aws:SourceVpcArn "
        "ec2:SourceInstanceArn lambda:SourceFunctionArn ssm:SourceInstanceArn"
    ),
    KeyType.BOOLEAN: (
        "aws:MultiFactorAuthPresent aws:PrincipalIsAWSService aws:SecureTransport aws:ViaAWSService "
        "aws:IsMcpServiceAction aws:ViaAWSMCPService"
    ),
    KeyType.NUMERIC: "aws:EpochTime aws:MultiFactorAuthAge",
    KeyType.DATE: "aws:CurrentTime aws:TokenIssueTime",
    KeyType.ADDRESS: "aws:SourceIp aws:VpcSourceIp",
}
_MULTIPLE = (
    "aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths aws:SourceOrgPaths "
    "aws:TagKeys aws:VpceOrgPaths"
)
_FIRST_AND_LAST = "aws:CalledViaFirst aws:CalledViaLast"

GLOBAL_KEYS = {
    name.lower(): ConditionKey(name, type_, is_multivalued)
    for type_, names, is_multivalued in (
        *((type_, names, False) for type_, names in _SINGLE.items()),
        (KeyType.STRING, _FIRST_AND_LAST, False),
        (KeyType.STRING, _MULTIPLE, True),
    )
    for name in names.split()
}
"""By lower-case name."""


_CLAIMS = frozenset({"amr", "aud", "azp", "email", "oaud", "sub"})


def provider_key(name: str) -> ConditionKey | None:
    """Return the key that holds a claim of an OIDC provider's token, e.g. "auth.example.org/realm:sub"."""
    provider, _, claim = name.rpartition(":")
    if "." not in provider or claim.lower() not in _CLAIMS:
        return None
    return ConditionKey(name, KeyType.STRING, claim.lower() == "amr")
