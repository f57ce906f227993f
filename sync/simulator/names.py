"""Chinese names, drawn from short lists of common characters."""

from random import Random

SURNAMES: tuple[str, ...] = (
    *"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜",
    "欧阳",
    "司马",
)
MALE = "伟强磊军勇杰涛明超刚平辉鹏飞波斌宇浩凯健俊帆亮建国志文海东成龙林峰庆毅鑫"
FEMALE = "芳娜敏静丽艳娟霞秀英玲桂香月莹雪琳晶欣怡婷佳慧红梅倩颖洁兰萍云珍蕾薇"
NEUTRAL = "晓子思嘉雨泽梓一安宁然乐"


def surname(random: Random) -> str:
    return random.choice(SURNAMES)


def given(random: Random, sex: int, taken: set[str]) -> str:
    """One or two characters; not the given name of somebody else of the household."""
    characters = MALE if sex == 1 else FEMALE
    while True:
        first = random.choice(characters + NEUTRAL) if random.random() < 0.8 else ""
        name = first + random.choice(characters)
        if name not in taken:
            taken.add(name)
            return name
