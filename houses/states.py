"""States of our own: of a membership, of a finding. The document's code tables are in choices.py."""

from django.db import models


class Status(models.TextChoices):
    """How far a membership has come (domain.md, Two axes, one status)."""

    INCOMPLETE = "incomplete", "不完整"
    COMPLETED = "completed", "已补完"
    ACTIVATED = "activated", "已激活"
    ENDED = "ended", "已迁出"


class EndReason(models.TextChoices):
    MOVED_OUT = "moved_out", "已搬走"
    LEASE_OVER = "lease_over", "租约到期"
    SOLD = "sold", "房屋已售"
    DECEASED = "deceased", "已去世"
    MISTAKE = "mistake", "登记有误"


class FindingStatus(models.TextChoices):
    OPEN = "open", "待处理"
    RESOLVED = "resolved", "已解决"
    WAIVED = "waived", "已确认无误"


class FindingCode(models.TextChoices):
    """What can be found (domain.md, Findings). The first nine are errors, the rest notices."""

    ID_CHECKSUM = "id_checksum", "证件校验位"
    ID_BIRTH_MISMATCH = "id_birth_mismatch", "证件与出生日期不符"
    ID_SEX_MISMATCH = "id_sex_mismatch", "证件与性别不符"
    ID_SHARED = "id_shared", "多人同一证件号"
    SELF_ID_MISMATCH = "self_id_mismatch", "本人两个证件号"
    ROLE_SEX_MISMATCH = "role_sex_mismatch", "角色与性别不符"
    PLATFORM_CONFLICT = "platform_conflict", "与平台冲突"
    SECOND_OWNER = "second_owner", "两位业主本人"
    MINOR_WITHOUT_GUARDIAN = "minor_without_guardian", "未成年人无监护人"
    ID_OLD_15 = "id_old_15", "15 位旧证件号"
    NAME_DIFFERS = "name_differs", "姓名与平台不同"
    PHONE_MOVED = "phone_moved", "手机号已换人"
    ROLE_UNCLEAR = "role_unclear", "角色不明确"
    UNKNOWN_CODE = "unknown_code", "平台代码不认识"
    UNKNOWN_COMMUNITY = "unknown_community", "小区待确认"
    OCCUPANCY_CONTRADICTION = "occupancy_contradiction", "居住现状矛盾"
    ABSENT_UPSTREAM = "absent_upstream", "平台不再列出"
    LISTED_AFTER_END = "listed_after_end", "迁出后平台仍列出"

    @classmethod
    def errors(cls) -> list["FindingCode"]:
        """Codes of weight error; all others are notices."""
        codes = list(cls)
        return codes[: codes.index(cls.MINOR_WITHOUT_GUARDIAN) + 1]
