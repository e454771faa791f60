package orchestrator

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/everturn/everturn/orchestrator/durable"
)

var update = flag.Bool("update", false, "record the golden histories anew")

const goldenDir = "../testdata/histories"

// A golden history is a line that says whose it is, and a line for each entry:
// the bytes as stored, and the same as people read it.
type goldenHeader struct {
	Instance    string `json:"instance"`
	Incarnation uint64 `json:"incarnation"`
	Generation  uint32 `json:"generation"`
	Error       string `json:"error,omitempty"` // what the replay of a bad one must say
}

type goldenEntry struct {
	Entry []byte `json:"entry"`
	Rows  []Row  `json:"rows"`
}

// goldenOrder is an orchestration with one of each: activities with retries, a
// child, a timer, a call, signals, status, listing.
func goldenOrder(swapped bool) []Definition {
	down := true
	charge := DefineActivity("charge", func(_ context.Context, n int) (string, error) {
		if down {
			down = false
			return "", &cardError{"42"}
		}
		return "paid", nil
	}, WithRetry(Retry{Attempts: 3, First: time.Second}))
	ship := DefineActivity("ship", func(context.Context, int) (string, error) { return "shipped", nil })
	invoice := Define("invoice", func(_ *Context, n int) (int, error) { return n * 100, nil })
	order := Define("order", func(c *Context, n int) (string, error) {
		c.SetStatus("paying")
		c.SetIndex(Index{Name: "orders", Time: c.Now().UnixMilli()})
		var paid, shipped string
		var err error
		if swapped {
			shipped, err = ship.Call(c, n)
		} else {
			paid, err = charge.Call(c, n)
		}
		if err != nil {
			return "", err
		}
		if _, err := invoice.Call(c, n, WithID("invoice-1")); err != nil {
			return "", err
		}
		if err := Raise(c, "warehouse", "take", n); err != nil {
			return "", err
		}
		c.SendTo(durable.Message{To: durable.ID{Kind: 'e', Name: "stock", Key: "k"}, Op: OpSignal, Name: "take", Body: []byte("1")})
		if err := c.Sleep(time.Minute); err != nil {
			return "", err
		}
		if swapped {
			paid, err = charge.Call(c, n)
		} else {
			shipped, err = ship.Call(c, n)
		}
		return paid + " and " + shipped, err
	})
	return []Definition{order, invoice, charge, ship}
}

// goldenSwapped is approval with the timer before the event's activity.
func goldenApproval(old bool) *Orchestration[time.Duration, string] {
	if !old {
		return approvalLike()
	}
	return Define("approval", func(c *Context, d time.Duration) (string, error) {
		c.Publish([]byte("asked"))
		event, timer := EventGo[string](c, "Approval"), c.Timer(d)
		Any(event, timer)
		return "", nil
	})
}

// goldenTour is one that fails, undoes what it did, and is rewound.
func goldenTour() []Definition {
	down := true
	book := DefineActivity("reserve", func(_ context.Context, what string) (string, error) {
		if what == "hotel" && down {
			down = false
			return "", errors.New("no answer")
		}
		return what + " booked", nil
	})
	undo := DefineActivity("refund", func(context.Context, string) (None, error) { return None{}, nil })
	tour := Define("tour", func(c *Context, n int) (string, error) {
		late := c.Timer(time.Duration(n) * time.Hour)
		flight, err := book.Call(c, "flight")
		if err != nil {
			return "", err
		}
		hotel, err := book.Call(c, "hotel")
		if _, undone := undo.Call(c, "deposit"); undone != nil {
			return "", undone
		}
		if err != nil {
			return "", fmt.Errorf("hotel: %w", err)
		}
		late.Cancel()
		return flight + ", " + hotel, nil
	})
	return []Definition{tour, book, undo}
}

func goldenDefinitions() []Definition {
	all := append(goldenOrder(false), goldenApproval(false), matchLike(), summer())
	return append(append(all, goldenTrip(true, true)...), goldenTour()...)
}

// goldenCase is played on a hub.
type goldenCase struct {
	path string
	defs func() []Definition
	play func(t *testing.T, h *testHub, c *Client)
}

var goldenCases = []goldenCase{
	{"order/whole", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) { startGolden(t, h, c, "order", "3"); h.run() }},
	{"order/bad-swapped", func() []Definition { return goldenOrder(true) }, func(t *testing.T, h *testHub, c *Client) { startGolden(t, h, c, "order", "3"); h.run() }},
	{"approval/approved", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "approval", "60000000000")
		raise(t, c, "golden", "approval", "yes")
	}},
	{"approval/timeout", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "approval", "60000000000")
		h.run()
	}},
	{"approval/bad-published", func() []Definition { return []Definition{goldenApproval(true)} }, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "approval", "60000000000")
	}},
	{"matchlike/moves", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "matchlike", "9")
		for i := range 3 {
			benchMoves.Post(c, "golden", benchMove{"4", i}, func(benchAck, error) {}, RequestID("ann", string(rune('a'+i))))
			h.settle()
			h.advance(time.Second)
		}
		_ = c.Suspend(t.Context(), "golden", "break")
		_ = c.Resume(t.Context(), "golden", "")
	}},
	{"matchlike/terminated", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "matchlike", "9")
		_ = c.Terminate(t.Context(), "golden", "enough")
	}},
	{"tour/rewound", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "tour", "3")
		h.wantState("golden", Failed)
		rewindAll(t, h, c, "golden")
		h.wantState("golden", Completed)
	}},
	{"tour/scheduled", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		_, err := c.Start(t.Context(), "tour", Raw("1"), WithID("golden"), StartAfter(time.Hour), AsVersion(""))
		if err != nil {
			t.Fatal(err)
		}
		h.run()
		h.wantState("golden", Failed)
	}},
	{"summer/generation", goldenDefinitions, func(t *testing.T, h *testHub, c *Client) {
		startGolden(t, h, c, "summer", "[]")
		for i := range 7 {
			raise(t, c, "golden", "item", i)
		}
	}},
}

