package entity

import (
	"strings"
	"time"

	"github.com/everturn/everturn/entities"
)

type purse struct {
	Coins int
	At    time.Time
}

var purses = entities.Define("purse", func(key string) purse {
	return purse{At: time.Now()} // want `time.Now in fresh state of entity purse: use c.Now\(\)`
})

var total int // want total:`changed by a function`

var pay = entities.On(purses, "pay", func(c *entities.Context, s *purse, n int) (int, error) {
	s.Coins += n
	s.At = time.Now()       // want `time.Now in operation pay: use c.Now\(\)`
	time.Sleep(time.Second) // want `time.Sleep in operation pay: an operation cannot wait: signal with entities.After`
	total += n              // want `writing the package variable total in operation pay: it is not rolled back`
	go func() {}()          // want `a go statement in operation pay: an operation ends when it returns`
	var b strings.Builder
	defer b.Reset() // an operation is no coroutine
	defer func() { _ = recover() }()
	return s.Coins, nil
})

func help(c *entities.Context, s *purse) {
	time.Sleep(1) // want `time.Sleep in function help: an operation cannot wait`
}
