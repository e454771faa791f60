package bot

import (
	"slices"
	"strconv"
	"time"

	"github.com/everturn/everturn/web/wire"
)

// Command is a move or an act.
type Command struct {
	ID    string
	Match string
	Move  string
	Act   wire.Action // where there is no move
	Seq   wire.Optional
	// Sent is when it was sent first.
	Sent time.Time
	// Acked is the event that it became; 0 until then.
	Acked int64

	// asked: it was sent on this connection, and not answered on it. Only then may an answer come, and it must not be
	// sent again.
	asked bool
}

func (c *Command) frame() wire.ClientFrame {
	if c.Move != "" {
		return wire.Move{ID: c.ID, Match: c.Match, Move: c.Move, Seq: c.Seq}
	}
	return wire.Act{ID: c.ID, Match: c.Match, Act: c.Act}
}

// remembered is how many accepted ids of a player and match the server keeps; of so many the client may ask again.
const remembered = 256

// kept is how many acked commands a client keeps: more than it asks for again, because the answer to one of those may come
// when it is not among the last any more.
const kept = 2 * remembered

// commands are those of one client: those that wait for an answer, in order, and those that were acked.
type commands struct {
	last     int
	waiting  []*Command
	known    map[string]*Command // by id: those that wait, and the last that were acked
	acked    []*Command          // in order; at most kept
	repeated int                 // answers that were the same again
}

// Move sends a move; seq, where it is set, is the event that it was thought of after.
func (c *Client) Move(match, move string, seq wire.Optional) {
	c.send(&Command{Match: match, Move: move, Seq: seq})
}

// Act sends an act.
func (c *Client) Act(match string, act wire.Action) { c.send(&Command{Match: match, Act: act}) }

func (c *Client) send(command *Command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commands.last++
	command.ID, command.Sent = "k"+strconv.Itoa(c.commands.last), time.Now()
	c.commands.known[command.ID] = command
	c.commands.waiting = append(c.commands.waiting, command)
	c.ask(command)
}

// ask sends a command, unless it was sent on this connection already. The caller holds mu.
func (c *Client) ask(command *Command) {
	if c.conn != nil && !command.asked {
		command.asked = true
		c.write(command.frame())
	}
}

// Repeat sends some command again that was acked before, of this match or an earlier one: the answer has to be the same.
func (c *Client) Repeat() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.commands.acked); n > 0 {
		command := c.commands.acked[n-1-c.o.Rand.IntN(min(n, remembered))]
		if !slices.Contains(c.commands.waiting, command) {
			c.commands.waiting = append(c.commands.waiting, command)
			c.ask(command)
		}
	}
}

// Waiting is how many commands were never answered yet.
func (c *Client) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, command := range c.commands.waiting {
		if command.Acked == 0 {
			n++
		}
	}
	return n
}

// acked takes the answer to a command; to one that was acked before it has to be the same.
func (c *Client) acked(f wire.Ack) error {
	c.mu.Lock()
	command, first, err := c.commands.accept(f)
	var now Command
	if first {
		now = *command // it may be asked for again at any time from here on
	}
	c.mu.Unlock()
	if err != nil || !first {
		return err
	}
	return c.o.Handler.Acked(now, f.Seq)
}

// accept files an ack. First is false for the answer to a repeated id.
func (cs *commands) accept(f wire.Ack) (command *Command, first bool, err error) {
	command, err = cs.answered(f.ID, f.Match)
	switch {
	case err != nil:
		return nil, false, err
	case command.Acked > 0 && command.Acked != f.Seq:
		return nil, false, breach(Other, "%s of match %s was event %d, and is event %d now", f.ID, f.Match, command.Acked, f.Seq)
	}
	cs.settle(command)
	if command.Acked > 0 {
		cs.repeated++
		return command, false, nil
	}
	command.Acked = f.Seq
	if cs.acked = append(cs.acked, command); len(cs.acked) > kept {
		delete(cs.known, cs.acked[0].ID)
		cs.acked = slices.Delete(cs.acked, 0, 1)
	}
	return command, true, nil
}

// answered finds the command that an answer is for.
func (cs *commands) answered(id, match string) (*Command, error) {
	command := cs.known[id]
	switch {
	case command == nil:
		return nil, breach(Other, "an answer to id %q, which was never sent", id)
	case match != command.Match:
		return nil, breach(Other, "the answer to %s is for match %q, not %s", id, match, command.Match)
	case !command.asked:
		return nil, breach(Other, "a second answer to %s of match %s", id, match)
	}
	command.asked = false
	return command, nil
}

// settle takes a command from those that wait.
func (cs *commands) settle(command *Command) {
	cs.waiting = slices.DeleteFunc(cs.waiting, func(w *Command) bool { return w == command })
}

// nacked takes a refusal: one for a while is tried again, one for good is the handler's.
func (c *Client) nacked(f wire.Nack) error {
	c.mu.Lock()
	command, err := c.commands.answered(f.ID, f.Match)
	switch {
	case err != nil:
	case forAWhile(f.Code):
		time.AfterFunc(max(time.Duration(f.Retry)*time.Millisecond, backoffFirst), func() { c.again(command) })
	case command.Acked > 0:
		err = breach(Other, "%s of match %s was event %d, and is refused now: %s %s", f.ID, f.Match, command.Acked, f.Code, f.Msg)
	default:
		c.commands.settle(command)
		delete(c.commands.known, f.ID)
		c.mu.Unlock()
		return c.o.Handler.Nacked(*command, f)
	}
	c.mu.Unlock()
	return err
}

func forAWhile(code wire.Code) bool {
	return code == wire.CodeBusy || code == wire.CodeUnavailable || code == wire.CodeRateLimited
}

// again sends a command that waits still.
func (c *Client) again(command *Command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.commands.waiting, command) {
		c.ask(command)
	}
}

// Repeated is how many acked commands were sent again and got the same answer.
func (c *Client) Repeated() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.commands.repeated
}
