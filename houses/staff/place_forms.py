"""Forms about places: what a house owes, a community's name, the rooms of a building."""

from typing import Any

from django import forms

from ..forms import VersionedForm
from ..models import House
from ..rooms import Plan


class HouseForm(VersionedForm):
    """Use, ownership, occupancy: unknown stays unknown."""

    class Meta:
        model = House
        fields = House.SYNCED


class CommunityForm(forms.Form):
    name = forms.CharField(
        label="小区名称", max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class RoomsForm(forms.Form):
    """批量建房: a building's units, floors and rooms a floor."""

    building = forms.CharField(label="楼号", max_length=30, help_text="例如 3。")
    units = forms.IntegerField(label="单元数", min_value=1, max_value=99, initial=1)
    first_floor = forms.IntegerField(
        label="起始楼层", min_value=-9, max_value=200, initial=1, help_text="地下层填负数，没有 0 层。"
    )
    last_floor = forms.IntegerField(label="最高楼层", min_value=-9, max_value=200)
    rooms = forms.IntegerField(
        label="每层户数", min_value=1, max_value=99, help_text="房号为楼层加两位序号：101、102、1203。"
    )

    def plan(self) -> Plan:
        values: dict[str, Any] = self.cleaned_data
        return Plan(**values)
