package durable

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Limits of a page: what it holds if nothing is said, what it may hold, and how
// many rows it looks at.
const (
	DefaultPage = 100
	MaxPage     = 1000
	MaxLooked   = 2000
)

// Paging is one page of a search being put together: rows are read in order and
// looked at one by one, until the page is full, or enough of them were looked
// at, or there are no more.
type Paging struct {
	// Limit is the most items of the page; 0 is [DefaultPage].
	Limit int
	// Cursor is that of the page before, empty for the first.
	Cursor string
	// Sum is a checksum of the query. A cursor goes with the query that made it.
	Sum uint32
	// Rows gives up to n rows behind a place, fewer only at the end.
	Rows func(after Cursor, n int) ([]Item, error)
	// Look says whether a row's instance belongs on the page, and puts it there.
	Look func(Item) (bool, error)
}

// Page fills the page and gives the cursor of the next, empty at the end. A
// cursor is a text that fits into a URL. A bad cursor or limit is bad_request.
func (p *Paging) Page() (cursor string, err error) {
	limit := p.Limit
	switch {
	case limit < 0 || limit > MaxPage:
		return "", Fail(CodeBadRequest, fmt.Sprintf("the limit of a page is 1 to %d, not %d", MaxPage, limit))
	case limit == 0:
		limit = DefaultPage
	}
	after, err := p.resume()
	if err != nil {
		return "", err
	}
	found := 0
	for looked := 0; looked < MaxLooked; {
		n := min(max(limit-found, DefaultPage), MaxLooked-looked)
		items, err := p.Rows(after, n)
		if err != nil {
			return "", err
		}
		for _, x := range items {
			if found == limit {
				return p.cursor(after), nil
			}
			looked++
			after = Cursor{Time: x.Time, ID: x.ID}
			ok, err := p.Look(x)
			if err != nil {
				return "", err
			}
			if ok {
				found++
			}
		}
		if len(items) < n {
			return "", nil
		}
	}
	return p.cursor(after), nil
}

// A cursor is, in base64 of the URL alphabet: the version, the checksum of its
// query, time and ID of the last row, and a checksum of all that.
const cursorVersion = 1

func (p *Paging) cursor(at Cursor) string {
	b := binary.BigEndian.AppendUint32([]byte{cursorVersion}, p.Sum)
	b = AppendID(AppendInt(b, at.Time), at.ID)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}

// resume reads the cursor.
func (p *Paging) resume() (at Cursor, err error) {
	if p.Cursor == "" {
		return Cursor{}, nil
	}
	bad := Fail(CodeBadRequest, "the cursor is not one of this search")
	b, err := base64.RawURLEncoding.Strict().DecodeString(p.Cursor)
	if err != nil || len(b) < 9 {
		return Cursor{}, bad
	}
	b, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(b) != sum || b[0] != cursorVersion || binary.BigEndian.Uint32(b[1:]) != p.Sum {
		return Cursor{}, bad
	}
	d := NewDecoder(b[5:])
	at = Cursor{Time: d.Int(), ID: d.ID()}
	if d.Done() != nil {
		return Cursor{}, bad
	}
	return at, nil
}
