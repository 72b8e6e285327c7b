from tests.itsm.reports.conftest import *
from incident.importing import import_audit_log
from tests.conftest import SHARED
from itsm.kernel.actor import SYSTEM
import time
def test_try(app):
    t=time.time()
    with (SHARED/"incidents"/"incident_event_log.csv").open(encoding="utf-8") as f:
        import io
        lines=f.readlines()[:300]
    r=import_audit_log(SYSTEM, io.StringIO("".join(lines)), timezone="America/Sao_Paulo")
    print(r, time.time()-t)
