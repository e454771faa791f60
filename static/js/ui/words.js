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

/** The head line over a match as this viewer sees it: {title, detail, tone}; tone: "turn", "wait", "won", "lost", "even". */
export function headline(match, renderer) {
  const { info, view, seat } = match;
  if (info.state === "open")
    return { title: "Waiting for your opponent", detail: "The game starts as soon as somebody joins.", tone: "wait" };
  if (info.state === "ready") return { title: "Waiting until everybody is ready", detail: "", tone: "wait" };
  const result = view?.result ?? info.result;
  if (result) return ending(info, seat, renderer, result);
  if (match.pending().length > 0) return { title: "Your move is on its way", detail: "", tone: "wait" };
  if (match.toMove()) return { title: "Your turn", detail: `You are ${renderer.seats[seat].name}.`, tone: "turn" };
  const [actor] = view?.actors ?? [];
  if (actor === undefined) return { title: "One moment", detail: "", tone: "wait" };
  return {
    title: `${playerName(info, actor)} to move`,
    detail: seat < 0 ? "You are watching." : `You are ${renderer.seats[seat].name}.`,
    tone: "wait",
  };
}

function ending(info, seat, renderer, result) {
  const how = reasonOf(renderer, result);
  const detail = how.replace(/^./, (c) => c.toUpperCase()) + ".";
  if (result.kind === "void") return { title: "Called off", detail, tone: "even" };
  if (result.kind === "draw") return { title: "A draw", detail, tone: "even" };
  if (result.winners.includes(seat)) return { title: "You won", detail, tone: "won" };
  const winners = result.winners.map((w) => playerName(info, w)).join(" and ");
  return seat < 0 ? { title: `${winners} won`, detail, tone: "even" } : { title: "You lost", detail, tone: "lost" };
}

/** An event as it is said to those who listen, or null if it needs no word. */
export function announcement({ k, d }, match, renderer) {
  switch (k) {
    case "joined":
      return d.seat === match.seat ? null : "Your opponent has joined.";
    case "started":
      return `The game begins. ${match.seat < 0 ? "You are watching" : `You are ${renderer.seats[match.seat].name}`}${turn(match)}.`;
    case "moved":
      return d.seat === match.seat ? null : `${moved(d, renderer)}${turn(match)}.`;
    case "offered":
      return d.seat === match.seat ? null : `Your opponent offers: ${d.what}.`;
    case "ended": {
      const { title, detail } = ending(match.info, match.seat, renderer, d.result);
      return `${title}. ${detail}`;
    }
    default:
      return null;
  }
}

/** What happened during a cut, in one sentence. */
export const missedMoves = (events, match, renderer) =>
  `While you were away: ${events.map(({ d }) => moved(d, renderer)).join("; ")}${turn(match)}.`;

const moved = (d, renderer) =>
  `${renderer.seats[d.seat].name} ${d.move === undefined ? "has chosen" : renderer.did(d.move)}`;

const turn = (match) => (match.toMove() ? ", your turn" : "");
