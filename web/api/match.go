package api

import (
	"net/url"
	"strings"
)

// Segments splits what of an address lies behind a root, as it was sent: an id
// that holds a slash stays one segment as long as nobody decodes it. A slash at
// the end does not count.
func Segments(u *url.URL, root string) []string {
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), root+"/"), "/")
	if last := len(segments) - 1; last > 0 && segments[last] == "" {
		segments = segments[:last]
	}
	return segments
}

// Match holds segments against a pattern such as "instances/{id}", whose words
// are of any case, and gives what varies, decoded.
func Match(pattern string, segments []string) (map[string]string, bool) {
	parts := strings.Split(pattern, "/")
	if len(parts) != len(segments) {
		return nil, false
	}
	vars := map[string]string{}
	for i, part := range parts {
		text, err := url.PathUnescape(segments[i])
		name, varies := strings.CutPrefix(part, "{")
		switch {
		case err != nil || text == "":
			return nil, false
		case varies:
			vars[strings.TrimSuffix(name, "}")] = text
		case !strings.EqualFold(part, text):
			return nil, false
		}
	}
	return vars, true
}
