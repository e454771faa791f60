package lib

import (
	"sync"
	"time"
)

var mu sync.Mutex

func Locked() { mu.Lock() } // want Locked:`does sync.Mutex.Lock`

func Stamp() time.Time { return time.Now() } // want Stamp:`does time.Now`

func Spawn() { go Locked() } // want Spawn:`does a go statement; sync.Mutex.Lock, in Locked`
