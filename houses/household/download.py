"""下载我的资料: a copy of all that is kept of oneself, to read (xlsx) or to take elsewhere (JSON)."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.http import content_disposition_header

from ..own_data import Part, gather
from ..sheets import workbook
from .pages import FamilyPage

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Download(FamilyPage):
    """Also for an account that has not said who it is: a copy of what there is.

    By POST: it leaves a row in the access log, and no link or crawler may fetch it.
    """

    http_method_names = ["post"]
    needs_identity = needs_notice = False  # nor has anybody to agree to anything for it
    name = ""

    def post(self, request: HttpRequest) -> HttpResponse:
        answer = self.render(gather(self.user))
        # The name of the file names nobody: it stays behind in a folder or a chat.
        answer["Content-Disposition"] = content_disposition_header(True, self.name)
        return answer

    def render(self, parts: list[Part]) -> HttpResponse:
        raise NotImplementedError


class DownloadJson(Download):
    name = "我的资料.json"

    def render(self, parts: list[Part]) -> HttpResponse:
        told = {part.title: part.named for part in parts}
        return JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})


class DownloadXlsx(Download):
    name = "我的资料.xlsx"

    def render(self, parts: list[Part]) -> HttpResponse:
        tables = [(part.title, part.columns, part.rows) for part in parts]
        return HttpResponse(workbook(tables), content_type=XLSX)


urls = [
    path("me/download.json", DownloadJson.as_view(), name="download_json"),
    path("me/download.xlsx", DownloadXlsx.as_view(), name="download_xlsx"),
]
