package wire

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite what the golden frames expect; their inputs stay")

const goldenDir = "../../testdata/wire"

// A golden file has the frames of one type. Its inputs are written by people: the frame of a client, the value of a
// server's. The rest is what this package makes of them, written by -update and reviewed like code. The browser tests
// read the same files.
type goldenFile struct {
	Type  string       `json:"type"` // a Type, or "malformed"
	From  string       `json:"from"` // "client" or "server"
	Cases []goldenCase `json:"cases"`
}

type goldenCase struct {
	Name    string          `json:"name"`
	Frame   string          `json:"frame,omitempty"` // the exact text
	Bytes   []byte          `json:"bytes,omitempty"` // base64, where the frame is no text
	Value   json.RawMessage `json:"value,omitempty"` // of a server's frame: the struct's fields
	Want    json.RawMessage `json:"want,omitempty"`  // of an accepted client's frame: the same in its exact text
	Refused *goldenRefusal  `json:"refused,omitempty"`
	Error   string          `json:"error,omitempty"` // of a malformed server's frame
}

type goldenRefusal struct {
	Answer string    `json:"answer"` // "close", "nack" or "error"
	Close  CloseCode `json:"close,omitempty"`
	Code   Code      `json:"code"`
	Msg    string    `json:"msg"`
	Reply  string    `json:"reply,omitempty"` // the exact text of the answer
}

func (c *goldenCase) input() []byte {
	if c.Bytes != nil {
		return c.Bytes
	}
	return []byte(c.Frame)
}

func TestGoldenClient(t *testing.T) {
	for _, name := range append(types(clientTypes[:]), "malformed") {
		golden(t, name, "client", func(t *testing.T, c goldenCase) goldenCase {
			frame, refusal := Decode(c.input())
			c.Want, c.Refused = nil, nil
			if refusal != nil {
				c.Refused = describe(refusal)
				return c
			}
			if string(frame.Type()) != name {
				t.Errorf("a %s frame among the %s frames", frame.Type(), name)
			}
			c.Want = frame.Append(nil)
			return c
		})
	}
}

func describe(r *Refusal) *goldenRefusal {
	g := &goldenRefusal{Close: r.Close, Code: r.Code, Msg: r.Msg}
	g.Answer = map[Answer]string{AnswerClose: "close", AnswerNack: "nack", AnswerError: "error"}[r.Answer]
	if frame := r.Frame(); frame != nil {
		g.Reply = string(frame.Append(nil))
	}
	return g
}

func TestGoldenServer(t *testing.T) {
	for _, name := range types(serverTypes[:]) {
		golden(t, name, "server", func(t *testing.T, c goldenCase) goldenCase {
			frame := fromValue(t, Type(name), c.Value)
			c.Frame = string(frame.Append(nil))
			back, err := DecodeServer([]byte(c.Frame))
			if err != nil {
				t.Fatal(err)
			}
			if string(back.Type()) != name {
				t.Errorf("a %s frame among the %s frames", back.Type(), name)
			}
			if diff := cmp.Diff(frame, back); diff != "" {
				t.Errorf("DecodeServer reads another frame than was written (-written +read):\n%s", diff)
			}
			return c
		})
	}
	golden(t, "malformed-server", "server", func(t *testing.T, c goldenCase) goldenCase {
		frame, err := DecodeServer(c.input())
		if err == nil {
			t.Fatalf("accepted as %+v", frame)
		}
		c.Error = err.Error()
		return c
	})
}

// fromValue makes the server's frame that a golden case describes.
func fromValue(t *testing.T, typ Type, raw json.RawMessage) ServerFrame {
	t.Helper()
	switch typ {
	case TypeHello:
		return fill[Hello](t, raw)
	case TypeSync:
		return fill[Sync](t, raw)
	case TypeEv:
		return fill[Ev](t, raw)
	case TypeLive:
		return fill[Live](t, raw)
	case TypeAck:
		return fill[Ack](t, raw)
	case TypeNack:
		return fill[Nack](t, raw)
	case TypePong:
		return fill[Pong](t, raw)
	case TypeRestarting:
		return fill[Restarting](t, raw)
	case TypeError:
		return fill[Error](t, raw)
	}
	t.Fatalf("no frame of type %q", typ)
	return nil
}

