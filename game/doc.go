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
// # Time
//
// Rules have no clock. They say how long a phase may last (Position.Deadline)
// and how long the whole game (Info.Limit), and what it means that a seat's time
// ran out (Position.Lapse); the match counts. A phase's deadline is for matches
// without a clock that the players chose, and is shown like one.
//
// # Ratings
//
// A rated game that counts is settled by its match (match_settle.go): both
// players' entities are locked, each is asked for its rating and told of the
// game, and each tells the leaderboard with the commit that changes it.
// Everything that is shown of ratings is one of the two entities' state; the
// records of the matches give all of it again.
//
// # The queue
//
// Who wants an opponent has a ticket. A pool of tickets (game, rated or not,
// clock) has one matchmaker, an orchestration that never ends: it waits for what
// people want or for the moment at which two windows are wide enough, whichever
// is first, and begins anew with an empty history every so many events. It is the
// only one who decides, so that two tickets leave the queue and their match
// begins in one turn. A ticket is an orchestration too, so that it can be waited
// for: it shows how it stands, and when its owner has stopped looking, it asks the
// matchmaker to let it go. A match tells its tickets when it is there, when it is
// under way, and when it is called off.
//
// # A new game
//
// One package under game/ with a Rules type, its line in the catalog that main
// makes, scripted games under testdata/games, and a test that calls
// gametest.Run. Package tictactoe is the example to start from, package rps the
// one for moves that are made at once and hidden, package battleship for things
// that stay hidden and come out bit by bit.
//
// Seats, identity, match clocks, resigning, draws, takebacks, rematches and
// ratings are not the rules' business but the match's, the same for all games.
//
// # The life of a match
//
// A match is an orchestration (match.go): fill the seats, ready check, play,
// settle, wait for a rematch, and on with the next game as a new generation. All
// that it knows is its Table, the fold of the events that it publishes; the
// gateway, the record and the archive have the same Table from the same events.
// What people may do is decided there, by functions without side effects:
//
//   - A draw is offered by one of two. The offer stands until the other side
//     answers or moves, which declines it; two offers are an agreement. After a
//     no, the next offer comes after a move. Bots decline. There is none where
//     all play together.
//   - A takeback (where Info.Takeback says so) undoes all from the asker's last
//     move on. Any move declines it. Bots accept. The event takenback names the
//     event after which the position was as it is now: the move before the
//     undone ones, or the start. Clocks are as they were then, and run from now.
//     The undone moves stay in the record, marked; the phase grows nevertheless.
//     A game has at most 100 takebacks.
//   - A claim wins the game from who owes a move and has been away for 30
//     seconds. Where all play together there is nobody to win it from: who is
//     away lapses, by the deadline of the phase.
//   - gone and back are told while a game is played, and only what is news. At
//     the start everybody counts as here.
//   - A match of the queue begins when every seat has said ready, within 30
//     seconds, or is void. In rematches nobody is asked again.
//   - What is said already (a second offer, ready twice, a rematch asked for in
//     two tabs) is no event again, and is acknowledged.
//
// Players may talk, offer and ask for what is refused for as long as they like.
// So that whoever wakes a match has little to replay, it goes on in a new
// generation after 1000 commands (match_generation.go), from where it stood and
// with the deadlines and the clock that it had. A check at the door would not do:
// what is accepted, like chat, fills a history as well.
//
// The score of a match over its games is part of each record; void games do not
// count, nor do games that were finished before there was a score.
package game
