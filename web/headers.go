package web

import (
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/everturn/everturn/web/api"
)

// contentPolicy lets the client load what the server itself serves, run no
// inline script or style, and be framed by nobody. 'self' covers the WebSocket
// to our own host (CSP 3, 6.7.2.8).
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// framing lets the page of the workshop show the inspector beside its text, and no other page.
var framing = map[string]string{
	"/workshop":  contentPolicy + "; frame-src 'self'",
	"/inspector": strings.Replace(contentPolicy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1),
}

// policyOf is the content policy for an address.
func policyOf(path string) string {
	area, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if policy, ok := framing["/"+area]; ok {
		return policy
	}
	return contentPolicy
}

const permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"

// harden puts the security headers on every answer.
func harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderContentSecurityPolicy, policyOf(c.Request().URL.Path))
		h.Set(echo.HeaderXContentTypeOptions, "nosniff")
		h.Set(echo.HeaderReferrerPolicy, "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		h.Set(echo.HeaderCacheControl, api.NoStore)
		return next(c)
	}
}
