"""What several files of tests share: a Chromium for each, pages with a stage, a small project."""

import pytest
from browser import chromium, stage_page
from playwright.sync_api import sync_playwright
from small_project import small_project


@pytest.fixture(scope="module")
def browser():
    """A running headless Chromium. Not for the whole session: what Playwright runs meanwhile would
    be in the way of tests that start an event loop of their own."""
    with sync_playwright() as playwright:
        running = chromium(playwright)
        yield running
        running.close()


@pytest.fixture
def open_stage(browser):
    """A function that opens the stage of a lab on a page of its own, without motion unless asked
    for; it takes what `stage_page` takes. No page may have met an error in the end."""
    pages = []

    def open_one(lab, **how):
        pages.append(stage_page(browser, lab, **{"reduced_motion": "reduce", **how}))
        return pages[-1]

    yield open_one
    for page in pages:
        assert page.errors == []
        page.close()


@pytest.fixture
def project(tmp_path):
    """A small project with our run.py, our dependencies and nothing installed."""
    return small_project(tmp_path)
