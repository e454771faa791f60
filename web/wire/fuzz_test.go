package wire

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"
)

func FuzzDecode(f *testing.F) {
	seed(f, "client")
	f.Fuzz(func(t *testing.T, data []byte) { checkDecode(t, data) })
}

func FuzzDecodeServer(f *testing.F) {
	seed(f, "server")
	f.Fuzz(func(t *testing.T, data []byte) { checkDecodeServer(t, data) })
}

// FuzzAppend writes frames with any text in them.
func FuzzAppend(f *testing.F) {
	f.Add("k1", "plain", int64(4))
	f.Add("\"\\/\b\f\n\r\t\x00\x1f\x7f", "<>& é🎲\u2028\ufffd", int64(-1))
	f.Add("a\xffb\xc3", "\xed\xa0\x80", int64(MaxNumber))
	f.Fuzz(func(t *testing.T, id, msg string, n int64) {
		frame := Nack{ID: id, Match: "m7Qk2XvT9bLr4Ws1", Code: CodeBusy, Msg: msg, Retry: n}
		data := frame.Append(nil)
		var got struct {
			ID, M, Code, Msg string
			Retry            int64
		}
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%q is not JSON: %v", data, err)
		}
		want := got
		want.ID, want.M, want.Code, want.Msg, want.Retry = mended(t, id), frame.Match, "busy", mended(t, msg), n
		if got != want {
			t.Errorf("%q reads %+v, want %+v", data, got, want)
		}
	})
}

