// Package pages advises the kernel on files that are mapped into this process'
// memory. Elsewhere than on Linux its functions do nothing. All of them may be
// called at any time, concurrently too: no advice of theirs changes what is read
// or written.
package pages
