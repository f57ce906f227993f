"""帐号 and 岗位, for the system administrator."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from residents.admin import HistoryInWords, worded
from residents.models import User

from ..models import StaffRole
from ..visibility import for_staff
from .base import CommunityFilter, Scoped, filter_by

admin.site.unregister(Group)

PHONE: Any = worded(User._meta.get_field("phone"))


class GrantField(ModelMultipleChoiceField):
    widget = CheckboxSelectMultiple

    def label_from_instance(self, obj: Permission) -> str:
        return obj.name


class RolesInline(TabularInline):
    model = StaffRole
    fields = ("community", "role", "ends_on")
    extra = 0
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffRole]:
        return super().get_queryset(request).select_related("community")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The choices are read once, not for each row."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "community":
            field.choices = list(field.choices)
        return field


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ("username", "named", "posts", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "first_name", "last_name")
    search_help_text = "用户名或姓名"
    ordering = ("username",)
    fieldsets = (
        (None, {"fields": ("username", "last_name", "first_name", PHONE, "password_link")}),
        ("权限", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("经过", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
    readonly_fields = (PHONE, "password_link", "last_login", "date_joined")
    filter_horizontal = ()
    inlines = (RolesInline,)
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("roles__community")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account that goes is deactivated: what it did stays on record under its name."""
        return False

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles grant everything else; by name there is only what no role grants."""
        if db_field.name != "user_permissions":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        special = Permission.objects.filter(codename="view_petition", content_type__app_label="residents")
        return GrantField(
            special, required=False, label="特别权限", help_text="任何岗位都不含这些权限，须逐人授予。"
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever is made here works at the office: residents register themselves."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    @admin.display(description="姓名", ordering="last_name")
    def named(self, user: User) -> str:
        return user.shown_name

    @admin.display(description="密码")
    def password_link(self, user: User) -> str:
        """Of a password there is nothing to show, not even its hash."""
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a class="register-link" href="{}">修改密码</a>', address)

    @admin.display(description="岗位")
    def posts(self, user: User) -> str:
        return "、".join(f"{role.community} {role.get_role_display()}" for role in user.roles.all()) or "—"


@admin.register(StaffRole)
class StaffRoleAdmin(HistoryInWords, Scoped):
    list_display = ("holder", "community", "role", "ends_on", "in_force")
    list_filter = (filter_by(CommunityFilter, "community"), "role")
    search_fields = ("user__username", "user__last_name", "user__first_name")
    search_help_text = "用户名或姓名"
    order = ("community", "user")
    fields = ("user", "community", "role", "ends_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffRole]:
        return super().get_queryset(request).select_related("user", "community")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete", obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_staff=True).order_by("username")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user" and field:
            field.label_from_instance = lambda user: f"{user.shown_name}（{user.username}）"
        return field

    def title_of(self, record: StaffRole) -> str:
        return f"{record.user.shown_name}的岗位"

    def names_of(self, request: HttpRequest, model: Any, keys: set[Any]) -> dict[Any, str]:
        if model is User:
            return {user.pk: user.shown_name for user in User.objects.filter(pk__in=keys)}
        return {place.pk: str(place) for place in for_staff(request.user).communities.filter(pk__in=keys)}

    @admin.display(description="姓名", ordering="user__last_name")
    def holder(self, role: StaffRole) -> str:
        return role.user.shown_name

    @admin.display(description="生效", boolean=True)
    def in_force(self, role: StaffRole) -> bool:
        return role.is_unexpired
