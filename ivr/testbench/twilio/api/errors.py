"""Write the errors of the REST interface. https://www.twilio.com/docs/api/errors"""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, Response

CODES: Final[dict[int, tuple[int, str]]] = {
    20001: (400, "{}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource {} was not found"),
    20429: (429, "Too Many Requests"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL: {}"),
    21210: (400, "The source phone number provided, {}, is not yet verified for your account"),
    21211: (400, "The phone number you are attempting to call, {}, is not valid."),
    21212: (400, "The 'From' number {} is not a valid phone number"),
    21213: (400, "No 'From' number is specified"),
    21218: (400, "{}"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21602: (400, "Twiml is longer than {} characters"),
    21626: (400, "Invalid StatusCallbackEvent: {}"),
}
"""Status and words of each error."""


class ApiError(Exception):
    """Report that a request is refused."""

    def __init__(self, code: int, what: object = "") -> None:
        super().__init__(f"{code} {what}")
        self.code = code
        self.what = what

    def response(self) -> Response:
        """Return the answer."""
        status, words = CODES[self.code]
        return refusal(status, self.code, words.format(self.what))


def refusal(status: int, code: int, message: str) -> Response:
    """Return an error in the carrier's words."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else None
    return JSONResponse(
        {"code": code, "message": message, "more_info": more, "status": status}, status_code=status, headers=headers
    )
