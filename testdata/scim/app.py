"""scim2-server behind the authentication kinds Okta's agent has; see tests/it/scim_server.rs."""

import base64
import hmac
import os

from scim2_models import UnauthorizedException
from scim2_server.applications.wsgi import WSGIApplication
from scim2_server.memory import InMemoryStorage
from scim2_server.utils import load_default_provider

BEARER, BASIC, HEADER = (os.environ[name] for name in ("SCIM_BEARER", "SCIM_BASIC", "SCIM_HEADER"))


class Wsgi(WSGIApplication):
    def check_auth(self, request):
        scheme, _, credential = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(credential, BEARER):
            return
        if scheme.lower() == "basic" and hmac.compare_digest(base64.b64decode(credential).decode(), BASIC):
            return
        if hmac.compare_digest(request.header("X-API-Key") or "", HEADER):
            return
        raise UnauthorizedException


app = Wsgi(InMemoryStorage(), load_default_provider())
