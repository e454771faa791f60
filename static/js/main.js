/** Puts the page together: the only module that knows everybody. */

import { html, render } from "../vendor/htm-preact.js";
import { Client } from "./net/client.js";
import { Outbox } from "./net/outbox.js";
import { QuickMatch } from "./net/queue.js";
import { ServerTime } from "./net/servertime.js";
import { Session } from "./net/session.js";
import { PROTOCOL, Socket } from "./net/socket.js";
import { Reloader } from "./reloader.js";
import { Router } from "./router.js";
import { Announcer, Notices } from "./ui/announcer.js";
import { App } from "./ui/app.js";
import { Shell } from "./ui/shell.js";
import { soundNews } from "./ui/soundnews.js";
import { Sounds } from "./ui/sounds.js";

const now = () => performance.now();
const router = new Router();
const session = new Session(localStorage);
const socket = new Socket({
  open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, PROTOCOL),
  prepare: () => session.refresh(),
  now,
  visible: () => !document.hidden,
});
const client = new Client({ socket, outbox: new Outbox(sessionStorage), time: new ServerTime(now), session });
const announcer = new Announcer();
const reloader = new Reloader(() => location.reload(), sessionStorage);
const quick = new QuickMatch(now, sessionStorage);
const sounds = new Sounds(() => new AudioContext());
soundNews(client, sounds);

addEventListener("online", () => socket.nudge());
addEventListener("offline", () => socket.probe());
// A browser may keep a page that was left, socket and all, in case its visitor goes back.
addEventListener("pagehide", () => socket.rest());
addEventListener("pageshow", (event) => event.persisted && socket.nudge());
document.addEventListener("visibilitychange", () => document.hidden || socket.nudge());
addEventListener("storage", (event) => event.key === "everturn.player" && session.renamedElsewhere());
// Sounds wait for the first gesture, whatever it is on.
for (const gesture of ["pointerup", "keydown"]) addEventListener(gesture, () => sounds.gesture());
client.on("version", (version) => reloader.want(version));

const app = { client, session, announcer, notices: new Notices(announcer), quick, reloader, router, sounds };
render(html`<${App.Provider} value=${app}><${Shell} /><//>`, document.getElementById("app"));

quick.resume();

// A visitor who has played before is greeted by name, and what an earlier page could not deliver is delivered.
if (session.known)
  session.ensure().then(
    () => client.deliverLeftovers(),
    () => {},
  );
