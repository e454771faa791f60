// Package workshop has the texts of the follow-along, and shows them at /workshop beside the live inspector.
//
// A step is a folder: README.md is its text, start the program that a learner fills in, done the one that it becomes. The
// text is played by a test against done, so some of its Markdown means something:
//
//   - a block of sh is commands, one a line (a backslash continues one). "go run" of a step's program or of the server
//     starts it, and it runs on; everything else runs to its end.
//   - a block of text is what is to be seen of the last command, or, as "text program", of the running program. "…" stands
//     for anything within a line; a line that is only "…" for any lines.
//   - a block of go with a name is a listing, cut from between "// cut: name" and "// end" in done. The same place in start
//     is what the learner replaces by it.
//   - a block of diff is an edit of the learner's program, undone by the next block of diff that turns it around.
//   - a quoted line that begins with "In the browser" is for hands; the test has a function for each.
//
// The listings are written into the texts by go test ./cmd/workshop -update.
package workshop
