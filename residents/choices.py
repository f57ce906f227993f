"""Code tables of a person: the interface document's numbers and words, and GB 3304."""

from django.db import models


class Sex(models.IntegerChoices):
    MALE = 1, "男"
    FEMALE = 2, "女"


class PoliticalStatus(models.IntegerChoices):
    MASSES = 1, "群众"
    PARTY_MEMBER = 2, "党员"


class IdType(models.TextChoices):
    ID_CARD = "id_card", "身份证"
    HMT_RESIDENCE = "hmt_residence", "港澳台居民居住证"
    FOREIGN_PERMANENT = "foreign_permanent", "外国人永久居留身份证"
    PASSPORT = "passport", "护照"
    HMT_PASS = "hmt_pass", "港澳台通行证"
    NONE = "none", "尚无"


# Documents whose number follows GB 11643: it ends in a check character, and tells birth and sex.
GB_11643 = frozenset({IdType.ID_CARD, IdType.HMT_RESIDENCE, IdType.FOREIGN_PERMANENT})


class Ethnicity(models.TextChoices):
    """GB 3304: the two-digit code, member names in pinyin."""

    HAN = "01", "汉族"
    MENGGU = "02", "蒙古族"
    HUI = "03", "回族"
    ZANG = "04", "藏族"
    WEIWUER = "05", "维吾尔族"
    MIAO = "06", "苗族"
    YI = "07", "彝族"
    ZHUANG = "08", "壮族"
    BUYI = "09", "布依族"
    CHAOXIAN = "10", "朝鲜族"
    MAN = "11", "满族"
    DONG = "12", "侗族"
    YAO = "13", "瑶族"
    BAI = "14", "白族"
    TUJIA = "15", "土家族"
    HANI = "16", "哈尼族"
    HASAKE = "17", "哈萨克族"
    DAI = "18", "傣族"
    LI = "19", "黎族"
    LISU = "20", "傈僳族"
    WA = "21", "佤族"
    SHE = "22", "畲族"
    GAOSHAN = "23", "高山族"
    LAHU = "24", "拉祜族"
    SHUI = "25", "水族"
    DONGXIANG = "26", "东乡族"
    NAXI = "27", "纳西族"
    JINGPO = "28", "景颇族"
    KEERKEZI = "29", "柯尔克孜族"
    TU = "30", "土族"
    DAWOER = "31", "达斡尔族"
    MULAO = "32", "仫佬族"
    QIANG = "33", "羌族"
    BULANG = "34", "布朗族"
    SALA = "35", "撒拉族"
    MAONAN = "36", "毛南族"
    GELAO = "37", "仡佬族"
    XIBO = "38", "锡伯族"
    ACHANG = "39", "阿昌族"
    PUMI = "40", "普米族"
    TAJIKE = "41", "塔吉克族"
    NU = "42", "怒族"
    WUZIBIEKE = "43", "乌孜别克族"
    ELUOSI = "44", "俄罗斯族"
    EWENKE = "45", "鄂温克族"
    DEANG = "46", "德昂族"
    BAOAN = "47", "保安族"
    YUGU = "48", "裕固族"
    JING = "49", "京族"
    TATAER = "50", "塔塔尔族"
    DULONG = "51", "独龙族"
    ELUNCHUN = "52", "鄂伦春族"
    HEZHE = "53", "赫哲族"
    MENBA = "54", "门巴族"
    LUOBA = "55", "珞巴族"
    JINUO = "56", "基诺族"
    QITA = "97", "其他"
    WAIGUO_XUETONG = "98", "外国血统中国籍人士"


_ETHNICITY_CODES = {
    spelling: member.value
    for member in Ethnicity
    for spelling in (member.value, str(int(member.value)), member.label, member.label.removesuffix("族"))
}


def ethnicity_code(text: str | int) -> str | None:
    """The GB 3304 code for 汉, 汉族, 1 or "01"; None for what names no ethnic group."""
    return _ETHNICITY_CODES.get(str(text).strip())
