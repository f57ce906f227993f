"""Code tables of a house and its members: numbers and words of the interface document's appendix."""

from django.db import models

from residents.choices import Sex


class Role(models.IntegerChoices):
    """居民角色表: what a person is in a house, as seen by the subject of the answer."""

    RELATIVE = 0, "家属"
    SELF = 1, "本人"
    TENANT = 2, "租客"
    HUSBAND = 3, "丈夫"
    WIFE = 4, "妻子"
    FATHER = 5, "父亲"
    MOTHER = 6, "母亲"
    PATERNAL_GRANDFATHER = 7, "爷爷"
    PATERNAL_GRANDMOTHER = 8, "奶奶"
    MATERNAL_GRANDFATHER = 9, "姥爷"
    MATERNAL_GRANDMOTHER = 10, "姥姥"
    SON = 11, "儿子"
    DAUGHTER = 12, "女儿"
    OTHER = 13, "其他"

    @property
    def note(self) -> str:
        """The document's column 补充, shown beside the choice; "" for most."""
        return _ROLE_NOTES.get(self, "")

    @property
    def sex(self) -> Sex | None:
        """The sex that the word itself implies."""
        return _ROLE_SEX.get(self)


class HouseUse(models.IntegerChoices):
    """房屋用途表."""

    DWELLING = 1, "住宅"
    PRODUCTION = 2, "生产"
    TRADE = 3, "经营（商业）（饭店）"
    STORAGE = 4, "仓储"
    EDUCATION = 5, "教育（医疗、卫生、科研）"
    CULTURE = 6, "文化(娱乐、体育)"
    OFFICE = 7, "办公"
    COMMERCE = 8, "商业（金融）（信息）"
    OTHER = 9, "其他"


class Ownership(models.IntegerChoices):
    """房屋性质表."""

    PRIVATE = 1, "私有"
    PUBLIC = 2, "公有"
    OTHER = 3, "其他"


class Occupancy(models.IntegerChoices):
    """居住现状表."""

    OWN_USE = 1, "自用"
    VACANT = 2, "闲置"
    LENT = 3, "借用"
    REGISTERED_ONLY = 4, "空挂"
    RENTED = 5, "租用"
    DEMOLISHED = 6, "拆迁"
    OTHER = 7, "其他"


class HouseholdType(models.IntegerChoices):
    """住户类型表."""

    OWNER = 1, "业主"
    TENANT = 2, "租户"
    OTHER = 3, "其他"


_ROLE_NOTES = {
    Role.RELATIVE: "为防止物业端搞不清楚亲属的具体身份而设置，一般情况下不建议填写0",
    Role.SELF: "业主本人",
    Role.TENANT: "所有非业主亲属的都是租客（包括租客的家人）",
    Role.OTHER: "连是不是亲属、是不是租客都搞不清楚，那只能选其他了",
}

_ROLE_SEX = {
    Role.HUSBAND: Sex.MALE,
    Role.WIFE: Sex.FEMALE,
    Role.FATHER: Sex.MALE,
    Role.MOTHER: Sex.FEMALE,
    Role.PATERNAL_GRANDFATHER: Sex.MALE,
    Role.PATERNAL_GRANDMOTHER: Sex.FEMALE,
    Role.MATERNAL_GRANDFATHER: Sex.MALE,
    Role.MATERNAL_GRANDMOTHER: Sex.FEMALE,
    Role.SON: Sex.MALE,
    Role.DAUGHTER: Sex.FEMALE,
}
