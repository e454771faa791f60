// Package game is about games that are played by turns: what rules are, and
// how a match is played by them.
//
// # Rules
//
// A game is a value of type Rules. It makes positions, and a Position says who
// may act, takes a move or refuses it with a sentence, and shows itself to
// each seat:
//
//	setup, err := game.NewSetup(rules.Info(), 2, 0, nil, seed)
//	pos, err := rules.New(setup)
//	step, err := pos.Play(0, "5")          // pos is as it was
//	view := game.ViewJSON(step.Next, 1)    // all that seat 1 may know
//
// Rules are pure. Time and chance are arguments: a player's time that ran out
// is a Lapse, chance is drawn from the Seed of the setup. So a setup and the
// record of actions give every position again (Replay), and a game can be
// moved, replayed and compared byte by byte.
//
// # Who learns what
//
// There are three ways for a seat to learn something: the move that another
// seat made (unless Step.Hidden), what Step.Revealed tells it, and its view.
// The view is never ahead of the other two: it is a function of what the seat
// was told. Once a game is over, however it ended, nothing is hidden.
// Package gametest checks this for every game.
//
// # A new game
//
// One package under game/ with a Rules type, its line in the catalog that main
// makes, scripted games under testdata/games, and a test that calls
// gametest.Run. Package tictactoe is the example to start from.
//
// Seats, identity, match clocks, resigning, draws, takebacks, rematches and
// ratings are not the rules' business but the match's, the same for all games.
package game
