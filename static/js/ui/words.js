/** The sentences of a match: whose turn it is, what happened, how it ended. Pure, for the page and for the announcer. */

const SHARED_REASONS = {
  resign: "by resignation",
  flag: "on time",
  agreed: "by agreement",
  claim: "the opponent was gone",
  not_ready: "somebody was not ready",
};

const BOTS = { 1: "Easy bot", 2: "Medium bot", 3: "Hard bot" };

/** A seat's player by name. */
export function playerName(info, seat) {
  const { name, bot, player } = info.seats[seat] ?? {};
  return BOTS[bot] || name || (player ? "Guest" : "Open seat");
}

/** "four in a row", "on time", … */
export const reasonOf = (renderer, result) => renderer.reason(result) ?? SHARED_REASONS[result.reason] ?? result.reason;

/** How a seat's pieces are called: "Blue". */
export const seatName = (renderer, seat) => renderer.seats[seat]?.name ?? `Seat ${seat + 1}`;

/** "Ada, Bo and Cy". */
export const listed = (names) => names.join(", ").replace(/, ([^,]*)$/, " and $1");

/** The head line over a match as this viewer sees it: {title, detail, tone}; tone: "turn", "wait", "won", "lost", "even". */
export function headline(match, renderer) {
  const { info, view, seat } = match;
  if (info.state === "open")
    return { title: "Waiting for your opponent", detail: "The game starts as soon as everybody is here.", tone: "wait" };
  if (info.state === "ready")
    return { title: "A match is found", detail: "It begins when everybody is ready.", tone: "wait" };
  const result = view?.result ?? info.result;
  if (result) return ending(info, seat, renderer, result);
  if (match.pending().length > 0) return { title: "Your move is on its way", detail: "", tone: "wait" };
  const you = seat < 0 ? "You are watching." : `You are ${seatName(renderer, seat)}.`;
  const actors = view?.actors ?? [];
  const others = actors.filter((actor) => actor !== seat);
  if (match.toMove()) {
    const detail = renderer.prompt?.(view, seat) ?? (others.length > 0 ? "Everybody chooses at the same time." : you);
    return { title: actors.length > 1 ? "Your choice" : "Your turn", detail, tone: "turn" };
  }
  if (others.length === 0) return { title: "One moment", detail: "", tone: "wait" };
  const names = listed(others.map((actor) => playerName(info, actor)));
  if (others.length > 1 || match.chosen.has(seat)) return { title: `Waiting for ${names}`, detail: you, tone: "wait" };
  return { title: `${names} to move`, detail: you, tone: "wait" };
}

function ending(info, seat, renderer, result) {
  const how = reasonOf(renderer, result);
  const detail = how.replace(/^./, (c) => c.toUpperCase()) + ".";
  if (result.kind === "void") return { title: "Called off", detail, tone: "even" };
  if (result.kind === "draw") return { title: "A draw", detail, tone: "even" };
  const winners = listed(result.winners.map((w) => playerName(info, w)));
  if (result.kind === "coop") {
    if (result.winners.length === 0) return { title: seat < 0 ? "The party lost" : "You lost together", detail, tone: seat < 0 ? "even" : "lost" };
    return { title: seat < 0 ? "The party won" : "You won together", detail, tone: seat < 0 ? "even" : "won" };
  }
  if (result.winners.includes(seat)) return { title: "You won", detail, tone: "won" };
  return seat < 0 ? { title: `${winners} won`, detail, tone: "even" } : { title: "You lost", detail, tone: "lost" };
}