func startGolden(t *testing.T, h *testHub, c *Client, name, input string) {
	t.Helper()
	_, err := c.Start(t.Context(), name, Raw(input), WithID("golden"), WithTags(map[string]string{"for": "golden"}))
	if err != nil {
		t.Fatal(err)
	}
}

// TestGoldenHistories records with -update, and without it wants today's code to
// replay what was recorded, and to record the same again.
func TestGoldenHistories(t *testing.T) {
	for _, tc := range append(goldenCases, goldenTrips...) {
		t.Run(tc.path, func(t *testing.T) {
			h, c := newHub(t, tc.defs()...)
			tc.play(t, h, c)
			in := h.instances[InstanceID("golden")]
			file := filepath.Join(goldenDir, tc.path+".jsonl")
			var want error
			if strings.Contains(tc.path, "/bad-") {
				if want = replayGolden(t, &in.Instance); want == nil {
					t.Fatal("a bad history replays")
				}
			}
			recorded := writeGolden(t, &in.Instance, want)
			if *update {
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, recorded, 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			stored, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(stored, recorded) {
				t.Errorf("%s: today's code records something else (-update rewrites it):\n%s", file, recorded)
			}
		})
	}
}

// TestGoldenReplay replays every file that there is, also those whose case is
// gone from the list above.
func TestGoldenReplay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldenDir, "*", "*.jsonl"))
	if err != nil || len(files) < len(goldenCases) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			head, in := readGolden(t, file)
			err := replayGolden(t, in)
			var nd *NonDeterminismError
			switch {
			case head.Error == "" && err != nil:
				t.Fatal(err)
			case head.Error != "" && (!errors.As(err, &nd) || err.Error() != head.Error):
				t.Fatalf("%v, want %s", err, head.Error)
			}
		})
	}
}

func replayGolden(t *testing.T, in *durable.Instance) error {
	t.Helper()
	reg, err := NewRegistry(goldenDefinitions()...)
	if err != nil {
		t.Fatal(err)
	}
	return Replay(NewBehavior(reg, Options{}), in)
}

func writeGolden(t *testing.T, in *durable.Instance, bad error) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	head := goldenHeader{Instance: in.ID.Key, Incarnation: in.Incarnation, Generation: in.Generation}
	if bad != nil {
		head.Error = bad.Error()
	}
	err := enc.Encode(head)
	rows, rowsErr := History(in.Log)
	cur := newCursor(in.Log)
	for i := range in.Log {
		var r record
		n := 0
		for cur.entry <= i || cur.dec.More() {
			if _, e := cur.next(&r); e != nil {
				t.Fatal(e)
			}
			n++
		}
		err = errors.Join(err, enc.Encode(goldenEntry{in.Log[i], rows[:n]}))
		rows = rows[n:]
	}
	if err = errors.Join(err, rowsErr); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readGolden(t *testing.T, file string) (head goldenHeader, in *durable.Instance) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
				t.Fatal(err)
			}
			in = &durable.Instance{ID: InstanceID(head.Instance), Incarnation: head.Incarnation, Generation: head.Generation, Exists: true}
			continue
		}
		var e goldenEntry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		in.Log = append(in.Log, e.Entry)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return head, in
}

// FuzzHistory: no bytes make the decoder or a replay panic, and what decodes
// encodes to something that decodes to the same.
func FuzzHistory(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(goldenDir, "*", "*.jsonl"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, line := range bytes.Split(b, []byte("\n"))[1:] {
			var e goldenEntry
			if json.Unmarshal(line, &e) == nil {
				f.Add(e.Entry)
			}
		}
	}
	reg, err := NewRegistry(goldenDefinitions()...)
	if err != nil {
		f.Fatal(err)
	}
	behavior := NewBehavior(reg, Options{})
	f.Fuzz(func(t *testing.T, entry []byte) {
		rows, err := History([][]byte{entry})
		if err != nil && !errors.Is(err, durable.ErrCorrupt) {
			t.Fatal(err)
		}
		if _, jsonErr := json.Marshal(rows); jsonErr != nil && err == nil && !strings.Contains(jsonErr.Error(), "year outside of range") {
			t.Fatal(jsonErr)
		}
		if err == nil {
			roundTrip(t, entry)
		}
		_ = Replay(behavior, &durable.Instance{ID: InstanceID("golden"), Incarnation: 1, Generation: 1, Log: [][]byte{entry}})
		_, _ = decodeHead(entry)
		_, _ = decodeStartMeta(entry)
	})
}

func roundTrip(t *testing.T, entry []byte) {
	t.Helper()
	again, out := newCursor([][]byte{entry}), coder{}
	b := []byte{historyVersion}
	var r record
	for {
		more, err := again.next(&r)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		b = out.encode(b, &r)
	}
	first, _ := History([][]byte{entry})
	second, err := History([][]byte{b})
	if err != nil || len(first) != len(second) {
		t.Fatalf("%d rows, then %d, %v", len(first), len(second), err)
	}
	for i := range first {
		if first[i].Type != second[i].Type || first[i].Task != second[i].Task || first[i].Name != second[i].Name || !first[i].Time.Equal(second[i].Time) {
			t.Fatalf("%+v became %+v", first[i], second[i])
		}
	}
}
