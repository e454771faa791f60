package main

import "testing"

func TestInstanceMemoryIsWithinItsBounds(t *testing.T) {
	if n := instanceMemory(); n < leastInstanceMemory || n > mostInstanceMemory {
		t.Errorf("%d bytes for instances", n)
	}
}
