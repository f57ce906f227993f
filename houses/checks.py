"""What house and family show: pure functions over a neighbourhood, each returns problems.

A neighbourhood (`houses.neighbourhood`) is what is loaded around the records in
question. Sentences name nobody but the record's own person, and carry no number.
"""

from collections.abc import Iterator

from residents import id_numbers
from residents.checks import Problem
from residents.masking import scrub
from residents.models import Resident

from .choices import Occupancy, Role
from .models import Community, House, Membership
from .neighbourhood import Neighbourhood

# Under this age somebody grown up has to live in the house.
MINOR_AGE = 14
ADULT_AGE = 18

_UNCLEAR = (None, Role.RELATIVE, Role.OTHER)


def is_child(person: Resident) -> bool:
    """Under 14, as far as is known: a guardian has to agree."""
    age = person.age()
    return age is not None and age < MINOR_AGE


# -- a person among others ---------------------------------------------------------------


def id_shared(resident: Resident, around: Neighbourhood) -> Iterator[Problem]:
    """Another person holds the number, or another row of this house carries it."""
    if not resident.id_number:
        return
    form = resident.id_form
    others = {other.pk for other in around.holders(form)} | {
        other.pk for other in around.claimants(form, resident)
    }
    others.discard(resident.pk)
    if others:
        yield Problem(
            "id_shared",
            "另有人登记了同一个证件号码，请核对是谁的。",
            "id_number",
            inputs=[form, *sorted(map(str, others))],
        )


def self_id_mismatch(resident: Resident, around: Neighbourhood) -> Iterator[Problem]:
    """The person's own answer gives one number on top and another in the household's row."""
    if not resident.id_number:
        return
    for row in around.open_memberships(resident):
        stated = row.said.value("own_id_number")
        if not stated or id_numbers.matching_form(stated) == resident.id_form:
            continue
        yield Problem(
            "self_id_mismatch",
            "本人的答复里有两个不同的证件号码，请核对证件。",
            "id_number",
            inputs=[resident.id_number, stated],
            suggestion=_better_number(resident, stated),
            evidence={"household_row": stated},
        )
        return


def _better_number(resident: Resident, candidate: str) -> dict[str, str] | None:
    """The candidate, where it agrees with all that is stated and our number does not."""
    told, ours = id_numbers.told(candidate), id_numbers.told(resident.id_number)
    stated = (resident.birth_date, resident.sex)
    if told and (told.birth, told.sex) == stated and (not ours or (ours.birth, ours.sex) != stated):
        return {"field": "id_number", "value": candidate}
    return None


# -- a membership ------------------------------------------------------------------------


def role_sex_mismatch(row: Membership, around: Neighbourhood) -> Iterator[Problem]:
    sex = around.resident(row).known_sex
    role = Role(row.role) if row.role is not None else None
    if role is not None and role.sex and sex and sex != role.sex:
        yield Problem(
            "role_sex_mismatch",
            f"角色是{role.label}，与本人的性别不符。",
            "role",
            inputs=[row.role, sex],
        )


def name_differs(row: Membership, around: Neighbourhood) -> Iterator[Problem]:
    resident = around.resident(row)
    known = {resident.name, resident.said.value("name"), row.nickname}
    stated = [name for name, _ in row.called if name and name not in known]
    if stated and resident.name:
        yield Problem(
            "name_differs",
            f"平台在这套房屋里称此人为“{scrub(stated[0])}”，与登记的姓名不同。",
            "name",
            inputs=[*stated, resident.name],
        )


def role_unclear(row: Membership, around: Neighbourhood) -> Iterator[Problem]:
    if row.role in _UNCLEAR:
        said = "未填写" if row.role is None else Role(row.role).label
        yield Problem("role_unclear", f"居民角色{said}，请问清与业主的关系。", "role", inputs=row.role)


def second_owner(row: Membership, around: Neighbourhood) -> Iterator[Problem]:
    """Two people who are 本人 by different answers. Two of one answer own the house together."""
    own = _stated_owner_by(row)
    fellows = around.open_members(row.house_id) if own else []
    stated = {other.resident_id: _stated_owner_by(other) for other in fellows}
    owners = {person: by for person, by in stated.items() if by}
    if any(by != own for by in owners.values()):
        yield Problem(
            "second_owner",
            "同一套房屋有两位业主本人，请核对产权（共有或已过户）。",
            "role",
            inputs=sorted(map(str, owners)),
        )


def _stated_owner_by(row: Membership) -> str:
    """Whose answer says that this is the owner; "" where none does."""
    said = row.said.get("role")
    return said.by if said and said.value == Role.SELF and row.role == Role.SELF else ""


def minor_without_guardian(row: Membership, around: Neighbourhood) -> Iterator[Problem]:
    minor = around.resident(row)
    age = minor.age()
    if age is None or age >= MINOR_AGE or minor.contact_id:
        return
    ages = [around.resident(other).age() for other in around.open_members(row.house_id) if other.pk != row.pk]
    if not any(other is None or other >= ADULT_AGE for other in ages):
        yield Problem(
            "minor_without_guardian",
            "未满 14 周岁，房屋内没有成年人，请登记监护人。",
            inputs=[str(minor.known_birth)],
        )


def absent_upstream(row: Membership, around: Neighbourhood) -> Iterator[Problem]:
    if row.absent_since:
        yield Problem(
            "absent_upstream",
            "平台的答复里不再有此人，请核对是否已迁出。",
            inputs=row.absent_since.isoformat(),
        )


def listed_after_end(row: Membership, around: Neighbourhood) -> Iterator[Problem]:
    if row.relisted_since:
        yield Problem(
            "listed_after_end", "此人已迁出，平台仍列在这套房屋里。", inputs=row.relisted_since.isoformat()
        )


# -- a house, a community ----------------------------------------------------------------


def occupancy_contradiction(house: House, around: Neighbourhood) -> Iterator[Problem]:
    members = around.open_members(house.pk)
    tenants = sum(row.role == Role.TENANT for row in members)
    unlet = (Occupancy.OWN_USE, Occupancy.VACANT, Occupancy.REGISTERED_ONLY, Occupancy.DEMOLISHED)
    sentence = ""
    if house.occupancy in unlet and tenants:
        sentence = f"居住现状为{Occupancy(house.occupancy).label}，却登记有租客。"
    elif house.occupancy == Occupancy.RENTED and members and not tenants:
        sentence = "居住现状为租用，却没有登记租客。"
    if sentence:
        yield Problem(
            "occupancy_contradiction", sentence, "occupancy", inputs=[house.occupancy, bool(tenants)]
        )


def unknown_community(community: Community) -> Iterator[Problem]:
    if community.confirmed_at is None:
        yield Problem(
            "unknown_community", "平台给出的小区尚未确认，请命名并确认。", inputs=community.platform_code
        )


RESIDENT_CHECKS = (id_shared, self_id_mismatch)
OPEN_MEMBERSHIP_CHECKS = (
    role_sex_mismatch,
    name_differs,
    role_unclear,
    second_owner,
    minor_without_guardian,
    absent_upstream,
)
