package main

import "slices"

// What TestBrowserShots sees of the single games: their beginning, their middle with what is hidden in it, their end.

func tourTicTacToe(s *site, see look) {
	blue, amber := s.window("blue"), s.window("amber")
	s.startFriends("tictactoe", blue, amber)
	blue.myTurn()
	see("tictactoe-begin", blue)
	for i, cell := range []string{"5", "1", "3", "7", "4"} {
		w := []*window{blue, amber}[i%2]
		w.myTurn()
		w.press(cell)
		w.until(`probe.moves().length === %s && !probe.el("pending-move")`, i+1)
	}
	amber.myTurn()
	see("tictactoe-turn", amber)
	for i, cell := range []string{"6", "2", "8", "9"} {
		w := []*window{amber, blue}[i%2]
		w.myTurn()
		w.press(cell)
		w.until(`probe.moves().length === %s && !probe.el("pending-move")`, i+6)
	}
	blue.says("headline", "A draw")
	see("tictactoe-draw", blue)
}

func tourRPS(s *site, see look) {
	blue, amber, watcher := s.window("blue"), s.window("amber"), s.window("watcher")
	id := s.startFriends("rps", blue, amber)
	watcher.goTo(s.url + "/m/" + id)
	watcher.playing()
	see("rps-begin", blue)
	for i, keys := range []string{"rr", "ps", "sp"} {
		for j, w := range []*window{blue, amber} {
			w.myTurn()
			w.press(keys[j : j+1])
			w.until(`probe.el("headline").dataset.tone !== "turn" || probe.all("[data-round]").length > %s`, i)
			if i == 1 && j == 0 {
				see("rps-locked", blue)
				see("rps-other-has-chosen", amber)
			}
		}
		for _, w := range []*window{blue, amber} {
			w.until(`probe.all("[data-round]").length === %s`, i+1)
		}
	}
	see("rps-watched", watcher)
	blue.press("s")
	amber.press("p")
	blue.says("headline", "You won")
	see("rps-won", blue)
	amber.says("headline", "You lost")
	amber.click("replay")
	amber.replayed(0)
	see("rps-replay", amber)
}

func tourBattleship(s *site, see look) {
	blue, amber, watcher := s.window("blue"), s.window("amber"), s.window("watcher")
	id := s.startFriends("battleship", blue, amber)
	watcher.goTo(s.url + "/m/" + id)
	watcher.playing()
	see("battleship-placing", blue)
	blue.click("place-fleet")
	blue.until(`probe.el("headline").dataset.tone === "wait"`)
	see("battleship-placed", blue)
	amber.click("place-fleet")
	blue.myTurn()
	exchange(blue, amber)
	blue.myTurn()
	see("battleship-turn", blue)
	see("battleship-wait", amber)
	see("battleship-watched", watcher)
	amber.click("resign")
	amber.click("resign-confirm")
	blue.says("headline", "You won")
	see("battleship-won", blue)
}

// exchange is a battle of four rounds, in which blue sinks two ships.
func exchange(blue, amber *window) {
	blue.myTurn()
	hits, misses := aims(amber)
	theirHits, theirMisses := aims(blue)
	for i := range 4 {
		blue.shoot(hits[i])
		amber.shoot(theirMisses[i])
		blue.shoot(misses[i])
		amber.shoot(theirHits[i/2*5+i%2])
	}
	blue.myTurn()
}

// aims are cells of a window's sea with a ship, from the smallest on, and a few without.
func aims(at *window) (hits, misses []string) {
	hits = fleetCells(at.fleet())
	misses = slices.DeleteFunc(boardCells(), func(cell string) bool { return slices.Contains(hits, cell) })
	slices.Reverse(hits)
	return hits, []string{misses[11], misses[37], misses[58], misses[72]}
}

func tourDungeon(s *site, see look) {
	alone := s.window("alone")
	s.startDungeon([]string{}, alone)
	alone.until(canAct)
	see("dungeon-1", alone)
	alone.press("1")
	alone.until(phaseNow + ` === 1 && ` + canAct)
	see("dungeon-1-round", alone)
	delveOn(func(w *window, _ int) { w.click("action-1") }, alone)
	see("dungeon-1-over", alone)

	rowan, hazel, sage := s.window("rowan"), s.window("hazel"), s.window("sage")
	heroes := []*window{rowan, hazel, sage}
	s.startDungeon([]string{"open", "open"}, rowan, hazel, sage)
	for _, w := range heroes {
		w.until(canAct)
		w.press("1")
	}
	for _, w := range heroes {
		w.until(phaseNow + ` === 1 && ` + canAct)
	}
	hazel.press("1")
	hazel.until(`!(` + canAct + `)`)
	see("dungeon-3-chosen", hazel)
	see("dungeon-3-round", rowan)

	s.startDungeon([]string{"bot:3", "bot:2", "bot:1"}, rowan)
	rowan.until(canAct)
	see("dungeon-4", rowan)
	for round := 1; round < 4; round++ {
		rowan.press("1")
		rowan.until(phaseNow+` === %s && `+canAct+` || `+over, round)
	}
	see("dungeon-4-round", rowan)
}
