"""Sealed fields on both databases: the same tests run on SQLite and on PostgreSQL."""

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, models
from django.db.migrations.writer import MigrationWriter
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Upper
from django.test import override_settings
from django.test.utils import isolate_apps

from residents import id_numbers
from residents.crypto import SealError
from residents.fields import SealedBooleanField, SealedField, SealedJSONField
from residents.models import Resident

from . import sealed_models
from .sealed_models import Card, Slip

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables")]

NUMBER, OTHER_NUMBER = "11010519491231002X", "440524188001010014"
OLD, OLD_AS_18 = "610104620927690", "610104196209276908"
PHONE, OTHER_PHONE = "13800000001", "13800000002"


@pytest.fixture(scope="module")
def tables(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in sealed_models.ALL:
                editor.create_model(model)
        yield
        with connection.schema_editor() as editor:
            for model in reversed(sealed_models.ALL):
                editor.delete_model(model)


def columns(model, column):
    """What the database holds, in order of the primary key."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "{model._meta.db_table}" ORDER BY 1')
        return [row[0] for row in cursor.fetchall()]


def overwrite(model, column, value):
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{model._meta.db_table}" SET "{column}" = %s', [value])


def plan(queryset):
    """A few rows are read faster without an index, so PostgreSQL is told that reading all is dear."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    return queryset.explain()


# Writing and reading


def test_a_created_value_reads_back_as_plain_text():
    Card.objects.create(number=NUMBER)
    assert Card.objects.get().number == NUMBER


def test_the_column_holds_no_plain_text():
    Card.objects.create(number=NUMBER, phone=PHONE, flag=True, extra={"name": "张三"})
    for column, plain in [("number", NUMBER), ("phone", PHONE), ("extra", "张三"), ("flag", "true")]:
        assert plain not in columns(Card, column)[0]


def test_the_empty_text_stays_empty_and_none_stays_null():
    Card.objects.create(number="", phone=None, flag=None)
    assert (columns(Card, "number"), columns(Card, "phone"), columns(Card, "flag")) == ([""], [None], [None])


def test_empty_values_read_back_as_they_were():
    card = Card.objects.get(pk=Card.objects.create(number="", phone=None).pk)
    assert (card.number, card.phone, card.flag, card.extra) == ("", None, None, {})


def test_a_saved_change_reads_back():
    card = Card.objects.create(number=NUMBER)
    card.number = OTHER_NUMBER
    card.save(update_fields=["number"])
    assert Card.objects.get().number == OTHER_NUMBER


def test_two_rows_of_one_value_share_the_digest_and_not_the_ciphertext():
    Card.objects.create(number=NUMBER)
    Card.objects.create(number=NUMBER)
    first, second = columns(Card, "number")
    assert first[:86] == second[:86] and first[86:] != second[86:]


def test_bulk_create_seals_every_row():
    Card.objects.bulk_create([Card(number=NUMBER), Card(number=OTHER_NUMBER)])
    assert set(Card.objects.values_list("number", flat=True)) == {NUMBER, OTHER_NUMBER}


def test_bulk_create_that_ignores_conflicts_keeps_the_first_of_two_equal_phones():
    Card.objects.create(name="first", phone=PHONE)
    Card.objects.bulk_create([Card(name="second", phone=PHONE)], ignore_conflicts=True)
    assert Card.objects.get(phone=PHONE).name == "first"


def test_bulk_create_that_updates_conflicts_seals_the_new_value():
    card = Card.objects.create(number=NUMBER)
    changed = Card(pk=card.pk, number=OTHER_NUMBER)
    Card.objects.bulk_create([changed], update_conflicts=True, update_fields=["number"], unique_fields=["id"])
    assert Card.objects.get(number=OTHER_NUMBER).number == OTHER_NUMBER


def test_update_seals_the_value():
    Card.objects.create(number=NUMBER, extra={"a": 1})
    Card.objects.update(number=OTHER_NUMBER, flag=False, extra={"b": [2]}, phone=None)
    card = Card.objects.get(number=OTHER_NUMBER)
    assert (card.number, card.flag, card.extra) == (OTHER_NUMBER, False, {"b": [2]})


def test_bulk_update_seals_each_value_once():
    cards = [Card.objects.create(phone=PHONE), Card.objects.create(phone=OTHER_PHONE)]
    for card, number in zip(cards, [NUMBER, OTHER_NUMBER], strict=True):
        card.number, card.phone, card.flag, card.extra = number, None, True, {"of": number}
    Card.objects.bulk_update(cards, ["number", "phone", "flag", "extra"])
    rows = Card.objects.order_by("pk").values_list("number", "phone", "flag", "extra")
    assert list(rows) == [(n, None, True, {"of": n}) for n in (NUMBER, OTHER_NUMBER)]


def test_get_or_create_finds_the_row_that_it_made():
    made, is_new = Card.objects.get_or_create(phone=PHONE)
    assert is_new and Card.objects.get_or_create(phone=PHONE) == (made, False)


def test_update_or_create_changes_the_row_that_it_found():
    Card.objects.create(phone=PHONE)
    Card.objects.update_or_create(phone=PHONE, defaults={"number": NUMBER})
    assert Card.objects.get().number == NUMBER


def test_select_for_update_reads_plain_text():
    Card.objects.create(number=NUMBER)
    assert Card.objects.select_for_update().get(number=NUMBER).number == NUMBER


@pytest.mark.parametrize("value", [True, False, None])
def test_a_sealed_flag_keeps_its_three_values(value):
    Card.objects.create(flag=value)
    assert Card.objects.get().flag is value


def test_equal_flags_do_not_look_equal():
    Card.objects.bulk_create([Card(flag=True), Card(flag=True)])
    first, second = columns(Card, "flag")
    assert first != second and len(first) == len(second)


@pytest.mark.parametrize("value", [{}, [], {"姓名": ["张三", None, 1.5, True]}])
def test_sealed_json_reads_back_equal(value):
    Card.objects.create(extra=value)
    assert Card.objects.get().extra == value


# Look-ups


def test_exact_finds_the_row_and_no_other():
    Card.objects.bulk_create([Card(number=NUMBER), Card(number=OTHER_NUMBER)])
    assert Card.objects.get(number=NUMBER).number == NUMBER


@pytest.mark.parametrize("asked", [OLD_AS_18, OLD, f" {OLD} "])
def test_exact_compares_the_folded_forms(asked):
    Card.objects.create(number=OLD)
    assert Card.objects.get(number=asked).number == OLD


def test_exact_finds_the_empty_text():
    Card.objects.bulk_create([Card(number=""), Card(number=NUMBER)])
    assert Card.objects.get(number="").number == ""


def test_exact_none_is_null():
    Card.objects.bulk_create([Card(phone=None), Card(phone=PHONE)])
    assert Card.objects.get(phone=None).phone is None


def test_in_finds_each_of_the_values():
    Card.objects.bulk_create([Card(number=NUMBER), Card(number=OTHER_NUMBER), Card()])
    assert Card.objects.filter(number__in={NUMBER, OTHER_NUMBER}).count() == 2


def test_in_nothing_finds_nothing():
    Card.objects.create()
    assert not Card.objects.filter(number__in=[]).exists()


def test_exclude_leaves_the_others_and_the_unknown():
    Card.objects.bulk_create([Card(phone=PHONE), Card(phone=OTHER_PHONE), Card(phone=None)])
    assert set(Card.objects.exclude(phone=PHONE).values_list("phone", flat=True)) == {OTHER_PHONE, None}


@pytest.mark.parametrize("field", ["phone", "flag"])
def test_isnull_tells_unknown_from_known(field):
    known = Card.objects.create(phone=PHONE, flag=False)
    unknown = Card.objects.create()
    assert Card.objects.get(**{f"{field}__isnull": True}) == unknown
    assert Card.objects.get(**{f"{field}__isnull": False}) == known


@pytest.mark.parametrize("tail", ["002X", "002x", "００２x"])
def test_tail_finds_the_last_four_characters(tail):
    Card.objects.bulk_create([Card(number=NUMBER), Card(number=OTHER_NUMBER)])
    assert Card.objects.get(number__tail=tail).number == NUMBER


def test_tail_of_an_old_number_is_that_of_its_18_characters():
    Card.objects.create(number=OLD)
    assert Card.objects.filter(number__tail="6908").exists()


@pytest.mark.parametrize("tail", ["02X", "1002X", "0014", ""])
def test_another_tail_finds_nothing(tail):
    Card.objects.create(number=NUMBER)
    assert not Card.objects.filter(number__tail=tail).exists()


def test_a_related_row_is_found_through_its_sealed_field():
    slip = Slip.objects.create(card=Card.objects.create(number=NUMBER))
    Slip.objects.create(card=Card.objects.create(number=OTHER_NUMBER))
    assert Slip.objects.get(card__number=NUMBER) == slip


def test_fields_of_one_purpose_have_equal_digests():
    Card.objects.create(phone=PHONE)
    Slip.objects.create(mobile=PHONE)
    assert columns(Card, "phone")[0][:43] == columns(Slip, "mobile")[0][:43]


def test_fields_of_two_purposes_have_unequal_digests():
    Slip.objects.create(mobile=PHONE, number=PHONE)
    assert columns(Slip, "mobile")[0][:43] != columns(Slip, "number")[0][:43]


# The database's part


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ({"number": NUMBER}, "card_number_digest"),
        ({"number__in": [NUMBER, OTHER_NUMBER]}, "card_number_digest"),
        ({"number__tail": "002X"}, "card_number_tail"),
        ({"phone": PHONE}, "card_phone_unique"),
    ],
)
def test_the_index_serves_the_look_up(question, index):
    assert index in plan(Card.objects.filter(**question))


