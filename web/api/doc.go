// Package api is what all routes of the server have in common, whatever room
// they belong to: bodies and queries that are read strictly, and problems, which
// is how errors go out (application/problem+json, RFC 9457).
package api
