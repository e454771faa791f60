// Package static is the browser client: ES modules as they are, without a build step, carried in the binary.
package static

import (
	"embed"
	"io/fs"
)

//go:embed *.html *.svg *.webmanifest css demo games inspector js reference vendor workshop
var files embed.FS

// FS has what a server serves, by the paths of the address. The client's tests and its pictures are not in it.
func FS() fs.FS { return files }
