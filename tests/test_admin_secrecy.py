"""What a curious member of staff tries in the admin: each finds nothing."""

from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from houses.models import Community, Finding, House
from residents.models import User

from .factories import CommunityFactory, FindingFactory, HouseFactory, MembershipFactory, ResidentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Community:
    return CommunityFactory(name="本小区")


def signed_in(community: Community, role: str) -> Client:
    account = User.objects.create_user(role, is_staff=True)
    account.roles.create(community=community, role=role)
    client = Client()
    client.force_login(account)
    return client


@pytest.mark.parametrize(
    "query",
    [
        "findings=1",
        "findings__gt=0",
        "birth_date__month=5",
        "memberships=1",
        "contact__isnull=1",
        "sources__has_key=is_petitioner",
        "name__regex=(",
        "id_number__tail=2219",
    ],
)
def test_a_list_is_filtered_by_its_own_filters_only(here: Community, query: str) -> None:
    assert signed_in(here, "manager").get(f"/admin/residents/resident/?{query}").status_code == 400


def test_a_log_is_not_searched_by_what_it_names(here: Community) -> None:
    client = signed_in(here, "auditor")
    assert client.get("/admin/admin/logentry/?object_repr__startswith=1-1").status_code == 400


def test_a_change_of_the_petition_flag_alone_leaves_no_trace_in_the_history(here: Community) -> None:
    row = MembershipFactory(house=HouseFactory(community=here))
    row.resident.is_petitioner = True
    row.resident.save()
    page = signed_in(here, "viewer").get(f"/admin/residents/resident/{row.resident.pk}/history/")
    assert page.content.decode().count("修改") == 0


def test_findings_of_another_community_are_not_counted(here: Community) -> None:
    person = ResidentFactory(name="两处住")
    MembershipFactory(house=HouseFactory(community=here), resident=person)
    elsewhere = MembershipFactory(house=HouseFactory(), resident=person)
    FindingFactory(membership=elsewhere)
    page = signed_in(here, "manager").get("/admin/residents/resident/").content.decode()
    assert "两处住" in page and "待核实 1" not in page


def test_a_log_names_no_record(here: Community) -> None:
    client = signed_in(here, "auditor")
    house = ContentType.objects.get_for_model(House)
    entry = LogEntry.objects.create(
        user=User.objects.get(),
        content_type=house,
        object_id="7",
        object_repr="1-1-1-甲102",
        action_flag=CHANGE,
    )
    page = client.get(f"/admin/admin/logentry/{entry.pk}/change/")
    assert (page.status_code, "甲102" in page.content.decode()) == (200, False)
    assert client.get(f"/admin/admin/logentry/{entry.pk}/history/").status_code == 302


@pytest.mark.parametrize("address", ["finding/abc/change/", "finding/abc/settle/", "community/abc/confirm/"])
def test_a_made_up_key_is_not_found(here: Community, address: str) -> None:
    assert signed_in(here, "manager").get(f"/admin/houses/{address}").status_code in (302, 403, 404)


def test_a_made_up_community_finds_nothing(here: Community) -> None:
    page = signed_in(here, "manager").get("/admin/houses/house/?community=9223372036854775808")
    assert page.status_code == 200


def test_a_number_in_a_reason_is_refused(here: Community) -> None:
    finding = FindingFactory(membership=None, house=HouseFactory(community=here))
    form: dict[str, Any] = {"act": "waive", "reason": "已打 13800000007 核对"}
    page = signed_in(here, "manager").post(f"/admin/houses/finding/{finding.pk}/settle/", form)
    assert "请不要填写证件号码或手机号" in page.content.decode()
    assert Finding.objects.get(pk=finding.pk).status == "open"


def test_a_house_that_stands_already_is_refused_in_any_spelling(here: Community) -> None:
    HouseFactory(community=here, building="1", unit="1", floor="1", room="101")
    form = {"community": here.pk, "building": "1号楼", "unit": "1", "floor": "1", "room": "0101室"}
    page = signed_in(here, "manager").post("/admin/houses/house/add/", form)
    assert (page.status_code, House.objects.count()) == (200, 1)
    assert "这套房屋已经登记" in page.content.decode()
