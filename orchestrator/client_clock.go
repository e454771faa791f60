package orchestrator

import "time"

// Now is the time on both clocks as an instance's partition tells it: what a
// request would be stamped with if it were let in now.
func (c *Client) Now(id string) Stamp { return stampOf(c.hub.Now(InstanceID(id))) }

// Standing is how long the uptime clock of an instance will still stand still:
// after a start it waits a moment, so that people can come back. It is 0 while
// the clock runs.
func (c *Client) Standing(id string) time.Duration { return c.hub.Standing(InstanceID(id)) }
