"""Pictures: kept ones by hash, pages with boxes on them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from api.media import BOX_COLOUR
from tests.unit.api.conftest import Open
from tests.unit.api.test_errors import problem

PAGE = "/v1/documents/red.png/pages/1.webp"


def media_of(service: TestClient) -> str:
    (hit,) = service.post("/v1/search", json={"query": "red", "filters": {"modality": ["image"]}}).json()["hits"]
    return str(hit["media"])


def pixels(content: bytes) -> NDArray[np.int64]:
    """int64 (height, width, 3), 0..255."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int64)


def test_a_kept_picture_comes_as_it_lies_in_the_store(service: TestClient, root: Path) -> None:
    digest = media_of(service)
    response = service.get(f"/v1/media/{digest}")
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in response.headers["cache-control"]
    assert response.content == (root / "media" / digest[:2] / f"{digest}.jpg").read_bytes()


def test_a_picture_that_is_there_already_is_not_sent_again(service: TestClient) -> None:
    path = f"/v1/media/{media_of(service)}"
    etag = service.get(path).headers["etag"]
    for told in (etag, f'"other", W/{etag}', "*"):
        again = service.get(path, headers={"If-None-Match": told})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert service.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_thumbnail_is_small_and_kept_for_ever(service: TestClient) -> None:
    path = f"/v1/media/{media_of(service)}/thumbnail.webp"
    response = service.get(path, params={"width": 100})
    assert response.headers["content-type"] == "image/webp"
    assert "immutable" in response.headers["cache-control"]
    assert pixels(response.content).shape == (50, 100, 3)
    assert pixels(service.get(path).content).shape == (160, 320, 3)
    assert pixels(service.get(path, params={"width": 1_000}).content).shape == (200, 400, 3)
    again = service.get(path, params={"width": 100}, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = service.get(path, params={"width": 101}, headers={"If-None-Match": response.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("width", ["0", "15", "1025", "x", "1e9"])
def test_a_thumbnail_has_bounds(service: TestClient, width: str) -> None:
    response = service.get(f"/v1/media/{media_of(service)}/thumbnail.webp", params={"width": width})
    assert problem(response)["code"] == "bad_request"


def test_what_is_no_picture_has_no_thumbnail(service: TestClient, root: Path) -> None:
    (page,) = (root / "media").glob("*/*.html")
    for digest in (page.stem, "0" * 64):
        assert problem(service.get(f"/v1/media/{digest}/thumbnail.webp"))["code"] == "unknown_media"


@pytest.mark.parametrize("digest", ["0" * 64, "x", "..%2F..%2Fcatalogue.sqlite", "*" * 64, "%00", "ü" * 64])
def test_what_is_no_hash_of_a_picture_is_unknown(service: TestClient, digest: str) -> None:
    assert problem(service.get(f"/v1/media/{digest}"))["code"] in ("unknown_media", "not_found")


def test_nothing_in_the_media_store_can_run_as_a_page(service: TestClient, root: Path) -> None:
    (page,) = (root / "media").glob("*/*.html")
    response = service.get(f"/v1/media/{page.stem}")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


def test_a_page_is_drawn_with_a_frame_around_its_box(service: TestClient) -> None:
    response = service.get(PAGE, params={"box": "0.25,0.25,0.75,0.75"})
    assert response.headers["content-type"] == "image/webp"
    plain, framed = pixels(service.get(PAGE).content), pixels(response.content)
    assert plain.shape == framed.shape == (200, 400, 3)
    ys, xs = np.nonzero(np.abs(plain - framed).sum(axis=2) > 60)
    assert all(
        abs(found - meant) <= 6 for found, meant in ((xs.min(), 99), (xs.max(), 301), (ys.min(), 49), (ys.max(), 151))
    )
    assert np.abs(plain - framed)[60:140, 110:290].max() < 30  # the inside stays as it is
    assert np.abs(framed[49, 200] - BOX_COLOUR).sum() < 120


def test_pages_with_other_boxes_have_other_etags(service: TestClient) -> None:
    asked = ("", "?box=0,0,1,1", "?box=0,0,1,1&box=0,0,.5,.5", "?width=200")
    etags = [service.get(PAGE + boxes).headers["etag"] for boxes in asked]
    assert len(set(etags)) == 4
    assert service.get(PAGE, headers={"If-None-Match": etags[0]}).status_code == 304


def test_a_page_comes_as_wide_as_it_is_asked_for(service: TestClient) -> None:
    response = service.get(PAGE, params={"width": 200, "box": "0.25,0.25,0.75,0.75"})
    drawn = pixels(response.content)
    assert drawn.shape == (100, 200, 3)
    assert np.abs(drawn[24, 100] - BOX_COLOUR).sum() < 120


def test_a_page_that_is_named_by_id_may_be_kept_for_a_day(service: TestClient) -> None:
    id = service.get("/v1/documents/red.png").json()["id"]
    assert "max-age=86400" in service.get(f"/v1/documents/{id}/pages/1.webp").headers["cache-control"]
    assert "no-cache" in service.get(PAGE).headers["cache-control"]


def test_a_huge_picture_is_shrunk_to_what_can_be_sent(open_service: Open, root: Path) -> None:
    (kept,) = (root / "media").glob("*/*.jpg")
    Image.new("RGB", (20_000, 10), "blue").save(kept)
    content = open_service().get(PAGE).content
    assert max(pixels(content).shape) == 4_096


@pytest.mark.parametrize(
    "box", ["", "0,0,1", "0,0,1,1,1", "a,b,c,d", "0,0,1,1.5", "-0.1,0,1,1", "0.9,0,0.1,1", "nan,0,1,1", "inf,0,1,1"]
)
def test_an_impossible_box_is_refused(service: TestClient, box: str) -> None:
    assert problem(service.get(PAGE, params={"box": box}))["code"] == "bad_request"


def test_a_document_without_layout_has_no_page_picture(service: TestClient) -> None:
    assert problem(service.get("/v1/documents/notes/lamp.txt/pages/1.webp"))["code"] == "no_page_picture"


def test_pages_begin_at_one_and_end_where_the_document_does(service: TestClient) -> None:
    for page in ("0", "2", "-1", "x"):
        assert problem(service.get(f"/v1/documents/red.png/pages/{page}.webp"))["code"] == "bad_request"
    assert problem(service.get("/v1/documents/none.pdf/pages/1.webp"))["code"] == "unknown_document"
