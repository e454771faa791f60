package wire

// Code is an error code for machines, the same in HTTP answers, nacks and error frames.
type Code string

// The closed list of codes. The table below gives each its HTTP status and its sentence.
const (
	CodeBadRequest   Code = "bad_request"
	CodeUnauthorized Code = "unauthorized"
	CodeForbidden    Code = "forbidden"
	CodeNotAPlayer   Code = "not_a_player"
	CodeNotFound     Code = "not_found"
	CodeFull         Code = "full"
	CodeGameOver     Code = "game_over"
	CodeStale        Code = "stale"
	CodeNotYourTurn  Code = "not_your_turn"
	CodeTooEarly     Code = "too_early"
	CodeConflict     Code = "conflict"
	CodeGone         Code = "gone"
	CodeTooLarge     Code = "too_large"
	CodeUnsupported  Code = "unsupported"
	CodeIllegalMove  Code = "illegal_move"
	CodeRateLimited  Code = "rate_limited"
	CodeInternal     Code = "internal"
	CodeBusy         Code = "busy"
	CodeUnavailable  Code = "unavailable"
)

// retry says where a code comes with a time after which to try again.
type retry uint8

const (
	retryHeader retry = 1 << iota // HTTP: the header Retry-After
	retryNack                     // WebSocket: the nack's field retry
)

var codes = [...]struct {
	code     Code
	status   int
	retry    retry
	sentence string
}{
	{CodeBadRequest, 400, 0, "The request is not well formed."},
	{CodeUnauthorized, 401, 0, "There is no valid session."},
	{CodeForbidden, 403, 0, "This is not allowed."},
	{CodeNotAPlayer, 403, 0, "You are not a player of this match."},
	{CodeNotFound, 404, 0, "There is nothing here by this name."},
	{CodeFull, 409, 0, "All seats of this match are taken."},
	{CodeGameOver, 409, 0, "The game is over."},
	{CodeStale, 409, 0, "The position has changed in the meantime."},
	{CodeNotYourTurn, 409, 0, "It is not your turn."},
	{CodeTooEarly, 409, retryNack, "It is too early for this."},
	{CodeConflict, 409, 0, "The same key was used before with another request."},
	{CodeGone, 410, 0, "This is no longer here."},
	{CodeTooLarge, 413, 0, "The request is too large."},
	{CodeUnsupported, 415, 0, "This media type is not supported."},
	{CodeIllegalMove, 422, 0, "This move is not legal here."},
	{CodeRateLimited, 429, retryHeader | retryNack, "Too many requests; slow down a little."},
	{CodeInternal, 500, 0, "Something went wrong on the server."},
	{CodeBusy, 503, retryHeader | retryNack, "Too much is waiting for an answer; try again in a moment."},
	{CodeUnavailable, 503, retryHeader, "The server cannot do this now; try again in a moment."},
}

// Codes returns the closed list, by rising HTTP status.
func Codes() []Code {
	list := make([]Code, len(codes))
	for i := range codes {
		list[i] = codes[i].code
	}
	return list
}

// find returns the code's row in the table, or -1.
func (c Code) find() int {
	for i := range codes {
		if codes[i].code == c {
			return i
		}
	}
	return -1
}

// Known says whether the code is in the closed list.
func (c Code) Known() bool { return c.find() >= 0 }

// Status returns the code's HTTP status; 500 for a code that is not in the list.
func (c Code) Status() int {
	if i := c.find(); i >= 0 {
		return codes[i].status
	}
	return 500
}

// Sentence returns what a player can read where nothing more precise is known; that of CodeInternal for a code that is
// not in the list.
func (c Code) Sentence() string {
	i := c.find()
	if i < 0 {
		i = CodeInternal.find()
	}
	return codes[i].sentence
}

// RetryAfter says whether an HTTP answer with this code carries the header Retry-After.
func (c Code) RetryAfter() bool {
	i := c.find()
	return i >= 0 && codes[i].retry&retryHeader != 0
}

// RetryNack says whether a nack with this code carries the field retry.
func (c Code) RetryNack() bool {
	i := c.find()
	return i >= 0 && codes[i].retry&retryNack != 0
}

// CloseCode is the status of a WebSocket close frame.
type CloseCode int

// The closed list of close codes.
const (
	CloseGoingAway CloseCode = 1001 // the server or the page goes away
	ClosePolicy    CloseCode = 1008 // a limit of the connection was ignored
	CloseTooBig    CloseCode = 1009 // a frame above MaxInbound
	CloseRestart   CloseCode = 1012 // the server restarts, or cannot know a command's outcome: come back and resend
	CloseMalformed CloseCode = 4400 // not a JSON object with a text "t", or binary
	CloseSession   CloseCode = 4401 // the session ended: do not come back with it
	CloseForbidden CloseCode = 4403 // the connection is not allowed
	CloseTooSlow   CloseCode = 4408 // the out-queue overflowed twice
)

// MaxCloseReason is the most bytes that a close frame's reason may have (RFC 6455, 5.5: 125 less the code).
const MaxCloseReason = 123

var closeCodes = [...]struct {
	code   CloseCode
	reason string
}{
	{CloseGoingAway, "going away"},
	{ClosePolicy, "policy"},
	{CloseTooBig, "too big"},
	{CloseRestart, "restart"},
	{CloseMalformed, "malformed"},
	{CloseSession, "session"},
	{CloseForbidden, "forbidden"},
	{CloseTooSlow, "too slow"},
}

// CloseCodes returns the closed list, rising.
func CloseCodes() []CloseCode {
	list := make([]CloseCode, len(closeCodes))
	for i := range closeCodes {
		list[i] = closeCodes[i].code
	}
	return list
}

// Reason returns the text for the close frame where nothing more precise is known; empty for a code that is not in the
// list.
func (c CloseCode) Reason() string {
	for i := range closeCodes {
		if closeCodes[i].code == c {
			return closeCodes[i].reason
		}
	}
	return ""
}