def test_two_equal_phones_are_refused_by_the_database():
    Card.objects.create(phone=PHONE)
    with pytest.raises(IntegrityError):
        Card.objects.create(phone=PHONE)


def test_two_unknown_phones_are_not_equal():
    Card.objects.bulk_create([Card(phone=None), Card(phone=None)])
    assert Card.objects.filter(phone=None).count() == 2


def test_validation_refuses_a_second_equal_phone():
    Card.objects.create(phone=PHONE)
    with pytest.raises(ValidationError):
        Card(phone=PHONE).validate_constraints()


@pytest.mark.parametrize("phone", [OTHER_PHONE, None])
def test_validation_takes_another_phone_and_none(phone):
    Card.objects.create(phone=PHONE)
    Card(phone=phone).validate_constraints()


# Refusals


@pytest.mark.parametrize("field", ["number", "flag", "extra"])
@pytest.mark.parametrize(
    "lookup",
    ["contains", "icontains", "iexact", "gt", "lt", "gte", "lte", "startswith", "endswith", "range", "regex"],
)
def test_a_look_up_that_would_read_ciphertext_is_refused(field, lookup):
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.filter(**{f"{field}__{lookup}": "1"})


@pytest.mark.parametrize("question", [{"flag": True}, {"flag": None}, {"extra": {}}, {"extra__a": 1}])
def test_a_field_without_digest_compares_with_nothing(question):
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.filter(**question)


