package wire

import (
	"encoding/json"
	"testing"
)

var benchClient = []struct {
	name   string
	frame  string
	allocs float64 // at most: one for the frame's texts, one for the frame in its interface
}{
	{"move", testMove, 2},
	{"act", `{"t":"act","id":"c3f1e8a0-17","m":"m7Qk2XvT9bLr4Ws1","act":"draw:offer"}`, 2},
	{"chat", `{"t":"chat","id":"c3f1e8a0-17","m":"m7Qk2XvT9bLr4Ws1","text":"Good \ud83c\udfb2 \"game\"!"}`, 3},
	{"watch", `{"t":"watch","m":"m7Qk2XvT9bLr4Ws1","after":41,"epoch":3}`, 2},
	{"ping", `{"t":"ping","c":1769000000000}`, 1},
}

const (
	benchView  = `{"cells":"x...o....","actors":[0],"moves":["2","3","4","6","7","8","9"],"phase":4,"result":null}`
	benchClock = `{"left":[58000,61500],"increment":1000,"perMove":0,"running":[0],"now":1769000000123}`
)

var benchServer = []struct {
	name   string
	frame  ServerFrame
	allocs float64 // of DecodeServer, at most
}{
	{"ev", Ev{
		Match: testMatch, Seq: 18, Kind: KindMoved, Data: json.RawMessage(`{"seat":0,"move":"4"}`),
		View: json.RawMessage(benchView), Clock: json.RawMessage(benchClock),
	}, 2},
	{"ack", Ack{ID: "c3f1e8a0-17", Match: testMatch, Seq: 18}, 2},
	{"nack", Nack{ID: "c3f1e8a0-17", Match: testMatch, Code: CodeIllegalMove, Msg: "This cell is taken."}, 3},
	{"pong", Pong{C: 1769000000000, Now: 1769000000123}, 1},
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range benchClient {
		data := []byte(c.frame)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, refusal := Decode(data); refusal != nil {
					b.Fatal(refusal)
				}
			}
		})
	}
}

// BenchmarkDecodeRefused is what a malformed frame costs.
func BenchmarkDecodeRefused(b *testing.B) {
	data := []byte(`{"t":"move","id":"c3f1e8a0-17","m":"m7Qk2XvT9bLr4Ws1","move":"4","seq":1.5}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, refusal := Decode(data); refusal == nil {
			b.Fatal("accepted")
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range benchServer {
		b.Run(c.name, func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				buf = c.frame.Append(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkDecodeServer(b *testing.B) {
	for _, c := range benchServer {
		data := c.frame.Append(nil)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := DecodeServer(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAllocs keeps the hot paths as cheap as they are.
func TestAllocs(t *testing.T) {
	for _, c := range benchClient {
		data := []byte(c.frame)
		got := testing.AllocsPerRun(100, func() {
			if _, refusal := Decode(data); refusal != nil {
				t.Fatal(refusal)
			}
		})
		if got > c.allocs {
			t.Errorf("Decode of a %s frame allocates %v times, at most %v", c.name, got, c.allocs)
		}
	}
	for _, c := range benchServer {
		buf := c.frame.Append(nil)
		if got := testing.AllocsPerRun(100, func() { buf = c.frame.Append(buf[:0]) }); got > 0 {
			t.Errorf("Append of a %s frame allocates %v times", c.name, got)
		}
		got := testing.AllocsPerRun(100, func() {
			if _, err := DecodeServer(buf); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.allocs {
			t.Errorf("DecodeServer of a %s frame allocates %v times, at most %v", c.name, got, c.allocs)
		}
	}
}
