"""SMS by Tencent Cloud (API SendSms of 2021-01-11), behind the packages of requirements-tencent.txt."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from .exceptions import Refusal, Refused

REGION = "ap-guangzhou"
TIMEOUT = 5  # seconds of silence
OK = "Ok"

log = structlog.get_logger(__name__)


class TencentBackend:
    def send(self, phone: str, code: str) -> None:
        """Raises Refused; why stands in the log, without the phone."""
        try:
            cause = _status(_client().SendSms(_request(phone, code)))
        except TencentCloudSDKException as error:  # also no connection, and an answer that is none
            cause = error.code
        if cause != OK:
            log.warning("sms failed", cause=cause)
            raise Refused(Refusal.SMS_FAILED)


def _client() -> SmsClient:
    endpoint = urlsplit(settings.SMS_TENCENT_ENDPOINT)
    http = HttpProfile(protocol=endpoint.scheme, endpoint=endpoint.netloc, reqTimeout=TIMEOUT)
    credential = Credential(settings.SMS_TENCENT_SECRET_ID, settings.SMS_TENCENT_SECRET_KEY)
    return SmsClient(credential, REGION, ClientProfile(httpProfile=http))


def _request(phone: str, code: str) -> SendSmsRequest:
    """The template's one variable is the code."""
    request = SendSmsRequest()
    request.SmsSdkAppId = settings.SMS_TENCENT_APP_ID
    request.SignName = settings.SMS_TENCENT_SIGN
    request.TemplateId = settings.SMS_TENCENT_TEMPLATE
    request.PhoneNumberSet = [f"+86{phone}"]
    request.TemplateParamSet = [code]
    return request


def _status(answer: Any) -> str:
    """What became of the one message."""
    codes = [status.Code for status in answer.SendStatusSet or []]
    return str(codes[0]) if len(codes) == 1 else "malformed"
