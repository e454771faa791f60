package api

import (
	"net/http"
	"strings"
)

// BaseURL is what absolute links to this server begin with: its public address,
// or that of the request, whose Host the guard has checked.
func BaseURL(public string, r *http.Request) string {
	switch {
	case public != "":
		return strings.TrimSuffix(public, "/")
	case r.TLS != nil, strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"):
		// A caller who makes the header up gets a wrong link and cookie, and nobody else does.
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
