from tests.itsm.reports.conftest import *
from itsm.reports import catalogue, exports
from itsm.reports.document import as_data
from itsm.kernel.actor import SYSTEM
import json, pathlib, time
def test_try(month, app):
    for lang in ("en","fa","el"):
        q=october(lang)
        t=time.time(); r=catalogue.build(SYSTEM,"sla",q); print("build",time.time()-t)
        if lang=="en": print(json.dumps(as_data(r),indent=0,ensure_ascii=False)[:9000])
        for f in ("pdf","xlsx","csv","json"):
            t=time.time(); a=exports.make_file(SYSTEM,"sla",q,f); b=exports.make_file(SYSTEM,"sla",q,f); print(f, len(a), a==b, time.time()-t)
            pathlib.Path(f"/tmp/rep-{lang}.{f}").write_bytes(a)
        pathlib.Path(f"/tmp/inc-{lang}.pdf").write_bytes(exports.make_file(SYSTEM,"incidents",q,"pdf"))
