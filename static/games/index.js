/**
 * The games that this page can draw. A new game is one renderer module here, its stylesheet, and its line below.
 *
 * A renderer is a plain object:
 *
 *   id        as in the protocol, "connect4"
 *   name      for people, "Connect Four"
 *   blurb     one short line for the game's tile
 *   seats     [{name}] how each seat's pieces are called in sentences: "Blue"
 *   takeback, coop, simultaneous   true where moves can be taken back, seats win together, seats choose at the same time
 *   Mark      component {seat}: a seat's piece as a small SVG, decoration only
 *   Tile      component {}: a picture of the game for the start page
 *   Board     component, see below
 *   key       (key: string, view) => move or null: the keyboard's short cuts, such as digits
 *   refuse    (view, move) => why the move is not possible here, or null: said at once, without asking the server
 *   did       (move) => "dropped in column 4": a move in words, as the end of a sentence
 *   label     (move) => "Column 4": a move in the list of moves
 *   reason    (result) => "four in a row", or undefined for the reasons that all games share
 *
 * A game with hidden or simultaneous moves also has, each of them optional:
 *
 *   chose     (view) => "has placed the fleet": what is said of a move that only its mover knows, as the end of a
 *             sentence; "has chosen" without it
 *   told      (d, seat) => "Paper beats rock. You won the round": what a `revealed` event tells the viewer at a seat
 *             (-1 watches), as a sentence without its full stop
 *   known     (moves, view) => the same list of {seq, seat, move}, with the moves that were hidden (no `move`) and are
 *             known by now
 *   prompt    (view, seat) => "Place your fleet.": what the viewer is to do now, for the head line
 *
 * Board gets {view, seat, live, pending, onMove}: the rules' view; the viewer's seat (-1 watches); whether this viewer
 * may move now; the moves that wait for the server's word, [{move, accepted}], to be drawn apart from the others; and
 * what to call with a chosen move. It draws what it is given and keeps no state of the game: after a nack or a new view
 * it is simply drawn again. Boards made of cells use `Grid`, which has the keyboard and the names for screen readers.
 */

import battleship from "./battleship.js";
import connect4 from "./connect4.js";
import dungeon from "./dungeon.js";
import more from "./more.js";
import rps from "./rps.js";
import tictactoe from "./tictactoe.js";

const RENDERERS = new Map([connect4, tictactoe, rps, battleship, dungeon, ...more].map((r) => [r.id, r]));

/** The renderer of a game, or undefined where this page cannot draw it. */
export const renderer = (id) => RENDERERS.get(id);

/** All renderers, in the order of the start page. */
export const renderers = () => [...RENDERERS.values()];
