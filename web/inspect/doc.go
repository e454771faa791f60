// Package inspect is the server side of the inspector: what the engine has
// stored and what it is doing, to look at while it happens, and the operator's
// hand to change it. The page is static/inspector.
//
// Whatever it shows is read from what is committed, beside the turns: nothing
// here waits for a partition or keeps one waiting. What is live looks again only
// when the engine has committed something, and never spends more than a small
// part of its time on looking (see pace).
//
// Lists are pages of the engine's indexes, so that a hundred thousand instances
// cost what twenty do. Who may come here at all is decided in front of this
// package.
package inspect