// mended returns a text as encoding/json sends it: each byte that is not UTF-8 as U+FFFD.
func mended(t *testing.T, s string) (out string) {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// seed adds the golden frames of one side, and the malformed ones.
func seed(f *testing.F, from string) {
	for _, in := range goldenInputs(f, from) {
		f.Add(in)
	}
}

func goldenInputs(tb testing.TB, from string) [][]byte {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(goldenDir, "*.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var inputs [][]byte
	for _, path := range paths {
		if filepath.Base(path) == "lists.json" {
			continue
		}
		file := readGolden(tb, filepath.Base(path))
		if file.From != from && file.Type != "malformed" {
			continue
		}
		for _, c := range file.Cases {
			inputs = append(inputs, c.input())
		}
	}
	return inputs
}

// checkDecode compares Decode with the oracle.
func checkDecode(t *testing.T, data []byte) {
	t.Helper()
	before := bytes.Clone(data)
	frame, refusal := Decode(data)
	if !bytes.Equal(before, data) {
		t.Fatalf("%q was changed to %q", before, data)
	}
	if len(data) > MaxInbound {
		if refusal == nil || refusal.Close != CloseTooBig {
			t.Fatalf("%d bytes were not refused as too big: %v", len(data), refusal)
		}
		return
	}
	wantFrame, wantRefusal := oracleDecode(data)
	if frame != wantFrame {
		t.Fatalf("%q reads %#v (refused: %v), want %#v", data, frame, refusal, wantFrame)
	}
	if (refusal == nil) != (wantRefusal == nil) {
		t.Fatalf("%q is refused with %v, want %v", data, refusal, wantRefusal)
	}
	if refusal != nil {
		checkRefusal(t, data, *refusal, *wantRefusal)
		return
	}
	text := frame.Append(nil)
	again, refusal := Decode(text)
	if refusal != nil || again != frame {
		t.Fatalf("%q reads %#v, written %q, which reads %#v (refused: %v)", data, frame, text, again, refusal)
	}
}

func checkRefusal(t *testing.T, data []byte, got, want Refusal) {
	t.Helper()
	msg := got.Msg
	if got.Msg = ""; got != want {
		t.Fatalf("%q is refused with %+v, want %+v", data, got, want)
	}
	if msg == "" || got.Answer == AnswerClose && len(msg) > MaxCloseReason {
		t.Fatalf("%q is refused with the sentence %q of %d bytes", data, msg, len(msg))
	}
	if frame := got.Frame(); frame != nil && oracleParse(frame.Append(nil)) == nil {
		t.Fatalf("%q is answered by %q, which is not JSON", data, frame.Append(nil))
	}
}

// checkDecodeServer compares DecodeServer with the oracle, and what it reads with what encoding/json reads.
func checkDecodeServer(t *testing.T, data []byte) {
	t.Helper()
	frame, err := DecodeServer(data)
	if want := oracleServer(data); want != (err == nil) {
		t.Fatalf("%q: accepted %v (%v), want %v", data, err == nil, err, want)
	}
	if err != nil {
		return
	}
	text := frame.Append(nil)
	if got, want := loose(t, text), loose(t, data); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q is written again as %q", data, text)
	}
	again, err := DecodeServer(text)
	if err != nil || !reflect.DeepEqual(again, frame) {
		t.Fatalf("%q reads %#v, written %q, which reads %#v (%v)", data, frame, text, again, err)
	}
}

// loose reads JSON with all that order and spelling leave open; a retry of 0 is one that is not there.
func loose(t *testing.T, data []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	m := map[string]any{}
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	if m["retry"] == json.Number("0") {
		delete(m, "retry")
	}
	return m
}

// TestAgainstOracle puts frames together from pieces that are right and wrong in interesting ways, which a fuzzer of
// bytes seldom finds.
func TestAgainstOracle(t *testing.T) {
	keys := []string{
		`"t"`, `"id"`, `"m"`, `"move"`, `"act"`, `"text"`, `"seq"`, `"after"`, `"epoch"`, `"c"`, `"\u0074"`, `"\u0069d"`,
		`"T"`, `""`, `"x"`, `"k"`, `"d"`, `"now"`, `"view"`, `"match"`, `"clock"`, `"code"`, `"msg"`, `"seat"`, `"in"`,
	}
	values := []string{
		`"k1"`, `"4"`, `""`, `"m7Qk2XvT9bLr4Ws1"`, `"resign"`, `"\ud83c\udfb2\ud83c"`, `"\u0000\/"`, `"moved"`, `"busy"`,
		`0`, `7`, `-1`, `-0`, `1.0`, `1e3`, `9007199254740991`, `9007199254740992`, `18446744073709551616`,
		`null`, `true`, `false`, `{}`, `[]`, `{"t":"ping","t":[{}, [1,2 ,"]"]]}`, `01`, `"a` + "\n" + `"`, `nul`, `[1,]`, `{"a"}`,
	}
	spaces := []string{"", "", "", "", "", " ", "\t\r\n", "\v"}
	right := goldenInputs(t, "client")
	right = append(right, goldenInputs(t, "server")...)
	for i := range 20_000 {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		pick := func(list []string) string { return list[r.IntN(len(list))] }
		var data []byte
		if i%2 == 0 {
			data = bytes.Clone(right[r.IntN(len(right))])
			if end := bytes.LastIndexByte(data, '}'); end > 0 && r.IntN(2) == 0 {
				more := "," + pick(spaces) + pick(keys) + pick(spaces) + ":" + pick(spaces) + pick(values)
				data = append(data[:end:end], more+string(data[end:])...)
			} else if len(data) > 0 {
				data[r.IntN(len(data))] = "\"\\{}[],:0-e.tn \x00\xc3"[r.IntN(17)]
			}
		} else {
			types := append(types(clientTypes[:]), types(serverTypes[:])...)
			data = []byte(pick(spaces) + `{"t":"` + pick(types) + `"`)
			for range r.IntN(5) {
				data = append(data, ","+pick(spaces)+pick(keys)+pick(spaces)+":"+pick(values)+pick(spaces)...)
			}
			data = append(data, "}"+pick(spaces)...)
		}
		checkDecode(t, data)
		checkDecodeServer(t, data)
	}
}