/** An event as it is said to those who listen, or null if it needs no word. */
export function announcement({ k, d }, match, renderer) {
  const own = d?.seat === match.seat;
  switch (k) {
    case "joined":
      return own ? null : "Your opponent has joined.";
    case "started":
      return `The game begins. ${match.seat < 0 ? "You are watching" : `You are ${seatName(renderer, match.seat)}`}${turn(match)}.`;
    case "moved":
      return own ? null : `${moved(d, renderer, match.view)}${turn(match)}.`;
    case "lapsed":
      return `${own ? "Your" : `${seatName(renderer, d.seat)}'s`} time ran out${turn(match)}.`;
    case "takenback":
      return `Moves were taken back${turn(match)}.`;
    case "revealed":
      return renderer.told ? `${renderer.told(d, match.seat)}${turn(match)}.` : null;
    case "offered":
    case "answered":
    case "gone":
    case "back":
    case "ready":
    case "chat":
      return own ? null : told({ k, d }, match, renderer);
    case "settled": {
      const change = ratingChange(d, match.seat);
      return change && `Your rating is ${change.after} now, ${change.words}.`;
    }
    case "ended": {
      const { title, detail } = ending(match.info, match.seat, renderer, d.result);
      return `${title}. ${detail}`;
    }
    default:
      return null;
  }
}

const OFFERS = { draw: "a draw", takeback: "to take a move back", rematch: "a rematch" };
const ANSWERED = { draw: "the draw", takeback: "the takeback", rematch: "the rematch" };
const ANSWERS = [
  ["declines", "decline"],
  ["accepts", "accept"],
];

/** An event as a sentence of the match's story, or null for what tells nothing to people. */
export function told({ k, d }, match, renderer) {
  const who = d?.seat === undefined ? "" : d.seat === match.seat ? "You" : playerName(match.info, d.seat);
  const verb = (of, own) => (d.seat === match.seat ? own : of);
  switch (k) {
    case "joined":
      return `${who} joined.`;
    case "ready":
      return `${who} ${verb("is", "are")} ready.`;
    case "started":
      return `Game ${d.n} begins. ${seatName(renderer, d.first)} (${playerName(match.info, d.first)}) goes first.`;
    case "moved":
      return `${who} ${d.move === undefined ? unseen(match.view, renderer) : renderer.did(d.move)}.`;
    case "revealed":
      return renderer.told ? `${renderer.told(d, match.seat)}.` : null;
    case "lapsed":
      return `${who} ran out of time.`;
    case "offered":
      return `${who} ${d.what === "takeback" ? verb("asks", "ask") : verb("offers", "offer")} ${OFFERS[d.what] ?? d.what}.`;
    case "answered":
      return `${who} ${verb(...ANSWERS[Number(d.yes)])} ${ANSWERED[d.what] ?? d.what}.`;
    case "takenback":
      return "The board is back where it was.";
    case "gone":
      return `${who} ${verb("has", "have")} lost the connection.`;
    case "back":
      return `${who} ${verb("is", "are")} back.`;
    case "ended": {
      const { title, detail } = ending(match.info, -1, renderer, d.result);
      return `${title}: ${detail}`;
    }
    case "settled":
      return `Ratings: ${d.after.map((_, seat) => `${playerName(match.info, seat)} ${ratingChange(d, seat).text}`).join(", ")}.`;
    case "chat":
      return `${who}: ${d.text}`;
    default:
      return null;
  }
}

/** What a rated game did to a seat's rating: {after, by, text: "1512 (+12)", words: "12 more"}; null for those without. */
export function ratingChange(settled, seat) {
  const before = Math.round(settled?.before?.[seat]);
  const after = Math.round(settled?.after?.[seat]);
  if (Number.isNaN(before) || Number.isNaN(after)) return null;
  const by = after - before;
  const text = `${after} (${by < 0 ? "−" : "+"}${Math.abs(by)})`;
  return { after, by, text, words: by === 0 ? "as before" : `${Math.abs(by)} ${by < 0 ? "less" : "more"}` };
}

/** What happened during a cut, in one sentence. */
export const missedMoves = (events, match, renderer) =>
  `While you were away: ${events.map(({ d }) => moved(d, renderer, match.view)).join("; ")}${turn(match)}.`;

const moved = (d, renderer, view) =>
  `${seatName(renderer, d.seat)} ${d.move === undefined ? unseen(view, renderer) : renderer.did(d.move)}`;

/** What is said of a move that only its mover, always somebody else, knows. */
const unseen = (view, renderer) => renderer.chose?.(view) ?? "has chosen";

const turn = (match) => (match.toMove() ? (match.view.actors.length > 1 ? ", your choice" : ", your turn") : "");