def test_a_field_without_tail_has_no_tail_look_up():
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.filter(phone__tail="0001")


@pytest.mark.parametrize(
    "value",
    [F("name"), F("phone"), Value(NUMBER), OuterRef("number"), Subquery(Slip.objects.values("number")[:1])],
)
def test_a_comparison_with_an_expression_is_refused(value):
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.filter(number=value)


def test_in_a_subquery_is_refused():
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.filter(phone__in=Slip.objects.values("mobile"))


def test_a_comparison_of_a_function_of_the_field_is_refused():
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.annotate(upper=Upper("number")).filter(upper=NUMBER)


def test_a_transform_in_values_is_refused():
    with pytest.raises(FieldError):
        Card.objects.values("number__upper")


def test_a_function_of_the_field_is_an_error_and_never_a_value():
    Card.objects.create(number=NUMBER)
    with pytest.raises(SealError):
        list(Card.objects.values_list(Upper("number")))


@pytest.mark.parametrize(
    "value",
    [F("name"), F("phone"), Value(NUMBER), Upper(Value(NUMBER)), Case(When(name="", then=F("name")))],
)
def test_an_update_from_an_expression_is_refused(value):
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.update(number=value)


def test_a_row_created_from_an_expression_is_refused():
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.create(number=Value(NUMBER))


def test_a_bulk_update_from_an_expression_is_refused():
    card = Card.objects.create()
    card.number = F("name")
    with pytest.raises(FieldError, match="sealed"):
        Card.objects.bulk_update([card], ["number"])


def checked(field, **meta):
    """Codes that Django's system check reports for a model with this one field."""
    attributes = {
        "__module__": __name__,
        "phone": field,
        "Meta": type("Meta", (), {"app_label": "x", **meta}),
    }
    with isolate_apps():
        return {error.id for error in type("Checked", (models.Model,), attributes).check()}


@pytest.mark.parametrize("option", [{"unique": True}, {"db_index": True}, {"db_default": ""}])
def test_the_system_check_refuses_options_that_compare_ciphertext(option):
    assert "sealed.E001" in checked(SealedField(**option))


