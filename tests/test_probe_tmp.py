from tests.conftest import *
def test_probe(app, make):
    from flask_security.core import _request_loader
    p = make.person("Ada", email="ada@example.org", password="correct horse battery")
    session.commit()
    before = app.login_manager._request_callback
    app.login_manager.request_loader(_request_loader)
    try:
        print("WITH LOADER", app.test_client().get("/account?auth_token="+p.get_auth_token()).status_code)
    finally:
        app.login_manager._request_callback = before
    print("WITHOUT", app.test_client().get("/account?auth_token="+p.get_auth_token()).status_code)
