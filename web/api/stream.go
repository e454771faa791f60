package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Stream is a stream of server-sent events (text/event-stream). It belongs to the
// goroutine of its request.
type Stream struct {
	w    http.ResponseWriter
	ctrl *http.ResponseController
}

// NewStream answers a request with a stream. From here on an error can only end
// it.
func NewStream(w *echo.Response) *Stream {
	s := &Stream{w: w, ctrl: http.NewResponseController(w)}
	w.Header().Set(echo.HeaderContentType, "text/event-stream")
	w.WriteHeader(http.StatusOK)
	return s
}

// Send writes one event; an id is what the client says when it comes again. Data
// has no line breaks, being JSON. A client that takes nothing for AnswerWithin is
// cut.
func (s *Stream) Send(event, id string, data []byte) error {
	var b strings.Builder
	b.WriteString("event: " + event + "\n")
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("data: ")
	b.Write(data)
	b.WriteString("\n\n")
	return s.write(b.String())
}

// Beat writes what no client notices, so that both sides, and whoever is between
// them, see that the other is there.
func (s *Stream) Beat() error { return s.write(":\n\n") }

func (s *Stream) write(text string) error {
	if err := s.ctrl.SetWriteDeadline(time.Now().Add(AnswerWithin)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.ctrl.Flush()
}