func fill[F ServerFrame](t *testing.T, raw json.RawMessage) ServerFrame {
	t.Helper()
	var f F
	d := json.NewDecoder(bytes.NewReader(compact(t, raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

// golden runs each case of a file: judge fills in what this package makes of the case's input, and that must be what
// the file says already.
func golden(t *testing.T, name, from string, judge func(*testing.T, goldenCase) goldenCase) {
	t.Run(name, func(t *testing.T) {
		file := readGolden(t, name+".json")
		if want := strings.TrimSuffix(name, "-server"); file.Type != want || file.From != from {
			t.Fatalf("the file says type %q from %q", file.Type, file.From)
		}
		if len(file.Cases) == 0 {
			t.Fatal("the file has no cases")
		}
		names := map[string]bool{}
		for i, c := range file.Cases {
			if c.Name == "" || names[c.Name] {
				t.Errorf("case %d: the name %q is empty or there twice", i, c.Name)
			}
			names[c.Name] = true
			t.Run(c.Name, func(t *testing.T) {
				got := judge(t, c)
				if !*update {
					c.Want, got.Want = compact(t, c.Want), compact(t, got.Want)
					if diff := cmp.Diff(c, got); diff != "" {
						t.Errorf("not as the golden file says (-file +now):\n%s", diff)
					}
				}
				file.Cases[i] = got
			})
		}
		if *update && !t.Failed() {
			writeGolden(t, name+".json", file)
		}
	})
}

// goldenLists is what a client must know besides the frames.
type goldenLists struct {
	Subprotocol string           `json:"subprotocol"`
	Proto       int              `json:"proto"`
	Limits      map[string]int64 `json:"limits"`
	Client      []Type           `json:"client"`
	Server      []Type           `json:"server"`
	Acts        []Action         `json:"acts"`
	Kinds       []Kind           `json:"kinds"`
	States      []State          `json:"states"`
	Codes       []goldenCode     `json:"codes"`
	Closes      []goldenClose    `json:"closes"`
}

type goldenCode struct {
	Code       Code   `json:"code"`
	Status     int    `json:"status"`
	RetryAfter bool   `json:"retryAfter,omitempty"`
	RetryNack  bool   `json:"retryNack,omitempty"`
	Sentence   string `json:"sentence"`
}

type goldenClose struct {
	Code   CloseCode `json:"code"`
	Reason string    `json:"reason"`
}

func TestGoldenLists(t *testing.T) {
	now := goldenLists{
		Subprotocol: Subprotocol, Proto: Proto,
		Limits: map[string]int64{
			"inbound": MaxInbound, "idChars": MaxIDChars, "moveChars": MaxMoveChars, "chatChars": MaxChatChars,
			"matchIDMin": MinMatchIDChars, "matchIDMax": MaxMatchIDChars, "number": MaxNumber,
			"pingEvery": ms(PingEvery), "readDeadline": ms(ReadDeadline), "writeDeadline": ms(WriteDeadline),
			"outFrames": OutFrames, "outBytes": OutBytes, "overflowAgain": ms(OverflowAgain),
			"watches": MaxWatches, "pending": MaxPending, "backlog": MaxBacklog,
			"frameBurst": FrameBurst, "framesPerSecond": FramesPerSecond,
			"chatBurst": ChatBurst, "chatsPerSecond": ChatsPerSecond,
		},
		Client: ClientTypes(), Server: ServerTypes(), Acts: Actions(), Kinds: Kinds(), States: States(),
	}
	for _, c := range Codes() {
		now.Codes = append(now.Codes, goldenCode{c, c.Status(), c.RetryAfter(), c.RetryNack(), c.Sentence()})
	}
	for _, c := range CloseCodes() {
		now.Closes = append(now.Closes, goldenClose{c, c.Reason()})
	}
	if *update {
		writeGolden(t, "lists.json", now)
		return
	}
	var file goldenLists
	readJSON(t, "lists.json", &file)
	if diff := cmp.Diff(file, now); diff != "" {
		t.Errorf("not as the golden file says (-file +now):\n%s", diff)
	}
}

func ms(d time.Duration) int64 { return d.Milliseconds() }

// TestGoldenComplete checks that the golden frames show the closed lists, all of them and nothing else.
func TestGoldenComplete(t *testing.T) {
	shown := map[string]map[string]bool{"t": {}, "k": {}, "act": {}, "code": {}}
	paths, err := filepath.Glob(filepath.Join(goldenDir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, path := range paths {
		name := filepath.Base(path)
		files = append(files, name)
		if name == "lists.json" || strings.HasPrefix(name, "malformed") {
			continue
		}
		for _, c := range readGolden(t, name).Cases {
			if c.Refused != nil {
				continue
			}
			var frame map[string]json.RawMessage
			if err := json.Unmarshal([]byte(c.Frame), &frame); err != nil {
				t.Fatalf("%s, %s: %v", name, c.Name, err)
			}
			for key, words := range shown {
				if raw, ok := frame[key]; ok {
					words[oracleText(raw)] = true
				}
			}
		}
	}
	all := slices.Concat(types(clientTypes[:]), types(serverTypes[:]))
	same(t, "types", shown["t"], all)
	same(t, "kinds", shown["k"], types(kinds[:]))
	same(t, "acts", shown["act"], types(actions[:]))
	same(t, "codes", shown["code"], types(Codes()))

	want := []string{"lists.json", "malformed.json", "malformed-server.json"}
	for _, name := range all {
		want = append(want, name+".json")
	}
	slices.Sort(want)
	slices.Sort(files)
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-wanted +there):\n%s", diff)
	}
}

func same(t *testing.T, what string, shown map[string]bool, list []string) {
	t.Helper()
	var got []string
	for word := range shown {
		got = append(got, word)
	}
	slices.Sort(got)
	slices.Sort(list)
	if diff := cmp.Diff(list, got); diff != "" {
		t.Errorf("%s (-in the closed list +in the golden frames):\n%s", what, diff)
	}
}

// types turns a closed list into plain strings, in a slice of their own.
func types[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, word := range list {
		texts[i] = string(word)
	}
	return texts
}

func readGolden(t testing.TB, name string) goldenFile {
	t.Helper()
	var file goldenFile
	readJSON(t, name, &file)
	return file
}

func readJSON[T any](t testing.TB, name string, into *T) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenDir, name))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func writeGolden[T any](t *testing.T, name string, value T) {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(goldenDir, name), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compact(t *testing.T, raw json.RawMessage) json.RawMessage {
	t.Helper()
	if raw == nil {
		return nil
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
