/** The talk at the table: plain text of at most 200 characters, by players only; everybody at the table reads it. */

import { html, useEffect, useRef, useState } from "../../vendor/htm-preact.js";
import { useApp } from "./app.js";
import { Send } from "./icons.js";
import { playerName } from "./words.js";

const LONGEST = 200; // characters, as the server counts them

export function Chat({ match, shown }) {
  const list = useRef();
  const lines = match.story.filter((e) => e.k === "chat");
  const unsaid = match.unsaid();
  useEffect(() => {
    if (shown && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [shown, lines.length, unsaid.length]);
  return html`<div class="chat">
    <ol class="lines" ref=${list} tabindex="0" aria-label="Messages" data-testid="chat-lines">
      ${lines.map(({ seq, d }) => html`<${Line} key=${seq} match=${match} seat=${d.seat} text=${d.text} />`)}
      ${unsaid.map((text, i) => html`<${Line} key=${`u${i}`} match=${match} seat=${match.seat} text=${text} pending />`)}
      ${lines.length + unsaid.length === 0 && html`<li class="none">${match.seat < 0 ? "Nobody has said anything." : "Say hello."}</li>`}
    </ol>
    ${shown && match.seat >= 0 && html`<${Write} match=${match} />`}
  </div>`;
}

const Line = ({ match, seat, text, pending = false }) => html`<li class="seat-${seat} ${seat === match.seat ? "own" : ""} ${pending ? "pending" : ""}"
  data-testid=${pending ? "chat-pending" : "chat-line"}><b>${playerName(match.info, seat)}</b><span>${text}</span></li>`;

function Write({ match }) {
  const { client } = useApp();
  const [text, setText] = useState("");
  const length = [...text].length;
  // What was refused comes back into the field, unless something else is being written there.
  useEffect(() => match.on("refused", ({ frame }) => frame.t === "chat" && setText((now) => now || frame.text)), [match]);
  const submit = (event) => {
    event.preventDefault();
    const said = text.trim();
    if (said === "" || length > LONGEST) return;
    setText("");
    client.chat(match, said);
  };
  return html`<form class="row write" onSubmit=${submit}>
    <input value=${text} aria-label="Your message" placeholder="Message" autocomplete="off" maxlength=${LONGEST} enterkeyhint="send" data-testid="chat-field"
      onInput=${(e) => setText(e.target.value)} />
    ${length > LONGEST - 40 && html`<span class="left" data-testid="chat-left">${LONGEST - length}</span>`}
    <button aria-label="Send" data-testid="chat-send" disabled=${text.trim() === ""}><${Send} /></button>
  </form>`;
}