@pytest.mark.parametrize(
    "meta",
    [{"ordering": ["-phone"]}, {"constraints": [models.UniqueConstraint(fields=["phone"], name="x")]}],
)
def test_the_system_check_refuses_meta_options_that_compare_ciphertext(meta):
    assert "sealed.E001" in checked(SealedField(), **meta)


def test_the_system_check_takes_a_sealed_field_with_its_own_index():
    assert "sealed.E001" not in {error.id for error in Card.check()}


# What does not open


@pytest.mark.parametrize("column", ["number", "phone", "flag", "extra"])
def test_a_wrong_key_is_an_error_and_never_a_value(column):
    Card.objects.create(number=NUMBER, phone=PHONE, flag=True)
    with override_settings(PII_KEYS=[b"\1" * 32]), pytest.raises(SealError):
        Card.objects.values_list(column).get()


def test_a_former_key_still_reads_and_its_rows_are_found(settings):
    Card.objects.create(number=NUMBER)
    settings.PII_KEYS = [b"\1" * 32, *settings.PII_KEYS]
    assert Card.objects.get(number=NUMBER).number == NUMBER


def test_a_ciphertext_in_another_table_does_not_open():
    Card.objects.create(phone=PHONE)
    Slip.objects.create(mobile=PHONE)
    overwrite(Slip, "mobile", columns(Card, "phone")[0])
    with pytest.raises(SealError):
        Slip.objects.get()


def test_a_ciphertext_in_another_column_does_not_open():
    Slip.objects.create(mobile=PHONE, number=PHONE)
    overwrite(Slip, "number", columns(Slip, "mobile")[0])
    with pytest.raises(SealError):
        Slip.objects.get()


def test_a_digest_before_a_strangers_ciphertext_does_not_open():
    Slip.objects.create(mobile=PHONE)
    stranger = Slip._meta.get_field("mobile").digest(OTHER_PHONE)
    overwrite(Slip, "mobile", stranger + columns(Slip, "mobile")[0][43:])
    with pytest.raises(SealError):
        Slip.objects.get()


def test_plain_text_in_the_column_is_an_error_and_never_a_value():
    Slip.objects.create(mobile=PHONE)
    overwrite(Slip, "mobile", PHONE)
    with pytest.raises(SealError):
        Slip.objects.get()


# History


def test_history_reads_as_plain_values():
    resident = Resident.objects.create(id_number=NUMBER, phone=PHONE, is_petitioner=True)
    then = resident.history.get()
    assert (then.id_number, then.phone, then.is_petitioner) == (NUMBER, PHONE, True)


def test_history_is_sealed_under_its_own_table():
    Resident.objects.create(id_number=NUMBER)
    overwrite(Resident.history.model, "id_number", columns(Resident, "id_number")[0])
    with pytest.raises(SealError):
        Resident.history.get()


def test_history_is_found_by_the_same_digest():
    resident = Resident.objects.create(id_number=NUMBER)
    resident.id_number = OTHER_NUMBER
    resident.save()
    assert Resident.history.get(id_number=NUMBER).id == resident.pk


# Forms and migrations


def test_a_value_longer_than_max_length_is_refused_by_clean():
    with pytest.raises(ValidationError):
        Card(number="1" * 21).clean_fields()


def test_the_form_field_is_a_text_of_the_plain_length():
    form_field = Card._meta.get_field("number").formfield()
    assert (form_field.max_length, form_field.clean(f" {NUMBER} ")) == (20, NUMBER)


def test_an_empty_form_field_is_null_where_the_field_may_be():
    assert Card._meta.get_field("phone").formfield().clean("") is None


def test_the_form_field_of_a_flag_has_three_answers():
    form_field = Card._meta.get_field("flag").formfield()
    assert [form_field.clean(answer) for answer in ("true", "false", "unknown")] == [True, False, None]


@pytest.mark.parametrize(
    "field",
    [SealedField(fold=id_numbers.matching_form, tail=4, purpose="x"), SealedField(), SealedBooleanField()],
)
def test_a_field_is_rebuilt_from_its_migration(field):
    _, path, args, kwargs = field.deconstruct()
    assert path == f"residents.fields.{type(field).__name__}"
    assert type(field)(*args, **kwargs).deconstruct()[1:] == field.deconstruct()[1:]


@pytest.mark.parametrize(
    "part", [SealedJSONField(default=dict), *Card._meta.indexes, *Card._meta.constraints]
)
def test_a_migration_can_write_it_down(part):
    text, _imports = MigrationWriter.serialize(part)
    assert text.startswith(("residents.fields.Sealed", "models."))
