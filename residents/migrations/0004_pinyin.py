from django.db import migrations

import residents.pinyin


def spell(apps, schema_editor):
    """People who are on the books already are found by their sound too."""
    people = apps.get_model("residents", "Resident").objects
    for person in people.exclude(name="").only("pk", "name").iterator(chunk_size=500):
        people.filter(pk=person.pk).update(pinyin=residents.pinyin.spellings(person.name))


class Migration(migrations.Migration):
    dependencies = [("residents", "0003_access_log_append_only")]

    operations = [
        migrations.AddField(
            model_name="resident",
            name="pinyin",
            field=residents.pinyin.PinyinField(
                blank=True,
                default="",
                editable=False,
                max_length=200,
                source="name",
                verbose_name="姓名拼音",
            ),
        ),
        migrations.RunPython(spell, migrations.RunPython.noop),
    ]
