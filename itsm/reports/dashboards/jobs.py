"""Housekeeping of dashboards."""

from itsm.kernel.jobs import Job
from itsm.kernel.text import _
from itsm.reports.dashboards import services

JOBS = (Job("dashboards.forget", _("Forget deleted dashboards"), services.forget_deleted, every_seconds=3600),)
